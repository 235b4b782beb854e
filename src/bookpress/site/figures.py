"""Figures on a page: a link to each in large, its dark rendition, and its least width on a phone.

Without a script the link leads to the picture itself; ``book.js`` opens it on the page. Both
renditions stand on the page, and the style sheet shows, so that a browser fetches, only one.
"""

import copy
import hashlib
import math
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from PIL import Image
from sphinx.application import Sphinx

from bookpress.site import dark, images
from bookpress.site.tree import tags
from textlib import paths

_LEAST_PIXELS = 9  # height of the smallest text on a phone


def adapt(app: Sphinx, soup: BeautifulSoup) -> None:
    """Prepare the figures of a page for large and small screens and for the dark theme."""
    for image in tags(soup, "img"):
        folder, _, file = str(image.get("src", "")).rpartition("/")
        source = images.origin(app, file) if folder.endswith("_images") else None
        if source is None:
            continue
        _link(soup, image)
        facts = notes(source)
        if facts is None:
            continue
        if facts["smallest"]:
            width = math.ceil(_LEAST_PIXELS * 72 * facts["width"] / facts["smallest"])
            chosen = f"{image['style']};" if image.get("style") else ""
            image["style"] = f"{chosen}--least:{width}px"
        if facts["pictures"] or not dark.SHADES.search(_words(soup, image)):
            _add_dark(app, image, source, facts)


def notes(source: Path) -> dict[str, Any] | None:
    """Return what the kernel noted about the figure in a file, or None."""
    if source.suffix.lower() != ".png":
        return None
    try:
        with Image.open(source) as image:
            return dark.notes(image)
    except OSError:
        return None


def dark_file(app: Sphinx, source: Path, facts: dict[str, Any]) -> Path:
    """Return the file with the dark rendition of a figure; make it if nobody has."""
    content = source.read_bytes()
    key = hashlib.sha256(dark.VERSION + content).hexdigest()[:24]
    found = paths.make_dir(Path(app.doctreedir) / "site-images") / f"{key}.dark.png"
    if not found.is_file():
        with Image.open(source) as image, paths.atomic_write(found) as draft:
            rendition = dark.rendition(image, facts["pictures"])
            rendition.save(draft, "PNG", dpi=rendition.info["dpi"])
    return found


def _add_dark(app: Sphinx, image: Tag, source: Path, facts: dict[str, Any]) -> None:
    picture = images.publish_file(
        app, dark_file(app, source, facts), name=f"{source.stem}.dark.png"
    )
    if picture is None:
        return
    folder = str(image["src"]).rpartition("/")[0]
    image["loading"] = "lazy"  # or a browser would fetch it where the other one is shown
    other = copy.copy(image)
    image["class"], other["class"] = "on-light", "on-dark"
    other["src"] = f"{folder}/{picture.file}"
    image.insert_after(other)


def _link(soup: BeautifulSoup, image: Tag) -> None:
    """Make a figure a link to itself, which a script can open in large."""
    link = image.find_parent("a")
    if link is None and (image.find_parent("figure") or image.find_parent(class_="cell_output")):
        link = image.wrap(soup.new_tag("a", href=str(image["src"])))
    if link is not None and link.get("href") == image["src"]:
        link["class"] = "zoom"


def _words(soup: BeautifulSoup, image: Tag) -> str:
    """Return what the page says about a figure: in it, where it refers to it, and beside it."""
    figure = image.find_parent("figure")
    block = image.find_parent(class_="cell") or figure or image
    told = [block.find_previous_sibling(True), figure, block.find_next_sibling(True)]
    name = figure.get("id") if figure is not None else None
    if name:
        told += [link.find_parent("p") for link in soup.find_all("a", href=f"#{name}")]
    return " ".join([str(image.get("alt", "")), *(one.get_text(" ") for one in told if one)])
