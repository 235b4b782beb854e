"""Trainings repeated on several seeds: their curves, and where they end.

What is drawn is the result of ``training.compare``, or plain mappings of the same form. Every
seed is shown, because a mean with a bar hides whether one run is unlike the others.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from textlib.plotting import palette
from textlib.plotting._axes import axes_or_new, whole_ticks
from textlib.plotting.curves import MARKERS, as_curves, draw_curve, in_words, values_of
from textlib.statistics import mean_interval

WIDTH = 5.6  # inches: its labels can be read on a phone
THIN: Final[dict[str, Any]] = {"linewidth": 0.8, "alpha": 0.5, "linestyle": "-", "marker": None}
LINE_HEIGHT = 13.0  # points between labels


def seed_curves(
    comparison: Any,
    metric: str = "val_loss",
    *,
    ax: Axes | None = None,
    start_epoch: int = 1,
) -> Axes:
    """Draw a metric over epochs: of each arm the mean, and every seed as a thin line.

    Parameters
    ----------
    comparison
        The result of ``training.compare``, or a mapping from arm to the histories of its seeds.
    metric
        The metric, with ``val_`` if it is measured on validation data.
    ax
        Axes to draw in; new ones by default.
    start_epoch
        First epoch to draw, counted from 1.

    Returns
    -------
    Axes
        With a line for each arm's mean, labeled, and unlabeled ones for the seeds. Where some
        seeds stopped earlier, the mean ends with the first of them.

    Raises
    ------
    KeyError
        If one of the histories has no such metric.
    """
    ax = axes_or_new(ax, figsize=(WIDTH, 3.2))
    arms = getattr(comparison, "histories", comparison)
    ends = {}
    for order, (arm, histories) in enumerate(arms.items()):
        curves = [values_of(as_curves(history), metric) for history in histories]
        for curve in curves:
            draw_curve(ax, curve, label="_seed", order=order, start=start_epoch, **THIN)
        shared = min(map(len, curves))
        mean = np.mean([curve[:shared] for curve in curves], axis=0)
        draw_curve(ax, mean, label=arm, order=order, start=start_epoch, zorder=3)
        ends[arm] = (shared, float(mean[-1]), str(ax.lines[-1].get_color()))
    ax.set(xlabel="epoch", ylabel=in_words(metric))
    whole_ticks(ax)
    _label_ends(ax, ends)
    return ax


def seed_dots(
    comparison: Any,
    metric: str | None = None,
    *,
    at: str = "last",
    level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw a row per arm: a dot for each seed, and the mean with its t interval.

    Two intervals that overlap do not say that the arms are equally good, since the seeds are
    paired: the interval of their difference does (``Comparison.difference``).

    Parameters
    ----------
    comparison
        The result of ``training.compare``, or a mapping from arm to one value per seed.
    metric
        The metric; that of the comparison by default. For a mapping, what its values are.
    at
        Which epoch counts, as for ``Comparison.values``.
    level
        Confidence level of the intervals.
    ax
        Axes to draw in; new ones by default.

    Raises
    ------
    KeyError
        If the comparison has no such metric.
    """
    if isinstance(comparison, Mapping):
        values: Mapping[str, Sequence[float]] = comparison
    else:
        metric = metric or comparison.metric
        values = comparison.values(metric, at=at)
    ax = axes_or_new(ax, figsize=(WIDTH, 0.9 + 0.5 * len(values)))
    for row, (_, found) in enumerate(values.items()):
        color = palette.CATEGORICAL[row % len(palette.CATEGORICAL)]
        marker = MARKERS[row % len(MARKERS)]
        mean = mean_interval(found, level=level)
        ax.plot(found, np.full(len(found), row + 0.2), "o", color=color, alpha=0.6, markersize=4)
        ax.plot([mean.low, mean.high], [row, row], color=color, solid_capstyle="butt")
        ax.plot(mean.mean, row, marker, color=color, markersize=8)
    ax.set(yticks=range(len(values)), yticklabels=list(values), xlabel=in_words(metric or ""))
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0, labelsize=10, labelcolor=palette.INK)
    ax.grid(visible=False, axis="y")
    return ax


def _label_ends(ax: Axes, ends: Mapping[str, tuple[int, float, str]]) -> None:
    """Write each arm's name beside the end of its mean, moved apart where they would overlap."""
    from sklearn.isotonic import isotonic_regression

    ax.figure.canvas.figure.draw_without_rendering()  # now the layout is known
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    place = ax.transData + ax.transAxes.inverted()
    heights = {arm: place.transform(end[:2])[1] * points for arm, end in ends.items()}
    upward = sorted(heights, key=heights.__getitem__)
    gaps = LINE_HEIGHT * np.arange(len(upward))
    leader = {"arrowstyle": "-", "relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 3}
    # The places next to those wanted that keep the gaps.
    places = isotonic_regression([heights[arm] for arm in upward] - gaps) + gaps
    for arm, height in zip(upward, places, strict=True):
        epoch, value, color = ends[arm]
        ax.annotate(
            arm,
            (epoch, value),
            xytext=(18, height - heights[arm]),
            textcoords="offset points",
            va="center_baseline",
            fontsize=10,
            arrowprops=leader | {"color": color},
            annotation_clip=False,
        )
