"""Recurrent layers over text do what the character chapter says of them."""

import base64

import keras
import numpy as np
import pytest

from tests.payloads import published
from textlib import demos, language

SIGNS, UNITS, ROWS = 7, 12, 3


def network(batch_size=None, *, stateful=False):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, None), dtype="int64"),
            keras.layers.Embedding(SIGNS, 5),
            keras.layers.GRU(UNITS, return_sequences=True, stateful=stateful),
            keras.layers.Dense(SIGNS, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def trained():
    """Return a network whose weights are far from their start, and text for it."""
    keras.utils.set_random_seed(0)
    model = network()
    weights = [w + np.random.default_rng(1).normal(0, 0.5, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    return model, np.random.default_rng(2).integers(0, SIGNS, (ROWS, 40))


@pytest.fixture
def remembering(trained):
    model = network(ROWS, stateful=True)
    model.set_weights(trained[0].get_weights())
    return model


def in_pieces(model, codes, length):
    pieces = [codes[:, start : start + length] for start in range(0, codes.shape[1], length)]
    return np.concatenate([np.array(model(piece)) for piece in pieces], axis=1)


@pytest.mark.parametrize("length", [1, 8, 15, 40])
def test_a_stateful_network_reads_pieces_as_one_long_sequence(trained, remembering, length):
    model, codes = trained
    np.testing.assert_allclose(in_pieces(remembering, codes, length), model(codes), atol=1e-5)


def test_a_stateless_network_forgets_between_pieces(trained):
    model, codes = trained
    pieces, whole = in_pieces(model, codes, 20), np.array(model(codes))
    np.testing.assert_allclose(pieces[:, :20], whole[:, :20], atol=1e-5)
    assert np.abs(pieces[:, 20] - whole[:, 20]).max() > 0.01


def test_a_reset_makes_the_past_forgotten(trained, remembering):
    _, codes = trained
    first = np.array(remembering(codes))
    again = np.array(remembering(codes))
    remembering.layers[1].reset_state()
    assert np.abs(first - again).max() > 0.01
    np.testing.assert_allclose(remembering(codes), first, atol=1e-6)


def test_rows_of_a_batch_keep_apart(trained, remembering):
    model, codes = trained
    remembering(codes[:, :20])
    swapped = codes[::-1, 20:]  # the rows go on with each other's text
    wrong = np.array(remembering(swapped))[::-1]
    assert np.abs(wrong - np.array(model(codes))[:, 20:]).max() > 0.01


def test_training_fits_shifted_targets_of_a_cycle():
    keras.utils.set_random_seed(0)
    codes = np.tile([0, 1, 2, 0, 1, 3], 60)[None]  # what follows 1 alternates
    model = network()
    model.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy")
    x, y = codes[:, :-1].reshape(-1)[:350].reshape(7, 50), codes[:, 1:].reshape(-1)[:350]
    model.fit(x, y.reshape(7, 50), epochs=60, verbose=0)
    predict = lambda tokens: np.array(model(tokens[None])[0, -1])  # noqa: E731
    written = language.generate(predict, [0, 1, 2, 0, 1, 3, 0], 8, choose=language.greedy)
    np.testing.assert_array_equal(written[-8:], [1, 2, 0, 1, 3, 0, 1, 2])


@pytest.mark.slow
def test_the_exported_network_reads_texts_of_any_length(trained, notebook):
    import onnxruntime

    model, codes = trained
    typed = keras.Input((None,), dtype="int64")
    last = keras.Model(typed, model(typed)[:, -1])
    payload = published("toy", last, kind="text", sample=codes[:2, :9], vocabulary=[*"abcdefg"])
    session = onnxruntime.InferenceSession(base64.b64decode(payload["model"]))
    name = session.get_inputs()[0].name
    for length in (1, 2, 40):
        part = codes[:1, :length]
        (found,) = session.run(None, {name: part})
        np.testing.assert_allclose(found, np.array(model(part))[:, -1], atol=demos.TOLERANCE)
        assert language.sample(found, np.random.default_rng(0)).shape == (1,)
