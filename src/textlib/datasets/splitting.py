"""Train, validation and test parts that cannot leak into each other.

Rows that are the same, or that belong together, never end up in two parts; parts of a time
series follow each other with a gap. All functions return indices, so they work for any data.
"""

import hashlib
from collections.abc import Sequence

import numpy as np


def random_split(
    n: int,
    fractions: Sequence[float],
    *,
    seed: int,
    labels: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, ...]:
    """Split ``n`` rows at random.

    Parameters
    ----------
    n
        Number of rows.
    fractions
        Share of each part; they add up to 1.
    seed
        Seed of the shuffle.
    labels
        Class of each row, shape ``(n,)``: every part then has the classes in (nearly) the same
        proportions.
    groups
        What each row belongs to, shape ``(n,)``, such as a person or a text: the rows of a group
        stay together. A group counts as being of the class of its first row.

    Returns
    -------
    tuple of numpy.ndarray
        Row indices of each part, in random order; disjoint, and together all rows.

    Raises
    ------
    ValueError
        If the fractions are negative or do not add up to 1, or lengths differ.

    Examples
    --------
    >>> train, test = random_split(10, (0.8, 0.2), seed=0)
    >>> len(train), len(test)
    (8, 2)
    """
    keys = np.arange(n) if groups is None else np.asarray(groups)
    _, group_of = np.unique(keys, return_inverse=True)
    count = int(np.max(group_of)) + 1 if n else 0
    rank = np.random.default_rng(seed).permutation(count)
    return _cut(n, fractions, group_of, rank, labels)


def content_split(
    keys: Sequence[str | bytes],
    fractions: Sequence[float],
    *,
    labels: np.ndarray | None = None,
    salt: str = "",
) -> tuple[np.ndarray, ...]:
    """Split rows by a hash of their content, the same on every machine and in every version.

    Equal rows have equal hashes and stay together, so a duplicate never leaks; and a row stays
    where it is when others are added, up to the shift of the borders.

    Parameters
    ----------
    keys
        The content of each row.
    fractions
        Share of each part; they add up to 1.
    labels
        Class of each row, for parts with the same proportions.
    salt
        Changes the split; plays the role of a seed.

    Returns
    -------
    tuple of numpy.ndarray
        Row indices of each part, ordered by hash, which is as good as shuffled.

    Raises
    ------
    ValueError
        As `random_split`.
    """
    digests = [
        hashlib.sha256(salt.encode() + (key.encode() if isinstance(key, str) else key)).digest()
        for key in keys
    ]
    order = {digest: rank for rank, digest in enumerate(sorted(set(digests)))}
    group_of = np.array([order[digest] for digest in digests], dtype=np.int64)
    return _cut(len(keys), fractions, group_of, np.arange(len(order)), labels)


def chronological_split(n: int, fractions: Sequence[float], *, gap: int = 0) -> tuple[slice, ...]:
    """Split the rows of a time series into consecutive parts, the past first.

    Parameters
    ----------
    n
        Number of rows.
    fractions
        Share of each part; they add up to 1.
    gap
        Rows left out between two parts. Windows of ``length`` rows with targets ``horizon`` rows
        later are made inside each part, so they never cross a border; a gap of that size makes
        them independent of it as well.

    Raises
    ------
    ValueError
        If the fractions do not add up to 1 or the gaps leave nothing of a part.

    Examples
    --------
    >>> chronological_split(100, (0.5, 0.25, 0.25), gap=5)
    (slice(0, 50, None), slice(55, 75, None), slice(80, 100, None))
    """
    if gap < 0:
        raise ValueError(f"gap is {gap}; it must be 0 or more rows.")
    borders = [round(n * share) for share in _cumulative(fractions)]
    starts = [0, *(border + gap for border in borders[:-1])]
    parts = tuple(slice(start, stop) for start, stop in zip(starts, borders, strict=True))
    for part, share in zip(parts, fractions, strict=True):
        if share > 0 and part.stop <= part.start:
            raise ValueError(f"a gap of {gap} leaves no row of a part of {share:.0%} of {n} rows.")
    return parts


def equal_rows(x: np.ndarray | Sequence[str]) -> np.ndarray:
    """Return for each row the number of the first row that is equal to it, shape ``(n,)``.

    Texts are compared without regard to case and blanks. Give the result to `random_split` as
    ``groups`` to keep duplicates together.

    Examples
    --------
    >>> equal_rows(["Good film.", "bad", "good  film."]).tolist()
    [0, 1, 0]
    """
    first: dict[bytes, int] = {}
    return np.array(
        [first.setdefault(content_key(row), number) for number, row in enumerate(x)],
        dtype=np.int64,
    )


def overlap(a: np.ndarray | Sequence[str], b: np.ndarray | Sequence[str]) -> int:
    """Return how many rows of ``b`` are also in ``a``; 0 for parts that do not leak."""
    known = {content_key(row) for row in a}
    return sum(content_key(row) in known for row in b)


def content_key(row: np.ndarray | str | np.generic) -> bytes:
    """Return bytes that are equal for equal rows, and for texts that differ in blanks or case."""
    if isinstance(row, str):
        return " ".join(row.lower().split()).encode()
    return np.ascontiguousarray(row).tobytes()


def _cumulative(fractions: Sequence[float]) -> np.ndarray:
    shares = np.asarray(fractions, dtype=float)
    if shares.ndim != 1 or not shares.size or (shares < 0).any() or abs(shares.sum() - 1) > 1e-9:
        raise ValueError(f"fractions are {list(fractions)}; they must be 0 or more and add to 1.")
    return np.cumsum(shares)


def _cut(
    n: int,
    fractions: Sequence[float],
    group_of: np.ndarray,
    rank: np.ndarray,
    labels: np.ndarray | None,
) -> tuple[np.ndarray, ...]:
    """Deal out groups in the order of their rank, class by class, until each part is full."""
    borders = _cumulative(fractions)
    classes = np.zeros(n, dtype=np.int64) if labels is None else np.asarray(labels)
    if len(group_of) != n or len(classes) != n:
        raise ValueError(f"labels and groups must have {n} rows.")
    if n == 0:
        return tuple(np.zeros(0, dtype=np.int64) for _ in fractions)
    _, first_row = np.unique(group_of, return_index=True)
    class_of_group = classes[first_row]
    size = np.bincount(group_of)
    part_of_group = np.zeros(len(size), dtype=np.int64)
    for label in np.unique(class_of_group):
        members = np.flatnonzero(class_of_group == label)
        members = members[np.argsort(rank[members])]
        before = np.cumsum(size[members]) - size[members]
        edges = np.round(borders * size[members].sum())
        # A group goes where its first row falls; the last part takes what rounding leaves.
        part = np.searchsorted(edges[:-1], before, side="right")
        part_of_group[members] = part
    order = np.argsort(rank[group_of], kind="stable")
    part_of_row = part_of_group[group_of][order]
    return tuple(order[part_of_row == part] for part in range(len(borders)))
