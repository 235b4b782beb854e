"""Tables of numbers as pictures: confusion matrices, weights, and class probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from textlib.plotting import palette
from textlib.plotting._axes import axes_or_new

PAPER_TO_BLUE = LinearSegmentedColormap.from_list("paper_to_blue", [palette.SURFACE, palette.BLUE])
DARK_BELOW = 0.5  # luminance under which a cell takes light text
MOST_LABELED = 15  # beyond this many classes numbers no longer fit their cells


def confusion_matrix(
    actual: Any,
    predicted: Any,
    *,
    class_names: Sequence[str] | None = None,
    normalize: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often each class is taken for each other.

    Parameters
    ----------
    actual, predicted
        Class numbers, shape ``(n,)``.
    class_names
        One name per class, in order; the numbers themselves by default.
    normalize
        Whether cells show percentages of the actual class (rows add up to 100) or counts.
    ax
        Axes to draw in; new ones by default.

    Raises
    ------
    ValueError
        If the two differ in length, or a class number has no name.
    """
    from sklearn.metrics import confusion_matrix as count

    actual, predicted = np.asarray(actual), np.asarray(predicted)
    if actual.shape != predicted.shape or actual.ndim != 1:
        message = (
            f"actual has shape {actual.shape} and predicted {predicted.shape}; pass (n,) each."
        )
        raise ValueError(message)
    highest = int(max(actual.max(), predicted.max()))
    classes = len(class_names) if class_names is not None else highest + 1
    if highest >= classes:
        raise ValueError(f"class {highest} has no name: class_names has {classes} entries.")
    counts = count(actual, predicted, labels=np.arange(classes))
    cells = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) if normalize else counts
    side = 2.2 + 0.36 * classes
    ax = axes_or_new(ax, figsize=(min(side + 0.6, 7.2), min(side, 6.6)))
    matrix(cells, ax=ax, annotate=".0f" if classes <= MOST_LABELED else None)
    names = class_names if class_names is not None else [str(index) for index in range(classes)]
    ticks = np.arange(classes)
    slanted = max(map(len, names)) > 2
    ax.set_xticks(ticks, names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
    ax.set_yticks(ticks, names)
    ax.set(xlabel="predicted", ylabel="actual")
    if normalize:
        ax.set_title("percent of the actual class")
    return ax


def matrix(
    values: Any,
    *,
    ax: Axes | None = None,
    annotate: str | None = None,
    diverging: bool = False,
    colorbar: bool = False,
) -> Axes:
    """Draw a table of numbers as colored cells.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``.
    ax
        Axes to draw in; new ones by default.
    annotate
        Format specification for the number in each cell; zeros and missing values stay blank.
        No numbers by default.
    diverging
        Whether zero has a meaning: blue and red around a light zero.
    colorbar
        Whether to draw the scale.

    Raises
    ------
    ValueError
        If the values are not a table.
    """
    cells = np.asarray(values, dtype=float)
    if cells.ndim != 2:
        raise ValueError(f"values has shape {cells.shape}; expected (rows, columns).")
    ax = axes_or_new(ax)
    bound = float(np.nanmax(np.abs(cells))) or 1.0
    options: dict[str, Any] = {"cmap": PAPER_TO_BLUE}
    if diverging:
        options = {"cmap": palette.DIVERGING_CMAP, "vmin": -bound, "vmax": bound}
    picture = ax.imshow(cells, **options)
    ax.grid(visible=False)
    if colorbar:
        ax.figure.colorbar(picture, ax=ax, shrink=0.8)
    if annotate is not None:
        _annotate(ax, picture, cells, annotate)
    return ax


def probability_bars(
    probabilities: Any,
    *,
    class_names: Sequence[str] | None = None,
    actual: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one predicted distribution as horizontal bars.

    Parameters
    ----------
    probabilities
        Shape ``(classes,)``.
    class_names
        One name per class; numbers by default.
    actual
        The true class: its bar is hatched and its name bold.
    ax
        Axes to draw in; new ones by default.
    """
    heights = np.asarray(probabilities, dtype=float)
    names = class_names if class_names is not None else [str(i) for i in range(len(heights))]
    ax = axes_or_new(ax, figsize=(3.6, 0.6 + 0.26 * len(heights)))
    bars = ax.barh(np.arange(len(heights)), heights, color=palette.BLUE, height=0.72)
    ax.set_yticks(np.arange(len(heights)), names)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set(xlim=(0, 1), xlabel="probability")
    if actual is not None:
        bars[actual].set(facecolor=palette.TEAL, edgecolor=palette.BACKGROUND, hatch="//")
        ax.get_yticklabels()[actual].set_fontweight("bold")
    return ax


def _annotate(ax: Axes, picture: Any, cells: np.ndarray, spec: str) -> None:
    """Write each cell's number in whichever of ink and paper contrasts with its color."""
    for (row, column), value in np.ndenumerate(cells):
        if not np.isfinite(value) or float(format(value, spec)) == 0:
            continue
        red, green, blue, _ = picture.cmap(picture.norm(value))
        luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        color = palette.INK if luminance > DARK_BELOW else palette.BACKGROUND
        ax.text(column, row, format(value, spec), ha="center", va="center", size=8, color=color)
