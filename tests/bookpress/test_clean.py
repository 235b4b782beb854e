"""What is of no use goes; nothing that a page uses does."""

import datetime
import json
import os

import pytest
from click.testing import CliRunner

from bookpress import clean
from bookpress.command import main
from bookpress.page_cache import PageCache
from textlib import folders, paths

pytestmark = pytest.mark.usefixtures("cache")
EXECUTED = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC)
HOUR = 3600


@pytest.fixture
def book(fixture_book):
    """Give a book of two pages that were executed at the same time."""
    for page in fixture_book.book.pages:
        if page.executes:
            execute(fixture_book.book, page)
    return fixture_book.book


def execute(book, page, *, when=EXECUTED):
    """Store a page as if it had been executed."""
    facts = {"inputs": {}, "seconds": 1.0, "peak_memory": 0}
    PageCache(book).commit(page, page.notebook, executed=when.isoformat(), **facts)


def run(book, name, *, used, scale="quick"):
    """Write a run that was last used some seconds after the pages had been executed."""
    folder = book.runs_dir / name
    with folders.exclusive(folder), folders.draft(folder, name) as place:
        (place / "run.json").write_text(json.dumps({"scale": scale}, indent=1))
    moment = EXECUTED.timestamp() + used
    os.utime(folder, (moment, moment))
    return folder


def found(book):
    """Return the names of what may go."""
    return {waste.path.name for waste in clean.find(book)}


def cleaned(book, *options):
    """Run the command; return what it said."""
    done = CliRunner().invoke(main, ["--root", str(book.root), "clean", *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_run_goes_when_every_page_was_executed_after_its_last_use(book):
    run(book, "old", used=-HOUR)
    run(book, "made", used=10)
    run(book, "restored", used=HOUR)
    run(book, "of_full_scale", used=-HOUR, scale="full")
    assert found(book) == {"old"}


def test_a_run_stays_while_one_page_is_older_than_its_last_use(book):
    run(book, "old", used=-HOUR)
    first = next(page for page in book.pages if page.executes)
    execute(book, first, when=EXECUTED - datetime.timedelta(seconds=2 * HOUR))
    assert found(book) == set()


def test_all_runs_stay_while_a_page_was_never_executed(book, fixture_book):
    run(book, "old", used=-HOUR)
    fixture_book.page("part/three", "import minilib.images")
    assert found(fixture_book.book) == set()
    assert "All runs stay until part/three has been executed." in cleaned(book)


def test_outputs_go_with_their_page(book):
    page = next(page for page in book.pages if page.executes)
    page.path.unlink()
    assert {path.path.suffix for path in clean.find(book)} == {".ipynb", ".json"}
    cleaned(book, "--yes")
    assert not clean.find(book)
    assert len(list((book.press_dir / "stamps").rglob("*.json"))) == 1


def test_drafts_go_when_their_makers_are_dead(book):
    data = paths.make_dir(paths.data_dir())
    with folders.exclusive(data / "alive-1"), folders.draft(data / "alive-1", "k"):
        (data / ".part-dead-1~0123").mkdir()
        old = book.press_dir / "stamps" / ".part-0123.json"
        for path in (old, old.with_name(".part-4567.json")):
            path.touch()
        os.utime(old, (0, 0))
        assert found(book) == {".part-dead-1~0123", ".part-0123.json"}
        cleaned(book, "--yes")
        assert found(book) == set()


def test_datasets_of_another_version_go(book):
    from textlib.datasets import registry

    spec = registry.get("mnist")
    for folder, key in (
        (spec.folder, spec.key),
        (spec.folder.with_name("mnist-0"), "mnist 0 of-then"),
        (spec.folder.with_name("strange-1"), "strange 1 of-a-later-textlib"),
    ):
        with folders.exclusive(folder), folders.draft(folder, key):
            pass
    assert found(book) == {"mnist-0"}
    cleaned(book, "--yes")
    assert spec.folder.exists()
    assert not spec.folder.with_name("mnist-0").exists()


def test_the_command_shows_sizes_and_a_total_and_removes_only_when_told(book):
    folder = run(book, "old", used=-HOUR)
    log = paths.make_dir(book.press_dir / "logs") / "part--one.log"
    log.write_bytes(bytes(2_000_000))
    said = cleaned(book)
    assert "1 runs that no page uses" in said
    assert "2.0 MB  1 logs of kernels" in said
    assert "2.0 MB in all; 'press clean --yes' frees it." in said
    assert folder.exists()
    assert str(folder) in cleaned(book, "-v")
    assert "2.0 MB freed." in cleaned(book, "--yes")
    assert not folder.exists()
    assert not log.exists()
    assert "0 bytes in all" in cleaned(book)


@pytest.mark.slow
def test_a_run_that_training_restores_counts_as_used(book, monkeypatch):
    import keras
    import numpy as np

    from textlib import training

    monkeypatch.setenv("TEXTLIB_RUNS", str(book.runs_dir))

    def train():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return training.fit(model, np.ones((4, 2)), np.ones((4, 1)), run="one")

    folder = book.runs_dir / train().key
    os.utime(folder, (0, 0))
    assert found(book) == {folder.name}
    assert train().restored
    assert found(book) == set()
