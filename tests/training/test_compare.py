"""``training.compare``: as many plain trainings, at the price of one graph per arm."""

import random
import re
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from textlib import training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("float32")
Y = (X @ np.array([1.0, -2.0, 0.5, 0.0], dtype="float32") > 0).astype("float32")[:, None]
BUDGET = {"epochs": 2, "batch_size": 16}
HELD_OUT = {"validation_data": (X[:20], Y[:20])}


def network(*middle, units=6, metrics=("accuracy",), optimizer="adam"):
    layers = [keras.Input((4,)), keras.layers.Dense(units, activation="relu"), *middle]
    model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer, "binary_crossentropy", metrics=list(metrics))
    return model


def plain():
    return network()


def noisy():
    return network(keras.layers.BatchNormalization(), keras.layers.Dropout(0.3))


def compare(arms=None, **changes):
    arguments = {"seeds": 2, "epochs": 1, "batch_size": 16} | changes
    return training.compare(arms or {"plain": plain}, X, Y, **arguments)


def alone(build, seed, **changes):
    """Train a new model, as without ``compare``."""
    training.set_seed(seed)
    model = build()
    return model, training.fit(model, X, Y, seed=seed, **BUDGET | HELD_OUT | changes)


def finished(losses, *, predictions=None, targets=()):
    """Return a comparison without a training: of each arm and seed, the loss of each epoch."""
    histories = {arm: tuple({"loss": list(c)} for c in curves) for arm, curves in losses.items()}
    count = len(next(iter(losses.values())))
    return training.Comparison(
        metric="loss",
        seeds=tuple(range(count)),
        runs=dict.fromkeys(losses, ()),
        histories=histories,
        scores=dict.fromkeys(losses, ({},) * count),
        updates=dict.fromkeys(losses, (1,) * count),
        models={},
        targets=np.asarray(targets) if predictions else None,
        predictions=predictions or {},
    )


def scored(predictions, targets):
    """Return a comparison of arms with these predictions, ``(seeds, samples, ...)``."""
    losses = {arm: np.zeros((len(given), 1)) for arm, given in predictions.items()}
    return finished(losses, predictions=predictions, targets=targets)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_every_seed_trains_as_a_new_model_would_to_the_last_bit(optimizer):
    def build():
        own = keras.optimizers.SGD(0.1, momentum=0.9) if optimizer == "momentum" else optimizer
        layers = keras.layers.BatchNormalization(), keras.layers.Dropout(0.3)
        return network(*layers, optimizer=own)

    found = compare({"noisy": build}, **BUDGET, **HELD_OUT, seeds=(4, 1), evaluate=(X, Y))
    for place, seed in enumerate((4, 1)):
        model, run = alone(build, seed)
        assert found.runs["noisy"][place].history == run.history
        loss = model.evaluate(X, Y, batch_size=256, verbose=0, return_dict=True)["loss"]
        assert found.values("test_loss")["noisy"][place] == loss
    np.testing.assert_array_equal(found.models["noisy"].predict(X), model.predict(X))


def test_an_arm_is_traced_once_for_all_its_seeds():
    traced = []

    def loss(target, prediction):
        traced.append(1)
        return keras.losses.binary_crossentropy(target, prediction)

    def build():
        model = noisy()
        model.compile("adam", loss, metrics=["accuracy", keras.metrics.AUC()])
        return model

    compare({"noisy": build}, seeds=3)
    assert len(traced) == 1


class UnseenNoise(keras.layers.Layer):
    """Draw noise from a generator that is in no variable of the model."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def call(self, inputs):
        return inputs + self.draw(keras.ops.shape(inputs))


def tensorflow_noise(shape):
    import tensorflow as tf

    return tf.random.normal(shape)


@pytest.mark.parametrize("draw", [tensorflow_noise, keras.random.normal])
def test_hidden_random_state_gives_each_seed_a_graph_of_its_own(draw):
    def build():
        return network(UnseenNoise(draw))

    found = compare({"noise": build}, **BUDGET, **HELD_OUT)
    for seed in range(2):
        assert found.runs["noise"][seed].history == alone(build, seed)[1].history


def test_a_layer_adapted_to_other_data_for_each_seed_is_not_reused():
    def build():
        scaling = keras.layers.Normalization()
        scaling.adapt(keras.random.normal((50, 6), mean=2, stddev=3))
        return network(scaling)

    found = compare({"scaled": build}, **BUDGET, **HELD_OUT)
    for seed in range(2):
        assert found.runs["scaled"][seed].history == alone(build, seed)[1].history


def test_a_structure_that_depends_on_the_seed_is_not_reused():
    def build():
        return network(keras.layers.Rescaling(random.random()))

    found = compare({"scaled": build}, **BUDGET, **HELD_OUT)
    for seed in range(2):
        assert found.runs["scaled"][seed].history == alone(build, seed)[1].history


@pytest.mark.parametrize("before", [True, False])
def test_the_store_is_shared_with_fit(before):
    runs = []
    for turn in (before, not before):
        if turn:
            runs += [alone(noisy, seed, run="page/alone")[1] for seed in range(2)]
        else:
            runs += compare({"noisy": noisy}, **BUDGET, **HELD_OUT, run="page/net").runs["noisy"]
    assert [run.restored for run in runs] == [False, False, True, True]
    assert runs[0].history == runs[2].history


def test_a_comparison_from_the_store_equals_the_one_that_trained():
    settings = {"evaluate": (X, Y), "run": "page/net", "keep_predictions": True, **BUDGET}
    trained, restored = (compare({"noisy": noisy}, **settings) for _ in range(2))
    assert all(run.restored for run in restored.runs["noisy"])
    assert restored.scores == trained.scores
    assert restored.updates == trained.updates
    np.testing.assert_array_equal(restored.predictions["noisy"], trained.predictions["noisy"])


def test_a_seed_that_is_added_trains_alone():
    compare(run="page/net", seeds=(0, 2))
    runs = compare(run="page/net", seeds=3).runs["plain"]
    assert [run.restored for run in runs] == [True, False, True]


def test_the_sessions_offset_moves_all_seeds(monkeypatch):
    later = compare(seeds=(1, 2))
    monkeypatch.setenv("TEXTLIB_SEED_OFFSET", "1")
    moved = compare(seeds=2)
    assert moved.seeds == later.seeds == (1, 2)
    np.testing.assert_array_equal(moved.values()["plain"], later.values()["plain"])


def test_an_arm_may_have_arguments_of_its_own_and_the_table_gives_the_unequal_budgets():
    arms = {"plain": plain, "longer": {"build": plain, "epochs": 3}}
    found = compare(arms)
    assert found.updates == {"plain": (4, 4), "longer": (12, 12)}
    assert list(found.table()["updates"]) == [4, 12]
    assert "Unequal budgets, in updates of the weights: plain 4, longer 12." in repr(found)
    assert "Unequal budgets" in found._repr_html_()


def test_equal_budgets_need_no_words():
    found = compare({"plain": plain, "other data": {"build": plain, "x": -X}})
    assert found.notes == ()
    assert list(found.table().columns) == ["mean", "standard deviation", "seeds"]


def test_each_training_has_callbacks_of_its_own():
    made = []

    def callbacks():
        made.append(keras.callbacks.EarlyStopping("loss", patience=1))
        return made[-1:]

    compare(callbacks=callbacks)
    assert len(set(map(id, made))) == 2
    with pytest.raises(TypeError, match=r"callbacks=lambda: \["):
        compare(callbacks=[keras.callbacks.EarlyStopping("loss")])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "accuracy"),
        (HELD_OUT, "val_accuracy"),
        (HELD_OUT | {"evaluate": (X, Y)}, "test_accuracy"),
    ],
)
def test_the_metric_is_that_of_the_data_least_trained_on(settings, expected):
    found = compare(**settings)
    assert found.metric == expected
    assert found.table().columns.name == expected


def test_metrics_that_keras_numbers_have_one_name():
    def build():
        return network(metrics=[keras.metrics.AUC(curve="PR")])

    found = compare({"one": build, "two": build}, seeds=1, **HELD_OUT)
    assert set(found.values("val_auc")) == {"one", "two"}


def test_a_metric_with_a_value_per_class_is_left_to_the_runs():
    def build():
        return network(metrics=[keras.metrics.F1Score(), "accuracy"])

    found = compare({"plain": build}, seeds=1, evaluate=(X, Y))
    assert found.metric == "test_accuracy"
    assert set(found.histories["plain"][0]) == {"loss", "accuracy"}


def test_values_take_the_last_the_lowest_or_the_highest_epoch():
    found = finished({"plain": [[3.0, 1.0, 2.0], [4.0, 3.0, 5.0]]})
    for at, expected in {"last": [2, 5], "min": [1, 3], "max": [3, 5]}.items():
        np.testing.assert_array_equal(found.values(at=at)["plain"], expected)
    with pytest.raises(ValueError, match="Choose from: last, max, min"):
        found.values(at="best")


def test_the_table_has_mean_and_deviation_of_single_trainings():
    row = finished({"plain": [[1.0], [2.0], [6.0]]}).table().loc["plain"]
    assert (row["mean"], row["seeds"]) == (3, 3)
    assert row["standard deviation"] == pytest.approx(np.std([1, 2, 6], ddof=1))


def test_one_seed_has_no_spread_and_the_text_says_so():
    found = compare({"a": plain, "b": noisy}, seeds=1)
    assert found.table()["standard deviation"].isna().all()
    assert "One seed" in repr(found)
    assert "no spread is known" in repr(found.difference("a", "b"))
    assert np.isnan(found.difference("a", "b").low)


def test_the_same_start_on_every_seed_is_pointed_out():
    def build():
        keras.utils.set_random_seed(5)
        return network()

    assert compare({"fixed": build}).notes == ("fixed starts from the same weights on every seed.",)


def test_a_difference_is_paired_by_seed():
    plain, noisy = RNG.normal(size=(2, 3, 1))
    difference = finished({"plain": plain, "noisy": noisy}).difference("noisy", "plain", level=0.9)
    expected = stats.ttest_rel(noisy[:, 0], plain[:, 0])
    interval = expected.confidence_interval(0.9)
    assert difference.mean == pytest.approx((noisy - plain).mean())
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high))
    assert difference.p_value == pytest.approx(expected.pvalue)
    assert difference.seeds == 3
    assert repr(difference).startswith("noisy − plain, loss: ")
    assert "90% interval" in repr(difference)


def test_two_classifiers_are_compared_on_the_same_samples_by_mcnemars_test():
    # Of 40 samples, 10 are right for the first alone, 2 for the second alone.
    first, second = np.ones(40), np.ones(40)
    first[:2], second[2:12] = 0, 0
    found = scored({"first": [first[:, None]], "second": [second[:, None]]}, np.ones(40))
    difference = found.difference_on_samples("first", "second")
    assert difference.mean == pytest.approx(8 / 40)
    assert difference.p_value == pytest.approx(stats.binomtest(2, 12).pvalue)
    error = np.sqrt((12 / 40 - (8 / 40) ** 2) / 39)
    assert difference.standard_error == pytest.approx(error)
    assert (difference.seeds, difference.samples) == (1, 40)
    assert "40 samples, 1 seed" in repr(difference)


def test_errors_are_compared_on_the_same_samples_by_their_means_over_seeds():
    targets = RNG.normal(size=30)
    first, second = RNG.normal(size=(2, 3, 30, 1))
    found = scored({"first": first, "second": second}, targets)
    errors = [np.abs(given[..., 0] - targets).mean(0) for given in (first, second)]
    difference = found.difference_on_samples("first", "second", score="absolute_error")
    interval = stats.ttest_rel(*errors).confidence_interval()
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high))
    assert (difference.seeds, difference.samples) == (3, 30)
    one = found.difference_on_samples("first", "second", score="squared_error", seed=1)
    squares = [(given[1, :, 0] - targets) ** 2 for given in (first, second)]
    assert one.mean == pytest.approx((squares[0] - squares[1]).mean())


@pytest.mark.parametrize("one_hot", [False, True])
def test_the_largest_output_is_the_class(one_hot):
    targets = np.array([0, 1, 2, 2])
    right = np.eye(3)[targets]
    wrong = np.eye(3)[[0, 1, 2, 0]]
    found = scored({"a": [right], "b": [wrong]}, right if one_hot else targets)
    assert found.difference_on_samples("a", "b").mean == pytest.approx(0.25)


def test_predictions_are_kept_when_asked_for():
    found = compare({"a": plain, "b": noisy}, evaluate=(X, Y), keep_predictions=True)
    assert [kept.shape for kept in found.predictions["b"]] == [(60, 1)] * 2
    accuracies = found.values("test_accuracy")
    difference = found.difference_on_samples("a", "b")
    assert difference.mean == pytest.approx((accuracies["a"] - accuracies["b"]).mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda found: found.difference("plan", "plain"), KeyError, "did you mean 'plain'"),
        (lambda found: found.values("lost"), KeyError, "did you mean 'loss'"),
        (lambda found: found.difference_on_samples("plain", "plain"), ValueError, "evaluate="),
        (
            lambda found: found.difference_on_samples("plain", "plain", score="f1"),
            KeyError,
            "absolute_error, accuracy, squared_error",
        ),
    ],
)
def test_what_a_comparison_does_not_have_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(finished({"plain": [[1.0]]}))


@pytest.mark.parametrize(
    ("arms", "changes", "error", "message"),
    [
        ({}, {}, ValueError, "at least one arm"),
        ({"a": plain}, {"seeds": 0}, ValueError, "at least 1"),
        ({"a": plain}, {"seeds": (1, 1)}, ValueError, "different whole numbers"),
        ({"a": network()}, {}, TypeError, "'a' is a Sequential; pass a function"),
        ({"a": {"epochs": 2}}, {}, TypeError, "as 'build'"),
        ({"a": lambda: None}, {}, TypeError, "'a' returned a NoneType"),
        ({"a": {"build": plain, "seed": 1}}, {}, ValueError, "sets 'seed'"),
        ({"a": plain}, {"keep_predictions": True}, ValueError, r"evaluate=\(x, y\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(arms, changes, error, message):
    with pytest.raises(error, match=message):
        training.compare(arms, X, Y, **changes)


def test_other_targets_for_another_arm_cannot_be_paired():
    arms = {"a": plain, "b": {"build": plain, "evaluate": (X, 1 - Y)}}
    with pytest.raises(ValueError, match="different targets"):
        compare(arms, seeds=1, evaluate=(X, Y), keep_predictions=True)


@pytest.mark.slow
def test_the_example_for_authors_runs():
    text = (Path(__file__).parents[2] / "docs" / "authoring.md").read_text(encoding="utf-8")
    section = text.partition("## Comparisons")[2].partition("\n## ")[0]
    cells = re.findall(r"```\{code-cell\} python\n(?:---\n.*?---\n)?(.*?)```", section, re.DOTALL)
    session: dict = {}
    exec("\n".join(cells), session)  # noqa: S102
    assert isinstance(session["study"].table(), pd.DataFrame)
