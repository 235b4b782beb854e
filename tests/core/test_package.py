"""``import textlib`` is instant, lazy, and does not start TensorFlow."""

import importlib
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import textlib

ROOT = Path(textlib.__file__).parent
NETWORK_ROOMS = ("layers", "models", "training", "interpret")  # each may know those before it
PRIVATE = {"textlib.command", "textlib.folders"}  # a program, and plumbing


def dotted(path):
    """Return the name of the package in a folder, or of the module in a file."""
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)


FACADES = sorted(dotted(stub.parent) for stub in ROOT.rglob("__init__.pyi"))
ROOMS = sorted(
    {dotted(init.parent) for init in ROOT.glob("*/**/__init__.py")}
    | {dotted(path) for path in ROOT.glob("[!_]*.py")}
)


def run(code):
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": ""},
    )
    return result.stdout.strip()


# What comes with a name that Python's own library does not have; __editable__ and the like are how
# an environment finds a package that is being worked on.
LOADED = """
    import sys
    before = set(sys.modules)
    {imports}
    new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
    print(sorted(name for name in new - sys.stdlib_module_names if not name.startswith("_")))
"""


@pytest.mark.parametrize(
    ("imports", "libraries"),
    [
        ("import textlib", ["lazy_loader", "textlib"]),
        (
            "import textlib; from textlib import scale, claims, paths",
            ["lazy_loader", "platformdirs", "textlib"],
        ),
    ],
)
def test_importing_loads_few_libraries_and_none_that_is_heavy(imports, libraries):
    assert run(LOADED.format(imports=imports)) == str(libraries)


def test_importing_loads_few_of_the_packages_own_modules():
    own = run("""
        import sys, textlib
        print(sorted(name for name in sys.modules if name.startswith("textlib.")))
    """)
    assert own == "[]"


def test_the_light_rooms_do_not_start_tensorflow():
    started = run("""
        import sys
        from textlib import claims, datasets, plotting, scale
        from textlib.plotting import compare_runs, diagrams, image_grid
        datasets.names()
        print("tensorflow" in sys.modules or "keras" in sys.modules)
    """)
    assert started == "False"


def test_a_name_loads_the_module_that_has_it_and_no_other():
    loaded = run("""
        import sys
        from textlib import plotting
        plotting.show_image
        print(sorted(name for name in sys.modules if name.startswith("textlib.plotting.")))
    """)
    assert "textlib.plotting.images" in loaded
    assert "textlib.plotting.curves" not in loaded


@pytest.mark.parametrize("room", ROOMS)
def test_every_package_and_module_on_disk_is_reached_through_its_parent(room):
    parent, _, name = room.rpartition(".")
    assert room in PRIVATE or name in dir(importlib.import_module(parent))


def test_rooms_with_networks_know_only_those_before_them():
    for place, room in enumerate(NETWORK_ROOMS):
        later = "|".join(NETWORK_ROOMS[place + 1 :]) or "none"
        upward = re.compile(
            rf"(from|import) textlib\.({later})\b|from textlib import .*\b({later})\b"
        )
        for path in (ROOT / room).rglob("*.py"):
            assert not upward.search(path.read_text(encoding="utf8")), path


@pytest.mark.parametrize("facade", FACADES)
def test_every_listed_name_exists_and_is_our_own(facade):
    package = importlib.import_module(facade)
    for name in dir(package):
        value = getattr(package, name)
        home = getattr(value, "__module__", getattr(value, "__name__", "textlib"))
        assert home.startswith("textlib"), name


@pytest.mark.parametrize("facade", FACADES)
def test_an_unknown_attribute_is_an_attribute_error_that_names_the_package(facade):
    with pytest.raises(AttributeError, match=f"{facade} attribute datasests"):
        _ = importlib.import_module(facade).datasests


def test_a_wheel_has_the_lists_of_names(tmp_path):
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT.parents[1], capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = {name.removesuffix("i") for name in zipfile.ZipFile(wheel).namelist()}
    for facade in FACADES:
        assert f"{facade.replace('.', '/')}/__init__.py" in files
