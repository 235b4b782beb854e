"""Cut time series into windows with targets.

A window that starts at row ``s`` has the rows ``s, s + sampling, ..., s + (length - 1) * sampling``
and its target is ``horizon`` rows after the last of them. Of series too large to be cut in memory,
``keras.utils.timeseries_dataset_from_array`` makes the same windows one batch after the other.
"""

import numpy as np


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
    wanted = series if targets is None else targets
    if len(wanted) != len(series):
        raise ValueError(f"targets have {len(wanted)} rows, but the series has {len(series)}.")
    sizes = {"horizon": horizon, "steps": steps, "sampling": sampling, "stride": stride}
    starts = np.arange(count(len(series), length, **sizes))[:, None] * stride
    last = (length - 1) * sampling
    x = series[starts + np.arange(length) * sampling]
    y = wanted[starts + last + horizon + np.arange(steps)]  # (windows, steps, ...)
    return x, y[:, 0] if steps == 1 else y
