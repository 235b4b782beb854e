"""Keras's own pretrained networks, for machines that reach the server with their weights."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import keras

from textlib._errors import unknown
from textlib.fetching.errors import FetchError
from textlib.models.pretrained.cards import UnknownNetworkError


def keras_application(
    name: str, *, weights: str | None = "imagenet", **options: Any
) -> tuple[keras.Model, Callable[..., Any]]:
    """Build a network of ``keras.applications`` together with its own preprocessing.

    Parameters
    ----------
    name
        Name of the builder, such as ``"ResNet50"`` or ``"VGG16"``.
    weights
        ``"imagenet"``, fetched by Keras into its own cache, or None for random weights.
    **options
        Further arguments of the builder, such as ``include_top`` and ``input_shape``.

    Returns
    -------
    model : keras.Model
        Uncompiled.
    preprocess : callable
        Turns RGB images with values 0 to 255 into what this network expects.

    Raises
    ------
    UnknownNetworkError
        If Keras has no such network.
    textlib.fetching.errors.FetchError
        If the weights cannot be fetched.
    """
    builders = application_names()
    if name not in builders:
        raise UnknownNetworkError(unknown("Keras application", name, builders))
    builder = getattr(keras.applications, name)
    module = importlib.import_module(builder.__module__)
    try:
        model = builder(weights=weights, **options)
    except Exception as error:
        # Keras wraps every failed download in a plain Exception.
        if "fetch failure" not in str(error):
            raise
        offline = "Without network use textlib's own: efficientnet_lite0 or squeezenet"
        raise FetchError(f"the weights of {name}", [f"{error}. {offline}"]) from error
    return model, module.preprocess_input


def application_names() -> list[str]:
    """Return the names of the networks in ``keras.applications``, sorted."""
    return sorted(
        name
        for name, value in vars(keras.applications).items()
        if inspect.isfunction(value) and not name.startswith("_")
    )
