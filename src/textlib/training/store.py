"""The run store: finished trainings on disk, found again by their key.

One folder per run holds a small JSON file with the record and the arrays that the training
made. A folder is there whole or not at all. One that is damaged is made anew, one that cannot be
read just now is left alone, and deleting the whole store costs only time.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from textlib import folders, paths

RECORD = "run.json"
VARIABLES = "variables.npz"
FORMAT = 4  # raise when records or keys change their meaning
#: What every record has.
FIELDS = {"date", "device", "epoch_seconds", "history", "key", "name", "seconds", "trained"}
DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    IsADirectoryError,
    zipfile.BadZipFile,
    zlib.error,
)


class Stored(NamedTuple):
    """A finished run: its record, and its arrays by name."""

    record: dict[str, Any]
    arrays: dict[str, np.ndarray]


class RunStore:
    """A folder of finished runs.

    Parameters
    ----------
    folder
        Where the runs are. The session's run store (``textlib.paths.runs_dir()``) by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else paths.runs_dir()

    def load(self, key: str) -> Stored | None:
        """Return a stored run, or ``None`` if it is missing, damaged or of another version.

        Raises
        ------
        OSError
            If it is there and cannot be read just now.
        """
        place = self.folder / key
        try:
            record = _read_record(place / RECORD)
            with np.load(place / VARIABLES, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (FileNotFoundError, NotADirectoryError, *DAMAGE):
            return None
        folders.mark_used(place)  # `press clean` goes by it
        return Stored(record, arrays)

    def save(
        self,
        key: str,
        record: dict[str, Any],
        arrays: dict[str, np.ndarray],
        *,
        replace: bool = False,
    ) -> None:
        """Store a run under its key, unless another process was faster.

        Parameters
        ----------
        key
            The key.
        record
            What to say of the run: all of `FIELDS`, and more.
        arrays
            Its arrays by name.
        replace
            Whether to store it although there is a run that can be read.

        Raises
        ------
        OSError
            If the store cannot be written, or the run there cannot be read just now.
        """
        place = self.folder / key
        with folders.exclusive(place):
            if self.load(key) is not None and not replace:
                return
            with folders.draft(place, key) as draft:
                np.savez(draft / VARIABLES, **arrays)  # type: ignore[arg-type]
                text = json.dumps({**record, "format": FORMAT}, indent=1)
                (draft / RECORD).write_text(text, encoding="utf-8")

    def records(self) -> list[dict[str, Any]]:
        """Return the records of all runs in the store that can be read, newest first."""
        found = []
        for file in self.folder.glob(f"*/{RECORD}"):
            try:
                found.append(_read_record(file))
            except (OSError, *DAMAGE):
                continue
        return sorted(found, key=lambda record: str(record.get("date", "")), reverse=True)


def _read_record(file: Path) -> dict[str, Any]:
    record = json.loads(file.read_text(encoding="utf-8"))
    if record["format"] != FORMAT or not record.keys() >= FIELDS:
        raise ValueError(f"{file} is not a record of format {FORMAT}.")
    return record
