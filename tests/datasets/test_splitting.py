"""Parts that cannot leak."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textlib.datasets.splitting import (
    chronological_split,
    content_split,
    equal_rows,
    overlap,
    random_split,
)

FRACTIONS = st.sampled_from([(1.0,), (0.8, 0.2), (0.6, 0.2, 0.2), (0.7, 0.15, 0.15), (0.5, 0.5)])


def assert_a_partition(parts, n):
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))


@given(st.integers(0, 200), FRACTIONS, st.integers(0, 5))
def test_random_parts_cover_every_row_once_in_the_right_sizes(n, fractions, seed):
    parts = random_split(n, fractions, seed=seed)
    assert_a_partition(parts, n)
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - fraction * n) <= 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), FRACTIONS)
def test_stratified_parts_keep_the_proportions_of_the_classes(labels, fractions):
    labels = np.array(labels)
    parts = random_split(len(labels), fractions, seed=0, labels=labels)
    assert_a_partition(parts, len(labels))
    for label in np.unique(labels):
        total = np.sum(labels == label)
        for part, fraction in zip(parts, fractions, strict=True):
            assert abs(np.sum(labels[part] == label) - fraction * total) <= 1


@given(st.lists(st.integers(0, 20), min_size=1, max_size=150), FRACTIONS, st.booleans())
def test_a_group_is_never_torn_apart(groups, fractions, stratified):
    groups = np.array(groups)
    labels = groups % 3 if stratified else None
    parts = random_split(len(groups), fractions, seed=1, labels=labels, groups=groups)
    assert_a_partition(parts, len(groups))
    seen = [set(groups[part]) for part in parts]
    assert sum(map(len, seen)) == len(set(groups))


@given(st.lists(st.text(max_size=3), max_size=100), FRACTIONS)
def test_equal_content_stays_together_whatever_its_order(keys, fractions):
    parts = content_split(keys, fractions)
    assert_a_partition(parts, len(keys))
    texts = [{keys[row] for row in part} for part in parts]
    assert sum(map(len, texts)) == len(set(keys))
    reordered = content_split(keys[::-1], fractions)
    assert [{keys[::-1][row] for row in part} for part in reordered] == texts


def test_content_parts_never_change():
    train, test = content_split([f"row {i}" for i in range(20)], (0.7, 0.3))
    assert train.tolist() == [7, 5, 13, 2, 16, 10, 4, 19, 12, 18, 1, 0, 9, 3]
    assert test.tolist() == [14, 8, 15, 11, 17, 6]


def test_a_salt_gives_other_parts():
    keys = [f"row {i}" for i in range(50)]
    assert content_split(keys, (0.5, 0.5))[0].tolist() != (
        content_split(keys, (0.5, 0.5), salt="other")[0].tolist()
    )


@given(st.integers(10, 500), FRACTIONS, st.integers(0, 3))
def test_the_past_comes_before_the_future_with_a_gap(n, fractions, gap):
    try:
        parts = chronological_split(n, fractions, gap=gap)
    except ValueError:
        assert min(fractions) * n <= gap + 1
        return
    assert parts[0].start == 0
    assert parts[-1].stop == n
    for earlier, later in itertools.pairwise(parts):
        assert later.start - earlier.stop == gap


@pytest.mark.parametrize("fractions", [(), (0.5,), (0.5, 0.6), (1.5, -0.5)])
def test_fractions_that_do_not_add_up_are_refused(fractions):
    for split in (
        lambda: random_split(10, fractions, seed=0),
        lambda: chronological_split(10, fractions),
    ):
        with pytest.raises(ValueError, match="add to 1"):
            split()


def test_labels_of_another_length_are_refused():
    with pytest.raises(ValueError, match="10 rows"):
        random_split(10, (0.5, 0.5), seed=0, labels=np.zeros(9))


def test_a_gap_that_eats_a_part_is_refused():
    with pytest.raises(ValueError, match="leaves no row"):
        chronological_split(10, (0.8, 0.2), gap=5)


def test_equal_rows_and_overlap_see_through_case_and_blanks():
    assert equal_rows(np.array([[1, 2], [3, 4], [1, 2]])).tolist() == [0, 1, 0]
    assert overlap(["A film.", "b"], ["a  FILM.", "c"]) == 1
    assert overlap(np.eye(2), np.eye(2)[:1]) == 1
