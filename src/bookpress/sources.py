"""What the source books report, so that results stand beside it.

Authors keep one YAML file for each part in ``book/_records/sources/``. An entry is a system of
``systems.yml``: what it is, what its source reports (left out where it reports no number), the
name of the page's number and claim that measure the same, and a note on what differs::

    DLR-5.1a:
      what: Small convnet on MNIST, test accuracy
      reports: 99.2 %
      number: convnet-test-accuracy
      claim: convnet-beats-dense
      note: 5 epochs on all 60,000 images, as in the source

``books.yml`` has the sources themselves: by the prefix of their systems the ``title``, the
``chapters`` with their titles, and what is ``left_out``, with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import yaml

from bookpress.book import Book, BookError
from bookpress.files import read_text
from textlib._errors import unknown

FIELDS = ("what", "reports", "number", "claim", "note")


class SourceValuesError(BookError):
    """A file of source values cannot be understood."""


@dataclass(frozen=True)
class Entry:
    """One system and what its source reports; see the module for the fields."""

    system: str
    what: str
    reports: str = ""
    number: str = ""
    claim: str = ""
    note: str = ""


def load(book: Book) -> dict[str, Entry]:
    """Return every entry by its system.

    Raises
    ------
    SourceValuesError
        If a file is not a mapping of systems, or an entry has a field that does not exist.
    """
    found: dict[str, Entry] = {}
    for path in sorted((book.records_dir / "sources").glob("*.yml")):
        content = yaml.safe_load(read_text(path)) or {}
        if not isinstance(content, dict):
            raise SourceValuesError(f"{path}: expected a mapping of systems such as DLR-5.1a.")
        for entry in _entries(content, path.name):
            if entry.system in found:
                raise SourceValuesError(f"{path}: {entry.system} has an entry already.")
            found[entry.system] = entry
    return found


@dataclass(frozen=True)
class Source:
    """One source book.

    Attributes
    ----------
    title
        Its authors, title, publisher and year.
    chapters
        The titles of its chapters by their number, as in the names of systems.
    left_out
        What this book leaves out of it, and why; one sentence each.
    """

    title: str
    chapters: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def books(book: Book) -> dict[str, Source]:
    """Return the source books by the prefix of their systems."""
    return {
        str(prefix): Source(
            values["title"],
            {str(number): str(title) for number, title in values.get("chapters", {}).items()},
            tuple(values.get("left_out", ())),
        )
        for prefix, values in _read(book, "books.yml").items()
    }


def planned(book: Book) -> dict[str, list[str]]:
    """Return the systems of each page, of those that are not written yet as well."""
    return {page: list(map(str, each)) for page, each in _read(book, "systems.yml").items()}


def chapter_of(system: str) -> tuple[str, str]:
    """Return the source and the chapter of a system: ``("DLR", "5")`` of ``DLR-5.1a``."""
    prefix, _, place = system.partition("-")
    return prefix, place.partition(".")[0]


def _read(book: Book, name: str) -> dict[str, Any]:
    path = book.records_dir / name
    return (yaml.safe_load(read_text(path)) if path.is_file() else None) or {}


def _entries(content: dict[str, Any], file: str) -> Iterator[Entry]:
    known = {each.name for each in fields(Entry)} - {"system"}
    for system, values in content.items():
        if not isinstance(values, dict) or "what" not in values:
            raise SourceValuesError(f"{file}: {system} needs at least 'what'.")
        for name in values:
            if name not in known:
                raise SourceValuesError(f"{file}: {system}: {unknown('field', name, FIELDS)}")
        yield Entry(str(system), **{name: str(value) for name, value in values.items()})
