"""Put arrays into the layers of a model, completely or not at all."""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from textlib._errors import unknown
from textlib.fetching.errors import IntegrityError

Arrays = Mapping[str, Sequence[np.ndarray]]


def restore(
    model: keras.Model, weights: str | None, known: Mapping[str, Callable[[], Arrays]]
) -> keras.Model:
    """Return the model with the weights of this name.

    Parameters
    ----------
    model
        A model whose layers are built.
    weights
        One of the names, or None to leave the random weights.
    known
        What reads the weights of each name, as `assign` takes them.

    Raises
    ------
    ValueError
        If no weights have this name.
    """
    if weights is None:
        return model
    if weights not in known:
        hint = "Pass weights=None for random weights."
        raise ValueError(unknown("set of weights", weights, known, hint=hint))
    assign(model, known[weights]())
    return model


def assign(model: keras.Model, arrays: Arrays) -> None:
    """Set the weights of every layer that has any.

    Parameters
    ----------
    model
        A model whose layers are built.
    arrays
        The weights of each layer by its name, in Keras's order. Names that the model does not
        have are left out: a model without its top needs only part of a file.

    Raises
    ------
    IntegrityError
        If a layer's arrays are missing or of another shape. No layer is changed then.
    """
    wanted = {layer.name: layer for layer in model.layers if layer.weights}
    for name, layer in wanted.items():
        expected = [tuple(variable.shape) for variable in layer.weights]
        given = [np.shape(array) for array in arrays.get(name, ())]
        if given != expected:
            raise IntegrityError(
                f"the weights of layer {name!r} have shapes {given}, but {expected} are needed."
            )
    for name, layer in wanted.items():
        layer.set_weights(list(arrays[name]))
