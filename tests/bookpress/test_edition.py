"""Editions: their names, how one begins, what its notebooks install, and its archive."""

import datetime
import hashlib
import json
import zipfile
from pathlib import Path

import pytest
import yaml

import bookpress
import textlib
from bookpress import archive, edition, notebooks, pins
from bookpress.book import BookError
from bookpress.dependencies import Dependencies
from bookpress.repository import Repository

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 12, 5)
CHANGES = "# Changes\n\n## Not yet in an edition\n\n- A new page.\n\n## Errata\n\nNone.\n"


@pytest.fixture
def draft(fixture_book):
    """A book whose next edition is being written."""
    fixture_book.write("CHANGELOG.md", CHANGES)
    fixture_book.write("CITATION.cff", "version: 2026.12.0.dev0\ndate-released: 2026-11-22\n")
    for package in ("textlib", "bookpress"):
        fixture_book.write(f"src/{package}/__init__.py", '__version__ = "2026.12.0.dev0"\n')
    return fixture_book


def test_the_version_of_this_book_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf8"))
    assert textlib.__version__ == bookpress.__version__ == citation["version"]
    zenodo = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf8"))
    assert zenodo["title"] == citation["title"]


def test_an_edition_writes_its_version_and_its_day_wherever_they_stand(draft):
    written = edition.begin(draft.root, "2026.12.0", date=DAY)
    assert len(written) == 4
    assert edition.of(draft.root) == edition.Edition("2026.12.0", "2026-12-05")
    assert edition.all_of(draft.root) == [edition.of(draft.root)]
    text = (draft.root / "CHANGELOG.md").read_text()
    assert "## 2026.12.0 (2026-12-05)\n\n- A new page." in text
    for package in ("textlib", "bookpress"):
        text = (draft.root / f"src/{package}/__init__.py").read_text()
        assert text == '__version__ = "2026.12.0"\n'


def test_after_an_edition_the_draft_of_the_next_has_room_for_its_changes(draft):
    edition.begin(draft.root, "2026.12.0", date=DAY)
    edition.begin(draft.root, "2027.1.0.dev0", date=DAY)
    assert edition.of(draft.root) is None
    text = (draft.root / "CHANGELOG.md").read_text()
    assert text.index("## Not yet in an edition\n\nNothing yet.") < text.index("## 2026.12.0")
    with pytest.raises(BookError, match="does not say under '## Not yet in an edition'"):
        edition.begin(draft.root, "2027.1.0", date=DAY)


@pytest.mark.parametrize("version", ["1.0", "v2026.12.0", "2026.13.0", "2026.12", "2026.12.0rc1"])
def test_another_name_is_no_edition(draft, version):
    with pytest.raises(BookError, match=r"YEAR\.MONTH\.CORRECTIONS"):
        edition.begin(draft.root, version, date=DAY)


def test_the_command_makes_the_edition_and_says_what_comes_next(draft):
    done = draft.press("edition", "2026.12.0")
    assert done.returncode == 0, done.stderr
    assert "git tag -a v2026.12.0" in done.stdout


def test_an_edition_alone_makes_no_page_stale(fixture_book):
    digests = []
    for version in ("2026.12.0", "2027.1.0.dev0"):
        text = f'__version__ = "{version}"\nRED = 1\n'
        fixture_book.write("src/minilib/colors.py", text)
        digests.append(Dependencies(fixture_book.book).module("minilib.colors"))
    assert digests[0] == digests[1]


def test_the_notebooks_of_an_edition_install_exactly_that_edition(draft):
    edition.begin(draft.root, "2026.12.0", date=DAY)
    (first, _) = notebooks.write(draft.book, folder=draft.root / "out")
    cell = json.loads(first.read_text())["cells"][0]["source"]
    assert "Edition 2026.12.0, 2026-12-05 of the book." in "".join(cell)
    assert "textlib @ git+https://github.com/owner/fixture@v2026.12.0" in "".join(cell)
    readme = (draft.root / "out/README.md").read_text()
    assert "/blob/notebooks-v2026.12.0/part/one.ipynb" in readme
    assert "/fixture/notebooks-v2026.12.0?labpath=" in readme
    assert "@v2026.12.0" in (draft.root / "out/requirements.txt").read_text()


def test_the_notebooks_of_a_draft_install_the_commit_that_is_published(draft, monkeypatch):
    assert Repository.of(draft.book).package.endswith("@main")
    monkeypatch.setenv(edition.REFERENCE, "0123456789abcdef")
    repository = Repository.of(draft.book)
    assert repository.package.endswith("@0123456789abcdef")
    assert repository.notebooks == "notebooks"
    assert repository.edit("a").endswith("/edit/main/a")
    assert edition.label(draft.root) == "Draft 0123456789"


def test_binder_gets_the_pins_of_what_the_notebooks_need_and_no_others():
    found = pins.of(ROOT, ["search"])
    names = {line.partition("==")[0] for line in found}
    assert {"tensorflow", "keras", "keras-tuner", "scikit-learn"} <= names
    assert not {"jupyter-book", "pytest", "onnx", "distributed"} & names
    lines = (ROOT / pins.PINS).read_text(encoding="utf8")
    assert all(line in lines for line in found)
    assert len(names) == len(found)


@pytest.mark.slow
def test_an_archive_has_all_that_an_edition_is_and_the_digest_of_each_file(fixture_book, tmp_path):
    fixture_book.write("CITATION.cff", "version: 2026.12.0\ndate-released: 2026-12-05\n")
    done = fixture_book.press("build", "--no-strict")
    assert done.returncode == 0, done.stdout + done.stderr
    found = archive.write(fixture_book.book, tmp_path / "one")
    names = {path.name for path in found}
    assert {"site.zip", "notebooks.zip", "report.json", "data.json", "CITATION.cff"} <= names
    for line in (tmp_path / "one" / archive.SUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "one" / name).read_bytes()).hexdigest() == digest
    packed = zipfile.ZipFile(tmp_path / "one/site.zip").namelist()
    assert {"index.html", "part/one.html", "_notebooks/part/one.ipynb"} <= set(packed)
    archive.write(fixture_book.book, tmp_path / "two")
    sums = [(tmp_path / name / archive.SUMS).read_text() for name in ("one", "two")]
    assert sums[0] == sums[1]
    with pytest.raises(BookError, match="not empty"):
        archive.write(fixture_book.book, tmp_path / "one")


def test_what_is_not_built_has_no_archive(fixture_book, tmp_path):
    with pytest.raises(BookError, match="not built"):
        archive.write(fixture_book.book, tmp_path / "out")


def test_the_data_of_an_archive_are_named_with_their_digests():
    found = archive.data()
    assert found["datasets"]["mnist"]["sha256"]
    assert all(len(digest) == 64 for digest in found["weights"].values())
