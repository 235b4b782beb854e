"""Schedules of the learning rate that Keras does not have."""

import math
from typing import Any

import keras
from keras import ops

from textlib._errors import unknown

SHAPES = ("cosine", "linear")


@keras.saving.register_keras_serializable(package="textlib")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Raise the learning rate to a peak, then lower it to almost nothing, once in a training.

    Parameters
    ----------
    peak_rate
        The highest learning rate.
    steps
        Updates in the whole training: epochs times batches per epoch. Later updates have the
        rate of the last.
    rise
        Share of the steps in which the rate rises, between 0 and 1, exclusive.
    start, end
        The first and the last rate, as shares of the peak.
    shape
        How the rate goes from one to the other: ``"cosine"`` or ``"linear"``.

    Raises
    ------
    ValueError
        If a number is out of its range or the shape is unknown.

    References
    ----------
    Smith: A disciplined approach to neural network hyper-parameters, part 1. arXiv:1803.09820
    (2018). There the lines are straight; half cosines have become common.

    Examples
    --------
    >>> schedule = OneCycle(0.1, steps=100)
    >>> [round(float(schedule(step)), 4) for step in (0, 30, 100)]
    [0.004, 0.1, 0.0]
    """

    def __init__(
        self,
        peak_rate: float,
        steps: int,
        *,
        rise: float = 0.3,
        start: float = 0.04,
        end: float = 1e-4,
        shape: str = "cosine",
    ) -> None:
        if peak_rate <= 0 or steps < 1:
            raise ValueError(
                f"peak_rate is {peak_rate!r} and steps is {steps!r}; both must be positive."
            )
        if not 0 < rise < 1:
            raise ValueError(f"rise is {rise!r}; it is the share of the steps, between 0 and 1.")
        if shape not in SHAPES:
            raise ValueError(unknown("shape", shape, SHAPES))
        self.peak_rate, self.steps = peak_rate, steps
        self.rise, self.start, self.end, self.shape = rise, start, end, shape

    def __call__(self, step: Any) -> Any:
        """Return the rate of update ``step``, counted from 0."""
        done = ops.cast(step, "float32") / self.steps
        up = self._between(self.start, 1.0, done / self.rise)
        down = self._between(1.0, self.end, (done - self.rise) / (1 - self.rise))
        return self.peak_rate * ops.where(done < self.rise, up, down)

    def _between(self, first: float, last: float, share: Any) -> Any:
        share = ops.clip(share, 0.0, 1.0)
        if self.shape == "cosine":
            share = (1 - ops.cos(math.pi * share)) / 2
        return first + (last - first) * share

    def get_config(self) -> dict[str, Any]:
        """Return what it takes to build the schedule again."""
        names = ("peak_rate", "steps", "rise", "start", "end", "shape")
        return {name: getattr(self, name) for name in names}
