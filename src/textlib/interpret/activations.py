"""What the layers of a network compute for an image."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from textlib.interpret.networks import MAP_DIMENSIONS, find_layer, sub_model


def map_layers(model: keras.Model) -> list[str]:
    """Return the names of the layers that make feature maps, from input to output.

    Only convolutions and poolings count, not activations, normalizations and other layers that
    change no shape.
    """
    kinds = (
        keras.layers.Conv2D,
        keras.layers.DepthwiseConv2D,
        keras.layers.SeparableConv2D,
        keras.layers.MaxPooling2D,
        keras.layers.AveragePooling2D,
    )
    return [layer.name for layer in model.layers if isinstance(layer, kinds)]


def layer_activations(
    model: keras.Model, images: Any, layers: Sequence[str] | None = None, *, batch_size: int = 32
) -> dict[str, np.ndarray]:
    """Compute the outputs of several layers in one pass.

    Parameters
    ----------
    model
        A built model with one input.
    images
        Array ``(batch, height, width, channels)``, as the model expects it.
    layers
        Names of layers; those of `map_layers` by default.
    batch_size
        Images per pass.

    Returns
    -------
    dict
        For each layer its output, ``(batch, height, width, channels)`` where it makes maps.

    Raises
    ------
    ValueError
        If the model is not built, or there is no layer to look at.
    UnknownLayerError
        If a name is unknown.
    """
    names = list(map_layers(model) if layers is None else layers)
    if not names:
        raise ValueError(f"model {model.name!r} has no convolution; name the layers to look at.")
    viewer = sub_model(model, [find_layer(model, name).output for name in names])
    outputs = viewer.predict(np.asarray(images), batch_size=batch_size, verbose=0)
    return dict(zip(names, outputs if isinstance(outputs, list) else [outputs], strict=True))


def zero_fraction(activations: np.ndarray) -> float:
    """Return the fraction of activations that are exactly 0, as a ReLU makes them."""
    return float(np.mean(np.asarray(activations) == 0))


def silent_channels(maps: np.ndarray) -> float:
    """Return the fraction of channels that are 0 everywhere on an image.

    Parameters
    ----------
    maps
        Feature maps ``(batch, height, width, channels)``.
    """
    maps = np.asarray(maps)
    if maps.ndim != MAP_DIMENSIONS:
        raise ValueError(f"maps have shape {maps.shape}; expected (batch, height, width, channels)")
    return float(np.mean((maps == 0).all(axis=(1, 2))))


def mosaic(
    maps: np.ndarray, *, columns: int = 16, gap: int = 1, normalize: bool = True
) -> np.ndarray:
    """Lay the channels of one image's feature maps side by side in one picture.

    Parameters
    ----------
    maps
        ``(height, width, channels)``.
    columns
        Channels per row.
    gap
        Pixels between channels, filled with NaN.
    normalize
        Stretch each channel to the range from 0 to 1, which shows weak channels as well as strong
        ones. A constant channel becomes 0.

    Returns
    -------
    numpy.ndarray
        float32 of shape ``(rows * (height + gap) - gap, columns * (width + gap) - gap)``.

    Raises
    ------
    ValueError
        If the array has another number of axes, or ``columns`` is not positive.
    """
    maps = np.asarray(maps, "float32")
    if maps.ndim != MAP_DIMENSIONS - 1 or columns < 1:
        raise ValueError(
            f"maps have shape {maps.shape} and columns is {columns}; expected (height, width, "
            "channels) and a positive number."
        )
    height, width, channels = maps.shape
    columns = min(columns, channels)
    rows = -(-channels // columns)
    if normalize:
        low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
        maps = (maps - low) / np.where(high > low, high - low, 1)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan, "float32")
    for channel in range(channels):
        top, left = (
            place * (side + gap)
            for place, side in zip(divmod(channel, columns), (height, width), strict=True)
        )
        sheet[top : top + height, left : left + width] = maps[..., channel]
    return sheet
