"""Exercises that check themselves, in a build and in the notebooks."""

import nbformat
import pytest

from bookpress import claim_records, exercises, notebooks
from bookpress.book import BookError
from bookpress.markdown import PageError

EXERCISE = """
```{exercise} A sum
:label: ex-sum
What is 3 + 4?
```
"""
CHECK = """
```{code-cell} python
:tags: [check]
from textlib import exercises
exercises.check("ex-sum", 7, hints=["Count."], wrong={12: "That is the product."})
```
"""
SOLUTION = """
```{solution-start} ex-sum
:class: dropdown
```
```{code-cell} python
answer = 3 + 4
```
```{code-cell} python
exercises.hand_in("ex-sum", answer)
```
```{solution-end}
```
"""
WHOLE = EXERCISE + CHECK + SOLUTION


@pytest.fixture
def one(fixture_book):
    """Return a function that writes a page and gives it, read."""

    def write(extra):
        fixture_book.page("part/one", "x = 1", extra=extra)
        return fixture_book.book.select(("part/one",))[0]

    return write


def notebooks_cells(path):
    """Return the cells of a notebook."""
    return nbformat.read(path, as_version=4).cells


def test_a_check_is_found_with_its_exercise(one):
    page = one(WHOLE)
    ((number, check),) = exercises.checks_of(page).items()
    assert page.notebook.cells[number].source.startswith("from textlib import exercises")
    assert check.name == "ex-sum"
    assert page.text.splitlines()[check.line - 1] == "```{code-cell} python"


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (EXERCISE + CHECK, "a check and no solution"),
        (CHECK + SOLUTION, "unknown exercise above this check: 'ex-sum'"),
        (EXERCISE + CHECK + CHECK + SOLUTION, "has a check already, in line"),
        (EXERCISE + SOLUTION + CHECK, "must stand right below this exercise"),
        (
            EXERCISE + EXERCISE.replace("ex-sum", "ex-other") + CHECK + SOLUTION,
            "must stand right below this exercise",
        ),
        (WHOLE.replace('hand_in("ex-sum"', 'hand_in("ex-some"'), "hands in no answer"),
        (WHOLE.replace(":tags: [check]\n", ""), "no such tag and 1 calls"),
        (WHOLE.replace("exercises.check(", "print("), "the tag and 0 calls"),
        (WHOLE.replace('check("ex-sum"', "check(label"), "label of the exercise, written out"),
    ],
)
def test_a_check_that_cannot_work_is_named_with_its_line(one, extra, reason):
    page = one(extra)
    with pytest.raises(PageError) as error:
        exercises.checks_of(page)
    assert reason in str(error.value)
    assert page.text.splitlines()[error.value.line - 1] == "```{code-cell} python"


def test_what_cannot_work_stops_the_build_before_it_executes(fixture_book):
    path = fixture_book.page("part/one", "x = 1", extra=EXERCISE + CHECK)
    with pytest.raises(BookError, match=f"{path}:[0-9]+: .*no solution"):
        notebooks.verify(fixture_book.book, fixture_book.book.pages)


def test_the_notebook_has_a_cell_for_the_answer_between_check_and_solution(one, fixture_book):
    page = one(WHOLE)
    path = notebooks.write(fixture_book.book, folder=fixture_book.root / "out")[0]
    cells = notebooks_cells(path)
    sources = [cell["source"] for cell in cells]
    check = next(n for n, source in enumerate(sources) if "exercises.check(" in source)
    assert "What is 3 + 4?" in sources[check - 1]
    assert sources[check].startswith("# @title Check of exercise 1\n")
    assert cells[check]["metadata"]["jupyter"] == {"source_hidden": True}
    assert sources[check + 1].endswith('exercises.hand_in("ex-sum", ...)')
    assert "jupyter" not in cells[check + 1]["metadata"]
    assert "Solution of exercise 1" in sources[check + 2]
    assert len(cells) == len(page.cells) + 1 + sum(c["cell_type"] == "markdown" for c in cells) + 1


def test_several_answers_are_asked_for_by_their_names(one):
    page = one(WHOLE.replace('"ex-sum", 7,', '"ex-sum", {"sum": 7, "half": 3},'))
    (check,) = exercises.checks_of(page).values()
    assert check.answer_cell.endswith('hand_in("ex-sum", {"sum": ..., "half": ...})')


def test_a_notebook_runs_through_without_an_answer(one, fixture_book):
    one(WHOLE)
    path = notebooks.write(fixture_book.book, folder=fixture_book.root / "out")[0]
    install, *cells = [cell.source for cell in notebooks_cells(path) if cell.cell_type == "code"]
    assert "Install its package" in install
    assert any("..." in cell for cell in cells)
    names = {}
    for cell in cells:
        exec(cell, names)  # noqa: S102


def test_the_build_hands_in_the_solution(fixture_book):
    fixture_book.page("part/one", "x = 1", extra=WHOLE)
    fixture_book.execute("part/one")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("answer = 3 + 4", "answer = 3 + 5", "its check refuses what the solution hands in"),
        ("answer = 3 + 4", "answer = ...", "No answer yet"),
        ("{12:", "{7.0:", "wrong answer 1, 7.0, is accepted"),
    ],
)
def test_the_build_fails_where_the_check_is_wrong_or_the_solution(
    fixture_book, before, after, reason
):
    path = fixture_book.page("part/one", "x = 1", extra=WHOLE.replace(before, after))
    done = fixture_book.press("build", "--no-publish", "part/one")
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert "ExerciseError" in said
    assert "'ex-sum'" in said
    assert reason in said
    assert path.name in said


def test_the_record_of_claims_stays_that_of_a_page_that_gets_a_check(one):
    bare = "```{code-cell} python\nanswer = 3 + 4\n```\n"
    before = claim_records.key_of(one(EXERCISE + bare))
    assert claim_records.key_of(one(WHOLE)) == before
    assert claim_records.key_of(one(WHOLE.replace("3 + 4\n", "3 + 5\n"))) != before
