"""``fit``: what ``model.fit`` does, with a memory.

The result of a training is kept in the run store under a key made of all that it depends on. The
second time, weights, optimizer state and history come back in a moment, and the page goes on as
if it had trained.
"""

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from textlib import scale
from textlib.training import fingerprint
from textlib.training.seeds import set_seed
from textlib.training.store import RunStore

#: Counts up when a record gets a new field, so that runs without it are trained anew.
RECORD_FORMAT = 2

# Seconds of training that the store saved this process, by key; 0 for a run that it trained itself.
_saved: dict[str, float] = {}


@dataclass(frozen=True)
class Run:
    """A finished training.

    Attributes
    ----------
    name
        The name given to ``fit``, such as ``"vision/convnets/first"``, or ``""``.
    history
        One list per metric, with a value per epoch, as in ``keras.callbacks.History.history``.
    epoch_seconds
        Wall-clock seconds of each epoch, validation included, when it was trained.
    step_seconds
        Wall-clock seconds of the fastest update. Where other programs share the processor, it
        compares designs more fairly than whole epochs do.
    seconds
        Wall-clock seconds of the whole training, when it was trained.
    restored
        Whether the run came from the store.
    key
        The key in the run store; empty for a run without a name.
    device
        Where it was trained: ``"CPU"`` or the GPU's name.
    """

    name: str
    history: dict[str, list[float]]
    epoch_seconds: list[float]
    step_seconds: float
    seconds: float
    restored: bool
    key: str
    device: str

    @property
    def epochs(self) -> int:
        """Number of epochs that were trained."""
        return len(self.epoch_seconds)

    def final(self, metric: str) -> float:
        """Return a metric's value after the last epoch.

        Raises
        ------
        KeyError
            If the run recorded no such metric; the message lists those it has.
        """
        if metric not in self.history:
            from textlib._errors import unknown

            raise KeyError(unknown("metric", metric, self.history))
        return self.history[metric][-1]

    def __repr__(self) -> str:
        last = " · ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items())
        how = "restored; trained" if self.restored else "trained"
        plural = "epoch" if self.epochs == 1 else "epochs"
        return f"{how} {self.epochs} {plural} in {self.seconds:.1f} s ({self.device}) · {last}"


def fit(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    run: str | None = None,
    epochs: int = 1,
    batch_size: int | None = None,
    validation_data: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    seed: int = 0,
    data_key: str | None = None,
    verbose: int = 0,
    store: RunStore | None = None,
    **options: Any,
) -> Run:
    """Train a compiled model, or restore the result of the same training.

    Parameters
    ----------
    model
        A compiled and built model. Its variables are changed in place.
    x, y
        Inputs and targets, as for ``model.fit``: arrays of shape ``(samples, ...)``, or a
        ``tf.data.Dataset`` (with ``data_key``) and no ``y``.
    run
        Name of the run, ``"page/experiment"``. Without a name the training is not stored.
    epochs, batch_size, validation_data, callbacks, verbose
        As for ``model.fit``; ``verbose`` is 0 here. Callbacks are not called when a run is
        restored: train without a name if one of them collects something.
    seed
        Seed of shuffling and dropout; the generators are set to it first, so a run does not depend
        on what ran before it.
    data_key
        A name that stands for the data where they cannot be fingerprinted, such as a
        ``tf.data.Dataset``. Change it when the data change.
    store
        The run store to use instead of the session's.
    **options
        Further arguments of ``model.fit``, such as ``class_weight`` or ``validation_split``.

    Returns
    -------
    Run
        History, seconds, and whether it was restored.

    Raises
    ------
    ValueError
        If the model is not compiled or has no variables yet.
    FingerprintError
        If a named run uses data that cannot be fingerprinted and there is no ``data_key``.

    Examples
    --------
    >>> run = fit(model, x, y, run="demo/first", epochs=5)  # doctest: +SKIP
    >>> run.final("accuracy")  # doctest: +SKIP
    """
    _require_ready(model)
    arguments = {"epochs": epochs, "batch_size": batch_size, **options}
    started = set_seed(seed)
    key = ""
    if run is not None:
        store = store or RunStore()
        data = data_key if data_key is not None else [x, y, validation_data]
        key = _key(model, data, [arguments, _settings(callbacks), started])
        record = store.load(key, model)
        if record is not None:
            set_seed(seed + 1)
            _saved.setdefault(key, record["seconds"])
            return _from_record(record)
    clock = _Clock()
    began = time.perf_counter()
    _create_state(model, x, y)
    history = model.fit(
        x,
        y,
        validation_data=validation_data,
        callbacks=[*callbacks, clock],
        verbose=verbose,
        **arguments,
    )
    record = {
        "name": run or "",
        "key": key,
        "history": {name: [float(v) for v in values] for name, values in history.history.items()},
        "epoch_seconds": clock.seconds,
        "step_seconds": clock.fastest_step,
        "seconds": time.perf_counter() - began,
        "device": _device(),
        "scale": scale.current(),
        "seed": started,
        "parameters": model.count_params(),
        "versions": fingerprint.versions(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    if run is not None and store is not None:
        store.save(key, model, record)
        _saved[key] = 0.0
    set_seed(seed + 1)  # the same state afterwards, whether trained or restored
    return _from_record(record, restored=False)


def seconds_saved() -> float:
    """Return how long the runs that this process restored had taken to train, in seconds.

    Without a run store, the process would have needed that much longer. A run that is restored
    twice counts once, and one that this process trained itself does not count.
    """
    return sum(_saved.values())


class _Clock(keras.callbacks.Callback):
    """Measure the wall-clock seconds of each epoch and of the fastest step."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.fastest_step = float("inf")
        self._began = self._step_began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.seconds.append(time.perf_counter() - self._began)

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._step_began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.fastest_step = min(self.fastest_step, time.perf_counter() - self._step_began)


def _require_ready(model: keras.Model) -> None:
    if not model.compiled:
        raise ValueError(f"model {model.name!r} is not compiled; call model.compile(...) first.")
    if not model.built:
        message = (
            f"model {model.name!r} has no variables yet; start it with keras.Input(...), or call "
            "it once on a batch."
        )
        raise ValueError(message)


def _create_state(model: keras.Model, x: Any, y: Any) -> None:
    """Create the variables of optimizer and metrics ahead of the first update.

    TensorFlow traces a step anew if its first trace created variables, and Keras leaves those of
    the metrics given to ``compile`` to the first update. For a small network, one trace lasts as
    long as an epoch or two. The metrics are shown one sample of zeros, and then reset. Where there
    are several outputs, or a size is not known, this is left to Keras; so it is under a
    distribution strategy, where Keras sees to it by itself.
    """
    if keras.backend.backend() != "tensorflow" or _is_distributed(model):
        return
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    own_step = type(model).train_step is not keras.Model.train_step
    if own_step or len(getattr(model, "outputs", None) or ()) != 1:
        return
    if hasattr(x, "element_spec"):  # of a tf.data.Dataset: (x, y) or (x, y, sample weights)
        y = x.element_spec[1] if isinstance(x.element_spec, tuple) else None
    target, prediction = _zeros(y), _zeros(model.outputs[0])
    if target is not None and prediction is not None:
        model.compute_metrics(None, target, prediction)
        model.reset_metrics()


def _is_distributed(model: keras.Model) -> bool:
    import tensorflow as tf

    return tf.distribute.has_strategy() or (
        model.distribute_strategy is not tf.distribute.get_strategy()
    )


def _zeros(like: Any) -> Any:
    """Return one sample of zeros of the same shape and type, or ``None`` if a size is unknown."""
    shape = getattr(like, "shape", None)
    if shape is None or None in shape[1:]:
        return None
    dtype = keras.backend.standardize_dtype(like.dtype)
    return keras.ops.zeros((1, *shape[1:]), dtype=dtype)


def _key(model: keras.Model, data: Any, rest: list[Any]) -> str:
    about = [scale.current(), fingerprint.versions(), RECORD_FORMAT]
    parts = [fingerprint.of_model(model), data, rest, about]
    return fingerprint.of(parts)


def _settings(callbacks: Sequence[keras.callbacks.Callback]) -> list[Any]:
    """Describe callbacks by their class, code, and plain settings."""
    plain = (type(None), bool, int, float, str)
    return [
        [
            fingerprint.code_of(type(callback)),
            {name: value for name, value in vars(callback).items() if isinstance(value, plain)},
        ]
        for callback in callbacks
    ]


def _device() -> str:
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        return str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
    return "CPU"


def _from_record(record: dict[str, Any], *, restored: bool = True) -> Run:
    return Run(
        name=record["name"],
        history=record["history"],
        epoch_seconds=record["epoch_seconds"],
        step_seconds=record["step_seconds"],
        seconds=record["seconds"],
        restored=restored,
        key=record["key"],
        device=record["device"],
    )
