"""Networks that others have trained, rebuilt in Keras, with weights from package registries.

Each comes with its card (`describe`): what it was trained on, by whom, on whose terms. Weights are
read without PyTorch and without running code from the files. ``load`` gives network,
preprocessing and class names together, so that they cannot be mixed up.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import numpy as np

    from textlib.models.pretrained.applications import application_names, keras_application
    from textlib.models.pretrained.cards import Card, UnknownNetworkError, describe, names
    from textlib.models.pretrained.efficientnet import efficientnet_lite0
    from textlib.models.pretrained.images import fit_square
    from textlib.models.pretrained.labels import (
        Guess,
        UnknownClassError,
        class_index,
        class_names,
        decode_predictions,
    )
    from textlib.models.pretrained.squeeze import squeezenet
    from textlib.models.pretrained.vgg import vgg16_features

_HOMES = {
    "Card": "cards",
    "Guess": "labels",
    "UnknownClassError": "labels",
    "UnknownNetworkError": "cards",
    "application_names": "applications",
    "class_index": "labels",
    "class_names": "labels",
    "decode_predictions": "labels",
    "describe": "cards",
    "efficientnet_lite0": "efficientnet",
    "fit_square": "images",
    "keras_application": "applications",
    "names": "cards",
    "squeezenet": "squeeze",
    "vgg16_features": "vgg",
}
_MODULES = {
    "efficientnet_lite0": "efficientnet",
    "squeezenet": "squeeze",
    "vgg16_features": "vgg",
}

__all__ = [
    "Card",
    "Guess",
    "Pretrained",
    "UnknownClassError",
    "UnknownNetworkError",
    "application_names",
    "class_index",
    "class_names",
    "decode_predictions",
    "describe",
    "efficientnet_lite0",
    "fit_square",
    "keras_application",
    "load",
    "names",
    "preprocess",
    "squeezenet",
    "vgg16_features",
]


@dataclass(frozen=True)
class Pretrained:
    """A pretrained network with what belongs to it.

    Attributes
    ----------
    model
        The network, uncompiled.
    preprocess
        Turns RGB images with values 0 to 255 into what this network expects.
    card
        Provenance, license and citation.
    """

    model: "keras.Model"
    preprocess: Callable[[Any], "np.ndarray"]
    card: "Card"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of ImageNet's classes, in the order of the network's outputs."""
        from textlib.models.pretrained.labels import class_names as names_of_classes

        return names_of_classes()

    def classify(self, images: Any, *, top: int = 5) -> "list[list[Guess]]":
        """Say what is in photographs.

        Parameters
        ----------
        images
            RGB images ``(batch, height, width, 3)`` with values 0 to 255, of the network's size.
        top
            Number of classes per image, most probable first.
        """
        from textlib.models.pretrained.labels import decode_predictions as decode

        return decode(self.model.predict(self.preprocess(images), verbose=0), top=top)


def load(name: str, **options: Any) -> Pretrained:
    """Load a pretrained network together with its preprocessing and card.

    Parameters
    ----------
    name
        One of `names`.
    **options
        Arguments of the builder, such as ``include_top=False``.

    Raises
    ------
    UnknownNetworkError
        If no network has this name.
    textlib.fetching.errors.FetchError
        If the weights cannot be fetched.
    textlib.fetching.errors.IntegrityError
        If they are damaged or altered.

    Examples
    --------
    >>> network = load("efficientnet_lite0")  # doctest: +SKIP
    >>> network.classify(photos, top=1)  # doctest: +SKIP
    """
    module = _module_of(name)
    return Pretrained(getattr(module, name)(**options), module.preprocess, _describe(name))


def preprocess(images: Any, name: str) -> "np.ndarray":
    """Turn RGB images with values 0 to 255 into what the network of this name expects.

    Parameters
    ----------
    images
        Array ``(..., height, width, 3)``.
    name
        One of `names`.
    """
    result: np.ndarray = _module_of(name).preprocess(images)
    return result


def _describe(name: str) -> "Card":
    from textlib.models.pretrained.cards import describe as card_of

    return card_of(name)


def _module_of(name: str) -> Any:
    _describe(name)  # raises for an unknown name
    return importlib.import_module(f"textlib.models.pretrained.{_MODULES[name]}")


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _HOMES:
        module = importlib.import_module(f"textlib.models.pretrained.{_HOMES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'textlib.models.pretrained' has no attribute {name!r}")
