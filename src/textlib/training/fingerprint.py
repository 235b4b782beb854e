"""Fingerprints: what a training result depends on, as one short key.

A run may be restored only if the same training would give it again. So the key is made of all
that the training can see: data, settings, models with their weights, and code, followed through
base classes, closures, default values, the globals that it reads and the objects that it belongs
to, down to the libraries, which count by their version. What cannot be seen is listed by name;
whoever asks for a key must not use it then.
"""

import builtins
import copyreg
import functools
import hashlib
import os
import platform
import re
import sys
import threading
import types
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from textlib.training import bytecode, origin, parts

KEY_LENGTH = 20
MOST_OBJECTS = 300_000  # more than that is a program, not an input
PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))
# Of a class, what Python keeps there for itself, and what only its readers see.
BOOKKEEPING = re.compile(
    "_abc_impl|__(abstractmethods|annotate|annotate_func|annotations|annotations_cache|classcell|"
    "dataclass_fields|dataclass_params|dict|doc|firstlineno|module|orig_bases|parameters|qualname|"
    "slotnames|static_attributes|weakref)__"
)
# With these, code reads what no fingerprint of it knows.
UNSEEN_CALLS = frozenset({"__import__", "compile", "eval", "exec", "globals", "input", "open"})
# Functions and classes of libraries, and methods of whatever object, that read files, the
# environment, other programs, or modules by a name.
READING = re.compile(
    r"(glob|h5py|requests|subprocess)\..*|.*\.([a-z_]+_from_directory|fromfile|genfromtxt|get_file|"
    r"getenv|import_module|imread|listdir|load|load_img|load_model|loadtxt|memmap|open|read_[a-z_]+|"
    r"scandir|urlopen|urlretrieve|(TFRecord|TextLine|FixedLengthRecord|Csv)Dataset\w*)"
)
READING_METHODS = re.compile("glob|iterdir|load_weights|open|read_bytes|read_text|rglob")
C_CODE = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.ClassMethodDescriptorType,
    np.ufunc,
)
ABSENT = object()


class FingerprintError(TypeError):
    """Something that the result depends on cannot be fingerprinted."""


@dataclass(frozen=True)
class Fingerprint:
    """What a walk through some objects found.

    Attributes
    ----------
    parts
        A digest of each object without the values of its variables, by the object's label.
    variables
        Every variable of Keras or TensorFlow that the objects lead to, in the order of the walk.
    optimizers, metrics
        Every optimizer and metric of Keras; their variables may be created in the training.
    unseen
        What could not be seen, such as ``"callbacks[0].stream (a TextIOWrapper)"``.
    """

    parts: dict[str, str]
    variables: list[Any]
    optimizers: list[Any]
    metrics: list[Any]
    unseen: list[str]

    @functools.cached_property
    def values(self) -> list[str]:
        """A digest of each variable's value, when it was first asked for."""
        return [digest_of(parts.value_of(variable)) for variable in self.variables]

    @functools.cached_property
    def key(self) -> str:
        """All of it as one short text."""
        optimizers = [[parts.value_of(v) for v in each.variables] for each in self.optimizers]
        metrics = [[parts.value_of(v) for v in each.variables] for each in self.metrics]
        # One that was reset is as one that was never used, and has no variables yet.
        metrics = [values if any(map(np.any, values)) else [] for values in metrics]
        return digest_of([list(self.parts.items()), self.values, optimizers, metrics])[:KEY_LENGTH]


def take(objects: Mapping[str, Any]) -> Fingerprint:
    """Walk through some objects and all that they refer to.

    Parameters
    ----------
    objects
        The objects by their labels, which name what cannot be seen.
    """
    walk = Walk()
    digests = {label: walk.part(label, thing) for label, thing in objects.items()}
    return Fingerprint(digests, walk.variables, walk.optimizers, walk.metrics, walk.unseen)


def of(value: Any) -> str:
    """Return the key of anything that can be seen.

    Raises
    ------
    FingerprintError
        If something cannot be seen; the message names it.
    """
    found = take({"value": value})
    if found.unseen:
        raise FingerprintError(f"cannot fingerprint {', '.join(found.unseen)}.")
    return found.key


def digest_of(value: Any) -> str:
    """Return the digest of plain data: numbers, texts, arrays, and lists of these."""
    return Walk().part("value", value)


def versions() -> dict[str, str]:
    """Return the versions of everything that affects numerical results."""
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }


class Walk:
    """A walk through objects, breadth first, that digests what it meets.

    Containers, numbers and arrays count by their content. An object with an identity is described
    once, when its turn comes, and is a number wherever it is met: so cycles end, and what is
    shared differs from what is copied.
    """

    def __init__(self, outer: "Walk | None" = None) -> None:
        self.variables: list[Any] = []
        self.optimizers: list[Any] = []
        self.metrics: list[Any] = []
        self.unseen: list[str] = []
        self._hash = hashlib.sha256()
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []  # what has a number keeps its id
        self._waiting: deque[tuple[str, Any]] = deque()
        self._arrays: dict[int, bytes] = {}
        self._place = ""  # of what was met last
        # Containers that hold the one being read, and how many objects there may be.
        self._open: set[int] = outer._open if outer else set()
        self._left: list[int] = outer._left if outer else [MOST_OBJECTS]

    def part(self, label: str, thing: Any) -> str:
        """Return the digest of one object with all that it leads to and no part before did."""
        self._hash = hashlib.sha256()
        try:
            self.meet(label, thing)
            while self._waiting:
                self._place, each = self._waiting.popleft()
                self._describe(self._place, each)
                self._left[0] -= 1
                if self._left[0] < 0:
                    self._waiting.clear()
                    self.miss(label, f"more than {MOST_OBJECTS:,} objects")
        except RecursionError:
            self.miss(label, "nested too deeply")
        except Exception as error:  # of the objects' own code: they say nothing of themselves
            self._waiting.clear()
            self.miss(self._place, f"raises {type(error).__name__} when looked at")
        return self._hash.hexdigest()

    def say(self, *words: Any) -> None:
        """Add words to the digest, so that no two lists of words say the same."""
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode("utf8", "surrogatepass")
            self._hash.update(b"%d:" % len(data))
            self._hash.update(data)

    def miss(self, place: str, what: str) -> None:
        """Note that something cannot be seen."""
        if (said := f"{place} ({what})") not in self.unseen:
            self.unseen.append(said)

    def meet(self, place: str, thing: Any) -> None:
        """Add an object to the digest: its content, or its number."""
        self._place, kind = place, type(thing)
        if kind in PLAIN or isinstance(thing, np.dtype):
            self.say(kind.__name__, repr(thing))
        elif isinstance(thing, np.generic) or kind in (np.ndarray, np.memmap):
            self._meet_array(place, np.asarray(thing))
        elif kind in (list, tuple, dict, set, frozenset) or parts.is_tracked(thing):
            self._meet_container(place, thing)
        elif (name := _known_name(thing)) is not None:
            self.say("known", name)
        elif not parts.meet(self, place, thing):
            self._meet_by_number(place, thing)

    def meet_all(self, place: str, things: Mapping[str, Any]) -> None:
        """Add named objects, in the order of their names."""
        for name in sorted(things):
            self.say(name)
            self.meet(f"{place}.{name}", things[name])

    def is_new(self, thing: Any) -> bool:
        """Say the number of an object, and whether it is met for the first time."""
        number = self._numbers.get(id(thing))
        if number is not None:
            self.say("again", number)
            return False
        self._numbers[id(thing)] = len(self._numbers)
        self._alive.append(thing)
        return True

    def _meet_by_number(self, place: str, thing: Any) -> None:
        if self.is_new(thing):
            self.say("new")
            self._waiting.append((place, thing))

    def _meet_array(self, place: str, array: np.ndarray) -> None:
        self.say("array", array.dtype, array.shape)
        if array.dtype.hasobject or array.dtype.kind == "T":
            self.meet(place, array.ravel().tolist())
            return
        if id(array) not in self._arrays:
            data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
            self._arrays[id(array)] = hashlib.sha256(data).digest()
            self._alive.append(array)
        self.say(self._arrays[id(array)])

    def _meet_container(self, place: str, thing: Any) -> None:
        if id(thing) in self._open:
            self.say("itself")
            return
        self._open.add(id(thing))
        self.say("set" if isinstance(thing, frozenset) else type(thing).__name__, len(thing))
        if isinstance(thing, Mapping):
            for key, value in thing.items():
                self.meet(f"{place} key", key)
                self.meet(f"{place}[{key!r}]", value)
        elif set(map(type, thing)).issubset(PLAIN):
            is_set = isinstance(thing, set | frozenset)
            self.say(repr(sorted(map(repr, thing)) if is_set else list(thing)))
        elif isinstance(thing, set | frozenset):
            self.say(*sorted(self._apart(place, each) for each in thing))
        else:
            for index, each in enumerate(thing):
                self.meet(f"{place}[{index}]", each)
        self._open.discard(id(thing))

    def _apart(self, place: str, thing: Any) -> str:
        """Return an object's digest by itself: the order of a set must not matter."""
        walk = Walk(self)
        digest = walk.part(place, thing)
        self.unseen += walk.unseen
        if walk.variables or walk.optimizers or walk.metrics:  # their order would be another
            self.miss(place, "a set that holds variables")
        return digest

    # Objects with an identity -----------------------------------------------------------------

    def _describe(self, place: str, thing: Any) -> None:
        self.say("object")
        for kind, describe in _DESCRIBERS:
            if isinstance(thing, kind):
                describe(self, place, thing)
                return
        if not parts.describe(self, place, thing):
            self._describe_instance(place, thing)

    def _describe_function(self, place: str, thing: types.FunctionType) -> None:
        self.say("function", thing.__name__)
        names = zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True)
        cells = {name: _content(cell) for name, cell in names}
        self.meet(f"{place} defaults", thing.__defaults__)
        self.meet(f"{place} defaults", thing.__kwdefaults__)
        home = origin.home_of(thing)
        if library := origin.library(home):  # a lambda or an inner function of a library
            self.say(library, home, thing.__qualname__, thing.__code__.co_firstlineno)
            self.meet(place, getattr(thing, "__wrapped__", None))
            self.meet_all(place, {name: cell for name, cell in cells.items() if cell is not ABSENT})
            return
        self.meet(place, vars(thing))
        reading = bytecode.read(thing.__code__)
        self.say(reading.text)
        for load in reading.loads:
            self._follow(place, load, cells if load.scope == "closure" else thing.__globals__)
        for name in filter(READING_METHODS.fullmatch, reading.attributes):
            if not home.startswith("textlib."):  # whose own data go by the digests in its code
                self.miss(place, f"the code calls {name}()")

    def _follow(self, place: str, load: bytecode.Load, names: Mapping[str, Any]) -> None:
        """Meet what a piece of code loads: a variable, a builtin, or something of a module."""
        label = f"{place} → {load.name}" if load.scope != "import" else place
        if load.scope == "import":
            value = self._imported(load, names)
        else:
            value = names.get(load.name, ABSENT)
        if value is ABSENT and load.scope == "global" and hasattr(builtins, load.name):
            self.say("builtin", load.name)
            if load.name in UNSEEN_CALLS:
                self.miss(label, f"the code calls {load.name}()")
            return
        within: str | None = None
        for name in load.attributes:
            if not isinstance(value, types.ModuleType):
                break
            within, label = value.__name__, f"{label}.{name}"
            value = _attribute(value, name)
        self.say(".".join((load.name, *load.attributes)))
        if value is ABSENT:
            self.say("absent")
        elif within is not None and origin.library(within) and not _is_code(value):
            self.meet(label, value if type(value) in PLAIN else type(value))
        else:
            self.meet(label, value)
        if _is_reading(value) and not str(names.get("__name__", "")).startswith("textlib."):
            self.miss(label, "the code reads files or the environment")

    def _imported(self, load: bytecode.Load, names: Mapping[str, Any]) -> Any:
        package = names.get("__package__") or ""
        name = origin.absolute(load.name, load.level, package)
        module = origin.import_own(name)
        self.say("import", name, origin.library(name))
        return ABSENT if module is None else module

    def _describe_class(self, place: str, thing: type) -> None:
        self.say("class", thing.__name__)
        self.meet(place, type(thing))
        for base in thing.__mro__[1:-1]:
            self.meet(f"{place} base {base.__name__}", base)
        members = {k: v for k, v in vars(thing).items() if not BOOKKEEPING.fullmatch(k)}
        self.meet_all(place, members)

    def _describe_module(self, place: str, thing: types.ModuleType) -> None:
        names = {name: value for name, value in vars(thing).items() if not name.startswith("__")}
        self.meet_all(place, names)

    def _describe_instance(self, place: str, thing: Any) -> None:
        """Describe an object by its class and by what pickling would keep of it."""
        self.say("instance")
        self.meet(f"{place} class", type(thing))
        try:
            reduce = copyreg.dispatch_table.get(type(thing))
            kept = reduce(thing) if reduce else thing.__reduce_ex__(4)
        except Exception:  # whatever it says, it cannot be seen
            self.miss(place, f"a {type(thing).__name__}")
            return
        if _reduces_by_itself(type(thing)):  # and might leave something out
            self.meet(place, getattr(thing, "__dict__", None))
        if isinstance(kept, str):
            self.say(kept)
            return
        for item in (*kept[:3], *kept[5:]):
            self.meet(place, item)
        for items in kept[3:5]:
            self.meet(place, None if items is None else list(items))


Describer = Callable[[Walk, str, Any], None]


def _each(*attributes: str) -> Describer:
    """Return a function that describes an object by some of its attributes."""

    def describe(walk: Walk, place: str, thing: Any) -> None:
        walk.say(type(thing).__name__)
        for name in attributes:
            walk.meet(place, getattr(thing, name, None))

    return describe


_DESCRIBERS: tuple[tuple[Any, Describer], ...] = (
    (types.FunctionType, Walk._describe_function),
    (type, Walk._describe_class),
    (types.ModuleType, Walk._describe_module),
    (types.MethodType, _each("__self__", "__func__")),
    (types.BuiltinFunctionType, _each("__self__", "__name__")),
    (property, _each("fget", "fset", "fdel")),
    ((staticmethod, classmethod), _each("__func__")),
    (functools.cached_property, _each("func")),
    (type(functools.lru_cache(len)), _each("__wrapped__")),
    (C_CODE, _each("__name__")),
    (types.MappingProxyType, lambda walk, place, thing: walk.meet(place, dict(thing))),
    (weakref.ref, lambda walk, place, thing: walk.meet(place, thing())),
    ((type(threading.Lock()), type(threading.RLock())), _each()),  # hold nothing
    (types.CodeType, lambda walk, place, thing: walk.say(bytecode.read(thing).text)),
)


def _known_name(thing: Any) -> str | None:
    """Return the full name and version of a library's function, class or module."""
    if isinstance(thing, types.ModuleType):
        library = origin.library(thing.__name__)
        return f"{library} {thing.__name__}" if library else None
    if not isinstance(thing, types.FunctionType | types.BuiltinFunctionType | type):
        return None
    if isinstance(thing, types.FunctionType) and not origin.library(origin.home_of(thing)):
        return None  # it may wrap a function of a library, and have taken its name
    home, name = str(thing.__module__), thing.__qualname__
    library = origin.library(home)
    return f"{library} {home}.{name}" if library and origin.find(home, name) is thing else None


def _reduces_by_itself(kind: type) -> bool:
    own = origin.library(kind.__module__) is None
    methods = ("__reduce_ex__", "__reduce__", "__getstate__")
    return own and any(getattr(kind, name) is not getattr(object, name) for name in methods)


def _is_code(thing: Any) -> bool:
    return isinstance(
        thing, types.FunctionType | types.BuiltinFunctionType | type | types.ModuleType
    )


def _is_reading(thing: Any) -> bool:
    """Whether something of a library reads what is outside of the program, going by its name."""
    if thing is os.environ or thing is sys.modules:
        return True
    if not isinstance(thing, types.FunctionType | types.BuiltinFunctionType | type):
        return False
    home = str(thing.__module__)
    return bool(READING.fullmatch(f"{home}.{thing.__name__}") and origin.library(home))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return ABSENT


def _attribute(module: types.ModuleType, name: str) -> Any:
    try:
        return getattr(module, name)
    except AttributeError:
        return origin.import_own(f"{module.__name__}.{name}") or ABSENT
