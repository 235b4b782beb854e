"""What must hold of every published page, read from its HTML.

Links inside the site lead somewhere; images have alternative texts; nothing is requested from
another host when a page loads; pages are light. What only a browser can tell (contrast, keyboard,
scripts that request something later) is left to the browser tests.
"""

import contextlib
import functools
import hashlib
import re
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from bookpress.book import Book
from bookpress.files import facts as facts_of
from bookpress.files import read_json, write_json
from textlib import paths

MEDIAN_BYTES = 500_000
LARGEST_BYTES = 1_500_000
# Binder gives a notebook 2 GiB, Jupyter's own needs included. About 430 MiB of a kernel's peak
# are the mapped files of its libraries, which the system drops where memory is short.
MEMORY_BYTES = 1792 * 2**20
LOADING_LINKS = {"stylesheet", "preload", "modulepreload", "icon", "manifest", "preconnect"}
LOADING_TAGS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
CSS_URL = re.compile(r"(?:url\(\s*|@import\s+)['\"]?([^'\")\s;]+)")
REFUSED = "stands in the page, whose policy runs scripts of files only; move it into one"
LISTINGS = {"genindex.html", "search.html", "py-modindex.html"}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one page.

    Attributes
    ----------
    page
        The HTML file, relative to the site; empty for the site as a whole; for memory, the page.
    kind
        ``"link"``, ``"image"``, ``"script"``, ``"third party"``, ``"weight"`` or ``"memory"``.
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
    """What one page refers to, each once and in order."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collect what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.html = _Html()
        self._style = False
        self._policy = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note identifiers, links, and what loads with the page."""
        found = {name: value or "" for name, value in attrs}
        self.html.ids += [found[name] for name in ("id", "name") if found.get(name)]
        self._style = tag == "style"
        source = found.get(LOADING_TAGS.get(tag, ""), "")
        if tag == "a" and "href" in found:
            self.html.links.append(found["href"])
        elif tag == "link" and LOADING_LINKS & set(found.get("rel", "").split()):
            self.html.loads.append(found.get("href", ""))
        elif source and found.get("class") == "on-dark":
            self.html.links.append(source)  # fetched in the stead of another picture
        elif source:
            self.html.loads.append(source)
        if tag == "img" and not _decorative(found) and not _tells(found.get("alt", ""), source):
            self.html.untold.append(source[:80])
        self._policy |= found.get("http-equiv") == "Content-Security-Policy"
        if self._policy:
            self.html.refused += [f"{name}=" for name in found if name.startswith("on")]
            if tag == "script" and "src" not in found:
                self.html.refused.append("<script>")
        if "style" in found:
            self.html.loads += CSS_URL.findall(found["style"])

    def handle_data(self, data: str) -> None:
        """Read the addresses in a style sheet that stands in the page."""
        if self._style:
            self.html.loads += CSS_URL.findall(data)

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
    cache = book.press_dir / "checked.json"
    return check(book.html_dir, base=base_of(address), weight=budget, cache=cache)


def check(
    site: Path, *, base: str = "/", weight: bool = True, cache: Path | None = None
) -> list[Problem]:
    """Return what is wrong with a published site.

    Parameters
    ----------
    site
        Folder of the site, such as ``_build/html``.
    base
        Path of the site on its host, which absolute links begin with, such as ``"/book/"``.
    weight
        Whether pages have a budget of bytes.
    cache
        File that keeps what each page refers to, for as long as the page stays the same.
    """
    files = _Site(site.resolve(), base, cache)
    problems: list[Problem] = []
    sizes = {}
    for path, html in files.pages.items():
        name = path.relative_to(files.root).as_posix()
        problems += [Problem(name, "link", text) for text in files.broken(path)]
        problems += [Problem(name, "image", f"no alternative text: {src}") for src in html.untold]
        problems += [Problem(name, "third party", url) for url in files.foreign(path)]
        problems += [Problem(name, "script", f"{text} {REFUSED}") for text in html.refused]
        if path.name not in LISTINGS:
            sizes[name] = files.bytes(path)
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
    parts = _split(address)
    path = parts.path.strip("/") if parts else ""
    return f"/{path}/" if path else "/"


class _Site:
    """The files of a site, each looked at once.

    Parameters
    ----------
    root
        Folder of the site, resolved.
    base
        Path of the site on its host.
    cache
        File that keeps what each page refers to.
    """

    def __init__(self, root: Path, base: str, cache: Path | None) -> None:
        self.root = root
        self.base = base
        known = _known(cache) if cache else {}
        found = {path: _facts(path) for path in sorted(root.rglob("*.html")) if self._shows(path)}
        self.pages = {
            path: known[facts] if facts in known else _read(path) for path, facts in found.items()
        }
        self._ids = {path: frozenset(html.ids) for path, html in self.pages.items()}
        if cache and set(found.values()) != set(known):
            paths.make_dir(cache.parent)
            kept = {facts: asdict(self.pages[path]) for path, facts in found.items()}
            write_json(cache, {CODE: kept})

    def broken(self, path: Path) -> Iterator[str]:
        """Yield the links and loads of a page that lead nowhere."""
        html = self.pages[path]
        for link in sorted({*html.links, *html.loads}):
            parts = _split(link)
            if parts is None:
                yield f"{link} is not an address"
            elif not (parts.scheme or parts.netloc):
                target = self._target(path.parent, parts.path) if parts.path else path
                anchor = unquote(parts.fragment)
                if not target.is_relative_to(self.root):
                    yield f"{link} leads out of the site"
                elif self._size(target) is None:
                    yield f"{link} does not exist"
                elif anchor and target in self.pages and anchor not in {*self._ids[target], "top"}:
                    yield f"{link}: the page has no #{anchor}"

    def foreign(self, path: Path) -> list[str]:
        """Return the addresses on other hosts that load with a page, by its style sheets too."""
        loads = set(self.pages[path].loads)
        for link in self.pages[path].loads:
            if (parts := _split(link)) and parts.path.endswith(".css") and not parts.netloc:
                loads |= self._asked_by(self._target(path.parent, parts.path))
        return sorted(url for url in loads if (parts := _split(url)) and parts.netloc)

    def bytes(self, path: Path) -> int:
        """Return what a first visit transfers, before compression."""
        files = {path}
        for link in self.pages[path].loads:
            parts = _split(link)
            if parts and parts.path and not (parts.scheme or parts.netloc):
                files.add(self._target(path.parent, parts.path))
        return sum(self._size(each) or 0 for each in files)

    def _shows(self, path: Path) -> bool:
        return not any(part.startswith("_") for part in path.relative_to(self.root).parts)

    @functools.cache  # noqa: B019 - it lives as long as one check
    def _target(self, folder: Path, link: str) -> Path:
        """Return the file that a link inside the site means."""
        start = self.root if link.startswith("/") else folder
        target = start / unquote(link.removeprefix(self.base)).lstrip("/")
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # it can be no file's name
            target = target.resolve()
            return target / "index.html" if target.is_dir() else target
        return target

    @functools.cache  # noqa: B019
    def _size(self, path: Path) -> int | None:
        try:
            return path.stat().st_size
        except (OSError, ValueError):
            return None

    @functools.cache  # noqa: B019
    def _asked_by(self, sheet: Path) -> set[str]:
        if self._size(sheet) is None:
            return set()
        return set(CSS_URL.findall(sheet.read_text(encoding="utf8", errors="replace")))


# What a page refers to depends on the page and on this file.
CODE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _facts(path: Path) -> str:
    return " ".join(map(str, facts_of(path)))


def _known(cache: Path) -> dict[str, _Html]:
    """Return what earlier checks read, by the state of each file; nothing if it is damaged."""
    try:
        found = read_json(cache)[CODE]
        return {facts: _Html(**html) for facts, html in found.items()}
    except (LookupError, TypeError, AttributeError):
        return {}


def _read(path: Path) -> _Html:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf8", errors="replace"))
    html = reader.html
    return _Html(*(list(dict.fromkeys(found)) for found in vars(html).values()))


def _split(address: str) -> SplitResult | None:
    """Return the parts of an address; ``None`` if it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _tells(text: str, source: str) -> bool:
    """Return whether an alternative text says more than where the image lies.

    Docutils and MyST-NB write the address of an image that has no text of its own.
    """
    address = unquote(source)
    text = unquote(text.strip())
    stem = Path(address).stem
    named = text.rpartition("/")[2].rpartition("\\")[2]
    return bool(text) and stem not in {named, Path(named).stem}


def _decorative(attributes: dict[str, str]) -> bool:
    hidden = attributes.get("aria-hidden") == "true"
    return hidden or attributes.get("role") in {"presentation", "none"}


def _heavy(sizes: dict[str, int]) -> Iterator[Problem]:
    for name, size in sizes.items():
        if size > LARGEST_BYTES:
            yield Problem(name, "weight", f"{size / 1e6:.2f} MB; at most {LARGEST_BYTES / 1e6} MB")
    median = statistics.median(sizes.values()) if sizes else 0
    if median > MEDIAN_BYTES:
        limit = f"at most {MEDIAN_BYTES / 1e3:.0f} kB"
        yield Problem("", "weight", f"the median page has {median / 1e3:.0f} kB; {limit}")
