"""The ``{take-away}`` directive: links to what readers can take away, with sizes.

Only what has been made is offered (`bookpress.takeaway`), so that no link leads nowhere.
"""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from rich.filesize import decimal
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookpress import takeaway
from bookpress.book import Book
from bookpress.myst import on_site
from bookpress.tables import Table

SHOWN = "press_takeaway"  # in the metadata of the pages that offer it

on_site("What can be taken away is", "take-away")


class TakeAway(Table):
    """What can be taken away, or how to make it."""

    def run(self) -> list[nodes.Node]:
        """Return the list, in a box that is left out on paper."""
        self.env.metadata[self.env.docname][SHOWN] = True
        found = super().run()
        for each in found:
            each["classes"].append("take-away")  # type: ignore[index]
        return found

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield the list."""
        found = takeaway.state(book)
        if not found:
            yield "This copy of the site has none of it; `make takeaway` makes all."
        up = "../" * self.env.docname.removeprefix("book/").count("/")
        for kind, (file, size) in zip(takeaway.made(book), found, strict=True):
            address = f"{up}{takeaway.SITE_FOLDER}/{file}"
            yield f'- <a href="{address}" download>{kind.words}</a> ({decimal(size)})'


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages that offer something, if there is more or less of it now."""
    book = Book.of(app)
    now = takeaway.state(book) if book else []
    if now == getattr(env, "textlib_takeaway", None):
        return []
    env.textlib_takeaway = now  # type: ignore[attr-defined]
    return sorted(page for page in env.found_docs if SHOWN in env.metadata.get(page, ()))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("take-away", TakeAway)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
