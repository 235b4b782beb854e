"""What takes space and is of no use any more, and its removal.

Nothing that a page of the book uses is ever offered. A run of the run store counts as used if a
page has made or restored it in its last execution; the store notes the time of both. So a run is
free if every page has been executed since.
"""

import contextlib
import datetime
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bookpress.book import SUFFIXES, Book
from bookpress.page_cache import PageCache
from textlib import folders, paths

DRAFT_SECONDS = 3600.0  # after which a file that was to be written is nobody's any more


@dataclass(frozen=True)
class Waste:
    """One file or folder that may go.

    Attributes
    ----------
    kind
        What it is, in the plural.
    path
        Where it is.
    size
        Bytes of its files.
    """

    kind: str
    path: Path
    size: int


def find(book: Book) -> list[Waste]:
    """Return what may be removed, in groups of a kind."""
    kinds = {
        "runs that no page uses": _runs(book),
        "files of outputs that no page can use": _outputs(book),
        "drafts of processes that died": _drafts(book),
        "datasets of superseded versions": _datasets(),
        "logs of kernels": (book.press_dir / "logs").rglob("*.log"),
    }
    return [Waste(kind, path, _size(path)) for kind, found in kinds.items() for path in found]


def remove(waste: Waste) -> None:
    """Remove one file or folder; of a folder, never half of it can be seen.

    Raises
    ------
    textlib.paths.CacheError
        If it belongs to somebody else.
    """
    with paths.explained(waste.path):
        if not waste.path.is_dir():
            waste.path.unlink(missing_ok=True)
        elif _is_draft(waste.path):
            shutil.rmtree(waste.path, ignore_errors=True)
        else:
            with folders.exclusive(waste.path):
                folders.discard(waste.path)


def without_stamp(book: Book) -> list[str]:
    """Return the pages that were never executed: nobody knows which runs they use."""
    cache = PageCache(book)
    return [page.name for page in book.pages if page.executes and not cache.stamp(page.name)]


def _runs(book: Book) -> Iterator[Path]:
    """Yield the runs at quick scale that were last used before any page's last execution."""
    cache = PageCache(book)
    stamps = [stamp for page in book.pages if (stamp := cache.stamp(page.name))]
    if not stamps or without_stamp(book):
        return
    oldest = min(datetime.datetime.fromisoformat(stamp.executed).timestamp() for stamp in stamps)
    for record in book.runs_dir.glob("*/run.json"):
        with contextlib.suppress(OSError):
            used = record.parent.stat().st_mtime
            if used < oldest and '"scale": "full"' not in record.read_text(encoding="utf8"):
                yield record.parent


def _outputs(book: Book) -> Iterator[Path]:
    """Yield outputs and stamps whose page is gone, and outputs without a stamp."""
    cache = PageCache(book)
    for kind in ("outputs", "stamps"):
        root = book.press_dir / kind
        for path in root.rglob("*"):
            name = path.relative_to(root).with_suffix("").as_posix()
            there = any((book.source / (name + suffix)).is_file() for suffix in SUFFIXES)
            if path.is_file() and not (there and cache.stamp(name)) and not _is_draft(path):
                yield path


def _drafts(book: Book) -> Iterator[Path]:
    for parent in (book.runs_dir, paths.data_dir(), paths.data_dir() / "raw"):
        yield from folders.leftovers(parent)
    for path in book.press_dir.rglob(f"{paths.DRAFT_PREFIX}*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - DRAFT_SECONDS:
                yield path


def _datasets() -> Iterator[Path]:
    """Yield prepared datasets that this textlib would make anew under another version."""
    from textlib.datasets import registry

    specs = registry.specs()
    for folder in paths.data_dir().glob("*"):
        key = str((folders.read_manifest(folder) or {}).get("key", ""))
        spec = specs.get(key.partition(" ")[0])
        if spec and spec.recipes and key != spec.key:
            yield folder


def _is_draft(path: Path) -> bool:
    return path.name.startswith(paths.DRAFT_PREFIX)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    total = 0
    for file in files:
        with contextlib.suppress(OSError):
            total += file.lstat().st_size
    return total
