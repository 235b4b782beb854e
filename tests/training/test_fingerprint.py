"""Fingerprints tell different data apart and equal data together."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from textlib.training import fingerprint

ARRAYS = nps.arrays(
    dtype=st.sampled_from([np.float32, np.int64, np.uint8]),
    shape=nps.array_shapes(max_dims=3, max_side=4),
)


@given(ARRAYS)
def test_a_copy_has_the_same_fingerprint(array):
    assert fingerprint.of(array) == fingerprint.of(array.copy(order="F"))


@given(ARRAYS)
def test_shape_and_type_count(array):
    assert fingerprint.of(array) != fingerprint.of(array[None])
    assert fingerprint.of(array) != fingerprint.of(array.astype(np.complex64))


@given(nps.arrays(np.int64, (4,), elements=st.integers(-9, 9)), st.integers(0, 3))
def test_every_element_counts(array, place):
    changed = array.copy()
    changed[place] += 1
    assert fingerprint.of(array) != fingerprint.of(changed)


def test_a_view_counts_by_its_content():
    array = np.arange(20).reshape(4, 5)
    assert fingerprint.of(array[::2, 1:3]) == fingerprint.of(array[::2, 1:3].copy())


def test_the_order_of_a_mapping_does_not_count_but_its_nesting_does():
    assert fingerprint.of({"a": 1, "b": 2}) == fingerprint.of({"b": 2, "a": 1})
    assert fingerprint.of([[1], 2]) != fingerprint.of([1, [2]])


def test_kinds_are_told_apart():
    values = [1, 1.0, True, "1", b"1", None, [1]]
    assert len({fingerprint.of(value) for value in values}) == len(values)


def test_texts_in_arrays_count():
    assert fingerprint.of(np.array(["ab", "c"])) != fingerprint.of(np.array(["a", "bc"]))


def test_what_cannot_be_fingerprinted_is_refused_with_a_remedy():
    with pytest.raises(fingerprint.FingerprintError, match=r"generator.*data_key"):
        fingerprint.of(x for x in range(3))


class Scaled(keras.Model):
    """A model whose training step would use a number that no layer holds."""

    def __init__(self, factor):
        super().__init__()
        self.dense, self.factor = keras.layers.Dense(1, kernel_initializer="ones"), factor
        self.dense.build((None, 2))

    def get_config(self):
        return {"factor": self.factor}


def test_a_setting_of_a_model_with_its_own_class_counts():
    first, same, other = (fingerprint.of_model(Scaled(factor)) for factor in (1.0, 1.0, 2.0))
    assert first == same
    assert first != other


def watched(metric):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", metrics=[metric])
    return fingerprint.of_model(model)


COUNTER = itertools.count(1)


class Anonymous(keras.metrics.MeanSquaredError):
    """Named as Keras names what has no name: by a number of the session."""

    def __init__(self, name=None):
        super().__init__(name=name or f"anonymous_{next(COUNTER)}")


def test_the_name_of_a_metric_counts_since_the_history_has_it():
    metric = keras.metrics.BinaryAccuracy
    assert watched(metric()) == watched(metric())
    assert watched(metric()) != watched(metric(name="accuracy"))
    assert watched(Anonymous()) == watched(Anonymous())
