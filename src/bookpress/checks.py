"""What must hold of every published page, read from its HTML.

Links inside the site lead somewhere; images have alternative texts; nothing is requested from
another host when a page loads; pages are light. What only a browser can tell (contrast, keyboard,
scripts that request something later) is left to the browser tests.
"""

import re
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bookpress.book import Book

MEDIAN_BYTES = 500_000
LARGEST_BYTES = 1_500_000
# Binder gives a notebook 2 GiB, Jupyter's own needs included. About 430 MiB of a kernel's peak
# are the mapped files of its libraries, which the system drops where memory is short.
MEMORY_BYTES = 1792 * 2**20
LOADING_LINKS = {"stylesheet", "preload", "modulepreload", "icon", "manifest", "preconnect"}
LOADING_TAGS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
CSS_URL = re.compile(r"(?:url\(\s*|@import\s+)['\"]?([^'\")\s;]+)")
LISTINGS = {"genindex.html", "search.html", "py-modindex.html"}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one page.

    Attributes
    ----------
    page
        The HTML file, relative to the site; empty for the site as a whole; for memory, the page.
    kind
        ``"link"``, ``"image"``, ``"third party"``, ``"weight"`` or ``"memory"``.
    message
        What is wrong.
    """

    page: str
    kind: str
    message: str

    def __str__(self) -> str:
        where = f"{self.page}: " if self.page else ""
        return f"{where}{self.kind}: {self.message}"


@dataclass
class _Html:
    """What one page refers to."""

    ids: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    untold: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collect what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.html = _Html()
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note identifiers, links, and what loads with the page."""
        found = {name: value or "" for name, value in attrs}
        self.html.ids.update(found[name] for name in ("id", "name") if found.get(name))
        self._style = tag == "style"
        if tag == "a" and "href" in found:
            self.html.links.add(found["href"])
        elif tag == "link" and LOADING_LINKS & set(found.get("rel", "").split()):
            self.html.loads.add(found.get("href", ""))
        elif source := found.get(LOADING_TAGS.get(tag, "")):
            self.html.loads.add(source)
        if tag == "img" and not found.get("alt", "").strip() and not _decorative(found):
            self.html.untold.append(found.get("src", "")[:80])
        if "style" in found:
            self.html.loads.update(CSS_URL.findall(found["style"]))

    def handle_data(self, data: str) -> None:
        """Read the addresses in a style sheet that stands in the page."""
        if self._style:
            self.html.loads.update(CSS_URL.findall(data))

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._style = False


def of_book(book: Book, *, weight: bool | None = None) -> list[Problem]:
    """Return what is wrong with a book's published site.

    Parameters
    ----------
    book
        The book.
    weight
        Whether pages have a budget of bytes; by default what ``textlib_page_weight`` says among
        the Sphinx settings in ``_config.yml``, and true if it says nothing.
    """
    settings = (book.config.get("sphinx") or {}).get("config") or {}
    budget = settings.get("textlib_page_weight", True) if weight is None else weight
    address = str((book.config.get("html") or {}).get("baseurl") or "")
    return check(book.html_dir, base=base_of(address), weight=budget)


def check(site: Path, *, base: str = "/", weight: bool = True) -> list[Problem]:
    """Return what is wrong with a published site.

    Parameters
    ----------
    site
        Folder of the site, such as ``_build/html``.
    base
        Path of the site on its host, which absolute links begin with, such as ``"/book/"``.
    weight
        Whether pages have a budget of bytes.
    """
    site = site.resolve()
    pages = {path: _read(path) for path in sorted(site.rglob("*.html")) if _is_page(site, path)}
    problems: list[Problem] = []
    sizes = {}
    for path, html in pages.items():
        name = path.relative_to(site).as_posix()
        problems += [Problem(name, "link", text) for text in _broken(site, path, html, pages, base)]
        problems += [Problem(name, "image", f"no alternative text: {src}") for src in html.untold]
        problems += [Problem(name, "third party", url) for url in _foreign(path, html)]
        if path.name not in LISTINGS:
            sizes[name] = _bytes(site, path, html, base)
    return problems + (list(_heavy(sizes)) if weight else [])


def memory(peaks: Mapping[str, int]) -> list[Problem]:
    """Return the pages whose notebooks would not fit into a free hosted machine.

    Parameters
    ----------
    peaks
        Largest resident memory of each page's kernel, in bytes, by the page's name.
    """
    limit = f"at most {MEMORY_BYTES / 2**20:.0f} MB, so that its notebook runs on Binder"
    remedy = (
        "keep zeros and ones as uint8, take fewer rows at quick scale, or del what is done with"
    )
    return [
        Problem(page, "memory", f"{peak / 2**20:.0f} MB at its peak; {limit}: {remedy}")
        for page, peak in peaks.items()
        if peak > MEMORY_BYTES
    ]


def base_of(address: str) -> str:
    """Return the path of a site's address, with a slash at both ends.

    Examples
    --------
    >>> base_of("https://example.org/book/")
    '/book/'
    """
    path = urlsplit(address).path.strip("/")
    return f"/{path}/" if path else "/"


def _is_page(site: Path, path: Path) -> bool:
    return not any(part.startswith("_") for part in path.relative_to(site).parts)


def _read(path: Path) -> _Html:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf8", errors="replace"))
    return reader.html


def _decorative(attributes: dict[str, str]) -> bool:
    hidden = attributes.get("aria-hidden") == "true"
    return hidden or attributes.get("role") in {"presentation", "none"}


def _broken(
    site: Path, path: Path, html: _Html, pages: dict[Path, _Html], base: str
) -> Iterator[str]:
    """Yield the links and loads of a page that lead nowhere."""
    for link in sorted(html.links | html.loads):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = _target(site, path, parts.path, base)
        if not target.exists():
            yield f"{link} does not exist"
        elif parts.fragment and target in pages:
            anchor = unquote(parts.fragment)
            if anchor not in pages[target].ids and anchor != "top":
                yield f"{link}: the page has no #{anchor}"


def _target(site: Path, path: Path, link: str, base: str) -> Path:
    """Return the file that a link inside the site means."""
    if not link:
        return path
    folder = site if link.startswith("/") else path.parent
    target = (folder / unquote(link.removeprefix(base)).lstrip("/")).resolve()
    return target / "index.html" if target.is_dir() else target


def _foreign(path: Path, html: _Html) -> Iterator[str]:
    """Yield the addresses on other hosts that load with the page, by its style sheets too."""
    loads = set(html.loads)
    for link in html.loads:
        sheet = path.parent / unquote(urlsplit(link).path)
        if sheet.suffix == ".css" and sheet.is_file():
            loads.update(CSS_URL.findall(sheet.read_text(encoding="utf8", errors="replace")))
    yield from sorted(url for url in loads if urlsplit(url).netloc)


def _bytes(site: Path, path: Path, html: _Html, base: str) -> int:
    """Return what a first visit transfers, before compression."""
    files = {path}
    for link in html.loads:
        parts = urlsplit(link)
        if not parts.scheme and not parts.netloc:
            files.add(_target(site, path, parts.path, base))
    return sum(each.stat().st_size for each in files if each.is_file())


def _heavy(sizes: dict[str, int]) -> Iterator[Problem]:
    for name, size in sizes.items():
        if size > LARGEST_BYTES:
            yield Problem(name, "weight", f"{size / 1e6:.2f} MB; at most {LARGEST_BYTES / 1e6} MB")
    median = statistics.median(sizes.values()) if sizes else 0
    if median > MEDIAN_BYTES:
        limit = f"at most {MEDIAN_BYTES / 1e3:.0f} kB"
        yield Problem("", "weight", f"the median page has {median / 1e3:.0f} kB; {limit}")
