"""Small grids of pixels with their numbers, and the windows that slide over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from textlib.plotting import palette
from textlib.plotting._axes import blank
from textlib.plotting.rendering import PICTURE

INCHES = 0.34  # side of a pixel in a new figure


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels to mark.

    Attributes
    ----------
    row, column
        Its top left pixel; negative in the padding.
    height, width
        In pixels.
    color
        Outline, one of the palette's colors.
    filled
        Whether to tint the pixels inside.
    """

    row: int
    column: int
    height: int = 3
    width: int = 3
    color: str = palette.ORANGE
    filled: bool = True


def pixel_grid(
    values: Any,
    *,
    windows: Sequence[Window] = (),
    padding: int = 0,
    spec: str = "g",
    colors: Any = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw pixels as squares, with their values and with windows on top.

    Parameters
    ----------
    values
        Shape ``(height, width)`` of numbers to write into the squares, or the pair itself for
        empty squares.
    windows
        Rectangles to mark.
    padding
        Rings of zeros to draw around the pixels, dashed.
    spec
        Format specification of the numbers.
    colors
        One Matplotlib color per pixel, shape ``(height, width)``; the paper's by default.
    title
        Text above.
    ax
        Axes to draw in; new ones, sized to the grid, by default.

    Raises
    ------
    ValueError
        If ``values`` is neither a table nor a pair of lengths.
    """
    table = None if isinstance(values, tuple) else np.asarray(values)
    shape = values if table is None else table.shape
    if len(shape) != 2:
        raise ValueError(f"values has shape {shape}; expected (height, width).")
    height, width = shape
    if ax is None:
        size = (INCHES * (width + 2 * padding + 0.3), INCHES * (height + 2 * padding + 0.3))
        ax = plt.subplots(figsize=(size[0], size[1] + (0.35 if title else 0)))[1]
    blank(ax).set_gid(None if colors is None else PICTURE)
    for row in range(-padding, height + padding):
        for column in range(-padding, width + padding):
            inside = 0 <= row < height and 0 <= column < width
            fill = colors[row][column] if colors is not None and inside else palette.SURFACE
            _square(ax, row, column, fill if inside else palette.BACKGROUND, dashed=not inside)
            text = "0" if not inside else "" if table is None else format(table[row, column], spec)
            shade = palette.INK if inside else palette.MUTED
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=8.5, color=shade)
    for window in windows:
        _mark(ax, window)
    edge = padding + 0.08
    ax.set(xlim=(-edge, width + edge), ylim=(height + edge, -edge), aspect="equal")
    if title:
        ax.set_title(title, fontsize=9.5, fontweight="normal", loc="center", pad=4)
    return ax


def _square(ax: Axes, row: int, column: int, fill: Any, *, dashed: bool) -> None:
    style = ":" if dashed else "-"
    square = Rectangle((column, row), 1, 1, facecolor=fill, edgecolor=palette.MUTED)
    square.set(linewidth=0.8, linestyle=style)
    ax.add_patch(square)


def _mark(ax: Axes, window: Window) -> None:
    corner = (window.column, window.row)
    if window.filled:
        tint = Rectangle(corner, window.width, window.height, color=window.color, alpha=0.22, lw=0)
        ax.add_patch(tint)
    outline = Rectangle(corner, window.width, window.height, fill=False, edgecolor=window.color)
    outline.set(linewidth=2.0)
    ax.add_patch(outline)
