"""The list of builders, so that common tests and the API reference see every model."""

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

import keras

from textlib._errors import unknown

#: Modules whose builders register themselves when they are imported.
FAMILIES = ("dense", "convnets", "autoencoders")
Builder = TypeVar("Builder", bound=Callable[..., keras.Model])

_BUILDERS: dict[str, Callable[..., keras.Model]] = {}


class UnknownModelError(KeyError):
    """No builder has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


def register(builder: Builder) -> Builder:
    """Enter a builder under its function's name; used as a decorator.

    Raises
    ------
    ValueError
        If another function has the name already.
    """
    name = builder.__name__
    known = _BUILDERS.get(name)
    if known is not None and known.__module__ != builder.__module__:
        raise ValueError(f"a model named {name!r} is registered already, by {known.__module__}.")
    _BUILDERS[name] = builder
    return builder


def names() -> list[str]:
    """Return the names of all registered builders, sorted."""
    for family in FAMILIES:
        importlib.import_module(f"textlib.models.{family}")
    return sorted(_BUILDERS)


def build(name: str, **options: Any) -> keras.Model:
    """Build a registered model by name, with its defaults where no option is given.

    Raises
    ------
    UnknownModelError
        If there is no such model; the message lists them and the nearest name.
    """
    if name not in names():
        raise UnknownModelError(unknown("model", name, names()))
    return _BUILDERS[name](**options)
