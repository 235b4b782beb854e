"""Read the file formats that the sources use and that no library of ours reads.

IDX arrays (MNIST), Qt resource archives (GCompris), Orange tables, and pandas tables inside
pickles, the last one without running what the pickle names.
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from textlib.fetching.errors import IntegrityError, readable
from textlib.fetching.unpickle import ARRAYS, restricted_load


def read_idx(path: Path) -> np.ndarray:
    """Read an array in the IDX format of the MNIST family, gzipped or not.

    Parameters
    ----------
    path
        The file. Byte 2 is the type (only unsigned bytes are read here), byte 3 the number of
        dimensions; sizes follow as big-endian 32-bit integers, then the data.

    Raises
    ------
    IntegrityError
        If the file is not in this format or is cut off.
    """
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        with readable(f"the file {path.name!r}"):
            data = gzip.decompress(data)
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise IntegrityError(f"{path.name!r} is not an IDX file of unsigned bytes.")
    start = 4 + 4 * data[3]
    shape = tuple(int(size) for size in np.frombuffer(data[4:start], dtype=">u4"))
    values = np.frombuffer(data, dtype=np.uint8, offset=start)
    if values.size != int(np.prod(shape)):
        raise IntegrityError(f"{path.name!r} should hold {shape}, but has {values.size} values.")
    return values.reshape(shape)


def read_object_npz(path: Path) -> dict[str, np.ndarray]:
    """Read an ``.npz`` file whose arrays hold Python lists, without trusting its pickles.

    Raises
    ------
    UnpicklingRefusedError
        If a pickle in it names anything beyond arrays.
    IntegrityError
        If the file is damaged.
    """
    arrays = {}
    with readable(f"the file {path.name!r}"), zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            stream = io.BytesIO(archive.read(entry))
            version = np.lib.format.read_magic(stream)
            reader = np.lib.format.read_array_header_1_0
            shape, _, dtype = reader(stream) if version == (1, 0) else (None, None, None)
            if dtype is not None and dtype.hasobject:
                array = restricted_load(stream.read()).reshape(shape)
            else:
                stream.seek(0)
                array = np.load(stream, allow_pickle=False)
            arrays[entry.removesuffix(".npy")] = array
    return arrays


def read_qt_resources(path: Path) -> dict[str, bytes]:
    """Return the files inside a compiled Qt resource archive (``.rcc``), by path.

    The header gives the places of a tree, of names and of data; tree nodes have fixed size.
    Entries compressed with zlib are unpacked, entries compressed with zstd are left out.

    Raises
    ------
    IntegrityError
        If the file is not such an archive or is cut off.
    """
    data = path.read_bytes()
    if data[:4] != b"qres":
        raise IntegrityError(f"{path.name!r} is not a Qt resource archive.")
    with readable(f"the file {path.name!r}"):
        return dict(_qt_files(data))


def _qt_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    version, tree, contents, names = struct.unpack_from(">4I", data, 4)
    node_size = 14 if version == 1 else 22
    waiting = [(0, "")]
    while waiting:
        index, folder = waiting.pop()
        node = tree + index * node_size
        name_at, flags = struct.unpack_from(">IH", data, node)
        name = ""
        if index:
            (length,) = struct.unpack_from(">H", data, names + name_at)
            start = names + name_at + 6  # behind the length and a hash of the name
            name = data[start : start + 2 * length].decode("utf-16-be")
        inside = f"{folder}/{name}".lstrip("/")
        if flags & 2:  # a folder
            count, first = struct.unpack_from(">II", data, node + 6)
            waiting += [(first + child, inside) for child in range(count)]
            continue
        (place,) = struct.unpack_from(">I", data, node + 10)
        (size,) = struct.unpack_from(">I", data, contents + place)
        body = data[contents + place + 4 :][:size]
        if len(body) != size:
            raise struct.error("the last file is cut off")
        if not flags & 4:
            yield inside, zlib.decompress(body[4:]) if flags & 1 else body


def read_orange_table(path: Path) -> tuple[list[str], list[str]]:
    """Return the classes and the texts of a two-column Orange table.

    Three header lines (names, types, roles) come first; lines with an empty field are skipped.
    """
    classes, texts = [], []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            label, _, text = line.rstrip("\n").partition("\t")
            if number >= 3 and label and text.strip():
                classes.append(label)
                texts.append(text.strip())
    return classes, texts


# --- pandas tables in pickles -------------------------------------------------------------------


class _Table:
    """Takes the state of a pickled DataFrame; never becomes one."""

    state: dict[str, Any]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


def _block(values: Any, placement: Any, ndim: int) -> tuple[Any, Any]:
    return values, placement


def _blocks(blocks: Any, axes: Any) -> tuple[Any, Any]:
    return blocks, axes


def _slice(*numbers: Any) -> slice:
    if not all(number is None or type(number) is int for number in numbers):
        raise IntegrityError("the pickle has a slice of something else than numbers.")
    return slice(*numbers)


def _index(kind: object, state: dict[str, Any]) -> Any:
    return state.get("data")


_FRAMES = {
    **ARRAYS,
    ("pandas.core.frame", "DataFrame"): _Table,
    ("pandas.core.internals.managers", "BlockManager"): _blocks,
    ("pandas._libs.internals", "_unpickle_block"): _block,
    ("pandas.core.indexes.base", "_new_Index"): _index,
    ("pandas.core.indexes.base", "Index"): "Index",
    ("pandas.core.indexes.range", "RangeIndex"): "RangeIndex",
    ("builtins", "slice"): _slice,
}


def read_pickled_table(data: bytes) -> dict[str, np.ndarray]:
    """Return the columns of a pickled DataFrame without pandas and without trusting the pickle.

    Parameters
    ----------
    data
        The pickle, as pandas 1 or 2 wrote it, uncompressed.

    Returns
    -------
    dict
        One array for each column, in the table's order.

    Raises
    ------
    UnpicklingRefusedError
        If the pickle names anything beyond arrays and the parts of a DataFrame.
    IntegrityError
        If it holds something else than one table.
    """
    table = restricted_load(data, allowed=_FRAMES)
    if not isinstance(table, _Table):
        raise IntegrityError("the pickle does not hold a table.")
    columns: dict[int, np.ndarray] = {}
    with readable("the table in the pickle"):
        blocks, (names, _) = table.state["_mgr"]
        for values, placement in blocks:
            places = (
                range(*placement.indices(len(names))) if isinstance(placement, slice) else placement
            )
            columns.update(zip((int(place) for place in places), values, strict=True))
        return {str(name): columns[place] for place, name in enumerate(names)}
