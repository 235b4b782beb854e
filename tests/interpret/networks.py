"""Networks small enough to work out by hand."""

import keras
import numpy as np


def linear_classifier(kernel, bias=None, *, activation="softmax"):
    """Return flatten + dense over images (2, 2, 1) with the given kernel (4, classes)."""
    kernel = np.asarray(kernel, "float32")
    bias = np.zeros(kernel.shape[1]) if bias is None else np.asarray(bias)
    model = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(kernel.shape[1], activation=activation, name="top"),
        ]
    )
    model.get_layer("top").set_weights([kernel, bias])
    return model


def pooled_classifier(kernel, *, activation="softmax", size=4):
    """Return identity maps of two channels, averaged, then dense with the given kernel."""
    kernel = np.asarray(kernel, "float32")
    inputs = keras.Input((size, size, 2))
    maps = keras.layers.Conv2D(2, 1, use_bias=False, name="maps")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    outputs = keras.layers.Dense(kernel.shape[1], use_bias=False, name="top")(pooled)
    if activation:
        outputs = keras.layers.Activation(activation)(outputs)
    model = keras.Model(inputs, outputs)
    model.get_layer("maps").set_weights([np.eye(2, dtype="float32")[None, None]])
    model.get_layer("top").set_weights([kernel])
    return model
