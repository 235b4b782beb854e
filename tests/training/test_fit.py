"""``training.fit``: equal to ``model.fit``, restored only when nothing changed."""

import contextlib

import keras
import numpy as np
import pytest

from textlib import training
from textlib.training.fingerprint import FingerprintError
from textlib.training.store import RECORD, VARIABLES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("float32")
Y = (X @ np.array([1.0, -2.0, 0.5, 0.0], dtype="float32"))[:, None]


def network(*, units=8, seed=3, optimizer="adam", loss="mse", activation="tanh"):
    training.set_seed(seed)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(units, activation=activation),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer=optimizer, loss=loss, metrics=["mae"])
    return model


def train(model, **changes):
    arguments = {"run": "test/net", "epochs": 2, "batch_size": 16} | changes
    x, y = arguments.pop("x", X), arguments.pop("y", Y)
    return training.fit(model, x, y, **arguments)


def test_first_call_trains_and_second_restores_the_same_model_and_history():
    first, second = network(), network()
    trained, restored = train(first), train(second)
    assert (trained.restored, restored.restored) == (False, True)
    assert restored.history == trained.history
    np.testing.assert_array_equal(first.predict(X, verbose=0), second.predict(X, verbose=0))


def test_it_trains_exactly_as_model_fit_does():
    ours, keras_own = network(), network()
    run = train(ours, run=None, seed=7)
    training.set_seed(7)
    history = keras_own.fit(X, Y, epochs=2, batch_size=16, verbose=0).history
    np.testing.assert_allclose(run.history["loss"], history["loss"], rtol=1e-6)


@pytest.mark.parametrize("pipeline", [False, True])
def test_the_step_is_traced_once(pipeline):
    import tensorflow as tf

    traces = []

    def squares(target, prediction):
        traces.append(1)
        return keras.losses.mean_squared_error(target, prediction)

    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    training.fit(network(loss=squares), *([batches] if pipeline else [X, Y]))
    assert len(traces) == 1


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("run", [None, "test/distributed"])
def test_a_model_of_a_distribution_strategy_trains(run, inside):
    import tensorflow as tf

    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        model = network()
    with strategy.scope() if inside else contextlib.nullcontext():
        found = train(model, run=run)
    alone = train(network(), run=None)
    np.testing.assert_allclose(found.history["loss"], alone.history["loss"], rtol=1e-5)


def test_metrics_start_from_nothing():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.optimizer.learning_rate = 0.0
    expected = np.abs(model.predict(X, verbose=0) - Y).mean()
    run = training.fit(model, X, Y, batch_size=16)
    assert run.final("mae") == pytest.approx(expected, rel=1e-5)


def test_training_on_after_a_restored_run_equals_training_on_after_a_trained_one():
    first, second = network(), network()
    train(first)
    train(second)
    after_trained = train(first, run=None)
    after_restored = train(second, run=None)
    np.testing.assert_allclose(after_trained.history["loss"], after_restored.history["loss"])


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"units": 9}},
        {"model": {"seed": 4}},
        {"model": {"optimizer": "sgd"}},
        {"model": {"loss": "mae"}},
        {"model": {"activation": "relu"}},
        {"fit": {"epochs": 3}},
        {"fit": {"batch_size": 20}},
        {"fit": {"seed": 1}},
        {"fit": {"x": X + 1}},
        {"fit": {"y": Y[::-1]}},
        {"fit": {"validation_data": (X[:5], Y[:5])}},
        {"fit": {"callbacks": [keras.callbacks.EarlyStopping("loss", patience=3)]}},
    ],
    ids=lambda change: "-".join([*change, *next(iter(change.values()))]),
)
def test_a_change_of_anything_that_matters_trains_again(change):
    train(network())
    assert not train(network(**change.get("model", {})), **change.get("fit", {})).restored


def test_the_learning_rate_inside_the_optimizer_counts():
    train(network(optimizer=keras.optimizers.Adam(1e-3)))
    assert not train(network(optimizer=keras.optimizers.Adam(1e-2))).restored


def test_scale_counts(monkeypatch):
    train(network())
    monkeypatch.setenv("TEXTLIB_SCALE", "full")
    assert not train(network()).restored


def test_layer_names_do_not_count():
    train(network())
    keras.layers.Dense(1)  # moves Keras's counter of names on
    assert train(network()).restored


def test_the_code_of_a_custom_loss_counts():
    def squared(y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    def doubled(y_true, y_pred):
        return 2 * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    doubled.__name__ = squared.__name__
    train(network(loss=squared))
    assert train(network(loss=squared)).restored
    assert not train(network(loss=doubled)).restored


def test_the_setting_of_a_loss_factory_counts():
    def weighted(weight):
        def loss(y_true, y_pred):
            return weight * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

        return loss

    train(network(loss=weighted(1.0)))
    assert train(network(loss=weighted(1.0))).restored
    assert not train(network(loss=weighted(2.0))).restored


def test_a_custom_layers_code_counts():
    def with_layer(factor):
        class Scale(keras.layers.Layer):
            def call(self, inputs):
                return inputs * factor

        class ScaleOther(keras.layers.Layer):
            def call(self, inputs):
                return inputs + factor

        training.set_seed(0)
        layer = Scale() if factor == 2 else ScaleOther()
        model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    train(with_layer(2))
    assert train(with_layer(2)).restored
    assert not train(with_layer(3)).restored


@pytest.mark.parametrize("damage", ["truncate", "garbage", "missing"])
@pytest.mark.parametrize("file", [RECORD, VARIABLES])
def test_a_damaged_run_is_dropped_and_trained_again(own_run_store, file, damage):
    key = train(network()).key
    target = own_run_store / key / file
    if damage == "truncate":
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    elif damage == "garbage":
        target.write_bytes(b"not what you expect")
    else:
        target.unlink()
    assert not train(network()).restored
    assert train(network()).restored


def test_a_failing_save_leaves_nothing_behind(own_run_store, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match=r"No space left on device.*TEXTLIB_CACHE"):
        train(network())
    assert list(own_run_store.iterdir()) == []


def test_without_a_name_nothing_is_stored(own_run_store):
    assert not train(network(), run=None).restored
    assert list(own_run_store.iterdir()) == []


def test_a_pipeline_needs_a_key_of_its_own():
    import tensorflow as tf

    pipeline = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    with pytest.raises(FingerprintError, match="data_key"):
        training.fit(network(), pipeline, run="test/pipeline")
    training.fit(network(), pipeline, run="test/pipeline", data_key="v1")
    assert training.fit(network(), pipeline, run="test/pipeline", data_key="v1").restored
    assert not training.fit(network(), pipeline, run="test/pipeline", data_key="v2").restored


def test_an_uncompiled_model_is_refused():
    with pytest.raises(ValueError, match=r"model\.compile"):
        train(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]))


def test_an_unbuilt_model_is_refused():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"keras\.Input"):
        train(model)


def test_an_unknown_metric_is_named_with_the_nearest():
    run = train(network())
    with pytest.raises(KeyError, match="did you mean 'mae'"):
        run.final("mea")


def test_the_run_says_what_happened():
    run = train(network())
    assert "trained 2 epochs" in repr(run)
    assert "restored; trained 2 epochs" in repr(train(network()))
    assert len(run.epoch_seconds) == run.epochs == 2
    assert 0 < sum(run.epoch_seconds) <= run.seconds
    assert 0 < run.step_seconds <= min(run.epoch_seconds)
