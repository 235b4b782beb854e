"""Figures in one style: curves, images, confusion matrices, and diagrams of networks.

Every function draws into the axes that it is given (or makes its own) and returns the axes, so a
chapter can add to them. Nothing here knows of TensorFlow: histories are plain mappings, images
are arrays.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.plotting import diagrams, grids, palette, schematics
    from textlib.plotting.curves import compare_runs, plot_history, smooth
    from textlib.plotting.images import image_grid, show_image
    from textlib.plotting.matrices import confusion_matrix, matrix, probability_bars
    from textlib.plotting.style import use_style

_HOMES = {
    "compare_runs": "curves",
    "confusion_matrix": "matrices",
    "image_grid": "images",
    "matrix": "matrices",
    "plot_history": "curves",
    "probability_bars": "matrices",
    "show_image": "images",
    "smooth": "curves",
    "use_style": "style",
}
_MODULES = ("diagrams", "grids", "palette", "schematics")

__all__ = [
    "compare_runs",
    "confusion_matrix",
    "diagrams",
    "grids",
    "image_grid",
    "matrix",
    "palette",
    "plot_history",
    "probability_bars",
    "schematics",
    "show_image",
    "smooth",
    "use_style",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _MODULES:
        return importlib.import_module(f"textlib.plotting.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"textlib.plotting.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'textlib.plotting' has no attribute {name!r}")
