"""Notebooks as hosted machines run them: from the first cell, with their libraries and memory."""

import sys
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from bookpress import hosted, pins
from bookpress.book import BookError

ROOT = Path(__file__).parents[2]
ROOMY = 4 * 2**30


def notebook(folder, *cells):
    """Write a notebook with some code."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    path = folder / "one.ipynb"
    nbformat.write(made, path)
    return path


@pytest.mark.slow
def test_a_notebook_that_runs_is_told_with_its_memory(tmp_path):
    ran = hosted._run("one", notebook(tmp_path, "x = 1", "x + 1"), Path(sys.executable), ROOMY)
    assert ran.error == ""
    assert 2**20 < ran.peak < ROOMY


@pytest.mark.slow
def test_a_failed_claim_fails_the_notebook(tmp_path):
    code = "from textlib import claims\nclaims.check('bad', 1 > 2, 'one is more than two')"
    ran = hosted._run("one", notebook(tmp_path, code), Path(sys.executable), ROOMY)
    assert "one is more than two" in ran.error


@pytest.mark.slow
def test_a_notebook_that_holds_more_than_the_machine_has_is_ended(tmp_path):
    code = "import time\nheld = b'1' * 300_000_000\ntime.sleep(600)"
    ran = hosted._run("one", notebook(tmp_path, code), Path(sys.executable), 250 * 2**20)
    assert ran.error == "held more than 250 MB"


def test_without_a_list_of_what_the_machine_has_nothing_runs(fixture_book):
    with pytest.raises(BookError, match=r"there is no .*colab\.txt"):
        next(hosted.run(fixture_book.book, (), constraints=fixture_book.root / "colab.txt"))


def test_the_package_takes_what_the_machine_has():
    """Only what a page names as an extra may ask for more than a hosted machine brings."""
    here = {
        Requirement(line).name: str(Requirement(line).specifier).removeprefix("==")
        for line in (ROOT / hosted.CONSTRAINTS).read_text(encoding="utf8").splitlines()
        if not line.startswith("#")
    }
    asked = map(Requirement, pins.project(ROOT)["dependencies"])
    found = {each.name: each.specifier for each in asked if each.name in here}
    assert len(found) > 6
    assert [name for name, specifier in found.items() if not specifier.contains(here[name])] == []
