"""What every dataset of the catalog promises, checked on every dataset of the catalog."""

import dataclasses
import re
from typing import NamedTuple

import numpy as np
import pytest

from textlib import datasets
from textlib.datasets import registry
from textlib.datasets.splitting import content_key


class Facts(NamedTuple):
    """Rows of train, validation, test; shape and dtype of a row of x; smallest, largest class."""

    rows: tuple[int, int, int]
    shape: tuple[int, ...]
    dtype: str
    shares: tuple[float, float] | None = None


FACTS = {
    "mnist": Facts((60000, 0, 10000), (28, 28), "uint8", (0.090, 0.112)),
    "fashion_mnist": Facts((60000, 0, 10000), (28, 28), "uint8", (0.1, 0.1)),
    "solar_cells": Facts((1556, 334, 333), (300, 300), "uint8", (0.321, 0.679)),
    "silhouettes": Facts((8000, 0, 2000), (28, 28), "uint8", (0.1, 0.1)),
    "faces": Facts((320, 0, 80), (112, 92), "uint8", (0.025, 0.025)),
    "imagenet_photos": Facts((20, 0, 0), (224, 224, 3), "uint8", (0.0, 0.1)),
    "sample_photos": Facts((8, 0, 0), (), "object"),
    "photographs": Facts((73, 0, 0), (), "object", (0.123, 0.671)),
    "paintings": Facts((22, 0, 0), (), "object"),
    "emoji": Facts((1252, 0, 139), (32, 32, 3), "uint8"),
    "cutouts": Facts((116, 0, 50), (128, 128, 4), "uint8", (0.112, 0.379)),
    "composites": Facts((1000, 0, 300), (96, 96, 3), "uint8", (0.189, 0.211)),
    "scenes": Facts((1000, 0, 300), (96, 96, 3), "uint8", (0.195, 0.208)),
    "digit_scenes": Facts((1000, 0, 300), (64, 64), "uint8", (0.084, 0.111)),
    "imdb": Facts((15000, 4952, 4952), (), "object", (0.499, 0.501)),
    "reuters": Facts((6444, 0, 2553), (), "object", (0.0001, 0.440)),
    "newsgroups": Facts((11266, 0, 7521), (), "object", (0.033, 0.053)),
    "questions": Facts((4304, 538, 538), (), "object", (0.016, 0.231)),
    "spam": Facts((3609, 451, 451), (), "object", (0.124, 0.876)),
    "shakespeare": Facts((32, 3, 3), (), "object", (0.094, 0.312)),
    "moby_dick": Facts((122, 0, 14), (), "object"),
    "speeches": Facts((210, 0, 23), (), "object"),
    "brown": Facts((45903, 5702, 5735), (), "object"),
    "german_english": Facts((16323, 907, 907), (), "object"),
    "spanish_english": Facts((2255, 126, 125), (), "object"),
    "housing": Facts((2344, 0, 586), (8,), "float32"),
    "boston": Facts((405, 0, 101), (13,), "float32"),
    "iris": Facts((120, 0, 30), (4,), "float32", (0.333, 0.333)),
    "wine": Facts((142, 0, 36), (13,), "float32", (0.268, 0.401)),
    "breast_cancer": Facts((456, 0, 113), (30,), "float32", (0.373, 0.627)),
    "diabetes": Facts((354, 0, 88), (10,), "float32"),
    "digits": Facts((1438, 0, 359), (8, 8), "uint8", (0.097, 0.102)),
    "weather": Facts((30677, 6573, 6574), (10,), "float32"),
    "appliances": Facts((13814, 2961, 2960), (26,), "float32"),
    "sunspots": Facts((1974, 423, 423), (1,), "float32"),
    "glove": Facts((400000, 0, 0), (50,), "float32"),
    "moons": Facts((1000, 0, 1000), (2,), "float32", (0.5, 0.5)),
    "circles": Facts((1000, 0, 1000), (2,), "float32", (0.5, 0.5)),
    "blobs": Facts((1000, 0, 1000), (2,), "float32", (0.333, 0.334)),
    "spirals": Facts((1000, 0, 1000), (2,), "float32", (0.333, 0.334)),
    "shapes": Facts((1000, 0, 500), (64, 64), "uint8", (0.2, 0.2)),
    "clocks": Facts((1000, 0, 500), (20, 20), "uint8", (0.083, 0.084)),
    "sketches": Facts((1000, 0, 500), (32, 3), "float32", (0.2, 0.2)),
    "waves": Facts((7000, 2000, 1000), (50, 1), "float32"),
    "sine_sums": Facts((200, 0, 200), (1,), "float32"),
    "latch": Facts((16, 0, 16), (1500, 1), "float32"),
    "reber": Facts((2000, 0, 500), (), "object", (0.5, 0.5)),
    "cadences": Facts((300, 0, 60), (32, 4), "int64"),
    "dates": Facts((10000, 2000, 2000), (), "object"),
    "stories": Facts((5000, 0, 1000), (), "object", (0.160, 0.174)),
}
SERIES = ("weather", "appliances", "sunspots", "sine_sums")  # parts are stretches of time
ALL = datasets.names()
OFFLINE = datasets.names(offline=True)


def needs_files(name):
    spec = registry.get(name)
    return bool(spec.recipes or spec.needs)


MADE_BY_CODE = [name for name in OFFLINE if not needs_files(name)]
FETCHED = [pytest.param(n, marks=pytest.mark.data) for n in OFFLINE if registry.get(n).recipes]
LOADABLE = [
    pytest.param(name, marks=[pytest.mark.data] if needs_files(name) else []) for name in OFFLINE
]


@pytest.fixture(scope="module")
def loaded():
    """Load each dataset once for all tests of this module."""
    known = {}

    def load(name):
        if name not in known:
            datasets.fetch(name)
            known[name] = datasets.load(name)
        return known[name]

    return load


def columns(values):
    """Return the arrays of one side of a split by name."""
    if values is None:
        return {}
    return values if isinstance(values, dict) else {"": values}


def first(values):
    return next(iter(columns(values).values()))


def labels_of(split):
    """Return class labels, without the -1 of absent objects; None where y is something else."""
    named = columns(split.y)
    y = named.get("label", named.get("labels", named.get("")))
    return None if y is None or y.dtype.kind != "i" else y[y >= 0].ravel()


# --- cards --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_the_card_is_complete(name):
    info = datasets.describe(name)
    spec = registry.get(name)
    assert info.name == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    for field in dataclasses.fields(info):
        value = getattr(info, field.name)
        if field.type == "str" and field.name not in ("stands_for", "notes", "url"):
            assert value.strip(), field.name
    assert info.summary.endswith(".")
    assert re.search(r"\b(1[6-9]|20)\d\d\b|[Tt]his book|gcompris", info.citation)
    assert info.stands_for or info.kind in ("real", "synthetic")
    assert (info.kind == "synthetic") == (info.family == "synthetic") or name == "digit_scenes"
    assert bool(info.url.startswith("https://") or info.url.startswith("http://")) or (
        not spec.recipes
    )
    assert bool(spec.open.__doc__)


@pytest.mark.parametrize("name", ALL)
def test_a_stand_in_names_a_set_or_says_what_it_replaces(name):
    info = datasets.describe(name)
    assert info.stands_for != name
    if info.kind == "real":
        assert not info.stands_for


@pytest.mark.parametrize("name", OFFLINE)
def test_content_from_elsewhere_is_pinned(name):
    spec = registry.get(name)
    assert bool(re.fullmatch(r"[0-9a-f]{64}", spec.digest)) == bool(spec.recipes)


def test_every_loadable_set_has_its_facts_stated():
    assert list(FACTS) == OFFLINE


# --- content ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOADABLE)
def test_rows_shapes_and_dtypes_are_as_stated(name, loaded):
    dataset, facts = loaded(name), FACTS[name]
    parts = (dataset.train, dataset.validation, dataset.test)
    assert tuple(len(part) if part else 0 for part in parts) == facts.rows
    for split in dataset.splits().values():
        x = first(split.x)
        assert x.shape[1:] == facts.shape
        assert str(x.dtype) == facts.dtype
        assert type(x) is np.ndarray
        for column in (*columns(split.x).values(), *columns(split.y).values()):
            assert str(column.dtype) in {"uint8", "int32", "int64", "float32", "object"}
        if x.dtype == object:
            assert all((isinstance(row, str) and row) or isinstance(row, np.ndarray) for row in x)
        elif x.dtype.kind == "f":
            assert np.isfinite(x).all()
    if dataset.feature_names:
        assert len(dataset.feature_names) == facts.shape[-1]
        assert len(set(dataset.feature_names)) == len(dataset.feature_names)


def arrays_in(value):
    """Yield the arrays in what a dataset holds, those inside mappings and other arrays included."""
    if isinstance(value, dict):
        for one in value.values():
            yield from arrays_in(one)
    elif isinstance(value, np.ndarray):
        yield value
        if value.dtype == object:
            for one in value.flat:
                yield from arrays_in(one)


@pytest.mark.parametrize("name", LOADABLE)
def test_no_array_can_be_written_into(name, loaded):
    dataset = loaded(name)
    for split in dataset.splits().values():
        for part in (split, split.rows(slice(1, 9)), split.rows([0, 2]), split.take(3)):
            assert not any(one.flags.writeable for one in arrays_in({"x": part.x, "y": part.y}))
    assert not any(one.flags.writeable for one in arrays_in(dataset.extra))


@pytest.mark.parametrize("name", LOADABLE)
def test_labels_are_classes_and_balanced_as_stated(name, loaded):
    dataset, facts = loaded(name), FACTS[name]
    if facts.shares is None:
        return
    classes = len(dataset.class_names)
    assert len(set(dataset.class_names)) == classes or name == "imagenet_photos"
    for split in dataset.splits().values():
        labels = labels_of(split)
        assert labels.dtype == np.int64
        assert labels.min() >= 0
        assert labels.max() < classes
    counts = np.bincount(labels_of(dataset.train), minlength=classes)
    shares = counts / counts.sum()
    assert shares.min() == pytest.approx(facts.shares[0], abs=0.0006)
    assert shares.max() == pytest.approx(facts.shares[1], abs=0.0006)
    if name not in ("imagenet_photos",):
        assert counts.min() > 0


@pytest.mark.parametrize("name", LOADABLE)
def test_no_row_is_in_two_parts(name, loaded):
    if name in SERIES:
        pytest.skip("parts of a series are stretches of time; see the test of their borders")
    splits = list(loaded(name).splits().values())
    seen = set()
    for split in splits:
        named = list(columns(split.x).values())
        keys = {b"\0".join(map(content_key, row)) for row in zip(*named, strict=True)}
        assert not keys & seen
        seen |= keys


@pytest.mark.parametrize("name", LOADABLE)
def test_loading_again_gives_the_same_rows_in_the_same_order(name, loaded):
    again = datasets.load(name)
    for split, other in zip(loaded(name).splits().values(), again.splits().values(), strict=True):
        for one, two in ((split.x, other.x), (split.y, other.y)):
            for column, twin in zip(columns(one).values(), columns(two).values(), strict=True):
                for row in (*range(0, len(column), max(1, len(column) // 50)), -1):
                    np.testing.assert_array_equal(column[row], twin[row])


@pytest.mark.parametrize("name", FETCHED)
def test_the_cached_content_is_the_pinned_content(name, loaded):
    loaded(name)
    assert registry.damage(registry.get(name)) == ""


@pytest.mark.parametrize("name", LOADABLE)
def test_a_few_rows_can_be_taken(name, loaded):
    split = loaded(name).train
    some = split.take(5, seed=3)
    assert len(some) == 5
    assert len(first(some.x)) == 5
    more = split.take(8, seed=3)
    for row in range(5):
        np.testing.assert_array_equal(first(some.x)[row], first(more.x)[row])


@pytest.mark.parametrize("name", [n for n in MADE_BY_CODE if n != "sine_sums"])
def test_another_seed_gives_other_rows(name):
    one, two = (datasets.load(name, seed=seed).train for seed in (0, 1))
    assert any(not np.array_equal(a, b) for a, b in zip(first(one.x), first(two.x), strict=True))


@pytest.mark.parametrize("name", MADE_BY_CODE)
def test_sizes_can_be_chosen(name):
    options = registry.get(name).options()
    if "n" in options and "test" in options:
        dataset = datasets.load(name, n=12, test=6)
        assert (len(dataset.train), len(dataset.test)) == (12, 6)


@pytest.mark.data
@pytest.mark.parametrize("name", ["weather", "appliances", "sunspots"])
def test_the_parts_of_a_series_follow_each_other(name, loaded):
    dataset = loaded(name)
    joined = np.concatenate([dataset.train.x, dataset.validation.x, dataset.test.x])
    np.testing.assert_array_equal(joined, dataset.extra["values"])
    steps = np.diff(dataset.extra["times"])
    assert (steps > np.timedelta64(0)).all()
    if name != "sunspots":  # months differ in length but not in number
        assert len(set(steps.tolist())) == 1
