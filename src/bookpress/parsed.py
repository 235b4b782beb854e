"""Pages as they were parsed, kept from build to build.

Parsing all pages takes longer than anything else that a build without changes does. What is kept
of a page holds for as long as its file, the settings of the parser and all code stay the same.
"""

import contextlib
import hashlib
import pickle
from pathlib import Path
from typing import Any

from bookpress.book import Book, BookError
from bookpress.files import facts
from bookpress.machine import installed
from textlib import paths

PARTS = ("text", "front_matter", "notebook", "title", "labels")  # the cached properties of a page


def load(book: Book) -> None:
    """Give the pages what was kept of them; parse and keep the others."""
    known = _read(book)
    made = {}
    for page in book.pages:
        before, parts = known.get(page.name, ((), {}))
        if before == facts(page.path):
            vars(page).update(parts)
        with contextlib.suppress(BookError):  # said when the page is asked for
            made[page.name] = facts(page.path), {part: getattr(page, part) for part in PARTS}
    if {name: now for name, (now, _) in made.items()} != {n: was for n, (was, _) in known.items()}:
        with paths.atomic_write(_path(book)) as draft:
            draft.write_bytes(pickle.dumps({_code(book): made}))


def _path(book: Book) -> Path:
    return paths.make_dir(book.press_dir) / "parsed.pickle"


def _read(book: Book) -> dict[str, tuple[Any, dict[str, Any]]]:
    with contextlib.suppress(Exception):  # whatever a damaged file, or one of other code, raises
        found = pickle.loads(_path(book).read_bytes())  # noqa: S301 - the book's own
        return dict(found[_code(book)])
    return {}


def _code(book: Book) -> str:
    """Return a digest of what decides how a page is parsed."""
    digest = hashlib.sha256(repr((installed(), book.config)).encode("utf8"))
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
