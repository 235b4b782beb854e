"""VGG16's convolutional base, with weights that were fine-tuned to find edges.

The architecture is Keras's own; only the weights are brought from elsewhere. They began as VGG16's
ImageNet weights, but fine-tuning has moved them, and there is no classifier.
"""

from collections.abc import Sequence

import h5py
import keras
import numpy as np

from textlib.models.pretrained import cards, images
from textlib.models.pretrained.weights import restore

#: Convolution layers per block.
BLOCKS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3}
preprocess = images.bgr_less_mean


def vgg16_features(
    weights: str | None = "edges",
    *,
    input_shape: Sequence[int | None] = (None, None, 3),
) -> keras.Model:
    """Build the thirteen convolution layers of VGG16 and their pools.

    Parameters
    ----------
    weights
        ``"edges"`` for VGG16's ImageNet weights after fine-tuning for edge detection, or None
        for random weights. For the original ImageNet weights use
        ``keras_application("VGG16")``, which needs the network.
    input_shape
        ``(height, width, 3)``; None for a side that may vary.

    Returns
    -------
    keras.Model
        From images ``(batch, height, width, 3)``, prepared by `preprocess`, to maps
        ``(batch, height / 32, width / 32, 512)``. Layers are named ``block1_conv1`` to
        ``block5_pool``, as in ``keras.applications.VGG16``. Uncompiled.

    Raises
    ------
    ValueError
        If ``weights`` is another name.

    References
    ----------
    Simonyan and Zisserman (2015), Very deep convolutional networks for large-scale image
    recognition, ICLR. Xie and Tu (2015), Holistically-nested edge detection, ICCV.
    """
    model = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=tuple(input_shape), name="vgg16_features"
    )
    return restore(model, weights, {"edges": _weights})


def _weights() -> dict[str, list[np.ndarray]]:
    """Read the file and return Keras arrays by layer name."""
    found = {}
    with h5py.File(cards.describe("vgg16_features").fetch()) as file:
        for block, count in BLOCKS.items():
            for number in range(count):
                suffix = f"_{number}" if number else ""
                stored = file[f"block{block}/layers/conv2d{suffix}/vars"]
                arrays = [np.asarray(stored["0"]), np.asarray(stored["1"])]
                found[f"block{block}_conv{number + 1}"] = arrays
    return found
