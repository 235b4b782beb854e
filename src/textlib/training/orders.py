"""Arrays in a new order in every epoch, and in the same orders for the same seed.

Under a seed, ``model.fit`` of Keras 3 deals the rows in one and the same order in all epochs: the
operation that shuffles them begins anew with each epoch, and so do its seeds.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

EVALUATION_ROWS = 256  # of a batch that is only evaluated: Keras's 32 cost several times as much


def reshuffled(data: dict[str, Any], options: dict[str, Any], *, seed: int) -> dict[str, Any]:
    """Return arguments of ``model.fit`` with which arrays come in a new order in every epoch.

    Parameters
    ----------
    data
        ``x`` and ``y``, as for ``model.fit``. What is no array is left to Keras.
    options
        Further arguments of ``model.fit``.
    seed
        Decides the orders of all epochs.
    """
    rows = (data["x"], data["y"], options.get("sample_weight"))
    asked = options.get("shuffle", True) is True and options.get("steps_per_epoch") is None
    if not asked or not all(map(_is_array, keras.tree.flatten([x for x in rows if x is not None]))):
        return {**data, **options}
    rows = keras.tree.lists_to_tuples(_each(_as_tensor, rows))
    options = {name: value for name, value in options.items() if name != "sample_weight"}
    batch = options.pop("batch_size", None) or 32
    asked_rows = options.get("validation_batch_size")
    options["validation_batch_size"] = asked_rows or max(batch, EVALUATION_ROWS)
    share = options.pop("validation_split", None)
    if share and options.get("validation_data") is None:
        split = int(_count(rows) * (1 - share))
        options["validation_data"] = _trimmed(_part(rows, slice(split, None)))
        rows = _part(rows, slice(split))
    rows = _trimmed(rows)
    packed = rows if len(rows) > 1 or isinstance(rows[0], tuple) else rows[0]  # as Keras packs it
    batches = _batches(packed, batch_size=batch, seed=seed)
    return {"x": batches, **options, "shuffle": False}


def _batches(rows: Any, *, batch_size: int, seed: int) -> Any:
    import tensorflow as tf

    count = _count(rows)

    def order(seeds: Any) -> Any:
        shuffled = tf.random.experimental.stateless_shuffle(tf.range(count), seeds)
        return tf.data.Dataset.from_tensor_slices(shuffled).batch(batch_size)

    def pick(places: Any, rows: Any) -> Any:
        return _each(lambda array: tf.gather(array, places), rows)

    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2).take(1)
    places = seeds.flat_map(order).apply(
        tf.data.experimental.assert_cardinality(-(-count // batch_size))
    )
    # The rows are an element of a pipeline: what a graph captures stays in memory.
    everything = tf.data.Dataset.from_tensors(rows).repeat()
    batches = tf.data.Dataset.zip((places, everything)).map(pick, tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)


def _is_array(thing: Any) -> bool:
    import tensorflow as tf

    return isinstance(thing, tf.Tensor | tf.RaggedTensor) or hasattr(thing, "__array__")


def _as_tensor(array: Any) -> Any:
    """Return a tensor of the type that Keras would make of an array."""
    import tensorflow as tf

    if isinstance(array, tf.Tensor | tf.RaggedTensor):
        is_float = array.dtype.is_floating
        return tf.cast(array, keras.config.floatx()) if is_float else array
    array = np.asarray(array)
    is_float = np.issubdtype(array.dtype, np.floating)
    return tf.constant(array.astype(keras.config.floatx()) if is_float else array)


def _each(change: Callable[[Any], Any], rows: Any) -> Any:
    return keras.tree.map_structure(lambda each: None if each is None else change(each), rows)


def _count(rows: Any) -> int:
    return int(keras.tree.flatten(rows)[0].shape[0])


def _part(rows: tuple[Any, ...], places: slice) -> tuple[Any, ...]:
    return _each(lambda array: array[places], rows)


def _trimmed(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out what was not given at the end: no weights, no targets."""
    while rows[-1] is None:
        rows = rows[:-1]
    return rows
