"""Decode, crop and shrink images; what the image sets share."""

import io

import numpy as np


def decode(image: bytes, mode: str = "RGB") -> np.ndarray:
    """Return an encoded image (PNG, JPEG, WebP, PGM) as ``uint8``, shape ``(h, w[, channels])``."""
    from PIL import Image

    with Image.open(io.BytesIO(image)) as picture:
        return np.asarray(picture.convert(mode))


def square(image: np.ndarray, size: int) -> np.ndarray:
    """Return the largest central square of an image, resized to ``(size, size, channels)``."""
    from PIL import Image

    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    picture = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS))


def shrink(images: np.ndarray, size: int) -> np.ndarray:
    """Return square images as means over blocks of pixels, rounded, halves up.

    Parameters
    ----------
    images
        ``uint8``, shape ``(n, side, side)`` or ``(n, side, side, channels)``.
    size
        The new side, a divisor of the old one.

    Raises
    ------
    ValueError
        If ``size`` does not divide the side.
    """
    side = images.shape[1]
    if size < 1 or side % size:
        sizes = [divisor for divisor in range(16, side + 1) if side % divisor == 0]
        raise ValueError(f"size is {size}; it must divide {side}: choose from {sizes}.")
    if size == side:
        return images
    block = side // size
    total = np.zeros((len(images), size, size, *images.shape[3:]), dtype=np.uint32)
    for row in range(block):
        for column in range(block):
            total += images[:, row::block, column::block]
    return ((total + block * block // 2) // (block * block)).astype(np.uint8)
