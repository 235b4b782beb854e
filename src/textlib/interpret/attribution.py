"""Which pixels a class score depends on: its gradient with respect to the image."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from textlib.interpret.networks import as_batch, choose_classes, class_scores, logits_model


def input_gradient(
    model: keras.Model, images: Any, classes: int | Sequence[int] | None = None
) -> np.ndarray:
    """Differentiate a class's logit with respect to every input value.

    Parameters
    ----------
    model
        A classifier; its softmax or sigmoid is left off.
    images
        Array ``(batch, height, width, channels)``, as the model expects it.
    classes
        One class for all images, one for each, or None for the most probable ones.

    Returns
    -------
    numpy.ndarray
        The gradient, of the images' shape.

    Raises
    ------
    ValueError
        If images, classes or model are of another kind; the message says what was expected.
    """
    import tensorflow as tf

    network, batch = logits_model(model), as_batch(images)
    chosen = choose_classes(network, batch, classes)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        total = keras.ops.sum(class_scores(network(batch, training=False), chosen))
    return np.asarray(tape.gradient(total, batch))


def saliency(
    model: keras.Model,
    images: Any,
    classes: int | Sequence[int] | None = None,
    *,
    samples: int = 1,
    noise: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Say how strongly each pixel would move a class's logit.

    Parameters
    ----------
    model, images, classes
        As for `input_gradient`.
    samples
        Number of noisy copies over which gradients are averaged (SmoothGrad); 1 uses the image
        as it is when ``noise`` is 0.
    noise
        Standard deviation of the noise, as a fraction of each image's range of values.
    seed
        Seed of the noise.

    Returns
    -------
    numpy.ndarray
        ``(batch, height, width)``: the largest absolute derivative over the channels.

    Raises
    ------
    ValueError
        If ``samples`` is not positive, or as for `input_gradient`.

    References
    ----------
    Simonyan, Vedaldi and Zisserman (2014), Deep inside convolutional networks, ICLR workshop.
    Smilkov et al. (2017), SmoothGrad: removing noise by adding noise, arXiv:1706.03825.
    """
    if samples < 1 or noise < 0:
        raise ValueError(f"samples is {samples} and noise {noise}; expected at least 1 and 0.")
    batch = np.asarray(as_batch(images))
    chosen = choose_classes(logits_model(model), batch, classes)
    rng = np.random.default_rng(seed)
    spread = noise * np.ptp(batch, axis=tuple(range(1, batch.ndim)), keepdims=True)
    total = np.zeros_like(batch)
    for _ in range(samples):
        shift = spread * rng.standard_normal(batch.shape, dtype="float32")
        total += input_gradient(model, batch + shift, chosen.tolist())
    return np.abs(total / samples).max(axis=-1)
