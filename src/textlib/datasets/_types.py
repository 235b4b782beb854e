"""What a dataset looks like to its reader: splits of arrays, and a card that says what it is.

Nothing here knows where data come from; see ``sources`` for that and ``registry`` for names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Kind = Literal["real", "subset", "stand-in", "synthetic"]
Family = Literal["images", "text", "tabular", "series", "vectors", "synthetic"]
Columns = np.ndarray | Mapping[str, np.ndarray]
KINDS: tuple[Kind, ...] = ("real", "subset", "stand-in", "synthetic")
FAMILIES: tuple[Family, ...] = ("images", "text", "tabular", "series", "vectors", "synthetic")


@dataclass(frozen=True)
class Info:
    """The card of a dataset: what it is, whose it is, and how far it can be trusted.

    Attributes
    ----------
    name
        The name that `load` takes.
    title
        The name that a figure caption or a table shows.
    family
        The kind of data, one of `FAMILIES`.
    summary
        One or two sentences: what a row is and how many there are.
    task
        What the book learns from it, such as ``"classification, 10 classes"``.
    kind
        ``"real"`` (the set that the literature names, complete), ``"subset"`` (part of it),
        ``"stand-in"`` (other real data for the same lesson) or ``"synthetic"`` (made by code).
    license, citation, source
        Terms of use, who made it, and where the files come from, in words.
    shapes
        Shapes and dtypes of ``x`` and ``y``.
    size_mb
        Megabytes to download, 0 for data that code makes.
    stands_for
        The set that a stand-in or a subset replaces; empty otherwise.
    notes
        What a careful user should know: known errors, ethics, how the splits were made.
    url
        A page about the data, for people.
    offline
        False when the data come only from their canonical address, never from a registry.
    """

    name: str
    title: str
    family: Family
    summary: str
    task: str
    kind: Kind
    license: str
    citation: str
    source: str
    shapes: str
    size_mb: float = 0.0
    stands_for: str = ""
    notes: str = ""
    url: str = ""
    offline: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.family not in FAMILIES:
            raise ValueError(
                f"dataset {self.name!r} has kind {self.kind!r} and family {self.family!r}; "
                f"choose from {KINDS} and {FAMILIES}."
            )


@dataclass(frozen=True)
class Split:
    """Inputs and targets that belong together; unpacks as ``x, y = split``.

    Attributes
    ----------
    x, y
        Arrays with one row per sample, or mappings of such arrays. ``y`` may be None. They are
        read-only (`numpy.array` makes a copy to write into); those from the cache are
        memory-mapped.
    """

    x: Any
    y: Any = None

    def __post_init__(self) -> None:
        _freeze(self, "x", "y")
        lengths = {len(array) for array in (*_arrays(self.x), *_arrays(self.y))}
        if len(lengths) > 1:
            raise ValueError(f"x and y must have one row per sample each, got {sorted(lengths)}.")

    def __iter__(self) -> Iterator[Any]:
        return iter((self.x, self.y))

    def __len__(self) -> int:
        return len(_arrays(self.x)[0])

    def rows(self, index: Any) -> "Split":
        """Return the rows that ``index`` selects: a slice, integers, or booleans."""
        return Split(_select(self.x, index), _select(self.y, index))

    def take(self, n: int, seed: int = 0) -> "Split":
        """Return ``n`` rows drawn at random without replacement, in random order.

        Parameters
        ----------
        n
            How many rows, at most ``len(self)``.
        seed
            Seed of the draw. The first ``m`` rows of ``take(n)`` are ``take(m)``.

        Raises
        ------
        ValueError
            If there are fewer than ``n`` rows, or ``n`` is negative.
        """
        if not 0 <= n <= len(self):
            raise ValueError(f"cannot take {n} rows of a split that has {len(self)}.")
        order = np.random.default_rng(seed).permutation(len(self))
        return self.rows(order[:n])


@dataclass(frozen=True)
class Dataset:
    """A loaded dataset.

    Attributes
    ----------
    info
        The card: licence, citation, source, and whether this is the real set.
    train, validation, test
        The splits; ``validation`` and ``test`` are None where the set does not define them.
    class_names
        Names of the classes in label order, empty where there are none.
    feature_names
        Names of the columns of ``x``, empty where they have none.
    extra
        Whatever else belongs to the set, such as a vocabulary or time stamps, by name. Its arrays
        are read-only too.
    """

    info: Info
    train: Split
    test: Split | None = None
    validation: Split | None = None
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _freeze(self, "extra")

    @property
    def name(self) -> str:
        """The name that `load` takes."""
        return self.info.name

    def splits(self) -> dict[str, Split]:
        """Return the splits that exist, by name, in the order train, validation, test."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}={len(split):,}" for name, split in self.splits().items())
        return f"Dataset({self.name!r}, {self.info.kind}, {sizes})"


def _freeze(owner: Split | Dataset, *names: str) -> None:
    for name in names:
        object.__setattr__(owner, name, read_only(getattr(owner, name)))


def read_only(value: Any) -> Any:
    """Return arrays as read-only views, also those inside mappings and arrays of objects.

    The arrays themselves stay as they are. Everything else is returned as it is.
    """
    if isinstance(value, Mapping):
        return {name: read_only(one) for name, one in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == object and any(isinstance(one, np.ndarray) for one in value.flat):
        value = np.frompyfunc(read_only, 1, 1)(value, out=np.empty_like(value))
    view = value.view()
    view.flags.writeable = False
    return view


def _arrays(columns: Columns | None) -> list[np.ndarray]:
    if columns is None:
        return []
    return list(columns.values()) if isinstance(columns, Mapping) else [columns]


def _select(columns: Columns | None, index: Any) -> Columns | None:
    if columns is None:
        return None
    if isinstance(columns, Mapping):
        return {name: array[index] for name, array in columns.items()}
    return columns[index]
