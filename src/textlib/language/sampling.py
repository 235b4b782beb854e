"""From a distribution over tokens to a token: greedy, temperature, top-k, and nucleus.

``temper``, ``top_k`` and ``nucleus`` reshape a distribution and can be chained; ``sample`` and
``greedy`` pick from one. All work on the last axis, so a batch is sampled at once.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

TINY = 1e-12  # stands in for a probability of zero, whose logarithm does not exist
TOLERANCE = 1e-3  # how far the sum of float32 probabilities may be from 1


class DistributionError(ValueError):
    """The values are not probabilities."""


def temper(probabilities: Any, temperature: float) -> np.ndarray:
    """Sharpen or flatten a distribution.

    ``q_i`` is proportional to ``p_i ** (1 / temperature)``: below 1 the likely tokens gain, above
    1 the unlikely ones do, and near 0 all weight goes to the most likely token.

    Parameters
    ----------
    probabilities
        Shape ``(..., vocabulary)``; each row adds up to 1.
    temperature
        Positive.

    Returns
    -------
    ndarray
        The new distribution, same shape, ``float64``.

    Raises
    ------
    ValueError
        If the temperature is not positive.
    DistributionError
        If the values are not probabilities.

    References
    ----------
    Ackley, Hinton, Sejnowski: A learning algorithm for Boltzmann machines. Cognitive Science 9
    (1985), where the temperature comes from.
    """
    if not temperature > 0:
        raise ValueError(
            f"temperature is {temperature}; it must be positive. For the limit at 0 use greedy()."
        )
    logs = np.log(np.maximum(_checked(probabilities), TINY)) / temperature
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def top_k(probabilities: Any, k: int) -> np.ndarray:
    """Keep the ``k`` most likely tokens and normalize.

    Parameters
    ----------
    probabilities
        Shape ``(..., vocabulary)``.
    k
        How many tokens to keep, from 1 to the size of the vocabulary. Of equal ones, those with
        the lower index stay.

    Raises
    ------
    ValueError
        If ``k`` is outside that range.

    References
    ----------
    Fan, Lewis, Dauphin: Hierarchical neural story generation. ACL (2018).
    """
    values = _checked(probabilities)
    if not 1 <= k <= values.shape[-1]:
        raise ValueError(f"k is {k}; choose from 1 to {values.shape[-1]}, the vocabulary's size.")
    order = np.argsort(-values, axis=-1, kind="stable")[..., :k]
    return _keep(values, order, np.ones(order.shape, dtype=bool))


def nucleus(probabilities: Any, mass: float) -> np.ndarray:
    """Keep the smallest set of most likely tokens with at least the given mass, and normalize.

    Also known as top-p sampling.

    Parameters
    ----------
    probabilities
        Shape ``(..., vocabulary)``.
    mass
        Probability to keep, above 0 and at most 1.

    Raises
    ------
    ValueError
        If the mass is outside that range.

    References
    ----------
    Holtzman, Buys, Du, Forbes, Choi: The curious case of neural text degeneration. ICLR (2020).
    """
    if not 0 < mass <= 1:
        raise ValueError(f"mass is {mass}; it must be above 0 and at most 1.")
    values = _checked(probabilities)
    order = np.argsort(-values, axis=-1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=-1)
    before = np.cumsum(ranked, axis=-1) - ranked  # mass of the tokens ranked higher
    return _keep(values, order, before < mass)


def sample(probabilities: Any, random: np.random.Generator) -> np.ndarray:
    """Draw one token from each distribution.

    Parameters
    ----------
    probabilities
        Shape ``(..., vocabulary)``.
    random
        The source of chance, such as ``np.random.default_rng(scale.seed(0))``.

    Returns
    -------
    ndarray
        Token numbers, shape ``(...)``.
    """
    cumulative = np.cumsum(_checked(probabilities), axis=-1)
    cumulative /= cumulative[..., -1:]
    draws = random.random(cumulative.shape[:-1])[..., None]
    return (cumulative <= draws).sum(axis=-1)


def greedy(probabilities: Any) -> np.ndarray:
    """Return the most likely token of each distribution, shape ``(...)``."""
    return _checked(probabilities).argmax(axis=-1)


def entropy(probabilities: Any) -> np.ndarray:
    """Return the entropy of each distribution in nats, shape ``(...)``."""
    values = _checked(probabilities)
    return -(values * np.log(np.maximum(values, TINY))).sum(axis=-1)


def generate(
    predict: Callable[[np.ndarray], np.ndarray],
    prompt: Sequence[int],
    length: int,
    *,
    choose: Callable[[np.ndarray], Any],
    window: int | None = None,
) -> np.ndarray:
    """Extend a prompt token by token.

    Parameters
    ----------
    predict
        Gives the distribution of the next token, ``(vocabulary,)``, for tokens ``(time,)``.
    prompt
        The tokens to begin with, at least one.
    length
        How many tokens to add.
    choose
        Picks a token from a distribution, such as ``greedy`` or
        ``lambda p: sample(temper(p, 0.8), random)``.
    window
        How many of the last tokens ``predict`` sees; all of them by default.

    Returns
    -------
    ndarray
        Prompt and new tokens, shape ``(len(prompt) + length,)``.

    Raises
    ------
    ValueError
        If the prompt is empty or the length negative.
    """
    if len(prompt) == 0 or length < 0:
        raise ValueError(
            f"cannot add {length} tokens to a prompt of {len(prompt)}; the prompt needs at least "
            "one token and the length must not be negative."
        )
    tokens = [int(token) for token in prompt]
    for _ in range(length):
        context = tokens if window is None else tokens[-window:]
        tokens.append(int(choose(predict(np.asarray(context)))))
    return np.asarray(tokens)


def _checked(probabilities: Any) -> np.ndarray:
    values = np.asarray(probabilities, dtype=float)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise DistributionError(f"expected shape (..., vocabulary); received {values.shape}.")
    total = values.sum(axis=-1)
    if (values < 0).any() or not np.allclose(total, 1, atol=TOLERANCE):
        raise DistributionError(
            f"expected probabilities, at least 0 and adding up to 1; the smallest value is "
            f"{values.min():.3g} and the sums run from {total.min():.3g} to {total.max():.3g}. "
            "Logits become probabilities by softmax."
        )
    return values


def _keep(values: np.ndarray, order: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Zero everything but the kept ones among the ranked tokens, and normalize."""
    mask = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(mask, order, kept, axis=-1)
    chosen = np.where(mask, values, 0.0)
    return chosen / chosen.sum(axis=-1, keepdims=True)
