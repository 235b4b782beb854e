"""Read arrays from pickles of strangers without running any code that the pickle names.

A pickle is a program. This loader lets it name only the few constructors that NumPy arrays need
and raises on everything else, so that a changed or malicious file can do no more than fail.
"""

import codecs
import io
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from textlib.fetching.errors import UnpicklingRefusedError


def _reconstruct_array(kind: object, shape: tuple[int, ...], typecode: bytes | str) -> np.ndarray:
    """Make the empty array that pickle's BUILD step fills; subclasses become plain arrays."""
    code = typecode.decode("ascii") if isinstance(typecode, bytes) else typecode
    return np.ndarray.__new__(np.ndarray, shape, code)


def _scalar(dtype: np.dtype, value: Any = None) -> Any:
    """Rebuild a NumPy scalar from its bytes; object scalars are refused."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise UnpicklingRefusedError(f"refused a pickled scalar of dtype {dtype!r}.")
    data = value.encode("latin1") if isinstance(value, str) else value
    return np.frombuffer(data, dtype=dtype, count=1)[0]


def _from_buffer(data: bytes, dtype: np.dtype, shape: tuple[int, ...], order: str) -> np.ndarray:
    """Rebuild an array from pickle protocol 5's buffer form; object arrays are refused."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise UnpicklingRefusedError(f"refused a pickled buffer of dtype {dtype!r}.")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order=order)  # type: ignore[call-overload]


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Stand in for ``codecs.encode``, which old protocols use for bytes; only latin1."""
    if encoding not in ("latin1", "latin-1", "iso-8859-1"):
        raise UnpicklingRefusedError(f"refused a pickle that encodes as {encoding!r}.")
    return codecs.encode(text, "latin1")


def _no_bytes() -> bytes:
    """Stand in for ``bytes()``, which old protocols use for the data of an empty array."""
    return b""


ARRAYS: Mapping[tuple[str, str], Callable[..., Any]] = {
    **{
        (f"{package}.{module}", name): stand_in
        for package in ("numpy.core", "numpy._core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _reconstruct_array),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
}
"""The names that a pickle of plain NumPy arrays may use, and what stands behind each."""


class RestrictedUnpickler(pickle.Unpickler):
    """An unpickler that knows a fixed list of names and refuses every other.

    Parameters
    ----------
    stream
        Where to read.
    allowed
        What each ``(module, name)`` stands for. Nothing is ever imported.
    encoding
        How Python 2 strings are decoded; ``"latin1"`` suits arrays.
    """

    def __init__(
        self,
        stream: IO[bytes],
        *,
        allowed: Mapping[tuple[str, str], Any] = ARRAYS,
        encoding: str = "latin1",
    ) -> None:
        super().__init__(stream, encoding=encoding)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands behind an allowed name; refuse any other."""
        try:
            return self._allowed[module, name]
        except KeyError:
            names = ", ".join(sorted({f"{owner}.{item}" for owner, item in self._allowed}))
            raise UnpicklingRefusedError(
                f"refused a pickle that names {module}.{name}; allowed are only {names}. "
                "The file is not what it should be: do not load it by other means."
            ) from None

    def persistent_load(self, key: Any) -> Any:
        """Refuse references to things outside the pickle."""
        raise UnpicklingRefusedError(f"refused a pickle with an outside reference {key!r}.")


def restricted_load(
    source: bytes | Path | IO[bytes],
    *,
    allowed: Mapping[tuple[str, str], Any] = ARRAYS,
    encoding: str = "latin1",
) -> Any:
    """Unpickle containers, numbers, strings and NumPy arrays; refuse everything else.

    Parameters
    ----------
    source
        The pickle: bytes, a path, or an open binary stream.
    allowed
        The names that the pickle may use; extend `ARRAYS` to allow more.
    encoding
        How Python 2 strings are decoded.

    Raises
    ------
    UnpicklingRefusedError
        If the pickle names anything that is not allowed.
    pickle.UnpicklingError, EOFError
        If the bytes are no pickle, or are cut off.

    Examples
    --------
    >>> import pickle
    >>> restricted_load(pickle.dumps({"weights": [1.0, 2.0]}))
    {'weights': [1.0, 2.0]}
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return restricted_load(stream, allowed=allowed, encoding=encoding)
    stream_ = io.BytesIO(source) if isinstance(source, bytes) else source
    return RestrictedUnpickler(stream_, allowed=allowed, encoding=encoding).load()
