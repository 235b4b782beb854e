"""Curves over epochs: one training, or several compared.

A history is anything with a ``history`` attribute (a ``Run``, a Keras ``History``) or the mapping
itself: metric name to one value per epoch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from textlib._errors import unknown
from textlib.plotting import palette
from textlib.plotting._axes import axes_or_new, whole_ticks

Curves = Mapping[str, Sequence[float]]
LABELS = {"mae": "mean absolute error", "mse": "mean squared error"}
PARTS = {"val_": "validation", "test_": "test"}
LINE_STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
MANY_EPOCHS = 30


def plot_history(
    history: Any,
    metrics: Sequence[str] | None = None,
    *,
    axes: Sequence[Axes] | None = None,
    start_epoch: int = 1,
) -> list[Axes]:
    """Draw training and validation curves, one panel per metric.

    Parameters
    ----------
    history
        A run, a Keras history, or a mapping from metric to values per epoch.
    metrics
        Names without ``val_``; all of them, loss first, by default.
    axes
        One axes per metric; new ones by default.
    start_epoch
        First epoch to draw, counted from 1. Later than 1 to leave out a high start.

    Returns
    -------
    list of Axes
        One per metric.

    Raises
    ------
    KeyError
        If the history has no such metric.
    ValueError
        If ``axes`` and ``metrics`` differ in number.
    """
    curves = as_curves(history)
    names = list(metrics or [name for name in curves if not name.startswith("val_")])
    if axes is None:
        axes = plt.subplots(1, len(names), squeeze=False)[1][0]
    if len(axes) != len(names):
        raise ValueError(f"{len(names)} metrics need as many axes; received {len(axes)}.")
    for ax, name in zip(axes, names, strict=True):
        for part, values in _pair(curves, name).items():
            draw_curve(
                ax, values, label=part, order=0 if part == "training" else 1, start=start_epoch
            )
        _finish(ax, name)
    return list(axes)


def compare_runs(
    runs: Mapping[str, Any],
    metric: str = "val_loss",
    *,
    ax: Axes | None = None,
    start_epoch: int = 1,
) -> Axes:
    """Draw the same metric of several runs in one panel.

    Parameters
    ----------
    runs
        Label to history, in the order in which to draw them.
    metric
        The metric, with ``val_`` if it is measured on validation data.
    ax
        Axes to draw in; new ones by default.
    start_epoch
        First epoch to draw, counted from 1.

    Raises
    ------
    KeyError
        If one of the runs has no such metric.
    """
    ax = axes_or_new(ax)
    for order, (label, history) in enumerate(runs.items()):
        values = values_of(as_curves(history), metric)
        draw_curve(ax, values, label=label, order=order, start=start_epoch)
    _finish(ax, metric)
    return ax


def smooth(values: Sequence[float], factor: float = 0.9) -> np.ndarray:
    """Return the exponential moving average of a noisy curve.

    ``s[0] = v[0]`` and ``s[t] = factor * s[t-1] + (1 - factor) * v[t]``.

    Parameters
    ----------
    values
        The curve, one value per epoch or step, shape ``(n,)``.
    factor
        Weight of the past, from 0 (no smoothing) up to, not including, 1.

    Raises
    ------
    ValueError
        If the factor is outside ``[0, 1)``.
    """
    if not 0 <= factor < 1:
        raise ValueError(f"factor is {factor}; it must be at least 0 and below 1.")
    smoothed = np.array(values, dtype=float)
    for step in range(1, len(smoothed)):
        smoothed[step] = factor * smoothed[step - 1] + (1 - factor) * smoothed[step]
    return smoothed


def as_curves(history: Any) -> Curves:
    """Return the mapping inside a run or a Keras history, or the mapping itself.

    Raises
    ------
    TypeError
        If it is neither.
    """
    curves = getattr(history, "history", history)
    if not isinstance(curves, Mapping):
        message = (
            f"expected a run, a Keras history or a mapping; received {type(history).__name__}."
        )
        raise TypeError(message)
    return curves


def _pair(curves: Curves, name: str) -> dict[str, Sequence[float]]:
    pair = {"training": values_of(curves, name)}
    if f"val_{name}" in curves:
        pair["validation"] = curves[f"val_{name}"]
    return pair


def values_of(curves: Curves, name: str) -> Sequence[float]:
    """Return a metric's values, one per epoch; a ``KeyError`` lists the metrics there are."""
    if name not in curves:
        raise KeyError(unknown("metric", name, curves))
    return curves[name]


def draw_curve(
    ax: Axes, values: Sequence[float], *, label: str, order: int, start: int, **changes: Any
) -> None:
    """Draw one curve; color, dashes and marker all tell it from the others."""
    epochs = np.arange(1, len(values) + 1)
    shown = epochs >= start
    look = {
        "label": label,
        "color": palette.CATEGORICAL[order % len(palette.CATEGORICAL)],
        "linestyle": LINE_STYLES[order % len(LINE_STYLES)],
        "marker": MARKERS[order % len(MARKERS)] if len(values) <= MANY_EPOCHS else None,
    }
    ax.plot(epochs[shown], np.asarray(values)[shown], **look | changes)


def in_words(metric: str) -> str:
    """Return a metric's name as a reader says it: ``val_mae`` is a validation error."""
    for prefix, part in PARTS.items():
        if metric.startswith(prefix):
            return f"{part} {in_words(metric.removeprefix(prefix))}"
    return LABELS.get(metric, metric.replace("_", " "))


def _finish(ax: Axes, metric: str) -> None:
    ax.set(xlabel="epoch", ylabel=in_words(metric))
    whole_ticks(ax)
    ax.legend()
