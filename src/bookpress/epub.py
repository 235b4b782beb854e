"""The published book as EPUB 3: text that fits any screen, with formulas, figures and solutions.

The pages of the site become its chapters, as `pdf` takes them for paper: nothing is executed, and
what works only on the site (live demos, fields for answers) is left out. There are no scripts.
"""

import datetime
import html
import mimetypes
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

from bs4 import Tag

from bookpress import edition, published, report
from bookpress.book import Book, Page, parts
from bookpress.files import add_to_zip
from bookpress.pdf import UNPRINTED
from bookpress.repository import Repository
from textlib import paths

FOLDER = "EPUB"
STYLE = (Path(__file__).parent / "site/theme/epub.css").read_text(encoding="utf8")
_DROPPED = f"{UNPRINTED}, button, input, form, .on-dark, .quiz-mark, .take-away, .zoom > svg"
_SITE_ONLY = (
    "loading",
    "decoding",
    "style",
    "download",
    "target",
    "tabindex",
    "align",
    "valign",
    "border",
)
_MATHML, _SVG = "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"
_ACCESS = (
    *(("accessMode", mode) for mode in ("textual", "visual")),
    ("accessModeSufficient", "textual"),
    *(("accessibilityFeature", each) for each in ("alternativeText", "MathML", "tableOfContents")),
    ("accessibilityHazard", "none"),
    ("accessibilitySummary", "Figures have alternative texts; formulas are MathML."),
)


@dataclass(frozen=True)
class Chapter:
    """A page of the book, fit for an EPUB.

    Attributes
    ----------
    name
        The page's name, such as ``vision/convnets``.
    title
        What the contents call it, as HTML.
    article
        Its content; addresses of links are still those of the site.
    """

    name: str
    title: str
    article: Tag

    @property
    def path(self) -> str:
        """Return the path of its file."""
        return f"{self.name}.xhtml"

    def has(self, element: str) -> bool:
        """Tell whether there is an element of this name in it; the package has to say so."""
        return self.article.find(element) is not None


def write(book: Book, target: Path) -> Path:
    """Write the EPUB of a published book.

    Raises
    ------
    BookError
        If a page has not been published.
    """
    found = [(caption, [_chapter(book, page) for page in pages]) for caption, pages in parts(book)]
    chapters = {chapter.name: chapter for _, group in found for chapter in group}
    places = {
        name: {str(tag["id"]) for tag in chapter.article.find_all(id=True)}
        for name, chapter in chapters.items()
    }
    site = Repository.of(book).site
    pictures: set[str] = set()
    for chapter in chapters.values():
        pictures |= _settle(chapter, places, site)
    files = {chapter.path: _document(chapter) for chapter in chapters.values()}
    files |= {"nav.xhtml": _navigation(found), "book.css": STYLE}
    with paths.atomic_write(target) as draft, zipfile.ZipFile(draft, "w") as pack:
        add_to_zip(pack, "mimetype", b"application/epub+zip", packed=False)
        add_to_zip(pack, "META-INF/container.xml", _CONTAINER.encode())
        package = _package(book, list(chapters.values()), sorted(pictures))
        add_to_zip(pack, f"{FOLDER}/package.opf", package.encode())
        for name, text in files.items():
            add_to_zip(pack, f"{FOLDER}/{name}", text.encode())
        for name in sorted(pictures):
            add_to_zip(pack, f"{FOLDER}/{name}", (book.html_dir / name).read_bytes(), packed=False)
    return target


# The chapters ------------------------------------------------------------------------------------


def _chapter(book: Book, page: Page) -> Chapter:
    found = published.article(published.read(book, page), page.name)
    for tag in found.select(_DROPPED):
        tag.decompose()
    heading = found.find("h1")
    title = heading.get_text() if isinstance(heading, Tag) else page.title
    return Chapter(page.name, html.escape(re.sub(r"\s+", " ", title).strip(), quote=False), found)


def _settle(chapter: Chapter, places: dict[str, set[str]], site: str) -> set[str]:
    """Make a chapter's markup that of EPUB, and return the pictures that it shows."""
    pictures = set()
    for tag in chapter.article.find_all(True):
        for name in _SITE_ONLY:
            tag.attrs.pop(name, None)
        if tag.get("role") == "doc-biblioentry":  # deprecated: the list's own role says it
            del tag["role"]
        if tag.name in ("math", "svg"):
            tag["xmlns"] = _MATHML if tag.name == "math" else _SVG
        if "viewbox" in tag.attrs:
            tag["viewBox"] = tag.attrs.pop("viewbox")
        if tag.name == "img":
            pictures.add(_resolved(str(tag["src"]), chapter.name))
    for link in chapter.article.select("a:has(> img)"):
        link.unwrap()  # it leads to the same picture
    for link in chapter.article.find_all("a", href=True):
        link["href"] = _target(str(link["href"]), chapter.name, places, site)
    return pictures


def _resolved(address: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address)))


def _target(href: str, name: str, places: dict[str, set[str]], site: str) -> str:
    """Return where a link leads: a chapter, a place in one, or the site."""
    if re.match(r"[a-z]+:", href):
        return href
    path, fragment = urldefrag(href)
    full = _resolved(path, name) if path else f"{name}.html"
    page = full.removesuffix(".html")
    if page not in places:
        return site + full + (f"#{fragment}" if fragment else "")
    near = posixpath.relpath(f"{page}.xhtml", posixpath.dirname(name) or ".")
    return f"{near}#{fragment}" if fragment in places[page] else near


def _document(chapter: Chapter) -> str:
    up = "../" * chapter.name.count("/")
    return _page(chapter.title, f"{up}book.css", chapter.article.decode_contents())


def _page(title: str, style: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">'
        f'<head><title>{title}</title><link rel="stylesheet" href="{style}"/></head>'
        f"<body>{body}</body></html>\n"
    )


# The package -------------------------------------------------------------------------------------

_CONTAINER = (
    '<?xml version="1.0"?>\n<container version="1.0" '
    'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    f'<rootfile full-path="{FOLDER}/package.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>\n"
)


def _navigation(found: list[tuple[str, list[Chapter]]]) -> str:
    def entries(chapters: list[Chapter]) -> str:
        return "".join(f'<li><a href="{each.path}">{each.title}</a></li>' for each in chapters)

    contents = "".join(
        f"<li><span>{html.escape(caption)}</span><ol>{entries(chapters)}</ol></li>"
        if caption
        else entries(chapters)
        for caption, chapters in found
        if chapters
    )
    body = f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{contents}</ol></nav>'
    return _page("Contents", "book.css", body)


def _package(book: Book, chapters: list[Chapter], pictures: list[str]) -> str:
    items = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="style" href="book.css" media-type="text/css"/>',
    ]
    for number, chapter in enumerate(chapters):
        has = [{"math": "mathml"}.get(name, name) for name in ("math", "svg") if chapter.has(name)]
        more = f' properties="{" ".join(has)}"' if has else ""
        kind = "application/xhtml+xml"
        items.append(f'<item id="c{number}" href="{chapter.path}" media-type="{kind}"{more}/>')
    for number, path in enumerate(pictures):
        kind = mimetypes.guess_type(path)[0] or "image/webp"
        items.append(f'<item id="p{number}" href="{path}" media-type="{kind}"/>')
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        f'xml:lang="en"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{''.join(_metadata(book))}</metadata><manifest>{''.join(items)}</manifest>"
        f"<spine>{spine}</spine></package>\n"
    )


def _metadata(book: Book) -> Iterator[str]:
    made = (report.read(book) or {}).get("made") or "2026-01-01T00:00:00+00:00"
    moment = datetime.datetime.fromisoformat(made).astimezone(datetime.UTC)
    site, label = Repository.of(book).site, edition.label(book.root)
    said: dict[str, Any] = {
        "title": book.config.get("title", "Book"),
        "creator": book.config.get("author", ""),
        "language": "en",
        "publisher": site,
        "rights": book.config.get("copyright", ""),
        "description": label,
    }
    yield f'<dc:identifier id="id">{html.escape(f"{site}#{label}")}</dc:identifier>'
    yield from (f"<dc:{key}>{html.escape(str(it))}</dc:{key}>" for key, it in said.items() if it)
    yield f'<meta property="dcterms:modified">{moment:%Y-%m-%dT%H:%M:%SZ}</meta>'
    yield from (f'<meta property="schema:{key}">{value}</meta>' for key, value in _ACCESS)
