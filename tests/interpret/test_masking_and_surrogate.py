"""Hiding, shuffling, and the local linear model recover what is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textlib import interpret, models
from textlib.interpret.networks import UnknownLayerError

rng = np.random.default_rng(0)


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0, 1))
def test_the_hottest_places_are_as_many_as_asked_and_none_left_out_is_hotter(h, w, fraction):
    heat = np.random.default_rng(h * w).integers(0, 4, (h, w))
    mask = interpret.hottest(heat, fraction)
    assert mask.sum() == round(fraction * h * w)
    if 0 < mask.sum() < h * w:
        assert heat[mask].min() >= heat[~mask].max()


def test_fractions_outside_0_to_1_are_refused():
    with pytest.raises(ValueError, match=r"1\.5"):
        interpret.hottest(np.zeros((2, 2)), 1.5)


def test_hidden_places_take_the_mean_color_and_the_others_stay():
    image = rng.random((4, 4, 3))
    mask = np.zeros((4, 4), bool)
    mask[1, 2] = True
    hidden = interpret.hide(image, mask)
    np.testing.assert_allclose(hidden[1, 2], image.mean(axis=(0, 1)))
    np.testing.assert_array_equal(hidden[~mask], image[~mask])
    np.testing.assert_array_equal(interpret.hide(image, mask, fill=0)[1, 2], 0)
    with pytest.raises(ValueError, match="mask has shape"):
        interpret.hide(image, mask[:2])


def test_shuffling_keeps_the_values_of_the_named_layers_and_all_of_the_others():
    model = models.convnet()
    name = model.layers[0].name
    copy = interpret.shuffled_copy(model, [name])
    for original, layer in zip(model.layers, copy.layers, strict=True):
        for before, after in zip(original.get_weights(), layer.get_weights(), strict=True):
            if layer.name == name and before.std() > 0:
                assert not np.array_equal(before, after)
                np.testing.assert_array_equal(np.sort(before, None), np.sort(after, None))
            else:
                np.testing.assert_array_equal(before, after)
    with pytest.raises(UnknownLayerError):
        interpret.shuffled_copy(model, ["nothing"])


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 9))
def test_a_grid_has_every_patch_and_they_are_nearly_equal(height, width, cells):
    if cells > min(height, width):
        with pytest.raises(ValueError, match="cells"):
            interpret.grid_segments(height, width, cells=cells)
        return
    segments = interpret.grid_segments(height, width, cells=cells)
    patches, sizes = np.unique(segments, return_counts=True)
    np.testing.assert_array_equal(patches, np.arange(cells**2))
    tall, wide = -(-height // cells), -(-width // cells)
    assert sizes.max() <= tall * wide


def test_the_surrogate_of_a_linear_score_is_that_score():
    """Score = sum of truth[patch] over visible patches; hidden patches are black."""
    truth = rng.normal(size=9)
    segments = interpret.grid_segments(6, 6, cells=3)
    image = np.ones((6, 6, 1)) + 0.5
    image[0, 0] = 0.5  # so that the mean color differs from every patch
    values = truth[segments][..., None] / 4  # each patch has four pixels

    def score(images):
        hidden = np.isclose(images, image.mean())
        return (values * ~hidden).sum(axis=(1, 2, 3)) + 2.0

    surrogate = interpret.local_surrogate(score, image, segments, ridge=1e-6)
    np.testing.assert_allclose(surrogate.weights, truth, atol=1e-3)
    assert surrogate.intercept == pytest.approx(2.0, abs=1e-2)
    assert surrogate.r2 == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(surrogate.heatmap(), surrogate.weights[segments])


def test_a_surrogate_of_noise_says_that_it_explains_little():
    noise = np.random.default_rng(1)
    surrogate = interpret.local_surrogate(
        lambda images: noise.normal(size=len(images)),
        rng.random((14, 14, 1)),
        interpret.grid_segments(14, 14, cells=3),
        samples=400,
    )
    assert surrogate.r2 < 0.2


def test_patches_that_a_score_ignores_get_no_weight():
    segments = interpret.grid_segments(6, 6, cells=3)
    image = rng.random((6, 6, 1)) + 1

    def score(images):
        return 10.0 * np.isclose(images[:, 0, 0, 0], image[0, 0, 0])  # patch 0 alone

    weights = interpret.local_surrogate(score, image, segments, samples=300).weights
    assert weights[0] > 8
    assert np.abs(weights[1:]).max() < 1
