"""Sampling agrees with the distributions on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from textlib import language
from textlib.language.sampling import DistributionError

P = np.array([0.5, 0.3, 0.15, 0.05])


@st.composite
def distributions(draw):
    size = draw(st.integers(2, 8))
    weights = draw(nps.arrays(float, (size,), elements=st.floats(0.01, 10)))
    return weights / weights.sum()


@given(distributions())
def test_temperature_one_changes_nothing(p):
    np.testing.assert_allclose(language.temper(p, 1.0), p, rtol=1e-9)


@given(distributions(), st.floats(0.2, 5))
def test_temperature_is_a_power_of_the_probabilities(p, temperature):
    powered = p ** (1 / temperature)
    np.testing.assert_allclose(language.temper(p, temperature), powered / powered.sum(), rtol=1e-6)


@given(distributions(), st.floats(0.2, 4), st.floats(1.01, 3))
def test_entropy_rises_with_temperature(p, temperature, factor):
    cool = language.entropy(language.temper(p, temperature))
    warm = language.entropy(language.temper(p, temperature * factor))
    assert warm >= cool - 1e-9


def test_temperature_near_zero_is_greedy():
    cold = language.temper(P, 0.01)
    assert language.greedy(P) == cold.argmax() == 0
    assert cold[0] == pytest.approx(1)


def test_draws_follow_the_tempered_distribution():
    expected = language.temper(P, 2.0)
    n = 20_000
    draws = language.sample(np.tile(expected, (n, 1)), np.random.default_rng(0))
    share = np.bincount(draws, minlength=4) / n
    assert np.all(np.abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n))


def test_a_token_without_probability_is_never_drawn():
    random = np.random.default_rng(1)
    draws = language.sample(np.tile([0.0, 1.0, 0.0], (1000, 1)), random)
    assert set(draws) == {1}


@given(distributions(), st.data())
def test_top_k_keeps_the_largest_and_their_proportions(p, data):
    k = data.draw(st.integers(1, len(p)))
    kept = language.top_k(p, k)
    assert np.count_nonzero(kept) == k
    chosen = kept > 0
    assert p[chosen].min() >= p[~chosen].max(initial=0) - 1e-12
    np.testing.assert_allclose(kept[chosen] / kept[chosen][0], p[chosen] / p[chosen][0], rtol=1e-9)


@given(distributions(), st.floats(0.05, 0.999))
def test_the_nucleus_is_the_smallest_sufficient_set(p, mass):
    chosen = language.nucleus(p, mass) > 0
    assert p[chosen].sum() >= mass - 1e-9
    assert p[chosen].sum() - p[chosen].min() < mass + 1e-9


def test_nucleus_on_paper():
    np.testing.assert_allclose(language.nucleus(P, 0.8), [0.625, 0.375, 0, 0])
    np.testing.assert_allclose(language.nucleus(P, 1.0), P)


def test_batches_are_handled_row_by_row():
    batch = np.stack([P, P[::-1]])
    np.testing.assert_allclose(language.top_k(batch, 2)[1], language.top_k(P[::-1], 2))
    np.testing.assert_allclose(language.nucleus(batch, 0.6)[0], language.nucleus(P, 0.6))
    np.testing.assert_array_equal(language.greedy(batch), [0, 3])


def test_entropy_of_a_uniform_distribution_is_the_logarithm_of_its_size():
    assert language.entropy(np.full(7, 1 / 7)) == pytest.approx(np.log(7))
    assert language.entropy([1.0, 0.0]) == pytest.approx(0)


def test_generation_feeds_back_what_it_chose():
    def next_is_sum(tokens):
        return np.eye(10)[tokens.sum() % 10]

    tokens = language.generate(next_is_sum, [1, 1], 5, choose=language.greedy, window=2)
    np.testing.assert_array_equal(tokens, [1, 1, 2, 3, 5, 8, 3])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: language.temper(P, 0), "must be positive.*greedy"),
        (lambda: language.top_k(P, 0), "from 1 to 4"),
        (lambda: language.top_k(P, 5), "from 1 to 4"),
        (lambda: language.nucleus(P, 0), "above 0 and at most 1"),
        (lambda: language.generate(lambda t: P, [], 3, choose=language.greedy), "at least one"),
    ],
)
def test_settings_out_of_range_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("values", [[2.0, -1.0], [0.5, 0.6], 1.0, [3.0, 1.0, -2.0]])
def test_logits_are_not_taken_for_probabilities(values):
    with pytest.raises(DistributionError, match=r"probabilities|shape"):
        language.greedy(values)
