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

from bookpress.site import answers, claims, colors, figures, folding, images, references

_FOLDED = {"dropdown", "toggle"}
_BLOCKS = ["p", "div", "ul", "ol", "dl", "pre", "table", "figure", "blockquote", "section"]
_NOISE = {"docutils", "notranslate", "literal", "reference", "container", "align-default", "simple"}
_PRE = re.compile(r'(?<=<div class="highlight">)<pre>.*?</pre>', re.DOTALL)
# Marks of code without color; the rules for links still need those of names and of dots.
_PLAIN = colors.UNCOLORED - references.NAME_CLASSES - {"o"}
_MARK = re.compile(rf'<span class="(?:{"|".join(sorted(_PLAIN))})">([^<]*)</span>|<span></span>')
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
    soup = BeautifulSoup(_PRE.sub(_without_plain_marks, body), "html.parser")
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
    references.link_code(app, soup, pagename)
    references.list_uses(app, soup, pagename)
    plain_code(soup)
    drop_noise(soup)
    context["body"] = str(soup)


def _without_plain_marks(code: re.Match[str]) -> str:
    """Return code without most of its marks: parsing them takes longer than all rules together."""
    return _MARK.sub(r"\1", code[0])


def size_images(app: Sphinx, soup: BeautifulSoup) -> None:
    """Use the light version of each picture, state its size, and load it when it comes near."""
    for position, image in enumerate(soup.find_all("img")):
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
        image.attrs.pop("style", None)


def fold(soup: BeautifulSoup) -> None:
    """Turn folded boxes into ``details``, which open without a script."""
    for box in soup.select(".admonition.dropdown, .admonition.toggle"):
        title = box.find("p", class_="admonition-title", recursive=False)
        if not isinstance(title, Tag):
            continue
        for link in title.find_all("a"):  # a link inside of what opens the box would be a trap
            link.unwrap()
        box.name = "details"
        title.name = "summary"
        title.attrs.pop("class", None)
        box["class"] = AttributeValueList(n for n in classes(box) if n not in _FOLDED)


def mend_nesting(soup: BeautifulSoup) -> None:
    """Let no block stand where HTML allows only text: in a paragraph, or in what opens a box."""
    for summary in soup.find_all("summary"):
        for block in summary.find_all(["p", "div"]):
            block.name = "span"
    for paragraph in soup.find_all("p"):
        if paragraph.find(_BLOCKS):
            paragraph.name = "div"


def move_styles(soup: BeautifulSoup) -> str:
    """Take the style sheets that cells write out of the text; return them for the head."""
    found = [style for style in soup.find_all("style") if style.find_parent("svg") is None]
    for style in found:
        style.extract().attrs.pop("type", None)  # the only type there is
    return "".join(map(str, found))


def mend_tables(soup: BeautifulSoup) -> None:
    """Let wide tables scroll inside themselves, and say which cells are headers."""
    for style in soup.find_all("style", attrs={"scoped": True}):
        style.decompose()
    for wrapper in soup.select(".pst-scrollable-table-container"):
        wrapper.unwrap()
    for table in soup.find_all("table"):
        if "indextable" not in classes(table):
            _mend_headers(table)
            _let_names_break(soup, table)
            table.wrap(soup.new_tag("div", attrs={"class": "table-scroll"}))


def _let_names_break(soup: BeautifulSoup, table: Tag) -> None:
    """Let a long name of code in a cell break after a dot or an underscore, not inside a word."""
    for text in [text for code in table.select("td code") for text in code.find_all(string=True)]:
        first, *others = _JOINTS.split(text)
        broken = [part for other in others for part in (soup.new_tag("wbr"), other)]
        text.replace_with(first, *broken)


def _mend_headers(table: Tag) -> None:
    for name in ("border", "style"):
        table.attrs.pop(name, None)
    for group in table.find_all("colgroup"):
        group.decompose()
    for header in table.find_all("th"):
        if not header.get_text(strip=True) and not header.find("img"):
            header.name = "td"
            header.attrs.pop("scope", None)
        elif header.find_parent("thead"):
            header["scope"] = "colgroup" if header.get("colspan") else "col"
        else:
            header["scope"] = "row"


def classes(tag: Tag) -> list[str]:
    """Return the classes of an element."""
    found = tag.get("class")
    return found.split() if isinstance(found, str) else list(found or ())


def mend_code(soup: BeautifulSoup) -> None:
    """Drop the empty and nested elements around code."""
    for pre in soup.find_all("pre"):
        first = pre.find(True, recursive=False)
        if isinstance(first, Tag) and first.name == "span" and not first.contents:
            first.decompose()
    for code in soup.find_all("code", class_="literal"):
        for part in code.find_all("span", class_="pre"):
            part.unwrap()
    for code in soup.find_all("code"):
        code.smooth()


def plain_code(soup: BeautifulSoup) -> None:
    """Take away the marks of code that have no color: they are a third of a page's weight."""
    for code in [pre for box in soup.find_all(class_="highlight") for pre in box.find_all("pre")]:
        for span in code.find_all("span", class_=True):
            names = classes(span)
            if len(names) == 1 and names[0] in colors.UNCOLORED:
                span.unwrap()
        for link in code.find_all("a", title=True):
            del link["title"]  # the name that the code spells and the address ends with
        code.smooth()


def mend_sections(soup: BeautifulSoup) -> None:
    """Keep sections for real sections; boxes have a role that fits them."""
    for section in soup.find_all("section"):
        if not section.find_parent(class_=["admonition", "quiz"]):
            continue
        if section.find(re.compile("^h[1-6]$"), recursive=False) is None:
            section.name = "div"
            section.attrs.pop("id", None)  # the same on every exercise, and no link leads there
    for box in soup.find_all("details", class_="hide"):
        for summary in box.find_all("summary", recursive=False):
            summary.attrs.pop("aria-label", None)  # its own text says more
    for entries in soup.find_all(role="list"):
        del entries["role"]  # bibliographies claim to be lists, but their entries are none
    for link in soup.find_all("a", class_="headerlink"):
        named = link.parent and (link.parent.find(class_="caption-number") or link.parent)
        heading = named.get_text(" ", strip=True).removesuffix("#").strip() if named else ""
        link["aria-label"] = f"Link to {heading}" if heading else "Link to this place"
        link.attrs.pop("title", None)
    for title in [*soup.find_all("span", class_="math"), *soup.find_all("a", title="")]:
        title.attrs.pop("title", None)


def mark_external(soup: BeautifulSoup) -> None:
    """Tell no other site which page its visitor came from."""
    for link in soup.select("a.external"):
        link["rel"] = "noreferrer"


def drop_noise(soup: BeautifulSoup) -> None:
    """Remove classes that neither the style sheet nor the script knows."""
    for tag in soup.find_all(class_=True):
        kept = [name for name in classes(tag) if name not in _NOISE]
        if kept:
            tag["class"] = " ".join(kept)
        else:
            del tag["class"]
