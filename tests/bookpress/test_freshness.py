"""What the card of a page says of its last run, and of other environments."""

import doctest

import pytest

from bookpress import claim_records
from bookpress.claim_records import ClaimRecord
from bookpress.files import write_json
from bookpress.page_cache import PageCache
from bookpress.site import freshness

HERE, THERE = "TensorFlow 2.21.0, Keras 3.15.1", "TensorFlow 2.19.0, Keras 3.10.0"
CLAIM = {"held": 3, "numbers": {}}


@pytest.fixture
def page(fixture_book):
    """A page that ran."""
    (found, *_) = fixture_book.book.select(("part/one",))
    libraries = {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6", "python": "3.12"}
    moment = "2026-11-30T17:58:05+00:00"
    facts = {"inputs": {"libraries": libraries}, "seconds": 1.0, "executed": moment}
    more = {"peak_memory": 1, "claims": [], "numbers": {}, "seconds_saved": 0.0}
    PageCache(fixture_book.book).commit(found, found.notebook, **facts, **more)
    return found


def record(fixture_book, page, **trials):
    """Write what is recorded of a page's claims."""
    key = claim_records.key_of(page)
    write_json(
        claim_records._path(fixture_book.book, page.name), vars(ClaimRecord("p", key, trials))
    )


def test_a_page_says_when_it_ran_and_with_what(fixture_book, page):
    said = freshness.words(fixture_book.book, page)
    assert said == "30 November 2026, with TensorFlow 2.21.0, Keras 3.15.1."


def test_it_tells_of_other_environments_and_not_of_its_own_again(fixture_book, page):
    trial = {"date": "2026-11-30", "seeds": 3, "claims": {"positive": CLAIM}}
    record(fixture_book, page, **{HERE: trial, THERE: trial})
    said = freshness.words(fixture_book.book, page)
    assert said.endswith(f"Its claims: all held on each of 3 seeds under {THERE}.")
    assert said.count(HERE) == 1


def test_a_record_of_other_code_is_not_told(fixture_book, page):
    trial = {"date": "2026-11-30", "seeds": 3, "claims": {"positive": CLAIM}}
    record(fixture_book, page, **{THERE: trial})
    fixture_book.page("part/one", "y = 2")
    (edited, *_) = fixture_book.book.select(("part/one",))
    assert THERE not in freshness.words(fixture_book.book, edited)


def test_a_page_that_never_ran_says_nothing(fixture_book):
    (page, *_) = fixture_book.book.select(("part/two",))
    assert freshness.words(fixture_book.book, page) == ""


def test_the_examples_of_the_module_are_right():
    assert doctest.testmod(freshness).failed == 0
