"""What a page's claims are tried against: no training at all, and labels dealt out at random.

This file runs in kernels, before the first cell of a page; it knows nothing of the press. A claim
about what a training showed should fail here, or say in words why it may hold.
"""

import dataclasses
from typing import Any

CONTROLS = ("untrained", "shuffled")


def untrained() -> None:
    """Let every Keras optimizer count its updates and make none."""
    import keras

    _let_claims_fail()

    def apply(self: Any, grads: Any, trainable_variables: Any = None) -> Any:
        if not self.built:
            self.build(list(trainable_variables))
        self.iterations.assign_add(1)
        return self.iterations

    keras.optimizers.Optimizer.apply = apply


def shuffled() -> None:
    """Let every dataset come with its labels dealt out anew among the rows of each part."""
    import numpy as np

    from textlib import datasets

    _let_claims_fail()

    original = datasets.load

    def load(name: str, **options: Any) -> Any:
        data = original(name, **options)
        random = np.random.default_rng(0)
        parts: dict[str, Any] = {}
        for field in dataclasses.fields(data):
            split: Any = getattr(data, field.name)
            if getattr(split, "y", None) is not None:
                order = random.permutation(len(split))
                parts[field.name] = dataclasses.replace(split, y=split.rows(order).y)
        return dataclasses.replace(data, **parts)

    datasets.load = load


def _let_claims_fail() -> None:
    """Let a claim that fails be shown and end nothing, so that the others of its cell are tried."""
    from textlib import claims

    setattr(claims.Claim, "fails", False)  # noqa: B010 - a property, which mypy holds on to
