"""The one-cycle schedule: its corners, its lines, and what an optimizer makes of it."""

import keras
import numpy as np
import pytest

from textlib.training.schedules import OneCycle


def rates(schedule, steps):
    return np.array([float(schedule(step)) for step in steps])


@pytest.mark.parametrize("shape", ["cosine", "linear"])
def test_it_begins_low_peaks_where_it_was_told_and_ends_lower(shape):
    schedule = OneCycle(2.0, 1000, rise=0.4, start=0.1, end=0.01, shape=shape)
    np.testing.assert_allclose(rates(schedule, [0, 400, 1000]), [0.2, 2.0, 0.02], rtol=1e-4)
    drawn = rates(schedule, range(1001))
    assert drawn.argmax() == 400
    assert (np.diff(drawn[:401]) > 0).all()
    assert (np.diff(drawn[400:]) < 0).all()


def test_lines_are_straight_and_cosines_meet_them_halfway():
    straight = OneCycle(1.0, 100, rise=0.5, start=0.2, end=0.0, shape="linear")
    np.testing.assert_allclose(
        rates(straight, [0, 10, 25, 50, 75, 90]), [0.2, 0.36, 0.6, 1, 0.5, 0.2], rtol=1e-5
    )
    bent = OneCycle(1.0, 100, rise=0.5, start=0.2, end=0.0)
    np.testing.assert_allclose(rates(bent, [25, 75]), [0.6, 0.5], rtol=1e-5)
    expected = 0.2 + 0.8 * (1 - np.cos(np.pi * 0.2)) / 2
    np.testing.assert_allclose(rates(bent, [10]), [expected], rtol=1e-5)


def test_after_the_last_step_the_rate_stays():
    schedule = OneCycle(1.0, 10, end=0.05)
    np.testing.assert_allclose(rates(schedule, [10, 11, 500]), 0.05, rtol=1e-4)


def test_an_optimizer_follows_it():
    schedule = OneCycle(0.5, 20)
    weight = keras.Variable(0.0)
    optimizer = keras.optimizers.SGD(schedule)
    places = [0.0]
    for _ in range(20):
        optimizer.apply([keras.ops.convert_to_tensor(-1.0)], [weight])
        places.append(float(weight))
    np.testing.assert_allclose(np.diff(places), rates(schedule, range(20)), rtol=1e-3, atol=1e-6)


def test_it_is_saved_with_the_model(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    schedule = OneCycle(0.1, 50, rise=0.45, start=0.1, end=0.001, shape="linear")
    model.compile(keras.optimizers.Adam(schedule), loss="mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.optimizer._learning_rate.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"peak_rate": 0.0}, "peak_rate is 0.0"),
        ({"steps": 0}, "steps is 0"),
        ({"rise": 1.0}, "rise is 1.0; it is the share of the steps, between 0 and 1"),
        ({"shape": "cosin"}, "did you mean 'cosine'"),
    ],
)
def test_what_cannot_be_a_cycle_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        OneCycle(**{"peak_rate": 0.1, "steps": 10, **arguments})
