"""In which order the rows of arrays come in a training."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from textlib import training

ROWS = np.arange(10, dtype="float64")[:, None]


class Note(keras.layers.Layer):
    """Passes rows on, and notes them."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def call(self, inputs, training=False):
        if training:
            self.noted.append(np.asarray(inputs).ravel().astype(int).tolist())
        return inputs


def orders(x=ROWS, y=ROWS, *, epochs=3, batch_size=10, inputs=None, **options):
    """Return the rows as they came, a list for each batch."""
    training.set_seed(0)
    note = Note()
    if inputs is None:
        model = keras.Sequential([keras.Input((1,)), note, keras.layers.Dense(1)])
    else:
        model = keras.Model(
            inputs, keras.layers.Dense(1)(note(keras.layers.add([*inputs.values()])))
        )
    model.compile("sgd", "mse", run_eagerly=True)
    training.fit(model, x, y, epochs=epochs, batch_size=batch_size, **options)
    return note.noted


def test_each_epoch_has_all_rows_in_an_order_of_its_own():
    found = orders()
    assert [sorted(order) for order in found] == [list(range(10))] * 3
    assert len(set(map(tuple, found))) == 3


def test_the_orders_are_those_of_the_seed():
    assert orders(seed=1) == orders(seed=1) != orders(seed=2)


def test_the_last_batch_may_be_smaller():
    assert [len(batch) for batch in orders(batch_size=4)] == [4, 4, 2] * 3


def test_rows_may_keep_their_order():
    assert orders(shuffle=False) == [list(range(10))] * 3


@pytest.mark.parametrize(
    "rows", [tf.constant(ROWS), pd.DataFrame(ROWS), ROWS.astype("int32")], ids=["tf", "pd", "int"]
)
def test_all_kinds_of_arrays_are_shuffled(rows):
    assert len(set(map(tuple, orders(rows)))) == 3


def test_several_inputs_stay_together():
    inputs = {"a": keras.Input((1,), name="a"), "b": keras.Input((1,), name="b")}
    found = orders({"a": ROWS, "b": 10 * ROWS}, inputs=inputs)
    assert [sorted(order) for order in found] == [list(range(0, 110, 11))] * 3


@pytest.mark.parametrize("y", [None, ROWS, [ROWS, ROWS]], ids=["none", "one", "two"])
def test_a_training_step_gets_the_rows_as_from_keras(y):
    class Seen(keras.Model):
        def __init__(self):
            super().__init__()
            self.built = True

        def train_step(self, data):
            kinds.append(keras.tree.map_structure(lambda each: each.shape[1:], data))
            return {"loss": keras.ops.zeros(())}

    kinds = []
    for shuffle in (True, False):  # without shuffling, they are dealt by Keras
        model = Seen()
        model.compile("sgd", run_eagerly=True)
        training.fit(model, ROWS, y, shuffle=shuffle)
    assert kinds[0] == kinds[1]


def test_the_part_for_validation_is_no_part_of_the_orders():
    found = orders(validation_split=0.3)
    assert [sorted(order) for order in found] == [list(range(7))] * 3
    assert len(set(map(tuple, found))) == 3


def test_weights_go_with_their_rows():
    def learned(rows, weights):
        training.set_seed(0)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        options = {"sample_weight": weights, "epochs": 2, "batch_size": 10}
        return training.fit(model, rows, rows, **options).history["loss"]

    half = np.array([1.0] * 5 + [0.0] * 5)
    np.testing.assert_allclose(
        learned(ROWS, half), learned(np.where(half[:, None], ROWS, 7.0), half), rtol=1e-5
    )


def test_the_compiled_loop_deals_new_orders_too():
    training.set_seed(0)
    noted = []

    class Print(keras.layers.Layer):
        def call(self, inputs):
            tf.py_function(lambda rows: noted.append(rows.numpy().ravel().tolist()), [inputs], [])
            return inputs

    model = keras.Sequential([keras.Input((1,)), Print(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    rows = ROWS.astype("float32")
    for _ in range(2):
        training.fit_small(model, rows, rows, epochs=2, batch_size=10, seed=3)
    assert noted[0] != noted[1]
    assert noted[:2] == noted[2:]
