"""What the last build knows about the book, as one JSON file: ``_build/report.json``.

The report is for programs: the results and status pages, CI, and whoever wants to compare builds.
It is made from the plan and the stamps, so it covers all pages, also those that this build did
not touch.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookpress import machine
from bookpress.book import Book
from bookpress.execute import Outcome
from bookpress.files import read_json, write_json
from bookpress.plan import PageState

FORMAT = 1


@dataclass(frozen=True)
class Totals:
    """Sums over the pages of a report."""

    pages: int
    executed: int
    cached: int
    failed: int
    seconds: float
    claims: int
    claims_hold: int


def path(book: Book) -> Path:
    """Return the report's file."""
    return book.build_dir / "report.json"


def read(book: Book) -> dict[str, Any] | None:
    """Return the report of the last build, or ``None`` if there is none that can be read."""
    found = read_json(path(book))
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def write(
    book: Book,
    states: Iterable[PageState],
    outcomes: Mapping[str, Outcome],
    *,
    scale: str,
    seconds: float,
) -> dict[str, Any]:
    """Write the report of a build and return it.

    Parameters
    ----------
    book
        The book.
    states
        The state of every page after the build, in the book's order.
    outcomes
        What came of the pages that the build executed, by name.
    scale
        ``"quick"`` or ``"full"``.
    seconds
        How long the build took.
    """
    pages = [_page(state, outcomes.get(state.page.name)) for state in states]
    report = {
        "format": FORMAT,
        "title": book.config.get("title", ""),
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "scale": scale,
        "seconds": round(seconds, 1),
        "machine": machine.describe(),
        "versions": machine.versions(),
        "totals": vars(_totals(pages)),
        "pages": pages,
    }
    write_json(path(book), report, indent=1)
    return report


def _page(state: PageState, outcome: Outcome | None) -> dict[str, Any]:
    stamp = (outcome.stamp if outcome else None) or state.stamp
    inputs = stamp.inputs if stamp else {}
    page = {
        "name": state.page.name,
        "title": state.page.title,
        "state": _state_word(state, outcome),
        "reasons": list(state.reasons),
        "key": state.key,
        "covers": list(state.page.settings.covers),
        "describes": list(state.page.settings.describes),
        "data": sorted({*state.page.settings.data, *inputs.get("data", ())}),
        "modules": sorted(inputs.get("modules", ())),
        "libraries": inputs.get("libraries", {}),
        "seconds": stamp.seconds if stamp else 0.0,
        "peak_memory": stamp.peak_memory if stamp else 0,
        "executed": stamp.executed if stamp else "",
        "claims": stamp.claims if stamp else [],
        "numbers": stamp.numbers if stamp else {},
    }
    if outcome is not None and outcome.failure is not None:
        failure = outcome.failure
        page["claims"] = outcome.claims
        page["failure"] = {"kind": failure.kind, "error": failure.error, "line": failure.line}
    return page


def _state_word(state: PageState, outcome: Outcome | None) -> str:
    if outcome is not None:
        return outcome.state
    if state.fresh:
        return "cached"
    return "stale" if state.stamp else "never executed"


def _totals(pages: list[dict[str, Any]]) -> Totals:
    states = [page["state"] for page in pages]
    claims = [claim for page in pages for claim in page["claims"]]
    return Totals(
        pages=len(pages),
        executed=states.count("executed"),
        cached=states.count("cached"),
        failed=states.count("failed"),
        seconds=round(sum(page["seconds"] for page in pages), 1),
        claims=len(claims),
        claims_hold=sum(bool(claim["holds"]) for claim in claims),
    )
