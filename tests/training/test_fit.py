"""``training.fit``: equal to ``model.fit``, restored only when nothing changed."""

import contextlib
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from textlib import training
from textlib.training import NotRememberedWarning
from textlib.training.store import RECORD, VARIABLES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("float32")
Y = (X @ np.array([1.0, -2.0, 0.5, 0.0], dtype="float32"))[:, None]


def network(*, units=8, seed=3, optimizer="adam", loss="mse", activation="tanh", eager=True):
    training.set_seed(seed)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(units, activation=activation),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    # Without a graph: to trace one takes longer than to train this.
    model.compile(optimizer=optimizer, loss=loss, metrics=["mae"], run_eagerly=eager)
    return model


def visible(folder):
    """What is in a folder, but for the locks."""
    return [path for path in folder.iterdir() if path.suffix != ".lock"]


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
    ours, keras_own = network(eager=False), network(eager=False)
    run = train(ours, run=None, seed=7, shuffle=False)
    training.set_seed(7)
    history = keras_own.fit(X, Y, epochs=2, batch_size=16, verbose=0, shuffle=False).history
    np.testing.assert_allclose(run.history["loss"], history["loss"], rtol=1e-6)


@pytest.mark.parametrize("pipeline", [False, True])
def test_the_step_is_traced_once(pipeline):
    import tensorflow as tf

    traces = []

    def squares(target, prediction):
        traces.append(1)
        return keras.losses.mean_squared_error(target, prediction)

    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    training.fit(network(loss=squares, eager=False), *([batches] if pipeline else [X, Y]))
    assert len(traces) == 1


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("run", [None, "test/distributed"])
def test_a_model_of_a_distribution_strategy_trains(run, inside):
    import tensorflow as tf

    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        model = network(eager=False)
    with strategy.scope() if inside else contextlib.nullcontext():
        found = train(model, run=run, shuffle=False)
    alone = train(network(), run=None, shuffle=False)
    np.testing.assert_allclose(found.history["loss"], alone.history["loss"], rtol=1e-5)


def test_metrics_start_from_nothing():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.optimizer.learning_rate = 0.0
    expected = np.abs(model.predict(X, verbose=0) - Y).mean()
    run = training.fit(model, X, Y, batch_size=16)
    assert run.final("mae") == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("metric", [keras.metrics.AUC, keras.metrics.MeanAbsoluteError])
def test_metrics_count_anew_after_a_restored_run(metric):
    def evaluated():
        training.set_seed(0)
        outputs = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((4,)), outputs])
        model.compile("sgd", "mse", metrics=[metric(name="counted")])
        run = training.fit(model, X, (Y > 0).astype("float32"), run="test/metric")
        rows = slice(0, 20)
        return run.restored, model.evaluate(X[rows], Y[rows] > 0, verbose=0, return_dict=True)

    (_, trained), (restored, again) = evaluated(), evaluated()
    assert restored
    assert again == pytest.approx(trained)


def test_training_on_after_a_restored_run_equals_training_on_after_a_trained_one():
    first, second = network(), network()
    train(first)
    train(second)
    after_trained = train(first, run=None)
    after_restored = train(second, run=None)
    np.testing.assert_allclose(after_trained.history["loss"], after_restored.history["loss"])


@pytest.mark.parametrize("draw", [tf.random.normal, keras.random.normal])
def test_random_state_that_a_graph_hides_begins_anew_with_each_training(draw):
    def noisy():
        inputs = keras.Input((4,))
        noise = keras.layers.Lambda(lambda x: x + draw(keras.ops.shape(x)))(inputs)
        model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(noise))
        model.compile("sgd", "mse")
        return model

    trained, restored = noisy(), noisy()
    assert [train(trained).restored, train(restored).restored] == [False, True]
    for model in (trained, restored):
        train(model, run=None, seed=1)
    np.testing.assert_array_equal(trained.get_weights()[0], restored.get_weights()[0])


def test_metrics_without_a_name_are_the_same_whatever_keras_calls_them():
    def measured():
        model = network()
        metric = keras.metrics.MeanMetricWrapper(lambda y, p: keras.ops.abs(y - p))
        model.compile("adam", "mse", metrics=[metric], run_eagerly=True)
        return model

    trained, restored = measured(), measured()
    first, second = train(trained), train(restored)
    assert second.restored
    assert list(first.history.values()) == list(second.history.values())
    assert second.history.keys() == restored.evaluate(X, Y, return_dict=True, verbose=0).keys()
    third = measured()
    train(third)
    assert train(trained, epochs=1).key == train(third, epochs=1).key


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


@pytest.mark.parametrize(
    ("setting", "value", "usual"),
    [("dtype_policy", "mixed_float16", "float32"), ("max_epochs", 1, None)],
)
def test_what_keras_is_set_to_counts(setting, value, usual):
    model = network()
    train(network())
    getattr(keras.config, f"set_{setting}")(value)
    try:
        assert not train(model).restored
    finally:
        getattr(keras.config, f"set_{setting}")(usual)


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


def test_a_failing_save_says_so_and_leaves_nothing_behind(own_run_store, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.warns(NotRememberedWarning, match=r"No space left on device.*TEXTLIB_CACHE"):
        run = train(network())
    assert (run.epochs, run.key) == (2, "")
    assert visible(own_run_store) == []


def test_without_write_permission_the_trained_result_is_returned(own_run_store, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.warns(NotRememberedWarning, match="Permission denied") as said:
        run = train(network())
    assert [each.category for each in said].count(NotRememberedWarning) == 1
    assert run.epochs == 2


def test_without_a_name_nothing_is_stored(own_run_store):
    assert not train(network(), run=None).restored
    assert visible(own_run_store) == []


def test_a_pipeline_of_arrays_is_seen():
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices((X, Y))
    training.fit(network(), rows.batch(16), run="test/pipeline")
    assert training.fit(network(), rows.batch(16), run="test/pipeline").restored
    assert not training.fit(network(), rows.batch(20), run="test/pipeline").restored


def test_what_cannot_be_seen_is_trained_each_time_and_named_once():
    import tensorflow as tf

    def rows():
        yield from zip(X, Y, strict=True)

    signature = (tf.TensorSpec((4,), tf.float32), tf.TensorSpec((1,), tf.float32))
    pipeline = tf.data.Dataset.from_generator(rows, output_signature=signature).batch(16)
    for _ in range(2):
        with pytest.warns(NotRememberedWarning, match=r"'test/pipeline'.* x\..*data_key") as said:
            run = training.fit(network(), pipeline, run="test/pipeline", steps_per_epoch=2)
        assert [each.category for each in said].count(NotRememberedWarning) == 1
        assert (run.restored, run.key, run.epochs) == (False, "", 1)
    named = {"run": "test/pipeline", "data_key": "v1", "steps_per_epoch": 2}
    training.fit(network(), pipeline, **named)
    assert training.fit(network(), pipeline, **named).restored
    assert not training.fit(network(), pipeline, **{**named, "data_key": "v2"}).restored


def test_a_lazy_module_that_raises_does_not_stop_a_training():
    class Lazy(types.ModuleType):
        def __getattribute__(self, name):
            raise ImportError("no module of this name")

    module = Lazy("lazy")
    written = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: type(module))
    with pytest.warns(NotRememberedWarning, match=r"module.*raises ImportError") as said:
        run = train(network(), callbacks=[written])
    assert [each.category for each in said].count(NotRememberedWarning) == 1
    assert (run.restored, run.key) == (False, "")


def test_a_callback_that_cannot_be_seen_is_named():
    written = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: next(NUMBERS))
    with pytest.warns(NotRememberedWarning, match=r"callbacks\[0\]\.on_epoch_end → NUMBERS"):
        train(network(), callbacks=[written])


NUMBERS = (number for number in range(100))


@pytest.mark.parametrize("kind", [keras.callbacks.LearningRateScheduler, lambda f: Rates([f])])
def test_the_schedule_in_a_callback_counts(kind):
    train(network(), callbacks=[kind(lambda epoch: 0.0)])
    assert train(network(), callbacks=[kind(lambda epoch: 0.0)]).restored
    assert not train(network(), callbacks=[kind(lambda epoch: 0.5)]).restored


class Rates(keras.callbacks.Callback):
    def __init__(self, schedules):
        super().__init__()
        self.schedules = schedules


class Counting(keras.callbacks.Callback):
    """Changes an attribute of the model, which no variable holds."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.epochs_seen = epoch


def test_a_training_that_changes_more_than_variables_is_not_kept():
    with pytest.warns(NotRememberedWarning, match="changed model beyond the values of variables"):
        train(network(), callbacks=[Counting()])
    with pytest.warns(NotRememberedWarning):
        assert not train(network(), callbacks=[Counting()]).restored


def test_only_what_changed_is_stored(own_run_store):
    frozen = network()
    frozen.layers[0].trainable = False
    key = train(frozen).key
    with np.load(own_run_store / key / VARIABLES) as stored:
        assert stored["v2"].shape == (8, 1)
        assert "v0" not in stored.files
    again = network()
    again.layers[0].trainable = False
    assert train(again).restored
    np.testing.assert_array_equal(again.predict(X, verbose=0), frozen.predict(X, verbose=0))


def classifier(metric):
    training.set_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[metric], run_eagerly=True)
    return model


def test_a_metric_may_have_a_value_for_each_class():
    targets = np.eye(3)[np.arange(60) % 3]
    trained, restored = (train(classifier(keras.metrics.F1Score()), y=targets) for _ in range(2))
    assert restored.restored
    assert restored.history == trained.history
    assert len(restored.final("f1_score")) == 3
    assert "f1_score [0." in repr(restored)


class Samples(keras.metrics.Metric):
    """Counts the samples that it has ever seen."""

    def __init__(self):
        super().__init__()
        self.seen = self.add_variable((), initializer="zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.assign_add(keras.ops.cast(keras.ops.shape(y_true)[0], "float32"))

    def result(self):
        return self.seen

    def reset_state(self):
        pass


def test_a_metric_that_is_not_reset_counts_as_in_keras():
    targets = np.eye(3)[np.arange(60) % 3]
    run = train(classifier(Samples()), y=targets)
    assert run.history["samples"] == [60, 120]
    again = Samples()
    assert train(classifier(again), y=targets).restored
    assert float(again.result()) == 120


def two_outputs():
    training.set_seed(0)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile("sgd", "mse", metrics=["mae", "mae"], run_eagerly=True)
    return model


def test_the_history_of_several_outputs_has_the_names_of_this_session():
    first = train(two_outputs(), y=[Y, Y])
    model = two_outputs()
    second = train(model, y=[Y, Y])
    assert second.restored
    assert first.history.keys() != second.history.keys()
    assert list(first.history.values()) == list(second.history.values())
    expected = model.evaluate(X, [Y, Y], return_dict=True, verbose=0)
    assert second.history.keys() == expected.keys()


def test_a_run_that_was_kept_counts_as_time_saved_when_it_is_restored(own_run_store):
    from textlib.training import memory

    train(network())
    memory._saved.clear()  # as in a new process
    assert training.seconds_saved() == 0
    run = train(network())
    assert training.seconds_saved() == run.seconds > 0


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
