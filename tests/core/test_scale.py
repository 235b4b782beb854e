"""The scale and the seed offset come from the environment, checked."""

import pytest

from textlib import scale


def test_quick_is_the_default():
    assert scale.current() == "quick"
    assert scale.pick(quick=3, full=20) == 3


def test_full_is_chosen_by_the_environment(monkeypatch):
    monkeypatch.setenv("TEXTLIB_SCALE", "full")
    assert scale.pick(quick=3, full=20) == 20


def test_an_unknown_scale_names_value_choices_and_nearest(monkeypatch):
    monkeypatch.setenv("TEXTLIB_SCALE", "ful")
    with pytest.raises(scale.UnknownScaleError, match=r"'ful'; did you mean 'full'\?.*quick"):
        scale.current()


def test_seeds_are_shifted_together(monkeypatch):
    monkeypatch.setenv("TEXTLIB_SEED_OFFSET", "2")
    assert [scale.seed(), scale.seed(40)] == [2, 42]


def test_a_seed_offset_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv("TEXTLIB_SEED_OFFSET", "two")
    with pytest.raises(ValueError, match="'two'; it must be a whole number"):
        scale.seed()
