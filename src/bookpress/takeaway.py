"""What readers can take away: all notebooks, an EPUB, a PDF, and cards for spaced repetition.

``press takeaway`` makes them of the published book, in ``_build/takeaway``. The next build offers
those that are there on the home page (`bookpress.site.takeaway`) and puts them on the site.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

from bookpress.book import Book
from textlib import paths

SITE_FOLDER = "_takeaway"


@dataclass(frozen=True)
class Kind:
    """One thing to take away: its name, its file, what readers are told, and what makes it."""

    name: str
    file: str
    words: str
    maker: str

    def make(self, book: Book, target: Path) -> Path:
        """Make it of a published book; only now its maker is loaded."""
        made: Path = resolve_name(f"bookpress.{self.maker}")(book, target)
        return made

    def path(self, book: Book) -> Path:
        """Return where the file is made."""
        return book.build_dir / "takeaway" / self.file


NOTEBOOKS = Kind("notebooks", "notebooks.zip", "All notebooks", "notebooks:pack")
KINDS = (
    NOTEBOOKS,
    Kind("epub", "book.epub", "EPUB, for any screen", "epub:write"),
    Kind("pdf", "book.pdf", "PDF, for paper", "pdf:write"),
    Kind("cards", "cards.apkg", "Cards for Anki: the quizzes and the glossary", "cards:write"),
)


def made(book: Book) -> list[Kind]:
    """Return what has been made."""
    return [kind for kind in KINDS if kind.path(book).is_file()]


def state(book: Book) -> list[tuple[str, int]]:
    """Return what the home page depends on: the files, and how large they are."""
    return [(kind.file, kind.path(book).stat().st_size) for kind in made(book)]


def copy_to_site(book: Book) -> None:
    """Put what has been made where the home page's links point."""
    for kind in made(book):
        target = book.html_dir / SITE_FOLDER / kind.file
        paths.make_dir(target.parent)
        shutil.copyfile(kind.path(book), target)
