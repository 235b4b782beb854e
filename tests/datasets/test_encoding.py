"""Words to codes and back, by the convention of the Keras review set."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textlib.datasets import encoding
from textlib.datasets.encoding import Vocabulary, limit, multi_hot, one_hot, pad, tokenize

TEXTS = ["The cat, the dog & the <br />bird.", "A dog!", "the end"]
WORDS = st.lists(st.text("abcdefgh'", min_size=1, max_size=4), min_size=1, max_size=30)
CODES = st.lists(st.lists(st.integers(0, 19), max_size=12), min_size=1, max_size=8)


def test_words_are_ranked_by_count_then_alphabet():
    vocabulary = Vocabulary.from_texts(TEXTS)
    assert vocabulary.words == ("the", "dog", "a", "bird", "cat", "end")
    assert vocabulary.code("the") == 4
    assert vocabulary.size == 10


def test_the_reserved_codes_are_those_of_keras():
    vocabulary = Vocabulary.from_texts(TEXTS, size=6)
    codes = vocabulary.encode("The dog saw the cat")
    assert codes.tolist() == [1, 4, 5, 2, 4, 2]
    assert codes.dtype == np.int32
    assert vocabulary.decode([0, 0, *codes]) == "the dog ? the ?"


@given(WORDS)
def test_encoding_and_decoding_gives_the_words_back(words):
    text = " ".join(words)
    vocabulary = Vocabulary.from_texts([text])
    assert vocabulary.decode(vocabulary.encode(text)) == " ".join(tokenize(text))


@given(WORDS, st.integers(5, 20))
def test_a_smaller_vocabulary_is_the_larger_one_limited(words, size):
    text = " ".join(words)
    large = Vocabulary.from_texts([text])
    small = Vocabulary.from_texts([text], size=size)
    assert small == large.limited(size)
    (limited,) = limit([large.encode(text)], small.size)
    assert limited.tolist() == small.encode(text).tolist()


@pytest.mark.parametrize("code", [-1, 10])
def test_a_code_outside_the_vocabulary_is_refused(code):
    with pytest.raises(ValueError, match="outside 0 to 9"):
        Vocabulary.from_texts(TEXTS).decode([code])


def test_a_vocabulary_without_room_or_with_a_double_is_refused():
    with pytest.raises(ValueError, match="leave no word"):
        Vocabulary.from_texts(TEXTS, size=4)
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(("a", "a"))


def test_tokens_keep_apostrophes_and_accents_inside_words():
    assert tokenize("'Tis Amélie's café -- 3 stars_") == ["tis", "amélie's", "café", "3", "stars"]


@given(
    CODES, st.integers(1, 12), st.sampled_from(["pre", "post"]), st.sampled_from(["first", "last"])
)
def test_padding_agrees_with_keras(sequences, length, side, keep):
    ours = pad(sequences, length, side=side, keep=keep)
    theirs = keras.utils.pad_sequences(
        sequences, length, padding=side, truncating="post" if keep == "first" else "pre"
    )
    np.testing.assert_array_equal(ours, theirs)


def test_padding_refuses_other_sides():
    with pytest.raises(ValueError, match="'left'"):
        pad([[1]], 2, side="left")


@given(CODES)
def test_multi_hot_marks_exactly_the_codes_that_occur(sequences):
    rows = multi_hot(sequences, 20)
    assert rows.dtype == np.float32
    for row, sequence in zip(rows, sequences, strict=True):
        assert set(np.flatnonzero(row)) == set(sequence)
        assert set(np.unique(row)) <= {0.0, 1.0}


@pytest.mark.parametrize("code", [-1, 20])
def test_multi_hot_refuses_codes_outside(code):
    with pytest.raises(ValueError, match="outside 0 to 19"):
        multi_hot([[1, code]], 20)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20))
def test_one_hot_agrees_with_keras(labels):
    np.testing.assert_array_equal(one_hot(labels, 7), keras.utils.to_categorical(labels, 7))


def test_the_offset_fits_the_reserved_codes():
    assert (encoding.PAD, encoding.START, encoding.UNKNOWN, encoding.UNUSED) == (0, 1, 2, 3)
    assert encoding.RESERVED == encoding.OFFSET + 1
