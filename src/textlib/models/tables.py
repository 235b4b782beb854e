"""Networks as tables: one row a layer, for pages to show and to count with."""

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    import pandas as pd


def layer_table(model: keras.Model, *, total: bool = True) -> "pd.DataFrame":
    """Return the layers of a model with their output shapes and parameters.

    Parameters
    ----------
    model
        A built model.
    total
        Whether to end with a row for the whole model.

    Returns
    -------
    DataFrame
        Columns ``layer`` (class), ``output shape`` (without the batch axis), ``parameters``
        (trainable and not); indexed by the layer's position, counted from 1. A layer that is not
        part of a graph of layers, such as one that a model's own ``call`` uses, has no shape.

    Raises
    ------
    ValueError
        If the model has no variables yet.

    Examples
    --------
    >>> layer_table(mlp())["parameters"].tolist()  # doctest: +SKIP
    [0, 401920, 5130, 407050]
    """
    import pandas as pd

    if not model.built:
        message = (
            f"model {model.name!r} has no variables yet; start it with keras.Input(...), or call "
            "it once on a batch."
        )
        raise ValueError(message)
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    rows = [(type(layer).__name__, _shape(layer), layer.count_params()) for layer in layers]
    index = [str(number) for number in range(1, len(rows) + 1)]
    if total:
        rows.append(("total", "", model.count_params()))
        index.append("")
    return pd.DataFrame(rows, columns=["layer", "output shape", "parameters"], index=index)


def _shape(layer: keras.Layer) -> str:
    try:
        output = layer.output
        shape = output.shape if not isinstance(output, list) else output[0].shape
    except (AttributeError, ValueError):  # Keras raises either for a layer outside of a graph
        shape = getattr(layer, "output_shape", None)  # a model knows its shape by itself
    if shape is None:
        return ""
    return " × ".join("?" if size is None else str(size) for size in shape[1:])
