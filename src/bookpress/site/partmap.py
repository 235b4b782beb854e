"""The ``{part-map}`` directive: the parts of the book with pictures that their chapters computed.

The picture of a part is the figure that one of its pages names in its front matter
(``textlib: {thumbnail: fig-name}``), or else its first figure; a part without any gets a drawing
of a small network, different for each part.
"""

import html
import random
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from bookpress.myst import on_site
from bookpress.site import names

_WIDTH = 560
_OUTSIDE = ("start", "back")


on_site("The map of the parts is", "part-map")


class part_map(nodes.General, nodes.Element):  # noqa: N801
    """The map, until all pages are known."""


class PartMap(SphinxDirective):
    """Parse ``{part-map}``: one line ``folder: sentence`` for each part, as far as wanted."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the map with the sentences that the author wrote."""
        sentences = {}
        for line in self.content:
            folder, colon, sentence = line.partition(":")
            if line.strip() and not colon:
                raise self.error(f"'{line}': write a line of the part map as 'folder: sentence'.")
            if colon:
                sentences[folder.strip()] = sentence.strip()
        found = part_map(sentences=sentences)
        self.set_source_info(found)
        return [found]


def thumbnail(env: BuildEnvironment, docname: str) -> str | None:
    """Return the source of the figure that stands for a page, or None.

    Parameters
    ----------
    env
        The environment, after all pages are read.
    docname
        The page.
    """
    doctree = env.get_doctree(docname)
    wanted = names.settings(env, docname).thumbnail
    if wanted:
        for figure in doctree.findall(nodes.figure):
            named = {*figure["names"], *figure["ids"]}
            if str(wanted) in named or nodes.make_id(str(wanted)) in named:
                return _uri(figure)
    return _uri(doctree)


def _uri(node: nodes.Node) -> str | None:
    for image in node.findall(nodes.image):
        uri = str(image.get("candidates", {}).get("*") or image["uri"])
        if uri and "://" not in uri:
            return uri
    for bundle in node.findall(nodes.container):
        if bundle.get("nb_element") == "mime_bundle":
            for image in bundle.findall(nodes.image):
                return str(image["uri"])
    return None


def _cards(app: Sphinx, sentences: dict[str, str]) -> str:
    cards = []
    for caption, folder, documents in names.chapters(app.env):
        if folder in _OUTSIDE:
            continue
        first = app.builder.get_relative_uri(app.config.root_doc, documents[0])
        count = f"{len(documents)} chapter{'s' if len(documents) > 1 else ''}"
        sentence = sentences.get(folder) or _titles(app.env, documents)
        cards.append(
            f'<div class="part"><div class="part-picture">{_picture(app, folder, documents)}</div>'
            f'<div class="part-text"><p class="label">{count}</p>'
            f'<h3><a href="{html.escape(first)}">{html.escape(caption)}</a></h3>'
            f"<p>{html.escape(sentence)}</p></div></div>"
        )
    return f'<div class="part-map">{"".join(cards)}</div>'


def _titles(env: BuildEnvironment, documents: list[str]) -> str:
    titles = [env.titles[document].astext() for document in documents]
    shown = ", ".join(titles[:4])
    return shown + (", and more" if len(titles) > 4 else "")


def _picture(app: Sphinx, folder: str, documents: list[str]) -> str:
    from bookpress.site import figures, images  # take NumPy, which notebooks do without

    chosen = [page for page in documents if names.settings(app.env, page).thumbnail]
    for document in [*chosen, *documents]:
        uri = thumbnail(app.env, document)
        if uri is None:
            continue
        source = Path(app.srcdir) / uri
        picture = images.publish_file(app, source, name=f"part-{folder}", width=_WIDTH)
        if picture is None:
            continue
        told = f"A figure of the chapter “{app.env.titles[document].astext()}”"
        facts = figures.notes(source)
        if facts is None:
            return _image(app, picture, told, "")
        dark = figures.dark_file(app, source, facts)
        other = images.publish_file(app, dark, name=f"part-{folder}.dark", width=_WIDTH)
        return _image(app, picture, told, "on-light") + (
            _image(app, other, told, "on-dark") if other else ""
        )
    return drawing(folder)


def _image(app: Sphinx, picture: Any, told: str, name: str) -> str:
    up = "../" * app.config.root_doc.count("/")
    named = f' class="{name}"' if name else ""
    return (
        f'<img src="{up}_images/{picture.file}" alt="{html.escape(told)}"{named} '
        f'width="{picture.width}" height="{picture.height}" loading="lazy" decoding="async">'
    )


def drawing(seed: str) -> str:
    """Return a drawing of a small network as SVG, the same each time for the same seed."""
    from textlib.plotting import palette

    chance = random.Random(seed)
    sizes = [chance.randint(2, 6) for _ in range(5)]
    columns = [
        [(40 + 60 * column, 90 + 26 * (row - (size - 1) / 2)) for row in range(size)]
        for column, size in enumerate(sizes)
    ]
    lines = "".join(
        f"M{x1} {y1:g}L{x2} {y2:g}"
        for left, right in pairwise(columns)
        for (x1, y1), (x2, y2) in product(left, right)
    )
    color = chance.choice(palette.CATEGORICAL)
    dots = "".join(
        f'<circle cx="{x}" cy="{y:g}" r="{chance.uniform(3, 7):.1f}"/>'
        for column in columns
        for x, y in column
    )
    return (
        '<svg viewBox="0 0 320 180" aria-hidden="true" focusable="false">'
        f'<path d="{lines}" fill="none" stroke="{color}" stroke-opacity=".3"/>'
        f'<g fill="{color}">{dots}</g></svg>'
    )


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the map by its HTML."""
    for found in list(doctree.findall(part_map)):
        if app.builder.format == "html":
            found.replace_self(nodes.raw("", _cards(app, found["sentences"]), format="html"))
        else:
            found.parent.remove(found)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_node(part_map)
    app.add_directive("part-map", PartMap)
    app.connect("doctree-resolved", resolve)
    app.connect("env-updated", _always_fresh)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _always_fresh(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the home page written again whenever any page changed."""
    return [app.config.root_doc]
