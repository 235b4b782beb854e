"""Sphinx directives that show what the press knows, and what they have in common.

``{build-status}`` lists the pages with their times and claims, ``{data-uses}`` the datasets with
the pages that load them. What is shown of the source books stands in `source_tables`, of claims in
`claim_tables`. All are made anew when a stamp, a record, a source value or a page's front matter
changes.
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

from bookpress import report
from bookpress.book import Book, BookError, page_name
from bookpress.myst import on_site
from bookpress.site import names

logger = logging.getLogger(__name__)
SHOWN = "press_tables"  # in the metadata of the pages that show any

on_site("The build's status is", "build-status")
on_site("The table of datasets and their pages is", "data-uses")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    from bookpress import claim_tables, source_tables

    app.add_directive("build-status", BuildStatus)
    app.add_directive("data-uses", DataUses)
    app.add_directive("results", source_tables.Results)
    app.add_directive("full-scale", source_tables.FullScale)
    app.add_directive("source-map", source_tables.SourceMap)
    app.add_directive("claim-history", claim_tables.ClaimHistory)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


class Table(SphinxDirective):
    """A directive whose content is Markdown that the press writes."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Write the Markdown and parse it where the directive stands."""
        self.env.metadata[self.env.docname][SHOWN] = True
        book = Book.of(self.env)
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

    def link(self, page: str) -> str:
        """Return a link to a page, with the page's title."""
        folder = Path(self.env.config.root_doc).parent.as_posix().strip(".")
        return f"{{doc}}`/{folder}/{page}`" if folder else f"{{doc}}`/{page}`"


class BuildStatus(Table):
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
            f"{minutes(totals['seconds'])} of kernel time, on {machine['cores']} cores "
            f"({cell(machine['processor'])}); {totals['claims_hold']} of {totals['claims']} "
            "claims hold."
        )
        yield from ("", "| Page | Executed | Seconds | Memory | Claims |", "|---|---|--:|--:|--:|")
        for page in made["pages"]:
            held = sum(bool(claim["holds"]) for claim in page["claims"])
            memory = f"{page['peak_memory'] / 2**20:.0f} MB" if page["peak_memory"] else ""
            claims = f"{held} of {len(page['claims'])}" if page["claims"] else ""
            when = page["executed"][:10] or page["state"]
            yield row(self.link(page["name"]), when, f"{page['seconds']:.1f}", memory, claims)
        yield from ("", "| Library | Version |", "|---|---|")
        yield from (row(name, version) for name, version in made["versions"].items())


class DataUses(Table):
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
                yield row(f"`{name}`", datasets.describe(name).kind, ", ".join(links))
        idle = [f"`{name}`" for name, found in users.items() if not found]
        if idle:
            yield from ("", f"No page loads these yet: {', '.join(idle)}.")


def list_table(rows: list[dict[str, list[str]]], *, kind: str) -> Iterator[str]:
    """Yield a table of cells of several paragraphs; a column without any value is left out."""
    if not rows:
        return
    columns = [name for name in rows[0] if any(any(row[name]) for row in rows)]
    yield from ("", "````{list-table}", ":header-rows: 1", f":class: {kind}", "")
    for row in [{name: [name] for name in columns}, *rows]:
        for column in columns:
            first, *others = row[column]
            yield f"{'* -' if column == columns[0] else '  -'} {first}".rstrip()
            for paragraph in others:
                yield from ("", f"    {paragraph}")
            yield from ([""] if others else [])
    yield "````"


def row(*cells: str) -> str:
    """Return a line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def cell(text: str) -> str:
    """Return text without what would end a cell or begin markup."""
    return text.replace("|", "\\|").replace("`", "").replace("<", "").replace(">", "")


def minutes(seconds: float) -> str:
    """Return a duration in words."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


# Rebuilding the pages that show tables ---------------------------------------------------------


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    book = Book.of(env)
    said = _said(env, book, added | changed) if book else {}
    state = _digest(book, said) if book else ""
    if state == getattr(env, "textlib_tables_state", ""):
        return []
    env.textlib_tables_state = state  # type: ignore[attr-defined]
    return sorted(page for page in env.found_docs if SHOWN in env.metadata.get(page, ()))


def _said(env: BuildEnvironment, book: Book, edited: set[str]) -> dict[str, Any]:
    """Return the front matter of each page; Sphinx knows that of the pages it will not read."""
    pages = {names.docname(env, page.name): page for page in book.pages}
    found = {
        docname: page.settings if docname in edited else names.settings(env, docname)
        for docname, page in pages.items()
    }
    return {docname: (s.data, s.covers, s.describes) for docname, s in found.items()}


def _digest(book: Book, said: dict[str, Any]) -> str:
    """Return a digest of all that the tables show, the front matter of each page among it."""
    made = report.read(book) or {}
    fixed = [made.get("scale"), made.get("versions"), made.get("machine")]
    fixed += [
        {key: value for key, value in page.items() if key not in {"state", "reasons"}}
        for page in made.get("pages", [])
    ]
    fixed += [said]
    digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode("utf8"))
    for path in sorted(book.records_dir.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
