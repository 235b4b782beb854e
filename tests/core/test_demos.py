"""What a page publishes reaches the browser unchanged, or the page stops."""

import base64
import io
from importlib.util import find_spec

import keras
import numpy as np
import pytest
from PIL import Image

from tests.payloads import published, unpack
from textlib import demos

exports = pytest.mark.skipif(find_spec("tf2onnx") is None, reason="needs the extra 'demos'")
SAMPLE = np.linspace(0, 1, 6, dtype="float32").reshape(2, 3)
FEEDS = {"token": np.array([[1], [2]]), "before": np.zeros((2, 4))}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="softmax")])


@pytest.fixture(scope="module")
def stepping():
    """Return a network that reads one token and the state before it."""
    keras.utils.set_random_seed(0)
    token = keras.Input((1,), dtype="int32", name="token")
    before = keras.Input((4,), name="before")
    vectors = keras.layers.Embedding(5, 3)(token)
    after = keras.layers.GRU(4)(vectors, initial_state=before)
    chances = keras.layers.Dense(5, activation="softmax")(after)
    return keras.Model([token, before], {"chances": chances, "after": after})


@pytest.mark.slow
def test_the_published_file_computes_what_keras_computes(model, notebook):
    import onnxruntime

    payload = published("toy", model, kind="latent", sample=SAMPLE, range=[-1, 1])
    session = onnxruntime.InferenceSession(base64.b64decode(payload["model"]))
    (outputs,) = session.run(None, {session.get_inputs()[0].name: SAMPLE})
    (recorded,) = payload["sample"]["outputs"]
    np.testing.assert_allclose(outputs, model(SAMPLE), atol=1e-6)
    np.testing.assert_array_equal(unpack(recorded["output"]), model(SAMPLE))
    np.testing.assert_array_equal(unpack(payload["sample"]["inputs"]["input"]), SAMPLE)
    assert payload["settings"] == {"range": [-1, 1]}
    assert (payload["name"], payload["kind"]) == ("toy", "latent")


@pytest.mark.slow
def test_an_export_that_differs_stops_the_page(model, notebook, monkeypatch):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="softmax")])
    other(SAMPLE)
    monkeypatch.setattr(demos, "_export", lambda _, export=demos._export: export(other))
    with pytest.raises(ValueError, match=r"'toy' differs from Keras by .* in 'output'"):
        demos.publish("toy", model, kind="latent", sample=SAMPLE)


@pytest.mark.slow
def test_a_model_with_several_inputs_steps_with_its_states(stepping, notebook):
    import onnxruntime

    payload = published("steps", stepping, kind="any", sample=FEEDS, states={"after": "before"})
    assert payload["states"] == {"after": "before"}
    session = onnxruntime.InferenceSession(base64.b64decode(payload["model"]))
    feeds = {name: unpack(packed) for name, packed in payload["sample"]["inputs"].items()}
    assert feeds["token"].dtype == "int32"
    assert len(payload["sample"]["outputs"]) == demos.STEPS
    for packed in payload["sample"]["outputs"]:
        after, chances = session.run(None, feeds)
        np.testing.assert_allclose(unpack(packed["after"]), after, atol=1e-6)
        np.testing.assert_allclose(unpack(packed["chances"]), chances, atol=1e-6)
        feeds["before"] = after
    first, *_, last = (unpack(packed["after"]) for packed in payload["sample"]["outputs"])
    assert np.abs(first - last).max() > 0.01


@exports
@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({"afterwards": "before"}, "unknown output for a state 'afterwards'; did you mean 'after'"),
        ({"after": "token"}, r"keeps its shape, but the output 'after' has \(2, 4\)"),
        ({"after": "first"}, "unknown input for a state 'first'"),
    ],
)
def test_a_state_that_cannot_go_back_in_is_refused(stepping, notebook, states, reason):
    with pytest.raises(ValueError, match=reason):
        demos.publish("steps", stepping, kind="any", sample=FEEDS, states=states)


@exports
@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ({"token": FEEDS["token"]}, "the model's inputs are: token, before"),
        (FEEDS["token"], "the sample has .'input'., but the model's inputs are"),
        ({**FEEDS, "before": FEEDS["before"][:1]}, "the first axis of every input is the batch"),
        ({**FEEDS, "before": np.full((2, 4), np.nan)}, "'before' has a number that is not finite"),
    ],
)
def test_a_sample_that_does_not_fit_the_model_is_refused(stepping, notebook, sample, reason):
    with pytest.raises(ValueError, match=reason):
        demos.publish("steps", stepping, kind="any", sample=sample)


def test_outputs_without_names_are_refused():
    with pytest.raises(ValueError, match="several outputs need names"):
        demos._outputs([SAMPLE, SAMPLE])


def test_a_demo_may_have_no_model(notebook):
    payload = published("slope", kind="any", steps=np.int64(3), arrays={"heights": SAMPLE})
    assert payload["settings"] == {"steps": 3}
    np.testing.assert_array_equal(unpack(payload["arrays"]["heights"]), SAMPLE)
    assert not {"model", "sample", "states"} & set(payload)


def test_pictures_travel_as_files(notebook):
    levels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    jpeg = io.BytesIO()
    Image.fromarray(levels).save(jpeg, "JPEG")
    given = {"png": levels, "gray": SAMPLE[..., None], "jpeg": jpeg.getvalue()}
    found = published("seen", kind="any", pictures=given)["pictures"]
    assert [each["type"] for each in found.values()] == ["image/png", "image/png", "image/jpeg"]
    assert (found["png"]["width"], found["png"]["height"]) == (4, 2)
    contents = {name: base64.b64decode(each["data"]) for name, each in found.items()}
    np.testing.assert_array_equal(Image.open(io.BytesIO(contents["png"])), levels)
    np.testing.assert_array_equal(
        Image.open(io.BytesIO(contents["gray"])), np.round(255 * SAMPLE).astype("uint8")
    )
    assert contents["jpeg"] == given["jpeg"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"pictures": {"cat": 2 * SAMPLE}}, "levels of the picture 'cat' are not from 0 to 1"),
        ({"pictures": {"cat": SAMPLE * np.nan}}, "levels of the picture 'cat' are not"),
        ({"arrays": {"map": [1, np.inf]}}, "'map' has a number that is not finite"),
        ({"low": float("nan")}, "the setting 'low' of the demo 'bad'"),
        ({"low": SAMPLE}, "'low' of the demo 'bad': ndarray is no plain data"),
        ({"sample": SAMPLE}, "a model and a sample of its inputs, or neither"),
        ({"arrays": {"map": np.zeros(300_000)}}, r"weighs 1,600 kB \(arrays 1,600\)"),
        ({"kind": "no/kind"}, "the kind of demo has letters, digits and hyphens"),
    ],
)
def test_what_a_demo_cannot_use_is_refused(notebook, given, reason):
    with pytest.raises(ValueError, match=reason):
        demos.publish("bad", **{"kind": "any", **given})


def test_outside_a_notebook_nothing_happens(model):
    assert demos.publish("toy", model, kind="latent", sample=SAMPLE) is False


def test_whole_numbers_travel_as_whole_numbers():
    packed = demos._array(np.array([[1, 2**40]], dtype=">i8"))
    assert packed["type"] == "int64"
    np.testing.assert_array_equal(unpack(packed), [[1, 2**40]])


def test_floats_travel_in_single_precision():
    packed = demos._array(np.array([0.1, np.pi])[::-1])
    np.testing.assert_array_equal(unpack(packed), np.array([np.pi, 0.1], dtype="float32"))
