"""What a few repetitions, or many samples, say about a mean: intervals and paired tests.

Functions of plain numbers, shared by the comparison of trainings and its figures. Everything else
of statistics is SciPy's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Values = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Interval:
    """A mean, and the interval in which Student's t puts what it estimates.

    Attributes
    ----------
    mean
        The mean of the values.
    standard_error
        Standard deviation of the values over the square root of their number; ``nan`` for one.
    low, high
        Ends of the interval; ``nan`` for one value.
    level
        The share of such intervals that contain the estimated mean, 0.95 as a rule.
    count
        How many values.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    level: float
    count: int


def mean_interval(values: Values, *, level: float = 0.95) -> Interval:
    """Return the mean of independent values with its t interval.

    The interval assumes values that scatter normally around their mean. Its width grows fast as
    the number of values falls: at a level of 95 %, it is the mean ± 1.96 standard errors for very
    many, ± 2.78 for five, ± 4.30 for three, and ± 12.7 for two.

    Parameters
    ----------
    values
        The values, shape ``(count,)``; one of each repetition.
    level
        Confidence level, between 0 and 1.

    Raises
    ------
    ValueError
        If there are no values, or the level is not between 0 and 1.

    References
    ----------
    Student (1908), "The probable error of a mean", Biometrika 6(1), 1-25.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must be between 0 and 1, such as 0.95.")
    values = np.asarray(values, dtype=float).ravel()
    if not values.size:
        raise ValueError("a mean needs at least one value; received none.")
    mean = float(values.mean())
    if values.size == 1:
        return Interval(mean, np.nan, np.nan, np.nan, level, 1)
    from scipy import stats

    error = float(values.std(ddof=1) / np.sqrt(values.size))
    reach = float(stats.t.ppf((1 + level) / 2, values.size - 1)) * error
    return Interval(mean, error, mean - reach, mean + reach, level, values.size)


def mcnemar(first: Sequence[bool] | np.ndarray, second: Sequence[bool] | np.ndarray) -> float:
    """Return the p-value of McNemar's test, exact: are two classifiers equally often right?

    Only the samples on which exactly one of the two is right tell them apart. If both were
    equally good, each would win half of those; the p-value is the probability of a split at
    least as uneven as the one found. It is about these two trained classifiers and new samples
    of the same kind; it knows nothing of other seeds.

    Parameters
    ----------
    first, second
        Whether each classifier is right, for the same samples, shape ``(samples,)``.

    Raises
    ------
    ValueError
        If the two differ in shape.

    References
    ----------
    McNemar (1947), "Note on the sampling error of the difference between correlated proportions
    or percentages", Psychometrika 12(2), 153-157. Dietterich (1998), "Approximate statistical
    tests for comparing supervised classification learning algorithms", Neural Computation 10(7).
    """
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if first.shape != second.shape:
        message = f"paired samples need equal shapes; received {first.shape} and {second.shape}."
        raise ValueError(message)
    wins, losses = int((first & ~second).sum()), int((second & ~first).sum())
    if wins + losses == 0:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(wins, wins + losses).pvalue)
