"""Looking inside trained networks: what they compute, what they like, and where they look.

Everything takes a built Keras model and arrays, and returns arrays; ``textlib.plotting`` draws
them. Images are given as the network expects them, that is, after its own preprocessing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.interpret.activations import (
        layer_activations,
        map_layers,
        mosaic,
        silent_channels,
        zero_fraction,
    )
    from textlib.interpret.attribution import input_gradient, saliency
    from textlib.interpret.cam import grad_cam, overlay, resize_map
    from textlib.interpret.masking import hide, hottest, shuffled_copy
    from textlib.interpret.maximization import Ascent, filter_objective, maximize, to_display
    from textlib.interpret.networks import class_scores, logits_model
    from textlib.interpret.surrogate import Surrogate, grid_segments, local_surrogate

_HOMES = {
    "Ascent": "maximization",
    "Surrogate": "surrogate",
    "class_scores": "networks",
    "filter_objective": "maximization",
    "grad_cam": "cam",
    "grid_segments": "surrogate",
    "hide": "masking",
    "hottest": "masking",
    "input_gradient": "attribution",
    "layer_activations": "activations",
    "local_surrogate": "surrogate",
    "logits_model": "networks",
    "map_layers": "activations",
    "maximize": "maximization",
    "mosaic": "activations",
    "overlay": "cam",
    "resize_map": "cam",
    "saliency": "attribution",
    "shuffled_copy": "masking",
    "silent_channels": "activations",
    "to_display": "maximization",
    "zero_fraction": "activations",
}

__all__ = [
    "Ascent",
    "Surrogate",
    "class_scores",
    "filter_objective",
    "grad_cam",
    "grid_segments",
    "hide",
    "hottest",
    "input_gradient",
    "layer_activations",
    "local_surrogate",
    "logits_model",
    "map_layers",
    "maximize",
    "mosaic",
    "overlay",
    "resize_map",
    "saliency",
    "shuffled_copy",
    "silent_channels",
    "to_display",
    "zero_fraction",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"textlib.interpret.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'textlib.interpret' has no attribute {name!r}")
