"""Activations are the layers' own outputs, and mosaics show every channel once."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textlib import interpret, models
from textlib.interpret.networks import UnknownLayerError

rng = np.random.default_rng(0)


def test_activations_agree_with_applying_the_layers_one_by_one():
    model = models.convnet()
    images = rng.random((3, 28, 28, 1)).astype("float32")
    x = keras.ops.convert_to_tensor(images)
    expected = {}
    for layer in model.layers:
        x = layer(x)
        expected[layer.name] = np.asarray(x)
    names = [layer.name for layer in model.layers]
    found = interpret.layer_activations(model, images, names)
    assert list(found) == names
    for name in names:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_by_default_convolutions_and_poolings_are_shown_in_order():
    model = models.convnet()
    found = interpret.layer_activations(model, rng.random((1, 28, 28, 1)))
    shapes = [maps.shape[1:] for maps in found.values()]
    assert shapes == [(26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (3, 3, 64)]


def test_one_layer_alone_is_a_dictionary_too():
    model = models.convnet()
    name = interpret.map_layers(model)[0]
    assert list(interpret.layer_activations(model, rng.random((1, 28, 28, 1)), [name])) == [name]


def test_models_without_maps_and_unknown_layers_are_refused():
    with pytest.raises(ValueError, match="has no convolution"):
        interpret.layer_activations(models.mlp(), np.zeros((1, 28, 28)))
    with pytest.raises(UnknownLayerError, match="Choose from"):
        interpret.layer_activations(models.convnet(), np.zeros((1, 28, 28, 1)), ["nothing"])


def test_zeros_and_silent_channels_are_counted():
    maps = np.zeros((1, 2, 2, 4))
    maps[0, 0, 0, 0] = 1
    maps[0, :, :, 1] = 1
    assert interpret.zero_fraction(maps) == 11 / 16
    assert interpret.silent_channels(maps) == 0.5
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        interpret.silent_channels(np.zeros((2, 2)))


@given(
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    channels=st.integers(1, 20),
    columns=st.integers(1, 8),
    gap=st.integers(0, 2),
)
def test_a_mosaic_holds_each_channel_once(height, width, channels, columns, gap):
    maps = np.arange(height * width * channels, dtype=float).reshape(height, width, channels)
    sheet = interpret.mosaic(maps, columns=columns, gap=gap, normalize=False)
    found = np.sort(sheet[~np.isnan(sheet)])
    np.testing.assert_array_equal(found, np.sort(maps.ravel()))
    np.testing.assert_array_equal(sheet[:height, :width], maps[..., 0])


def test_a_mosaic_stretches_each_channel_by_itself():
    maps = np.stack([np.array([[0.0, 1e-3]]), np.array([[5.0, 25.0]]), np.full((1, 2), 7)], axis=-1)
    sheet = interpret.mosaic(maps, columns=3, gap=0)
    np.testing.assert_allclose(sheet, [[0, 1, 0, 1, 0, 0]])
