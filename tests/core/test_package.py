"""``import textlib`` is instant, lazy, and does not start TensorFlow."""

import os
import statistics
import subprocess
import sys
import textwrap

import pytest

import textlib


def run(code):
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": ""},
    )
    return result.stdout.strip()


def test_importing_takes_less_than_a_tenth_of_a_second():
    timed = """
        import time
        began = time.perf_counter()
        import textlib
        print(time.perf_counter() - began)
    """
    assert statistics.median(float(run(timed)) for _ in range(3)) < 0.1


def test_importing_loads_no_heavy_library():
    heavy = run("""
        import sys, textlib
        from textlib import scale, claims, paths
        heavy = {"tensorflow", "keras", "numpy", "matplotlib", "pandas", "sklearn", "sphinx"}
        print(sorted(heavy & set(sys.modules)))
    """)
    assert heavy == "[]"


def test_the_light_rooms_do_not_start_tensorflow():
    started = run("""
        import sys
        from textlib import claims, datasets, plotting, scale
        from textlib.plotting import compare_runs, diagrams, image_grid
        datasets.names()
        print("tensorflow" in sys.modules or "keras" in sys.modules)
    """)
    assert started == "False"


@pytest.mark.parametrize("name", dir(textlib))
def test_every_public_name_can_be_reached(name):
    assert getattr(textlib, name) is not None


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'datasests'"):
        _ = textlib.datasests
