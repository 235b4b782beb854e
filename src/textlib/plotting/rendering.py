"""Figures as PNG: text that can be read on a phone, and notes on what is where in the picture.

On a narrow screen a figure shrinks and its text with it. What would be too small there is set
larger, and long titles wrap, as far as nothing collides. The notes tell the site how small the
text still is, and which parts are pictures, whose colors stay as they are in the dark theme.
"""

import base64
import io
import itertools
import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import BboxImage
from matplotlib.text import Text
from matplotlib.transforms import Bbox

#: The key of the notes among the texts of a PNG.
NOTES: Final = "Figure"
#: The ``gid`` of axes that are a picture though they were drawn with patches.
PICTURE: Final = "picture"
#: Inches that a figure can take on a phone: 390 pixels but for the margins.
PHONE: Final = 374 / 96
#: Points that a letter needs there: 9 pixels.
SMALLEST: Final = 9 * 72 / 96

_STEPS = (1.0, 0.94, 0.88, 0.82)  # parts of the wanted size to try where room is short
_AIR = 4  # pixels between two texts


def png(figure: Figure) -> tuple[str, dict[str, int]] | None:
    """Return a figure as IPython shows it: encoded in base64, and with its size in pixels.

    Parameters
    ----------
    figure
        Any figure; one without axes is not shown.
    """
    if not figure.axes and not figure.lines:
        return None
    make_legible(figure)
    stream = io.BytesIO()
    text = {NOTES: json.dumps(notes(figure))}
    face = figure.get_facecolor()
    figure.savefig(stream, format="png", dpi=2 * figure.dpi, facecolor=face, metadata=text)
    width, height = (int(length) for length in figure.bbox.size)
    return base64.b64encode(stream.getvalue()).decode(), {"width": width, "height": height}


def notes(figure: Figure) -> dict[str, Any]:
    """Return what the site needs to know of a figure.

    Returns
    -------
    dict
        ``width`` in inches, ``smallest`` text in points (0 without any), and ``pictures``: boxes
        ``[left, top, right, bottom]`` in parts of the figure, in which colors stay as they are.
    """
    sizes = [_points(text) for text in _texts(figure)]
    width, height = figure.bbox.size
    boxes = {
        tuple(
            round(float(part), 4)
            for part in (box.x0 / width, 1 - box.y1 / height, box.x1 / width, 1 - box.y0 / height)
        )
        for box in _pictures(figure)
    }
    return {
        "width": round(float(figure.get_figwidth()), 3),
        "smallest": round(float(min(sizes, default=0)), 2),
        "pictures": sorted(boxes),
    }


def make_legible(figure: Figure) -> None:
    """Set text larger that would be too small on a phone, as far as nothing collides.

    The figure grows by the height that its axes would lose.
    """
    wanted = SMALLEST * max(1.0, figure.get_figwidth() / PHONE) + 0.05
    _lay_out(figure)
    collisions, heights = _collisions(figure), _heights(figure)
    texts = [(text, _points(text), text.get_text()) for text in _free_texts(figure)]
    axes = [(axis, _tick_size(axis)) for ax in figure.axes for axis in _axes_of(ax)]
    for size in (*(wanted * step for step in _STEPS), 0.0):
        for text, own, words in texts:
            text.set(fontsize=max(own, size), text=words)
        for axis, own in axes:
            if 0 < own < wanted:
                axis.set_tick_params(which="both", labelsize=max(own, size))
        _lay_out(figure)
        _wrap(figure)
        if _collisions(figure) <= collisions:
            break
    lost = (heights - _heights(figure)) / figure.dpi
    if lost > 0.1:
        figure.set_figheight(figure.get_figheight() + lost)
        _lay_out(figure)


def _lay_out(figure: Figure) -> None:
    """Place everything: twice, since the first time the ticks are still those of before."""
    figure.draw_without_rendering()
    figure.draw_without_rendering()


def _heights(figure: Figure) -> float:
    """Return the pixels that axes take in a column of the figure."""
    boxes = [ax.get_window_extent() for ax in figure.axes if ax.get_visible()]
    rows = {round(box.y0) // 20: box.height for box in boxes}
    return float(sum(rows.values()))


def _wrap(figure: Figure) -> None:
    """Break labels and titles of axes that are longer than the room between the neighbors."""
    for texts in (_labels, _titles):  # broken labels move the axes that titles belong to
        lengths = [
            (text, _room(ax, dimension, place), text.get_window_extent().size[dimension])
            for ax in figure.axes
            for text, dimension, place in texts(ax)
        ]
        if sum(_break(*length) for length in lengths):  # all of them, unlike any()
            _lay_out(figure)


def _labels(ax: Axes) -> list[tuple[Text, int, float]]:
    """Return the labels of both axes, with their direction and place along the axes."""
    upright = ax.yaxis.label.get_rotation() == 90
    return [(ax.xaxis.label, 0, 0.5), *([(ax.yaxis.label, 1, 0.5)] if upright else [])]


def _titles(ax: Axes) -> list[tuple[Text, int, float]]:
    return [(ax.title, 0, 0.5), (ax._left_title, 0, 0.0), (ax._right_title, 0, 1.0)]  # type: ignore[attr-defined]


def _room(ax: Axes, dimension: int, place: float) -> float:
    """Return the pixels that text at a place along the axes can take without its neighbors'."""
    figure = ax.figure.canvas.figure
    own = ax.get_window_extent()
    low, high = 0.0, float(figure.bbox.size[dimension])
    for other in (other.get_window_extent() for other in figure.axes):
        across = 1 - dimension
        if min(own.max[across], other.max[across]) > max(own.min[across], other.min[across]):
            if other.max[dimension] <= own.min[dimension]:
                low = max(low, (other.max[dimension] + own.min[dimension]) / 2)
            if other.min[dimension] >= own.max[dimension]:
                high = min(high, (other.min[dimension] + own.max[dimension]) / 2)
    middle = own.min[dimension] + place * own.size[dimension]
    free = (high - middle, 2 * min(middle - low, high - middle), middle - low)
    return float(free[round(2 * place)]) - _AIR


def _break(text: Text, room: float, length: float) -> bool:
    """Break a text that is too long; tell whether it was."""
    words = text.get_text()
    if not length > room > 0 or "$" in words or "\n" in words:
        return False
    letters = max(1, int(0.95 * len(words) * room / length))
    text.set_text(textwrap.fill(words, letters, break_long_words=False, break_on_hyphens=False))
    return True


def _pictures(figure: Figure) -> Iterator[Bbox]:
    """Yield the places of images and of what takes its colors from numbers."""
    for artist in figure.findobj(lambda artist: hasattr(artist, "get_array")):
        lines = isinstance(artist, ContourSet) and not artist.filled
        if artist.get_visible() and artist.get_array() is not None and not lines:  # type: ignore[attr-defined]
            inside = artist.axes is not None and not isinstance(artist, BboxImage)
            yield (artist.axes if inside else artist).get_window_extent()  # type: ignore[union-attr]
    yield from (ax.get_window_extent() for ax in figure.axes if ax.get_gid() == PICTURE)


def _axes_of(ax: Axes) -> list[Any]:
    return list(ax._axis_map.values()) if ax.axison and ax.get_visible() else []  # type: ignore[attr-defined]


def _tick_size(axis: Any) -> float:
    return min((_points(label) for label in _tick_labels(axis)), default=0.0)


def _points(text: Text) -> float:
    return float(text.get_fontsize())


def _tick_labels(axis: Any) -> list[Text]:
    """Return the labels that are drawn: Matplotlib keeps some beyond both ends."""
    if not axis.get_visible():
        return []
    low, high = sorted(axis.get_view_interval())
    slack = (high - low) * 1e-6
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    return [
        label
        for tick in ticks
        if tick.get_visible() and low - slack <= tick.get_loc() <= high + slack
        for label in (tick.label1, tick.label2)
        if _shown(label)
    ]


def _shown(text: Text) -> bool:
    return bool(text.get_visible() and text.get_text().strip())


def _free_texts(figure: Figure) -> list[Text]:
    """Return all shown text but that of ticks."""
    ticks = {
        label
        for ax in figure.axes
        for axis in ax._axis_map.values()  # type: ignore[attr-defined]
        for tick in (*axis.majorTicks, *axis.minorTicks)
        for label in (tick.label1, tick.label2)
    }
    off = {text for ax in figure.axes if not ax.get_visible() for text in ax.findobj(Text)}
    texts = figure.findobj(Text)
    return [text for text in texts if _shown(text) and text not in ticks | off]  # type: ignore[arg-type]


def _texts(figure: Figure) -> list[Text]:
    labels = [_tick_labels(axis) for ax in figure.axes for axis in _axes_of(ax)]
    return [*_free_texts(figure), *itertools.chain.from_iterable(labels)]


def _collisions(figure: Figure) -> int:
    """Count texts that overlap, leave the figure or the patch they are in, or take many lines."""
    straight = [text for text in _texts(figure) if text.get_rotation() % 90 == 0]
    if not straight:
        return 0
    texts = np.array([text.get_window_extent().extents for text in straight])
    edge = figure.bbox.extents + np.array([-1, -1, 1, 1])
    outside = int((~_inside(texts, edge)).sum())
    first, second = np.triu_indices(len(texts), 1)
    low = np.maximum(texts[first, :2], texts[second, :2])
    high = np.minimum(texts[first, 2:], texts[second, 2:])
    overlapping = int((high - low > 1).all(axis=1).sum())
    centers = np.tile((texts[:, :2] + texts[:, 2:]) / 2, 2)
    boxes = [
        np.asarray(patch.get_window_extent().extents) for ax in figure.axes for patch in ax.patches
    ]
    sticking = sum(int((_inside(centers, box) & ~_inside(texts, box)).sum()) for box in boxes)
    tall = sum(text.get_text().count("\n") > 1 for text in straight)
    return outside + overlapping + sticking + tall


def _inside(boxes: np.ndarray, outer: np.ndarray) -> np.ndarray:
    return np.all((boxes[:, :2] >= outer[:2]) & (boxes[:, 2:] <= outer[2:]), axis=1)
