"""Small services for the plotting modules: axes to draw in, and their emptying."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator


def axes_or_new(ax: Axes | None, **options: Any) -> Axes:
    """Return ``ax``, or the axes of a new figure."""
    return ax if ax is not None else plt.subplots(**options)[1]


def blank(ax: Axes) -> Axes:
    """Remove ticks, grid and frame: for pictures and diagrams."""
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def whole_ticks(ax: Axes) -> Axes:
    """Label the horizontal axis with whole numbers only: epochs, steps, counts."""
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax
