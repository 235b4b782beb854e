"""Images that a network likes most, found by climbing the gradient of an activation.

The network is fixed; the image is what gets trained. Left alone the ascent finds high-frequency
noise, so the usual restraints are here: normalized steps, random shifts, blur, bounds, and growing
from a small image to a large one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from textlib.interpret.networks import (
    MAP_DIMENSIONS,
    as_batch,
    find_layer,
    linear_output,
    sub_model,
)

Objective = Callable[[Any], Any]
EPSILON = 1e-5


@dataclass(frozen=True)
class Ascent:
    """The end of a climb and the way there.

    Attributes
    ----------
    images
        ``(batch, height, width, channels)``, in the network's own units.
    scores
        The objective before each step and after the last, ``(steps + 1, batch)``; with several
        octaves, those of the last one. Before a step the image is shifted by its jitter.
    """

    images: np.ndarray
    scores: np.ndarray


def filter_objective(
    model: keras.Model, layer: str, filters: Sequence[int], *, leak: float = 0.0
) -> Objective:
    """Return the objective "mean activation of one filter", one filter for each image.

    Parameters
    ----------
    model
        A built model.
    layer
        Name of a layer that makes maps ``(batch, height, width, channels)`` or units
        ``(batch, units)``.
    filters
        Channel or unit numbers, one for each image that will be climbed.
    leak
        Slope of the layer's ReLU below 0. Where a ReLU is 0 it has no gradient, so a filter that
        does not respond to the first image can only be climbed with a small leak, such as 0.01.

    Returns
    -------
    callable
        From images to scores ``(batch,)``.

    Raises
    ------
    UnknownLayerError
        If the model has no such layer.
    ValueError
        If a filter does not exist, or there is a leak and the layer's activation is no ReLU.
    """
    found = find_layer(model, layer)
    viewer = sub_model(model, _leaky_output(found, leak) if leak else found.output)
    channels = viewer.output_shape[-1]
    chosen = np.asarray(filters, int)
    if chosen.ndim != 1 or not ((chosen >= 0) & (chosen < channels)).all():
        raise ValueError(f"filters are {filters!r}; they must be from 0 to {channels - 1}.")
    select = np.eye(channels, dtype="float32")[chosen]  # (batch, channels)

    def objective(images: Any) -> Any:
        outputs = viewer(images, training=False)
        middle = tuple(range(1, len(outputs.shape) - 1))
        means = keras.ops.mean(outputs, axis=middle) if middle else outputs
        return keras.ops.sum(means * select, axis=-1)

    return objective


def _leaky_output(layer: keras.Layer, leak: float) -> Any:
    activation = getattr(layer, "activation", None)
    if activation is not keras.activations.relu:
        raise ValueError(
            f"layer {layer.name!r} has activation {activation!r}; a leak needs a ReLU."
        )
    return keras.layers.LeakyReLU(leak)(linear_output(layer))


def maximize(
    objective: Objective,
    start: Any,
    *,
    steps: int = 20,
    step_size: float = 1.0,
    normalize: bool = True,
    jitter: int = 0,
    blur: float = 0.0,
    bounds: tuple[float, float] | None = None,
    octaves: int = 1,
    octave_scale: float = 1.4,
    seed: int = 0,
) -> Ascent:
    """Climb an objective by changing images.

    Parameters
    ----------
    objective
        Takes images as a tensor, gives one score per image. Images must not influence each other.
    start
        Images ``(batch, height, width, channels)`` in the network's own units.
    steps
        Steps per octave.
    step_size
        Length of a step: the root mean square of the change of one value if ``normalize`` is set,
        otherwise the factor of the gradient.
    normalize
        Divide each image's gradient by its root mean square.
    jitter
        Shift the image before each gradient by up to this many pixels each way, around the edges,
        and back after it. Suppresses patterns that depend on one exact place.
    blur
        Standard deviation, in pixels, of a Gaussian blur after each step. 0 for none.
    bounds
        Lowest and highest value; values are clipped after each step.
    octaves
        Number of sizes. The climb begins on images reduced ``octaves - 1`` times by
        ``octave_scale``; detail lost by reducing is put back when they grow.
    octave_scale
        Ratio of the sides of neighboring sizes, above 1.
    seed
        Seed of the shifts.

    Returns
    -------
    Ascent
        The images and their scores.

    Raises
    ------
    ValueError
        If an argument is out of range, or a score is not finite.

    References
    ----------
    Erhan, Bengio, Courville and Vincent (2009), Visualizing higher-layer features of a deep
    network, University of Montreal. Olah, Mordvintsev and Schubert (2017), Feature
    visualization, Distill.
    """
    if steps < 1 or octaves < 1 or octave_scale <= 1 or jitter < 0 or blur < 0:
        raise ValueError(
            f"steps is {steps}, octaves {octaves}, octave_scale {octave_scale}, jitter {jitter}, "
            f"blur {blur}; expected at least 1, 1, more than 1, at least 0 and 0."
        )
    original = as_batch(start)
    if len(original.shape) != MAP_DIMENSIONS:
        raise ValueError(f"start has shape {original.shape}; expected (batch, h, w, channels).")
    step = _make_step(objective, step_size, normalize, blur, bounds)
    rng = np.random.default_rng(seed)
    images: Any = None
    scores: list[np.ndarray] = []
    for size in _sizes(original.shape[1:3], octaves, octave_scale):
        images = _grown(images, original, size)
        scores = []
        for _ in range(steps):
            shift = rng.integers(-jitter, jitter + 1, 2)
            images, score = step(images, shift)
            scores.append(np.asarray(score))
        scores.append(np.asarray(objective(images)))
    if not np.isfinite(scores).all():
        raise ValueError("the objective became infinite or NaN; take smaller steps or bounds.")
    return Ascent(np.asarray(images), np.stack(scores))


def to_display(images: np.ndarray, *, spread: float = 0.15) -> np.ndarray:
    """Bring images in a network's units to colors that people can look at.

    Each image is centered on middle gray with the given standard deviation, then clipped, so a
    pattern shows whatever its units.

    Parameters
    ----------
    images
        ``(..., height, width, channels)``.
    spread
        Standard deviation of the result, where white is 1.

    Returns
    -------
    numpy.ndarray
        float32 with values from 0 to 1.
    """
    images = np.asarray(images, "float32")
    axes = (-3, -2, -1)
    centered = images - images.mean(axis=axes, keepdims=True)
    scaled = centered / (images.std(axis=axes, keepdims=True) + EPSILON)
    return np.clip(0.5 + spread * scaled, 0, 1)


def _make_step(
    objective: Objective,
    step_size: float,
    normalize: bool,
    blur: float,
    bounds: tuple[float, float] | None,
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Return one compiled step of the ascent: images and shift in, images and scores out."""
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def step(images: Any, shift: Any) -> tuple[Any, Any]:
        shifted = tf.roll(images, shift, axis=(1, 2))
        with tf.GradientTape() as tape:
            tape.watch(shifted)
            scores = objective(shifted)
            total = keras.ops.sum(scores)
        gradient = tape.gradient(total, shifted)
        if normalize:
            square = keras.ops.mean(gradient**2, axis=(1, 2, 3), keepdims=True)
            gradient = gradient / (keras.ops.sqrt(square) + EPSILON)
        images = images + step_size * tf.roll(gradient, -shift, axis=(1, 2))
        if blur > 0:
            images = _blurred(images, blur)
        if bounds is not None:
            images = keras.ops.clip(images, *bounds)
        return images, scores

    return step


def _blurred(images: Any, sigma: float) -> Any:
    """Blur images, repeating their edges mirrored so that borders keep their brightness."""
    margin = max(1, round(3 * sigma))
    around = [[0, 0], [margin, margin], [margin, margin], [0, 0]]
    padded = keras.ops.pad(images, around, mode="symmetric")
    size = 2 * margin + 1
    blurred = keras.ops.image.gaussian_blur(padded, (size, size), (sigma, sigma))
    return blurred[:, margin:-margin, margin:-margin, :]


def _sizes(full: tuple[int, int], octaves: int, scale: float) -> list[tuple[int, int]]:
    """Return the height and width of each octave, smallest first, full size last."""
    return [
        (max(1, round(full[0] / scale**power)), max(1, round(full[1] / scale**power)))
        for power in reversed(range(octaves))
    ]


def _grown(images: Any, original: Any, size: tuple[int, int]) -> Any:
    """Bring images to the next size, with the detail of the original that the last size lost."""
    target = _resize(original, size)
    if images is None:
        return target
    blurred = _resize(_resize(original, images.shape[1:3]), size)
    return _resize(images, size) + target - blurred


def _resize(images: Any, size: tuple[int, int]) -> Any:
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    return keras.ops.image.resize(images, size, interpolation="bilinear", antialias=True)
