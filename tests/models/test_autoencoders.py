"""Autoencoders have the published sizes, and the variational bound is a bound."""

import keras
import numpy as np
import pytest
from keras import ops

from textlib import models
from textlib.layers import gaussian_kl

CODES, WIDTH, DEVIATION = 2, 5, 0.7
PICTURES = (np.random.default_rng(0).random((12, 28, 28, 1)) < 0.2).astype("float32")


def numbers(*tensors):
    return [np.asarray(ops.convert_to_numpy(tensor)) for tensor in tensors]


# The bound, where the likelihood is known exactly ------------------------------------------------


class LinearGaussian:
    """Codes z ~ N(0, I) and inputs x = z W + b + noise: every distribution is normal.

    The columns of the map are orthogonal, so that the posterior of the codes has a diagonal
    covariance, the only kind that an encoder here can give.
    """

    def __init__(self, seed=0):
        random = np.random.default_rng(seed)
        orthogonal = np.linalg.qr(random.normal(size=(WIDTH, CODES)))[0]
        self.map = (orthogonal * [2.0, 0.5]).T  # (codes, width)
        self.shift = random.normal(size=WIDTH)
        codes, noise = random.normal(size=(40, CODES)), random.normal(size=(40, WIDTH))
        self.x = (codes @ self.map + self.shift + DEVIATION * noise).astype("float32")
        precision = 1 + np.sum(self.map**2, axis=1) / DEVIATION**2
        self.variance = 1 / precision
        self.to_mean = self.map.T / DEVIATION**2 * self.variance  # (width, codes)

    def log_likelihood(self):
        covariance = self.map.T @ self.map + DEVIATION**2 * np.eye(WIDTH)
        off = self.x - self.shift
        squared = np.sum(off @ np.linalg.inv(covariance) * off, axis=1)
        return -0.5 * (squared + np.linalg.slogdet(2 * np.pi * covariance)[1])

    def model(self, *, shift_mean=0.0, log_spread=0.0):
        """Return the model with the exact posterior, or one that is off by the given amounts."""
        encoder = models.image_encoder((WIDTH,), (), codes=CODES, heads=2)
        decoder = linear_decoder()
        bias = -self.shift @ self.to_mean + shift_mean
        mean, log_variance = encoder.layers[-2:]
        mean.set_weights([self.to_mean, bias])
        log_variance.set_weights([np.zeros((WIDTH, CODES)), np.log(self.variance) + log_spread])
        decoder.set_weights([self.map, self.shift])
        return models.VariationalAutoencoder(
            encoder, decoder, likelihood="gaussian", deviation=DEVIATION, seed=0
        )


def linear_decoder():
    return keras.Sequential([keras.Input((CODES,)), keras.layers.Dense(WIDTH)])


def bounds(model, x, draws=400):
    """Return the bound for each row, averaged over draws of its code, and its standard error."""
    rows = np.repeat(x, draws, axis=0)
    reconstruction, divergence = numbers(*model.terms(rows))
    values = -(reconstruction + divergence).reshape(len(x), draws)
    return values.mean(axis=1), values.std(axis=1) / np.sqrt(draws)


def test_with_the_exact_posterior_the_bound_is_the_likelihood():
    world = LinearGaussian()
    bound, error = bounds(world.model(), world.x)
    assert np.all(np.abs(bound - world.log_likelihood()) < 5 * error + 1e-3)


@pytest.mark.parametrize("off", [{"shift_mean": 0.6}, {"log_spread": 1.0}, {"log_spread": -1.5}])
def test_any_other_encoder_gives_less_than_the_likelihood(off):
    world = LinearGaussian()
    bound, error = bounds(world.model(**off), world.x)
    assert np.all(bound < world.log_likelihood() + 4 * error)
    # The gap is the divergence from the exact posterior, the same for every row here.
    shift, spread = off.get("shift_mean", 0.0), off.get("log_spread", 0.0)
    gap = 0.5 * np.sum(shift**2 / world.variance + np.exp(spread) - 1 - spread)
    assert np.mean(world.log_likelihood() - bound) == pytest.approx(gap, rel=0.05)


def test_training_closes_the_gap():
    world = LinearGaussian()
    model = world.model(shift_mean=0.6, log_spread=1.0)
    before = bounds(model, world.x)[0].mean()
    model.decoder.trainable = False
    model.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    model.fit(np.tile(world.x, (20, 1)), batch_size=40, epochs=8, verbose=0)
    exact, after = world.log_likelihood().mean(), bounds(model, world.x)[0].mean()
    assert before < after < exact + 0.05
    assert exact - after < 0.1 * (exact - before)


# The terms and the training step -----------------------------------------------------------------


def small(**options):
    keras.utils.set_random_seed(1)
    return models.variational_autoencoder(units=(16,), codes=3, seed=0, **options)


def test_the_terms_are_sums_over_pixels_and_codes():
    model = small()
    for weight in model.decoder.weights:
        weight.assign(ops.zeros_like(weight))  # every pixel gets probability 1/2
    reconstruction, divergence = numbers(*model.terms(PICTURES))
    np.testing.assert_allclose(reconstruction, 784 * np.log(2), rtol=1e-5)
    (expected,) = numbers(gaussian_kl(*model.encoder(PICTURES)))
    np.testing.assert_allclose(divergence, expected, rtol=1e-5)


@pytest.mark.parametrize("beta", [0.0, 1.0, 7.0])
def test_beta_weights_the_divergence_only(beta):
    model = small(beta=beta)
    model.compile("adam", jit_compile=False)
    found = model.evaluate(PICTURES, verbose=0, return_dict=True)
    total = found["reconstruction"] + beta * found["kl"]
    assert found["loss"] == pytest.approx(total, rel=1e-4)


def test_fit_tracks_three_numbers_and_lowers_the_loss():
    model = small()
    model.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    history = model.fit(PICTURES, epochs=40, validation_data=(PICTURES,), verbose=0).history
    names = ["loss", "reconstruction", "kl"]
    assert set(history) == {*names, *(f"val_{name}" for name in names)}
    assert history["loss"][-1] < 0.8 * history["loss"][0]


def test_targets_are_ignored():
    losses = []
    for data in ((PICTURES,), (PICTURES, np.zeros(len(PICTURES)))):
        model = small()
        model.compile("adam", jit_compile=False)
        losses.append(model.fit(*data, shuffle=False, verbose=0).history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def after_one_update(model, rows, weights=None):
    """Return the weights after one step of plain gradient descent, of rate 0.01, on a batch."""
    model.compile(keras.optimizers.SGD(0.01), jit_compile=False)
    # Keras drops the weights where there are no targets.
    model.fit(rows, rows, sample_weight=weights, batch_size=len(rows), shuffle=False, verbose=0)
    return numbers(*model.trainable_weights)


@pytest.mark.parametrize("shape", [(40,), (40, 1)])
def test_a_sample_weight_counts_a_row_that_often(shape):
    world = LinearGaussian()
    off = {"shift_mean": 0.6, "log_spread": -40.0}  # no noise to speak of: rows can be compared
    counts = np.random.default_rng(1).multinomial(40, np.full(40, 1 / 40))
    rows = np.repeat(world.x, counts, axis=0)
    weighted = after_one_update(world.model(**off), world.x, counts.reshape(shape))
    repeated = after_one_update(world.model(**off), rows)
    plain = after_one_update(world.model(**off), world.x)
    for values, expected in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)
    assert any(not np.allclose(a, b, atol=1e-3) for a, b in zip(weighted, plain, strict=True))


def test_sample_weights_reach_what_evaluate_reports():
    world = LinearGaussian()
    model = world.model(log_spread=-40.0)
    model.compile("adam", jit_compile=False)
    weights = np.linspace(0, 3, len(world.x)).astype("float32")
    options = {"sample_weight": weights, "verbose": 0, "return_dict": True}
    found = model.evaluate(world.x, world.x, **options)
    for name, values in zip(("reconstruction", "kl"), numbers(*model.terms(world.x)), strict=True):
        assert found[name] == pytest.approx(np.mean(weights * values), rel=1e-4)
    assert found["loss"] == pytest.approx(found["reconstruction"] + found["kl"], rel=1e-4)


def penalized(factor):
    """Return a small model whose encoder pays for the squares of its first weights."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((28, 28, 1))
    penalty = keras.regularizers.L2(factor) if factor else None
    hidden = keras.layers.Dense(4, "relu", kernel_regularizer=penalty)
    values = hidden(keras.layers.Flatten()(inputs))
    outputs = [keras.layers.Dense(2)(values), keras.layers.Dense(2)(values)]
    decoder = models.image_decoder(units=(4,), codes=2)
    return models.VariationalAutoencoder(keras.Model(inputs, outputs), decoder, seed=0)


def test_penalties_are_part_of_the_loss_and_of_its_gradient():
    factor = 0.3
    model = penalized(factor)
    (kernel,) = numbers(model.trainable_weights[0])
    model.compile("adam", jit_compile=False)
    found = model.evaluate(PICTURES, batch_size=5, verbose=0, return_dict=True)  # a ragged batch
    penalty = found["loss"] - found["reconstruction"] - found["kl"]
    assert penalty == pytest.approx(factor * np.sum(kernel**2), rel=1e-3)
    moved, *with_penalty = after_one_update(penalized(factor), PICTURES)
    free, *without = after_one_update(penalized(0), PICTURES)
    np.testing.assert_allclose(moved - free, -0.01 * 2 * factor * kernel, rtol=1e-3, atol=1e-6)
    for values, expected in zip(with_penalty, without, strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-7)


def test_the_builder_passes_on_what_the_outputs_mean():
    model = small(likelihood="gaussian", deviation=0.5, output_activation=None, beta=2, name="v")
    assert (model.likelihood, model.deviation, model.beta, model.name) == ("gaussian", 0.5, 2, "v")
    for weight in model.decoder.weights:
        weight.assign(ops.zeros_like(weight))
    model.decoder.weights[-1].assign(ops.full((784,), 3.0))  # every pixel has the mean 3
    (found,) = numbers(model.terms(PICTURES)[0])
    squares = np.sum((PICTURES - 3) ** 2, axis=(1, 2, 3))
    expected = squares / (2 * 0.5**2) + 784 * np.log(0.5 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_plain_autoencoder_can_end_in_a_linear_layer():
    bounded, linear = models.autoencoder(), models.autoencoder(output_activation=None)
    linear.set_weights(bounded.get_weights())
    probabilities, scores = numbers(bounded(PICTURES), linear(PICTURES))
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-scores)), rtol=1e-5)


def test_outputs_are_random_in_training_only():
    model = small()
    np.testing.assert_array_equal(*numbers(model(PICTURES), model(PICTURES)))
    first, second = numbers(model(PICTURES, training=True), model(PICTURES, training=True))
    assert not np.allclose(first, second)


def test_samples_repeat_with_their_seed():
    model = small()
    first, same, other = numbers(
        model.sample(4, seed=1), model.sample(4, seed=1), model.sample(4, seed=2)
    )
    assert first.shape == (4, 28, 28, 1)
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


class Rehearsal(keras.layers.Layer):
    """Adds decoded draws from a trained model to its inputs, as in training against forgetting."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def call(self, inputs, training=False):
        return ops.concatenate([inputs, self.source.sample(8, seed=1)])


def test_samples_do_not_depend_on_who_asks_for_them():
    decoder = keras.Sequential([linear_decoder(), keras.layers.Dropout(0.5)])
    encoder = models.image_encoder((WIDTH,), (), codes=CODES, heads=2)
    model = models.VariationalAutoencoder(encoder, decoder)
    rows = np.zeros((2, WIDTH), "float32")
    alone, amid_training = numbers(model.sample(8, seed=1), Rehearsal(model)(rows, training=True))
    np.testing.assert_array_equal(amid_training[2:], alone)


def test_settings_survive_saving(tmp_path):
    world = LinearGaussian()
    world.model().save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert (loaded.likelihood, loaded.deviation, loaded.beta) == ("gaussian", DEVIATION, 1.0)
    bound, error = bounds(loaded, world.x)
    assert np.all(np.abs(bound - world.log_likelihood()) < 5 * error + 1e-3)


# The two halves ----------------------------------------------------------------------------------


def test_the_halves_of_a_published_model_have_the_published_sizes():
    encoder = models.image_encoder(units=(512,), codes=20, heads=2)
    decoder = models.image_decoder(units=(512,), codes=20)
    assert (encoder.count_params(), decoder.count_params()) == (422_440, 412_944)


@pytest.mark.parametrize("filters", [(), (8,), (4, 8)])
def test_the_decoder_mirrors_the_encoder(filters):
    options = {"codes": 3, "filters": filters}
    shape = (20, 28, 3)
    encoder = models.image_encoder(shape, (6, 5), **options)
    decoder = models.image_decoder(shape, (6, 5), **options)
    assert encoder.output_shape == decoder.input_shape == (None, 3)
    assert decoder.output_shape == encoder.input_shape == (None, *shape)
    widths = [layer.units for layer in encoder.layers if isinstance(layer, keras.layers.Dense)]
    mirrored = [layer.units for layer in decoder.layers if isinstance(layer, keras.layers.Dense)]
    assert widths == [6, 5, 3]
    assert mirrored[:2] == [5, 6]


def test_a_plain_autoencoder_is_its_two_halves():
    model = models.autoencoder(units=(8,), codes=4)
    encoder, decoder = model.layers
    found, expected = numbers(model(PICTURES), decoder(encoder(PICTURES)))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert encoder.output_shape == (None, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: models.image_decoder((30, 30, 1), filters=(4, 8)), "divisible by 4"),
        (lambda: models.image_encoder(codes=0), "codes has 0"),
        (lambda: models.autoencoder(units=(0,)), "units has 0"),
        (
            lambda: models.VariationalAutoencoder(models.image_encoder(), models.image_decoder()),
            "needs two, the mean",
        ),
        (
            lambda: models.VariationalAutoencoder(
                models.image_encoder(heads=2), models.image_decoder(), likelihood="gausian"
            ),
            "did you mean 'gaussian'",
        ),
        (lambda: models.variational_autoencoder(beta=-1), "beta is -1"),
        (
            lambda: models.variational_autoencoder(output_activation=None),
            "takes the outputs for probabilities",
        ),
    ],
)
def test_what_cannot_be_built_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
