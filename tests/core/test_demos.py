"""A page's model reaches the browser unchanged, or the page stops."""

import base64

import keras
import numpy as np
import pytest

from tests.payloads import published, unpack
from textlib import demos

SAMPLE = np.linspace(0, 1, 6, dtype="float32").reshape(2, 3)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="softmax")])


@pytest.mark.slow
def test_the_published_file_computes_what_keras_computes(model, notebook):
    import onnxruntime

    payload = published("toy", model, kind="latent", sample=SAMPLE, range=[-1, 1])
    session = onnxruntime.InferenceSession(base64.b64decode(payload["model"]))
    (outputs,) = session.run(None, {session.get_inputs()[0].name: SAMPLE})
    recorded = unpack(payload["sample"]["outputs"]["output"])
    np.testing.assert_allclose(outputs, model(SAMPLE), atol=1e-6)
    np.testing.assert_array_equal(recorded, model(SAMPLE))
    np.testing.assert_array_equal(unpack(payload["sample"]["input"]), SAMPLE)
    assert payload["settings"] == {"range": [-1, 1]}
    assert (payload["name"], payload["kind"]) == ("toy", "latent")


@pytest.mark.slow
def test_an_export_that_differs_stops_the_page(model, notebook, monkeypatch):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="softmax")])
    other(SAMPLE)
    monkeypatch.setattr(demos, "_export", lambda _, export=demos._export: export(other))
    with pytest.raises(ValueError, match=r"'toy' differs from Keras by .* in 'output'"):
        demos.publish("toy", model, kind="latent", sample=SAMPLE)


def test_outside_a_notebook_nothing_happens(model):
    assert demos.publish("toy", model, kind="latent", sample=SAMPLE) is False


def test_an_unknown_kind_is_refused_with_the_nearest(model):
    with pytest.raises(ValueError, match="'digit'; did you mean 'digits'"):
        demos.publish("toy", model, kind="digit", sample=SAMPLE)


def test_whole_numbers_travel_as_whole_numbers():
    packed = demos._array(np.array([[1, 2**40]], dtype=">i8"))
    assert packed["type"] == "int64"
    np.testing.assert_array_equal(unpack(packed), [[1, 2**40]])


def test_floats_travel_in_single_precision():
    packed = demos._array(np.array([0.1, np.pi])[::-1])
    np.testing.assert_array_equal(unpack(packed), np.array([np.pi, 0.1], dtype="float32"))
