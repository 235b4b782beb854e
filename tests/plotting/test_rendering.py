"""Figures that a phone can show: text large enough, nothing colliding, and notes for the site."""

import base64
import io
import itertools
import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from textlib import plotting
from textlib.plotting import grids, palette, rendering, style


@pytest.fixture(autouse=True)
def book_style():
    with plt.rc_context(style.rc_parameters()):
        yield
    plt.close("all")


def pixels_on_a_phone(found):
    """Return the height of the smallest text where the figure is as wide as a phone."""
    return found["smallest"] * 96 / 72 * min(1, rendering.PHONE / found["width"])


@pytest.mark.parametrize("width", [3.0, 5.6, 7.2])
def test_small_text_becomes_legible_on_a_phone(width):
    figure, ax = plt.subplots(figsize=(width, 3))
    ax.plot([0, 1], [0, 1])
    ax.set_title("a title", fontsize=5)
    ax.tick_params(labelsize=5)
    ax.text(0.2, 0.7, "a note", size=6)
    rendering.make_legible(figure)
    assert pixels_on_a_phone(rendering.notes(figure)) >= 9


def test_text_is_not_enlarged_into_its_neighbor():
    figure, ax = plt.subplots(figsize=(7.2, 2))
    ax.axis("off")
    first = ax.text(0.5, 0.5, "a long text that ends here", size=8, ha="right")
    second = ax.text(0.51, 0.5, "and another that begins here", size=8)
    far = ax.text(0.85, 0.5, "in its place", size=8)
    rendering.make_legible(figure)
    boxes = [text.get_window_extent() for text in (first, second, far)]
    assert boxes[0].x1 <= boxes[1].x0
    assert boxes[1].x1 <= boxes[2].x0 + 1


def test_a_text_stays_in_its_box():
    figure, ax = plt.subplots(figsize=(7.2, 2))
    ax.axis("off")
    ax.set(xlim=(0, 10), ylim=(0, 1))
    box = ax.add_patch(plt.Rectangle((2, 0.3), 1.2, 0.4))
    text = ax.text(2.6, 0.5, "twelve words", ha="center", va="center", size=8)
    rendering.make_legible(figure)
    inner, outer = text.get_window_extent(), box.get_window_extent()
    assert outer.x0 <= inner.x0
    assert inner.x1 <= outer.x1


def test_long_titles_wrap_between_their_neighbors():
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 3))
    for ax in axes:
        ax.set_title("what all of the networks answered")
    rendering.make_legible(figure)
    assert all("\n" in ax.get_title("left") for ax in axes)
    boxes = [ax._left_title.get_window_extent() for ax in axes]
    assert all(one.x1 <= next_.x0 for one, next_ in itertools.pairwise(boxes))


def test_no_word_is_broken():
    figure, ax = plt.subplots(figsize=(6.4, 1.1))
    ax.set_ylabel("temperature, °C")
    rendering.make_legible(figure)
    assert ax.get_ylabel().split() == ["temperature,", "°C"]


def test_the_figure_grows_for_the_text_that_wraps():
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.set_title("a long title that surely takes two lines")
    figure.draw_without_rendering()
    before = ax.get_window_extent().height
    rendering.make_legible(figure)
    assert "\n" in ax.get_title("left")
    assert figure.get_figheight() > 2
    assert ax.get_window_extent().height == pytest.approx(before, abs=2)


def test_notes_say_where_pictures_are():
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
    left.plot([0, 1])
    right.imshow(np.eye(4))
    figure.draw_without_rendering()
    (box,) = rendering.notes(figure)["pictures"]
    assert 0.5 < box[0] < box[2] <= 1
    assert 0 <= box[1] < box[3] <= 1


def test_points_colored_by_numbers_and_pixels_colored_one_by_one_are_pictures():
    figure, axes = plt.subplots(1, 3, figsize=(6, 2))
    axes[0].scatter([0, 1], [0, 1], c=[0.2, 0.7])
    grids.pixel_grid((1, 1), colors=[["white"]], ax=axes[1])
    axes[2].scatter([0, 1], [0, 1], color=palette.BLUE)
    figure.draw_without_rendering()
    assert len(rendering.notes(figure)["pictures"]) == 2


def test_the_picture_carries_its_notes():
    figure, ax = plt.subplots(figsize=(4, 2))
    ax.plot([0, 1])
    encoded, size = rendering.png(figure)
    image = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert size == {"width": 400, "height": 200}
    assert image.size == (800, 400)
    assert json.loads(image.text[rendering.NOTES])["width"] == 4


def test_an_empty_figure_is_not_shown():
    assert rendering.png(plt.figure()) is None


def test_the_true_class_is_hatched():
    ax = plotting.probability_bars([0.1, 0.9], actual=1)
    ax.figure.draw_without_rendering()
    bar = ax.patches[1].get_window_extent()
    ax.figure.canvas.draw()
    drawn = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3]
    height = len(drawn)
    inside = drawn[
        int(height - bar.y1) + 3 : int(height - bar.y0) - 3, int(bar.x0) + 3 : int(bar.x1) - 3
    ]
    assert (inside > 240).all(axis=-1).mean() > 0.05
