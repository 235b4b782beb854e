"""One symbol per kind of layer, strips of symbols for whole networks, and stacks of channels.

The symbols are the book's own shorthand: ``legend`` draws all of them with their names, ``strip``
reads a Keras model (or a list of symbols) from left to right. Nothing here imports Keras: a model
is anything with ``layers`` whose class names are Keras's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Arc, Circle, Polygon, Rectangle

from textlib._errors import unknown
from textlib.plotting import palette
from textlib.plotting._axes import blank

CELL = 0.72  # width of a symbol's cell in inches: narrow figures stay legible on a phone
MOST_COLUMNS = 8
HALF = 0.27  # half the side of a symbol, in cells
ROW = 1.22  # height of a row, in cells: symbol, two lines of label, air


@dataclass(frozen=True)
class Symbol:
    """One layer of a strip.

    Attributes
    ----------
    kind
        One of `KINDS`.
    label
        Text below the symbol; up to two short lines.
    """

    kind: str
    label: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(unknown("layer symbol", self.kind, KINDS))


def of_model(model: Any) -> list[Symbol]:
    """Translate the layers of a Keras model into symbols.

    Layers without a symbol of their own are drawn as a plain box with their class name. An
    activation inside a layer is not drawn.
    """
    return [_symbol(layer) for layer in model.layers if type(layer).__name__ != "InputLayer"]


def strip(network: Any, *, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw one network as a row of symbols.

    Parameters
    ----------
    network
        A Keras model, or symbols in order.
    title
        Text above the row.
    ax
        Axes to draw in; new ones by default.
    """
    return strips({title: network}, ax=ax)


def strips(networks: Mapping[str, Any], *, ax: Axes | None = None, columns: int = 0) -> Axes:
    """Draw several networks below each other, so that their designs can be compared.

    Parameters
    ----------
    networks
        Title to network, each a Keras model or symbols in order.
    ax
        Axes to draw in; new ones by default.
    columns
        Symbols per row: longer networks go on in the next row. By default the length of the
        longest, at most `MOST_COLUMNS`.

    Raises
    ------
    ValueError
        If there are no networks.
    """
    if not networks:
        raise ValueError("networks is empty; pass at least one.")
    rows = {name: _symbols(network) for name, network in networks.items()}
    columns = columns or min(MOST_COLUMNS, max(len(symbols) for symbols in rows.values()))
    lines = [
        (name if start == 0 else "", symbols[start : start + columns])
        for name, symbols in rows.items()
        for start in range(0, len(symbols), columns)
    ]
    heights = [ROW + (0.42 if name else 0.0) for name, _ in lines]
    ax = _canvas(ax, max(columns, 4), sum(heights))
    top = sum(heights)
    for (name, symbols), height in zip(lines, heights, strict=True):
        if name:
            ax.text(0.1, top - 0.08, name, va="top", size=9.5, weight="bold", color=palette.INK)
        _row(ax, symbols, top - height + ROW - 0.38)
        top -= height
    return ax


def legend(kinds: Sequence[str] | None = None, *, columns: int = 6, ax: Axes | None = None) -> Axes:
    """Draw every layer symbol with its name.

    Parameters
    ----------
    kinds
        Which symbols; all of `KINDS` by default.
    columns
        Symbols per row.
    ax
        Axes to draw in; new ones by default.
    """
    symbols = [Symbol(kind, kind.replace(" ", "\n", 1)) for kind in kinds or KINDS]
    rows = -(-len(symbols) // columns)
    ax = _canvas(ax, columns, rows * ROW, cell=1.1)
    for row in range(rows):
        part = symbols[row * columns : (row + 1) * columns]
        _row(ax, part, (rows - row) * ROW - 0.38, joined=False)
    return ax


def channel_stack(
    colors: Sequence[str], labels: Sequence[str], *, title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the channels of one image as planes lying behind each other.

    Parameters
    ----------
    colors
        Matplotlib color per channel, first channel in front.
    labels
        Text per channel, written along the upper edge of its plane.
    title
        Text below the stack, such as its shape.
    ax
        Axes to draw in; new ones by default.

    Raises
    ------
    ValueError
        If labels and colors differ in number.
    """
    if len(labels) != len(colors):
        raise ValueError(f"{len(labels)} labels for {len(colors)} channels; they must agree.")
    ax = blank(ax if ax is not None else plt.subplots(figsize=(2.4, 2.4))[1])
    for index in reversed(range(len(colors))):
        corner = (0.34 * index, 0.3 * index)
        front = 2 * (len(colors) - index)
        plane = Rectangle(corner, 2.0, 2.0, facecolor=colors[index], edgecolor=palette.INK)
        plane.set_zorder(front)
        ax.add_patch(plane)
        for place in np.linspace(0, 2, 8)[1:-1]:
            grid: dict[str, Any] = {"color": palette.INK, "lw": 0.4, "zorder": front + 1}
            ax.plot([corner[0], corner[0] + 2], [corner[1] + place] * 2, **grid)
            ax.plot([corner[0] + place] * 2, [corner[1], corner[1] + 2], **grid)
        ax.text(corner[0] + 2.08, corner[1] + 0.02, labels[index], size=8.5, va="bottom")
    ax.set(xlim=(-0.1, 3.9), ylim=(-0.45, 3.1), aspect="equal")
    ax.text(1.0, -0.12, title, ha="center", va="top", size=9)
    return ax


# From Keras's layers to symbols ------------------------------------------------------------------


def _symbols(network: Any) -> list[Symbol]:
    return of_model(network) if hasattr(network, "layers") else list(network)


def _symbol(layer: Any) -> Symbol:
    name = type(layer).__name__
    kind = _BY_CLASS.get(name, "other")
    return Symbol(kind, _label(layer, name, kind))


def _label(layer: Any, name: str, kind: str) -> str:
    if kind == "convolution":
        stride = f" /{layer.strides[0]}" if layer.strides[0] > 1 else ""
        return f"{layer.filters}\n{'×'.join(map(str, layer.kernel_size))}{stride}"
    if kind == "dense":
        return str(layer.units)
    if kind in ("dropout", "noise"):
        return str(getattr(layer, "rate", getattr(layer, "stddev", "")))
    if kind in ("max pooling", "average pooling"):
        return "×".join(map(str, layer.pool_size))
    if kind == "activation":
        return "ReLU" if name == "ReLU" else str(getattr(layer.activation, "__name__", "softmax"))
    if kind == "batch normalization":
        return "BN"
    return "" if kind != "other" else name


_BY_CLASS = {
    "Conv1D": "convolution",
    "Conv2D": "convolution",
    "Dense": "dense",
    "Flatten": "flatten",
    "Reshape": "reshape",
    "Dropout": "dropout",
    "SpatialDropout2D": "dropout",
    "BatchNormalization": "batch normalization",
    "ReLU": "activation",
    "Activation": "activation",
    "MaxPooling2D": "max pooling",
    "AveragePooling2D": "average pooling",
    "GlobalAveragePooling2D": "global pooling",
    "ZeroPadding2D": "zero padding",
    "Cropping2D": "cropping",
    "UpSampling2D": "upsampling",
    "GaussianNoise": "noise",
    "SimpleRNN": "recurrent",
    "LSTM": "recurrent",
    "GRU": "recurrent",
}


# Drawing -----------------------------------------------------------------------------------------


def _canvas(ax: Axes | None, columns: float, height: float, cell: float = CELL) -> Axes:
    if ax is None:
        ax = plt.subplots(figsize=(cell * columns, cell * height))[1]
    blank(ax).set(xlim=(0, columns), ylim=(0, height), aspect="equal")
    return ax


def _row(ax: Axes, symbols: Sequence[Symbol], y: float, *, joined: bool = True) -> None:
    for index, symbol in enumerate(symbols):
        x = index + 0.5
        if joined and index:
            ax.annotate(
                "",
                (x - HALF - 0.03, y),
                (x - 1 + HALF + 0.03, y),
                arrowprops={"arrowstyle": "-|>", "color": palette.MUTED, "lw": 1.1},
            )
        _DRAW[symbol.kind](ax, x, y)
        ax.text(x, y - HALF - 0.08, symbol.label, ha="center", va="top", size=8.5, linespacing=1.05)


def _frame(ax: Axes, x: float, y: float, color: str, half: float = HALF) -> None:
    ax.add_patch(
        Rectangle(
            (x - half, y - half),
            2 * half,
            2 * half,
            facecolor=palette.SURFACE,
            edgecolor=color,
            linewidth=1.5,
        )
    )


def _lines(ax: Axes, x: float, y: float, color: str, *segments: tuple[float, ...]) -> None:
    """Draw segments ``(x0, y0, x1, y1)`` given in half sides from the center."""
    for x0, y0, x1, y1 in segments:
        ax.plot(
            [x + x0 * HALF, x + x1 * HALF],
            [y + y0 * HALF, y + y1 * HALF],
            color=color,
            lw=1.3,
            solid_capstyle="butt",
        )


def _convolution(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.BLUE)
    for part in (0.62, 0.26):
        _frame(ax, x, y, palette.BLUE, HALF * part)


def _dense(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.ORANGE)
    _lines(ax, x, y, palette.ORANGE, (-1, -1, 1, 1), (-1, 1, 1, -1))


def _flatten(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.MUTED)
    _lines(ax, x, y, palette.MUTED, *[(-0.6, h, 0.6, h) for h in (-0.6, -0.2, 0.2, 0.6)])


def _reshape(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.MUTED)
    _lines(ax, x, y, palette.MUTED, (-1, 0, 1, 0), (0, -1, 0, 1))


def _dropout(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.PLUM)
    _lines(ax, x, y, palette.PLUM, (-1, -1, 1, 1))


def _normalization(ax: Axes, x: float, y: float) -> None:
    ax.add_patch(Circle((x, y), HALF, facecolor=palette.SURFACE, edgecolor=palette.TEAL, lw=1.5))
    ax.add_patch(Circle((x, y), HALF * 0.26, color=palette.TEAL))


def _activation(ax: Axes, x: float, y: float) -> None:
    ax.add_patch(Circle((x, y), HALF, facecolor=palette.SURFACE, edgecolor=palette.MUTED, lw=1.5))
    _lines(ax, x, y, palette.INK, (-0.65, -0.2, 0, -0.2), (0, -0.2, 0.5, 0.5))


def _pooling(fill: str | None) -> Callable[[Axes, float, float], None]:
    """Return the symbol of a pooling: a grid of four, of which one stays (max) or all (mean)."""

    def draw(ax: Axes, x: float, y: float) -> None:
        _frame(ax, x, y, palette.VIOLET)
        corner = (x, y) if fill == "corner" else (x - HALF, y - HALF)
        side = HALF if fill == "corner" else 2 * HALF
        ax.add_patch(Rectangle(corner, side, side, color=palette.VIOLET, alpha=0.45, lw=0))
        if fill != "whole":
            _lines(ax, x, y, palette.VIOLET, (-1, 0, 1, 0), (0, -1, 0, 1))

    return draw


def _padding(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.MUTED)
    ax.add_patch(
        Rectangle((x - 0.6 * HALF, y - 0.6 * HALF), 1.2 * HALF, 1.2 * HALF, color=palette.MUTED)
    )


def _cropping(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.MUTED)
    ax.add_patch(
        Rectangle(
            (x - 0.55 * HALF, y - 0.55 * HALF),
            1.1 * HALF,
            1.1 * HALF,
            fill=False,
            linestyle=":",
            linewidth=1.5,
            edgecolor=palette.MUTED,
        )
    )


def _upsampling(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.OLIVE)
    _frame(ax, x - HALF / 2, y - HALF / 2, palette.OLIVE, HALF / 2)
    _lines(ax, x, y, palette.OLIVE, (0.1, 0.1, 0.75, 0.75))


def _noise(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.PLUM)
    points = np.random.default_rng(3).uniform(-0.8, 0.8, (22, 2)) * HALF
    ax.scatter(x + points[:, 0], y + points[:, 1], s=2.5, color=palette.PLUM)


def _recurrent(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.ORANGE)
    ax.add_patch(Arc((x, y), HALF, HALF, theta1=-30, theta2=250, color=palette.ORANGE, lw=1.4))
    tip = np.array([x - 0.17 * HALF, y - 0.47 * HALF])
    head = [tip + np.array(d) * HALF for d in ((0.18, -0.02), (-0.2, 0.22), (-0.14, -0.22))]
    ax.add_patch(Polygon(head, color=palette.ORANGE))


def _recurrent_sequence(ax: Axes, x: float, y: float) -> None:
    _recurrent(ax, x, y)
    _lines(ax, x, y, palette.ORANGE, (0.75, -1, 0.75, 1))


def _other(ax: Axes, x: float, y: float) -> None:
    _frame(ax, x, y, palette.INK)


_DRAW: dict[str, Callable[[Axes, float, float], None]] = {
    "dense": _dense,
    "convolution": _convolution,
    "max pooling": _pooling("corner"),
    "average pooling": _pooling("all"),
    "global pooling": _pooling("whole"),
    "activation": _activation,
    "batch normalization": _normalization,
    "dropout": _dropout,
    "noise": _noise,
    "flatten": _flatten,
    "reshape": _reshape,
    "zero padding": _padding,
    "cropping": _cropping,
    "upsampling": _upsampling,
    "recurrent": _recurrent,
    "recurrent (sequence)": _recurrent_sequence,
    "other": _other,
}

#: The kinds of layers that have a symbol.
KINDS = tuple(_DRAW)
