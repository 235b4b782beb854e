"""The run store: finished trainings on disk, found again by their key.

One folder per run, holding the model's variables, the optimizer's, and a small JSON file with
the history. A run is written beside its place and renamed, so it is there whole or not at all. A
damaged run is dropped and trained anew; deleting the whole store costs only time.
"""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from textlib import folders, paths

RECORD = "run.json"
VARIABLES = "variables.npz"


class RunStore:
    """A folder of finished runs.

    Parameters
    ----------
    folder
        Where the runs are. The session's run store (``textlib.paths.runs_dir()``) by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else paths.runs_dir()

    def load(self, key: str, model: keras.Model) -> dict[str, Any] | None:
        """Put a stored run's variables into ``model`` and return its record.

        Returns ``None``, and leaves the model alone, if the run is missing or damaged.
        """
        place = self.folder / key
        try:
            record = json.loads((place / RECORD).read_text(encoding="utf-8"))
            with np.load(place / VARIABLES, allow_pickle=False) as stored:
                values = [stored[f"v{index}"] for index in range(len(stored.files))]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            shutil.rmtree(place, ignore_errors=True)
            return None
        variables = _variables(model)
        shapes = [tuple(variable.shape) for variable in variables]
        if shapes != [value.shape for value in values]:
            return None
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        folders.mark_used(place)  # `press clean` goes by it
        return record

    def save(self, key: str, model: keras.Model, record: dict[str, Any]) -> Path:
        """Store the model's present variables and the record under ``key``.

        Raises
        ------
        textlib.paths.CacheError
            If the store cannot be written; nothing is left behind.
        """
        paths.make_dir(self.folder)
        try:
            draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=".part-"))
        except OSError as error:
            raise paths.CacheError(paths.advice(self.folder, error)) from error
        try:
            arrays = {f"v{i}": np.asarray(v.value) for i, v in enumerate(_variables(model))}
            np.savez(draft / VARIABLES, **arrays)  # type: ignore[arg-type]
            text = json.dumps(record, indent=1, sort_keys=True)
            (draft / RECORD).write_text(text, encoding="utf-8")
            place = self.folder / key
            if place.exists():
                shutil.rmtree(place)
            draft.rename(place)
        except OSError as error:
            raise paths.CacheError(paths.advice(self.folder, error)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return place

    def records(self) -> list[dict[str, Any]]:
        """Return the records of all runs in the store, newest first."""
        found = []
        for file in self.folder.glob(f"*/{RECORD}"):
            try:
                found.append(json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError):
                continue
        return sorted(found, key=lambda record: record.get("date", ""), reverse=True)


def _variables(model: keras.Model) -> list[Any]:
    """List all that a run must restore: weights, random states, and the optimizer's slots."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)
    return [*model.variables, *(optimizer.variables if optimizer is not None else [])]
