"""Keras layers that the book introduces and later chapters import.

Every layer serializes (``get_config``), works on batches of any size, and names the paper it
comes from. Common tests run over all of them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.layers.gaussian import GaussianSampling, gaussian_kl

_HOMES = {"GaussianSampling": "gaussian", "gaussian_kl": "gaussian"}

__all__ = ["GaussianSampling", "gaussian_kl"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"textlib.layers.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'textlib.layers' has no attribute {name!r}")
