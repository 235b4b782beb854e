"""Prepared datasets on disk: converted once, opened memory-mapped ever after.

A prepared folder holds named items: arrays (``.npy``), lists of strings or of bytes (one blob and
its offsets, so that a hundred thousand strings open at once), and JSON values. Its manifest records
each item's digest; together they are the digest of the dataset's content, which is the same
whatever source served it.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textlib import folders, paths
from textlib.fetching.errors import IntegrityError


@dataclass(frozen=True)
class _Kind:
    """How one kind of item is written, read, and digested."""

    matches: Callable[[Any], bool]
    write: Callable[[Path, str, Any], None]
    read: Callable[[Path, str], Any]
    digest: Callable[[Any], str]


class Saved(Mapping[str, Any]):
    """The items of a prepared folder, each opened when it is asked for.

    Arrays are read-only and memory-mapped: opening one costs no memory, and only the rows that
    are used are read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest = folders.read_manifest(folder)
        if manifest is None:
            raise IntegrityError(f"{str(folder)!r} is not a prepared dataset.")
        self.manifest = manifest

    def __getitem__(self, name: str) -> Any:
        kind = self.manifest["items"][name]["kind"]
        try:
            return KINDS[kind].read(self.folder, name)
        except (OSError, ValueError) as error:
            raise IntegrityError(
                f"cannot read {name!r} in {str(self.folder)!r}: {error}. Run `textlib data verify`."
            ) from error

    def __contains__(self, name: object) -> bool:
        return name in self.manifest["items"]  # without opening it

    def __iter__(self) -> Iterator[str]:
        return iter(self.manifest["items"])

    def __len__(self) -> int:
        return len(self.manifest["items"])

    def damaged(self) -> list[str]:
        """Return the names of the items whose content is not what was once written.

        This reads every byte.
        """
        wrong = []
        for name, entry in self.manifest["items"].items():
            try:
                found = KINDS[entry["kind"]].digest(self[name])
            except IntegrityError:
                found = ""
            if found != entry["sha256"]:
                wrong.append(name)
        return wrong


def prepared_dir(name: str, version: str) -> Path:
    """Return the folder of a prepared dataset, which may not exist yet."""
    return paths.data_dir() / f"{name}-{version}"


def write_items(folder: Path, items: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Write items into a folder and return their kinds and digests, for the manifest."""
    entries = {}
    for name, value in sorted(items.items()):
        kind = next(kind for kind, how in KINDS.items() if how.matches(value))
        KINDS[kind].write(folder, name, value)
        entries[name] = {"kind": kind, "sha256": KINDS[kind].digest(value)}
    return entries


def content_digest(entries: Mapping[str, Mapping[str, str]]) -> str:
    """Return one SHA-256 over the names, kinds and digests of all items."""
    lines = [f"{name} {entry['kind']} {entry['sha256']}\n" for name, entry in entries.items()]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


# --- arrays -------------------------------------------------------------------------------------


def _write_array(folder: Path, name: str, value: np.ndarray) -> None:
    if value.dtype.hasobject:
        raise TypeError(f"item {name!r} is an array of objects; give a list of strings instead.")
    np.save(folder / f"{name}.npy", value, allow_pickle=False)


def _read_array(folder: Path, name: str) -> np.ndarray:
    path = folder / f"{name}.npy"
    mapped = np.load(path, mmap_mode="r", allow_pickle=False) if path.stat().st_size else None
    if mapped is None:
        raise ValueError("the file is empty")
    return mapped.view(np.ndarray)  # a plain array; its pages stay on disk until used


def _digest_array(value: np.ndarray) -> str:
    array = np.ascontiguousarray(value)
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


# --- lists of strings, and of bytes -------------------------------------------------------------


def pack(pieces: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Return one blob (uint8) and the ``len(pieces) + 1`` offsets (int64) at which pieces end."""
    ends = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in pieces], out=ends[1:])
    return np.frombuffer(b"".join(pieces), dtype=np.uint8), ends


def unpack(blob: np.ndarray, ends: np.ndarray) -> list[bytes]:
    """Undo `pack`."""
    data = blob.tobytes()
    return [data[start:end] for start, end in itertools.pairwise(ends.tolist())]


def _write_blobs(folder: Path, name: str, value: list[bytes]) -> None:
    blob, ends = pack(value)
    _write_array(folder, name, blob)
    _write_array(folder, f"{name}.ends", ends)


class Blobs(Sequence[bytes]):
    """Pieces of one blob, each cut out (and read from disk) when it is asked for."""

    def __init__(self, blob: np.ndarray, ends: np.ndarray) -> None:
        self._blob, self._ends = blob, ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: Any) -> Any:
        place = range(len(self))[index]
        if isinstance(place, range):
            return [self[one] for one in place]
        return self._blob[self._ends[place] : self._ends[place + 1]].tobytes()


def _read_blobs(folder: Path, name: str) -> Blobs:
    return Blobs(_read_array(folder, name), _read_array(folder, f"{name}.ends"))


def _read_texts(folder: Path, name: str) -> list[str]:
    pieces = unpack(_read_array(folder, name), _read_array(folder, f"{name}.ends"))
    return [piece.decode("utf-8") for piece in pieces]


def _digest_blobs(value: Sequence[bytes]) -> str:
    blob, ends = pack(list(value))
    return hashlib.sha256((_digest_array(blob) + _digest_array(ends)).encode()).hexdigest()


def _encoded(texts: list[str]) -> list[bytes]:
    return [text.encode("utf-8") for text in texts]


def _is_list_of(kind: type) -> Callable[[Any], bool]:
    def matches(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(item, kind) for item in value)

    return matches


# --- everything else ----------------------------------------------------------------------------


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _write_json(folder: Path, name: str, value: Any) -> None:
    (folder / f"{name}.json").write_text(_to_json(value), encoding="utf-8")


def _read_json(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


KINDS: dict[str, _Kind] = {
    "array": _Kind(
        lambda value: isinstance(value, np.ndarray), _write_array, _read_array, _digest_array
    ),
    "texts": _Kind(
        _is_list_of(str),
        lambda folder, name, value: _write_blobs(folder, name, _encoded(value)),
        _read_texts,
        lambda value: _digest_blobs(_encoded(value)),
    ),
    "blobs": _Kind(_is_list_of(bytes), _write_blobs, _read_blobs, _digest_blobs),
    "json": _Kind(
        lambda value: True,
        _write_json,
        _read_json,
        lambda value: hashlib.sha256(_to_json(value).encode()).hexdigest(),
    ),
}
