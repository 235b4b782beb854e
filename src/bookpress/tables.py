"""Sphinx directives that show what the press knows: results, build status, full-scale records.

``{results}`` sets every system that has an entry in ``book/_records/sources`` beside what this
build measured and what the full-scale record holds. ``{build-status}`` lists the pages with their
times and claims. ``{full-scale}`` shows the record of the page it stands on, and nothing where
there is none. ``{data-uses}`` lists the datasets with the pages that load them. All are made anew
when a stamp, a record, a source value or a page's front matter changes.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from bookpress import records, report, sources
from bookpress.book import Book, BookError, page_name
from bookpress.dependencies import Dependencies
from bookpress.myst import on_site
from bookpress.records import Record
from bookpress.site import names

logger = logging.getLogger(__name__)
STALE = "stale: the page has changed since"


on_site("The table of results is", "results")
on_site("The build's status is", "build-status")
on_site("Results at full scale are", "full-scale")
on_site("The table of datasets and their pages is", "data-uses")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("results", Results)
    app.add_directive("build-status", BuildStatus)
    app.add_directive("full-scale", FullScale)
    app.add_directive("data-uses", DataUses)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


class _Table(SphinxDirective):
    """A directive whose content is Markdown that the press writes."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Write the Markdown and parse it where the directive stands."""
        _shown(self.env).add(self.env.docname)
        book = _book(self.env)
        try:
            lines = list(self.markdown(book)) if book else []
        except BookError as error:
            logger.warning("%s", error, location=self.get_location())
            lines = []
        holder = nodes.container(classes=["press-table"])
        self.state.nested_parse(StringList(lines, self.env.docname), 0, holder)
        return [holder] if holder.children else []

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the lines of Markdown to show."""
        raise NotImplementedError

    def is_stale(self, book: Book, record: Record) -> bool:
        """Tell whether a record is of an earlier state of its page."""
        return not records.is_current(record, Dependencies(book))

    def link(self, page: str) -> str:
        """Return a link to a page, with the page's title."""
        folder = Path(self.env.config.root_doc).parent.as_posix().strip(".")
        return f"{{doc}}`/{folder}/{page}`" if folder else f"{{doc}}`/{page}`"


class Results(_Table):
    """Every system: what its source reports, what was measured, whether the claim held."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield one table for each page that covers systems with an entry."""
        made = report.read(book)
        if made is None:
            yield "This page is filled in by `press build`."
            return
        entries, full = sources.load(book), records.load(book)
        titles = sources.titles(book)
        if titles:
            yield from (f"- **{prefix}**: {title}" for prefix, title in titles.items())
            yield ""
        for page in made["pages"]:
            if not page["covers"]:
                continue
            rows = [entries[system] for system in page["covers"] if system in entries]
            record = full.get(page["name"])
            stale = record is not None and self.is_stale(book, record)
            yield from ("", f"**{self.link(page['name'])}**", "")
            yield from _results([self._cells(entry, page, record, stale) for entry in rows])
            others = [system for system in page["covers"] if system not in entries]
            if others:
                yield from ("", f"Executed, with no number to compare: {', '.join(others)}.")
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
        full = record.numbers.get(entry.number, "") if record else ""
        experiment = [f"**{entry.system}** {entry.what}"]
        if entry.note:
            experiment.append(f"{entry.note[:1].upper()}{entry.note[1:].rstrip('.')}.")
        if claim is not None:
            mark = "✓ Claim holds" if claim["holds"] else "✗ **Claim does not hold**"
            experiment.append(f"{mark}: {claim['sentence'].rstrip('.')}.")
        return {
            "Experiment": experiment,
            "Source": [entry.reports],
            "This build": [page["numbers"].get(entry.number, "")],
            "Full scale": [f"{full} (stale)" if full and stale else full],
        }


class BuildStatus(_Table):
    """The pages of the last build with their times, memory and claims."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the totals and the table of pages."""
        made = report.read(book)
        if made is None:
            yield "This page is filled in by `press build`."
            return
        totals, machine = made["totals"], made["machine"]
        yield (
            f"{totals['pages']} pages with code ran at {made['scale']} scale in "
            f"{_minutes(totals['seconds'])} of kernel time, on {machine['cores']} cores "
            f"({_cell(machine['processor'])}); {totals['claims_hold']} of {totals['claims']} "
            "claims hold."
        )
        yield from ("", "| Page | Executed | Seconds | Memory | Claims |", "|---|---|--:|--:|--:|")
        for page in made["pages"]:
            held = sum(bool(claim["holds"]) for claim in page["claims"])
            memory = f"{page['peak_memory'] / 2**20:.0f} MB" if page["peak_memory"] else ""
            claims = f"{held} of {len(page['claims'])}" if page["claims"] else ""
            when = page["executed"][:10] or page["state"]
            yield _row(self.link(page["name"]), when, f"{page['seconds']:.1f}", memory, claims)
        yield from ("", "| Library | Version |", "|---|---|")
        yield from (_row(name, version) for name, version in made["versions"].items())


class FullScale(_Table):
    """The full-scale record of the page that the directive stands on."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the numbers of this build beside those of the record."""
        name = page_name(self.env.docname)
        record = records.load(book).get(name)
        if record is None or not record.numbers:
            return
        stale = self.is_stale(book, record)
        made = report.read(book) or {"pages": []}
        here: dict[str, str] = next(
            (page["numbers"] for page in made["pages"] if page["name"] == name), {}
        )
        yield from ("| Result | This build | Full scale |", "|---|--:|--:|")
        for number, value in record.numbers.items():
            yield _row(number.replace("-", " "), here.get(number, ""), value)
        yield from ("", _origin(record, stale))


class DataUses(_Table):
    """Every dataset with the pages whose front matter names it."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the table, in the order of the catalog; sets that no page uses come last."""
        from textlib import datasets

        pages = [page for page in book.pages if page.name != page_name(self.env.docname)]
        users = {
            name: [page for page in pages if name in page.settings.data]
            for name in datasets.names()
        }
        yield from ("| Dataset | Kind | Pages |", "|---|---|---|")
        for name, found in users.items():
            if found:
                links = (self.link(page.name) for page in found)
                yield _row(f"`{name}`", datasets.describe(name).kind, ", ".join(links))
        idle = [f"`{name}`" for name, found in users.items() if not found]
        if idle:
            yield from ("", f"No page loads these yet: {', '.join(idle)}.")


def _origin(record: Record, stale: bool) -> str:
    """Say where and when a record was made, and whether it still holds."""
    libraries = " and ".join(
        f"{name} {record.versions[name]}"
        for name in ("tensorflow", "keras")
        if name in record.versions
    )
    note = f" **{STALE} {record.date[:10]}.**" if stale else ""
    return (
        f"*Full scale: {_cell(record.device)}, {record.date[:10]}, {_minutes(record.seconds)}"
        f"{', ' + libraries if libraries else ''}.*{note}"
    )


def _results(rows: list[dict[str, list[str]]]) -> Iterator[str]:
    """Yield a table of cells of several paragraphs; a column without any value is left out."""
    if not rows:
        return
    columns = [name for name in rows[0] if any(any(row[name]) for row in rows)]
    yield from ("", "````{list-table}", ":header-rows: 1", ":class: results", "")
    for row in [{name: [name] for name in columns}, *rows]:
        for column in columns:
            first, *others = row[column]
            yield f"{'* -' if column == columns[0] else '  -'} {first}".rstrip()
            for paragraph in others:
                yield from ("", f"    {paragraph}")
            yield from ([""] if others else [])
    yield "````"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "").replace("<", "").replace(">", "")


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


# Rebuilding the pages that show tables ---------------------------------------------------------


def _book(env: BuildEnvironment) -> Book | None:
    try:
        return Book.find(Path(env.srcdir))
    except BookError:
        return None


def _shown(env: BuildEnvironment) -> set[str]:
    if not hasattr(env, "textlib_tables"):
        env.textlib_tables = set()  # type: ignore[attr-defined]
    shown: set[str] = env.textlib_tables  # type: ignore[attr-defined]
    return shown


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    book = _book(env)
    data = _data(env, book, added | changed) if book else {}
    state = _digest(book, data) if book else ""
    if state == getattr(env, "textlib_tables_state", ""):
        return []
    env.textlib_tables_state = state  # type: ignore[attr-defined]
    return sorted(_shown(env) & env.found_docs)


def _data(env: BuildEnvironment, book: Book, edited: set[str]) -> dict[str, tuple[str, ...]]:
    """Return the datasets of each page; Sphinx knows them of the pages that it will not read."""
    pages = {names.docname(env, page.name): page for page in book.pages}
    return {
        docname: (page.settings if docname in edited else names.settings(env, docname)).data
        for docname, page in pages.items()
    }


def _digest(book: Book, data: dict[str, tuple[str, ...]]) -> str:
    """Return a digest of all that the tables show, the datasets of each page among it."""
    made = report.read(book) or {}
    fixed = [made.get("scale"), made.get("versions"), made.get("machine")]
    fixed += [
        {key: value for key, value in page.items() if key not in {"state", "reasons"}}
        for page in made.get("pages", [])
    ]
    fixed += [data]
    digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode("utf8"))
    for path in sorted(book.records_dir.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _shown(env).discard(docname)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: Any) -> None:
    _shown(env).update(_shown(other) & set(docnames))
