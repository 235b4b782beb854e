"""Datasets by name: load one, fetch it, read its card, list them all."""

from typing import TYPE_CHECKING, Any

from textlib._errors import unknown
from textlib.datasets import registry
from textlib.datasets._types import FAMILIES, Dataset, Info
from textlib.fetching import opened
from textlib.fetching.errors import FetchError as FetchError
from textlib.fetching.errors import IntegrityError as IntegrityError
from textlib.fetching.errors import SourceError as SourceError
from textlib.fetching.errors import UnpicklingRefusedError as UnpicklingRefusedError

if TYPE_CHECKING:
    import pandas as pd


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
    opened["datasets"][name] = spec.key
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
