"""Publishing: what is done again, what is left alone, and what Sphinx said of it."""

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from bookpress import publish
from bookpress.claim_records import ClaimRecord
from bookpress.publish import SphinxProcess

WARNING = "\nSee {ref}`no-such-place`.\n"
NESTED = """
````{exercise}
:label: task
Count.
````

`````{solution} task
````{code-cell} python
print("vanishes")
````
`````
"""


@pytest.fixture
def published_book(executed_book):
    """Give a book whose site is there."""
    done = executed_book.press("build")
    assert done.returncode == 0, done.stdout + done.stderr
    return executed_book


def written(fixture):
    """Return when each page of the site was written."""
    site = fixture.book.html_dir
    return {page: (site / f"{page}.html").stat().st_mtime_ns for page in ("part/one", "part/two")}


def log(fixture):
    """Return what Sphinx said in the last build that published."""
    return publish.log_of(fixture.book).read_text(encoding="utf8")


@pytest.mark.slow
def test_an_edited_sentence_makes_its_page_again_and_no_other(published_book):
    before = written(published_book)
    published_book.edit("book/part/one.md", "The value is", "A line.\n\nIn other words, it is")
    assert published_book.press("build").returncode == 0
    after = written(published_book)
    assert "In other words, it is 21." in published_book.shown("part/one")
    assert after["part/one"] > before["part/one"]
    assert after["part/two"] == before["part/two"]
    index = (published_book.book.html_dir / "searchindex.js").read_text(encoding="utf8")
    assert "other" in index
    assert "generating indices" not in log(published_book)


@pytest.mark.slow
def test_a_new_record_of_claims_makes_its_page_again_and_no_other(published_book):
    before = written(published_book)
    record = ClaimRecord("part/one", "0" * 32)
    published_book.write("book/_records/claims/part-one.json", json.dumps(asdict(record)))
    assert published_book.press("build").returncode == 0
    after = written(published_book)
    assert after["part/one"] > before["part/one"]
    assert after["part/two"] == before["part/two"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "before", "after", "shown"),
    [
        ("book/part/two.md", "# Page part/two", "# Another title", "Another title"),
        ("_config.yml", "title: Fixture", "title: Another book", "Another book"),
    ],
)
def test_what_every_page_shows_makes_every_page_again(published_book, name, before, after, shown):
    published_book.edit(name, before, after)
    assert published_book.press("build").returncode == 0
    assert shown in published_book.shown("part/one")


@pytest.mark.slow
def test_a_warning_fails_every_build_until_its_page_is_mended(published_book):
    clean = (published_book.root / "book/part/one.md").read_text(encoding="utf8")
    published_book.write("book/part/one.md", clean + WARNING)

    only_a_page = published_book.press("build", "part/two")
    assert only_a_page.returncode == 0
    assert "no-such-place" in only_a_page.stdout
    assert "no-such-place" not in published_book.press("build", "part/two").stdout
    for _ in range(2):
        whole = published_book.press("build")
        assert whole.returncode == 1
        assert "no-such-place" in whole.stdout

    published_book.edit("book/part/two.md", "The value is", "In other words, it is")
    another = published_book.press("build")
    assert another.returncode == 1
    assert "no-such-place" in another.stdout
    assert "In other words" in published_book.shown("part/two")

    published_book.write("book/part/one.md", clean)
    mended = published_book.press("build")
    assert mended.returncode == 0, mended.stdout
    assert "no-such-place" not in mended.stdout


@pytest.mark.slow
def test_a_code_cell_that_vanishes_from_its_page_fails_any_build(published_book):
    path = published_book.root / "book/part/one.md"
    path.write_text(path.read_text(encoding="utf8") + NESTED, encoding="utf8")
    for arguments in (("part/two",), ("--no-strict",), ()):
        done = published_book.press("build", *arguments)
        assert done.returncode == 1, arguments
        assert "part/one.md" in done.stdout + done.stderr


@pytest.mark.slow
def test_after_a_crash_while_publishing_nothing_that_was_known_is_believed(published_book):
    published_book.edit("book/part/one.md", "The value is", f"{WARNING}\nThe value is")
    assert published_book.press("build").returncode == 1
    book = published_book.book
    (book.press_dir / "published.json").unlink()
    (book.press_dir / "doctrees/remarks.json").unlink()
    done = published_book.press("build")
    assert done.returncode == 1
    assert "no-such-place" in done.stdout


@pytest.mark.slow
def test_another_version_of_a_library_publishes_everything_again(
    published_book, tmp_path, monkeypatch
):
    before = written(published_book)
    newer = tmp_path / "site"
    for name in ("some_sphinx_theme", "sphinx"):
        facts = f"Metadata-Version: 2.1\nName: {name}\nVersion: 999.0\n"
        published_book.write(str(newer / f"{name}-999.0.dist-info" / "METADATA"), facts)
    monkeypatch.setenv("PYTHONPATH", str(newer), prepend=os.pathsep)
    done = published_book.press("build")
    assert done.returncode == 0, done.stdout
    assert "up to date" not in done.stdout
    after = written(published_book)
    assert all(after[page] > before[page] for page in before)
    assert "up to date" in published_book.press("build").stdout


@pytest.mark.slow
def test_a_book_below_a_folder_of_any_name_is_published_again_when_it_changes(
    published_book, tmp_path
):
    root = tmp_path / "_build" / "__pycache__" / "book"
    root.parent.mkdir(parents=True)
    published_book.root = published_book.root.rename(root)
    assert published_book.press("build").returncode == 0
    published_book.edit("book/part/one.md", "The value is", "In other words, it is")
    done = published_book.press("build")
    assert done.returncode == 0, done.stdout
    assert "In other words, it is 21." in published_book.shown("part/one")


def test_what_is_made_is_no_input_wherever_the_book_stands(tmp_path, fixture_book):
    fixture_book.write("src/minilib/__pycache__/images.pyc", "")
    fixture_book.write("book/_build/left.html", "")
    fixture_book.root = fixture_book.root.rename(tmp_path / "_build")
    root = fixture_book.root
    found = {path for path in publish.inputs(fixture_book.book) if path.is_relative_to(root)}
    assert root / "book/part/one.md" in found
    assert not {path.name for path in found} & {"images.pyc", "left.html"}


def test_a_process_that_ends_early_is_a_failure_in_words(fixture_book):
    fixture_book.write("_config.yml", "title: Broken\nsphinx: {extra_extensions: [no_such_module]}")
    with SphinxProcess(fixture_book.book) as process:
        process.ask()
        answer = process.answer()
    assert not answer.ok
    assert "no_such_module" in answer.new[-1]


@pytest.mark.slow
def test_what_an_extension_started_ends_with_the_process(fixture_book):
    fixture_book.edit("_config.yml", "[bookpress.outputs", "[sphinx_sitemap, bookpress.outputs")
    with SphinxProcess(fixture_book.book) as process:
        process.ask()
        assert process.answer().ok
        started = psutil.Process(process._process.pid).children(recursive=True)
    _, alive = psutil.wait_procs(started, timeout=15)
    assert started
    assert not alive


def test_a_damaged_mark_is_no_mark(fixture_book):
    path = fixture_book.book.press_dir / "published.json"
    for content in ("", "[]", json.dumps({"parts": 1})):
        fixture_book.write(str(path.relative_to(fixture_book.root)), content)
        assert publish.changed(fixture_book.book)
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()
    assert publish.changed(fixture_book.book)
