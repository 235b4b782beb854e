"""Autoencoders: an encoder that makes short codes, and a decoder that makes inputs of them.

The plain one is two networks in a row. The variational one draws its codes at random and is
trained on a bound of the likelihood; it is a model with a training step of its own.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from textlib._errors import unknown
from textlib.layers.gaussian import GaussianSampling, gaussian_kl
from textlib.models.registry import register
from textlib.models.steps import StepModel

LIKELIHOODS = ("bernoulli", "gaussian")


def image_encoder(
    input_shape: Sequence[int] = (28, 28, 1),
    units: Sequence[int] = (256, 64),
    *,
    codes: int = 2,
    filters: Sequence[int] = (),
    heads: int = 1,
) -> keras.Model:
    """Build a network from images to codes.

    Parameters
    ----------
    input_shape
        ``(height, width, channels)`` of one image.
    units
        Widths of the dense layers before the code, each with ReLU.
    codes
        How many numbers a code has.
    filters
        Filters of 3x3 convolutions with stride 2 and ReLU before the dense layers; none by
        default.
    heads
        How many linear outputs of ``codes`` numbers: 1 for a code, 2 for its mean and the
        logarithm of its variance.

    Returns
    -------
    keras.Model
        Uncompiled; inputs ``(batch, height, width, channels)``, one output ``(batch, codes)``
        for each head.

    Raises
    ------
    ValueError
        If a width, ``codes`` or ``heads`` is not positive.
    """
    _require_positive(units=units, filters=filters, codes=(codes,), heads=(heads,))
    values = inputs = keras.Input(tuple(input_shape))
    for count in filters:
        values = keras.layers.Conv2D(count, 3, strides=2, padding="same", activation="relu")(values)
    values = keras.layers.Flatten()(values)
    for width in units:
        values = keras.layers.Dense(width, activation="relu")(values)
    outputs = [keras.layers.Dense(codes)(values) for _ in range(heads)]
    return keras.Model(inputs, outputs if heads > 1 else outputs[0], name="encoder")


def image_decoder(
    output_shape: Sequence[int] = (28, 28, 1),
    units: Sequence[int] = (256, 64),
    *,
    codes: int = 2,
    filters: Sequence[int] = (),
    output_activation: str | None = "sigmoid",
) -> keras.Model:
    """Build a network from codes to images: the mirror image of `image_encoder`.

    Parameters
    ----------
    output_shape
        ``(height, width, channels)`` of one image.
    units, codes, filters
        As for `image_encoder`, which they mirror: the last width comes first here.
    output_activation
        Of the last layer: ``"sigmoid"`` for values between 0 and 1, ``None`` for any value.

    Returns
    -------
    keras.Model
        Uncompiled; inputs ``(batch, codes)``, outputs ``(batch, height, width, channels)``.

    Raises
    ------
    ValueError
        If a width or ``codes`` is not positive, or height and width cannot be halved as often as
        there are filters.
    """
    _require_positive(units=units, filters=filters, codes=(codes,))
    height, width, channels = output_shape
    reduction = 2 ** len(filters)
    if height % reduction or width % reduction:
        raise ValueError(
            f"an image of {height} by {width} cannot be halved {len(filters)} times; use fewer "
            f"filters, or a size divisible by {reduction}."
        )
    stack: list[keras.Layer] = [keras.Input((codes,))]
    stack += [keras.layers.Dense(count, activation="relu") for count in reversed(units)]
    if not filters:
        stack.append(keras.layers.Dense(math.prod(output_shape), activation=output_activation))
        stack.append(keras.layers.Reshape(tuple(output_shape)))
        return keras.Sequential(stack, name="decoder")
    start = (height // reduction, width // reduction, filters[-1])
    stack.append(keras.layers.Dense(math.prod(start), activation="relu"))
    stack.append(keras.layers.Reshape(start))
    growing = [(count, "relu") for count in reversed(filters[:-1])]
    for count, activation in [*growing, (channels, output_activation)]:
        stack.append(
            keras.layers.Conv2DTranspose(count, 3, strides=2, padding="same", activation=activation)
        )
    return keras.Sequential(stack, name="decoder")


@register
def autoencoder(
    input_shape: Sequence[int] = (28, 28, 1),
    units: Sequence[int] = (256, 64),
    *,
    codes: int = 2,
    filters: Sequence[int] = (),
    output_activation: str | None = "sigmoid",
) -> keras.Model:
    """Build a plain autoencoder: `image_encoder`, then `image_decoder`.

    Train it with the input as the target. The halves are ``model.layers``.

    Parameters
    ----------
    input_shape, units, codes, filters, output_activation
        As for `image_encoder` and `image_decoder`.

    Returns
    -------
    keras.Model
        Uncompiled; inputs and outputs ``(batch, height, width, channels)``.

    References
    ----------
    Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks. Science 313
    (2006).
    """
    halves = _halves(input_shape, units, codes, filters, output_activation)
    return keras.Sequential([keras.Input(tuple(input_shape)), *halves], name="autoencoder")


@register
def variational_autoencoder(
    input_shape: Sequence[int] = (28, 28, 1),
    units: Sequence[int] = (256, 64),
    *,
    codes: int = 2,
    filters: Sequence[int] = (),
    output_activation: str | None = "sigmoid",
    **options: Any,
) -> keras.Model:
    """Build a variational autoencoder of an `image_encoder` and an `image_decoder`.

    Parameters
    ----------
    input_shape, units, codes, filters, output_activation
        As for `image_encoder` and `image_decoder`. For values that are not between 0 and 1, take
        ``output_activation=None`` with ``likelihood="gaussian"``.
    **options
        ``beta``, ``likelihood``, ``deviation``, ``seed`` and ``name``, as for
        `VariationalAutoencoder`.

    Returns
    -------
    VariationalAutoencoder
        Uncompiled; inputs and outputs ``(batch, height, width, channels)``.

    Raises
    ------
    ValueError
        If a part refuses its options, or linear outputs shall be probabilities.
    """
    if (
        output_activation in (None, "linear")
        and options.get("likelihood", "bernoulli") == "bernoulli"
    ):
        raise ValueError(
            f"output_activation is {output_activation!r}, but the Bernoulli likelihood takes the "
            "outputs for probabilities; use 'sigmoid', or likelihood='gaussian'."
        )
    halves = _halves(input_shape, units, codes, filters, output_activation, heads=2)
    return VariationalAutoencoder(*halves, **{"name": "variational_autoencoder", **options})


@keras.saving.register_keras_serializable(package="textlib")
class VariationalAutoencoder(StepModel):
    """An encoder and a decoder, trained on the evidence lower bound.

    The model assumes that a code is drawn from a standard normal distribution and that the
    decoder turns it into the parameters of a distribution over inputs. The encoder gives, for an
    input, the mean and the logarithm of the variance of a normal distribution over codes. Training
    minimizes ``reconstruction + beta * divergence``, averaged over the batch; for ``beta = 1`` that
    is the negative evidence lower bound on the logarithm of the likelihood, in nats.

    ``fit`` takes inputs and ignores targets. It tracks ``loss``, ``reconstruction`` and ``kl``. A
    sample weight multiplies what its row adds to all three, and the penalties of regularized layers
    are added to ``loss``. (Keras passes on sample weights only along with targets.)

    Parameters
    ----------
    encoder
        A built model with two outputs ``(batch, codes)``: mean and log variance.
    decoder
        A built model from ``(batch, codes)`` to the shape of the encoder's inputs.
    beta
        Weight of the divergence.
    likelihood
        What the decoder's outputs mean. ``"bernoulli"``: probabilities of ones, for inputs between
        0 and 1. ``"gaussian"``: the mean of a normal distribution.
    deviation
        Standard deviation of the normal distribution over inputs.
    seed
        Seed of the codes' noise.

    Call arguments
    --------------
    inputs
        Shape ``(batch, ...)``.
    training
        If true, codes are drawn; else the code is the mean, and the output is the same each time.

    Raises
    ------
    ValueError
        If the likelihood is unknown, ``deviation`` is not positive, ``beta`` is negative, or the
        encoder does not have two outputs.

    References
    ----------
    Kingma, Welling: Auto-encoding variational Bayes. ICLR (2014). Higgins et al.: beta-VAE:
    learning basic visual concepts with a constrained variational framework. ICLR (2017).
    """

    tracked = ("loss", "reconstruction", "kl")
    part_names = ("encoder", "decoder")
    setting_names = ("beta", "likelihood", "deviation", "seed")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        beta: float = 1.0,
        likelihood: str = "bernoulli",
        deviation: float = 1.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if likelihood not in LIKELIHOODS:
            raise ValueError(unknown("likelihood", likelihood, LIKELIHOODS))
        if deviation <= 0 or beta < 0:
            raise ValueError(
                f"deviation is {deviation} and beta is {beta}; deviation must be positive, and "
                "beta at least 0."
            )
        if len(encoder.outputs) != 2:
            raise ValueError(
                f"the encoder has {len(encoder.outputs)} outputs; it needs two, the mean and the "
                "logarithm of the variance (image_encoder(..., heads=2))."
            )
        self.encoder, self.draw, self.decoder = encoder, GaussianSampling(seed=seed), decoder
        self.beta, self.likelihood, self.deviation = float(beta), likelihood, float(deviation)
        self.seed = seed
        self.built = True

    @property
    def input_shape(self) -> Any:
        """Shape of a batch of inputs."""
        return self.encoder.input_shape

    @property
    def output_shape(self) -> Any:
        """Shape of a batch of outputs."""
        return self.decoder.output_shape

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the reconstruction of each input."""
        mean, log_variance = self.encoder(inputs, training=training)
        codes = self.draw((mean, log_variance)) if training else mean
        return self.decoder(codes, training=training)

    def terms(self, inputs: Any, training: bool = False) -> tuple[Any, Any]:
        """Return both terms of the negative bound for each input, with one draw of its code.

        Parameters
        ----------
        inputs
            Shape ``(batch, ...)``.
        training
            Whether layers such as dropout behave as in training.

        Returns
        -------
        reconstruction, divergence
            Shape ``(batch,)`` each, in nats: minus the logarithm of the likelihood of the input
            given the drawn code, and the divergence of the codes' distribution from the prior.
        """
        mean, log_variance = self.encoder(inputs, training=training)
        outputs = self.decoder(self.draw((mean, log_variance)), training=training)
        return self._surprise(inputs, outputs), gaussian_kl(mean, log_variance)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Move the weights once, down the gradient of the loss of a batch."""

        def loss() -> tuple[Any, dict[str, Any]]:
            parts = self._parts(data, training=True)
            return ops.mean(parts["loss"]), parts

        return self.track(**self.descend(loss)[1])

    def test_step(self, data: Any) -> dict[str, Any]:
        """Measure a batch."""
        return self.track(**self._parts(data))

    def sample(self, n: int, *, seed: int = 0) -> Any:
        """Return decoded draws from the prior, shape ``(n, ...)``.

        Parameters
        ----------
        n
            How many.
        seed
            Seed of the draw.
        """
        codes = keras.random.normal((n, self.decoder.input_shape[-1]), seed=seed)
        return self.decoder(codes, training=False)

    def _surprise(self, inputs: Any, outputs: Any) -> Any:
        """Return minus the logarithm of the likelihood of each row, shape ``(batch,)``."""
        inputs = ops.cast(inputs, outputs.dtype)
        if self.likelihood == "bernoulli":
            values = ops.binary_crossentropy(inputs, outputs)
        else:
            scaled = (inputs - outputs) / self.deviation
            values = 0.5 * ops.square(scaled) + math.log(self.deviation * math.sqrt(2 * math.pi))
        return ops.sum(values, axis=tuple(range(1, len(outputs.shape))))

    def _parts(self, data: Any, training: bool = False) -> dict[str, Any]:
        """Return what each row of a batch adds to the tracked numbers, shape ``(batch,)`` each."""
        inputs, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        reconstruction, divergence = self.terms(inputs, training=training)
        if weights is not None:
            weights = ops.reshape(ops.cast(weights, reconstruction.dtype), (-1,))
            reconstruction, divergence = weights * reconstruction, weights * divergence
        loss = reconstruction + self.beta * divergence
        for penalty in self.losses:
            loss += ops.sum(penalty)
        return {"loss": loss, "reconstruction": reconstruction, "kl": divergence}


def _halves(
    shape: Sequence[int],
    units: Sequence[int],
    codes: int,
    filters: Sequence[int],
    output_activation: str | None,
    heads: int = 1,
) -> tuple[keras.Model, keras.Model]:
    """Return an encoder and the decoder that mirrors it."""
    both: dict[str, Any] = {"codes": codes, "filters": filters}
    encoder = image_encoder(shape, units, heads=heads, **both)
    return encoder, image_decoder(shape, units, output_activation=output_activation, **both)


def _require_positive(**counts: Sequence[int]) -> None:
    for name, values in counts.items():
        for value in values:
            if value < 1:
                raise ValueError(f"{name} has {value}; every count must be at least 1.")
