"""The base of models with a training step of their own, by the smallest adversarial pair."""

import keras
import numpy as np
import pytest
from keras import ops

from textlib import training

ROWS = np.random.default_rng(0).normal(3.0, 1.0, size=(64, 1)).astype("float32")


@keras.saving.register_keras_serializable(package="tests")
class Pair(training.StepModel):
    """A generator of numbers, and a critic that tells them from the data."""

    tracked = ("generator_loss", "critic_loss")
    part_names = ("generator", "critic")
    setting_names = ("spread",)

    def __init__(self, generator, critic, *, spread=1.0, **options):
        super().__init__(**options)
        self.generator, self.critic, self.spread = generator, critic, spread
        self.noise = keras.random.SeedGenerator(1)
        self.built = True

    def call(self, inputs, training=False):
        return self.critic(inputs, training=training)

    def fakes(self):
        return self.generator(self.spread * keras.random.normal((16, 1), seed=self.noise))

    def train_step(self, data):
        def tell_apart():
            return ops.mean(self.critic(self.fakes())) - ops.mean(self.critic(data))

        def fool():
            return -ops.mean(self.critic(self.fakes()))

        critic_loss = self.descend(tell_apart, part="critic")
        generator_loss = self.descend(fool, part="generator")
        return self.track(critic_loss=critic_loss, generator_loss=generator_loss)


def network():
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])


def pair(**options):
    training.set_seed(0)
    model = Pair(network(), network(), **options)
    model.compile_parts(
        generator=keras.optimizers.Adam(0.05), critic=keras.optimizers.SGD(0.01, momentum=0.9)
    )
    return model


def fit(model, **options):
    return training.fit(model, ROWS, batch_size=16, epochs=2, **options)


def values(model):
    optimizers = model.part_optimizers.values()
    found = [*model.variables, *(each for optimizer in optimizers for each in optimizer.variables)]
    return [np.asarray(each) for each in found]


def test_each_part_learns_with_its_own_optimizer():
    model = pair()
    before = values(model)
    run = fit(model)
    assert set(run.history) == {"generator_loss", "critic_loss"}
    moved = [not np.array_equal(*both) for both in zip(before, values(model), strict=True)]
    assert all(moved[:4])
    rates = [float(each.learning_rate) for each in model.part_optimizers.values()]
    assert rates == pytest.approx([0.05, 0.01])
    assert [int(each.iterations) for each in model.part_optimizers.values()] == [8, 8]


def test_a_step_of_one_part_leaves_the_other_alone():
    model = pair()
    (kernel, _), (critic_kernel, _) = model.generator.get_weights(), model.critic.get_weights()
    model.descend(lambda: ops.mean(model.critic(model.fakes())), part="critic")
    np.testing.assert_array_equal(kernel, model.generator.get_weights()[0])
    assert not np.array_equal(critic_kernel, model.critic.get_weights()[0])


def test_all_of_it_comes_back_from_the_store():
    trained, restored = pair(), pair()
    fit(trained, run="test/pair")
    assert fit(restored, run="test/pair").restored
    for one, other in zip(values(trained), values(restored), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not fit(pair(spread=2.0), run="test/pair").restored


def test_parts_and_settings_are_saved(tmp_path):
    model = pair(spread=2.0)
    model.save(tmp_path / "pair.keras")
    again = keras.models.load_model(tmp_path / "pair.keras")
    assert again.spread == 2.0
    np.testing.assert_array_equal(again(ROWS), model(ROWS))


def test_what_descend_computes_it_returns():
    model = pair()
    expected = float(ops.mean(model.critic(ROWS)))
    loss, extra = model.descend(lambda: (ops.mean(model.critic(ROWS)), "more"), part="critic")
    assert (float(loss), extra) == (pytest.approx(expected), "more")


def test_without_parts_the_model_is_compiled_as_any_other():
    @keras.saving.register_keras_serializable(package="tests")
    class Line(training.StepModel):
        part_names = ("network",)

        def __init__(self, network):
            super().__init__()
            self.network, self.built = network, True

        def train_step(self, data):
            rows, targets = data
            loss = self.descend(lambda: ops.mean((self.network(rows) - targets) ** 2))
            return self.track(loss=loss)

    model = Line(network())
    model.compile("sgd")
    history = training.fit(model, ROWS, 2 * ROWS, epochs=5, batch_size=16).history["loss"]
    assert history[-1] < history[0]


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="unknown part 'critics'; did you mean 'critic'"):
        Pair(network(), network()).compile_parts(critics=keras.optimizers.SGD())
    with pytest.raises(ValueError, match="no part has an optimizer"):
        Pair(network(), network()).compile_parts()
