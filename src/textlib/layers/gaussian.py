"""Random codes with a learned mean and spread, and how far they are from a standard normal."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="textlib")
class GaussianSampling(keras.layers.Layer):
    """Draw codes from a normal distribution in a way that gradients pass through.

    Given a mean and the logarithm of the variance, it returns
    ``mean + exp(log_variance / 2) * noise`` with standard normal noise: the randomness is an
    input, and the output is a smooth function of both parameters (the reparameterization trick).

    Parameters
    ----------
    seed
        Seed of the noise.

    Call arguments
    --------------
    inputs
        Pair ``(mean, log_variance)``, each ``(batch, codes)``.

    Returns
    -------
    Tensor
        Codes, ``(batch, codes)``.

    References
    ----------
    Kingma, Welling: Auto-encoding variational Bayes. ICLR (2014).
    """

    def __init__(self, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True  # nothing depends on the shape of the inputs

    def call(self, inputs: tuple[Any, Any]) -> Any:
        """Return one draw per row."""
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), dtype=self.compute_dtype, seed=self.noise)
        return mean + ops.exp(0.5 * log_variance) * noise

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the mean."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return what it takes to build the layer again."""
        return {**super().get_config(), "seed": self.seed}


def gaussian_kl(mean: Any, log_variance: Any) -> Any:
    """Return the Kullback-Leibler divergence from a diagonal normal to the standard normal.

    ``KL = -1/2 * sum_j (1 + log v_j - m_j^2 - v_j)`` for mean ``m`` and variance ``v``, in nats.

    Parameters
    ----------
    mean, log_variance
        Shape ``(batch, codes)``.

    Returns
    -------
    Tensor
        One value per row, shape ``(batch,)``: zero if and only if the row is standard normal.

    References
    ----------
    Kingma, Welling: Auto-encoding variational Bayes. ICLR (2014), appendix B.
    """
    terms = 1.0 + log_variance - ops.square(mean) - ops.exp(log_variance)
    return -0.5 * ops.sum(terms, axis=-1)
