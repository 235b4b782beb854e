"""Find the parts of a network that explanations need: layers by name, and scores before softmax.

Gradients are taken of logits. A softmax output can rise because other classes fall, and when it is
close to 1 its gradient all but vanishes.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from textlib._errors import unknown

MAP_DIMENSIONS = 4  # (batch, height, width, channels)


class UnknownLayerError(ValueError):
    """The model has no layer of this name."""


def find_layer(model: keras.Model, name: str) -> keras.Layer:
    """Return a layer by name.

    Raises
    ------
    UnknownLayerError
        If there is none; the message has the nearest name.
    """
    layers = {layer.name: layer for layer in model.layers}
    if name not in layers:
        raise UnknownLayerError(unknown(f"layer of model {model.name!r}", name, layers))
    return layers[name]


def sub_model(model: keras.Model, outputs: Any) -> keras.Model:
    """Return the model that has the same input and other outputs, sharing all layers."""
    return keras.Model(model_input(model), outputs)


def model_input(model: keras.Model) -> Any:
    """Return the single symbolic input of a model.

    Raises
    ------
    ValueError
        If the model is not built, or has several inputs.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ValueError(
            f"model {model.name!r} is not built; start it with keras.Input(...), or call it once "
            "on a batch."
        )
    if len(inputs) != 1:
        raise ValueError(f"model {model.name!r} has {len(inputs)} inputs; one is expected.")
    return inputs[0]


def logits_model(model: keras.Model) -> keras.Model:
    """Return the classifier that ends before its softmax or sigmoid.

    Parameters
    ----------
    model
        A classifier whose last layer is an activation, or has one: softmax, sigmoid or none.

    Returns
    -------
    keras.Model
        From the same inputs to logits ``(batch, classes)``. All layers are shared, except a last
        layer that carries the activation itself: it is copied with its present weights, so build
        this model after training.

    Raises
    ------
    ValueError
        If the last layer has another activation, or is a whole model.

    Examples
    --------
    >>> logits = logits_model(classifier)(images)  # doctest: +SKIP
    """
    model_input(model)  # raises if the model is not built
    last = model.layers[-1]
    if isinstance(last, keras.Model):
        raise ValueError(f"the last layer of {model.name!r} is a model; pass that model instead.")
    if isinstance(last, keras.layers.Softmax):
        return sub_model(model, last.input)
    activation = keras.activations.serialize(getattr(last, "activation", None) or "linear")
    if activation == "linear":
        return sub_model(model, model.outputs[0])
    if activation not in ("softmax", "sigmoid"):
        raise ValueError(
            f"the last layer of {model.name!r} has activation {activation!r}; expected softmax, "
            "sigmoid or none."
        )
    if isinstance(last, keras.layers.Activation):
        return sub_model(model, last.input)
    return sub_model(model, linear_output(last))


def linear_output(layer: keras.Layer) -> Any:
    """Return a layer's symbolic output before its own activation, from a copy of its weights."""
    if keras.activations.serialize(getattr(layer, "activation", None) or "linear") == "linear":
        return layer.output
    linear = layer.__class__.from_config({**layer.get_config(), "activation": None})
    outputs = linear(layer.input)
    linear.set_weights(layer.get_weights())
    return outputs


def class_scores(logits: Any, classes: Any) -> Any:
    """Pick one class score per image.

    Parameters
    ----------
    logits
        Tensor ``(batch, classes)``. With one column, class 1 scores the logit itself and class 0
        its negative.
    classes
        Integers ``(batch,)``.

    Returns
    -------
    tensor
        Shape ``(batch,)``.
    """
    if logits.shape[-1] == 1:
        logits = keras.ops.concatenate([-logits, logits], axis=-1)
    chosen = keras.ops.one_hot(classes, logits.shape[-1], dtype=logits.dtype)
    return keras.ops.sum(logits * chosen, axis=-1)


def choose_classes(
    logits_network: keras.Model, images: Any, classes: int | Sequence[int] | None
) -> np.ndarray:
    """Return one class per image: those given, or the most probable ones.

    Raises
    ------
    ValueError
        If there are as many classes as neither 1 nor the images, or one does not exist.
    """
    count = max(logits_network.output_shape[-1], 2)
    if classes is None:
        scores = np.asarray(logits_network(images, training=False))
        return (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
    chosen = np.asarray(classes, int)
    chosen = np.full(len(images), chosen) if chosen.ndim == 0 else chosen
    if chosen.shape != (len(images),):
        raise ValueError(f"{chosen.size} classes were given for {len(images)} images.")
    if chosen.size and not 0 <= chosen.min() <= chosen.max() < count:
        raise ValueError(f"classes are {chosen.tolist()}; they must be from 0 to {count - 1}.")
    return chosen


def as_batch(images: Any) -> Any:
    """Return images as a float32 tensor with a batch axis that is not empty.

    Raises
    ------
    ValueError
        If the shape is not ``(batch, ...)`` with at least one image, or a value is not finite.
    """
    array = np.asarray(images, "float32")
    if array.ndim < 2 or len(array) == 0:
        raise ValueError(f"images have shape {array.shape}; expected (batch, ...), not empty.")
    if not np.isfinite(array).all():
        raise ValueError("images hold values that are not finite.")
    return keras.ops.convert_to_tensor(array)
