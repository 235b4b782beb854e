"""``training.remember``: computed once, and again only when something changed that matters."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from textlib import training
from textlib.training import NotRememberedWarning, memory

CALLS = {"count": 0}
ROWS = np.arange(8, dtype="float32")[:, None]
RATE = 0.1


@pytest.fixture(autouse=True)
def calls():
    """Count calls where no fingerprint looks: by an attribute of a built-in module's function."""
    tf.summary.test_calls = []
    yield tf.summary.test_calls
    del tf.summary.test_calls


def note():
    tf.summary.test_calls.append(1)


def doubled(x, factor=2):
    note()
    return {"rows": x * factor, "sum": float(x.sum())}


def same(first, second):
    """Whether two results are of the same kinds and hold the same."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(np.array_equal(first, second))


def test_the_second_time_the_result_comes_from_the_store(calls):
    first, second = (training.remember("test/double", (ROWS,), doubled) for _ in range(2))
    assert same(first, second)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": (ROWS + 1,)},
        {"inputs": (ROWS, 3)},
        {"compute": lambda x: doubled(x, 3)},
        {"seed": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_anything_that_matters_computes_again(calls, change):
    arguments = {"inputs": (ROWS,), "compute": doubled}
    training.remember("test/double", **arguments)
    training.remember("test/double", **{**arguments, **change})
    assert len(calls) == 2


def test_a_change_of_what_the_code_uses_computes_again(calls, monkeypatch):
    def scaled(x):
        note()
        return x * RATE

    first = training.remember("test/scaled", (ROWS,), scaled)
    monkeypatch.setitem(globals(), "RATE", 0.2)
    second = training.remember("test/scaled", (ROWS,), scaled)
    np.testing.assert_allclose(second, 2 * first)


def test_the_scale_counts(calls, monkeypatch):
    training.remember("test/double", (ROWS,), doubled)
    monkeypatch.setenv("TEXTLIB_SCALE", "full")
    training.remember("test/double", (ROWS,), doubled)
    assert len(calls) == 2


@pytest.mark.parametrize(
    "inputs", [(ROWS, 3), [ROWS, 3], {"x": ROWS, "factor": 3}, ROWS], ids=["()", "[]", "{}", "one"]
)
def test_inputs_are_arguments(inputs):
    factor = 2 if isinstance(inputs, np.ndarray) else 3
    result = training.remember("test/double", inputs, doubled)
    np.testing.assert_array_equal(result["rows"], factor * ROWS)


@pytest.mark.parametrize(
    "result",
    [
        None,
        3,
        0.1,
        float("inf"),
        "text",
        True,
        ROWS,
        np.float32(0.1),
        np.array(["a", "bc"]),
        tf.constant([1.0, 2.0]),
        [1, (2, [ROWS]), {"a": None}],
        {1: "one", (2, "b"): {"nested": [ROWS, ROWS]}},
        (),
    ],
    ids=lambda result: type(result).__name__,
)
def test_results_keep_their_kinds(result, calls):
    def give():
        note()
        return result

    first, second = (training.remember("test/kinds", (), give) for _ in range(2))
    assert same(first, second)
    assert len(calls) == 1


def pair():
    """A generator and a critic with an optimizer each, which has no variables yet."""
    training.set_seed(3)
    parts = [keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]) for _ in range(2)]
    return *parts, keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)


def contest(generator, critic, first, second, rows, steps=2):
    note()
    losses = []
    for _ in range(steps):
        for model, other, optimizer in ((generator, critic, first), (critic, generator, second)):
            with tf.GradientTape() as tape:
                loss = keras.ops.mean(model(other(rows + keras.random.normal((8, 1)))) ** 2)
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        losses.append(float(loss))
    return {"loss": losses}


def test_models_and_optimizers_among_the_inputs_are_restored_in_place(calls):
    trained, restored = pair(), pair()
    first = training.remember("test/contest", (*trained, ROWS), contest)
    second = training.remember("test/contest", (*restored, ROWS), contest)
    assert first == second
    assert len(calls) == 1
    for one, other in zip(trained, restored, strict=True):
        for mine, its in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(mine, its)
    assert int(restored[2].iterations) == 2
    # and the training goes on from there as it would have
    training.set_seed(0)
    onward = contest(*trained, ROWS)
    training.set_seed(0)
    assert contest(*restored, ROWS) == onward


def test_models_that_only_the_code_knows_are_restored_too(calls):
    def prepare():
        generator, critic, first, second = pair()
        return (lambda rows: contest(generator, critic, first, second, rows)), generator

    for _ in range(2):
        compute, generator = prepare()
        training.remember("test/contest", (ROWS,), compute)
    assert len(calls) == 1
    assert not np.array_equal(generator.get_weights()[0], pair()[0].get_weights()[0])


def test_named_inputs_count_whatever_their_names():
    def told(seed, compute):
        return seed + compute

    results = [
        training.remember("test/named", {"seed": seed, "compute": 1}, told) for seed in (1, 2)
    ]
    assert results == [2, 3]


def test_a_model_among_the_results_is_the_one_that_was_given():
    def touched(model):
        model.set_weights([weight + 1 for weight in model.get_weights()])
        return [model, 1]

    for _ in range(2):
        model = pair()[0]
        before = model.get_weights()
        result = training.remember("test/touched", ([model],), lambda found: touched(*found))
        assert result[0] is model
        np.testing.assert_array_equal(model.get_weights()[0], before[0] + 1)


def test_what_comes_afterwards_does_not_depend_on_whether_it_was_restored():
    after = []
    for _ in range(2):
        training.remember("test/double", (ROWS,), doubled)
        after.append(np.random.random())  # noqa: NPY002
    assert after[0] == after[1]


REFUSED = {
    "an input": ((x for x in [1]), lambda x: 1, r"inputs \(a generator\)"),
    "a global": ((), lambda: next(STREAM), "STREAM"),
    "a result": ((), lambda: {"model": object()}, "returns a object"),
    "a new model": ((), lambda: pair()[0], "returns a Sequential"),
    "an array, in place": (ROWS.copy(), lambda x: x.fill(0), "changed inputs beyond"),
    "a global, in place": ((), lambda: CALLS.update(count=1), "changed compute beyond"),
    "a global, bound anew": ((), lambda: bind(), "changed compute beyond"),
}
STREAM = (number for number in range(100))


def bind():
    global LAST
    LAST = 1


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_kept_is_computed_each_time_and_said(what):
    inputs, compute, message = REFUSED[what]
    with pytest.warns(NotRememberedWarning, match=message) as said:
        training.remember("test/refused", inputs, compute)
    assert [each.category for each in said].count(NotRememberedWarning) == 1
    assert training.RunStore().records() == []


def test_the_store_accounts_for_it_as_for_fit():
    training.remember("test/double", (ROWS,), doubled)
    (record,) = training.RunStore().records()
    assert record["name"] == "test/double"
    assert record["seconds"] > 0
    memory._saved.clear()  # as in a new process
    training.remember("test/double", (ROWS,), doubled)
    assert training.seconds_saved() == record["seconds"]


def test_curves_among_the_results_are_in_the_record():
    training.remember("test/contest", (*pair(), ROWS), contest)
    (record,) = training.RunStore().records()
    assert len(record["history"]["loss"]) == 2
