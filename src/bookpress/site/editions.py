"""Which edition a page is of, and ``{editions}``, the list of all with where to read each.

Older editions lie below ``editions/`` on the published site, where the workflow that deploys it
puts them; their archives lie with the releases of the repository.
"""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from bookpress import edition
from bookpress.book import Book
from bookpress.myst import on_site
from bookpress.repository import Repository
from bookpress.site import names
from bookpress.tables import Table, row

PAGE = "back/editions"

on_site("The list of editions is", "editions")


def here(app: Sphinx, pagename: str) -> dict[str, str]:
    """Return what the foot of a page says of the edition: its name, and the page on all."""
    book = Book.of(app)
    docname = names.docname(app.env, PAGE)
    known = docname in app.env.found_docs
    return {
        "label": edition.label(book.root) if book else "Draft",
        "page": app.builder.get_relative_uri(pagename, docname) if known else "",
    }


def note(app: Sphinx, config: Config) -> None:
    """Let Sphinx know which edition it makes."""
    book = Book.of(app)
    config.textlib_edition = edition.identity(book.root) if book else ""


class Editions(Table):
    """The editions, the newest first."""

    def markdown(self, book: Book) -> Iterator[str]:
        """Yield what this is, and the table."""
        self.env.note_dependency(str(book.root / edition.CHANGES))
        self.env.note_dependency(str(book.root / edition.CITATION))
        yield f"You are reading the {edition.label(book.root).lower()}."
        found = edition.all_of(book.root)
        if not found:
            yield "There is no edition yet; the first one is being written."
            return
        repository = Repository.of(book)
        yield from ("", "| Edition | Of | Site | Archive |", "|---|---|---|---|")
        for each in found:
            site = f"[read]({repository.site}editions/{each.version}/index.html)"
            archive = f"[all files]({repository.archive(each.tag)})"
            yield row(each.version, each.date, site, archive)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_config_value("textlib_edition", "", "env")  # another one: all pages are made anew
    app.connect("config-inited", note)
    app.add_directive("editions", Editions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
