"""The arithmetic of convolutions agrees with Keras and with counting by hand."""

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textlib.vision import arithmetic

small = st.integers(1, 12)


@given(size=small, kernel=small, stride=small, padding=st.sampled_from(arithmetic.PADDINGS))
def test_the_output_size_counts_windows(size, kernel, stride, padding):
    starts = range(0, size, stride)
    if padding == "valid":
        starts = [start for start in starts if start + kernel <= size]
        if not starts:
            with pytest.raises(ValueError, match="does not fit"):
                arithmetic.output_size(size, kernel, stride=stride)
            return
    found = arithmetic.output_size(size, kernel, stride=stride, padding=padding)
    assert found == len(starts)


@given(size=st.integers(1, 40), kernel=st.integers(1, 5), dilation=st.integers(1, 4))
def test_a_dilated_window_spans_its_gaps(size, kernel, dilation):
    reach = (kernel - 1) * dilation + 1
    if reach <= size:
        found = arithmetic.output_size(size, kernel, dilation=dilation)
        assert found == arithmetic.output_size(size, reach)


@pytest.mark.parametrize("padding", arithmetic.PADDINGS)
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_costs_agree_with_keras(padding, stride):
    layer = keras.layers.Conv2D(6, 5, strides=stride, padding=padding)
    model = keras.Sequential([keras.Input((17, 20, 3)), layer])
    cost = arithmetic.convolution_cost((17, 20, 3), 6, 5, stride=stride, padding=padding)
    assert cost.output_shape == model.output_shape[1:]
    assert cost.parameters == model.count_params()


def test_a_textbook_layer_costs_what_the_textbook_says():
    cost = arithmetic.convolution_cost((150, 100, 3), 200, 5, padding="same")
    assert (cost.parameters, cost.multiplications) == (15_200, 225_000_000)
    assert cost.megabytes == pytest.approx(12)


def test_strides_multiply_the_growth_of_receptive_fields():
    assert arithmetic.receptive_fields([(3, 1)] * 3) == [3, 5, 7]
    # Convolution and pooling in turn: each pooling doubles what a later step is worth.
    assert arithmetic.receptive_fields([(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]) == [
        3,
        4,
        8,
        10,
        18,
    ]


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 3)), min_size=1, max_size=6))
def test_receptive_fields_never_shrink(layers):
    fields = arithmetic.receptive_fields(layers)
    assert fields == sorted(fields)
    assert fields[0] == layers[0][0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: arithmetic.output_size(5, 3, padding="sane"), "did you mean 'same'"),
        (lambda: arithmetic.output_size(5, 3, stride=0), "stride is 0"),
        (lambda: arithmetic.receptive_fields([(3, 0)]), "at least 1"),
    ],
)
def test_impossible_windows_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
