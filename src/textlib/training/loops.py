"""The compiled epoch loop: many epochs over few rows without per-epoch overhead.

``model.fit`` costs about a tenth of a second an epoch before it looks at a row. Where a chapter
trains hundreds of epochs on a few hundred rows, the whole epoch runs inside one TensorFlow graph.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from textlib.training.seeds import set_seed


def fit_small(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 32,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    shuffle: bool = True,
) -> dict[str, list[float]]:
    """Train a compiled model with the epoch inside one graph.

    It follows ``model.fit`` step by step: rows are shuffled each epoch, the last batch may be
    smaller, and the loss is the mean over rows with regularization penalties added. For one loss
    and one output; compiled metrics are computed after each epoch, on the validation rows only,
    which pass through the model as one batch.

    Parameters
    ----------
    model
        A compiled, built model with one input and one output.
    x, y
        Rows and targets, ``(rows, ...)``; all of them are held in memory as one tensor.
    epochs, batch_size
        As for ``model.fit``.
    validation_data
        ``(x, y)`` to evaluate after each epoch.
    seed
        Seed of shuffling and dropout.
    shuffle
        Whether to shuffle the rows each epoch.

    Returns
    -------
    dict of str to list of float
        ``loss`` per epoch, and ``val_loss`` with ``val_`` metrics if there is validation data.

    Raises
    ------
    ValueError
        If the model is not compiled, or ``x`` and ``y`` differ in length.
    """
    import tensorflow as tf

    if not model.compiled:
        raise ValueError(f"model {model.name!r} is not compiled; call model.compile(...) first.")
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y has {len(y)}; they must agree.")
    set_seed(seed)
    model.optimizer.build(model.trainable_variables)
    total = len(x)
    starts = tf.range(0, total, batch_size)

    @tf.function(reduce_retracing=True)
    def epoch(rows: Any, targets: Any) -> Any:
        order = tf.random.shuffle(tf.range(total)) if shuffle else tf.range(total)
        weighted = tf.constant(0.0)
        for start in starts:
            picked = order[start : start + batch_size]
            inputs, wanted = tf.gather(rows, picked), tf.gather(targets, picked)
            with tf.GradientTape() as tape:
                outputs = model(inputs, training=True)
                loss = model.compute_loss(x=inputs, y=wanted, y_pred=outputs, training=True)
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply(gradients, model.trainable_variables)
            weighted += tf.cast(loss, tf.float32) * tf.cast(tf.shape(picked)[0], tf.float32)
        return weighted / float(total)

    measure = _validator(model, *validation_data) if validation_data is not None else dict
    data = tf.constant(x), tf.constant(y)  # arguments: what a graph captures stays in memory
    history: dict[str, list[float]] = {"loss": []}
    for _ in range(epochs):
        history["loss"].append(float(epoch(*data)))
        for name, value in measure().items():
            history.setdefault(f"val_{name}", []).append(float(value))
    return history


def _validator(model: keras.Model, x: np.ndarray, y: np.ndarray) -> Callable[[], dict[str, Any]]:
    """Return a function that computes the loss and the compiled metrics on held-out rows."""
    import tensorflow as tf

    held_out = tf.constant(x), tf.constant(y)

    @tf.function(reduce_retracing=True)
    def evaluate(inputs: Any, wanted: Any) -> dict[str, Any]:
        outputs = model(inputs, training=False)
        loss = model.compute_loss(x=inputs, y=wanted, y_pred=outputs, training=False)
        return {**model.compute_metrics(inputs, wanted, outputs), "loss": loss}

    def measure() -> dict[str, Any]:
        model.reset_metrics()
        return evaluate(*held_out)

    return measure
