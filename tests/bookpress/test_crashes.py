"""Whatever happens to a build, the next one finds pages that are either whole or stale."""

import os
import signal
import subprocess

import psutil
import pytest

from bookpress import page_cache
from bookpress.page_cache import PageCache
from tests.bookpress.conftest import environment
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow
SLOW = "import time\nopen('started', 'w').close()\ntime.sleep(3600)"

COUNTED = """
import os, time, uuid
open(f'ran-{uuid.uuid4()}', 'w').close()
while not os.path.exists('both-have-a-plan'):
    time.sleep(0.05)
"""


def start(fixture, *arguments):
    """Start a build in a session of its own, so that Ctrl-C reaches it as from a terminal."""
    return subprocess.Popen(
        fixture.command("build", "--no-publish", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        start_new_session=True,
        # A shell that runs the tests in the background has told them to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def family(pid):
    """Return all processes that a process has started."""
    return psutil.Process(pid).children(recursive=True)


@pytest.fixture
def half_done(fixture_book):
    """Give a book whose build has stored two pages and sits in a third."""
    fixture_book.page("part/slow", SLOW)
    stamps = fixture_book.book.press_dir / "stamps/part"
    started = fixture_book.root / "book/part/started"

    def begun():
        return (
            started.exists() and (stamps / "one.json").exists() and (stamps / "two.json").exists()
        )

    return fixture_book, begun


def test_kill_9_loses_only_the_page_in_flight_and_leaves_no_kernel_behind(half_done):
    fixture, begun = half_done
    build = start(fixture)
    wait_for(begun)
    kernels = family(build.pid)
    assert kernels
    os.kill(build.pid, signal.SIGKILL)
    build.wait()
    _, alive = psutil.wait_procs(kernels, timeout=PATIENCE)
    assert not alive
    fixture.edit("book/part/slow.md", "time.sleep(3600)", "pass")
    assert fixture.executed() == {"part/slow"}


def test_ctrl_c_stops_the_kernels_and_keeps_what_is_finished(half_done):
    fixture, begun = half_done
    build = start(fixture)
    wait_for(begun)
    kernels = family(build.pid)
    os.kill(build.pid, signal.SIGINT)
    said, _ = build.communicate(timeout=PATIENCE)
    assert build.returncode == 130, said
    assert "Interrupted" in said
    _, alive = psutil.wait_procs(kernels, timeout=PATIENCE)
    assert not alive
    fixture.edit("book/part/slow.md", "time.sleep(3600)", "pass")
    assert fixture.executed() == {"part/slow"}


@pytest.mark.parametrize("damage", [b"", b'{"cells": [', None])
def test_a_damaged_or_missing_entry_is_executed_again(executed_book, damage):
    store = PageCache(executed_book.book)
    path = store.outputs_path("part/one")
    path.unlink() if damage is None else path.write_bytes(damage)
    assert "stored outputs are missing or damaged" in executed_book.press("status").stdout
    assert executed_book.executed() == {"part/one"}


def test_two_builds_at_once_execute_each_page_once(fixture_book):
    fixture_book.page("part/counted", COUNTED)
    builds = [start(fixture_book), start(fixture_book)]
    for build in builds:
        while " to execute" not in build.stdout.readline():
            assert build.poll() is None
    (fixture_book.root / "book/part/both-have-a-plan").touch()
    said = [build.stdout.read() for build in builds]
    assert [build.wait() for build in builds] == [0, 0], said
    assert len(list((fixture_book.root / "book/part").glob("ran-*"))) == 1
    assert "cached part/counted (by another build)" in "".join(said)
    assert fixture_book.executed() == set()


def test_an_interrupted_write_makes_the_page_stale(executed_book, monkeypatch):
    store = PageCache(executed_book.book)
    page = executed_book.book.select(("part/one",))[0]

    def fail(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(page_cache, "asdict", fail)
    with pytest.raises(KeyboardInterrupt):
        store.commit(page, page.notebook, inputs={}, seconds=1.0, peak_memory=0, executed="")
    monkeypatch.undo()
    assert executed_book.executed() == {"part/one"}
