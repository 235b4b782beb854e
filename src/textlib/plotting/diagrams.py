"""Diagrams of networks, drawn in code: boxes and arrows, layers of units, and tensors.

Four vocabularies: ``flow`` for processing steps from left to right, ``layers`` for units and
their connections, ``volumes`` for the shapes of feature maps through a convnet, ``graph`` for
anything else made of named boxes and arrows, such as a computation graph.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon
from matplotlib.text import Text

from textlib._errors import unknown
from textlib.plotting import palette
from textlib.plotting._axes import blank
from textlib.plotting.style import WIDTH


@dataclass(frozen=True)
class Step:
    """One box of a flow diagram.

    Attributes
    ----------
    text
        What the step does, a few words; line breaks allowed.
    note
        Smaller text below the box, such as the shape of the data that leave it.
    color
        Outline; one of the palette's colors.
    """

    text: str
    note: str = ""
    color: str = palette.BLUE


@dataclass(frozen=True)
class Box:
    """One box of a graph, with its place.

    Attributes
    ----------
    text
        What it stands for; line breaks allowed.
    column, row
        Place of its center: columns count to the right, rows downward; fractions allowed.
    color
        Outline; one of the palette's colors.
    round
        Whether to draw a pill, the sign of an operation, and not a box, the sign of a value.
    """

    text: str
    column: float
    row: float
    color: str = palette.BLUE
    round: bool = False


@dataclass(frozen=True)
class Arrow:
    """One arrow of a graph.

    Attributes
    ----------
    start, end
        Keys of the boxes that it joins.
    text
        Label beside its middle.
    color
        Color of line and label.
    width
        Line width in points.
    bend
        Curvature: 0 is straight, positive bends to the left of the direction of travel.
    """

    start: str
    end: str
    text: str = ""
    color: str = palette.MUTED
    width: float = 1.3
    bend: float = 0.0


def flow(steps: Sequence[Step | str], *, ax: Axes | None = None, per_row: int = 5) -> Axes:
    """Draw processing steps as boxes joined by arrows, wrapping into rows.

    Parameters
    ----------
    steps
        Boxes in order; a plain string is a step without a note.
    ax
        Axes to draw in; new ones, sized to the number of rows, by default.
    per_row
        Boxes in a row; rows read left to right.

    Raises
    ------
    ValueError
        If there are no steps.
    """
    boxes = [step if isinstance(step, Step) else Step(step) for step in steps]
    if not boxes:
        raise ValueError("steps is empty; a flow needs at least one step.")
    columns = min(per_row, len(boxes))
    rows = -(-len(boxes) // columns)
    ax = _canvas(ax, columns, rows, height=1.25 * rows)
    places = [(index % columns, rows - 1 - index // columns) for index in range(len(boxes))]
    for (column, row), step in zip(places, boxes, strict=True):
        _box(ax, column + 0.5, row + 0.58, step)
    for (column, row), (next_column, next_row) in itertools.pairwise(places):
        if row == next_row:
            _arrow(ax, (column + 0.93, row + 0.58), (next_column + 0.07, row + 0.58))
        else:
            _arrow(ax, (column + 0.5, row + 0.02), (next_column + 0.5, next_row + 0.86))
    return ax


def layers(
    sizes: Sequence[int],
    *,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
    most: int = 8,
) -> Axes:
    """Draw a dense network as columns of units, each joined to all of the next column.

    Parameters
    ----------
    sizes
        Number of units per layer, inputs first.
    labels
        Text under each column; the sizes by default.
    ax
        Axes to draw in; new ones by default.
    most
        Units drawn per column; longer columns show an ellipsis in the middle.

    Raises
    ------
    ValueError
        If there are fewer than two layers, or labels and sizes differ in number.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes is {list(sizes)}; a network needs at least two layers.")
    labels = list(labels) if labels is not None else [f"{size} units" for size in sizes]
    if len(labels) != len(sizes):
        raise ValueError(f"{len(labels)} labels for {len(sizes)} layers; they must agree.")
    ax = _canvas(ax, len(sizes), 1, height=3.0)
    columns = [_unit_heights(size, most) for size in sizes]
    for x, (left, right) in enumerate(itertools.pairwise(columns)):
        for start in left:
            for end in right:
                ax.plot(
                    [x + 0.5, x + 1.5],
                    [start, end],
                    color=palette.MUTED,
                    lw=0.5,
                    alpha=0.55,
                    zorder=1,
                )
    for x, (heights, size, label) in enumerate(zip(columns, sizes, labels, strict=True)):
        color = palette.CATEGORICAL[0 if x in (0, len(sizes) - 1) else 1]
        ax.scatter(
            [x + 0.5] * len(heights),
            heights,
            s=95,
            color=palette.BACKGROUND,
            edgecolor=color,
            linewidth=1.8,
            zorder=2,
        )
        if size > most:
            ax.text(x + 0.5, 0.55, "⋮", ha="center", va="center", size=13, color=color, zorder=3)
        ax.text(x + 0.5, 0.03, label, ha="center", va="bottom", size=9)
    return ax


def volumes(
    shapes: Sequence[tuple[int, ...]],
    operations: Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw feature maps as blocks: height and width as the face, channels as the depth.

    Parameters
    ----------
    shapes
        ``(height, width, channels)`` per stage, or ``(units,)`` for a flat stage. Lengths are
        drawn on a square-root scale so that 1 and 512 fit one figure.
    operations
        What leads from each stage to the next: one text fewer than shapes.
    ax
        Axes to draw in; new ones by default.

    Raises
    ------
    ValueError
        If the number of operations does not fit the number of shapes.
    """
    operations = list(operations) if operations is not None else [""] * (len(shapes) - 1)
    if len(operations) != len(shapes) - 1:
        message = f"{len(operations)} operations for {len(shapes)} shapes; pass one fewer."
        raise ValueError(message)
    ax = _canvas(ax, len(shapes), 1, height=2.5)
    scale = max((np.sqrt(shape[0]) for shape in shapes if len(shape) > 1), default=1.0)
    for index, shape in enumerate(shapes):
        _volume(ax, index + 0.5, shape, scale, palette.CATEGORICAL[index % 2])
    for index, text in enumerate(operations):
        ax.text(index + 1.0, 0.97, text, ha="center", va="top", size=8, color=palette.MUTED)
        _arrow(ax, (index + 0.87, 0.84), (index + 1.13, 0.84))
    return ax


def graph(
    boxes: Mapping[str, Box],
    arrows: Sequence[Arrow | tuple[str, str]],
    *,
    ax: Axes | None = None,
    row_height: float = 0.85,
) -> Axes:
    """Draw named boxes and the arrows between them.

    Parameters
    ----------
    boxes
        Key to box. The figure is as wide as the text column, whatever the number of columns.
    arrows
        Arrows between keys; a plain pair is an arrow without a label.
    ax
        Axes to draw in; new ones, sized to the number of rows, by default.
    row_height
        Height of one row in inches, for new axes.

    Raises
    ------
    ValueError
        If there are no boxes.
    KeyError
        If an arrow names a box that is not there.
    """
    if not boxes:
        raise ValueError("boxes is empty; a graph needs at least one box.")
    links = [link if isinstance(link, Arrow) else Arrow(*link) for link in arrows]
    for key in itertools.chain.from_iterable((link.start, link.end) for link in links):
        if key not in boxes:
            raise KeyError(unknown("box", key, boxes))
    columns = [box.column for box in boxes.values()]
    rows = [-box.row for box in boxes.values()]
    if ax is None:
        height = row_height * (max(rows) - min(rows) + 1.1)
        ax = plt.subplots(figsize=(WIDTH, height))[1]
    blank(ax).set(
        xlim=(min(columns) - 0.55, max(columns) + 0.55), ylim=(min(rows) - 0.55, max(rows) + 0.55)
    )
    drawn = {key: _graph_box(ax, box) for key, box in boxes.items()}
    for link in links:
        _graph_arrow(ax, drawn[link.start], drawn[link.end], link)
    return ax


def _graph_box(ax: Axes, box: Box) -> Text:
    """Draw a text in its frame; the frame fits the text, whatever the size of the axes."""
    shape = "round,pad=0.5,rounding_size=0.85" if box.round else "round,pad=0.5,rounding_size=0.2"
    frame = {"boxstyle": shape, "facecolor": palette.SURFACE, "edgecolor": box.color, "lw": 1.6}
    return ax.text(
        box.column, -box.row, box.text, ha="center", va="center", size=10, bbox=frame, zorder=3
    )


def _graph_arrow(ax: Axes, start: Text, end: Text, link: Arrow) -> None:
    style = {
        "arrowstyle": "-|>",
        "mutation_scale": 12,
        "color": link.color,
        "lw": link.width,
        "patchA": start.get_bbox_patch(),
        "patchB": end.get_bbox_patch(),
        "shrinkA": 2,
        "shrinkB": 2,
        "connectionstyle": f"arc3,rad={-link.bend}",
    }
    (tail_x, tail_y), (head_x, head_y) = start.get_position(), end.get_position()
    ax.annotate("", xy=(head_x, head_y), xytext=(tail_x, tail_y), arrowprops=style, zorder=2)
    if link.text:
        # The curve bends on the page, not in data units: undo the axes' aspect.
        stretch = ax.bbox.width / np.ptp(ax.get_xlim()) * np.ptp(ax.get_ylim()) / ax.bbox.height
        middle_x = (tail_x + head_x - link.bend * (head_y - tail_y) / stretch) / 2
        middle_y = (tail_y + head_y + link.bend * (head_x - tail_x) * stretch) / 2
        paper = {"boxstyle": "round,pad=0.15", "facecolor": palette.BACKGROUND, "edgecolor": "none"}
        look: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "size": 9,
            "color": link.color,
            "bbox": paper,
        }
        ax.text(middle_x, middle_y, link.text, **look)


def _canvas(ax: Axes | None, columns: int, rows: int, *, height: float) -> Axes:
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, height))[1]
    blank(ax).set(xlim=(0, columns), ylim=(0, rows))
    return ax


def _box(ax: Axes, x: float, y: float, step: Step) -> None:
    shape = FancyBboxPatch(
        (x - 0.42, y - 0.24),
        0.84,
        0.48,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=palette.SURFACE,
        edgecolor=step.color,
        linewidth=1.6,
        mutation_aspect=1.0,
    )
    ax.add_patch(shape)
    ax.text(x, y, step.text, ha="center", va="center", size=9)
    if step.note:
        ax.text(x, y - 0.3, step.note, ha="center", va="top", size=8, color=palette.MUTED)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=11, color=palette.MUTED, lw=1.3
        )
    )


def _unit_heights(size: int, most: int) -> np.ndarray:
    """Return the vertical places of a column's units, leaving a gap where some are left out."""
    if size <= most:
        span = 0.36 * (size - 1) / max(most - 1, 1)
        return np.linspace(0.55 + span, 0.55 - span, size) if size > 1 else np.array([0.55])
    half = most // 2
    return np.concatenate([np.linspace(0.91, 0.64, half), np.linspace(0.46, 0.19, half)])


def _volume(ax: Axes, x: float, shape: tuple[int, ...], scale: float, color: str) -> None:
    """Draw one block seen from its edge, or one bar for a flat stage, and its shape below."""
    flat = len(shape) == 1
    height = 0.1 + 0.034 * np.sqrt(shape[0]) if flat else 0.52 * np.sqrt(shape[0]) / scale
    height = min(height, 0.56)
    thickness = 0.05 if flat else 0.03 + 0.018 * np.sqrt(shape[-1])
    back, rise = (0.0, 0.0) if flat else (0.36 * height, 0.3 * height)
    left, bottom = x - (thickness + back) / 2, 0.47 - (height + rise) / 2
    right, top = left + thickness, bottom + height
    roof = [(left, top), (left + back, top + rise), (right + back, top + rise), (right, top)]
    wall = [
        (right, bottom),
        (right + back, bottom + rise),
        (right + back, top + rise),
        (right, top),
    ]
    front = [(left, bottom), (right, bottom), (right, top), (left, top)]
    for corners, fill in (
        (wall, palette.BACKGROUND),
        (roof, palette.GRID),
        (front, palette.SURFACE),
    ):
        ax.add_patch(Polygon(corners, closed=True, facecolor=fill, edgecolor=color, linewidth=1.3))
    ax.text(x, 0.05, "×".join(map(str, shape)), ha="center", va="bottom", size=8.5)
