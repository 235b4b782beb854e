"""Training with a memory, and the routines around it.

``fit`` does what ``model.fit`` does and remembers the result; ``set_seed`` makes a page
repeatable. The compiled epoch loop and the schedules of the learning rate have a module each.
Models and data know nothing of this package.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textlib.training.fitting import Run, fit
    from textlib.training.loops import fit_small
    from textlib.training.seeds import set_seed
    from textlib.training.store import RunStore

_HOMES = {
    "Run": "fitting",
    "fit": "fitting",
    "fit_small": "loops",
    "set_seed": "seeds",
    "RunStore": "store",
}

__all__ = ["Run", "RunStore", "fit", "fit_small", "set_seed"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"textlib.training.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'textlib.training' has no attribute {name!r}")
