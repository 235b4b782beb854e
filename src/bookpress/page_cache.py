"""What executed pages leave behind: the outputs of their cells, and a stamp for each page.

The stamp says what the outputs were made from and what they looked like when they were written.
Outputs are written first, so a crash is harmless: a page without a stamp, or whose outputs are
not those of its stamp, is stale. Each page has its own two files, whatever other pages say.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from bookpress.book import Book, Page
from bookpress.files import from_json, read_json, write_json
from textlib import paths

STAMP_FORMAT = 2
NOTEBOOK_FACTS = ("kernelspec", "language_info", "widgets")  # what a kernel adds to a notebook


@dataclass(frozen=True)
class Stamp:
    """What is known about one executed page.

    Attributes
    ----------
    page
        Name of the page.
    inputs
        Everything that the outputs depend on, in parts: cells, kernel and scale, and the list of
        `dependencies` with their digests.
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
    inputs: dict[str, Any]
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

    def stamp(self, name: str) -> Stamp | None:
        """Return the stamp of a page, or ``None`` if there is no readable one."""
        return from_json(Stamp, read_json(self._path("stamps", name, ".json")))

    def intact(self, stamp: Stamp) -> bool:
        """Whether the outputs are on disk exactly as the stamp says."""
        try:
            written = self.outputs_path(stamp.page).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(written).hexdigest() == stamp.digest

    def outputs_path(self, name: str) -> Path:
        """Return the file that holds the outputs of a page."""
        return self._path("outputs", name, ".ipynb")

    def outputs(self, stamp: Stamp) -> Any:
        """Return the executed code cells of a page as a notebook; it was checked when written."""
        from nbformat import v4

        return v4.reads(self.outputs_path(stamp.page).read_text(encoding="utf8"))

    def fill(self, notebook: Any, name: str) -> Stamp | None:
        """Give a notebook the stored outputs of its page, if those are of the same code.

        Parameters
        ----------
        notebook
            The page as read from its source; changed in place.
        name
            Name of the page.

        Returns
        -------
        Stamp or None
            The stamp of the outputs; ``None`` if there are none for this code.
        """
        stamp = self.stamp(name)
        if stamp is None or not self.intact(stamp):
            return None
        stored = self.outputs(stamp)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        if [cell.source for cell in code] != [cell.source for cell in stored.cells]:
            return None
        for cell, old in zip(code, stored.cells, strict=True):
            cell.outputs, cell.execution_count = old.outputs, old.execution_count
        notebook.metadata.update(stored.metadata)
        return stamp

    def commit(self, page: Page, notebook: Any, **facts: Any) -> Stamp:
        """Keep an executed page: first its outputs, then its stamp.

        Parameters
        ----------
        page
            The page.
        notebook
            Its executed notebook.
        **facts
            The remaining fields of `Stamp`: inputs, seconds, peak_memory, executed,
            claims, numbers, seconds_saved.
        """
        import nbformat

        stored = nbformat.v4.new_notebook()
        stored.metadata.update({k: v for k, v in notebook.metadata.items() if k in NOTEBOOK_FACTS})
        stored.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        content = nbformat.writes(stored, nbformat.NO_CONVERT).encode("utf8")
        with paths.atomic_write(self.outputs_path(page.name)) as draft:
            draft.write_bytes(content)
        stamp = Stamp(page=page.name, digest=hashlib.sha256(content).hexdigest(), **facts)
        write_json(self._path("stamps", page.name, ".json"), asdict(stamp), indent=1)
        return stamp

    def lock(self, name: str) -> FileLock:
        """Return the lock of a page or of a stage; the system frees it if its owner dies."""
        folder = paths.make_dir(self.book.press_dir / "locks")
        return FileLock(folder / (name.replace("/", "--") + ".lock"))

    def _path(self, kind: str, name: str, suffix: str) -> Path:
        return self.book.press_dir / kind / (name + suffix)
