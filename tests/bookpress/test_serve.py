"""The author's server: pages reload after a build, and only what changed is built."""

import contextlib
import itertools
import os
import threading
import urllib.request

import pytest

from bookpress.serve import Bell, _pages_of, changes, server
from tests.waiting import PATIENCE


@contextlib.contextmanager
def again_and_again(act):
    """Do something until the test has noticed it, whenever that begins to look."""
    noticed = threading.Event()

    def repeat():
        while not noticed.wait(0.05):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        noticed.set()
        thread.join()


@pytest.fixture
def served(tmp_path):
    """Serve a folder with one page."""
    (tmp_path / "index.html").write_text("<html><body>Hello</body></html>")
    (tmp_path / "style.css").write_text("body {}")
    bell = Bell()
    with server(tmp_path, 0, bell) as address:
        yield address, bell


def get(address):
    """Return the body of a response."""
    with urllib.request.urlopen(address, timeout=PATIENCE) as response:
        assert response.headers["Cache-Control"] == "no-store"
        return response.read().decode()


def test_pages_get_the_reloading_script_and_other_files_do_not(served):
    address, _ = served
    assert address.startswith("http://127.0.0.1:")
    assert "EventSource('/_reload')" in get(f"{address}/")
    assert "EventSource" in get(f"{address}/index.html")
    assert get(f"{address}/style.css") == "body {}"


def test_an_open_page_hears_of_a_build(served):
    address, bell = served
    with urllib.request.urlopen(f"{address}/_reload", timeout=PATIENCE) as stream:
        with again_and_again(bell.ring):
            assert stream.readline() == b"data: built\n"


def test_a_changed_page_builds_itself_and_a_changed_module_everything(fixture_book):
    book = fixture_book.book
    seen = changes(book, poll=0.05)
    page, times = fixture_book.root / "book/part/one.md", itertools.count()
    with again_and_again(lambda: os.utime(page, ns=(0, next(times)))):
        changed = next(seen)
    assert changed == {"book/part/one.md"}
    assert _pages_of(book, changed) == ("part/one",)
    assert _pages_of(book, {"book/part/one.md", "src/minilib/colors.py"}) == ()
