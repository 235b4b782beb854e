"""What sets made by code share: their card, and a stream of random numbers for each part.

The same seed gives the same rows. No part depends on how many rows another has, except where both
are dealt from one pool (``reber``).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from textlib.datasets._types import Dataset, Info, Split

BY_CODE: dict[str, Any] = {
    "family": "synthetic",
    "kind": "synthetic",
    "license": "CC0; made by the code of this book",
    "source": "code",
}


def streams(seed: int, parts: int) -> list[np.random.Generator]:
    """Return independent random generators, one per part."""
    return [np.random.default_rng([seed, part]) for part in range(parts)]


def draw_parts(
    info: Info,
    seed: int,
    draw: Callable[[np.random.Generator, int], Split],
    rows: Sequence[int],
    **fields: Any,
) -> Dataset:
    """Return a set whose parts are drawn one after another.

    Parameters
    ----------
    info
        The card.
    seed
        Seed of the whole set.
    draw
        Makes so many rows from a stream of random numbers.
    rows
        Rows for training and testing, or for training, validation and testing.
    **fields
        Further fields of the `Dataset`.
    """
    train, *others, test = map(draw, streams(seed, len(rows)), rows)
    validation = others[0] if others else None
    return Dataset(info, train, test, validation, **fields)
