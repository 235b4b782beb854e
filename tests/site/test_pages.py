"""What holds for every page of the site. Each page is visited once, whatever is asked."""

import json
import statistics
from itertools import pairwise

import pytest

from bookpress.checks import LARGEST_BYTES, MEDIAN_BYTES
from tests.site.conftest import BOOK, EXTRA, PAGES, PHONE, until
from tests.site.visit import OBSERVE

LARGEST_SHIFT = 0.05
#: What stands before the first paint, besides the page itself: style sheets, and the few bytes of
#: script that choose the theme.
BLOCKING_BYTES = 100_000
CHAPTERS = [page for page in PAGES if page not in EXTRA]


@pytest.fixture(scope="module", params=PAGES)
def visit(request, visits):
    """Return what a visit of one page found; the tests of a page follow each other."""
    return visits(request.param)


def test_no_error_reaches_the_console_and_every_request_succeeds(visit):
    assert not visit.errors
    assert not visit.failed


def test_nothing_is_requested_from_another_host(visit):
    assert not visit.elsewhere


def test_only_scripts_in_files_of_the_site_may_run(visit):
    rules = dict(rule.strip().split(" ", 1) for rule in visit.facts["policy"].split(";"))
    assert rules["default-src"] == "'self'"
    assert set(rules["script-src"].split()) <= {"'self'", "'wasm-unsafe-eval'"}
    assert ("wasm" in rules["script-src"]) == (visit.name == "search" or visit.facts["demos"] > 0)


def test_the_page_is_light(visit):
    assert 0 < visit.facts["bytes"] <= LARGEST_BYTES


def test_only_light_files_stand_before_the_first_paint(visit):
    blocking = visit.facts["blocking"]
    assert [path for path, _ in blocking if not path.endswith((".css", "/theme.js"))] == []
    assert 0 < sum(size for _, size in blocking) <= BLOCKING_BYTES


def test_nothing_jumps_while_the_page_comes(visit):
    assert visit.facts["shift"] < LARGEST_SHIFT


def test_a_jump_would_be_noticed(open_page):
    page = open_page("index", script=OBSERVE)
    page.evaluate("document.querySelector('main').style.paddingTop = '300px'")
    until(page, "(limit) => window.shift > limit", arg=LARGEST_SHIFT)


def test_axe_finds_nothing_serious(visit):
    found = {where: what for where, what in visit.violations.items() if what}
    assert not found


def test_nothing_is_wider_than_a_phone(visit):
    assert visit.facts["width"] <= PHONE["width"]


def test_images_have_words_and_sizes_and_load_late(visit):
    images = visit.facts["images"]
    assert [image for image in images if image["alt"] is None] == []
    assert [image for image in images if not image["sized"]] == []
    assert [image for image in images[1:] if not image["lazy"]] == []


def test_no_text_in_a_figure_is_under_9_pixels_high_on_a_phone(visit):
    assert visit.facts["tiny"] == []


def test_headings_form_an_outline(visit):
    levels = visit.facts["headings"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_headers_and_scroll_inside_themselves(visit):
    tables = [table for table in visit.facts["tables"] if not table["index"]]
    assert [table for table in tables if not table["headers"] or table["unscoped"]] == []
    assert [table for table in tables if not table["inside"]] == []


def test_answers_have_named_fields_and_no_check_is_written_out(visit):
    answers = visit.facts["answers"]
    assert all(answer["shown"] and answer["name"] and answer["hints"] for answer in answers)
    assert all(answer["fields"] == len(list(filter(None, answer["labels"]))) for answer in answers)
    assert len({answer["name"] for answer in answers}) == len(answers)
    assert visit.facts["checks"] == 0


def test_the_page_states_its_language(visit):
    assert visit.facts["lang"] == "en"


@pytest.mark.parametrize("visit", CHAPTERS, indirect=True, scope="module")
def test_search_engines_and_previews_learn_what_the_page_is(visit):
    facts = visit.facts
    assert facts["canonical"].endswith(f"/book/{visit.name}.html")
    assert facts["meta"]["og:title"]
    assert len(facts["meta"]["description"]) >= 40
    assert len(facts["meta"]["og:description"]) >= 40
    assert facts["meta"]["og:image"].startswith("https://")


def test_formulas_need_no_script(visit):
    assert visit.facts["rawMath"] == 0


def test_the_median_page_is_light(visits):
    weights = [visits(name).facts["bytes"] for name in PAGES]
    assert statistics.median(weights) < MEDIAN_BYTES


def test_what_was_measured_is_written_down(visits):
    """Write ``_build/site.json``; ``make figures`` puts it into CONTRIBUTING.md."""
    found = [visits(name) for name in PAGES]
    weights = [visit.facts["bytes"] for visit in found]
    figures = {
        "pages": len(found),
        "median kB": round(statistics.median(weights) / 1000),
        "largest kB": round(max(weights) / 1000),
        "largest shift": round(max(visit.facts["shift"] for visit in found), 3),
        "requests to other hosts": sum(len(visit.elsewhere) for visit in found),
        "widest pixels": max(visit.facts["width"] for visit in found),
        "serious findings of axe": sum(
            len(listed) for visit in found for listed in visit.violations.values()
        ),
    }
    (BOOK.build_dir / "site.json").write_text(json.dumps(figures, indent=1), encoding="utf8")
    assert figures["pages"] == len(BOOK.pages) + len(EXTRA)
