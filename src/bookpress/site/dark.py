"""Dark renditions of figures: dark paper, light ink, and every color still its own.

What a figure shows in color is paint on paper: each pixel is taken apart into the two, the paint
is made light enough for dark paper, and put on it. Hues stay, so blue is still called blue, and
gray stays gray; pictures inside of a figure, such as photographs and maps of colors, stay as they
are. Where the words around a figure speak of black, white, dark or light, it keeps its light paper.
"""

import json
import re
from typing import Any, Final

import numpy as np
from PIL import Image

from textlib.plotting import palette

NOTES: Final = "Figure"  # `textlib.plotting.rendering` has it, but loads Matplotlib
VERSION: Final = b"2"  # change it when `rendition` changes
#: Names of colors that dark paper would belie.
SHADES = re.compile(r"\b(?:black|white|dark|light|pale|bright)(?:er|est)?\b", re.IGNORECASE)

_LIGHTEST, _LEAST = 0.97, 0.66  # OKLab lightness of neutral ink, and at least of colored paint
_STRONGER = 0.45  # how much thicker colored paint is put on, since light colors look thin on dark
_SLACK = 4  # pixels that a picture may stand beside its note
_NEUTRAL, _COLORED = 0.05, 0.11  # chroma of full paint up to which it is ink, and from which color
_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def notes(image: Image.Image) -> dict[str, Any] | None:
    """Return what the kernel noted about a figure (`textlib.plotting.rendering`), if it did."""
    try:
        found = json.loads(image.info[NOTES])  # ``image.text`` would decode the whole picture
    except (KeyError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def rendition(image: Image.Image, pictures: list[list[float]]) -> Image.Image:
    """Return a figure on dark paper.

    Parameters
    ----------
    image
        The figure, on the paper of the light theme.
    pictures
        Boxes ``[left, top, right, bottom]`` in parts of the figure that stay as they are.
    """
    pixels = np.asarray(image.convert("RGB"))
    codes = pixels.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    colors, places = np.unique(codes, return_inverse=True)
    shares = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1) / 255
    dark = (255 * _on_dark(shares)).round().astype(np.uint8)[places.reshape(codes.shape)]
    blank = codes == int(palette.BACKGROUND[1:], 16)
    height, width = codes.shape
    for left, top, right, bottom in pictures:
        rows = _nearby(top * height, bottom * height, height)
        columns = _nearby(left * width, right * width, width)
        rows = _filled(rows, blank[:, columns].mean(axis=1) < 0.5)
        columns = _filled(columns, blank[rows].mean(axis=0) < 0.5)
        dark[rows, columns] = pixels[rows, columns]
    found = Image.fromarray(dark)
    found.info["dpi"] = image.info.get("dpi", (96, 96))
    return found


def _nearby(start: float, stop: float, size: int) -> slice:
    return slice(max(0, round(start)), min(size, round(stop)))


def _filled(place: slice, inside: np.ndarray) -> slice:
    """Return a picture's place along one axis, moved by some pixels to where its paint ends.

    Layout and rounding put a picture beside its note; a row of light paper would be seen.

    Parameters
    ----------
    place
        What the note says.
    inside
        For each row or column of the figure, whether most of it is painted.
    """
    turns = np.diff(inside.astype(int), prepend=0, append=0)
    found = []
    for edge, turn in ((place.start, 1), (place.stop, -1)):
        away = np.flatnonzero(turns == turn) - edge
        nearest = min(away, key=abs, default=_SLACK + 1)
        found.append(edge + int(nearest) if abs(nearest) <= _SLACK else edge)
    return slice(*found)


def _on_dark(colors: np.ndarray) -> np.ndarray:
    """Return what colors on light paper are on dark paper, shape ``(n, 3)`` in [0, 1]."""
    light, dark = _rgb(palette.BACKGROUND), _rgb(palette.DARK_BACKGROUND)
    cover = ((light - colors) / light).max(axis=1, keepdims=True).clip(0, 1)
    seen = np.maximum(cover, 1e-6)
    paint = ((colors - light) / seen + light).clip(0, 1)
    lightness = _to_lab(paint)[:, 0]
    tone = (_to_lab(colors) - (1 - cover) * _to_lab(light))[:, 1:] / seen
    colored = ((np.hypot(*tone.T) - _NEUTRAL) / (_COLORED - _NEUTRAL)).clip(0, 1)
    colored = colored**2 * (3 - 2 * colored)
    target = colored * np.maximum(lightness, _LEAST) + (1 - colored) * _LIGHTEST
    lifted = _from_lab(np.column_stack([target, tone]))
    cover = cover ** (1 - _STRONGER * colored[:, None])
    return (dark * (1 - cover) + lifted * cover).clip(0, 1)


def _rgb(color: str) -> np.ndarray:
    return np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255


def _to_lab(colors: np.ndarray) -> np.ndarray:
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONE.T) @ _TO_LAB.T


def _from_lab(lab: np.ndarray) -> np.ndarray:
    linear = ((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONE).T).clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
