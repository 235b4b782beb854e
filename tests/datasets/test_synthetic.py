"""Data made by code are what they say they are."""

import datetime
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from textlib import datasets
from textlib.datasets import windows
from textlib.datasets._types import Split
from textlib.datasets.catalog import sequences, synthetic


def rng(seed=0):
    return np.random.default_rng(seed)


def test_clean_moons_circles_and_spirals_lie_on_their_curves():
    circles = datasets.load("circles", noise=0).train
    np.testing.assert_allclose(
        np.linalg.norm(circles.x, axis=1), np.where(circles.y, 0.5, 1.0), atol=1e-6
    )
    upper = datasets.load("moons", noise=0).train
    np.testing.assert_allclose(np.linalg.norm(upper.x[upper.y == 0], axis=1), 1, atol=1e-6)
    spirals = datasets.load("spirals", noise=0, arms=4).train
    assert np.linalg.norm(spirals.x, axis=1).max() <= 1 + 1e-6
    assert set(spirals.y) == {0, 1, 2, 3}


def test_clock_hands_read_as_the_figure_of_the_source():
    angles = synthetic.clock_angles(np.array([3, 12, 9, 6]), np.array([0, 0, 45, 30]))
    assert angles.tolist() == [[0, 90], [90, 90], [157.5, 180], [255, 270]]


@given(st.integers(0, 11), st.integers(0, 59))
def test_the_hour_follows_from_the_angle_of_the_hour_hand(hour, minute):
    ((angle, _),) = synthetic.clock_angles(np.array([hour]), np.array([minute]))
    assert int((90 - angle) % 360 // 30) == hour


def test_clock_tips_agree_with_their_angles_and_pictures():
    clocks = datasets.load("clocks", n=50, size=40).train
    x = clocks.x
    lengths = np.linalg.norm(x["tips"], axis=2)
    np.testing.assert_allclose(lengths, [synthetic.HANDS] * 50, atol=1e-6)
    again = np.rad2deg(np.arctan2(x["tips"][..., 1], x["tips"][..., 0])) % 360
    turned = np.abs(again - x["angles"])
    assert np.minimum(turned, 360 - turned).max() < 1e-3
    for image, tips in zip(x["image"], x["tips"], strict=True):
        column, row = 19.5 + 16 * tips[1][0], 19.5 - 16 * tips[1][1]  # along the minute hand
        assert image[int(row) - 1 : int(row) + 3, int(column) - 1 : int(column) + 3].max() > 100


def test_sketches_end_with_the_pen_lifted():
    sketches = datasets.load("sketches", n=20).train
    for path in sketches.x:
        points = np.flatnonzero(path.any(axis=1))
        assert path[points[-1], 2] == 1
        assert path[:, 2].sum() == 2
        assert 24 <= points[-1] + 1 <= 32


@pytest.mark.parametrize("seed", range(2))
def test_no_trivial_rule_tells_sketches_apart(seed):
    data = datasets.load("sketches", seed=seed)
    assert rule_accuracy(data, lambda path: np.flatnonzero(path.any(axis=1))[-1]) < 0.3
    assert rule_accuracy(data, lambda path: np.flatnonzero(path[:, 2])[0]) < 0.3
    for features in (np.ravel, lambda path: path.sum(axis=0), lambda path: path[1]):
        assert classifier_accuracy(data, features) < 0.35


def test_waves_continue_when_they_are_made_longer():
    short, long = (sequences.two_waves(rng(3), 4, steps)[:, :40] for steps in (40, 60))
    # The random noise differs, but not the signal: less than the noise's width apart.
    assert np.abs(short - long).max() <= 0.1


def test_the_noise_floor_of_the_waves_is_as_stated():
    waves = datasets.load("waves", n=3000, horizon=1).train
    assert waves.x.shape == (3000, 50, 1)
    assert waves.y.shape == (3000, 1)
    assert np.abs(waves.x).max() <= 0.75
    naive = np.mean((waves.y[:, 0] - waves.x[:, -1, 0]) ** 2)
    assert 0.015 < naive < 0.026


def test_rising_sums_of_sines_are_the_busy_ones_turned_over_where_they_fall():
    rising = datasets.load("sine_sums", variant="rising").train.x[:, 0]
    busy = datasets.load("sine_sums", variant="busy").train.x[:, 0]
    np.testing.assert_array_equal(np.abs(rising), np.abs(busy))
    falling = np.diff(busy) < 0
    np.testing.assert_array_equal(rising[1:][falling], -busy[1:][falling])
    np.testing.assert_array_equal(rising[1:][~falling], busy[1:][~falling])


@pytest.mark.parametrize("variant", ["calm", "busy", "rising"])
@pytest.mark.parametrize("steps", [200, 1000, 5000])
def test_the_test_stretch_of_the_sines_is_not_in_the_training_stretch(variant, steps):
    data = datasets.load("sine_sums", variant=variant, steps=steps, gap=0)
    (x, y), (new_x, new_y) = (
        windows.windows(split.x[:, 0], 20, horizon=5) for split in (data.train, data.test)
    )
    nearest = np.array([np.linalg.norm(x - window, axis=1).argmin() for window in new_x])
    assert np.abs(y[nearest] - new_y).max() > 0.01  # what followed the nearest is not the answer


def test_a_series_can_be_continued_by_skipping():
    options = {"frequencies": (1, 2), "amplitudes": (1, 2)}
    whole = sequences.sum_of_sines(30, **options)
    np.testing.assert_allclose(
        whole[10:], sequences.sum_of_sines(20, skip=10, **options), rtol=1e-5
    )


def test_the_latch_holds_the_sign_of_the_last_pulse():
    latch = datasets.load("latch", n=4, steps=500, noise=0.0).train
    for pulses, held in zip(latch.x[..., 0], latch.y[..., 0], strict=True):
        last = 0.0
        for pulse, target in zip(pulses, held, strict=True):
            last = pulse or last
            assert target == last


@given(st.integers(0, 10_000))
def test_reber_strings_are_valid_and_their_twins_are_not(seed):
    text = sequences.reber_string(rng(seed))
    twin = sequences._twin(text)
    assert sequences.is_reber(text)
    assert not sequences.is_reber(twin)
    assert [a != b for a, b in zip(text, twin, strict=True)].index(True) == len(text) - 2


def rule_accuracy(data, feature):
    """Return the test accuracy of the best class for each value of a feature, by training rows."""
    votes = {}
    for row, label in zip(*data.train, strict=True):
        votes.setdefault(feature(row), []).append(label)
    best = {value: np.bincount(labels).argmax() for value, labels in votes.items()}
    said = [best.get(feature(row), 0) for row in data.test.x]
    return np.mean(np.array(said) == data.test.y)


def classifier_accuracy(data, features):
    """Return the test accuracy of a logistic regression on features of a row."""
    x, x_test = (np.stack([features(row) for row in split.x]) for split in (data.train, data.test))
    model = LogisticRegression(max_iter=1000).fit(x, data.train.y)
    return model.score(x_test, data.test.y)


def grams(size):
    """Return a function that counts the runs of so many letters in a string."""
    names = ["".join(run) for run in itertools.product(sequences.LETTERS, repeat=size)]
    places = {name: place for place, name in enumerate(names)}

    def counts(text):
        found = [places[text[at : at + size]] for at in range(len(text) - size + 1)]
        return np.bincount(found, minlength=len(names))

    return counts


@pytest.mark.parametrize("seed", range(2))
def test_no_trivial_rule_tells_a_reber_string_from_its_twin(seed):
    data = datasets.load("reber", seed=seed)
    for feature in (len, lambda text: text[1], lambda text: text[-2], lambda text: text[-4:]):
        assert rule_accuracy(data, feature) < 0.56
    assert rule_accuracy(data, lambda text: text[1] == text[-2]) == 1
    for features in (grams(1), grams(2), grams(3)):
        assert classifier_accuracy(data, features) < 0.6


def test_reber_twins_are_in_one_part():
    data = datasets.load("reber", n=100, test=50)
    inner, other = ({text[2:-2] for text in split.x} for split in (data.train, data.test))
    assert (len(inner), len(other)) == (50, 25)
    assert not inner & other


def test_reber_strings_of_both_parts_are_equally_long():
    data = datasets.load("reber", test=2000)
    train, test = (np.sort([len(text) for text in split.x]) for split in (data.train, data.test))
    assert abs(train.mean() - test.mean()) < 0.5
    assert min(train[100], test[100]) > 10
    assert abs(train[100] - test[100]) <= 2


@pytest.mark.parametrize("text", ["", "BTE", "BTBTXSETE", "BPBTXSETE", "BTBTXSEPE", "XTBTXSETE"])
def test_the_grammar_knows_its_strings(text):
    assert sequences.is_reber(text) == (text == "BTBTXSETE")


def test_reber_codes_spell_the_strings():
    text, codes = (datasets.load("reber", n=50, test=10, form=form).train for form in
                   ("text", "integers"))  # fmt: skip
    for string, row in zip(text.x, codes.x, strict=True):
        assert "".join(sequences.LETTERS[code - 1] for code in row if code) == string
    np.testing.assert_array_equal([sequences.is_reber(string) for string in text.x], text.y == 1)


def test_cadences_stay_in_range_and_end_on_the_tonic():
    pieces = datasets.load("cadences", n=20).train.x
    assert pieces.min() >= 36
    assert pieces.max() <= 84
    assert (np.diff(pieces[..., :3], axis=2) < 0).all()  # soprano over alto over tenor
    for piece in pieces:
        assert piece[0, 3] % 12 == piece[-1, 3] % 12
        assert (piece[-2, 3] - piece[-1, 3]) % 12 == 7  # from the dominant to the tonic


def test_dates_mean_the_same_in_both_forms():
    dates = datasets.load("dates", n=200).train
    for words, figures in zip(*dates, strict=True):
        month, day, year = words.replace(",", "").split()
        day_ = datetime.datetime.strptime(f"{int(year):04} {month} {day}", "%Y %B %d")
        assert day_.date().isoformat() == figures


@pytest.mark.parametrize("task", ["one fact", "two facts"])
def test_the_answer_to_a_story_follows_from_it(task):
    data = datasets.load("stories", n=200, task=task)
    for story, question, answer in zip(*data.train.x.values(), data.train.y, strict=True):
        where, holder = {}, None
        for sentence in story.removesuffix(".").split(". "):
            person, *rest = sentence.split()
            if rest[0] == "took":
                holder = person
            else:
                where[person] = rest[-1]
        asked = question.removesuffix("?").split()[-1]
        assert data.class_names[answer] == where[holder if task == "two facts" else asked]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.floats(0, 1), st.integers(0, 5))
def test_random_labels_keep_the_class_sizes(labels, fraction, seed):
    split = Split(np.arange(len(labels)), np.array(labels))
    changed = synthetic.random_labels(split, fraction=fraction, seed=seed)
    assert sorted(changed.y) == sorted(labels)
    assert np.sum(changed.y != split.y) <= round(fraction * len(labels))
    assert split.y.tolist() == labels


def test_extra_channels_come_after_the_true_ones():
    split = Split(np.full((3, 2, 2), 255, dtype=np.uint8), np.arange(3))
    noise = synthetic.extra_channels(split, 5)
    zeros = synthetic.extra_channels(split, 5, fill="zeros")
    assert noise.x.shape == (3, 9)
    assert (noise.x[:, :4] == 1).all()
    assert 0 < noise.x[:, 4:].std() < 1
    assert not zeros.x[:, 4:].any()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sine_sums", {"variant": "busi"}, "did you mean 'busy'"),
        ("stories", {"task": "x"}, "one fact"),
        ("stories", {"sentences": 1}, "2 or more"),
        ("reber", {"form": "codes"}, "integers"),
        ("sine_sums", {"gap": -1}, "overlap"),
    ],
)
def test_wrong_options_are_named(name, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.load(name, **options)


def test_wrong_changes_are_named():
    split = Split(np.zeros((2, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="from 0 to 1"):
        synthetic.random_labels(split, fraction=2)
    with pytest.raises(ValueError, match="did you mean 'noise'"):
        synthetic.extra_channels(split, 1, fill="noisy")


def test_splits_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="one row per sample"):
        Split(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="cannot take 4 rows of a split that has 3"):
        Split(np.zeros(3)).take(4)
    x, y = Split({"a": np.arange(3)}, np.arange(3)).rows([2, 0])
    assert x["a"].tolist() == y.tolist() == [2, 0]


def test_arrays_of_every_kind_become_read_only_in_a_split_and_stay_what_they_were(tmp_path):
    np.save(tmp_path / "rows.npy", np.zeros((2, 3)))
    pictures = np.empty(2, dtype=object)
    pictures[0], pictures[1] = np.zeros((3, 2)), np.zeros((3, 2))  # of one size, yet two pictures
    columns = {
        "plain": np.zeros(2),
        "mapped": np.load(tmp_path / "rows.npy", mmap_mode="r+"),
        "records": np.zeros(2, dtype=[("a", int), ("b", object)]),
        "words": np.array(["one", "two"], dtype=object),
        "pictures": pictures,
        "view": np.zeros((2, 4))[:, ::2],
    }
    split = Split(columns, columns["plain"])
    for name, column in columns.items():
        assert column.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            split.x[name][0] = split.x[name][1]
    for picture in split.x["pictures"]:
        with pytest.raises(ValueError, match="read-only"):
            picture[0, 0] = 1
    assert pictures[0].flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        split.y[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        split.rows([0]).y[0] = 1


def test_a_dataset_can_be_sent_to_another_process():
    data = datasets.load("moons", n=10, test=10)
    assert pickle.loads(pickle.dumps(data)).train.x.tolist() == data.train.x.tolist()
