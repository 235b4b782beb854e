"""Between rows and a dataset: the items of a prepared folder, part by part.

What belongs to a part is named ``train_x``, ``train_y``, ``test_x``, ...; most sets are written and
opened by the two functions here and say only what is special about them.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from textlib._errors import unknown
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import as_sequences
from textlib.datasets.splitting import content_key, content_split
from textlib.datasets.store import Saved

Items = dict[str, Any]
PARTS = ("train", "validation", "test")


def split_items(
    items: Items,
    fractions: Sequence[float] = (0.8, 0.2),
    *,
    keys: Iterable[str | bytes] = (),
    labels: np.ndarray | None = None,
    shuffled: bool = True,
) -> Items:
    """Return the items ``x``, ``y``, ... as ``train_x``, ``test_x``, ..., split by content.

    Parameters
    ----------
    items
        Arrays or lists with one row per sample.
    fractions
        Share of each part: train, validation and test, or train and test, or of all rows.
    keys
        What makes rows equal; the content of the first item when left out.
    labels
        Class of each row, for parts with the same proportions.
    shuffled
        Whether rows are in the order of their hashes; otherwise they keep their own.
    """
    rows = list(keys) or [content_key(row) for row in next(iter(items.values()))]
    parts = content_split(rows, fractions, labels=labels)
    names = PARTS if len(fractions) == 3 else PARTS[::2][: len(fractions)]
    return {
        f"{name}_{item}": _chosen(values, part if shuffled else np.sort(part))
        for name, part in zip(names, parts, strict=True)
        for item, values in items.items()
    }


def _chosen(values: Any, rows: np.ndarray) -> Any:
    return [values[row] for row in rows] if isinstance(values, list) else values[rows]


def open_items(
    info: Info,
    saved: Saved,
    *,
    extra: Mapping[str, str] | None = None,
    prefix: str = "",
    class_names: Sequence[str] = (),
    feature_names: Sequence[str] = (),
) -> Dataset:
    """Open a prepared set whose items are named the usual way.

    Parameters
    ----------
    info, saved
        The card and the items. Lists of strings become arrays; a part without ``y`` has none.
    extra
        What else each part has: the name in ``extra``, behind that of the part, and the item.
    prefix
        What stands in front of the names of the items.
    class_names, feature_names
        See `Dataset`.
    """

    def column(name: str) -> np.ndarray | None:
        values = saved.get(prefix + name)
        return as_sequences(values) if isinstance(values, list) else values

    parts = [part for part in PARTS if f"{prefix}{part}_x" in saved]
    splits: dict[str, Any] = {
        part: Split(column(f"{part}_x"), column(f"{part}_y")) for part in parts
    }
    others = {
        f"{part}_{name}": saved[f"{part}_{item}"]
        for name, item in (extra or {}).items()
        for part in parts
    }
    return Dataset(
        info,
        **splits,
        extra={name: tuple(v) if isinstance(v, list) else v for name, v in others.items()},
        class_names=tuple(class_names),
        feature_names=tuple(feature_names),
    )


def only_classes(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """Return the rows of some classes, which are numbered anew in the order of ``names``.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    known = dataset.class_names
    if tuple(names) == known:
        return dataset
    for name in names:
        if name not in known:
            raise ValueError(unknown(f"class of {dataset.name!r}:", name, known))
    new_label = np.full(len(known), -1)
    new_label[[known.index(name) for name in names]] = np.arange(len(names))

    def chosen(split: Split) -> Split:
        labels = new_label[split.y]
        return Split(split.rows(labels >= 0).x, labels[labels >= 0])

    splits: dict[str, Any] = {name: chosen(split) for name, split in dataset.splits().items()}
    return dataclasses.replace(dataset, **splits, class_names=tuple(names))
