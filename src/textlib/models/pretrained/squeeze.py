"""SqueezeNet 1.1: ImageNet accuracy of AlexNet with fifty times fewer parameters.

A fire module squeezes its channels by a 1 × 1 convolution and expands them by a 1 × 1 and a
3 × 3 convolution side by side.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from textlib.fetching.unpickle import restricted_load
from textlib.models.pretrained import cards, images
from textlib.models.pretrained.weights import restore

#: Channels of the squeeze and of each expand convolution, by the number of the fire module.
FIRES = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
preprocess = images.bgr_less_mean


def squeezenet(
    weights: str | None = "imagenet",
    include_top: bool = True,
    *,
    input_shape: Sequence[int | None] = (227, 227, 3),
    classifier_activation: str | None = "softmax",
) -> keras.Model:
    """Build SqueezeNet 1.1, with its ImageNet weights or with random ones.

    Parameters
    ----------
    weights
        ``"imagenet"`` or None for random weights.
    include_top
        Whether to end in the 1,000 ImageNet classes. Without the top the model ends in the
        last fire module, layer ``"fire9"``.
    input_shape
        ``(height, width, 3)``; None for a side that may vary.
    classifier_activation
        ``"softmax"``, or None for logits.

    Returns
    -------
    keras.Model
        From images ``(batch, height, width, 3)``, prepared by `preprocess`, to probabilities
        ``(batch, 1000)`` or maps ``(batch, h, w, 512)``. Uncompiled.

    Raises
    ------
    ValueError
        If ``weights`` is another name.

    References
    ----------
    Iandola et al. (2016), SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
    <0.5MB model size, arXiv:1602.07360.
    """
    inputs = keras.Input(tuple(input_shape), name="images")
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(inputs)
    for number, (squeeze, expand) in FIRES.items():
        if number in (2, 4, 6):
            x = layers.MaxPooling2D(3, 2, name=f"pool{number - 1}")(x)
        x = _fire(x, f"fire{number}", squeeze, expand)
    outputs = x
    if include_top:
        x = layers.Conv2D(1000, 1, activation="relu", name="conv10")(x)
        outputs = layers.GlobalAveragePooling2D(name="logits")(x)
        if classifier_activation is not None:
            outputs = layers.Activation(classifier_activation, name="predictions")(outputs)
    model = keras.Model(inputs, outputs, name="squeezenet")
    return restore(model, weights, {"imagenet": _weights})


def _fire(x: Any, name: str, squeeze: int, expand: int) -> Any:
    """Apply a fire module."""
    x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
    small = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_expand1x1")(x)
    large = layers.Conv2D(
        expand, 3, padding="same", activation="relu", name=f"{name}_expand3x3"
    )(x)  # fmt: skip
    return layers.Concatenate(name=name)([small, large])


def _weights() -> dict[str, list[np.ndarray]]:
    """Read the file and return Keras arrays by layer name; they are in Keras's order already."""
    stored = restricted_load(cards.describe("squeezenet").fetch())
    return {name.replace("/", "_"): arrays for name, arrays in stored.items()}
