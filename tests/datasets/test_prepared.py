"""Rows become the items of a prepared folder, and these a dataset."""

import numpy as np
import pytest

from tests.datasets.conftest import card
from textlib.datasets import registry, store
from textlib.datasets._types import Dataset, Split
from textlib.datasets.prepared import only_classes, open_items, split_items
from textlib.datasets.registry import Recipe

ITEMS = {"x": [f"text {row // 2}" for row in range(40)], "y": np.arange(40), "who": list("ab" * 20)}


@pytest.mark.parametrize(
    ("fractions", "parts"),
    [
        ((1.0,), ["train"]),
        ((0.8, 0.2), ["train", "test"]),
        ((0.5, 0.25, 0.25), ["train", "validation", "test"]),
    ],
)
def test_every_item_is_split_alike_and_equal_rows_stay_together(fractions, parts):
    items = split_items(ITEMS, fractions)
    assert list(items) == [f"{part}_{item}" for part in parts for item in ITEMS]
    texts = [set(items[f"{part}_x"]) for part in parts]
    assert sum(map(len, texts)) == len(set.union(*texts)) == 20
    for part in parts:
        for text, row, who in zip(*(items[f"{part}_{item}"] for item in ITEMS), strict=True):
            assert (text, who) == (ITEMS["x"][row], ITEMS["who"][row])


def test_rows_keep_their_order_where_that_is_asked_for():
    items = split_items(ITEMS, (0.5, 0.5), shuffled=False)
    assert (np.diff(items["train_y"]) > 0).all()
    assert (np.diff(split_items(ITEMS, (0.5, 0.5))["train_y"]) < 0).any()


def test_saved_items_open_as_a_dataset(tmp_path, cache):
    spec = registry.Spec(card("pairs"), open_items, (Recipe((), lambda: split_items(ITEMS)),))
    registry.prepare(spec)
    data = open_items(spec.info, store.Saved(spec.folder), extra={"speakers": "who"})
    assert (len(data.train), data.validation, len(data.test)) == (32, None, 8)
    assert data.train.x.dtype == object
    assert data.extra["test_speakers"] == tuple(split_items(ITEMS)["test_who"])


def test_chosen_classes_are_numbered_anew_in_the_order_that_is_asked_for():
    rows = Split(np.arange(6), np.array([0, 1, 2, 0, 1, 2]))
    data = only_classes(Dataset(card("abc"), rows, class_names=("a", "b", "c")), ["c", "a"])
    assert data.class_names == ("c", "a")
    assert data.train.x.tolist() == [0, 2, 3, 5]
    assert data.train.y.tolist() == [1, 0, 1, 0]
    with pytest.raises(ValueError, match=r"'d'.*Choose from: a, c"):
        only_classes(data, ["d"])
