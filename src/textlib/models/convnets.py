"""Small convolutional networks for images that fit on a fingernail."""

from collections.abc import Sequence

import keras

from textlib.models.registry import register


@register
def convnet(
    input_shape: Sequence[int] = (28, 28, 1),
    filters: Sequence[int] = (32, 64, 64),
    *,
    units: int = 64,
    outputs: int = 10,
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

    References
    ----------
    LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86 (1998). Ioffe, Szegedy: Batch normalization. ICML (2015).
    """

    def stage(layer: keras.Layer) -> list[keras.Layer]:
        if not batch_normalization:
            return [layer, keras.layers.ReLU()]
        norm = keras.layers.BatchNormalization(momentum=momentum)
        return [layer, norm, keras.layers.ReLU()]

    bias = not batch_normalization
    stack: list[keras.Layer] = [keras.Input(tuple(input_shape))]
    for index, count in enumerate(filters):
        if index:
            stack.append(keras.layers.MaxPooling2D())
        stack += stage(keras.layers.Conv2D(count, 3, use_bias=bias))
    stack.append(keras.layers.Flatten())
    stack += stage(keras.layers.Dense(units, use_bias=bias))
    if dropout:
        stack.append(keras.layers.Dropout(dropout))
    stack.append(keras.layers.Dense(outputs, activation="softmax"))
    return keras.Sequential(stack, name="convnet")
