"""Quick or full: how large the experiments of this session are.

``quick`` (the default) is sized for two processor cores; ``full`` is the scale of the original
experiments and wants a GPU. The choice comes from the environment variable ``TEXTLIB_SCALE``
and is made before the session starts, so one session never mixes two scales.
"""

import os
from typing import TypeVar

from textlib._errors import unknown

SCALES = ("quick", "full")
T = TypeVar("T")


class UnknownScaleError(ValueError):
    """``TEXTLIB_SCALE`` names no scale."""


def current() -> str:
    """Return the scale of this session, ``"quick"`` or ``"full"``.

    Raises
    ------
    UnknownScaleError
        If ``TEXTLIB_SCALE`` is set to anything else.
    """
    name = os.environ.get("TEXTLIB_SCALE", "quick")
    if name not in SCALES:
        hint = "Set TEXTLIB_SCALE to one of these, or unset it for 'quick'."
        raise UnknownScaleError(unknown("scale", name, SCALES, hint=hint))
    return name


def pick(*, quick: T, full: T) -> T:
    """Return the value for the current scale.

    Examples
    --------
    >>> epochs = pick(quick=3, full=20)
    """
    return quick if current() == "quick" else full


def seed(base: int = 0) -> int:
    """Return ``base`` plus this session's seed offset.

    Pages draw every seed through this function, so that the press can run the same page on
    other seeds (``press claims PAGE --seeds 3``) and see whether its claims still hold.

    Parameters
    ----------
    base
        The seed that the page would use on its own.

    Raises
    ------
    ValueError
        If ``TEXTLIB_SEED_OFFSET`` is not a whole number.
    """
    offset = os.environ.get("TEXTLIB_SEED_OFFSET", "0")
    try:
        return base + int(offset)
    except ValueError:
        message = f"TEXTLIB_SEED_OFFSET is {offset!r}; it must be a whole number, such as 1."
        raise ValueError(message) from None
