"""Bring photographs to the square, and to the values, that a network was trained on."""

from typing import Any

import numpy as np
from PIL import Image

MEAN_BGR = np.array([103.939, 116.779, 123.68], "float32")


def fit_square(image: Any, size: int = 224, *, crop: bool = True) -> np.ndarray:
    """Resize an image to a square, by cutting off its ends or by squashing it.

    Parameters
    ----------
    image
        ``(height, width, 3)`` or gray ``(height, width)``, integers from 0 to 255; or a Pillow
        image. Gray images get three equal channels; transparency is dropped.
    size
        Side of the square, in pixels.
    crop
        Keep the central square and cut off the rest. Otherwise the whole image is squashed,
        which changes its proportions.

    Returns
    -------
    numpy.ndarray
        uint8 of shape ``(size, size, 3)``.

    Raises
    ------
    ValueError
        If the array is of another kind: float images would be rounded to black.
    """
    picture = image if isinstance(image, Image.Image) else _picture(np.asarray(image))
    picture = picture.convert("RGB")
    if crop:
        side = min(picture.size)
        left, top = ((length - side) // 2 for length in picture.size)
        picture = picture.crop((left, top, left + side, top + side))
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))


def bgr_less_mean(images: Any) -> np.ndarray:
    """Turn RGB images with values 0 to 255 into what networks expect that came from Caffe.

    Parameters
    ----------
    images
        Array ``(..., height, width, 3)``.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape: channels in the order blue, green, red, each less its mean
        over ImageNet.
    """
    return np.asarray(images, "float32")[..., ::-1] - MEAN_BGR


def _picture(pixels: np.ndarray) -> Image.Image:
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    color = pixels.ndim == 3 and pixels.shape[-1] in (3, 4)
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or color):
        raise ValueError(
            f"the image has dtype {pixels.dtype} and shape {pixels.shape}; expected uint8 "
            "(height, width), (height, width, 3) or (height, width, 4)."
        )
    return Image.fromarray(pixels)
