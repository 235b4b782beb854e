"""The whole book as one PDF, printed by headless Chromium.

The published pages become one document whose links lead to each other inside of it; headings
become the outline, folded text stands open, and photographs stay JPEG. Where the links of the
contents lead says which page numbers to put behind them. Nothing is executed, so the book must be
built first.
"""

import html
import logging
import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urldefrag

from bs4 import Tag

from bookpress import published
from bookpress.book import Book, BookError, Page, parts
from textlib import paths

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
TIMEOUT = 900
_DRAFT = "_print.html"
_LOSSY = b"VP8 "  # in the head of a photograph's file
_MARGIN, _SIZE, _DIGIT = 45, 9, 5  # of the numbers in the contents, in points
UNPRINTED = (
    "script, .answer, .copy, .headerlink, .demo-stage, .demo-offer, .ways-in, .take-away, .on-dark"
)
_STYLE = """
@page{@bottom-center{content:counter(page);font:9pt sans-serif;color:#666}}
@page :first{@bottom-center{content:none}}
.title-page{break-after:page;padding-top:30vh;text-align:center}
.title-page h1{font-size:34pt;margin:0 0 6mm}
.title-page svg{width:40mm;height:40mm}
.print-contents{break-after:page}
.print-contents ol{list-style:none;padding-left:0}
.print-contents li{margin:1mm 0;padding-right:14mm;break-inside:avoid}
.print-contents>ol>li{font-weight:600;margin-top:4mm}
.print-contents ol ol{font-weight:400}
.part-title{break-before:page;break-after:avoid;font-size:24pt;margin-bottom:14mm}
.part-title{padding-bottom:8mm;border-bottom:1px solid #bbb}
.print-page{break-before:page}
.part-title+.print-page{break-before:avoid}
.print-page h2{font-size:22pt;margin:0 0 6mm;font-weight:500;letter-spacing:-.015em}
.print-page h3{font-size:15pt;margin:9mm 0 3mm;font-weight:500}
.print-page h4{font-size:12pt;margin:6mm 0 2mm;font-weight:600}
.print-page h5{font-size:10.5pt;margin:4mm 0 1mm;font-weight:600}
.print-page :is(h2,h3,h4,h5){break-after:avoid}
.print-page details.hide>summary{display:none}
.print-page figure img{max-height:200mm;object-fit:contain}
.print-page a[href^="http"]{text-decoration:underline;text-decoration-color:#bbb}
"""


class PdfError(BookError):
    """The book cannot be printed."""


def anchor(name: str, fragment: str = "") -> str:
    """Return the identifier, in the one document, of a page or of a place in it.

    Examples
    --------
    >>> anchor("vision/convnets", "pooling")
    'vision-convnets--pooling'
    """
    page = name.replace("/", "-")
    return f"{page}--{fragment}" if fragment else page


def article(text: str, name: str, *, known: set[str], site: str) -> str:
    """Return the text of a published page, fit to stand in one document with all others.

    Parameters
    ----------
    text
        The HTML of the page.
    name
        The page's name.
    known
        Names of all pages in the document; links to them stay inside of it.
    site
        Address of the published site, for links to anything else on it.
    """
    found = published.article(text, name)
    for tag in found.select(UNPRINTED):
        tag.decompose()
    for tag in found.find_all(id=True):
        tag["id"] = anchor(name, str(tag["id"]))
    for tag in found.select("[aria-labelledby]"):
        tag["aria-labelledby"] = anchor(name, str(tag["aria-labelledby"]))
    for link in found.find_all("a", href=True):
        link["href"] = _target(str(link["href"]), name, known, site)
    _prepare(found, name)
    return f'<section class="print-page" id="{anchor(name)}">{found.decode_contents()}</section>'


def _prepare(found: Tag, name: str) -> None:
    folder = posixpath.dirname(name)
    for image in found.find_all("img", src=True):
        if not re.match(r"[a-z]+:", str(image["src"])):
            image["src"] = posixpath.normpath(posixpath.join(folder, str(image["src"])))
        image.attrs.pop("loading", None)  # what is far below would never be loaded
    for link in found.select("a:has(> img)"):
        link.unwrap()  # it leads to the same picture, in its own file
    for details in found.find_all("details"):
        details["open"] = ""
    for level in (5, 4, 3, 2, 1):  # the parts are above the pages in the outline
        for heading in found.find_all(f"h{level}"):
            heading.name = f"h{level + 1}"


def _target(href: str, name: str, known: set[str], site: str) -> str:
    if re.match(r"[a-z]+:", href):
        return href
    path, fragment = urldefrag(href)
    if not path:
        return "#" + anchor(name, fragment)
    full = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))
    page = full.removesuffix(".html")
    return "#" + anchor(page, fragment) if page in known else site + full


def document(book: Book) -> str:
    """Return the whole book as one HTML document, with a title page and a table of contents.

    Raises
    ------
    PdfError
        If a page has not been published.
    """
    from bookpress.site import logo

    missing = [page.name for page in book.pages if not _file(book, page).is_file()]
    if missing:
        raise PdfError(f"not published yet: {', '.join(missing)}. Run 'make book' first.")
    title = html.escape(str(book.config.get("title", "Book")))
    author = html.escape(str(book.config.get("author", "")))
    site = str((book.config.get("html") or {}).get("baseurl") or "")
    known = {page.name for page in book.pages}
    body, contents = [], []
    for caption, pages in parts(book):
        texts = [(page, _file(book, page).read_text(encoding="utf8")) for page in pages]
        if caption:
            caption = html.escape(caption)
            body.append(f'<h1 class="part-title">{caption}</h1>')
            entries = "".join(_entry(page, text) for page, text in texts)
            contents.append(f"<li>{caption}<ol>{entries}</ol></li>")
        for page, text in texts:
            body.append(article(text, page.name, known=known, site=site))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<link rel="stylesheet" href="_static/book.css"><link rel="stylesheet" '
        'href="_static/math.css"><link rel="stylesheet" href="_static/sphinx-design.min.css">'
        f'<style>{_STYLE}</style></head><body><div class="title-page">{logo.logo()}'
        f"<h1>{title}</h1><p>{author}</p><p>{html.escape(site)}</p></div>"
        f'<nav class="print-contents"><h1>Contents</h1><ol>{"".join(contents)}</ol></nav>'
        f"{''.join(body)}</body></html>"
    )


def _entry(page: Page, text: str) -> str:
    found = re.search(r'<h1[^>]*>\s*<span class="section-number">([^<]*)</span>', text)
    number = found.group(1) if found else ""
    title = html.escape(page.title.replace("`", ""))
    return f'<li><a href="#{anchor(page.name)}">{number}{title}</a></li>'


def _file(book: Book, page: Page) -> Path:
    return book.html_dir / f"{page.name}.html"


def browser() -> str:
    """Return the path of Chromium or Chrome.

    Raises
    ------
    PdfError
        If there is none.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise PdfError(
        f"no browser to print with: looked for {', '.join(BROWSERS)}. "
        "Install one, for example with 'apt install chromium'."
    )


def write(book: Book, target: Path) -> Path:
    """Print the book.

    Parameters
    ----------
    book
        The book, already built.
    target
        The file to write.

    Raises
    ------
    PdfError
        If a page is not published, there is no browser, or printing fails.
    """
    program = browser()
    draft = book.html_dir / _DRAFT
    paths.make_dir(target.parent)
    with TemporaryDirectory(prefix="_print-", dir=book.html_dir) as folder:
        try:
            draft.write_text(_with_jpeg(document(book), Path(folder)), encoding="utf8")
            with paths.atomic_write(target) as printed:
                _print(program, draft, printed)
                number_contents(printed)
        finally:
            draft.unlink(missing_ok=True)
    return target


def _with_jpeg(text: str, folder: Path) -> str:
    """Return the document with its photographs as JPEG, which a PDF takes as they are.

    The browser would unpack those of the site, lossy WebP, into all their pixels.
    """
    from PIL import Image

    def replaced(found: re.Match[str]) -> str:
        source = folder.parent / found[1]
        if source.read_bytes()[12:16] != _LOSSY:
            return found[0]
        target = folder / f"{source.name}.jpg"
        if not target.is_file():
            Image.open(source).convert("RGB").save(target, quality=88)
        return f'src="{folder.name}/{target.name}"'

    return re.sub(r'src="(_images/[^"]+\.webp)"', replaced, text)


def number_contents(path: Path) -> None:
    """Put the numbers of their pages behind the entries of a printed book's contents.

    The contents are the pages between the title and the first page that an entry leads to.
    """
    from pypdf import PdfReader, PdfWriter

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium counts fewer objects than it has
    reader = PdfReader(path)
    writer = PdfWriter(clone_from=reader)
    first = len(reader.pages)  # that an entry leads to
    for number, page in enumerate(reader.pages):
        if number >= first:
            break
        entries = list(_links(reader, page))
        if not entries:
            continue
        first = min([first, *(place for _, place in entries)])
        right = float(page.mediabox.right) - _MARGIN
        _write_on(writer, number, [(right, bottom, str(place + 1)) for bottom, place in entries])
    writer.write(path)


def _links(reader: Any, page: Any) -> Iterator[tuple[float, int]]:
    """Yield of each link inside of the document how high it stands, and the page it leads to."""
    places = reader.named_destinations
    for annotation in page.get("/Annots") or ():
        link = annotation.get_object()
        name = str(link.get("/Dest", ""))
        if name in places:
            number = reader.get_destination_page_number(places[name])
            yield float(link["/Rect"][1]), int(number)


def _write_on(writer: Any, number: int, words: list[tuple[float, float, str]]) -> None:
    """Write words on a page, each ending at a place."""
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject

    page = writer.pages[number]
    shown = [
        f"BT /BookNumbers {_SIZE} Tf {right - _DIGIT * len(text):.1f} {bottom + 3:.1f} Td "
        f"({text}) Tj ET"
        for right, bottom, text in words
    ]
    name, kind = NameObject("/BookNumbers"), NameObject("/Font")
    font = {"/Type": kind, "/Subtype": NameObject("/Type1"), "/BaseFont": NameObject("/Helvetica")}
    fonts = page["/Resources"].setdefault(kind, DictionaryObject()).get_object()
    fonts[name] = writer._add_object(DictionaryObject({NameObject(k): v for k, v in font.items()}))
    key = NameObject("/Contents")
    found = page[key] if key in page else ArrayObject()
    before = found if isinstance(found, ArrayObject) else [page.raw_get(key)]
    around = []
    for text in ("q", "Q\n" + "\n".join(shown)):  # the page's own scale shall not count
        stream = DecodedStreamObject()
        stream.set_data(text.encode("ascii"))
        around.append(writer._add_object(stream))
    page[key] = ArrayObject([around[0], *before, around[1]])


def _print(program: str, source: Path, target: Path) -> None:
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        f"--print-to-pdf={target}",
        source.as_uri(),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise PdfError(f"{program} did not finish printing in {TIMEOUT} seconds.") from error
    if done.returncode or not target.is_file() or target.stat().st_size == 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PdfError(f"{program} could not print the book: {last}")
