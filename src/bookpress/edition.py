"""Editions: which one the sources are, which there were, and how the next one begins.

An edition is what stands under a tag, ``v2026.12.0``: the year, the month, and how often it was
corrected since. All else is a draft, and its version ends in ``.dev0``. The version stands in both
packages, and in ``CITATION.cff`` with its date; ``CHANGELOG.md`` says to readers what is new.
"""

import datetime
import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from bookpress.files import BookError, read_text
from textlib import paths

CITATION = "CITATION.cff"
CHANGES = "CHANGELOG.md"
PACKAGES = ("src/textlib/__init__.py", "src/bookpress/__init__.py")
DRAFT = "Not yet in an edition"
NOTHING = "Nothing yet."
REFERENCE = "BOOK_REF"  # names the commit that a draft's notebooks install
_EDITION = re.compile(r"20\d\d\.([1-9]|1[0-2])\.\d+")
_VERSION = re.compile(rf"{_EDITION.pattern}(\.dev\d+)?")
_HEADING = re.compile(r"^## (?P<version>\S+) \((?P<date>[\d-]+)\)$", re.MULTILINE)


@dataclass(frozen=True)
class Edition:
    """An edition and the day on which it was finished (``2026-12-05``)."""

    version: str
    date: str

    @property
    def tag(self) -> str:
        """The tag of its sources; that of its notebooks begins with ``notebooks-``."""
        return f"v{self.version}"


def of(root: Path) -> Edition | None:
    """Return the edition that a book's sources are; ``None`` if they are a draft."""
    path = root / CITATION
    return _cited(path, path.stat().st_mtime_ns) if path.is_file() else None


@functools.lru_cache(maxsize=16)
def _cited(path: Path, modified: int) -> Edition | None:
    """Return the edition that a file names; every page of the site asks for it."""
    found = yaml.safe_load(read_text(path)) or {}
    version = str(found.get("version", ""))
    if not _EDITION.fullmatch(version):
        return None
    return Edition(version, str(found.get("date-released", "")))


def reference(root: Path, branch: str) -> str:
    """Return the tag, commit or branch that has the sources which a notebook was made from."""
    found = of(root)
    return found.tag if found else os.environ.get(REFERENCE, "") or branch


def label(root: Path) -> str:
    """Return what readers call this state of the book."""
    found = of(root)
    if found:
        return f"Edition {found.version}, {found.date}"
    commit = os.environ.get(REFERENCE, "")[:10]
    return f"Draft {commit}".rstrip()


def identity(root: Path) -> str:
    """Return what changes with the edition of a book, or with the commit of its draft."""
    return f"{label(root)} {os.environ.get(REFERENCE, '')}".rstrip()


def is_tag(ref: str) -> bool:
    """Tell whether a reference is the tag of an edition."""
    return bool(_EDITION.fullmatch(ref.removeprefix("v"))) and ref.startswith("v")


def all_of(root: Path) -> list[Edition]:
    """Return the editions that ``CHANGELOG.md`` tells of, the newest first."""
    path = root / CHANGES
    text = read_text(path) if path.is_file() else ""
    return [Edition(found["version"], found["date"]) for found in _HEADING.finditer(text)]


def begin(root: Path, version: str, *, date: datetime.date) -> list[Path]:
    """Make a book's sources those of an edition, or of the draft of the next one.

    Parameters
    ----------
    root
        The book's folder.
    version
        ``2026.12.0`` for an edition, ``2027.1.0.dev0`` for a draft.
    date
        The day of the edition.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    BookError
        If it is no version, or the readers are not told what is new.
    """
    if not _VERSION.fullmatch(version):
        raise BookError(
            f"{version!r} is no version: an edition is YEAR.MONTH.CORRECTIONS, such as 2026.12.0, "
            "the draft of one has '.dev0' behind it."
        )
    files = {CHANGES: _changes(read_text(root / CHANGES), version, date)}
    citation = _replaced(read_text(root / CITATION), r"^version: .*$", f"version: {version}")
    if _EDITION.fullmatch(version):
        day = f"date-released: {date.isoformat()}"
        citation = _replaced(citation, r"^date-released: .*$", day)
    files[CITATION] = citation
    for name in PACKAGES:
        line = f'__version__ = "{version}"'
        files[name] = _replaced(read_text(root / name), r'^__version__ = ".*"$', line)
    for name, text in files.items():
        with paths.atomic_write(root / name) as draft:
            draft.write_text(text, encoding="utf8")
    return [root / name for name in files]


def _changes(text: str, version: str, date: datetime.date) -> str:
    """Return the changes with the draft's as those of the edition, or with room for a draft's."""
    draft = re.search(rf"^## {DRAFT}\n(?P<body>.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not _EDITION.fullmatch(version):
        if draft:
            return text
        return _replaced(text, r"^(?=## )", f"## {DRAFT}\n\n{NOTHING}\n\n")
    if draft is None or draft["body"].strip() in ("", NOTHING):
        raise BookError(
            f"{CHANGES} does not say under '## {DRAFT}' what is new in edition {version}; "
            "write it there, for readers."
        )
    return text.replace(f"## {DRAFT}\n", f"## {version} ({date.isoformat()})\n", 1)


def _replaced(text: str, pattern: str, line: str) -> str:
    made, count = re.subn(pattern, lambda _: line, text, count=1, flags=re.MULTILINE)
    if not count:
        raise BookError(f"no line like {pattern!r} to put {line.strip()!r} into.")
    return made
