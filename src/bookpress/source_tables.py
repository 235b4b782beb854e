"""Sphinx directives about the source books: their results beside ours, and where each chapter is.

``{results}`` sets every system beside what this build measured and what the full-scale record
holds. ``{full-scale}`` shows the record of the page it stands on, and nothing where there is none.
``{source-map}`` says for each chapter of each source which pages run it, and what is left out.
"""

import re
from collections.abc import Iterator
from typing import Any

from sphinx.util import logging

from bookpress import records, report, sources
from bookpress.book import Book, Page, page_name
from bookpress.dependencies import Dependencies
from bookpress.myst import on_site
from bookpress.records import Record
from bookpress.tables import Table, cell, list_table, minutes, row

logger = logging.getLogger(__name__)
STALE = "stale: the page has changed since"
NO_NUMBER, NOT_HERE, BY_CLAIM = "no number", "only at full scale", "see the claim"

on_site("The table of results is", "results")
on_site("Results at full scale are", "full-scale")
on_site("The map of the sources is", "source-map")


class Results(Table):
    """Every system: what its source reports, what was measured, whether the claim held."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield one table for each page that covers systems with an entry."""
        made = report.read(book)
        if made is None:
            yield "This page is filled in by `press build`."
            return
        entries, full, now = sources.load(book), records.load(book), Dependencies(book)
        yield from (f"- **{prefix}**: {each.title}" for prefix, each in sources.books(book).items())
        yield ""
        for page in made["pages"]:
            covers, describes = (
                [entries.get(system) or sources.Entry(system, "") for system in page[part]]
                for part in ("covers", "describes")
            )
            if not covers and not describes:
                continue
            record = full.get(page["name"])
            stale = record is not None and not records.is_current(record, now)
            yield from ("", f"**{self.link(page['name'])}**", "")
            yield from list_table(
                [self._cells(entry, page, record, stale) for entry in covers], kind="results"
            )
            if describes:
                told = "; ".join(f"**{each.system}** {each.what}".strip() for each in describes)
                yield from ("", f"Described or drawn, not run: {told}.")
            if record is not None:
                yield from ("", _origin(record, stale))

    def _cells(
        self, entry: sources.Entry, page: dict[str, Any], record: Record | None, stale: bool
    ) -> dict[str, list[str]]:
        """Return the paragraphs of each column."""
        if entry.number and page["numbers"] and entry.number not in page["numbers"]:
            message = f"{entry.system}: {page['name']} has no number {entry.number!r}"
            logger.warning(message, location=self.get_location())
        claim = next((c for c in page["claims"] if c["name"] == entry.claim), None)
        if entry.claim and page["claims"] and claim is None:
            message = f"{entry.system}: {page['name']} has no claim {entry.claim!r}"
            logger.warning(message, location=self.get_location())
        here = page["numbers"].get(entry.number, "")
        full = record.numbers.get(entry.number, "") if record else ""
        experiment = [f"**{entry.system}** {entry.what}"]
        if entry.note:
            experiment.append(f"{entry.note[:1].upper()}{entry.note[1:].rstrip('.')}.")
        if claim is not None:
            mark = "✓ Claim holds" if claim["holds"] else "✗ **Claim does not hold**"
            experiment.append(f"{mark}: {claim['sentence'].rstrip('.')}.")
        return {
            "Experiment": experiment,
            "Source": [in_unit_of(here or full, entry.reports) or NO_NUMBER],
            "This build": [here or (full and NOT_HERE) or (BY_CLAIM if claim else NO_NUMBER)],
            "Full scale": [f"{full} (stale)" if full and stale else full],
        }


class SourceMap(Table):
    """For each chapter of each source, the pages that run it, and what is left out."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield one table for each source."""
        planned = sources.planned(book)
        written = {page.name: page for page in book.pages}
        for prefix, source in sources.books(book).items():
            yield from ("", f"**{prefix}**: {source.title}", "")
            rows = []
            for number, title in source.chapters.items():
                own = {
                    page: {each for each in systems if sources.chapter_of(each) == (prefix, number)}
                    for page, systems in planned.items()
                }
                places = [self._place(written[page], own[page]) for page in own if page in written]
                missing = [page for page in own if own[page] and page not in written]
                where = [
                    ", ".join(filter(None, places)),
                    _missing(missing, sum(len(own[page]) for page in missing)),
                ]
                said = [each for each in where if each] or ["no system"]
                rows.append({"Chapter": [f"{number}\\. {title}"], "Where it is": said})
            yield from list_table(rows, kind="places")
            yield from ("", "Left out:" if source.left_out else "", "")
            yield from (f"- {each}" for each in source.left_out)

    def _place(self, page: Page, systems: set[str]) -> str:
        """Return a link to a page and how many of the systems it runs and describes."""
        counts = {
            "run": len(systems & set(page.settings.covers)),
            "described": len(systems & set(page.settings.describes)),
        }
        said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f"{self.link(page.name)} ({said})" if said else ""


class FullScale(Table):
    """The full-scale record of the page that the directive stands on."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the numbers of this build beside those of the record."""
        name = page_name(self.env.docname)
        record = records.load(book).get(name)
        if record is None or not record.numbers:
            return
        stale = not records.is_current(record, Dependencies(book))
        made = report.read(book) or {"pages": []}
        here: dict[str, str] = next(
            (page["numbers"] for page in made["pages"] if page["name"] == name), {}
        )
        yield from ("| Result | This build | Full scale |", "|---|--:|--:|")
        for number, value in record.numbers.items():
            yield row(number.replace("-", " "), here.get(number, ""), value)
        yield from ("", _origin(record, stale))


def in_unit_of(ours: str, reported: str) -> str:
    """Return what a source reports as a percentage, if it is a share and ours is a percentage.

    Examples
    --------
    >>> in_unit_of("96.0%", "0.9785"), in_unit_of("0.960", "0.9785")
    ('97.85%', '0.9785')
    """
    if not (ours.endswith("%") and re.fullmatch(r"[01]\.\d+", reported)):
        return reported
    digits = max(len(reported) - len("0.00"), 0)
    return f"{100 * float(reported):.{digits}f}%"


def _missing(pages: list[str], count: int) -> str:
    """Say how many systems wait for pages that are not written."""
    if not pages:
        return ""
    names = ", ".join(f"`{page}`" for page in pages)
    return f"{count} on {'a page' if len(pages) == 1 else 'pages'} to be written: {names}"


def _origin(record: Record, stale: bool) -> str:
    """Say where and when a record was made, and whether it still holds."""
    libraries = " and ".join(
        f"{name} {record.versions[name]}"
        for name in ("tensorflow", "keras")
        if name in record.versions
    )
    note = f" **{STALE} {record.date[:10]}.**" if stale else ""
    return (
        f"*Full scale: {cell(record.device)}, {record.date[:10]}, {minutes(record.seconds)}"
        f"{', ' + libraries if libraries else ''}.*{note}"
    )
