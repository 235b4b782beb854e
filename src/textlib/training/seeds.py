"""Repeatable sessions: one call that seeds every generator a training draws from."""

import keras

from textlib import scale


def set_seed(base: int = 0) -> int:
    """Seed Python, NumPy and Keras, and make TensorFlow's operations deterministic on a CPU.

    Call it in the first cell of a page, and again before an experiment that should not depend on
    the ones before it. After it, ``model.fit`` deals arrays in one order in all epochs; `fit` and
    `fit_small` deal a new one in each. On a GPU, deterministic kernels do not exist for every
    operation, so there only the seeds are set.

    Parameters
    ----------
    base
        The page's own seed. The session's seed offset is added (see ``textlib.scale.seed``).

    Returns
    -------
    int
        The seed that was set.
    """
    value = scale.seed(base)
    keras.utils.set_random_seed(value)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()
    return value
