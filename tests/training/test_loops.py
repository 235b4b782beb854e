"""The compiled epoch loop agrees with ``model.fit`` and refuses bad input."""

import keras
import numpy as np
import pytest

from textlib import training

RNG = np.random.default_rng(1)
X = RNG.normal(size=(50, 3)).astype("float32")
Y = RNG.normal(size=(50, 1)).astype("float32")


def network():
    training.set_seed(5)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(6, activation="tanh", kernel_regularizer="l2"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    return model


def test_the_curves_are_those_of_fit_where_no_chance_is_involved():
    ours, theirs = network(), network()
    held_out = (X[:10], Y[:10])
    curves = training.fit_small(
        ours, X, Y, epochs=6, batch_size=16, validation_data=held_out, shuffle=False
    )
    history = theirs.fit(
        X, Y, epochs=6, batch_size=16, validation_data=held_out, shuffle=False, verbose=0
    ).history
    for name in ("loss", "val_loss", "val_mae"):
        np.testing.assert_allclose(curves[name], history[name], rtol=1e-4, err_msg=name)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


def test_shuffling_is_repeatable_and_new_in_each_epoch():
    first = training.fit_small(network(), X, Y, epochs=3, seed=2)
    again = training.fit_small(network(), X, Y, epochs=3, seed=2)
    other = training.fit_small(network(), X, Y, epochs=3, seed=3)
    assert first == again
    assert first != other


def test_rows_and_targets_must_agree():
    with pytest.raises(ValueError, match="50 rows and y has 49"):
        training.fit_small(network(), X, Y[:-1], epochs=1)


def test_an_uncompiled_model_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="not compiled"):
        training.fit_small(model, X, Y, epochs=1)


def test_the_rows_are_released_when_the_training_is_over():
    import gc

    import tensorflow as tf

    eager = type(tf.constant(0))
    rows = RNG.normal(size=(61, 3)).astype("float32")
    held_out = (rows[:53], rows[:53, :1])
    training.fit_small(network(), rows, rows[:, :1], epochs=2, validation_data=held_out)
    gc.collect()
    shapes = [tuple(thing.shape) for thing in gc.get_objects() if type(thing) is eager]
    assert (61, 3) not in shapes
    assert (53, 3) not in shapes
