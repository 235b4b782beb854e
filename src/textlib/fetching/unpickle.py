"""Read arrays from pickles of strangers without running any code that the pickle names.

A pickle is a program. This loader lets it name only the few constructors that NumPy arrays need,
and checks what it hands them before NumPy sees it: NumPy trusts a pickled state, so a false one
ends the process. A changed or malicious file can do no more than fail.

It stands on the unpickler that is written in Python, since the one in C reserves memory for any
place that a pickle names, and lets nobody see the state that it gives to an object.
"""

import codecs
import io
import math
import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np

from textlib.fetching.errors import UnpicklingRefusedError, readable

PLAIN = (str, bytes, int, float, bool, type(None))  # what may be a key, alone or in a tuple
# Numbers, strings, times and objects; no records, no raw memory.
TYPECODE = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|c8|c16|[SU][1-9]\d{0,6}|[mM]8|O[48]?)")
UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")
LARGEST = 1 << 62  # bytes; sizes beyond overflow
DEEPEST = 100  # containers in one another; data have a handful


class RestrictedUnpickler(pickle._Unpickler):
    """An unpickler that knows a fixed list of names and refuses every other.

    Parameters
    ----------
    stream
        Where to read.
    allowed
        What each ``(module, name)`` stands for. Nothing is ever imported. Of the objects that a
        pickle makes, only arrays, dtypes and those of a class listed here may take a state.
    encoding
        How Python 2 strings are decoded; ``"latin1"`` suits arrays.
    """

    stack: list[Any]
    memo: dict[int, Any]
    read: Callable[[int], bytes]
    pop_mark: Callable[[], list[Any]]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {**pickle._Unpickler.dispatch}

    def __init__(
        self,
        stream: IO[bytes],
        *,
        allowed: Mapping[tuple[str, str], Any] | None = None,
        encoding: str = "latin1",
    ) -> None:
        super().__init__(stream, encoding=encoding)
        self._allowed = ARRAYS if allowed is None else allowed

    def load(self) -> Any:
        """Return what is in the pickle, if it is no deeper than data are."""
        found = super().load()
        _require_shallow(found)
        return found

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
        raise UnpicklingRefusedError("refused a pickle with an outside reference.")

    def load_build(self) -> None:
        """Give an object its state: an array or a dtype only a state that NumPy would write."""
        state, instance = self.stack.pop(), self.stack[-1]
        if type(instance) is np.ndarray:
            _fill(instance, state)
        elif isinstance(instance, np.dtype):
            made = _finished(instance, state)
            if made != instance:  # a dtype cannot change, so another one takes its places
                self.stack[-1] = made
                self.memo.update({k: made for k, v in self.memo.items() if v is instance})
        elif any(type(instance) is kind for kind in self._allowed.values()):
            instance.__setstate__(state)
        else:
            raise UnpicklingRefusedError(f"refused a state for a {type(instance).__name__}.")

    def load_setitem(self) -> None:
        """Put one item into a dictionary."""
        value, key = self.stack.pop(), self.stack.pop()
        put_items(self.stack[-1], [key, value])

    def load_setitems(self) -> None:
        """Put items into a dictionary."""
        items = self.pop_mark()
        put_items(self.stack[-1], items)

    def load_dict(self) -> None:
        """Make a dictionary of items."""
        items = self.pop_mark()
        self.stack.append({})
        put_items(self.stack[-1], items)

    def load_bytearray8(self) -> None:
        """Read bytes that may change; as many as there are, whatever number is stated."""
        size = int.from_bytes(self.read(8), "little")
        self.stack.append(bytearray(self.read(size)))

    def refuse(self) -> None:
        """Refuse what no pickle of arrays holds."""
        raise UnpicklingRefusedError("refused a pickle with sets, extensions or outside buffers.")

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.DICT[0]] = load_dict
    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
    for opcode in (
        pickle.EMPTY_SET, pickle.FROZENSET, pickle.ADDITEMS,
        pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.NEXT_BUFFER,
    ):  # fmt: skip
        dispatch[opcode[0]] = refuse


def put_items(target: Any, items: Sequence[Any]) -> None:
    """Put keys and values, one after the other, into a dictionary.

    Only plain keys are taken: to hash deeply nested ones overruns the stack of the process.
    """
    for key in items[::2]:
        parts = key if type(key) is tuple else (key,)
        if not isinstance(target, dict) or not all(type(part) in PLAIN for part in parts):
            raise UnpicklingRefusedError(
                f"refused a {type(key).__name__} as a key of a {type(target).__name__}."
            )
    target.update(zip(items[::2], items[1::2], strict=True))


def restricted_load(
    source: bytes | Path,
    *,
    allowed: Mapping[tuple[str, str], Any] | None = None,
    encoding: str = "latin1",
) -> Any:
    """Unpickle containers, numbers, strings and NumPy arrays; refuse everything else.

    Parameters
    ----------
    source
        The pickle, or the path of a file that holds one.
    allowed
        The names that the pickle may use; extend `ARRAYS`, the default, to allow more.
    encoding
        How Python 2 strings are decoded.

    Raises
    ------
    UnpicklingRefusedError
        If the pickle asks for anything that is not allowed, or nests deeper than `DEEPEST`.
    IntegrityError
        If the bytes are no pickle, or are cut off.

    Examples
    --------
    >>> import pickle
    >>> restricted_load(pickle.dumps({"weights": [1.0, 2.0]}))
    {'weights': [1.0, 2.0]}
    """
    stream = io.BytesIO(source.read_bytes() if isinstance(source, Path) else source)
    with readable(f"the pickle {source.name!r}" if isinstance(source, Path) else "the pickle"):
        return RestrictedUnpickler(stream, allowed=allowed, encoding=encoding).load()


def _require_shallow(found: Any) -> None:
    """Refuse containers that nest beyond any data; each counts once, where it stands highest."""
    level, seen = {id(found): found}, set[int]()
    for _ in range(DEEPEST):
        seen |= level.keys()
        inside = (item for each in level.values() for item in _containers_in(each))
        level = {id(item): item for item in inside if id(item) not in seen}
        if not level:
            return
    raise UnpicklingRefusedError(
        f"refused a pickle of more than {DEEPEST} containers in one another. "
        "The file is not what it should be: do not load it by other means."
    )


def _containers_in(thing: Any) -> Iterator[Any]:
    if isinstance(thing, np.ndarray):
        thing = thing.flat if thing.dtype.hasobject else ()
    elif isinstance(thing, dict):
        thing = thing.values()
    elif not isinstance(thing, list | tuple):
        thing = ()
    return (item for item in thing if isinstance(item, list | tuple | dict | np.ndarray))


# --- what stands in for NumPy -------------------------------------------------------------------


def _text(value: Any) -> str:
    """Return a string that Python 2 may have written as bytes."""
    if not isinstance(value, str | bytes):
        raise UnpicklingRefusedError(f"refused a {type(value).__name__} in the place of a string.")
    return value.decode("ascii") if isinstance(value, bytes) else value


def _dtype(code: Any, *_align_and_copy: Any) -> np.dtype:
    """Make the dtype that pickle's BUILD step finishes; always an object of its own."""
    if not TYPECODE.fullmatch(_text(code)):
        raise UnpicklingRefusedError(f"refused an array of type {code!r:.20}.")
    return np.dtype(_text(code), copy=True)


def _finished(dtype: np.dtype, state: Any) -> np.dtype:
    """Return the dtype that a pickled state describes, if NumPy itself would have written it."""
    made = dtype.newbyteorder(">") if _text(state[1]) == ">" else dtype.newbyteorder("<")
    if dtype.kind in "mM" and len(state) > 8:
        unit, count, *_ = state[8][1]
        if _text(unit) not in UNITS or type(count) is not int or count < 1:
            raise UnpicklingRefusedError("refused an array of times with an unknown unit.")
        made = np.dtype(f"{made.str[:3]}[{count}{_text(unit)}]")
    written: Any = made.__reduce__()[2]
    if (_text(state[1]), *state[2:8]) != written[1:8]:
        raise UnpicklingRefusedError(f"refused a state that no array of type {dtype} has.")
    return made


def _reconstruct(_kind: Any, _shape: Any, _typecode: Any) -> np.ndarray:
    """Make the empty array that pickle's BUILD step fills; subclasses become plain arrays."""
    return np.empty(0, np.int8)


def _fill(array: np.ndarray, state: Any) -> None:
    """Give a new array its pickled state, if the state agrees with itself."""
    _version, shape, dtype, by_columns, data = state
    count = _count(shape, dtype)
    fits = array.size == 0 and array.dtype == np.int8
    if dtype.hasobject:
        # No arrays in arrays: where they nest deeply, to free them overruns the stack.
        flat = type(data) is list and not any(isinstance(item, np.ndarray) for item in data)
        fits = fits and flat and len(data) == count
    else:
        data = data.encode("latin1") if isinstance(data, str) else data
        fits = fits and type(data) is bytes and len(data) == count * dtype.itemsize
    if not fits:
        raise UnpicklingRefusedError(f"refused an array whose {dtype} data do not fit its shape.")
    array.__setstate__((1, shape, dtype, bool(by_columns), data))  # type: ignore[arg-type]


def _count(shape: Any, dtype: Any) -> int:
    """Return the number of elements of an array, if NumPy can have an array of this shape."""
    sizes = type(shape) is tuple and len(shape) <= 32 and all(type(n) is int for n in shape)
    if not sizes or min(shape, default=0) < 0 or not isinstance(dtype, np.dtype):
        raise UnpicklingRefusedError("refused an array without a shape and a type.")
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize > LARGEST:
        raise UnpicklingRefusedError("refused an array that is larger than any memory.")
    return math.prod(shape)


def _scalar(dtype: Any, value: Any = None) -> Any:
    """Rebuild a NumPy scalar from its bytes; object scalars are refused."""
    data = value.encode("latin1") if isinstance(value, str) else value
    return _from_buffer(data, dtype, (1,), "C")[0]


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """Rebuild an array from pickle protocol 5's buffer form; object arrays are refused."""
    count = _count(shape, dtype)
    if dtype.hasobject or not isinstance(data, bytes | bytearray) or order not in ("C", "F"):
        raise UnpicklingRefusedError("refused a pickled buffer of objects.")
    return np.frombuffer(data, dtype=dtype, count=count).reshape(shape, order=order)


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Stand in for ``codecs.encode``, which old protocols use for bytes; only latin1."""
    if encoding not in ("latin1", "latin-1", "iso-8859-1"):
        raise UnpicklingRefusedError("refused a pickle that encodes as anything but latin1.")
    return codecs.encode(text, "latin1")


def _no_bytes() -> bytes:
    """Stand in for ``bytes()``, which old protocols use for the data of an empty array."""
    return b""


ARRAYS: Mapping[tuple[str, str], Callable[..., Any] | str] = {
    **{
        (f"{package}.{module}", name): stand_in
        for package in ("numpy.core", "numpy._core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
    ("numpy", "ndarray"): "ndarray",  # only handed to _reconstruct, which does not look at it
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
}
"""The names that a pickle of plain NumPy arrays may use, and what stands behind each."""
