"""What the press sees of a page from inside its kernel.

This file runs in kernels and in the process that they are forked from, loaded by its path; it
knows nothing of the press and imports only the standard library.
"""

import os
import sys
from typing import Any

NAME = "_bookpress_observer"  # its name in ``sys.modules`` there

_changed: set[str] = set()


def begin() -> None:
    """Begin to note which environment variables change, however that is done."""
    sys.addaudithook(_hear)


def changed_variables() -> list[str]:
    """Return the names of the variables that have changed since the beginning."""
    return sorted(_changed)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("os.putenv", "os.unsetenv"):
        name = os.fsdecode(arguments[0])
        value = os.fsdecode(arguments[1]) if event == "os.putenv" else None
        if os.environ.get(name) != value:
            _changed.add(name)
