"""Test an explanation: hide what it calls important, or spoil the network that it explains."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from textlib.interpret.networks import find_layer


def hottest(heat: np.ndarray, fraction: float) -> np.ndarray:
    """Mark the given fraction of a map's places with the highest values.

    Parameters
    ----------
    heat
        A map ``(height, width)``. Pass its negative to mark the coldest places.
    fraction
        From 0 to 1; rounded to a whole number of places.

    Returns
    -------
    numpy.ndarray
        bool of the map's shape. Among equal values the first in reading order are taken.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction is {fraction}; it must be from 0 to 1.")
    heat = np.asarray(heat)
    order = np.argsort(-heat, axis=None, kind="stable")
    mask = np.zeros(heat.size, bool)
    mask[order[: round(fraction * heat.size)]] = True
    return mask.reshape(heat.shape)


def hide(image: np.ndarray, mask: np.ndarray, fill: Any = None) -> np.ndarray:
    """Paint over the marked places of an image.

    Parameters
    ----------
    image
        ``(height, width, channels)``.
    mask
        bool ``(height, width)``, True where the image is hidden.
    fill
        The color; by default the image's own mean color, which a network finds less strange than
        black.

    Raises
    ------
    ValueError
        If the mask has another height or width.
    """
    image, mask = np.asarray(image), np.asarray(mask, bool)
    if mask.shape != image.shape[:2]:
        raise ValueError(f"the mask has shape {mask.shape}, the image {image.shape}.")
    color = image.mean(axis=(0, 1)) if fill is None else np.asarray(fill)
    return np.where(mask[..., np.newaxis], color, image).astype(image.dtype)


def shuffled_copy(model: keras.Model, layers: Sequence[str], *, seed: int = 0) -> keras.Model:
    """Copy a model and shuffle the weights inside the given layers.

    Each array keeps its values and loses their order, so sizes of activations stay plausible while
    what the layer has learned is gone. An explanation that does not change says nothing about
    the learned weights.

    Parameters
    ----------
    model
        A built model; it is left as it is.
    layers
        Names of layers.
    seed
        Seed of the shuffle.

    Raises
    ------
    UnknownLayerError
        If the model has no such layer.

    References
    ----------
    Adebayo et al. (2018), Sanity checks for saliency maps, NeurIPS.
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    rng = np.random.default_rng(seed)
    for name in layers:
        layer = find_layer(copy, name)
        layer.set_weights([_shuffled(array, rng) for array in layer.get_weights()])
    return copy


def _shuffled(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(array.reshape(-1)).reshape(array.shape)
