"""Activation maximization climbs, and ends where the maximum is known to be."""

import keras
import numpy as np
import pytest

from textlib import interpret, models
from textlib.interpret.maximization import _sizes

rng = np.random.default_rng(0)
TARGET = rng.normal(size=(1, 6, 6, 2)).astype("float32")


def closeness(images):
    """Return a score whose only maximum is at TARGET."""
    return -keras.ops.sum((images - TARGET) ** 2, axis=(1, 2, 3))


def test_it_finds_the_top_of_a_paraboloid():
    start = np.zeros((1, 6, 6, 2))
    ascent = interpret.maximize(closeness, start, steps=60, step_size=0.1, normalize=False)
    np.testing.assert_allclose(ascent.images, TARGET, atol=1e-3)
    assert (np.diff(ascent.scores[:, 0]) >= -1e-6).all()


def test_normalized_steps_have_the_asked_length():
    start = np.zeros((1, 6, 6, 2))
    ascent = interpret.maximize(closeness, start, steps=1, step_size=0.25)
    assert np.sqrt(np.mean(ascent.images**2)) == pytest.approx(0.25, rel=1e-3)
    direction = ascent.images / np.linalg.norm(ascent.images)
    np.testing.assert_allclose(direction, TARGET / np.linalg.norm(TARGET), atol=1e-4)


def test_within_bounds_a_linear_filter_likes_the_signs_of_its_weights():
    """The maximum of w · x over the box [-1, 1] is x = sign(w)."""
    kernel = rng.normal(size=(5, 5, 1, 1)).astype("float32")
    model = keras.Sequential([keras.Input((5, 5, 1)), keras.layers.Conv2D(1, 5, name="filter")])
    model.get_layer("filter").set_weights([kernel, np.zeros(1)])
    objective = interpret.filter_objective(model, "filter", [0])
    start = rng.normal(0, 0.1, size=(1, 5, 5, 1))
    ascent = interpret.maximize(objective, start, steps=80, step_size=0.5, bounds=(-1, 1))
    clear = np.abs(kernel[..., 0]) > 0.05  # weights near 0 need many steps
    np.testing.assert_array_equal(ascent.images[0][clear], np.sign(kernel[..., 0])[clear])
    assert ascent.scores[-1, 0] == pytest.approx(np.abs(kernel).sum(), rel=0.01)


def test_every_filter_gets_an_image_that_it_likes_more():
    model = models.convnet((32, 32, 3))
    layer = interpret.map_layers(model)[2]
    objective = interpret.filter_objective(model, layer, range(8))
    start = rng.normal(0, 0.1, size=(8, 32, 32, 3))
    ascent = interpret.maximize(objective, start, steps=20, step_size=0.1)
    assert ascent.scores.shape == (21, 8)
    assert (ascent.scores[-1] > ascent.scores[0]).all()


def test_images_climb_independently():
    model = models.convnet((32, 32, 3))
    layer = interpret.map_layers(model)[0]
    start = rng.normal(size=(2, 32, 32, 3)).astype("float32")
    both = interpret.maximize(interpret.filter_objective(model, layer, [3, 5]), start, steps=3)
    alone = interpret.maximize(interpret.filter_objective(model, layer, [5]), start[1:], steps=3)
    np.testing.assert_allclose(both.images[1], alone.images[0], atol=1e-4)


def test_units_of_a_dense_layer_can_be_climbed():
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3, name="units")]
    )
    objective = interpret.filter_objective(model, "units", [2])
    ascent = interpret.maximize(objective, np.zeros((1, 2, 2, 1)), steps=5)
    kernel = model.get_layer("units").get_weights()[0][:, 2]
    cosine = ascent.images.ravel() @ kernel / np.linalg.norm(ascent.images) / np.linalg.norm(kernel)
    assert cosine == pytest.approx(1, abs=1e-4)


def test_a_silent_relu_can_be_climbed_through_a_leak():
    """The response is 9 x - 5: silent at x = 0, and 4, 13, 22 after steps of 1."""
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Conv2D(1, 3, activation="relu")])
    model.layers[0].set_weights([np.ones((3, 3, 1, 1)), np.array([-5.0])])
    start, name = np.zeros((1, 3, 3, 1)), model.layers[0].name
    stuck = interpret.maximize(interpret.filter_objective(model, name, [0]), start, steps=3)
    np.testing.assert_array_equal(stuck.images, start)
    objective = interpret.filter_objective(model, name, [0], leak=0.01)
    climbed = interpret.maximize(objective, start, steps=3)
    np.testing.assert_allclose(climbed.scores[:, 0], [-0.05, 4, 13, 22], rtol=0.01)


def test_a_leak_without_a_relu_is_refused():
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Conv2D(1, 3)])
    with pytest.raises(ValueError, match="needs a ReLU"):
        interpret.filter_objective(model, model.layers[0].name, [0], leak=0.01)


def test_shifts_are_undone_after_each_step():
    start = np.zeros((1, 6, 6, 2))
    steps = {"steps": 60, "step_size": 0.1, "normalize": False}

    def evenness(images):
        return -keras.ops.sum((images - 1.0) ** 2, axis=(1, 2, 3))  # the same wherever it is

    plain = interpret.maximize(evenness, start, **steps)
    shifted = interpret.maximize(evenness, start, jitter=3, **steps)
    np.testing.assert_allclose(shifted.images, plain.images, atol=1e-5)
    spot = start.copy()
    spot[0, 2, 3, 0] = 4.0
    still = interpret.maximize(lambda x: keras.ops.sum(x * 0, axis=(1, 2, 3)), spot, jitter=3)
    np.testing.assert_array_equal(still.images, spot)


def test_blur_smooths_and_keeps_even_images_up_to_the_border():
    def indifferent(images):
        return keras.ops.sum(images * 0, axis=(1, 2, 3))

    even = np.full((1, 16, 16, 3), 7.0)
    ascent = interpret.maximize(indifferent, even, steps=2, blur=1.5)
    np.testing.assert_allclose(ascent.images, even, rtol=1e-4)
    noise = rng.normal(size=(1, 16, 16, 3))
    smooth = interpret.maximize(indifferent, noise, steps=1, blur=1.5).images
    assert smooth.std() < 0.4 * noise.std()
    assert smooth.mean() == pytest.approx(noise.mean(), abs=0.1)


def test_octaves_grow_to_the_full_size_and_keep_detail_of_the_start():
    assert _sizes((64, 48), 3, 2.0) == [(16, 12), (32, 24), (64, 48)]

    def indifferent(images):
        return keras.ops.sum(images * 0, axis=(1, 2, 3))

    start = rng.normal(size=(1, 32, 32, 3)).astype("float32")
    ascent = interpret.maximize(indifferent, start, steps=1, octaves=3)
    np.testing.assert_allclose(ascent.images, start, atol=1e-4)  # nothing was lost on the way


def test_the_same_seed_gives_the_same_images():
    model = models.convnet((32, 32, 3))
    objective = interpret.filter_objective(model, interpret.map_layers(model)[0], [0])
    start = rng.normal(size=(1, 32, 32, 3))
    first, again, other = (
        interpret.maximize(objective, start, steps=5, jitter=4, seed=seed).images
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


@pytest.mark.parametrize(
    "options",
    [{"steps": 0}, {"octaves": 0}, {"octave_scale": 1.0}, {"jitter": -1}, {"blur": -1}],
)
def test_arguments_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        interpret.maximize(closeness, np.zeros((1, 6, 6, 2)), **options)


def test_an_exploding_climb_is_reported():
    def explosion(images):
        return keras.ops.sum(keras.ops.exp(images), axis=(1, 2, 3))

    with pytest.raises(ValueError, match="infinite or NaN"):
        interpret.maximize(explosion, np.ones((1, 4, 4, 1)), steps=30, step_size=100)


def test_filters_that_do_not_exist_are_refused():
    model = models.convnet()
    with pytest.raises(ValueError, match="from 0 to 31"):
        interpret.filter_objective(model, interpret.map_layers(model)[0], [32])


def test_display_centers_and_clips():
    shown = interpret.to_display(rng.normal(40, 9, size=(2, 32, 32, 3)), spread=0.1)
    np.testing.assert_allclose(shown.mean(axis=(1, 2, 3)), 0.5, atol=0.01)
    np.testing.assert_allclose(shown.std(axis=(1, 2, 3)), 0.1, atol=0.01)
    np.testing.assert_array_equal(interpret.to_display(np.full((4, 4, 3), 9.0)), 0.5)
    assert interpret.to_display(np.eye(9)[..., None] * 1e6).max() <= 1
