"""What executed pages leave behind: outputs in the jupyter-cache, and a stamp for each page.

The stamp says what the outputs were made from and what they looked like when they were written.
The order of writing makes a crash harmless: outputs first, then the entry in the cache's
database, then the stamp. A page without a stamp, or whose outputs no longer match it, is stale.
"""

import contextlib
import copy
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from filelock import FileLock

from bookpress.book import Book, Page
from textlib import paths

STAMP_FORMAT = 1
FACTS = (
    "key", "inputs", "seconds", "peak_memory", "executed", "claims", "numbers", "seconds_saved",
)  # fmt: skip


@dataclass(frozen=True)
class Stamp:
    """What is known about one executed page.

    Attributes
    ----------
    page
        Name of the page.
    key
        Digest of everything that the outputs depend on.
    inputs
        The same in parts (cells, modules, pins, data, scale), to say what changed.
    entry
        Name of the page's entry in the jupyter-cache.
    digest
        SHA-256 of the outputs as written.
    seconds
        Wall time of the execution, the kernel's start included.
    peak_memory
        Largest resident memory of the kernel in bytes; 0 if the platform does not tell.
    executed
        When, as an ISO 8601 time with zone.
    claims
        The claims that the page checked: name, sentence, holds, numbers.
    numbers
        The values that the page hands to its prose, as text.
    seconds_saved
        How much longer it would have taken to train the runs that came from the run store.
    """

    page: str
    key: str
    inputs: dict[str, Any]
    entry: str
    digest: str
    seconds: float
    peak_memory: int
    executed: str
    claims: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    seconds_saved: float = 0.0
    format: int = STAMP_FORMAT

    @property
    def seconds_from_nothing(self) -> float:
        """Seconds that the page takes where the run store is empty, as for a new reader."""
        return self.seconds + self.seconds_saved


class PageCache:
    """The outputs and stamps of one book. Safe to use from several processes at once."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._stamps = book.press_dir / "stamps"

    def stamp(self, name: str) -> Stamp | None:
        """Return the stamp of a page, or ``None`` if there is no readable one."""
        try:
            found = json.loads(self._stamp_path(name).read_text(encoding="utf8"))
        except (OSError, ValueError):
            return None
        known = {each.name for each in fields(Stamp)}
        if not isinstance(found, dict) or found.get("format") != STAMP_FORMAT:
            return None
        try:
            return Stamp(**{key: value for key, value in found.items() if key in known})
        except TypeError:
            return None

    def intact(self, stamp: Stamp) -> bool:
        """Whether the outputs are on disk exactly as the stamp says."""
        try:
            written = self.outputs_path(stamp.entry).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(written).hexdigest() == stamp.digest

    def outputs_path(self, entry: str) -> Path:
        """Return the file in the jupyter-cache that holds an entry's outputs."""
        return self.book.cache_dir / "executed" / entry / "base.ipynb"

    def outputs(self, stamp: Stamp) -> Any:
        """Return the executed code cells of a page as a notebook."""
        import nbformat

        return nbformat.read(self.outputs_path(stamp.entry), as_version=4)

    def commit(self, page: Page, notebook: Any, **facts: Any) -> Stamp:
        """Keep an executed page: outputs, database entry, stamp, in this order.

        Parameters
        ----------
        page
            The page.
        notebook
            Its executed notebook.
        **facts
            The remaining fields of `Stamp`: key, inputs, seconds, peak_memory, executed,
            claims, numbers, seconds_saved.
        """
        import nbformat

        with self.locked():
            self._drop_broken_database()
            cache = self._cache()
            hashed, entry = cache.create_hashed_notebook(notebook)
            content = nbformat.writes(hashed, nbformat.NO_CONVERT).encode("utf8")
            with paths.atomic_write(self.outputs_path(entry)) as draft:
                draft.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            stamp = Stamp(page=page.name, entry=entry, digest=digest, **facts)
            self._register(cache, page.path, stamp)
            with paths.atomic_write(self._stamp_path(page.name)) as draft:
                draft.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf8")
        return stamp

    def follow_options(self, pages: Iterable[Page]) -> None:
        """File outputs anew where only options of cells changed, such as a caption.

        The jupyter-cache finds outputs by code and options; the plan goes by what an execution
        depends on. A page with the same code keeps its outputs under its new options.
        """
        for page in pages:
            stamp = self.stamp(page.name)
            if stamp is None or not self.intact(stamp):
                continue
            if self._cache().create_hashed_notebook(page.notebook)[1] == stamp.entry:
                continue
            executed = self.outputs(stamp)
            stored = executed.cells
            if [cell.source for cell in stored] == [cell.source for cell in page.cells]:
                notebook = copy.deepcopy(page.notebook)
                notebook.metadata = {**executed.metadata, **notebook.metadata}
                code = [cell for cell in notebook.cells if cell.cell_type == "code"]
                for cell, old in zip(code, stored, strict=True):
                    cell.outputs, cell.execution_count = old.outputs, old.execution_count
                facts = {name: getattr(stamp, name) for name in FACTS}
                self.commit(page, notebook, **facts)

    def reconcile(self, pages: Iterable[Page]) -> None:
        """Make the cache's database agree with the files, so that Jupyter Book can trust it.

        Entries without a readable file are dropped; intact outputs that the database lost are
        entered again; a database that cannot be read is replaced.
        """
        with self.locked():
            self._drop_broken_database()
            cache = self._cache()
            known = set()
            for record in cache.list_cache_records():
                if _readable(self.outputs_path(record.hashkey)):
                    known.add(record.hashkey)
                else:
                    _forget(cache, record.pk)
            for page in pages:
                stamp = self.stamp(page.name)
                if stamp and stamp.entry not in known and self.intact(stamp):
                    self._register(cache, page.path, stamp)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the right to write to the cache."""
        with self.lock("cache"):
            yield

    def lock(self, name: str) -> FileLock:
        """Return the lock of a page or of a stage; the system frees it if its owner dies."""
        folder = paths.make_dir(self.book.press_dir / "locks")
        return FileLock(folder / (name.replace("/", "--") + ".lock"))

    def _stamp_path(self, name: str) -> Path:
        return self._stamps / (name + ".json")

    def _cache(self) -> Any:
        from jupyter_cache import get_cache

        paths.make_dir(self.book.cache_dir)
        return get_cache(self.book.cache_dir)

    def _register(self, cache: Any, path: Path, stamp: Stamp) -> None:
        from jupyter_cache.cache.db import NbCacheRecord

        with contextlib.suppress(KeyError):
            _forget(cache, NbCacheRecord.record_from_hashkey(stamp.entry, cache.db).pk)
        told = {"execution_seconds": stamp.seconds_from_nothing}
        NbCacheRecord.create_record(uri=str(path), hashkey=stamp.entry, db=cache.db, data=told)

    def _drop_broken_database(self) -> None:
        database = self.book.cache_dir / "global.db"
        if not database.exists():
            return
        try:
            with contextlib.closing(sqlite3.connect(database)) as connection:
                connection.execute("select hashkey from nbcache").fetchall()
                connection.execute("select uri from nbproject").fetchall()
        except sqlite3.DatabaseError:
            database.unlink()


def _forget(cache: Any, pk: int) -> None:
    from jupyter_cache.cache.db import NbCacheRecord

    NbCacheRecord.remove_records([pk], cache.db)


def _readable(path: Path) -> bool:
    try:
        return "cells" in json.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError, TypeError):
        return False
