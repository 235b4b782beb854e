"""The result of ``compare``: what every arm reached on every seed, and how they differ.

Two kinds of chance are kept apart. *Over seeds*, a difference says what training again would
give; *over samples*, what these trained networks would give on other samples of the same kind.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from textlib._errors import unknown
from textlib.statistics import Interval, mcnemar, mean_interval
from textlib.training.fitting import Run

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]
EPOCHS: dict[str, Callable[[Any], Any]] = {"last": lambda v: v[-1], "min": min, "max": max}


@dataclass(frozen=True)
class Difference(Interval):
    """The difference of two arms, paired, with the interval of its mean.

    Attributes
    ----------
    first, second
        The arms; the difference is first minus second.
    metric
        What was compared.
    p_value
        Of the hypothesis that the mean difference is zero: paired t test, or McNemar's exact test
        where two networks are right or wrong on the same samples.
    seeds, samples
        How many seeds went in, and how many samples; ``samples`` is 0 if it is a difference over
        seeds.
    """

    first: str
    second: str
    metric: str
    p_value: float
    seeds: int
    samples: int = 0

    def __repr__(self) -> str:
        seeds = _count(self.seeds, "seed")
        over = f"{_count(self.samples, 'sample')}, {seeds}" if self.samples else seeds
        start = f"{self.first} − {self.second}, {self.metric}: {_signed(self.mean)}"
        if np.isnan(self.standard_error):
            return f"{start} ({over}: no spread is known)"
        ends = f"{_signed(self.low)} to {_signed(self.high)}"
        return f"{start} ({self.level:.0%} interval {ends}; {over})"


@dataclass(frozen=True, repr=False)
class Comparison:
    """Several arms, trained on the same seeds.

    Attributes
    ----------
    metric
        The metric that is meant where none is named.
    seeds
        The seeds, as they were set (with the session's offset).
    runs
        Of each arm, the run of each seed, as ``fit`` returned it.
    histories
        Of each arm and seed, the metrics of every epoch that are numbers.
    scores
        Of each arm and seed, the metrics on the evaluation data: ``test_loss`` and so on.
    updates
        Of each arm and seed, the number of updates of the weights.
    models
        Of each arm, the model as the *last* seed left it.
    targets, predictions
        Targets of the evaluation samples, and of each arm the predictions of each seed, if
        ``compare`` was asked to keep them.
    notes
        What a reader of the comparison must know: unequal budgets, a single seed, and the like.
    """

    metric: str
    seeds: tuple[int, ...]
    runs: Mapping[str, tuple[Run, ...]]
    histories: Mapping[str, tuple[dict[str, list[float]], ...]]
    scores: Mapping[str, tuple[dict[str, float], ...]]
    updates: Mapping[str, tuple[int, ...]]
    models: Mapping[str, Any]
    targets: np.ndarray | None = None
    predictions: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms, in the order in which they were given."""
        return tuple(self.runs)

    def values(self, metric: str | None = None, *, at: str = "last") -> dict[str, np.ndarray]:
        """Return a metric of each arm, one value per seed.

        Parameters
        ----------
        metric
            A metric of the histories or of the evaluation; that of the comparison by default.
            Keras averages ``"mae"`` over an epoch of training, while the weights change;
            ``"val_mae"`` and ``"test_mae"`` are measured on data held out.
        at
            Which epoch counts, for metrics of the histories: the ``"last"``, or the one with the
            lowest (``"min"``) or the highest value (``"max"``). The best epoch on validation data
            is chosen by looking at them, so it promises a little more than new data give.

        Returns
        -------
        dict of str to numpy.ndarray
            Arm to values of shape ``(seeds,)``.

        Raises
        ------
        KeyError
            If not all arms have such a metric; the message lists those that they have.
        ValueError
            If there is no such choice of an epoch.
        """
        if at not in EPOCHS:
            raise ValueError(unknown("choice of an epoch", at, EPOCHS))
        metric, pick = metric or self.metric, EPOCHS[at]
        rows = {
            arm: [curves | scores for curves, scores in zip(found, self.scores[arm], strict=True)]
            for arm, found in self.histories.items()
        }
        shared = set.intersection(*(set(row) for of_arm in rows.values() for row in of_arm))
        if metric not in shared:
            raise KeyError(unknown("metric", metric, shared))
        return {
            arm: np.array([pick(np.atleast_1d(row[metric])) for row in of_arm])
            for arm, of_arm in rows.items()
        }

    def table(self, metric: str | None = None, *, at: str = "last") -> pd.DataFrame:
        """Return one row per arm: mean, standard deviation, and number of seeds.

        The standard deviation is that of single trainings (divided by ``seeds - 1``), not the
        error of the mean. Where the arms made different numbers of updates, a column gives their
        mean.

        Parameters
        ----------
        metric, at
            As for ``values``.
        """
        rows = {
            arm: {
                "mean": values.mean(),
                "standard deviation": values.std(ddof=1) if len(values) > 1 else np.nan,
                "seeds": len(values),
            }
            for arm, values in self.values(metric, at=at).items()
        }
        frame = pd.DataFrame.from_dict(rows, orient="index")
        if len(set(self.updates.values())) > 1:
            frame["updates"] = [float(np.mean(self.updates[arm])) for arm in frame.index]
        return frame.rename_axis(columns=metric or self.metric)

    def difference(
        self,
        first: str,
        second: str,
        *,
        metric: str | None = None,
        at: str = "last",
        level: float = 0.95,
    ) -> Difference:
        """Return ``first - second``, paired seed by seed.

        The interval is Student's, over seeds: it is about training *again*, with other starting
        weights and another order of samples, on these very data. From three seeds it is 4.3
        standard errors wide on either side, so that only a difference several times as large as
        the scatter is told from none; an interval that contains zero says that it is not known
        which arm is better, not that they are equal. And it says nothing of other training or
        test sets, which often matter more than the seed (Bouthillier et al., 2021).

        Parameters
        ----------
        first, second
            Names of arms.
        metric, at
            As for ``values``.
        level
            Confidence level.

        Raises
        ------
        KeyError
            If there is no such arm or metric; the message lists those there are.

        References
        ----------
        Student (1908), "The probable error of a mean", Biometrika 6(1), 1-25. Bouthillier et al.
        (2021), "Accounting for variance in machine learning benchmarks", arXiv:2103.03098.
        """
        self._require(first, second)
        values = self.values(metric, at=at)
        mean = mean_interval(values[first] - values[second], level=level)
        return Difference(
            **asdict(mean),
            first=first,
            second=second,
            metric=metric or self.metric,
            p_value=_t_test(mean),
            seeds=mean.count,
        )

    def difference_on_samples(
        self,
        first: str,
        second: str,
        *,
        score: str | Score = "accuracy",
        seed: int | None = None,
        level: float = 0.95,
    ) -> Difference:
        """Return ``first - second``, paired sample by sample of the evaluation data.

        Each sample is scored for both arms, and the differences are averaged; what makes a sample
        hard for both cancels. The interval is about other *samples* for the networks at hand. It
        says nothing of other seeds: two networks can differ beyond doubt because one had the
        luckier start (Dietterich, 1998).

        Parameters
        ----------
        first, second
            Names of arms.
        score
            ``"accuracy"`` (the largest output is the right class; of a single output, whether it
            exceeds 0.5), ``"absolute_error"``, ``"squared_error"``, or a function of targets and
            predictions, both ``(samples, ...)``, that returns an array of shape ``(samples,)``.
        seed
            The place of one seed, 0 for the first, to compare these two networks alone; the
            p-value of accuracies is then that of McNemar's test. By default a sample's score is
            its mean over the seeds.
        level
            Confidence level.

        Raises
        ------
        KeyError
            If there is no such arm or score.
        ValueError
            If the predictions were not kept.
        IndexError
            If there is no such seed.

        References
        ----------
        McNemar (1947), Psychometrika 12(2), 153-157. Dietterich (1998), "Approximate statistical
        tests for comparing supervised classification learning algorithms", Neural Computation 10.
        """
        self._require(first, second)
        chosen = slice(None) if seed is None else slice(*_place(seed, len(self.seeds)))
        one, two = (self._sample_scores(arm, score)[chosen] for arm in (first, second))
        mean = mean_interval(one.mean(axis=0) - two.mean(axis=0), level=level)
        paired = len(one) == 1 and {*np.unique(one), *np.unique(two)} <= {0.0, 1.0}
        p_value = mcnemar(one[0] > 0, two[0] > 0) if paired else _t_test(mean)
        name = score if isinstance(score, str) else getattr(score, "__name__", "score")
        return Difference(
            **asdict(mean),
            first=first,
            second=second,
            metric=name.replace("_", " "),
            p_value=p_value,
            seeds=len(one),
            samples=mean.count,
        )

    def __repr__(self) -> str:
        spread = " ± standard deviation" if len(self.seeds) > 1 else ""
        lines = [f"{self.metric}, mean{spread} over {_count(len(self.seeds), 'seed')}:"]
        for arm, row in self.table().iterrows():
            deviation = "" if np.isnan(row.iloc[1]) else f" ± {row.iloc[1]:.2g}"
            lines.append(f"  {arm}: {row.iloc[0]:.4g}{deviation}")
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        import html

        table = self.table()
        shown = {name: "{:.4g}" if name == "mean" else "{:.2g}" for name in table.columns[:2]}
        styled = table.style.format(shown, na_rep="–").format("{:,.0f}", subset=table.columns[2:])
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return styled.to_html() + notes

    def _require(self, *arms: str) -> None:
        for arm in arms:
            if arm not in self.runs:
                raise KeyError(unknown("arm", arm, self.runs))

    def _sample_scores(self, arm: str, score: str | Score) -> np.ndarray:
        """Return the scores of an arm's predictions, shape ``(seeds, samples)``."""
        if isinstance(score, str) and score not in SCORES:
            raise KeyError(unknown("score", score, SCORES, hint="Or pass a function."))
        if self.targets is None or not self.predictions:
            message = (
                "the predictions of this comparison were not kept; call compare(..., "
                "evaluate=(x, y), keep_predictions=True)."
            )
            raise ValueError(message)
        rate = SCORES[score] if isinstance(score, str) else score
        rows = [rate(self.targets, np.asarray(found)) for found in self.predictions[arm]]
        return np.array(rows, dtype=float)


def plain_names(found: Mapping[str, tuple[dict[str, Any], ...]]) -> Mapping[str, Any]:
    """Give the metrics of all arms and seeds the same names.

    Keras numbers metrics within a session, so the same ``keras.metrics.AUC()`` is ``auc`` in one
    model and ``auc_1`` in the next. Where the names differ, the numbers are left out, unless two
    metrics of one model would then share a name.
    """
    every = [row for rows in found.values() for row in rows]
    bare = {name: re.sub(r"_\d+$", "", name) for row in every for name in row}
    same = all(set(row) == set(every[0]) for row in every)
    if same or any(len({bare[name] for name in row}) < len(row) for row in every):
        return found
    return {
        arm: tuple({bare[name]: value for name, value in row.items()} for row in rows)
        for arm, rows in found.items()
    }


def _right(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    if predictions.ndim > 1 and predictions.shape[-1] > 1:
        if targets.shape == predictions.shape:
            targets = targets.argmax(axis=-1)
        predictions = predictions.argmax(axis=-1)
    else:
        predictions = predictions > 0.5
    return _by_sample(_aligned(targets, predictions) == predictions)


def _absolute_error(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return _by_sample(np.abs(_aligned(targets, predictions) - predictions))


def _squared_error(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return _by_sample((_aligned(targets, predictions) - predictions) ** 2)


#: Scores of single samples, by name.
SCORES: dict[str, Score] = {
    "accuracy": _right,
    "absolute_error": _absolute_error,
    "squared_error": _squared_error,
}


def _aligned(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the targets in the predictions' shape, so that nothing is broadcast unnoticed."""
    if targets.size != predictions.size:
        message = (
            f"targets of shape {targets.shape} do not fit predictions of shape "
            f"{predictions.shape}; pass score=function."
        )
        raise ValueError(message)
    return targets.reshape(predictions.shape)


def _by_sample(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).mean(axis=1)


def _place(seed: int, count: int) -> tuple[int, int]:
    if not 0 <= seed < count:
        raise IndexError(f"seed={seed}; there are {count} seeds, so pass 0 to {count - 1}.")
    return seed, seed + 1


def _t_test(mean: Interval) -> float:
    """Return the two-sided p-value of Student's test that the mean is zero."""
    from scipy import stats

    if mean.standard_error == 0:
        return 1.0 if mean.mean == 0 else 0.0
    return float(2 * stats.t.sf(abs(mean.mean) / mean.standard_error, mean.count - 1))


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
