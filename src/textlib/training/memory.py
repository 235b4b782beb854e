"""The memory of one training: what its result depends on, and its place in the run store.

``fit`` and ``remember`` ask here whether they have trained before, and leave here what they made.
Where the memory cannot answer for a result, it says so and keeps nothing: a training is then
trained each time, and never restored wrongly.
"""

import datetime
import inspect
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from textlib import scale
from textlib.training import fingerprint, state
from textlib.training.store import FORMAT, RunStore, Stored

# Seconds of training that the store saved this process, by key; 0 for a run that it trained itself.
_saved: dict[str, float] = {}


class NotRememberedWarning(UserWarning):
    """A training has a name, and its result cannot be kept in the run store."""


class Memory:
    """What a training depends on, looked at before it begins.

    Parameters
    ----------
    name
        Name of the run.
    objects
        All that the result depends on, by labels that a reader understands.
    watched
        The labels of what a restored run must leave as the training would. Variables of Keras and
        TensorFlow are stored and restored; if anything else in there changes, the run is not kept.
    store
        The run store; the session's by default.
    """

    def __init__(
        self,
        name: str,
        objects: Mapping[str, Any],
        *,
        watched: Iterable[str],
        store: RunStore | None,
    ) -> None:
        self.name, self.store = name, store or RunStore()
        self._watched = {label: objects[label] for label in watched}
        self._found = fingerprint.take({**objects, "session": _session()})
        self._unfit = False  # whether a run is in our place that is not ours
        self.key = "" if self._found.unseen else self._found.key
        if self._found.unseen:
            self.warn(
                f"depends on what cannot be seen: {_list(self._found.unseen)}. Use numbers, "
                "texts, arrays, models, and functions of these; give fit a data_key='...' for data "
                "that cannot be seen; or leave out the name."
            )

    def recall(self) -> Stored | None:
        """Restore all that the training would change; return the stored run, if there is one."""
        if not self.key:
            return None
        try:
            stored = self.store.load(self.key)
        except OSError:  # it may be readable again when this training is over
            return None
        if stored is None:
            return None
        if not state.restore(self._found, stored.arrays, stored.record["trained"]):
            self._unfit = True
            return None
        _saved.setdefault(self.key, stored.record["seconds"])
        return stored

    def keep(self, record: dict[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> bool:
        """Store what the training has made; return whether that was possible.

        Parameters
        ----------
        record
            What to say of the run; what every record says is added.
        arrays
            Results, beside the variables that have changed.
        """
        if not self.key:
            return False
        after = fingerprint.take(self._watched)
        changed = [
            label for label in self._watched if after.parts[label] != self._found.parts[label]
        ]
        if changed:
            self.warn(
                f"cannot be restored: the training changed {', '.join(changed)} beyond the values "
                "of variables. Keep what changes in variables that are there from the start, or "
                "return it."
            )
            return False
        variables, trained = state.collect(self._found)
        about = {
            "name": self.name,
            "key": self.key,
            "trained": trained,
            "device": device(),
            "scale": scale.current(),
            "parameters": sum(int(np.prod(each.shape)) for each in self._found.variables),
            "versions": fingerprint.versions(),
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        try:
            everything = {**variables, **(arrays or {})}
            self.store.save(self.key, about | record, everything, replace=self._unfit)
        except OSError as error:
            self.warn(f"cannot be stored: {error}")
            return False
        _saved[self.key] = 0.0
        return True

    def warn(self, what: str) -> None:
        """Say why the run is not remembered."""
        message = f"run {self.name!r} is trained and not remembered, because it {what}"
        warnings.warn(message, NotRememberedWarning, stacklevel=_outside())


def seconds_saved() -> float:
    """Return how long the runs that this process restored had taken to train, in seconds.

    Without a run store, the process would have needed that much longer. A run that is restored
    twice counts once, and one that this process trained itself does not count.
    """
    return sum(_saved.values())


def _session() -> list[Any]:
    config = keras.config
    policy, limits = config.dtype_policy().name, [config.max_epochs(), config.max_steps_per_epoch()]
    return [
        FORMAT,
        scale.current(),
        fingerprint.versions(),
        [config.backend(), config.floatx(), config.epsilon(), config.image_data_format()],
        *([policy] if policy != config.floatx() else []),
        *([limits] if any(limits) else []),
    ]


def device() -> str:
    """Return what trains here: ``"CPU"``, or the GPU's name."""
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        return str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
    return "CPU"


def _list(things: list[str]) -> str:
    more = f", and {len(things) - 3} more" if len(things) > 3 else ""
    return ", ".join(things[:3]) + more


def _outside() -> int:
    """Return the stack level of whoever called this package: the line that a warning is about."""
    here, level = Path(__file__).parent, 1
    frame = inspect.currentframe()
    while frame is not None and Path(frame.f_code.co_filename).parent == here:
        frame, level = frame.f_back, level + 1
    return level - 1
