"""Dense networks: stacks of fully connected layers."""

from collections.abc import Sequence

import keras

from textlib.models.registry import register


@register
def mlp(
    input_shape: Sequence[int] = (28, 28),
    units: Sequence[int] = (512,),
    *,
    outputs: int = 10,
    activation: str = "relu",
    output_activation: str | None = "softmax",
    dropout: float = 0.0,
    kernel_regularizer: str | keras.regularizers.Regularizer | None = None,
) -> keras.Model:
    """Build a multilayer perceptron on flattened inputs.

    Parameters
    ----------
    input_shape
        Shape of one input; anything but a vector is flattened first.
    units
        Widths of the hidden layers; none gives a linear model.
    outputs
        Width of the last layer: the number of classes, or of predicted quantities.
    activation, output_activation
        Of the hidden layers and of the last; ``None`` leaves the last layer linear.
    dropout
        Rate of dropout after each hidden layer; 0 adds no such layer.
    kernel_regularizer
        Penalty on the weights of the hidden layers.

    Returns
    -------
    keras.Model
        Uncompiled; inputs ``(batch, *input_shape)``, outputs ``(batch, outputs)``.

    Raises
    ------
    ValueError
        If a width is not positive.
    """
    for width in (*units, outputs):
        if width < 1:
            raise ValueError(f"a layer of {width} units cannot be built; widths start at 1.")
    stack: list[keras.Layer] = [keras.Input(tuple(input_shape))]
    if len(input_shape) > 1:
        stack.append(keras.layers.Flatten())
    for width in units:
        stack.append(
            keras.layers.Dense(width, activation=activation, kernel_regularizer=kernel_regularizer)
        )
        if dropout:
            stack.append(keras.layers.Dropout(dropout))
    stack.append(keras.layers.Dense(outputs, activation=output_activation))
    return keras.Sequential(stack, name="mlp")
