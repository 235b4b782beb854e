"""Intervals and paired tests agree with SciPy and with numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from textlib.statistics import mcnemar, mean_interval


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.floats(0.5, 0.999))
def test_the_interval_is_students(values, level):
    found = mean_interval(values, level=level)
    if found.standard_error > 1e-6:  # SciPy warns of values that are nearly the same
        wanted = stats.ttest_1samp(values, 0).confidence_interval(level)
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))
    assert found.low <= found.mean <= found.high


def test_three_values_reach_four_standard_errors():
    found = mean_interval([1.0, 2.0, 3.0])
    assert found.standard_error == pytest.approx(1 / np.sqrt(3))
    assert (found.high - found.mean) / found.standard_error == pytest.approx(4.303, abs=1e-3)


def test_one_value_has_no_interval():
    found = mean_interval([2.0])
    assert found.mean == 2
    assert np.isnan([found.standard_error, found.low, found.high]).all()


@pytest.mark.parametrize(
    ("values", "level", "message"),
    [([], 0.95, "at least one value"), ([1.0, 2.0], 95, "between 0 and 1")],
)
def test_what_has_no_interval_is_refused(values, level, message):
    with pytest.raises(ValueError, match=message):
        mean_interval(values, level=level)


def test_mcnemars_test_counts_the_samples_that_only_one_gets_right():
    first = [True] * 9 + [False] * 1 + [True] * 20
    second = [False] * 9 + [True] * 1 + [True] * 20
    assert mcnemar(first, second) == pytest.approx(2 * (1 + 10) / 2**10)


def test_classifiers_that_agree_on_all_samples_do_not_differ():
    assert mcnemar([True, False], [True, False]) == 1


def test_classifiers_of_other_samples_cannot_be_paired():
    with pytest.raises(ValueError, match=r"\(1,\) and \(2,\)"):
        mcnemar([True], [True, False])
