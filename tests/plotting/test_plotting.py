"""Figures contain what they were given, and refuse what they cannot show."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textlib import plotting
from textlib.plotting import diagrams, palette, style

HISTORY = {"loss": [1.0, 0.5], "accuracy": [0.5, 0.8], "val_loss": [1.1, 0.7]}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_history_draws_training_and_validation_of_each_metric():
    loss, accuracy = plotting.plot_history(HISTORY)
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), HISTORY["val_loss"])
    assert [line.get_label() for line in accuracy.lines] == ["training"]


def test_history_can_start_later():
    (loss,) = plotting.plot_history(HISTORY, ["loss"], start_epoch=2)
    np.testing.assert_array_equal(loss.lines[0].get_xdata(), [2])


def test_an_unknown_metric_is_refused_with_the_nearest_name():
    with pytest.raises(KeyError, match="did you mean 'accuracy'"):
        plotting.plot_history(HISTORY, ["acuracy"])


def test_what_is_no_history_is_refused():
    with pytest.raises(TypeError, match="received list"):
        plotting.plot_history([1, 2])


def test_as_many_axes_as_metrics_are_needed():
    with pytest.raises(ValueError, match="2 metrics need as many axes"):
        plotting.plot_history(HISTORY, axes=[plt.subplots()[1]])


def test_compared_runs_differ_in_color_dashes_and_marker():
    runs = {str(index): {"val_loss": [1.0, 0.5 - index / 20]} for index in range(6)}
    lines = plotting.compare_runs(runs).lines
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}
    assert len(looks) == len({line.get_color() for line in lines}) == len(runs)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(0, 0.99))
def test_smoothing_stays_within_the_curve_and_keeps_its_start(values, factor):
    smoothed = plotting.smooth(values, factor)
    assert smoothed[0] == values[0]
    assert smoothed.min() >= min(values) - 1e-9
    assert smoothed.max() <= max(values) + 1e-9


def test_smoothing_by_nothing_changes_nothing():
    np.testing.assert_array_equal(plotting.smooth([1.0, 3.0, 2.0], 0.0), [1.0, 3.0, 2.0])


@pytest.mark.parametrize("factor", [-0.1, 1.0])
def test_a_smoothing_factor_outside_its_range_is_refused(factor):
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        plotting.smooth([1.0], factor)


def test_the_grid_shows_every_image_in_order():
    images = np.arange(5 * 4).reshape(5, 2, 2).astype("uint8")
    axes = plotting.image_grid(images, list("abcde"), columns=3)
    assert axes.shape == (2, 3)
    for index, title in enumerate("abcde"):
        ax = axes.flat[index]
        assert ax.get_title() == title
        np.testing.assert_array_equal(ax.images[0].get_array(), images[index])
    assert not axes[1, 2].images


def test_bytes_are_shown_on_the_scale_of_bytes():
    dark = np.full((2, 2), 3, dtype="uint8")
    assert plotting.show_image(dark).images[0].get_clim() == (0, 255)


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2), (1, 2, 2, 3)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="expected"):
        plotting.show_image(np.zeros(shape))


def test_an_empty_grid_is_refused():
    with pytest.raises(ValueError, match="at least one image"):
        plotting.image_grid([])


def test_titles_and_images_must_agree():
    with pytest.raises(ValueError, match="1 titles for 2 images"):
        plotting.image_grid(np.zeros((2, 3, 3)), ["one"])


def test_confusion_rows_add_up_to_a_hundred_percent():
    actual = np.array([0, 0, 0, 1, 1, 2])
    ax = plotting.confusion_matrix(actual, [0, 0, 1, 1, 1, 0], class_names=["a", "b", "c"])
    cells = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(cells.sum(axis=1), 100)
    np.testing.assert_allclose(cells[0], [200 / 3, 100 / 3, 0])


def test_confusion_counts_match_the_pairs():
    ax = plotting.confusion_matrix(np.array([0, 1, 1]), np.array([1, 1, 1]), normalize=False)
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 1], [0, 2]])


def test_a_class_without_a_name_is_refused():
    with pytest.raises(ValueError, match="class 2 has no name"):
        plotting.confusion_matrix(np.array([0, 2]), np.array([0, 0]), class_names=["a", "b"])


def test_annotations_contrast_with_their_cells():
    ax = plotting.matrix([[0.02, 1.0]], annotate=".2f")
    assert [text.get_color() for text in ax.texts] == [palette.INK, palette.BACKGROUND]


def test_probability_bars_mark_the_actual_class():
    ax = plotting.probability_bars([0.2, 0.8], actual=0)
    assert [bar.get_width() for bar in ax.patches] == [0.2, 0.8]
    assert ax.patches[0].get_hatch()
    assert not ax.patches[1].get_hatch()


def test_a_flow_has_a_box_per_step_and_an_arrow_between():
    ax = diagrams.flow(["one", diagrams.Step("two", "note"), "three"])
    assert len(ax.patches) == 3 + 2
    assert [text.get_text() for text in ax.texts] == ["one", "two", "note", "three"]


def test_long_layers_show_an_ellipsis():
    ax = diagrams.layers([784, 4], most=6)
    assert [len(units.get_offsets()) for units in ax.collections] == [6, 4]
    assert [text.get_text() for text in ax.texts].count("⋮") == 1
    assert len(ax.lines) == 6 * 4


def test_volumes_are_as_tall_as_their_maps():
    ax = diagrams.volumes([(28, 28, 1), (14, 14, 8), (10,)], ["pool", "dense"])
    shapes = [text.get_text() for text in ax.texts if "×" in text.get_text()]
    assert shapes == ["28×28×1", "14×14×8"]
    fronts = [patch.get_xy() for patch in ax.patches if len(patch.get_path().vertices) == 5][2::3]
    tall, short = (np.ptp(front[:, 1]) for front in fronts[:2])
    assert short / tall == pytest.approx(np.sqrt(14 / 28), rel=0.15)


def test_a_graph_has_a_frame_per_box_and_a_head_per_arrow():
    boxes = {"x": diagrams.Box("x = 2", 0, 0), "times": diagrams.Box("×", 1, 0.5, round=True)}
    ax = diagrams.graph(boxes, [("x", "times"), diagrams.Arrow("times", "x", "slope", bend=0.3)])
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["x = 2", "×", "slope"]
    assert [text.arrow_patch is not None for text in ax.texts if not text.get_text()] == [True] * 2


def test_a_graph_refuses_an_arrow_to_nowhere():
    with pytest.raises(KeyError, match="did you mean 'loss'"):
        diagrams.graph({"loss": diagrams.Box("loss", 0, 0)}, [("loss", "los")])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diagrams.graph({}, []), "at least one box"),
        (lambda: diagrams.flow([]), "at least one step"),
        (lambda: diagrams.layers([3]), "at least two layers"),
        (lambda: diagrams.layers([3, 2], labels=["a"]), "1 labels for 2 layers"),
        (lambda: diagrams.volumes([(2, 2, 1), (1,)], []), "pass one fewer"),
    ],
)
def test_diagrams_refuse_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_style_is_legal_for_matplotlib():
    with plt.rc_context():
        style.use_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == list(palette.CATEGORICAL)
