"""Windows over series: the definition and Keras agree."""

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from textlib.datasets.windows import count, windows

SHAPES = {
    "length": st.integers(1, 6),
    "horizon": st.integers(0, 4),
    "steps": st.integers(1, 3),
    "sampling": st.integers(1, 3),
    "stride": st.integers(1, 4),
}


@given(rows=st.integers(0, 60), quantities=st.integers(0, 3), **SHAPES)
def test_every_window_and_target_is_where_its_definition_puts_it(
    rows, quantities, length, horizon, steps, sampling, stride
):
    series = np.arange(rows * max(quantities, 1)).reshape(
        (rows, quantities) if quantities else rows
    )
    options = {"horizon": horizon, "steps": steps, "sampling": sampling, "stride": stride}
    x, y = windows(series, length, **options)
    expected = []
    start = 0
    while start + (length - 1) * sampling + horizon + steps - 1 < rows:
        inside = [series[start + i * sampling] for i in range(length)]
        ahead = [series[start + (length - 1) * sampling + horizon + i] for i in range(steps)]
        expected.append((inside, ahead if steps > 1 else ahead[0]))
        start += stride
    assert len(x) == len(y) == count(rows, length, **options) == len(expected)
    for window, target, (inside, ahead) in zip(x, y, expected, strict=True):
        np.testing.assert_array_equal(window, inside)
        np.testing.assert_array_equal(target, ahead)


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(5, 50), length=st.integers(1, 5), sampling=st.integers(1, 3),
       stride=st.integers(1, 3), horizon=st.integers(1, 3))  # fmt: skip
def test_windows_agree_with_keras(rows, length, sampling, stride, horizon):
    options = {"horizon": horizon, "sampling": sampling, "stride": stride}
    assume(count(rows, length, **options) > 0)
    assume(rows - horizon > max(sampling, stride))  # Keras refuses shorter series
    series = np.arange(rows, dtype=np.float32)
    x, y = windows(series, length, **options)
    delay = (length - 1) * sampling + horizon
    theirs = keras.utils.timeseries_dataset_from_array(
        series[:-horizon], series[delay:], length, sampling_rate=sampling, sequence_stride=stride,
        batch_size=None,
    )  # fmt: skip
    pairs = [(window.numpy(), target.numpy()) for window, target in theirs]
    np.testing.assert_array_equal([window for window, _ in pairs], x)
    np.testing.assert_array_equal([target for _, target in pairs], y)


def test_no_window_looks_into_the_next_part():
    series = np.arange(100)
    x, y = windows(series[:70], 5, horizon=3)
    assert max(x.max(), y.max()) == 69


@pytest.mark.parametrize(
    "options", [{"length": 0}, {"steps": 0}, {"sampling": 0}, {"stride": -1}, {"horizon": -1}]
)
def test_sizes_out_of_range_are_named(options):
    (name,) = options
    with pytest.raises(ValueError, match=name):
        windows(np.arange(10), **({"length": 3} | options))


def test_targets_may_be_another_series():
    x, y = windows(np.arange(6), 2, targets=10 * np.arange(6), horizon=0, steps=2)
    assert (x[0].tolist(), y[0].tolist()) == ([0, 1], [10, 20])


def test_targets_of_another_length_are_refused():
    with pytest.raises(ValueError, match="9 rows, but the series has 10"):
        windows(np.arange(10), 3, targets=np.arange(9))
