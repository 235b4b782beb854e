"""What the observer in a kernel makes of the events that Python tells it of."""

import os
import sys

import pytest

from bookpress.observer import Observer

READ, WRITE = os.O_RDONLY, os.O_WRONLY | os.O_CREAT


@pytest.fixture
def seen(tmp_path, monkeypatch):
    """Give an observer of a book in whose folder of pages the test runs."""
    (tmp_path / "book").mkdir()
    monkeypatch.chdir(tmp_path / "book")
    return Observer({"lib": str(tmp_path / "src/lib")}, str(tmp_path), str(tmp_path / "_build"))


def test_a_file_counts_that_is_read_before_the_page_itself_wrote_it(seen, tmp_path):
    for path, flags in (("a.csv", READ), ("a.csv", WRITE), ("b.csv", WRITE), (b"b.csv", READ)):
        seen._hear("open", (path, None, flags))
    assert seen.read == {str(tmp_path / "book/a.csv")}


@pytest.mark.parametrize("environment", ["..", ".venv"])
def test_files_of_a_book_count_whether_the_environment_lies_in_it_or_around_it(
    tmp_path, monkeypatch, environment
):
    monkeypatch.setattr(sys, "prefix", str((tmp_path / environment).resolve()))
    seen = Observer({}, str(tmp_path), str(tmp_path / "_build"))
    for name in ("book/a.csv", ".venv/lib/a.csv"):
        seen._hear("open", (str(tmp_path / name), None, READ))
    assert seen.read == {str(tmp_path / "book/a.csv")}


@pytest.mark.parametrize(
    "path", ["../_build/runs/x", "../.cache/mnist.npz", "/etc/hosts", sys.executable, 3, None]
)
def test_files_outside_of_the_book_and_what_is_made_from_it_do_not_count(seen, path):
    seen._hear("open", (path, "r", READ))
    assert not seen.read
    assert not seen.blind


def test_a_source_file_counts_where_it_is_read_to_be_shown(seen, tmp_path):
    source = str(tmp_path / "src/lib/areas.py")
    arguments = ("open", (source, "r", READ))
    for reader in ("tensorflow.python.autograph.pyct.parser", "importlib._bootstrap_external"):
        names = {"seen": seen, "arguments": arguments, "__name__": reader}
        exec("seen._hear(*arguments)", names)  # noqa: S102
        assert not seen.shown
    seen._hear(*arguments)
    assert seen.shown == {source}
    assert not seen.read


def test_a_module_beside_the_page_counts_as_the_file_that_it_was_compiled_from(seen, tmp_path):
    names = {"seen": seen, "__name__": "importlib._bootstrap_external", "flags": READ}
    compiled = f"__pycache__/helper.{sys.implementation.cache_tag}.pyc"
    exec(f"seen._hear('open', ({compiled!r}, 'rb', flags))", names)  # noqa: S102
    assert seen.read == {str(tmp_path / "book/helper.py")}


def test_folders_that_the_search_for_modules_lists_do_not_count(seen, tmp_path):
    names = {"seen": seen, "__name__": "importlib.metadata"}
    exec("seen._hear('os.listdir', (None,))", names)  # noqa: S102
    assert not seen.folders
    seen._hear("os.scandir", ("tables",))
    assert seen.folders == {str(tmp_path / "book/tables")}


@pytest.mark.parametrize(
    ("command", "blind"),
    [
        (["python3", "script.py"], True),
        (["git", "status"], False),
        ([sys.executable, "-m", "pip", "download"], False),
        (["/bin/sh", "-c", "python3 script.py"], True),
        (["/bin/sh", "-c", "git status"], False),
        (["bash"], True),
        (["bash", "script.sh"], True),
    ],
)
@pytest.mark.parametrize("event", ["subprocess.Popen", "os.posix_spawn"])
def test_another_python_cannot_be_seen(seen, event, command, blind):
    seen._hear(event, (command[0], command, {"PYTHONPATH": "python"}))
    assert seen.blind == blind


def test_what_a_fork_loads_cannot_be_seen(seen):
    for event in ("os.fork", "os.forkpty"):
        seen.blind = False
        seen._hear(event, ())
        assert seen.blind


def test_processes_that_start_without_an_event_are_known_by_the_module_that_starts_them(seen):
    seen.find_spec("multiprocessing.pool")
    assert not seen.blind
    seen.find_spec("multiprocessing.popen_spawn_posix")
    assert seen.blind


def test_only_variables_that_get_another_value_count(seen, monkeypatch):
    monkeypatch.setenv("SAME", "1")
    seen._hear("os.putenv", (b"SAME", b"1"))
    seen._hear("os.putenv", (b"OTHER", b"1"))
    seen._hear("os.unsetenv", (b"SAME",))
    assert seen.variables == {"OTHER", "SAME"}


def test_what_code_imports_counts_in_functions_too_and_relative_imports_do_not(seen):
    code = """
import numpy as np, os.path
from . import sibling
from lib import *

def late():
    from scipy.stats import norm
    class Inner:
        import pandas
"""
    seen._hear("exec", (compile(code, "<cell>", "exec"),))
    seen._hear("exec", (compile("import sklearn", seen._library[0] + "lib/x.py", "exec"),))
    report = seen.report()
    assert report["libraries"] == ["numpy", "pandas", "scipy"]
    assert report["stars"] == ["lib"]


def test_a_module_that_is_looked_for_in_vain_counts(seen):
    assert seen.find_spec("lib.missing") is None
    seen.find_spec("elsewhere")
    assert seen.report()["modules"] == ["lib.missing"]


def test_what_cannot_be_understood_makes_the_observer_blind_and_disturbs_nothing(seen):
    seen._hear("open", (object(), None, READ))
    assert seen.blind
