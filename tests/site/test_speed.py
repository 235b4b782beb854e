"""How soon every page is painted. Nothing else may run meanwhile: see ``make test``."""

import json
import statistics

import pytest

from tests.site.conftest import BOOK, PAGES

LONGEST_PAINT = 1.0  # seconds
LARGEST_SHIFT = 0.05

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def speeds(visitor):
    """Return seconds until the paint and layout shift of every page."""
    return {name: visitor.speed(name, enough=LONGEST_PAINT) for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_painted_soon_and_does_not_jump(speeds, name):
    paint, shift = speeds[name]
    assert 0 < paint < LONGEST_PAINT
    assert shift < LARGEST_SHIFT


def test_what_was_measured_is_written_down(speeds):
    """Write ``_build/speed.json``; ``make figures`` puts it into CONTRIBUTING.md."""
    paints, shifts = zip(*speeds.values(), strict=True)
    figures = {
        "median paint s": round(statistics.median(paints), 2),
        "slowest paint s": round(max(paints), 2),
        "largest shift": round(max(shifts), 3),
    }
    (BOOK.build_dir / "speed.json").write_text(json.dumps(figures, indent=1), encoding="utf8")
    assert 0 < figures["median paint s"] <= figures["slowest paint s"]
