"""Small convolutional networks for images that fit on a fingernail."""

from collections.abc import Sequence

import keras

from textlib._errors import unknown
from textlib.models.registry import register

DOWNSAMPLING = ("max", "average", "stride", "none")
HEADS = ("flatten", "average")


@register
def convnet(
    input_shape: Sequence[int] = (28, 28, 1),
    filters: Sequence[int] = (32, 64, 64),
    *,
    units: int = 64,
    outputs: int = 10,
    downsample: str = "max",
    head: str = "flatten",
    batch_normalization: bool = False,
    momentum: float = 0.99,
    dropout: float = 0.0,
) -> keras.Model:
    """Build the book's standard convnet: convolutions with pooling between them, then dense.

    Each stage is a 3x3 convolution without padding and ReLU; a 2x2 max pooling stands between
    stages. With the defaults it has 93,322 parameters.

    Parameters
    ----------
    input_shape
        ``(height, width, channels)`` of one image.
    filters
        Number of filters of each convolution.
    units
        Width of the dense layer before the output.
    outputs
        Number of classes.
    downsample
        How maps shrink between stages: ``"max"`` or ``"average"`` pooling of 2x2, ``"stride"``
        (every convolution but the last moves by 2), or ``"none"``.
    head
        What joins maps and dense layers: ``"flatten"``, or ``"average"`` over each whole map.
    batch_normalization
        Whether to normalize between each convolution (and the dense layer) and its ReLU.
    momentum
        Momentum of the moving averages of batch normalization. Keras's default of 0.99 needs
        several hundred updates before the averages can be used at test time.
    dropout
        Rate of dropout before the last layer; 0 adds no such layer.

    Returns
    -------
    keras.Model
        Uncompiled; inputs ``(batch, height, width, channels)``, outputs ``(batch, outputs)`` that
        add up to 1.

    Raises
    ------
    ValueError
        If ``downsample`` or ``head`` is none of these.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86 (1998). Ioffe, Szegedy: Batch normalization. ICML (2015).
    Lin, Chen, Yan: Network in network. ICLR (2014), for the average over maps.
    """
    for kind, value, choices in (("downsample", downsample, DOWNSAMPLING), ("head", head, HEADS)):
        if value not in choices:
            raise ValueError(unknown(kind, value, choices))
    norm = momentum if batch_normalization else None
    bias = not batch_normalization
    stack: list[keras.Layer] = [keras.Input(tuple(input_shape))]
    last = len(filters) - 1
    for index, count in enumerate(filters):
        strides = 2 if downsample == "stride" and index < last else 1
        stack += _activated(keras.layers.Conv2D(count, 3, strides=strides, use_bias=bias), norm)
        if downsample in ("max", "average") and index < last:
            average = downsample == "average"
            stack.append(
                keras.layers.AveragePooling2D(2) if average else keras.layers.MaxPooling2D(2)
            )
    flat = head == "flatten"
    stack.append(keras.layers.Flatten() if flat else keras.layers.GlobalAveragePooling2D())
    stack += _activated(keras.layers.Dense(units, use_bias=bias), norm)
    if dropout:
        stack.append(keras.layers.Dropout(dropout))
    stack.append(keras.layers.Dense(outputs, activation="softmax"))
    return keras.Sequential(stack, name="convnet")


def _activated(layer: keras.Layer, momentum: float | None) -> list[keras.Layer]:
    """Return the layer, its batch normalization if there is a momentum, and ReLU."""
    if momentum is None:
        return [layer, keras.layers.ReLU()]
    return [layer, keras.layers.BatchNormalization(momentum=momentum), keras.layers.ReLU()]
