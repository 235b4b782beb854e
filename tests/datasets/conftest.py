"""Small datasets, to be fetched from a server of the test."""

import numpy as np

from tests.web import sha256
from textlib.datasets import registry, store
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.registry import Recipe
from textlib.fetching import sources


def card(name, **changes):
    """Return a complete card for a small dataset."""
    facts = {
        "name": name, "title": name, "family": "tabular", "summary": "Five numbers.",
        "task": "counting", "kind": "real", "license": "CC0", "citation": "Nobody, 2026.",
        "source": "a test", "shapes": "x (n,) int64",
    }  # fmt: skip
    return Info(**(facts | changes))


def numbers_from(folder):
    """Turn the text file of a resource into items."""
    (path,) = (path for path in folder.iterdir() if path.suffix == ".txt")
    return {"x": np.array(path.read_text().split(), dtype=np.int64)}


def open_numbers(info, saved):
    """Open what `numbers_from` made."""
    return Dataset(info, Split(saved["x"]))


def spec_of(*recipes, name="numbers", digest=""):
    """Return an unregistered dataset of numbers."""
    return registry.Spec(card(name), open_numbers, recipes, digest)


def url_recipe(key, address, body=None, digest=None):
    """Return a recipe that reads numbers from an address."""
    pinned = sha256(body) if digest is None else digest
    return Recipe(sources.url(key, {"numbers.txt": (address, pinned)}), numbers_from)


def digest_of(items):
    """Return the content digest of items, without writing them."""
    entries = {}
    for name, value in items.items():
        kind = next(kind for kind, how in store.KINDS.items() if how.matches(value))
        entries[name] = {"kind": kind, "sha256": store.KINDS[kind].digest(value)}
    return store.content_digest(entries)
