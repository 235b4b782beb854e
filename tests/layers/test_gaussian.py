"""Random codes have the moments asked for, and the divergence agrees with Monte Carlo."""

import keras
import numpy as np
import pytest
from keras import ops

from textlib.layers import GaussianSampling, gaussian_kl


def draws(mean, log_variance, n=40_000, seed=0):
    rows = np.tile(np.array([[mean]], "float32"), (n, 1))
    spread = np.tile(np.array([[log_variance]], "float32"), (n, 1))
    return np.asarray(GaussianSampling(seed=seed)((rows, spread)))[:, 0]


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (2.0, 0.5), (-1.0, 3.0)])
def test_codes_have_the_mean_and_the_deviation_asked_for(mean, deviation):
    codes = draws(mean, 2 * np.log(deviation))
    assert codes.mean() == pytest.approx(mean, abs=4 * deviation / np.sqrt(len(codes)))
    assert codes.std() == pytest.approx(deviation, rel=0.02)


def test_gradients_reach_both_parameters():
    import tensorflow as tf

    mean = tf.Variable([[1.0, -2.0]])
    log_variance = tf.Variable([[0.3, -0.5]])
    with tf.GradientTape() as tape:
        codes = GaussianSampling(seed=1)((mean, log_variance))
        total = tf.reduce_sum(codes)
    by_mean, by_spread = tape.gradient(total, [mean, log_variance])
    np.testing.assert_allclose(by_mean, [[1.0, 1.0]])
    np.testing.assert_allclose(by_spread, 0.5 * (codes - mean), rtol=1e-5)


def test_each_call_draws_anew_and_a_seed_repeats():
    layer, twin = GaussianSampling(seed=3), GaussianSampling(seed=3)
    zeros = np.zeros((4, 2), "float32")
    first, second = np.asarray(layer((zeros, zeros))), np.asarray(layer((zeros, zeros)))
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(first, np.asarray(twin((zeros, zeros))))


def test_it_serializes():
    layer = GaussianSampling.from_config(GaussianSampling(seed=5, name="draw").get_config())
    assert (layer.seed, layer.name) == (5, "draw")


def test_it_works_inside_a_saved_model(tmp_path):
    inputs = keras.Input((3,))
    outputs = GaussianSampling(seed=0)(
        (keras.layers.Dense(2)(inputs), keras.layers.Dense(2)(inputs))
    )
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "m.keras")
    assert keras.models.load_model(tmp_path / "m.keras").output_shape == (None, 2)


def test_the_divergence_of_a_standard_normal_is_zero():
    np.testing.assert_allclose(gaussian_kl(np.zeros((2, 3)), np.zeros((2, 3))), [0, 0], atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_the_divergence_agrees_with_monte_carlo(seed):
    random = np.random.default_rng(seed)
    mean, log_variance = random.normal(size=(2, 3))
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * random.normal(size=(200_000, 3))
    log_q = -0.5 * (((z - mean) / deviation) ** 2 + log_variance)
    ratios = (log_q + 0.5 * z**2).sum(axis=1)
    error = ratios.std() / np.sqrt(len(ratios))
    exact = float(ops.convert_to_numpy(gaussian_kl(mean[None], log_variance[None]))[0])
    assert exact == pytest.approx(ratios.mean(), abs=4 * error)
    assert exact > 0
