"""Checks of exercises: what is right, what is refused, and what readers and authors are told."""

import subprocess
import sys

import numpy as np
import pytest

from textlib import exercises
from textlib._answers import digest
from textlib.exercises import ExerciseError, check, hand_in

HINTS = ["Look again.", "Count the biases."]


def verdict(expected, answer, **options):
    """Return what becomes of one answer."""
    check("ex", expected, hints=HINTS, **options)
    return hand_in("ex", answer)


@pytest.mark.parametrize(
    ("expected", "options", "answers"),
    [
        (1024, {}, [1024, 1024.0, np.int64(1024), np.array([1024]), "1,024", "1_024", "1 024"]),
        (1024, {"unit": "MB"}, ["1,024 MB", "1024mb", "1024", "1.024e3 MB", "1.024×10^3"]),
        (-3, {}, [-3, "-3", "\u22123", "\uff0d3"]),
        (0.125, {"tolerance": 0.01}, [0.125, 0.13, "12.5%", "12.5 percent", ".12", "+0.12"]),
        (12.6, {"tolerance": 0.1}, [12.5, 12.7, "12.65"]),
        ((None, 26, 26), {}, [(None, 26, 26), [None, 26, 26], "(None, 26, 26)", "? × 26x26"]),
        ((28,), {}, [(28,), 28, "(28,)", "28", np.zeros(28).shape]),
        ((), {}, [(), "()"]),
        (
            "overfitting",
            {},
            ["overfitting", " 'Overfitting'.", "the “OVERFITTING”"],
        ),
        ({"max pooling", "maximum"}, {}, ["Max-Pooling", "a max_pooling", "the “maximum”"]),
        ([3, 6], {}, [[3, 6], (3, 6), np.array([3.0, 6.0])]),
        (np.array([[0.5]]), {"tolerance": 0.1}, [[[0.55]]]),
    ],
)
def test_a_right_answer_is_accepted_however_it_is_written(expected, options, answers):
    for answer in answers:
        assert verdict(expected, answer, **options).accepted is True, answer


@pytest.mark.parametrize(
    ("expected", "options", "answers"),
    [
        (1024, {}, [1023, 1024.5, "-1024"]),
        (12.6, {"tolerance": 0.1}, [12.4, 12.8, "12.6%"]),
        ((None, 26, 26), {}, [(26, 26), (None, 26, 26, 1), "26, 26"]),
        ("valid", {}, ["same", "invalid"]),
        ([3, 6], {}, [[6, 3]]),
    ],
)
def test_a_wrong_answer_is_refused_with_a_hint(expected, options, answers):
    for answer in answers:
        found = verdict(expected, answer, **options)
        assert found.accepted is False
        assert str(found) == "Not yet. Hint 1 of 2: Look again."


@pytest.mark.parametrize(
    ("expected", "answer", "said"),
    [
        (7, float("nan"), "NaN"),
        (7, np.inf, "infinity"),
        (7, [7, 8], "shape (2,)"),
        (7, None, "None"),
        (7, True, "True"),
        (7, "seven", "without words"),
        (7, "0,7", "decimal point"),
        (7, "1e999", "finite"),
        (7, len, "builtin_function_or_method"),
        ((1, 2), np.zeros((1, 2)), "'.shape'"),
        ((1, 2), "wide", "such as"),
        ((1, 2), 1.5, "a float"),
        ("word", 3, "quotation marks"),
        ("word", " ", "empty"),
        ([1, 2], [1, 2, 3], "yours has (3,)"),
        ([1, 2], [[1], [2, 3]], "numbers are asked for"),
    ],
)
def test_what_is_no_answer_gets_a_sentence_and_costs_no_hint(expected, answer, said):
    found = verdict(expected, answer)
    assert found.accepted is False
    assert said.lower() in str(found).lower()
    assert "Hint" not in str(found)


def test_hints_come_one_after_another_and_the_last_one_stays():
    check("ex", 7, hints=HINTS)
    said = [str(hand_in("ex", 1)) for _ in range(3)]
    assert "Hint 1 of 2: Look again." in said[0]
    assert "Hint 2 of 2: Count the biases." in said[1]
    assert said[1] == said[2]
    assert "7" not in "".join(said)


def test_a_known_mistake_gets_its_own_hint():
    found = verdict(512, 784, wrong={784: "Those are the inputs."})
    assert str(found) == "Not yet. Those are the inputs."


def test_dots_are_no_answer_yet_and_no_wrong_one():
    found = verdict(7, ...)
    assert found.accepted is None
    assert "No answer yet" in str(found)


def is_square(function):
    """Test for a function that squares."""
    if function(2) != 4:
        raise AssertionError("Try it with 2.")  # pytest adds to what a plain assert says
    return function(-3) == 9


def test_code_is_tested_and_its_errors_are_told():
    wrong = [lambda x: x]
    assert verdict(is_square, lambda x: x * x, wrong=wrong).accepted
    assert str(verdict(is_square, lambda x: 3 * x, wrong=wrong)) == "Not yet. Try it with 2."
    assert "Hint 1" in str(verdict(is_square, lambda x: x * abs(x), wrong=wrong))
    assert "ZeroDivisionError" in str(verdict(is_square, lambda x: x / 0, wrong=wrong))
    assert "TypeError" in str(verdict(is_square, 4, wrong=wrong))


class TestSeveralAnswers:
    @pytest.fixture(autouse=True)
    def check(self):
        check(
            "ex",
            {"pairs": 9, "share": 0.5},
            hints=HINTS,
            tolerance={"share": 0.1},
            wrong={"share": {2.0: "That is the inverse."}},
        )

    def test_all_have_to_be_right(self):
        assert hand_in("ex", {"pairs": 9, "share": "50%"}).accepted
        assert str(hand_in("ex", {"pairs": 8, "share": 0.5})).startswith("Not yet: pairs. Hint 1")
        found = str(hand_in("ex", {"pairs": 8, "share": 2}))
        assert found == "Not yet: pairs. share: That is the inverse."

    def test_one_may_be_missing_still(self):
        assert hand_in("ex", {"pairs": 9}).accepted is None
        assert hand_in("ex", ...).accepted is None

    def test_names_are_asked_for(self):
        assert "{'pairs': ..., 'share': ...}" in str(hand_in("ex", 9))
        assert "did you mean 'pairs'" in str(hand_in("ex", {"pair": 9}))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"expected": 0.5}, "tolerance"),
        ({"expected": 0.5, "tolerance": float("nan")}, "finite"),
        ({"expected": 0.5, "tolerance": -1}, "at least 0"),
        ({"expected": float("nan"), "tolerance": 1}, "NaN"),
        ({"expected": True}, "True"),
        ({"expected": None}, "Expected can be"),
        ({"expected": ""}, "empty"),
        ({"expected": 7, "hints": []}, "needs hints"),
        ({"expected": 7, "hints": "one"}, "needs hints"),
        ({"expected": 7, "wrong": 8}, "must be a list"),
        ({"expected": (7,), "tolerance": 1}, "tolerance is for numbers"),
        ({"expected": "seven", "unit": "m"}, "unit is for a number"),
        ({"expected": is_square}, "at least one answer that the test must refuse"),
        ({"expected": is_square, "wrong": {abs: "No."}}, "the message of an assert"),
        ({"expected": {"a": 7}, "tolerance": 1}, "by their names (a)"),
        ({"expected": {"a": 7}, "wrong": {"b": [8]}}, "'b'"),
        ({"expected": {}}, "need names"),
    ],
)
def test_what_cannot_be_checked_is_an_error_that_names_the_exercise(options, reason):
    with pytest.raises(ValueError, match="ex-bad") as error:
        check("ex-bad", **{"hints": HINTS, **options})
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("expected", "wrong", "options"),
    [
        (7, ["7.0"], {}),
        (0.198, {0.2: "Not independent."}, {"tolerance": 0.002}),
        ("valid", ["Valid"], {}),
        ((1, 2), [[1, 2]], {}),
        (lambda function: True, [abs], {}),
    ],
)
def test_a_wrong_answer_that_is_accepted_stops_the_author(expected, wrong, options):
    with pytest.raises(ExerciseError, match="is accepted"):
        check("ex", expected, hints=HINTS, wrong=wrong, **options)


@pytest.mark.parametrize(
    ("expected", "hint", "options"),
    [
        (1024, "Is it 1,024?", {}),
        (12.6, "About 12.62.", {"tolerance": 0.1}),
        ((None, 26, 26), "It is (?, 26, 26) here.", {}),
        ("overfitting", "Overfitting, of course.", {}),
    ],
)
def test_a_hint_that_has_the_answer_in_it_stops_the_author(expected, hint, options):
    with pytest.raises(ExerciseError, match="has the answer in it"):
        check("ex", expected, hints=[hint], **options)


def test_small_numbers_and_words_may_stand_in_hints():
    check("ex", {"rows": 3, "grows": "no"}, hints=["No: a 3×3 filter, of 9 weights."])


def test_an_unknown_exercise_is_named_with_the_next_step():
    with pytest.raises(ValueError, match="Run the cell with its check first"):
        hand_in("ex-nowhere", 7)


def test_what_a_site_gets_has_no_right_answer_in_it():
    made = check("ex", {"a": 48271, "b": "swordfish"}, hints=HINTS, wrong={"a": {3: "No."}})
    spec = made.spec()
    assert spec["fields"][0]["accept"] == [digest("ex", "48271")]
    assert spec["fields"][0]["wrong"] == {digest("ex", "3"): "No."}
    assert "48271" not in str(spec)
    assert "swordfish" not in str(spec)


def test_a_hint_for_a_mistake_leaves_right_answers_right():
    made = check("ex", 1.0, hints=HINTS, tolerance=0.1, wrong={1.15: "Too much."})
    (field,) = made.spec()["fields"]
    assert not set(field["accept"]) & set(field["wrong"])
    assert hand_in("ex", 1.09).accepted
    assert "Too much" in str(hand_in("ex", 1.2))


def test_code_has_no_field_on_a_site():
    assert check("ex", is_square, hints=HINTS, wrong=[abs]).spec()["fields"] == []


def test_the_module_needs_neither_tensorflow_nor_the_builder():
    code = (
        "import sys; from textlib import exercises; exercises.check('ex', 7, hints=['h'])\n"
        "print(*(name for name in ('tensorflow', 'keras', 'bookpress') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_state_of_one_exercise_is_its_own():
    check("ex", 7, hints=HINTS)
    hand_in("ex", 1)
    check("other", 7, hints=HINTS)
    assert "Hint 1" in str(hand_in("other", 1))
    assert exercises.check("ex", 7, hints=HINTS).given == 0
