"""Computer vision beyond the layers of a network: the arithmetic of convolutions."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.vision import arithmetic

_MODULES = ("arithmetic",)

__all__ = ["arithmetic"]


def __getattr__(name: str) -> Any:
    """Load a module of this room when it is first used."""
    if name in _MODULES:
        return importlib.import_module(f"textlib.vision.{name}")
    raise AttributeError(f"module 'textlib.vision' has no attribute {name!r}")
