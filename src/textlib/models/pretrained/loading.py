"""A pretrained network together with its preprocessing, its card and its class names."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from textlib.models import pretrained
from textlib.models.pretrained import labels
from textlib.models.pretrained.cards import Card, describe


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

    model: keras.Model
    preprocess: Callable[[Any], np.ndarray]
    card: Card

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of ImageNet's classes, in the order of the network's outputs."""
        return labels.class_names()

    def classify(self, images: Any, *, top: int = 5) -> list[list[labels.Guess]]:
        """Say what is in photographs.

        Parameters
        ----------
        images
            RGB images ``(batch, height, width, 3)`` with values 0 to 255, of the network's size.
        top
            Number of classes per image, most probable first.
        """
        probabilities = self.model.predict(self.preprocess(images), verbose=0)
        return labels.decode_predictions(probabilities, top=top)


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
    return Pretrained(getattr(module, name)(**options), module.preprocess, describe(name))


def preprocess(images: Any, name: str) -> np.ndarray:
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


def _module_of(name: str) -> Any:
    describe(name)  # raises for an unknown name
    return importlib.import_module(getattr(pretrained, name).__module__)
