"""Read PyTorch's weight files with NumPy alone.

A ``.pth`` file is a row of pickles followed by raw numbers. The pickles are read with an unpickler
that knows the five names such a file needs and refuses every other, so a file from a stranger
can fail but cannot run code. Only the layout that ``torch.save`` wrote before version 1.6 is
known here; the weights that the book uses are of that kind.
"""

import io
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from textlib.fetching.errors import IntegrityError, UnpicklingRefusedError, readable
from textlib.fetching.unpickle import RestrictedUnpickler, put_items

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
DTYPES: Mapping[str, str] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}


@dataclass
class _Storage:
    """A run of numbers of one type, filled in after the pickles have been read."""

    dtype: np.dtype
    count: int
    values: np.ndarray | None = None


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage: where it begins, its shape, and its strides, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> np.ndarray:
        """Copy the numbers of the view out of its storage."""
        values = self.storage.values
        steps = zip(self.shape, self.strides, strict=True)
        last = self.offset + sum((size - 1) * stride for size, stride in steps)
        if values is None or min(self.shape, default=1) < 0 or min(self.strides, default=0) < 0:
            raise IntegrityError("a tensor of the file has no numbers or a negative size.")
        if 0 in self.shape:
            return np.empty(self.shape, self.storage.dtype)
        # Strides of zero would let a small file ask for any amount of memory.
        if self.offset < 0 or last >= values.size or math.prod(self.shape) > values.size:
            raise IntegrityError(f"a tensor of shape {self.shape} reaches beyond its storage.")
        width = values.itemsize
        view = np.lib.stride_tricks.as_strided(
            values[self.offset :], self.shape, [stride * width for stride in self.strides]
        )
        return view.copy()


def _rebuild_tensor(
    storage: Any, offset: Any, shape: Any, strides: Any, *_gradient_and_hooks: Any
) -> _Tensor:
    """Stand in for ``torch._utils._rebuild_tensor_v2``."""
    numbers = [offset, *shape, *strides]
    if not isinstance(storage, _Storage) or not all(isinstance(n, int) for n in numbers):
        raise UnpicklingRefusedError("refused a tensor that is not built of a storage and sizes.")
    if len(shape) != len(strides):
        raise UnpicklingRefusedError(f"refused a tensor of shape {shape} with strides {strides}.")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Named(dict[Any, Any]):
    """Stands in for ``collections.OrderedDict``."""

    def __init__(self, pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        put_items(self, [part for key, value in pairs for part in (key, value)])

    def __setstate__(self, state: Any) -> None:
        """Ignore what PyTorch notes beside the tensors: versions of its layers."""


ALLOWED: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _Named,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    **{("torch", name): np.dtype(code) for name, code in DTYPES.items()},
}
"""The names that a file of weights may use, and what stands behind each."""


class _TensorUnpickler(RestrictedUnpickler):
    """Unpickle tensors as placeholders and note the storages that they refer to."""

    def __init__(self, stream: IO[bytes], storages: dict[str, _Storage]) -> None:
        super().__init__(stream, allowed=ALLOWED, encoding="utf-8")
        self._storages = storages

    def persistent_load(self, key: Any) -> _Storage:
        """Return the storage that a key ``("storage", dtype, name, device, count, view)`` means."""
        if not (isinstance(key, tuple) and len(key) == 6 and key[0] == "storage"):
            raise UnpicklingRefusedError(f"refused a reference {key!r}: it is no storage.")
        _, dtype, name, _, count, view = key
        if not isinstance(dtype, np.dtype) or not isinstance(count, int) or view is not None:
            raise UnpicklingRefusedError(f"refused a storage {name!r} of an unknown kind.")
        return self._storages.setdefault(str(name), _Storage(dtype, count))


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Read the named arrays of a ``.pth`` file.

    Parameters
    ----------
    path
        A state dictionary saved by ``torch.save`` in the layout before version 1.6.

    Returns
    -------
    dict
        For each name, an array of the shape that PyTorch gave it. Convolution kernels are
        ``(out, in, height, width)`` and dense kernels ``(out, in)``.

    Raises
    ------
    IntegrityError
        If the file is cut off, or is of another format.
    textlib.fetching.errors.UnpicklingRefusedError
        If it names anything but tensors.
    """
    try:
        with readable("the PyTorch file"):
            return _read(io.BytesIO(path.read_bytes()))
    except IntegrityError as error:
        raise type(error)(f"{path.name!r}: {error}") from error


def _read(stream: IO[bytes]) -> dict[str, np.ndarray]:
    storages: dict[str, _Storage] = {}
    magic = _TensorUnpickler(stream, storages).load()
    if magic != MAGIC_NUMBER:
        raise IntegrityError("the file does not begin with PyTorch's magic number.")
    _protocol, _system = (_TensorUnpickler(stream, storages).load() for _ in range(2))
    tensors = _TensorUnpickler(stream, storages).load()
    order = _TensorUnpickler(stream, storages).load()
    _fill(storages, order, stream)
    if not isinstance(tensors, dict) or not all(isinstance(t, _Tensor) for t in tensors.values()):
        raise IntegrityError("the file holds something other than named tensors.")
    return {str(name): tensor.array() for name, tensor in tensors.items()}


def _fill(storages: dict[str, _Storage], order: list[str], stream: IO[bytes]) -> None:
    """Read the raw numbers of every storage; each has its count, 8 bytes, before it."""
    if sorted(order) != sorted(storages):
        raise IntegrityError("the file lists other storages than its tensors use.")
    for name in order:
        storage = storages[name]
        (count,) = struct.unpack("<q", stream.read(8))
        data = stream.read(storage.dtype.itemsize * storage.count)
        if count != storage.count or len(data) != storage.dtype.itemsize * count:
            raise IntegrityError(f"storage {name!r} should have {storage.count} numbers.")
        storage.values = np.frombuffer(data, storage.dtype)
