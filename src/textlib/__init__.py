"""The code behind *Deep Learning, Executed*.

The chapters import this package for datasets, models, training and plots. Submodules load on
first use, so ``import textlib`` costs milliseconds and does not start TensorFlow:

>>> from textlib import datasets
>>> digits = datasets.load("mnist")  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_SUBMODULES = (
    "claims",
    "datasets",
    "demos",
    "fetching",
    "interpret",
    "language",
    "layers",
    "models",
    "paths",
    "plotting",
    "scale",
    "training",
    "vision",
)
_FUNCTIONS = {"show_source": "textlib._source"}

if TYPE_CHECKING:
    from textlib._source import show_source

__all__ = ["__version__", "show_source"]


def __getattr__(name: str) -> Any:
    """Import a submodule, or a top-level function, the first time that it is used."""
    if name in _SUBMODULES:
        return importlib.import_module(f"textlib.{name}")
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(_FUNCTIONS[name]), name)
    raise AttributeError(f"module 'textlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_SUBMODULES])
