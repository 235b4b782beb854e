"""Making text with models: how the next token is drawn, and how a model is asked for many.

Vocabularies and encodings belong to the data and live in ``textlib.datasets``; networks live in
``textlib.models``. Nothing here needs TensorFlow: probabilities come in as arrays.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.language.sampling import (
        entropy,
        generate,
        greedy,
        nucleus,
        sample,
        temper,
        top_k,
    )

_HOMES = dict.fromkeys(
    ("entropy", "generate", "greedy", "nucleus", "sample", "temper", "top_k"), "sampling"
)

__all__ = ["entropy", "generate", "greedy", "nucleus", "sample", "temper", "top_k"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"textlib.language.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'textlib.language' has no attribute {name!r}")
