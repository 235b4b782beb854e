"""Pixel grids show every number, and the ring of zeros around them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from textlib.plotting import grids


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def written(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_every_value_is_written():
    assert written(grids.pixel_grid(np.arange(6).reshape(2, 3))) == list("012345")


def test_empty_squares_need_only_a_shape():
    ax = grids.pixel_grid((2, 3))
    assert written(ax) == []
    assert len(ax.patches) == 6


def test_padding_is_a_ring_of_zeros():
    assert written(grids.pixel_grid((3, 3), padding=1)) == ["0"] * (5 * 5 - 3 * 3)


def test_each_window_is_outlined():
    windows = [grids.Window(0, 0), grids.Window(1, 1, filled=False)]
    marked = len(grids.pixel_grid((4, 4), windows=windows).patches)
    assert marked == 16 + 2 + 1


def test_a_vector_is_no_grid():
    with pytest.raises(ValueError, match=r"expected \(height, width\)"):
        grids.pixel_grid(np.arange(3))
