"""EfficientNet-Lite0: the book's ImageNet network.

Seven stages of inverted bottlenecks, as in EfficientNet-B0 but without squeeze-and-excitation
and with ReLU6, so that it runs well on phones and on two processor cores.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from textlib.models.pretrained import cards, torch_files
from textlib.models.pretrained.weights import restore

#: One row per stage: repeats, kernel size, stride of the first block, expansion, output channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3


def efficientnet_lite0(
    weights: str | None = "imagenet",
    include_top: bool = True,
    *,
    input_shape: Sequence[int | None] = (224, 224, 3),
    pooling: str | None = None,
    classifier_activation: str | None = "softmax",
) -> keras.Model:
    """Build EfficientNet-Lite0, with its ImageNet weights or with random ones.

    Parameters
    ----------
    weights
        ``"imagenet"`` or None for random weights.
    include_top
        Whether to end in the 1,000 ImageNet classes. Without the top the model ends in the last
        feature map, layer ``"top_activation"``.
    input_shape
        ``(height, width, 3)``; None for a side that may vary. The weights expect 224 × 224, but
        every size of at least 32 works, since pooling is global.
    pooling
        Without the top: ``"avg"`` averages the last map over its places, giving 1,280 features.
    classifier_activation
        ``"softmax"``, or None for logits.

    Returns
    -------
    keras.Model
        From images ``(batch, height, width, 3)``, prepared by `preprocess`, to probabilities
        ``(batch, 1000)``, maps ``(batch, height / 32, width / 32, 1280)`` or features
        ``(batch, 1280)``. Uncompiled.

    Raises
    ------
    ValueError
        If ``weights`` or ``pooling`` is another name.

    References
    ----------
    Tan and Le (2019), EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
    ICML. Liu (2020), Higher accuracy on vision models with EfficientNet-Lite, TensorFlow blog.
    """
    if pooling not in (None, "avg"):
        raise ValueError(f"pooling is {pooling!r}; it must be None or 'avg'.")
    inputs = keras.Input(tuple(input_shape), name="images")
    x = _convolve(inputs, 32, 3, "stem", strides=2)
    number = 0
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            strides = stride if repeat == 0 else 1
            x = _block(x, f"block{number}", kernel, strides, expansion, channels)
            number += 1
    outputs = _convolve(x, 1280, 1, "top")
    if include_top or pooling == "avg":
        outputs = layers.GlobalAveragePooling2D(name="avg_pool")(outputs)
    if include_top:
        outputs = layers.Dense(1000, name="logits")(outputs)
        if classifier_activation is not None:
            outputs = layers.Activation(classifier_activation, name="predictions")(outputs)
    model = keras.Model(inputs, outputs, name="efficientnet_lite0")
    return restore(model, weights, {"imagenet": _weights})


def preprocess(images: Any) -> np.ndarray:
    """Turn RGB images with values 0 to 255 into what EfficientNet-Lite0 expects.

    Parameters
    ----------
    images
        Array ``(..., height, width, 3)``.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape with values from -127 / 128 to 1.
    """
    return (np.asarray(images, "float32") - 127) / 128


def _convolve(x: Any, filters: int, kernel: int, name: str, *, strides: int = 1) -> Any:
    """Apply convolution, batch normalization and ReLU6."""
    convolution = layers.Conv2D(
        filters, kernel, strides, padding="same", use_bias=False, name=f"{name}_conv"
    )
    return _normalize(convolution(x), name, activation=True)


def _normalize(x: Any, name: str, *, activation: bool) -> Any:
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_activation")(x) if activation else x


def _block(inputs: Any, name: str, kernel: int, strides: int, expansion: int, channels: int) -> Any:
    """Apply an inverted bottleneck: widen, filter each channel by itself, narrow, add."""
    width = inputs.shape[-1]
    x = inputs
    if expansion > 1:
        x = _convolve(x, width * expansion, 1, f"{name}_expand")
    depthwise = layers.DepthwiseConv2D(
        kernel, strides, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )
    x = _normalize(depthwise(x), f"{name}_depthwise", activation=True)
    project = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project_conv")
    x = _normalize(project(x), f"{name}_project", activation=False)
    if strides == 1 and width == channels:
        x = layers.Add(name=f"{name}_add")([inputs, x])
    return x


def _weights() -> dict[str, list[np.ndarray]]:
    """Read the file and return Keras arrays by layer name."""
    arrays = torch_files.read_state_dict(cards.describe("efficientnet_lite0").fetch())
    found = {
        "stem_conv": [_kernel(arrays["_conv_stem.weight"])],
        "stem_bn": _moments(arrays, "_bn0"),
        "top_conv": [_kernel(arrays["_conv_head.weight"])],
        "top_bn": _moments(arrays, "_bn1"),
        "logits": [arrays["_fc.weight"].T, arrays["_fc.bias"]],
    }
    for number in range(sum(repeats for repeats, *_ in STAGES)):
        ours, theirs = f"block{number}", f"_blocks.{number}"
        if number > 0:  # the first block does not expand
            found[f"{ours}_expand_conv"] = [_kernel(arrays[f"{theirs}._expand_conv.weight"])]
            found[f"{ours}_expand_bn"] = _moments(arrays, f"{theirs}._bn0")
        depthwise = arrays[f"{theirs}._depthwise_conv.weight"].transpose(2, 3, 0, 1)
        found[f"{ours}_depthwise_conv"] = [depthwise]
        found[f"{ours}_depthwise_bn"] = _moments(arrays, f"{theirs}._bn1")
        found[f"{ours}_project_conv"] = [_kernel(arrays[f"{theirs}._project_conv.weight"])]
        found[f"{ours}_project_bn"] = _moments(arrays, f"{theirs}._bn2")
    return found


def _kernel(array: np.ndarray) -> np.ndarray:
    """Reorder (out, in, height, width) to Keras's (height, width, in, out)."""
    return array.transpose(2, 3, 1, 0)


def _moments(arrays: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    """Return scale, shift, mean and variance of a batch normalization, in Keras's order."""
    parts = ("weight", "bias", "running_mean", "running_var")
    return [arrays[f"{name}.{part}"] for part in parts]
