"""The links that run a page elsewhere or download it: in each page's head, and on the home page.

``{ways-in}`` is for the home page: one button to read, links that run one chapter, one to build.
"""

import html
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookpress.myst import on_site
from bookpress.repository import Repository
from bookpress.site import names


def links(app: Sphinx, docname: str, *, start: str) -> list[dict[str, Any]]:
    """Return the links that run or download a page, each with text, icon and url.

    Parameters
    ----------
    app
        The application, after all pages are read.
    docname
        The page to run; without code there are no links.
    start
        The page on which the links stand.
    """
    if docname not in app.env.found_docs or not names.executes(app.env, docname):
        return []
    page = names.page(app.env, docname)
    up = "../" * start.count("/")
    download = {"text": "Notebook", "icon": "download", "url": f"{up}_notebooks/{page}.ipynb"}
    found: list[dict[str, Any]] = [{**download, "download": True}]
    repository = Repository.of_site(app)
    if repository.slug:
        found[:0] = [
            {"text": "Colab", "icon": "run", "url": repository.colab(page)},
            {"text": "Binder", "icon": "run", "url": repository.binder(page)},
        ]
    return found


on_site("The ways in are", "ways-in")


class ways_in(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes in lower case)
    """The ways in, until all pages are known."""


class WaysIn(SphinxDirective):
    """Parse ``{ways-in}``: the pages to read, to run and to build by."""

    option_spec: ClassVar = dict.fromkeys(("read", "run", "build"), directives.unchanged_required)

    def run(self) -> list[nodes.Node]:
        """Return the ways in with the names of their pages."""
        if missing := sorted(set(self.option_spec) - set(self.options)):
            raise self.error(
                f"{{ways-in}} needs :{missing[0]}: with a page, such as 'start/setup'."
            )
        pages = {}
        for way, value in self.options.items():
            name, _, fragment = value.partition("#")
            pages[way] = (names.docname(self.env, name), fragment)
            if not self.env.found_docs & {pages[way][0]}:
                raise self.error(f"{{ways-in}}: there is no page {name!r} to {way}.")
        found = ways_in(pages=pages)
        self.set_source_info(found)
        return [found]


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the ways in by their HTML."""
    for found in list(doctree.findall(ways_in)):
        if app.builder.format == "html":
            text = _ways(app, docname, found["pages"])
            found.replace_self(nodes.raw("", text, format="html"))
        else:
            found.parent.remove(found)


def _ways(app: Sphinx, docname: str, pages: dict[str, tuple[str, str]]) -> str:
    def address(way: str) -> str:
        page, fragment = pages[way]
        uri = app.builder.get_relative_uri(docname, page)
        return html.escape(f"{uri}#{fragment}" if fragment else uri)

    chapter, _ = pages["run"]
    title = html.escape(app.env.titles[chapter].astext())
    running = "".join(
        f'<a href="{html.escape(link["url"])}"{" download" if link.get("download") else ""} '
        f'aria-label="{link["text"]}: {title}">{link["text"]}</a>'
        for link in links(app, chapter, start=docname)
    )
    return (
        '<ul class="ways-in" aria-label="Ways in">'
        f'<li><p class="label">Read</p>'
        f'<div class="buttons"><a class="main" href="{address("read")}">Start reading</a></div>'
        "<p>The first chapter. No machine learning needed.</p></li>"
        f'<li><p class="label">Run</p><div class="buttons">{running}</div>'
        f'<p>The chapter <a href="{address("run")}">{title}</a>, in a hosted notebook or your '
        "own.</p></li>"
        f'<li><p class="label">Build</p><div class="buttons"><a href="{address("build")}">'
        "Build it at home</a></div><p>All of it, by one command: <code>make book</code>.</p></li>"
        "</ul>"
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_node(ways_in)
    app.add_directive("ways-in", WaysIn)
    app.connect("doctree-resolved", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
