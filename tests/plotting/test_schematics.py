"""Symbols of layers: every kind draws, and a model is read as it was built."""

import keras
import matplotlib.pyplot as plt
import pytest

from textlib.plotting import schematics


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_the_legend_names_every_kind():
    assert len(texts(schematics.legend())) == len(schematics.KINDS)


def test_a_model_becomes_one_symbol_a_layer():
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 5, strides=2),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
            keras.layers.PReLU(),
        ]
    )
    found = [(symbol.kind, symbol.label) for symbol in schematics.of_model(model)]
    assert found == [
        ("convolution", "16\n5×5 /2"),
        ("batch normalization", "BN"),
        ("max pooling", "2×2"),
        ("dropout", "0.2"),
        ("flatten", ""),
        ("dense", "10"),
        ("other", "PReLU"),
    ]


def test_long_networks_go_on_in_the_next_row():
    symbols = [schematics.Symbol("dense", str(number)) for number in range(7)]
    heights = {
        text.xy[1] if hasattr(text, "xy") else text.get_position()[1]
        for text in schematics.strips({"": symbols}, columns=4).texts
        if text.get_text()
    }
    assert len(heights) == 2


def test_an_unknown_kind_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'convolution'"):
        schematics.Symbol("convolutional")


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="empty"):
        schematics.strips({})


def test_channels_and_labels_must_agree():
    with pytest.raises(ValueError, match="1 labels for 2 channels"):
        schematics.channel_stack(["red", "blue"], ["red"])
