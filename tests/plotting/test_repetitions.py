"""Figures of repeated trainings show every seed, the mean, and what it is worth."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from textlib import plotting
from textlib.statistics import mean_interval

CURVES = {
    "plain": [{"val_loss": [1.0, 0.5]}, {"val_loss": [2.0, 0.7]}],
    "dropout": [{"val_loss": [1.0, 0.5, 0.2]}, {"val_loss": [1.0, 0.7]}],
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_every_seed_is_drawn_under_the_mean_of_its_arm():
    ax = plotting.seed_curves(CURVES)
    means = {line.get_label(): line for line in ax.lines if line.get_label() in CURVES}
    np.testing.assert_allclose(means["plain"].get_ydata(), [1.5, 0.6])
    assert len(ax.lines) == 2 * 3
    assert ax.get_ylabel() == "validation loss"


def test_the_mean_ends_where_the_first_seed_does():
    mean = plotting.seed_curves(CURVES).lines[-1]
    np.testing.assert_allclose(mean.get_ydata(), [1.0, 0.6])


def test_labels_of_curves_that_end_together_do_not_overlap():
    same = dict.fromkeys(("one", "two", "three", "four"), CURVES["plain"])
    ax = plotting.seed_curves(same)
    ax.figure.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the leader
    assert [text.get_text() for text in ax.texts] == list(same)
    assert not any(
        one.overlaps(two) for place, one in enumerate(boxes) for two in boxes[place + 1 :]
    )


def test_an_unknown_metric_of_the_curves_is_named():
    with pytest.raises(KeyError, match="did you mean 'val_loss'"):
        plotting.seed_curves(CURVES, "loss")


def test_a_row_per_arm_has_a_dot_per_seed_and_the_interval():
    values = {"plain": [0.90, 0.92, 0.91], "dropout": [0.93, 0.95, 0.91]}
    ax = plotting.seed_dots(values, "test_accuracy")
    dots, interval, mean = ax.lines[:3]
    found = mean_interval(values["plain"])
    np.testing.assert_array_equal(dots.get_xdata(), values["plain"])
    np.testing.assert_allclose(interval.get_xdata(), [found.low, found.high])
    np.testing.assert_allclose(mean.get_xdata(), [0.91])
    assert [label.get_text() for label in ax.get_yticklabels()] == list(values)
    assert ax.get_xlabel() == "test accuracy"


def test_one_seed_is_a_dot_without_an_interval():
    interval = plotting.seed_dots({"plain": [0.9]}).lines[1]
    assert np.isnan(interval.get_xdata()).all()


def test_a_comparison_gives_its_own_values_and_curves():
    class Comparison:
        metric = "val_loss"
        histories = CURVES

        def values(self, metric, *, at):
            return {arm: [history[metric][-1] for history in of] for arm, of in CURVES.items()}

    assert len(plotting.seed_curves(Comparison()).lines) == 6
    assert plotting.seed_dots(Comparison()).get_xlabel() == "validation loss"
