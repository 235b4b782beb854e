"""``compare``: several designs, each trained on several seeds, with one graph per design.

To trace the graph of a small network costs as much as several epochs. So each design is compiled
once, and for every further seed its variables are set to those of a model built anew: what comes
out is what ``fit`` would give for that model, down to the last bit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from textlib import scale
from textlib.training import fingerprint, state
from textlib.training.comparison import Comparison, plain_names
from textlib.training.fitting import Run, fit
from textlib.training.orders import EVALUATION_ROWS
from textlib.training.seeds import set_seed

Builder = Callable[[], keras.Model]
Callbacks = Callable[[], Sequence[keras.callbacks.Callback]]


def compare(
    arms: Mapping[str, Builder | Mapping[str, Any]],
    x: Any,
    y: Any = None,
    *,
    seeds: int | Iterable[int] = 3,
    evaluate: Any = None,
    keep_predictions: bool = False,
    run: str | None = None,
    callbacks: Callbacks | None = None,
    **options: Any,
) -> Comparison:
    """Train every arm on every seed, with equal budgets, and return what they reached.

    For seed ``k``, each arm trains exactly as these lines do, and shares its run in the store
    with them: ``set_seed(k)``, ``model = build()``, ``fit(model, x, y, seed=k, ...)``. An arm's
    graph is traced once, however many seeds there are, if all that it depends on can be seen and
    set: a model that keeps random state anywhere but in its variables (``tf.random`` in a layer,
    ``keras.random`` without a seed generator) is compiled for each seed.

    Parameters
    ----------
    arms
        Name to a function without arguments that returns a new model, compiled and built. Its
        weights must depend on the session's seed alone. Or a mapping with this function as
        ``"build"``, and arguments that differ for this arm: ``x``, ``y``, ``evaluate``,
        ``callbacks``, or any of ``fit``.
    x, y
        Training data, as for ``fit``.
    seeds
        How many seeds (0, 1, 2, ...), or which. The session's offset is added to each.
    evaluate
        ``(x, y)`` on which each trained model is evaluated once, or a dataset of such batches.
    keep_predictions
        Whether to keep each model's predictions for the samples of ``evaluate``, which must be
        arrays then: for differences paired by sample.
    run
        Name of the experiment in the run store, ``"page/experiment"``. Without a name, nothing
        is stored.
    callbacks
        A function without arguments that returns new callbacks; each training has its own.
    **options
        Further arguments of ``fit``, the same for all arms: ``epochs``, ``batch_size``,
        ``validation_data``, ``data_key``, and so on.

    Returns
    -------
    Comparison
        Tables, values, paired differences, histories and models. Its ``notes`` say if the arms
        made different numbers of updates.

    Raises
    ------
    ValueError
        If there are no arms or seeds, a seed comes twice, or predictions cannot be kept or
        paired.
    TypeError
        If an arm is not a function (or a mapping with one) that returns a model.

    References
    ----------
    Bouthillier et al. (2021), "Accounting for variance in machine learning benchmarks",
    arXiv:2103.03098.

    Examples
    --------
    >>> arms = {"plain": build_plain, "dropout": build_dropout}  # doctest: +SKIP
    >>> result = compare(arms, x, y, seeds=3, epochs=5, validation_data=held_out)  # doctest: +SKIP
    >>> result.difference("dropout", "plain")  # doctest: +SKIP
    dropout − plain, val_accuracy: +0.012 (95% interval −0.004 to +0.028; 3 seeds)
    """
    if not arms:
        raise ValueError("there is nothing to compare: pass at least one arm.")
    bases = _seeds(seeds)
    common = {"x": x, "y": y, "evaluate": evaluate, "callbacks": callbacks, **options}
    trained = {
        name: _train(_arm(name, given, common), bases, run=run, keep_predictions=keep_predictions)
        for name, given in arms.items()
    }
    histories = plain_names({name: tuple(map(_curves, arm.runs)) for name, arm in trained.items()})
    scores = plain_names({name: arm.scores for name, arm in trained.items()})
    updates = {name: arm.updates for name, arm in trained.items()}
    return Comparison(
        metric=_default_metric(histories, scores),
        seeds=tuple(map(scale.seed, bases)),
        runs={name: arm.runs for name, arm in trained.items()},
        histories=histories,
        scores=scores,
        updates=updates,
        models={name: arm.model for name, arm in trained.items()},
        targets=_shared_targets(trained),
        predictions={name: arm.predictions for name, arm in trained.items() if keep_predictions},
        notes=(*_seed_notes(trained, bases), *_budget_notes(updates)),
    )


@dataclass(frozen=True)
class _Arm:
    """One design: how to build it, and what to train and evaluate it with."""

    name: str
    build: Builder
    evaluate: Any
    callbacks: Callbacks
    arguments: dict[str, Any]

    def model(self) -> keras.Model:
        """Build the model, and see that it is one."""
        built = self.build()
        if not isinstance(built, keras.Model):
            message = (
                f"the function of arm {self.name!r} returned a {type(built).__name__}; it must "
                "return a compiled keras.Model."
            )
            raise TypeError(message)
        return built


@dataclass(frozen=True)
class _Trained:
    """What one arm gave: an entry per seed, and the model as the last seed left it."""

    model: keras.Model
    runs: tuple[Run, ...]
    scores: tuple[dict[str, float], ...]
    updates: tuple[int, ...]
    predictions: tuple[Any, ...]
    targets: np.ndarray | None
    same_start: bool


def _seeds(seeds: int | Iterable[int]) -> tuple[int, ...]:
    bases = tuple(range(seeds) if isinstance(seeds, int) else seeds)
    if not bases or len(set(bases)) < len(bases):
        raise ValueError(f"seeds={seeds!r}; pass how many, at least 1, or different whole numbers.")
    return bases


def _arm(name: str, given: Builder | Mapping[str, Any], common: dict[str, Any]) -> _Arm:
    own = dict(given) if isinstance(given, Mapping) else {"build": given}
    arguments = {**common, **own}
    build, callbacks = arguments.pop("build", None), arguments.pop("callbacks") or list
    if isinstance(build, keras.Model) or not callable(build):
        message = (
            f"arm {name!r} is a {type(given).__name__}; pass a function without arguments that "
            "builds and compiles the model, or a mapping with this function as 'build'."
        )
        raise TypeError(message)
    if not callable(callbacks):
        message = (
            "callbacks keep what they saw, so each training needs its own: pass a function, "
            "callbacks=lambda: [keras.callbacks.EarlyStopping(...)]."
        )
        raise TypeError(message)
    if shared := own.keys() & {"seed", "seeds", "run", "store"}:
        raise ValueError(f"arm {name!r} sets {min(shared)!r}, which all arms have in common.")
    return _Arm(name, build, arguments.pop("evaluate"), callbacks, arguments)


def _train(
    arm: _Arm, bases: tuple[int, ...], *, run: str | None, keep_predictions: bool
) -> _Trained:
    """Train an arm on every seed, in one model for as long as that can be proven equal."""
    model: keras.Model | None = None
    runs, scores, updates, predictions, starts = [], [], [], [], set()
    for base in bases:
        set_seed(base)
        fresh = arm.model()
        starts.add(fingerprint.of(fresh.get_weights()))
        if model is None or not _become(model, fresh):
            model = fresh
        del fresh
        name = None if run is None else f"{run}/{arm.name}/{base}"
        runs.append(fit(model, **arm.arguments, run=name, seed=base, callbacks=arm.callbacks()))
        scores.append(_evaluation(model, arm.evaluate))
        updates.append(int(model.optimizer.iterations) if model.optimizer else runs[-1].epochs)
        if keep_predictions:
            predictions.append(model.predict(_inputs(arm), batch_size=EVALUATION_ROWS, verbose=0))
    assert model is not None
    return _Trained(
        model,
        tuple(runs),
        tuple(scores),
        tuple(updates),
        tuple(predictions),
        np.asarray(arm.evaluate[1]) if keep_predictions else None,
        same_start=len(starts) == 1,
    )


def _become(model: keras.Model, fresh: keras.Model) -> bool:
    """Set all variables of a trained model to those of a new one; say if they are equal then.

    Equal is what has the same fingerprint, and no state that the fingerprint cannot see.
    """
    if state.is_hidden(model) or _was_adapted_otherwise(model, fresh):
        return False
    model.reset_metrics()
    return state.become(*(fingerprint.take({"model": each}) for each in (model, fresh)))


def _was_adapted_otherwise(model: keras.Model, fresh: keras.Model) -> bool:
    """Whether an adapted layer differs: it computes with constants, not with its variables."""
    pairs = zip(model._flatten_layers(), fresh._flatten_layers(), strict=False)
    return any(
        hasattr(old, "finalize_state")
        and any(map(np.any, map(np.not_equal, old.get_weights(), new.get_weights())))
        for old, new in pairs
    )


def _curves(run: Run) -> dict[str, list[float]]:
    """Return the metrics that are numbers, not a list with one for each class."""
    return {name: values for name, values in run.history.items() if np.ndim(values) == 1}


def _evaluation(model: keras.Model, data: Any) -> dict[str, float]:
    if data is None:
        return {}
    arrays = isinstance(data, tuple)
    named = dict(zip(("x", "y", "sample_weight"), data if arrays else (data,), strict=False))
    rows = EVALUATION_ROWS if arrays else None  # a dataset has batches of its own
    found = model.evaluate(**named, batch_size=rows, verbose=0, return_dict=True)
    return {f"test_{name}": float(value) for name, value in found.items() if np.ndim(value) == 0}


def _inputs(arm: _Arm) -> Any:
    if isinstance(arm.evaluate, tuple) and len(arm.evaluate) == 2:
        return arm.evaluate[0]
    message = f"keep_predictions=True needs evaluate=(x, y) of arrays, also for arm {arm.name!r}."
    raise ValueError(message)


def _shared_targets(trained: dict[str, _Trained]) -> np.ndarray | None:
    first, *others = (arm.targets for arm in trained.values())
    if first is None:
        return None
    if not all(other is not None and np.array_equal(first, other) for other in others):
        message = "the arms are evaluated on different targets, so samples cannot be paired."
        raise ValueError(message)
    return first


def _default_metric(*found: Mapping[str, Any]) -> str:
    """Return the first metric that is no loss: on evaluation, validation or training data."""
    rows = [row for measured in found for of_arm in measured.values() for row in of_arm]
    names = list(dict.fromkeys(name for row in rows for name in row))
    for prefix in ("test_", "val_", ""):
        of_data = [name for name in names if name.startswith(prefix)]
        if of_data:
            return next((name for name in of_data if not name.endswith("loss")), of_data[0])
    raise ValueError("the trainings recorded no metric; train for at least one epoch.")


def _seed_notes(trained: dict[str, _Trained], bases: tuple[int, ...]) -> list[str]:
    if len(bases) == 1:
        return ["One seed: how much chance has to do with it is not known."]
    return [
        f"{name} starts from the same weights on every seed."
        for name, arm in trained.items()
        if arm.same_start
    ]


def _budget_notes(updates: dict[str, tuple[int, ...]]) -> list[str]:
    if len(set(updates.values())) == 1:
        return []
    spans = {
        name: f"{min(made):,}" + (f" to {max(made):,}" if min(made) < max(made) else "")
        for name, made in updates.items()
    }
    listed = ", ".join(f"{name} {span}" for name, span in spans.items())
    return [f"Unequal budgets, in updates of the weights: {listed}."]
