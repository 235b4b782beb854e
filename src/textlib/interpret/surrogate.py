"""Explain one prediction of any classifier by a linear model that is right near the image.

The classifier is asked about copies of the image in which some patches are hidden; a weighted
ridge regression from "patch is visible" to the score says what each patch adds.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from textlib.interpret.masking import hide


@dataclass(frozen=True)
class Surrogate:
    """A linear model of a classifier around one image.

    Attributes
    ----------
    weights
        What each visible patch adds to the score, ``(patches,)``.
    intercept
        The model's score when everything is hidden.
    r2
        Share of the score's variance among the copies that the model explains, weighted by
        nearness to the image. Close to 0 or negative: do not trust the weights.
    segments
        The patch of each pixel, ``(height, width)``.
    """

    weights: np.ndarray
    intercept: float
    r2: float
    segments: np.ndarray

    def heatmap(self) -> np.ndarray:
        """Return the weight of each pixel's patch, ``(height, width)``."""
        return self.weights[self.segments]


def grid_segments(height: int, width: int, *, cells: int = 7) -> np.ndarray:
    """Divide an image into a grid of nearly equal patches.

    Parameters
    ----------
    height, width
        Size of the image.
    cells
        Patches per side, at most the shorter side.

    Returns
    -------
    numpy.ndarray
        int ``(height, width)``: the number of each pixel's patch, row by row from 0.
    """
    if not 1 <= cells <= min(height, width):
        raise ValueError(f"cells is {cells}; it must be from 1 to {min(height, width)}.")
    rows = np.arange(height) * cells // height
    columns = np.arange(width) * cells // width
    return rows[:, np.newaxis] * cells + columns


def local_surrogate(
    score: Callable[[np.ndarray], np.ndarray],
    image: np.ndarray,
    segments: np.ndarray,
    *,
    samples: int = 200,
    kernel_width: float = 0.25,
    ridge: float = 1.0,
    batch_size: int = 10,
    seed: int = 0,
) -> Surrogate:
    """Fit a linear model to a classifier around one image.

    Parameters
    ----------
    score
        Takes images ``(batch, height, width, channels)`` like ``image``, gives ``(batch,)``
        scores, such as a logit. Nothing else of the classifier is used.
    image
        ``(height, width, channels)``.
    segments
        The patch of each pixel, such as from `grid_segments`.
    samples
        Number of copies. In each, every patch is hidden with probability 1/2; the first copy is
        the image itself.
    kernel_width
        How fast the weight of a copy falls with its distance from the image: the weight is
        ``exp(-d² / kernel_width²)`` and ``d`` the cosine distance of the visible patches.
    ridge
        Penalty on the squared weights.
    batch_size
        Copies per call of ``score``. Small, because a Keras model called directly keeps the maps
        of all of its layers until it returns.
    seed
        Seed of the choice of hidden patches.

    Returns
    -------
    Surrogate
        The linear model.

    References
    ----------
    Ribeiro, Singh and Guestrin (2016), "Why should I trust you?": explaining the predictions of
    any classifier, KDD.
    """
    from sklearn.linear_model import Ridge

    patches = int(segments.max()) + 1
    visible = np.random.default_rng(seed).random((samples, patches)) < 0.5
    visible[0] = True
    copies = (hide(image, ~row[segments]) for row in visible)
    scores = np.concatenate([np.ravel(score(batch)) for batch in _batches(copies, batch_size)])
    distance = 1 - np.sqrt(visible.mean(axis=1))
    nearness = np.exp(-((distance / kernel_width) ** 2))
    model = Ridge(alpha=ridge).fit(visible, scores, sample_weight=nearness)
    r2 = float(model.score(visible, scores, sample_weight=nearness))
    return Surrogate(model.coef_, float(model.intercept_), r2, segments)


def _batches(images: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    stream = iter(images)
    while batch := list(itertools.islice(stream, size)):
        yield np.stack(batch)
