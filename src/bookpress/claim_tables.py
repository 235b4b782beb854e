"""The directive ``{claim-history}``: every claim of the book with what was tried of it.

First what is not as it should be: claims that failed on a seed, pages whose record is old or
missing. Then, page by page, each claim with its kind, on how many seeds it held in which
environment, the spread of its numbers, and why it may hold although nothing was learned.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bookpress import claim_checks, claim_records, report
from bookpress.book import Book, Page
from bookpress.claim_records import ClaimRecord
from bookpress.myst import on_site
from bookpress.site import names
from bookpress.tables import Table, list_table

WORDS = {"untrained": "with nothing trained", "shuffled": "with shuffled labels"}

on_site("The history of all claims is", "claim-history")


class ClaimHistory(Table):
    """Every claim of the book, with its record."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the totals, what failed, and the claims of each page."""
        made = report.read(book)
        if made is None:
            yield "This page is filled in by `press build`."
            return
        checked = {page["name"]: page["claims"] for page in made["pages"] if page["claims"]}
        pages = [page for page in book.pages if page.name in checked]
        claims = {page.name: _as_said(checked[page.name], page) for page in pages}
        found = [(page, claim_records.load(book, page.name)) for page in pages]
        yield from _totals(claims, [record for _, record in found if record])
        yield from self._failures(found)
        yield from self._lacking(book, pages)
        for page, record in found:
            yield from ("", f"**{self.link(page.name)}**", "", _origin(page, record), "")
            place = self.env.app.builder.get_relative_uri(
                self.env.docname, names.docname(self.env, page.name)
            )
            controls = claim_checks.controls_for(page)
            rows = [_cells(place, claim, record, controls) for claim in claims[page.name]]
            yield from list_table(rows, kind="results")

    def _failures(self, found: list[tuple[Page, ClaimRecord | None]]) -> Iterator[str]:
        """Yield the claims that did not hold on some seed."""
        failed = [
            f"- {self.link(page.name)}: `{name}` held on {said}"
            for page, record in found
            if record
            for name, said in _failed(record)
        ]
        if failed:
            yield from ("", "These did not hold on every seed that was tried:", "", *failed)

    def _lacking(self, book: Book, pages: list[Page]) -> Iterator[str]:
        """Yield what the records lack, with the pages of which each is true."""
        found: dict[str, list[str]] = {}
        for page in pages:
            for problem in claim_records.problems(book, page):
                found.setdefault(problem, []).append(self.link(page.name))
        if found:
            yield from ("", "What is still to be tried, or to be explained:", "")
            yield from (f"- {problem}: {', '.join(links)}" for problem, links in found.items())


def _totals(claims: dict[str, list[dict[str, Any]]], records: list[ClaimRecord]) -> Iterator[str]:
    kinds = Counter(claim["kind"] for each in claims.values() for claim in each)
    tried = Counter(environment for record in records for environment in record.trials)
    counts = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    yield f"{kinds.total()} claims: {counts}."
    for environment, pages in tried.items():
        yield f"Under {environment}, {pages} of {len(claims)} pages were tried."


def _failed(record: ClaimRecord) -> Iterator[tuple[str, str]]:
    for environment, trial in record.trials.items():
        for name, claim in trial["claims"].items():
            if claim["held"] < trial["seeds"]:
                yield name, f"{claim['held']} of {trial['seeds']} seeds, {environment}"


def _origin(page: Page, record: ClaimRecord | None) -> str:
    if record is None:
        return "*No trial of these claims is recorded.*"
    said = "; ".join(
        f"{trial['seeds']} seeds, {environment}, {trial['date']}"
        for environment, trial in record.trials.items()
    )
    old = claim_records.is_old(record, page)
    return f"*{said}.*" + (" **Old: the page's code has changed since.**" if old else "")


def _as_said(claims: list[dict[str, Any]], page: Page) -> list[dict[str, Any]]:
    """Return claims with the kind and the reason that the page gives now, after its outputs."""
    checks = claim_checks.of_page(page)
    found = []
    for claim in claims:
        said = checks.get(claim["name"])
        later = {"kind": said.kind, "survives": said.survives} if said else {}
        found.append({"kind": "measured", "survives": ""} | claim | later)
    return found


def _cells(
    place: str, claim: dict[str, Any], record: ClaimRecord | None, controls: tuple[str, ...]
) -> dict[str, list[str]]:
    """Return the paragraphs of each column."""
    name = claim["name"]
    trials = record.trials.values() if record else ()
    tried = [(trial["seeds"], trial["claims"][name]) for trial in trials if name in trial["claims"]]
    sentence = [f'{claim["sentence"]} <a href="{place}#claim-{name}">({name})</a>']
    sentence += [f"{_spread(each['numbers'])}." for _, each in tried if each["numbers"]]
    if record and claim["kind"] == "measured" and (held := record.holds_under(name, controls)):
        reason = (claim["survives"] or "no reason is given").rstrip(".")
        sentence.append(f"Holds {' and '.join(WORDS[each] for each in held)}: {reason}.")
    return {
        "Claim": sentence,
        "Kind": [claim["kind"]],
        "Held": [
            "; ".join(
                f"{each['held']}\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}{seeds}"
                for seeds, each in tried
            )
            or "not tried"
        ],
    }


def _spread(numbers: dict[str, list[float | str]]) -> str:
    """Say of each number from where to where it went."""
    return ", ".join(
        f"{name} {float(low):.4g}" + (f" to {float(high):.4g}" if low != high else "")
        for name, (low, _, high) in numbers.items()
    )
