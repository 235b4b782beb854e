"""What holds for every page of the site. Each page is visited once, whatever is asked."""

import json
import statistics
from itertools import pairwise

import pytest

from bookpress.checks import LARGEST_BYTES, MEDIAN_BYTES
from tests.site.conftest import BOOK, EXTRA, PAGES, PHONE

every_page = pytest.mark.parametrize("name", PAGES)


@every_page
def test_no_error_reaches_the_console_and_every_request_succeeds(visits, name):
    visit = visits(name)
    assert not visit.errors
    assert not visit.failed


@every_page
def test_nothing_is_requested_from_another_host(visits, name):
    assert not visits(name).elsewhere


@every_page
def test_the_page_is_light(visits, name):
    assert 0 < visits(name).facts["bytes"] <= LARGEST_BYTES


@every_page
def test_axe_finds_nothing_serious(visits, name):
    found = {where: what for where, what in visits(name).violations.items() if what}
    assert not found


@every_page
def test_nothing_is_wider_than_a_phone(visits, name):
    assert visits(name).facts["width"] <= PHONE["width"]


@every_page
def test_images_have_words_and_sizes_and_load_late(visits, name):
    images = visits(name).facts["images"]
    assert [image for image in images if image["alt"] is None] == []
    assert [image for image in images if not image["sized"]] == []
    assert [image for image in images[1:] if not image["lazy"]] == []


@every_page
def test_headings_form_an_outline(visits, name):
    levels = visits(name).facts["headings"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_page
def test_tables_have_headers_and_scroll_inside_themselves(visits, name):
    tables = [table for table in visits(name).facts["tables"] if not table["index"]]
    assert [table for table in tables if not table["headers"] or table["unscoped"]] == []
    assert [table for table in tables if not table["inside"]] == []


@every_page
def test_the_page_states_its_language(visits, name):
    assert visits(name).facts["lang"] == "en"


@pytest.mark.parametrize("name", [page for page in PAGES if page not in EXTRA])
def test_search_engines_and_previews_learn_what_the_page_is(visits, name):
    facts = visits(name).facts
    assert facts["canonical"].endswith(f"/book/{name}.html")
    assert facts["meta"]["og:title"]
    assert len(facts["meta"]["description"]) >= 40
    assert len(facts["meta"]["og:description"]) >= 40
    assert facts["meta"]["og:image"].startswith("https://")


@every_page
def test_formulas_need_no_script(visits, name):
    assert visits(name).facts["rawMath"] == 0


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
        "requests to other hosts": sum(len(visit.elsewhere) for visit in found),
        "widest pixels": max(visit.facts["width"] for visit in found),
        "serious findings of axe": sum(
            len(listed) for visit in found for listed in visit.violations.values()
        ),
    }
    (BOOK.build_dir / "site.json").write_text(json.dumps(figures, indent=1), encoding="utf8")
    assert figures["pages"] == len(BOOK.pages) + len(EXTRA)
