"""The author's server: pages reload after a build, and only what changed is built."""

import io
import threading
import urllib.request

import pytest
from rich.console import Console

from bookpress import serve
from bookpress.serve import Author, Bell, changes, server


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
    with urllib.request.urlopen(address, timeout=5) as response:
        assert response.headers["Cache-Control"] == "no-store"
        return response.read().decode()


def test_pages_get_the_reloading_script_and_other_files_do_not(served):
    address, _ = served
    assert address.startswith("http://127.0.0.1:")
    assert '<script src="/_reload.js"></script></body>' in get(f"{address}/")
    assert "/_reload.js" in get(f"{address}/index.html")
    assert "EventSource('/_reload')" in get(f"{address}/_reload.js")
    assert get(f"{address}/style.css") == "body {}"


def test_an_open_page_hears_of_a_build(served):
    address, bell = served
    with urllib.request.urlopen(f"{address}/_reload", timeout=5) as stream:
        threading.Timer(0.2, bell.ring).start()
        assert stream.readline() == b"data: built\n"


def test_changed_files_are_noticed_also_below_a_folder_named_build(tmp_path, fixture_book):
    root = fixture_book.root.rename(tmp_path / "_build")
    fixture_book.root = root
    seen = changes(fixture_book.book, poll=0.05)
    threading.Timer(0.2, fixture_book.edit, ("book/part/one.md", "The value", "A value")).start()
    assert next(seen) == {"book/part/one.md"}


def test_only_a_change_of_pages_alone_is_one_of_pages(fixture_book):
    def edited(*names):
        return [page.name for page in serve._edited(fixture_book.book, set(names))]

    assert edited("book/part/one.md") == ["part/one"]
    assert edited("book/part/one.md", "src/minilib/colors.py") == []
    assert edited("_toc.yml") == []
    assert edited("book/other.md") == []


@pytest.fixture
def author(executed_book):
    """Give an author whose book is built."""
    bell = Bell()
    console = Console(file=io.StringIO(), width=200)
    with Author(executed_book.book, (), bell, console) as author:
        author.build(())
        yield author, bell


@pytest.mark.slow
def test_an_edit_is_shown_by_the_process_that_stays_and_other_changes_by_a_new_one(
    executed_book, author
):
    writer, bell = author
    process, rung = writer._sphinx, bell.count

    def follow(name, before, after):
        executed_book.edit(name, before, after)
        writer.follow({name})

    follow("book/part/one.md", "The value is", "In other words, it is")
    assert "In other words, it is 21." in executed_book.shown("part/one")
    assert bell.count > rung
    follow("book/part/two.md", "The value is", "Once more, it is")
    assert "Once more, it is 21." in executed_book.shown("part/two")
    assert "In other words" in executed_book.shown("part/one")
    assert writer._sphinx is process

    follow("book/part/two.md", "scale.seed(20) + 1", "scale.seed(20) + 2")
    assert "Once more, it is 22." in executed_book.shown("part/two")
    assert writer._sphinx is process

    follow("book/part/two.md", "# Page part/two", "# Another title")
    assert "Another title" in executed_book.shown("part/one")

    follow("_config.yml", "title: Fixture", "title: Another book")
    assert "Another book" in executed_book.shown("part/one")
    assert writer._sphinx is not process
    assert not process.alive


@pytest.mark.slow
def test_a_page_that_cannot_be_read_is_named_and_the_author_goes_on(executed_book, author):
    writer, _ = author
    executed_book.edit("book/part/one.md", "file_format: mystnb", "file_format: [mystnb")
    writer.follow({"book/part/one.md"})
    assert "book/part/one.md" in writer._console.file.getvalue()
    executed_book.edit("book/part/one.md", "file_format: [mystnb", "file_format: mystnb")
    executed_book.edit("book/part/one.md", "The value is", "At last it is")
    writer.follow({"book/part/one.md"})
    assert "At last it is 21." in executed_book.shown("part/one")


def test_an_edit_before_the_first_look_is_seen(fixture_book):
    seen = changes(fixture_book.book, poll=0)
    fixture_book.write("book/part/new.md", "# New\n")
    assert next(seen) == {"book/part/new.md"}
