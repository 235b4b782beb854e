"""The last pass over the HTML of a page's text: one small rule after another.

The rules mend what many extensions write: tables that do not scroll, pictures without a size,
folded boxes that need a script, headings and landmarks that confuse a screen reader.
"""

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import AttributeValueList
from docutils import nodes
from sphinx.application import Sphinx

from bookpress.site import answers, claims, figures, folding, images, references
from bookpress.site.tree import Text, classes, inside, tags, with_class

_FOLDED = {"dropdown", "toggle"}
_BLOCKS = ("p", "div", "ul", "ol", "dl", "pre", "table", "figure", "blockquote", "section")
_NOISE = {"docutils", "notranslate", "literal", "reference", "container", "align-default", "simple"}
_LEVELS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SIZE = re.compile(r"(?<![-\w])(width|height)\s*:\s*([^;\s]+)")
_JOINTS = re.compile(r"(?<=[A-Za-z][._])(?=[A-Za-z])")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the pass; it runs after other extensions have had the text."""
    app.connect("html-page-context", finish, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def finish(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Apply all rules to the body of a page."""
    body = context.get("body")
    if not body or app.builder.format != "html":
        return
    text = Text(body)
    soup = text.soup
    size_images(app, soup)
    figures.adapt(app, soup)
    fold(soup)
    mend_nesting(soup)
    claims.open_boxes(app, soup, pagename)
    answers.ask(app, soup, pagename)
    folding.fold_cells(soup)
    mend_tables(soup)
    context["metatags"] = context.get("metatags", "") + move_styles(soup)
    mend_code(soup)
    mend_sections(soup)
    mark_external(soup)
    references.link_code(app, text, pagename)
    references.list_uses(app, soup, pagename)
    drop_noise(soup)
    context["body"] = str(text).replace("<pre><span></span>", "<pre>")


def size_images(app: Sphinx, soup: BeautifulSoup) -> None:
    """Use the light version of each picture, state its size, and load it when it comes near."""
    for position, image in enumerate(tags(soup, "img")):
        source = str(image.get("src", ""))
        folder, _, file = source.rpartition("/")
        if folder.endswith("_images") and not image.get("width"):
            picture = images.publish(app, file)
            if picture is not None:
                image["src"] = f"{folder}/{picture.file}"
                if (link := image.find_parent("a", href=source)) is not None:
                    link["href"] = image["src"]  # where a click shows the whole picture
                image["width"], image["height"] = str(picture.width), str(picture.height)
        image["decoding"] = "async"
        if position:
            image["loading"] = "lazy"
        if style := _chosen_size(str(image.attrs.pop("style", ""))):
            image["style"] = style


def _chosen_size(style: str) -> str:
    """Return the width that an author chose, or the height, as far as a style has one."""
    chosen = dict(_SIZE.findall(style))
    if "width" in chosen:
        return f"width:{chosen['width']}"
    return f"height:{chosen['height']};width:auto" if chosen else ""


def fold(soup: BeautifulSoup) -> None:
    """Turn folded boxes into ``details``, which open without a script."""
    for box in with_class(soup, *_FOLDED):
        if "admonition" not in classes(box):
            continue
        title = box.find("p", class_="admonition-title", recursive=False)
        if not isinstance(title, Tag):
            continue
        for link in tags(title, "a"):  # a link inside of what opens the box would be a trap
            link.unwrap()
        box.name = "details"
        title.name = "summary"
        title.attrs.pop("class", None)
        box["class"] = AttributeValueList(n for n in classes(box) if n not in _FOLDED)


def mend_nesting(soup: BeautifulSoup) -> None:
    """Let no block stand where HTML allows only text: in a paragraph, or in what opens a box."""
    for summary in tags(soup, "summary"):
        for block in tags(summary, "p", "div"):
            block.name = "span"
    for paragraph in tags(soup, "p"):
        if tags(paragraph, *_BLOCKS):
            paragraph.name = "div"


def move_styles(soup: BeautifulSoup) -> str:
    """Take the style sheets that cells write out of the text; return them for the head."""
    found = [style for style in tags(soup, "style") if style.find_parent("svg") is None]
    for style in found:
        style.extract().attrs.pop("type", None)  # the only type there is
    return "".join(map(str, found))


def mend_tables(soup: BeautifulSoup) -> None:
    """Let wide tables scroll inside themselves, and say which cells are headers."""
    for style in tags(soup, "style"):
        if style.has_attr("scoped"):
            style.decompose()
    for wrapper in with_class(soup, "pst-scrollable-table-container"):
        wrapper.unwrap()
    for table in tags(soup, "table"):
        if "indextable" not in classes(table):
            _mend_headers(table)
            _let_names_break(soup, table)
            table.wrap(soup.new_tag("div", attrs={"class": "table-scroll"}))


def _let_names_break(soup: BeautifulSoup, table: Tag) -> None:
    """Let a long name of code in a cell break after a dot or an underscore, not inside a word."""
    codes = [code for cell in tags(table, "td") for code in tags(cell, "code")]
    for text in [text for code in codes for text in code.find_all(string=True)]:
        first, *others = _JOINTS.split(text)
        broken = [part for other in others for part in (soup.new_tag("wbr"), other)]
        text.replace_with(first, *broken)


def _mend_headers(table: Tag) -> None:
    for name in ("border", "style"):
        table.attrs.pop(name, None)
    for group in tags(table, "colgroup"):
        group.decompose()
    for header in tags(table, "th"):
        header.attrs.pop("halign", None)  # pandas, above groups of columns
        if not header.get_text(strip=True) and not header.find("img"):
            header.name = "td"
            header.attrs.pop("scope", None)
        elif header.find_parent("thead"):
            header["scope"] = "colgroup" if header.get("colspan") else "col"
        else:
            header["scope"] = "row"


def mend_code(soup: BeautifulSoup) -> None:
    """Drop the elements around each word of code in a line."""
    for code in tags(soup, "code"):
        if "literal" in classes(code):
            for part in with_class(code, "pre"):
                part.unwrap()


def mend_sections(soup: BeautifulSoup) -> None:
    """Keep sections for real sections; boxes have a role that fits them."""
    for section in tags(soup, "section"):
        headed = any(isinstance(part, Tag) and part.name in _LEVELS for part in section.children)
        if not headed and inside(section, "admonition", "quiz"):
            section.name = "div"
            section.attrs.pop("id", None)  # the same on every exercise, and no link leads there
    for tag in tags(soup):
        if tag.name == "summary" and "hide" in classes(tag.parent or tag):
            tag.attrs.pop("aria-label", None)  # its own text says more
        if tag.get("role") == "list":
            del tag["role"]  # bibliographies claim to be lists, but their entries are none
        if tag.get("title") == "" or (tag.name == "span" and "math" in classes(tag)):
            tag.attrs.pop("title", None)
    for link in with_class(soup, "headerlink"):
        named = link.parent and (link.parent.find(class_="caption-number") or link.parent)
        heading = named.get_text(" ", strip=True).removesuffix("#").strip() if named else ""
        link["aria-label"] = f"Link to {heading}" if heading else "Link to this place"
        link.attrs.pop("title", None)


def mark_external(soup: BeautifulSoup) -> None:
    """Tell no other site which page its visitor came from."""
    for link in with_class(soup, "external"):
        link["rel"] = "noreferrer"


def drop_noise(soup: BeautifulSoup) -> None:
    """Remove classes that neither the style sheet nor the script knows."""
    for tag in tags(soup):
        if not tag.has_attr("class"):
            continue
        kept = [name for name in classes(tag) if name not in _NOISE]
        if kept:
            tag["class"] = " ".join(kept)
        else:
            del tag["class"]
