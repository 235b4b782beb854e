"""Images: one, or a grid of them with their labels."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from textlib.plotting import palette
from textlib.plotting._axes import axes_or_new, blank

GRAY_DIMENSIONS = 2


def show_image(
    image: Any, title: str = "", *, ax: Axes | None = None, cmap: str = palette.IMAGE_CMAP
) -> Axes:
    """Draw one image without axes.

    Parameters
    ----------
    image
        Shape ``(height, width)``, ``(height, width, 1)`` or ``(height, width, 3)``; integers from
        0 to 255, or floats. Float color images must lie in ``[0, 1]``.
    title
        Text above the image.
    ax
        Axes to draw in; new ones by default.
    cmap
        Color map for an image with one channel. Its range is the image's own, except for
        ``uint8``, which is always 0 to 255.

    Raises
    ------
    ValueError
        If the shape is none of these.
    """
    pixels = _pixels(image)
    ax = blank(axes_or_new(ax, figsize=(3, 3)))
    low, high = (0, 255) if pixels.dtype == np.uint8 else (None, None)
    ax.imshow(pixels, cmap=cmap, vmin=low, vmax=high)
    if title:
        ax.set_title(title, fontsize=9, fontweight="normal", loc="center", pad=3)
    return ax


def image_grid(
    images: Sequence[Any] | np.ndarray,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 8,
    cell: float = 0.9,
    cmap: str = palette.IMAGE_CMAP,
) -> np.ndarray:
    """Draw images side by side in a new figure.

    Parameters
    ----------
    images
        Images as for ``show_image``, all of them or an array ``(n, height, width[, channels])``.
    titles
        One short text per image.
    columns
        Images per row.
    cell
        Height of an image in inches.
    cmap
        Color map for images with one channel.

    Returns
    -------
    ndarray of Axes
        Shape ``(rows, columns)``; the axes beyond the last image are empty.

    Raises
    ------
    ValueError
        If there are no images, or titles and images differ in number.
    """
    if len(images) == 0:
        raise ValueError("images is empty; a grid needs at least one image.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles for {len(images)} images; they must agree.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = cell + (0.24 if titles is not None else 0.06)
    size = (columns * (cell + 0.08), rows * height)
    axes = plt.subplots(rows, columns, figsize=size, squeeze=False)[1]
    for index, ax in enumerate(axes.flat):
        if index < len(images):
            show_image(images[index], titles[index] if titles is not None else "", ax=ax, cmap=cmap)
        else:
            blank(ax).set_facecolor("none")
    return axes


def _pixels(image: Any) -> np.ndarray:
    pixels = np.asarray(image)
    if pixels.ndim == GRAY_DIMENSIONS + 1 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    color = pixels.ndim == GRAY_DIMENSIONS + 1 and pixels.shape[-1] in (3, 4)
    if pixels.ndim != GRAY_DIMENSIONS and not color:
        message = (
            f"image has shape {pixels.shape}; expected (height, width), (height, width, 1) or "
            "(height, width, 3)."
        )
        raise ValueError(message)
    return pixels
