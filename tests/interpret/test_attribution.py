"""Saliency is the gradient of a logit, and Grad-CAM is its weighted sum of maps."""

import keras
import numpy as np
import pytest

from tests.interpret.networks import linear_classifier, pooled_classifier
from textlib import interpret
from textlib.interpret.networks import UnknownLayerError

rng = np.random.default_rng(0)
KERNEL = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [2.0, 0.25, 4.0], [-1.5, 1.0, 0.0]])
CHANNELS_TO_CLASSES = np.array([[2.0, -1.0, 0.0], [1.0, 3.0, 0.0]])


# --- logits -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["softmax", None])
def test_logits_are_what_the_softmax_gets(activation):
    model = linear_classifier(KERNEL, [0.1, 0.2, 0.3], activation=activation)
    images = rng.normal(size=(5, 2, 2, 1)).astype("float32")
    expected = images.reshape(5, 4) @ KERNEL + [0.1, 0.2, 0.3]
    np.testing.assert_allclose(interpret.logits_model(model)(images), expected, atol=1e-5)


def test_logits_end_before_a_separate_activation_or_softmax_layer():
    model = pooled_classifier(CHANNELS_TO_CLASSES)
    images = rng.normal(size=(2, 4, 4, 2)).astype("float32")
    expected = images.mean(axis=(1, 2)) @ CHANNELS_TO_CLASSES
    np.testing.assert_allclose(interpret.logits_model(model)(images), expected, atol=1e-5)
    plain = pooled_classifier(CHANNELS_TO_CLASSES, activation=None)
    softmax = keras.Model(plain.input, keras.layers.Softmax()(plain.output))
    np.testing.assert_allclose(interpret.logits_model(softmax)(images), expected, atol=1e-5)


def test_another_last_activation_is_refused():
    with pytest.raises(ValueError, match="'relu'"):
        interpret.logits_model(linear_classifier(KERNEL, activation="relu"))


def test_a_model_that_is_not_built_is_refused():
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="not built"):
        interpret.logits_model(model)


# --- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_the_gradient_of_a_linear_model_is_its_weights(chosen):
    model = linear_classifier(KERNEL)
    images = rng.normal(size=(3, 2, 2, 1))
    gradient = interpret.input_gradient(model, images, chosen)
    for row in gradient.reshape(3, 4):
        np.testing.assert_allclose(row, KERNEL[:, chosen], atol=1e-6)


def test_the_saliency_of_a_linear_model_is_the_size_of_its_weights():
    model = linear_classifier(KERNEL)
    saliency = interpret.saliency(model, rng.normal(size=(2, 2, 2, 1)), [1, 2])
    np.testing.assert_allclose(saliency.reshape(2, 4), np.abs(KERNEL[:, [1, 2]].T), atol=1e-6)


def test_without_a_class_the_most_probable_one_is_explained():
    model = linear_classifier(KERNEL)
    images = rng.normal(size=(8, 2, 2, 1))
    best = np.asarray(model(images)).argmax(axis=1)
    assert len(set(best.tolist())) > 1
    np.testing.assert_array_equal(
        interpret.input_gradient(model, images), interpret.input_gradient(model, images, best)
    )


def test_a_sigmoid_has_two_classes_with_opposite_gradients():
    model = linear_classifier(KERNEL[:, :1], activation="sigmoid")
    images = rng.normal(size=(1, 2, 2, 1))
    positive = interpret.input_gradient(model, images, 1)
    np.testing.assert_allclose(positive.ravel(), KERNEL[:, 0], atol=1e-6)
    np.testing.assert_allclose(interpret.input_gradient(model, images, 0), -positive)


def test_a_sure_softmax_has_no_gradient_where_its_logit_has():
    model = linear_classifier(KERNEL, [0, 0, 100])
    image = np.zeros((1, 2, 2, 1))
    assert np.abs(interpret.input_gradient(model, image, 2)).max() == pytest.approx(4)


def test_saliency_takes_the_largest_channel():
    model = pooled_classifier([[1.0, 0.0], [-3.0, 0.0]], size=2)
    saliency = interpret.saliency(model, np.zeros((1, 2, 2, 2)), 0)
    np.testing.assert_allclose(saliency, np.full((1, 2, 2), 3 / 4), atol=1e-6)


def test_averaging_over_noise_changes_nothing_for_a_linear_model():
    model = linear_classifier(KERNEL)
    image = rng.normal(size=(1, 2, 2, 1))
    plain = interpret.saliency(model, image, 0)
    smooth = interpret.saliency(model, image, 0, samples=5, noise=0.3)
    np.testing.assert_allclose(smooth, plain, atol=1e-5)


def test_averaging_over_noise_rounds_a_corner():
    """A ReLU's derivative jumps from 0 to 1 at 0; half of the noise lands on each side."""
    inputs = keras.Input((1, 2, 1))
    outputs = keras.layers.Dense(2, kernel_initializer="ones")(
        keras.layers.ReLU()(keras.layers.Flatten()(inputs))
    )
    model = keras.Model(inputs, outputs)
    image = np.array([0.0, 5.0]).reshape(1, 1, 2, 1)
    smooth = interpret.saliency(model, image, 0, samples=400, noise=0.1)
    assert 0.4 < smooth[0, 0, 0] < 0.6
    assert smooth[0, 0, 1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("images", "classes", "message"),
    [
        (np.zeros((0, 2, 2, 1)), None, "not empty"),
        (np.full((1, 2, 2, 1), np.nan), None, "not finite"),
        (np.zeros((2, 2, 2, 1)), [0], "1 classes were given for 2 images"),
        (np.zeros((1, 2, 2, 1)), 3, "from 0 to 2"),
        (np.zeros((1, 2, 2, 1)), -1, "from 0 to 2"),
    ],
)
def test_bad_images_and_classes_are_refused(images, classes, message):
    with pytest.raises(ValueError, match=message):
        interpret.input_gradient(linear_classifier(KERNEL), images, classes)


# --- Grad-CAM -----------------------------------------------------------------------------------


def test_grad_cam_agrees_with_the_hand_computation():
    model = pooled_classifier(CHANNELS_TO_CLASSES)
    images = rng.normal(size=(3, 4, 4, 2)).astype("float32")
    for chosen in (0, 1):
        # The maps are the image; each place's gradient is the class weight over 16 places.
        alpha = CHANNELS_TO_CLASSES[:, chosen] / 16
        expected = np.maximum((images * alpha).sum(axis=-1), 0)
        heat = interpret.grad_cam(model, images, chosen, layer="maps", normalize=False)
        np.testing.assert_allclose(heat, expected, atol=1e-6)
        scaled = interpret.grad_cam(model, images, chosen, layer="maps")
        np.testing.assert_allclose(scaled, expected / expected.max(axis=(1, 2), keepdims=True),
                                   atol=1e-5)  # fmt: skip


def test_grad_cam_on_a_corner():
    model = pooled_classifier([[1.0, 0.0], [0.0, 1.0]])
    image = np.zeros((1, 4, 4, 2))
    image[0, 0, 3, 0] = 5  # channel 0 speaks for class 0, and only here
    heat = interpret.grad_cam(model, image, 0)
    assert heat[0, 0, 3] == 1
    assert heat.sum() == 1


def test_a_map_without_anything_for_the_class_is_zero_not_nan():
    model = pooled_classifier([[1.0, 0.0], [0.0, 1.0]])
    image = -np.ones((1, 4, 4, 2))
    np.testing.assert_array_equal(interpret.grad_cam(model, image, 0), np.zeros((1, 4, 4)))


def test_images_of_a_batch_do_not_mix():
    model = pooled_classifier(CHANNELS_TO_CLASSES)
    images = rng.normal(size=(4, 4, 4, 2))
    together = interpret.grad_cam(model, images, [0, 1, 0, 1])
    for index, chosen in enumerate([0, 1, 0, 1]):
        alone = interpret.grad_cam(model, images[index : index + 1], chosen)
        np.testing.assert_allclose(together[index], alone[0], atol=1e-6)


def test_unknown_layers_and_layers_without_maps_are_refused():
    model = pooled_classifier(CHANNELS_TO_CLASSES)
    with pytest.raises(UnknownLayerError, match="did you mean 'maps'"):
        interpret.grad_cam(model, np.zeros((1, 4, 4, 2)), layer="map")
    with pytest.raises(ValueError, match="no maps"):
        interpret.grad_cam(model, np.zeros((1, 4, 4, 2)), layer="top")
    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="no layer that makes maps"):
        interpret.grad_cam(dense, np.zeros((1, 4)))


# --- overlays -----------------------------------------------------------------------------------


def test_an_overlay_leaves_cold_places_alone_and_colors_hot_ones():
    picture = np.full((8, 8, 3), 100, np.uint8)
    heat = np.zeros((8, 8))
    heat[:, 4:] = 1
    laid = interpret.overlay(picture, heat, opacity=1.0, cmap="viridis")
    np.testing.assert_array_equal(laid[:, 0], picture[:, 0])
    np.testing.assert_array_equal(laid[0, -1], [253, 231, 37])  # the last color of viridis
    assert laid.dtype == np.uint8


def test_an_overlay_takes_gray_pictures_and_float_pictures():
    gray = np.full((8, 8), 0.5)
    laid = interpret.overlay(gray, np.zeros((2, 2)))
    assert laid.shape == (8, 8, 3)
    np.testing.assert_array_equal(laid, 128)
    with pytest.raises(ValueError, match="undo preprocessing"):
        interpret.overlay(gray * 100, np.zeros((2, 2)))


def test_resizing_keeps_constants_and_order():
    np.testing.assert_allclose(interpret.resize_map(np.full((3, 3), 0.3), (12, 9)), 0.3, rtol=1e-6)
    ramp = interpret.resize_map(np.array([[0.0, 1.0]]), (2, 16))
    assert ramp.shape == (2, 16)
    assert (np.diff(ramp, axis=1) >= 0).all()
