"""Real data in one line: ``load(name)``, ``describe(name)``, ``names()``, ``cards()``.

>>> from textlib import datasets
>>> digits = datasets.load("mnist")             # doctest: +SKIP
>>> images, labels = digits.train               # doctest: +SKIP

The first load of a set fetches it; later ones open the cache in a blink, without network. Images
are ``uint8`` from 0 to 255, shaped ``(n, height, width)`` or ``(n, height, width, 3)``; class
labels are ``int64`` of shape ``(n,)``; numeric columns are ``float32``; texts are arrays of
strings (dtype object). Nothing is scaled, shuffled again, or downloaded at import.

Names by module of ``catalog`` (``describe(name)`` says what each is, ``registry.get(name).open``
its options):

- ``images``: mnist, fashion_mnist, solar_cells, silhouettes, faces
- ``photos``: imagenet_photos, sample_photos, photographs, paintings, emoji
- ``composites``: cutouts, composites (classify, segment), scenes and digit_scenes (detect)
- ``text``: imdb, reuters, newsgroups, questions, spam
- ``corpora``: shakespeare, moby_dick, speeches, brown, german_english, spanish_english
- ``tabular``: housing, boston, iris, wine, breast_cancer, diabetes, digits
- ``series``: weather, appliances, sunspots
- ``synthetic``: moons, circles, blobs, spirals, shapes, clocks, sketches; ``random_labels`` and
  ``extra_channels`` change other sets
- ``sequences``: waves, sine_sums, latch, reber, cadences, dates, stories
- ``vectors``: glove
- ``canonical``, from their own address only: cifar10, imdb_full, reuters_keras,
  california_housing, jena_climate, cats_vs_dogs, glove_100d, tiny_shakespeare, nietzsche

Helpers: ``encoding`` (vocabularies, integer and multi-hot codes), ``windows`` (windows over
series), ``splitting`` (splits that cannot leak). Where bytes come from is in ``textlib.fetching``.
"""

import importlib
from typing import TYPE_CHECKING, Any

from textlib._errors import unknown
from textlib.datasets import registry
from textlib.datasets._types import FAMILIES, KINDS, Dataset, Info, Split
from textlib.datasets.registry import Recipe, UnknownDatasetError, register
from textlib.fetching.errors import (
    FetchError,
    IntegrityError,
    SourceError,
    UnpicklingRefusedError,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Dataset",
    "Info",
    "Split",
    "load",
    "fetch",
    "describe",
    "names",
    "cards",
    "FAMILIES",
    "KINDS",
    "FetchError",
    "IntegrityError",
    "SourceError",
    "UnknownDatasetError",
    "UnpicklingRefusedError",
    "Recipe",
    "register",
]

_LAZY = ("catalog", "encoding", "splitting", "windows")


def load(name: str, **options: Any) -> Dataset:
    """Load a dataset by name, fetching it if this is the first time.

    Parameters
    ----------
    name
        One of `names`.
    options
        What this set lets you choose; ``describe(name)`` and its own function's docstring tell.

    Returns
    -------
    Dataset
        Splits of arrays, class or feature names, and the card of the set.

    Raises
    ------
    UnknownDatasetError
        If there is no such name; the message has the nearest one.
    TypeError
        If the set has no such option.
    FetchError
        If the data are not in the cache and no source can be reached.
    textlib.paths.CacheError
        If the cache cannot be written.

    Examples
    --------
    >>> blobs = load("moons", n=100)
    >>> x, y = blobs.train
    >>> x.shape, y.shape
    ((100, 2), (100,))
    """
    spec = registry.get(name)
    allowed = spec.options()
    for option in options:
        if option not in allowed:
            raise TypeError(unknown(f"option of dataset {name!r}:", option, allowed))
    if spec.recipes:
        return spec.open(spec.info, registry.prepare(spec), **options)
    return spec.open(spec.info, **options)


def fetch(name: str) -> None:
    """Bring a dataset into the cache without opening it.

    Raises
    ------
    UnknownDatasetError, FetchError, IntegrityError, textlib.paths.CacheError
        As `load`.
    """
    spec = registry.get(name)
    for other in spec.needs:
        fetch(other)
    if spec.recipes:
        registry.prepare(spec)


def describe(name: str) -> Info:
    """Return the card of a dataset: licence, citation, source, real or stand-in. Loads nothing.

    Raises
    ------
    UnknownDatasetError
        If there is no such name.
    """
    return registry.get(name).info


def names(*, family: str | None = None, offline: bool | None = None) -> list[str]:
    """Return the names of the datasets, in catalog order.

    Parameters
    ----------
    family
        Only this family, one of `FAMILIES`.
    offline
        True for the sets that need nothing beyond the package registries, False for those that
        come only from their canonical address.

    Raises
    ------
    ValueError
        If there is no such family.
    """
    if family is not None and family not in FAMILIES:
        raise ValueError(unknown("family", family, FAMILIES))
    infos = (spec.info for spec in registry.specs().values())
    return [
        info.name
        for info in infos
        if family in (None, info.family) and offline in (None, info.offline)
    ]


def cards() -> "pd.DataFrame":
    """Return the cards of all datasets as a table, one row each, indexed by name."""
    import dataclasses

    import pandas as pd

    rows = [dataclasses.asdict(spec.info) for spec in registry.specs().values()]
    return pd.DataFrame(rows).set_index("name")


def __getattr__(name: str) -> Any:
    """Import a module of this package the first time that it is used."""
    if name in _LAZY:
        return importlib.import_module(f"textlib.datasets.{name}")
    raise AttributeError(f"module 'textlib.datasets' has no attribute {name!r}")
