"""Cut time series into windows with targets: a NumPy reference and a ``tf.data`` pipeline.

Both take the same arguments and give the same rows in the same order. A window that starts at row
``s`` has the rows ``s, s + sampling, ..., s + (length - 1) * sampling``; its target is ``horizon``
rows after the last of them.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


def count(
    rows: int, length: int, *, horizon: int = 1, steps: int = 1, sampling: int = 1, stride: int = 1
) -> int:
    """Return how many windows with a full target fit into a series of ``rows`` rows.

    Parameters
    ----------
    rows, length, horizon, steps, sampling, stride
        As `windows`.

    Raises
    ------
    ValueError
        If any of them is out of range.
    """
    sizes = {"length": length, "steps": steps, "sampling": sampling, "stride": stride}
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be 1 or more.")
    if horizon < 0 or rows < 0:
        raise ValueError(f"horizon is {horizon} and rows is {rows}; they must be 0 or more.")
    span = (length - 1) * sampling + horizon + steps
    return 0 if rows < span else (rows - span) // stride + 1


def windows(
    series: np.ndarray,
    length: int,
    *,
    targets: np.ndarray | None = None,
    horizon: int = 1,
    steps: int = 1,
    sampling: int = 1,
    stride: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into windows and their targets.

    Parameters
    ----------
    series
        Shape ``(time,)`` or ``(time, quantities)``.
    length
        Rows in a window.
    targets
        What to forecast, shape ``(time, ...)``; the series itself when left out.
    horizon
        Rows from the last row of a window to its (first) target: 1 is the very next row, 0 the
        last row of the window itself.
    steps
        Number of consecutive targets.
    sampling
        Rows from one row of a window to the next.
    stride
        Rows from the start of one window to the start of the next.

    Returns
    -------
    x : numpy.ndarray
        Shape ``(windows, length)`` or ``(windows, length, quantities)``.
    y : numpy.ndarray
        Shape ``(windows, ...)``, or ``(windows, steps, ...)`` if ``steps`` is above 1.

    Raises
    ------
    ValueError
        If a size is out of range or the lengths of series and targets differ.

    Examples
    --------
    >>> x, y = windows(np.arange(6), 3, horizon=2)
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [1, 2, 3]], [4, 5])
    """
    wanted = _targets(series, targets)
    sizes = {"horizon": horizon, "steps": steps, "sampling": sampling}
    starts = np.arange(count(len(series), length, stride=stride, **sizes)) * stride
    inside, ahead = _places(length, **sizes)
    y = wanted[starts[:, None] + ahead]  # (windows, steps, ...)
    return series[starts[:, None] + inside], y[:, 0] if steps == 1 else y


def window_dataset(
    series: np.ndarray,
    length: int,
    *,
    targets: np.ndarray | None = None,
    horizon: int = 1,
    steps: int = 1,
    sampling: int = 1,
    stride: int = 1,
    batch_size: int = 32,
    shuffle: bool = False,
    seed: int = 0,
) -> "tf.data.Dataset":
    """Return batches of windows and targets as a pipeline that keeps the series in memory once.

    Parameters
    ----------
    series, length, targets, horizon, steps, sampling, stride
        As `windows`.
    batch_size
        Windows in a batch; the last batch may be smaller.
    shuffle
        Draw the windows in another random order in each epoch.
    seed
        Seed of the shuffle.

    Returns
    -------
    tf.data.Dataset
        Pairs ``(x, y)`` as `windows` returns, in batches.

    Raises
    ------
    ValueError
        As `windows`.
    """
    import tensorflow as tf

    inputs, goals = (tf.constant(np.asarray(a)) for a in (series, _targets(series, targets)))
    sizes = {"horizon": horizon, "steps": steps, "sampling": sampling}
    total = count(len(series), length, stride=stride, **sizes)
    inside, ahead = _places(length, **sizes)

    def gather(starts: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        x = tf.gather(inputs, starts[:, None] + inside)  # (batch, length, ...)
        y = tf.gather(goals, starts[:, None] + ahead)  # (batch, steps, ...)
        return x, y[:, 0] if steps == 1 else y

    pipeline = tf.data.Dataset.range(total).map(lambda number: number * stride)
    if shuffle:
        pipeline = pipeline.shuffle(max(total, 1), seed=seed, reshuffle_each_iteration=True)
    return pipeline.batch(batch_size).map(gather).prefetch(tf.data.AUTOTUNE)


def _targets(series: np.ndarray, targets: np.ndarray | None) -> np.ndarray:
    wanted = series if targets is None else targets
    if len(wanted) != len(series):
        raise ValueError(f"targets have {len(wanted)} rows, but the series has {len(series)}.")
    return wanted


def _places(
    length: int, *, horizon: int, steps: int, sampling: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the rows of a window and its targets are, from its first row on."""
    last = (length - 1) * sampling
    return np.arange(length) * sampling, last + horizon + np.arange(steps)
