"""Grad-CAM: which places of an image speak for a class."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image

from textlib.interpret.networks import (
    MAP_DIMENSIONS,
    as_batch,
    choose_classes,
    class_scores,
    find_layer,
    logits_model,
    sub_model,
)


def grad_cam(
    model: keras.Model,
    images: Any,
    classes: int | Sequence[int] | None = None,
    *,
    layer: str | None = None,
    normalize: bool = True,
) -> np.ndarray:
    r"""Map how much each place of a feature map adds to a class's logit.

    With maps :math:`A^k` of the layer and logit :math:`y^c`, the weight of a channel is the mean
    of its gradient, :math:`\alpha_k = \frac{1}{HW} \sum_{ij} \partial y^c / \partial A^k_{ij}`,
    and the map is :math:`\max(0, \sum_k \alpha_k A^k)`.

    Parameters
    ----------
    model
        A classifier; its softmax or sigmoid is left off.
    images
        Array ``(batch, height, width, channels)``, as the model expects it.
    classes
        One class for all images, one for each, or None for the most probable ones.
    layer
        Name of a layer that makes maps; by default the last one whose maps have several places.
    normalize
        Divide each map by its maximum. A map without any positive value stays 0.

    Returns
    -------
    numpy.ndarray
        ``(batch, map height, map width)``, not negative.

    Raises
    ------
    UnknownLayerError
        If the model has no such layer.
    ValueError
        If the layer makes no maps, or images, classes or model are of another kind.

    References
    ----------
    Selvaraju et al. (2017), Grad-CAM: visual explanations from deep networks via gradient-based
    localization, ICCV.
    """
    import tensorflow as tf

    network, batch = logits_model(model), as_batch(images)
    chosen = choose_classes(network, batch, classes)
    target = _last_map_layer(network) if layer is None else find_layer(network, layer)
    if len(target.output.shape) != MAP_DIMENSIONS:
        raise ValueError(f"layer {target.name!r} has output {target.output.shape}: no maps.")
    viewer = sub_model(network, [target.output, network.outputs[0]])
    with tf.GradientTape() as tape:
        tape.watch(batch)
        maps, logits = viewer(batch, training=False)
        total = keras.ops.sum(class_scores(logits, chosen))
    gradients = tape.gradient(total, maps)
    weights = keras.ops.mean(gradients, axis=(1, 2), keepdims=True)
    heat = np.maximum(np.asarray(keras.ops.sum(weights * maps, axis=-1)), 0)
    if normalize:
        most = heat.max(axis=(1, 2), keepdims=True)
        heat = heat / np.where(most > 0, most, 1)
    return heat


def _last_map_layer(model: keras.Model) -> keras.Layer:
    """Return the last layer whose output has height and width of more than one."""
    for layer in reversed(model.layers):
        shape = layer.output.shape
        if len(shape) == MAP_DIMENSIONS and shape[1:3] != (1, 1):
            return layer
    raise ValueError(f"model {model.name!r} has no layer that makes maps.")


def resize_map(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map smoothly to ``(height, width)``, keeping its range.

    Parameters
    ----------
    heat
        ``(map height, map width)``.
    size
        Height and width of the result.
    """
    heat = np.asarray(heat, "float32")
    if heat.ndim != 2:
        raise ValueError(f"the map has shape {heat.shape}; expected (height, width).")
    picture = Image.fromarray(heat).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(picture)


def overlay(
    image: np.ndarray, heat: np.ndarray, *, opacity: float = 0.6, cmap: str = "inferno"
) -> np.ndarray:
    """Lay a map over the picture that it explains.

    Parameters
    ----------
    image
        The picture as people see it: ``(height, width, 3)`` or ``(height, width)``, uint8, or
        floats from 0 to 1.
    heat
        A map with values from 0 to 1, of any size.
    opacity
        How much of the color map covers the picture, from 0 to 1, where the map is 1. Where it is
        0 the picture shows unchanged.
    cmap
        Name of a Matplotlib color map.

    Returns
    -------
    numpy.ndarray
        uint8 of shape ``(height, width, 3)``.

    Raises
    ------
    ValueError
        If the picture is of another kind.
    """
    import matplotlib

    picture = np.asarray(image)
    picture = picture / 255 if picture.dtype == np.uint8 else picture.astype(float)
    if np.min(picture) < 0 or np.max(picture) > 1:
        raise ValueError("a picture of floats must have values from 0 to 1; undo preprocessing.")
    picture = picture.reshape(*picture.shape[:2], -1)
    smooth = np.clip(resize_map(heat, picture.shape[:2]), 0, 1)
    cover = opacity * smooth[..., np.newaxis]
    color = matplotlib.colormaps[cmap](smooth)[..., :3]
    return np.round(255 * ((1 - cover) * picture + cover * color)).astype(np.uint8)
