"""``fit``: what ``model.fit`` does, with a memory.

The result of a training is kept in the run store under a key made of all that it depends on. The
second time, weights, optimizer state and history come back in a moment, and the page goes on as
if it had trained.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from textlib.training import orders, state
from textlib.training.memory import Memory, device
from textlib.training.seeds import set_seed
from textlib.training.store import RunStore


@dataclass(frozen=True)
class Run:
    """A finished training.

    Attributes
    ----------
    name
        The name given to ``fit``, such as ``"vision/convnets/first"``, or ``""``.
    history
        One list per metric, with a value per epoch, as in ``keras.callbacks.History.history``. A
        value is a number, or a list of numbers for a metric such as ``F1Score()`` that has one for
        each class.
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
        The key in the run store; empty for a run that is not there.
    device
        Where it was trained: ``"CPU"`` or the GPU's name.
    """

    name: str
    history: dict[str, list[Any]]
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

    def final(self, metric: str) -> Any:
        """Return a metric's value after the last epoch: a number, or a list of numbers.

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
        last = " · ".join(f"{name} {_brief(values[-1])}" for name, values in self.history.items())
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
        ``tf.data.Dataset`` and no ``y``. A dataset with ``shuffle`` goes on where its last pass
        ended, which no key can see: make a new one for each training.
    run
        Name of the run, ``"page/experiment"``. Without a name the training is not stored.
    epochs, batch_size, validation_data, callbacks, verbose
        As for ``model.fit``; ``verbose`` is 0 here. Where arrays are shuffled, those for validation
        come in batches of at least 256 rows, unless ``validation_batch_size`` says otherwise.
        Callbacks are not called when a run is restored: train without a name if one of them
        collects something.
    seed
        Seed of shuffling and dropout; the generators are set to it first, so a run does not depend
        on what ran before it. Arrays come in a new order in every epoch, as in ``model.fit``
        without a seed.
    data_key
        A name that stands for ``x``, ``y`` and ``validation_data`` where they cannot be seen, such
        as a generator, or a ``tf.data.Dataset`` that reads files. Change it when the data change.
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

    Warns
    -----
    NotRememberedWarning
        If a named run depends on something that cannot be seen, such as a generator, or cannot be
        stored. It is trained each time then.

    Examples
    --------
    >>> run = fit(model, x, y, run="demo/first", epochs=5)  # doctest: +SKIP
    >>> run.final("accuracy")  # doctest: +SKIP
    """
    _require_ready(model)
    arguments = {"epochs": epochs, "batch_size": batch_size, **options}
    started = set_seed(seed)
    memory = None
    _build_optimizer(model)
    if state.is_hidden(model):  # of an earlier training: begin it anew, as after a restored one
        model.train_function = model.test_function = model.predict_function = None
    if run is not None:
        _reset_metrics(model)  # as ``model.fit`` does: what they hold now has no effect
        data = {"x": x, "y": y, "validation_data": validation_data}
        objects = {
            "model": model,
            **(data if data_key is None else {"data_key": data_key}),
            "callbacks": list(callbacks),
            **dict(sorted(arguments.items())),
            "seed": started,
        }
        memory = Memory(run, objects, watched=["model"], store=store)
        stored = memory.recall()
        if stored is not None:
            set_seed(seed + 1)
            return _from_record(stored.record, model, restored=True)
    clock = _Clock()
    began = time.perf_counter()
    _create_state(model, x, y)
    dealt = orders.reshuffled(
        {"x": x, "y": y}, {"validation_data": validation_data, **arguments}, seed=started
    )
    history = model.fit(**dealt, callbacks=[*callbacks, clock], verbose=verbose)
    record = {
        "history": {name: _plain(values) for name, values in history.history.items()},
        "outputs": _outputs(model),
        "metrics": [metric.name for metric in _given_metrics(model)],
        "epoch_seconds": clock.seconds,
        "step_seconds": clock.fastest_step,
        "seconds": time.perf_counter() - began,
        "seed": started,
    }
    key = memory.key if memory is not None and memory.keep(record) else ""
    set_seed(seed + 1)  # the same state afterwards, whether trained or restored
    about = {"name": run or "", "key": key, "device": device()}
    return _from_record(about | record, model, restored=False)


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


def _brief(value: Any) -> str:
    return f"[{', '.join(map(_brief, value))}]" if isinstance(value, list) else f"{value:.4g}"


def _require_ready(model: keras.Model) -> None:
    if not model.compiled:
        raise ValueError(f"model {model.name!r} is not compiled; call model.compile(...) first.")
    if not model.built:
        message = (
            f"model {model.name!r} has no variables yet; start it with keras.Input(...), or call "
            "it once on a batch."
        )
        raise ValueError(message)


def _build_optimizer(model: keras.Model) -> None:
    """Create the optimizer's variables; one that is new counts as one that was set to zero."""
    if model.optimizer is not None and not model.optimizer.built and not _is_distributed(model):
        model.optimizer.build(model.trainable_variables)


def _reset_metrics(model: keras.Model) -> None:
    """Reset all metrics; until the first update, the model does not know those it was given."""
    model.reset_metrics()
    for metric in _given_metrics(model):
        metric.reset_state()


def _given_metrics(model: keras.Model) -> list[keras.metrics.Metric]:
    config = model._compile_config.config
    given = keras.tree.flatten([config.get("metrics"), config.get("weighted_metrics")])
    return [each for each in given if isinstance(each, keras.metrics.Metric)]


def _create_state(model: keras.Model, x: Any, y: Any) -> None:
    """Create the variables of the metrics ahead of the first update.

    TensorFlow traces a step anew if its first trace created variables, and Keras leaves those of
    the metrics given to ``compile`` to the first update. For a small network, one trace lasts as
    long as an epoch or two. A graph that nobody runs shows the metrics one sample, so none of them
    counts it. Where there are several outputs, or a size is not known, this is left to Keras; so it
    is under a distribution strategy, where Keras sees to it by itself.
    """
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow" or _is_distributed(model):
        return
    own_step = type(model).train_step is not keras.Model.train_step
    if own_step or len(getattr(model, "outputs", None) or ()) != 1:
        return
    if hasattr(x, "element_spec"):  # of a tf.data.Dataset: (x, y) or (x, y, sample weights)
        y = x.element_spec[1] if isinstance(x.element_spec, tuple) else None
    sample = [_spec(y), _spec(model.outputs[0])]
    if None not in sample:
        tf.function(model.compute_metrics).get_concrete_function(None, *sample)


def _is_distributed(model: keras.Model) -> bool:
    import tensorflow as tf

    return tf.distribute.has_strategy() or (
        model.distribute_strategy is not tf.distribute.get_strategy()
    )


def _spec(like: Any) -> Any:
    """Return what one sample of an array or tensor looks like, or ``None`` if a size is unknown."""
    import tensorflow as tf

    shape = getattr(like, "shape", None)
    if shape is None or None in shape[1:]:
        return None
    return tf.TensorSpec((1, *shape[1:]), keras.backend.standardize_dtype(like.dtype))


def _plain(values: list[Any]) -> list[Any]:
    """Return a metric's values as numbers, or as lists of numbers if each is a vector."""
    return [np.asarray(value, dtype="float64").tolist() for value in values]


def _outputs(model: keras.Model) -> list[str]:
    """Return the names of several outputs, which the history's names begin with."""
    names = getattr(model, "output_names", None) or []
    return list(names) if len(names) > 1 else []


def _from_record(record: dict[str, Any], model: keras.Model, *, restored: bool) -> Run:
    """Return a run, with the names that outputs and metrics have in this session."""
    names = sorted(zip(record["outputs"], _outputs(model), strict=True), key=lambda n: -len(n[0]))
    metrics = dict(
        zip(record.get("metrics", ()), (m.name for m in _given_metrics(model)), strict=False)
    )

    def renamed(metric: str) -> str:
        prefix = "val_" if metric.startswith("val_") else ""
        name = metric.removeprefix(prefix)
        for old, new in names:
            if name.startswith(f"{old}_"):
                prefix, name = f"{prefix}{new}_", name.removeprefix(f"{old}_")
                break
        return prefix + metrics.get(name, name)

    return Run(
        name=record["name"],
        history={renamed(metric): values for metric, values in record["history"].items()},
        epoch_seconds=record["epoch_seconds"],
        step_seconds=record["step_seconds"],
        seconds=record["seconds"],
        restored=restored,
        key=record["key"],
        device=record["device"],
    )
