"""Networks of the book: functions that return uncompiled ``keras.Model`` objects.

One module per family. Builders register themselves under a name, so that common tests run over
all of them: each builds, serializes, computes finite outputs of the promised shape, and can be
trained. Pretrained networks are in ``models.pretrained``.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.models import pretrained
    from textlib.models.autoencoders import (
        VariationalAutoencoder,
        autoencoder,
        image_decoder,
        image_encoder,
        variational_autoencoder,
    )
    from textlib.models.convnets import convnet
    from textlib.models.dense import mlp
    from textlib.models.registry import build, names, register
    from textlib.models.tables import layer_table

_HOMES = {
    "VariationalAutoencoder": "autoencoders",
    "autoencoder": "autoencoders",
    "build": "registry",
    "convnet": "convnets",
    "image_decoder": "autoencoders",
    "image_encoder": "autoencoders",
    "layer_table": "tables",
    "mlp": "dense",
    "names": "registry",
    "register": "registry",
    "variational_autoencoder": "autoencoders",
}
_MODULES = ("pretrained",)

__all__ = [
    "VariationalAutoencoder",
    "autoencoder",
    "build",
    "convnet",
    "image_decoder",
    "image_encoder",
    "layer_table",
    "mlp",
    "names",
    "pretrained",
    "register",
    "variational_autoencoder",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _MODULES:
        return importlib.import_module(f"textlib.models.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"textlib.models.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'textlib.models' has no attribute {name!r}")
