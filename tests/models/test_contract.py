"""Every registered model keeps the same promises."""

import keras
import numpy as np
import pytest

from textlib import models

EXPECTED_PARAMETERS = {
    "mlp": 407_050,
    "convnet": 93_322,
    # Widths 784-256-64-2-64-256-784, one bias a unit; the variational one has a second head.
    "autoencoder": 217_538 + 218_320,
    "variational_autoencoder": 217_538 + (64 + 1) * 2 + 218_320,
}


def batch_for(model, size=3):
    rng = np.random.default_rng(0)
    return rng.random((size, *model.input_shape[1:]), dtype=np.float32)


@pytest.fixture(params=models.names())
def name(request):
    return request.param


def test_it_is_an_uncompiled_keras_model(name):
    model = models.build(name)
    assert isinstance(model, keras.Model)
    assert not model.compiled


def test_outputs_are_finite_and_of_the_promised_shape(name):
    model = models.build(name)
    outputs = np.asarray(model(batch_for(model)))
    assert outputs.shape == (3, *model.output_shape[1:])
    assert np.isfinite(outputs).all()


def test_it_survives_saving_and_loading(name, tmp_path):
    model = models.build(name)
    inputs = batch_for(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(loaded(inputs)), np.asarray(model(inputs)), atol=1e-5)


def test_every_trainable_weight_gets_a_gradient(name):
    import tensorflow as tf

    model = models.build(name)
    with tf.GradientTape() as tape:
        loss = keras.ops.sum(model(batch_for(model), training=True) ** 2)
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    missing = [
        weight.path
        for weight, gradient in zip(model.trainable_weights, gradients, strict=True)
        if gradient is None
    ]
    assert missing == []


@pytest.mark.parametrize(("model_name", "parameters"), EXPECTED_PARAMETERS.items())
def test_defaults_have_the_published_number_of_parameters(model_name, parameters):
    assert models.build(model_name).count_params() == parameters


def test_batch_normalization_adds_its_own_parameters_only():
    plain, normalized = models.convnet(), models.convnet(batch_normalization=True)
    widths = 32 + 64 + 64 + 64
    # Each width trades one bias for scale, shift and two moving averages.
    assert normalized.count_params() - plain.count_params() == 3 * widths


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({"downsample": "average"}, 93_322),
        # Strides leave maps of 13, 6 and 4 pixels where pooling leaves 26, 11 and 3.
        ({"downsample": "stride"}, 93_322 + (4 * 4 - 3 * 3) * 64 * 64),
        ({"head": "average"}, 60_554),
        # Without downsampling the flattened maps have 22 * 22 * 64 values instead of 3 * 3 * 64.
        ({"downsample": "none"}, 93_322 + (22 * 22 - 3 * 3) * 64 * 64),
    ],
)
def test_the_way_a_convnet_shrinks_decides_its_size(options, parameters):
    assert models.convnet(**options).count_params() == parameters


@pytest.mark.parametrize("options", [{"downsample": "strides"}, {"head": "flat"}])
def test_an_unknown_part_of_a_convnet_is_refused_with_the_nearest(options):
    with pytest.raises(ValueError, match="did you mean"):
        models.convnet(**options)


def test_a_layer_table_adds_up_and_leaves_out_the_batch_axis(name):
    model = models.build(name)
    table = models.layer_table(model)
    assert table["parameters"].iloc[-1] == table["parameters"].iloc[:-1].sum()
    assert table["output shape"].iloc[-2] == " × ".join(map(str, model.output_shape[1:]))


def test_a_model_without_variables_has_no_table():
    with pytest.raises(ValueError, match="has no variables yet"):
        models.layer_table(keras.Sequential([keras.layers.Dense(3)]))


def test_a_classifier_gives_probabilities():
    outputs = np.asarray(models.mlp()(batch_for(models.mlp())))
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    assert (outputs >= 0).all()


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'convnet'"):
        models.build("convnets")


def test_a_layer_without_units_is_refused():
    with pytest.raises(ValueError, match="0 units"):
        models.mlp(units=(0,))


def test_two_models_cannot_share_a_name():
    def mlp():
        return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])

    with pytest.raises(ValueError, match="registered already"):
        models.register(mlp)
