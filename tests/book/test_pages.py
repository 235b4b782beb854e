"""Rules that every page keeps: nothing typed, everything described, every exercise solved."""

import itertools
import re
import shutil
from pathlib import Path

import pytest
from jupytext.cli import jupytext
from markdown_it import MarkdownIt
from pybtex.database import parse_file

from bookpress import claim_checks, claim_records, exercises, records, sources
from bookpress.book import Book

ROOT = Path(__file__).parents[2]
BOOK = Book.find(ROOT)
PAGES = {page.name: page for page in BOOK.pages}
EXECUTED = [name for name, page in PAGES.items() if page.executes]
SYSTEMS = sources.planned(BOOK)
ENTRIES, RECORDS = sources.load(BOOK), records.load(BOOK)
# Pages whose claims have no current record yet, or some without a reason. Take a page out with it.
CLAIMS_TO_RECORD: set[str] = set()

TYPED_RESULT = re.compile(
    r"(?<![\w$\\{.])\d+(?:\.\d+)?\s?(?:%|percent\b|points? of accuracy|seconds\b|°\s?C)"
)
NOT_PROSE = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\{[^}]*\}`[^`]*`", re.DOTALL)
FENCE = re.compile(r"^\s*(`{3,}|:{3,})\s*(\{[\w:.-]+\}|\w*)(.*)$")
LONGEST_CELL = 22
LONGEST_LINE = 84  # what the column of a page shows without scrolling


def fences(text):
    """Yield (name, argument, body, line) of every fenced block, nested ones included."""
    for token in MarkdownIt().parse(text.replace(":::", "```")):
        if token.type != "fence":
            continue
        name, _, argument = token.info.strip().partition(" ")
        yield name, argument.strip(), token.content, token.map[0] + 1
        if name.startswith("{") and name != "{code-cell}":
            yield from fences(token.content)


def body(page):
    """Return the page's text without its front matter."""
    return page.text.split("\n---\n", 1)[1] if page.text.startswith("---\n") else page.text


def prose(page):
    """Return the text outside code, math, roles and directives' options."""
    lines, fence = [], None
    for line in body(page).splitlines():
        match = FENCE.match(line)
        if (
            fence is None
            and match
            and (match[2] in ("", "{code-cell}") or not match[2].startswith("{"))
        ):
            fence = match[1]
        elif fence is not None and line.strip() == fence:
            fence = None
        elif fence is None and not match and not line.strip().startswith(":"):
            lines.append(line)
    return NOT_PROSE.sub(" ", "\n".join(lines))


@pytest.fixture(params=sorted(PAGES))
def page(request):
    return PAGES[request.param]


def test_every_source_file_is_in_the_table_of_contents():
    files = {
        path.relative_to(ROOT / "book").with_suffix("").as_posix()
        for path in (ROOT / "book").rglob("*.md")
        if not any(part.startswith("_") for part in path.parts[len(ROOT.parts) :])
    }
    assert files <= set(PAGES), f"not in _toc.yml: {sorted(files - set(PAGES))}"


def test_it_has_one_title_and_no_skipped_heading_level(page):
    tokens = MarkdownIt().parse(body(page))
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    assert levels.count(1) == 1
    assert levels[0] == 1
    jumps = [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1]
    assert jumps == []


def test_no_result_is_typed_in_its_prose(page):
    assert TYPED_RESULT.findall(prose(page)) == []


def test_every_figure_has_a_name_a_caption_and_alternative_text(page):
    missing = []
    for cell in page.cells:
        settings = cell.metadata.get("mystnb", {})
        figure = settings.get("figure")
        if figure is None:
            continue
        alternative = settings.get("image", {}).get("alt", "")
        if not (figure.get("name") and figure.get("caption") and len(alternative) >= 20):
            missing.append(figure.get("name") or cell.source[:60])
    assert missing == []


def test_every_plot_is_a_figure(page):
    """A cell that draws and is shown says what there is to see."""
    draws = re.compile(r"^\s*(plt\.show|plotting\.(?!use_style|smooth)|fig, ax|diagrams\.)", re.M)
    hidden = {"remove-output", "remove-cell", "hide-cell"}
    bare = [
        cell.source[:80]
        for cell in page.cells
        if draws.search(cell.source)
        and "figure" not in cell.metadata.get("mystnb", {})
        and not hidden & set(cell.metadata.get("tags", []))
    ]
    assert bare == []


def test_every_image_has_alternative_text(page):
    without = [
        (name, argument)
        for name, argument, content, _ in fences(page.text)
        if name in ("{figure}", "{image}") and ":alt:" not in content
    ]
    assert without == []
    assert re.findall(r"!\[\]\(", page.text) == []


def test_its_systems_are_known_and_belong_to_it(page):
    """A page covers what it runs, and describes what it only tells of or draws."""
    covers, describes = set(page.settings.covers), set(page.settings.describes)
    known = {system for systems in SYSTEMS.values() for system in systems}
    assert covers | describes <= known, f"unknown systems: {sorted((covers | describes) - known)}"
    planned = set(map(str, SYSTEMS.get(page.name, [])))
    missing = planned - covers - describes
    assert not missing, f"planned for this page, neither covered nor described: {sorted(missing)}"


def test_no_system_stands_on_two_pages():
    named = [
        system
        for page in PAGES.values()
        for system in (*page.settings.covers, *page.settings.describes)
    ]
    assert sorted({system for system in named if named.count(system) > 1}) == []


def test_each_system_that_it_covers_has_a_number_a_claim_or_a_record(page):
    """What the results page shows of a system is made on the page that covers it."""
    checks, numbers = claim_checks.of_page(page), numbers_of(page)
    recorded = RECORDS[page.name].numbers if page.name in RECORDS else {}
    wrong = {}
    for system in page.settings.covers:
        entry = ENTRIES.get(system)
        if entry is None:
            wrong[system] = "no entry in book/_records/sources"
        elif entry.claim and entry.claim not in checks:
            wrong[system] = f"no claim {entry.claim!r} on the page"
        elif entry.number and not (numbers(entry.number) or entry.number in recorded):
            wrong[system] = f"no number {entry.number!r} on the page"
        elif not (entry.claim or entry.number):
            wrong[system] = "neither a number nor a claim; is it only described?"
    assert wrong == {}


def test_each_system_that_it_describes_says_what_it_is(page):
    assert [each for each in page.settings.describes if each not in ENTRIES] == []


def test_its_measured_claims_have_a_record_and_their_reasons(page):
    """``press claims PAGE --seeds 3 --untrained --shuffled --record`` makes the record."""
    problems = claim_records.problems(BOOK, page)
    if page.name in CLAIMS_TO_RECORD:
        assert problems, f"{page.name} has its record: take it out of CLAIMS_TO_RECORD"
    else:
        assert problems == []


def test_every_exercise_has_a_solution(page):
    asked, solutions = [], []
    for name, argument, content, _ in fences(page.text):
        if name in ("{exercise}", "{exercise-start}"):
            label = re.search(r"^:label:\s*(\S+)", content, re.M)
            asked.append(label[1] if label else f"(no label) {content[:40]}")
        elif name in ("{solution}", "{solution-start}"):
            solutions.append(argument)
    assert sorted(asked) == sorted(solutions)


def test_solutions_sit_behind_a_click(page):
    for name, argument, content, _ in fences(page.text):
        if name in ("{solution}", "{solution-start}"):
            assert re.search(r"^:class:.*\bdropdown\b", content, re.M), argument


def numbers_of(page):
    """Return a function that tells whether a page hands over a number of this name."""
    made = set()
    for cell in page.cells:
        made |= set(re.findall(r"""claims\.number\(\s*f?["']([^"']+)["']""", cell.source))
    patterns = [re.compile(re.sub(r"\\\{.*?\\\}", ".+", re.escape(name)) + "$") for name in made]
    return lambda name: any(pattern.match(name) for pattern in patterns)


def test_every_glued_name_is_made_on_the_page(page):
    used = set(re.findall(r"\{glue(?::\w+)?\}`([\w-]+)", page.text))
    made = numbers_of(page)
    assert [name for name in sorted(used) if not made(name)] == []


def test_its_cells_can_be_read_at_a_glance(page):
    long = [
        cell.source.splitlines()[0]
        for cell in page.cells
        if not exercises.only_checks(cell)  # nobody reads them
        and sum(bool(line.strip()) for line in cell.source.splitlines()) > LONGEST_CELL
    ]
    assert long == []


def test_its_code_fits_the_column(page):
    lines = [line for cell in page.cells for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


def test_it_draws_seeds_only_where_the_press_can_shift_them(page):
    direct = re.compile(r"(default_rng|set_random_seed|np\.random\.seed)\(\s*\d")
    assert [cell.source[:80] for cell in page.cells if direct.search(cell.source)] == []


@pytest.mark.parametrize("name", EXECUTED)
def test_a_page_that_trains_makes_claims(name):
    code = "\n".join(cell.source for cell in PAGES[name].cells)
    if re.search(r"training\.fit|\.fit\(", code):
        assert "claims.check(" in code


@pytest.mark.parametrize("name", EXECUTED)
def test_the_datasets_it_loads_are_in_its_front_matter(name):
    code = "\n".join(cell.source for cell in PAGES[name].cells)
    loaded = set(re.findall(r"""datasets\.load\(\s*["']([\w/-]+)["']""", code))
    assert loaded <= set(PAGES[name].settings.data)


@pytest.mark.slow
def test_a_page_survives_as_a_notebook_and_back(tmp_path):
    """Jupytext keeps the keys and cells of every page, as pyproject.toml tells it to."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "book", tmp_path / "book")
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    shutil.copy(ROOT / "_config.yml", tmp_path)
    files = [str(page.path) for page in Book(tmp_path).pages if page.front_matter]
    jupytext(["--quiet", "--from", "md:myst", "--to", "ipynb", *files])
    for file in files:
        Path(file).unlink()
    notebooks = [str(Path(file).with_suffix(".ipynb")) for file in files]
    jupytext(["--quiet", "--from", "ipynb", "--to", "md:myst", *notebooks])
    for after in Book(tmp_path).pages:
        before = PAGES[after.name]
        assert after.front_matter == before.front_matter, after.name
        assert said(after) == said(before), after.name


def said(page):
    """Return what a page says, apart from the layout of the options of its cells."""
    if not page.executes:
        return body(page).strip()
    return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in page.notebook.cells]


def test_the_bibliography_can_be_read():
    """A merge that joins two entries breaks the whole build; find it here."""
    entries = parse_file(ROOT / "book/references.bib", "bibtex").entries
    assert entries


def test_each_term_of_the_glossary_is_defined_once():
    """A merge that joins two entries, or keeps both, breaks the whole build; find it here."""
    body = (ROOT / "book/back/glossary.md").read_text(encoding="utf8").split(":sorted:")[1]
    entries = [entry.splitlines() for entry in body.strip().strip("`").strip().split("\n\n")]
    broken = [
        entry[0] for entry in entries if [line[:2] == "  " for line in entry].index(True) != 1
    ]
    joined = [line for entry in entries for line in entry[2:] if line[:2] != "  "]
    terms = [entry[0].lower() for entry in entries]
    assert (broken, joined) == ([], [])
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
