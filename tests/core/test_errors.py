"""Messages name the value, the choices, and the nearest match where there is one."""

from hypothesis import given
from hypothesis import strategies as st

from textlib._errors import unknown


def test_the_nearest_name_is_offered():
    message = unknown("dataset", "mnits", ["imdb", "mnist"], hint="See the catalog.")
    assert message == (
        "unknown dataset 'mnits'; did you mean 'mnist'? Choose from: imdb, mnist. See the catalog."
    )


def test_nothing_is_offered_where_nothing_is_near():
    assert (
        unknown("scale", "zzz", ["quick", "full"])
        == "unknown scale 'zzz'. Choose from: full, quick."
    )


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_value_and_choices_are_always_there(value, choices):
    message = unknown("name", value, choices)
    assert repr(value) in message
    assert all(choice in message for choice in choices)
