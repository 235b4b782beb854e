"""What an answer to an exercise can be: a number, a shape, a word, an array, or what a test takes.

Numbers, shapes and words have keys: texts that are equal for equal answers, however these are
written ("1,024 MB", 1024.0). An answer is right if its key is one of those accepted. A site can
compare digests of keys and need not have the answer itself (`digest`, `Keyed.spec`).
"""

import contextlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

DIGEST_BASIS, DIGEST_PRIME = 0xCBF29CE484222325, 0x100000001B3
STEPS = 4  # of this many steps is a tolerance: what is typed is rounded to them
MINUS = str.maketrans(dict.fromkeys("\u2212\u2013\ufe63\uff0d", "-"))
GROUPED = re.compile(r"(?<![\d.])([1-9]\d{0,2})((?:,\d{3})+|(?:_\d{3})+|(?:\s\d{3})+)(?![\d,])")
POWER = re.compile(r"\s*[x×*·]\s*10\s*(?:\^|\*\*)\s*([+-]?\d+)")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
AXIS = re.compile(r"\d+")
FREE = ("none", "?", "batch")  # how readers write the axis whose length is open
EDGES = " \t\n\"'`“”‘’.,;:!?()"


class UnclearError(ValueError):
    """An answer cannot be read; the message tells the reader what to hand in."""


def digest(salt: str, key: str) -> str:
    """Return what a key is known by without being written out: FNV-1a of 64 bits, hexadecimal.

    It keeps answers out of sight, no more: who wants to see one can open the solution. So a few
    lines that a browser can run anywhere, on pages opened as files too, are better than a strong
    digest that it offers on encrypted connections only.

    Examples
    --------
    >>> digest("", "a")
    'af63dc4c8601ec8c'
    """
    value = DIGEST_BASIS
    for byte in f"{salt}{key}".encode():
        value = (value ^ byte) * DIGEST_PRIME % 2**64
    return f"{value:016x}"


class Keyed:
    """A kind of answer that has keys."""

    kind: str
    words: re.Pattern[str]  # what in a text may be an answer

    def key(self, answer: Any) -> str:
        """Return the key of an answer.

        Raises
        ------
        UnclearError
            If it is no answer of this kind.
        """
        raise NotImplementedError

    def keys(self, answer: Any) -> list[str]:
        """Return the keys that count as this answer."""
        return [self.key(answer)]

    def accepted(self) -> list[str]:
        """Return the keys of the right answers."""
        raise NotImplementedError

    def judge(self, answer: Any) -> bool:
        """Say whether an answer is right."""
        return self.key(answer) in self.accepted()

    def stands_in(self, text: str) -> bool:
        """Say whether a text has the answer written out."""
        return any(self._says(each) for each in self.words.findall(text))

    def _says(self, text: str) -> bool:
        with contextlib.suppress(UnclearError):
            return self.judge(text)
        return False

    def spec(self, salt: str) -> dict[str, Any]:
        """Return what a site needs to judge what is typed, in plain data."""
        return {"kind": self.kind, "accept": [digest(salt, key) for key in self.accepted()]}


@dataclass(frozen=True)
class Number(Keyed):
    """A number, exact or within a tolerance.

    Attributes
    ----------
    value
        The right one.
    tolerance
        Largest difference to it; 0 for none. Answers are rounded to a quarter of it first.
    unit
        What may follow a number that is handed in as text.
    """

    value: float
    tolerance: float = 0
    unit: str = ""
    kind = "number"
    words = re.compile(r"-?\d[\d,._]+\d")  # shorter ones are in every other sentence

    def key(self, answer: Any) -> str:
        """Return the number, or how many steps of the tolerance it has."""
        number = read_number(answer, self.unit)
        if self.tolerance:
            return str(math.floor(number / self.step + 0.5))
        return str(int(number)) if float(number).is_integer() else repr(number)

    def keys(self, answer: Any) -> list[str]:
        """Return the keys of the numbers that are within the tolerance of one."""
        key = self.key(answer)
        if not self.tolerance:
            return [key]
        return [str(int(key) + step) for step in range(-STEPS, STEPS + 1)]

    def accepted(self) -> list[str]:
        """Return the keys of the numbers within the tolerance."""
        return self.keys(self.value)

    @property
    def step(self) -> float:
        """Of how fine a grid the numbers are told apart."""
        return self.tolerance / STEPS

    def spec(self, salt: str) -> dict[str, Any]:
        """Return what a site needs to judge what is typed."""
        return {**super().spec(salt), "unit": self.unit, "step": self.step}


@dataclass(frozen=True)
class Shape(Keyed):
    """A shape: lengths of axes, ``None`` for one that is open."""

    value: tuple[int | None, ...]
    kind = "shape"
    words = re.compile(r"\([^()]+\)")

    def key(self, answer: Any) -> str:
        """Return the lengths with commas between them."""
        return ",".join("none" if axis is None else str(axis) for axis in read_shape(answer))

    def accepted(self) -> list[str]:
        """Return the one key."""
        return [self.key(self.value)]


@dataclass(frozen=True)
class Word(Keyed):
    """A word or a short name, in any of several spellings."""

    spellings: tuple[str, ...]
    kind = "word"
    words = re.compile(r"[\w-]{4,}")  # "no" is in every other sentence

    def key(self, answer: Any) -> str:
        """Return the word in small letters, without quotation marks, hyphens and articles."""
        if not isinstance(answer, str):
            raise UnclearError(f"a word is asked for, in quotation marks; yours is {_a(answer)}.")
        text = unicodedata.normalize("NFKC", answer).lower().strip(EDGES)
        text = re.sub(r"[\s_\u2010\u2011-]+", " ", text)
        if not (key := re.sub(r"^(the|an?) ", "", text).strip(EDGES)):
            raise UnclearError("a word is asked for; yours is empty.")
        return key

    def accepted(self) -> list[str]:
        """Return the keys of all spellings."""
        return [self.key(each) for each in self.spellings]


@dataclass(frozen=True)
class Array:
    """An array of numbers, each of them exact or within a tolerance."""

    value: Any
    tolerance: float = 0
    kind = "array"

    def judge(self, answer: Any) -> bool:
        """Say whether an answer has the shape and the numbers."""
        import numpy as np

        wanted, found = np.asarray(self.value), numbers(answer)
        if found.shape != wanted.shape:
            message = f"an array of shape {wanted.shape} is asked for; yours has {found.shape}."
            raise UnclearError(message)
        return bool(np.all(np.abs(found - wanted) <= self.tolerance))


@dataclass(frozen=True)
class Test:
    """Whatever passes a test: a function that returns False, or fails an ``assert``, if not."""

    test: Callable[[Any], Any]
    kind = "code"

    def judge(self, answer: Any) -> bool:
        """Run the test."""
        passed = self.test(answer)
        return passed is None or bool(passed)


Kind = Number | Shape | Word | Array | Test


def kind_of(expected: Any, *, tolerance: float | None, unit: str) -> Kind:
    """Return the kind of answer that an expected one stands for.

    Raises
    ------
    ValueError
        If it stands for none, or the tolerance or the unit do not fit.
    """
    import numpy as np

    made: Kind
    if callable(expected):
        made = Test(expected)
    elif isinstance(expected, str):
        made = Word((expected,))
    elif isinstance(expected, set | frozenset):
        made = Word(tuple(sorted(expected)))
    elif isinstance(expected, tuple):
        made = Shape(read_shape(expected))
    elif isinstance(expected, list) or np.ndim(expected):
        made = Array(numbers(expected), _tolerance(numbers(expected), tolerance))
    else:
        made = Number(read_number(expected), _tolerance(numbers(expected), tolerance), unit)
    if tolerance is not None and not isinstance(made, Number | Array):
        raise ValueError(f"a tolerance is for numbers; this answer is a {made.kind}.")
    if unit and not isinstance(made, Number):
        raise ValueError(f"a unit is for a number; this answer is a {made.kind}.")
    if isinstance(made, Word):
        made.accepted()  # an empty spelling is an error of the author's
    return made


def _tolerance(expected: Any, tolerance: float | None) -> float:
    if tolerance is None:
        if expected.dtype.kind == "f":
            raise ValueError(
                f"the answer {expected} is no whole number; say how far off another may be with "
                "tolerance=..."
            )
        return 0
    if not (isinstance(tolerance, int | float) and 0 <= tolerance < math.inf):
        raise ValueError(f"the tolerance is {tolerance!r}; it must be a finite number, at least 0.")
    return tolerance


# How answers are read ---------------------------------------------------------------------------


def numbers(answer: Any) -> Any:
    """Return an answer as an array of finite numbers.

    Raises
    ------
    UnclearError
        If it is none.
    """
    import numpy as np

    try:
        array = np.asarray(answer)
    except Exception:
        array = np.array(None)  # rows of different lengths, or what cannot become an array
    if array.dtype.kind not in "iuf":
        raise UnclearError(f"numbers are asked for; yours is {_a(answer)}.")
    if not np.all(np.isfinite(array)):
        raise UnclearError(
            "yours has a NaN or an infinity: somewhere a zero divides, or a number is too large."
        )
    return array


def read_number(answer: Any, unit: str = "") -> float:
    """Return the number that an answer is or says.

    Raises
    ------
    UnclearError
        If it is none.
    """
    if isinstance(answer, str):
        return _number_in(answer, unit)
    if isinstance(answer, bool) or answer is None:
        raise UnclearError(f"a number is asked for; yours is {answer}.")
    array = numbers(answer)
    if array.size != 1:
        raise UnclearError(f"one number is asked for; yours has the shape {array.shape}.")
    return array.reshape(()).item()  # type: ignore[no-any-return]


def _number_in(text: str, unit: str) -> float:
    said = text.strip().translate(MINUS).lower()
    if unit and said.endswith(unit.lower()):
        said = said[: -len(unit)].strip()
    percent = re.search(r"\s*(%|percent)$", said)
    said = said[: percent.start()] if percent else said
    said = GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), said)
    said = POWER.sub(r"e\1", said)
    if DECIMAL_COMMA.fullmatch(said):
        raise UnclearError("write a decimal point, not a comma.")
    if not NUMBER.fullmatch(said):
        wanted = f"a number in {unit}" if unit else "a number without words"
        raise UnclearError(f"{wanted} is asked for; yours is {text.strip()!r}.")
    value = float(said) / (100 if percent else 1)
    if not math.isfinite(value):
        raise UnclearError(f"a finite number is asked for; yours is {text.strip()!r}.")
    return value


def read_shape(answer: Any) -> tuple[int | None, ...]:
    """Return the shape that an answer is or says.

    Raises
    ------
    UnclearError
        If it is none.
    """
    import operator

    if isinstance(answer, str):
        return tuple(_axes_in(answer))
    if getattr(answer, "ndim", 1) != 1:
        raise UnclearError(f"a shape is asked for; yours is {_a(answer)}. Hand in its '.shape'.")
    try:
        axes = tuple(answer) if isinstance(answer, Iterable) else (answer,)
        return tuple(None if axis is None else operator.index(axis) for axis in axes)
    except (TypeError, ValueError):
        message = f"a shape is asked for, such as (28, 28, 1); yours is {_a(answer)}."
        raise UnclearError(message) from None


def _axes_in(text: str) -> Iterable[int | None]:
    inner = re.sub(r"^\s*[a-z]*\s*[(\[{]+|[)\]}]+\s*$", "", text.lower()).strip()
    if text.strip() and not inner:
        return  # the shape of one number
    for axis in re.split(r"\s*[,x×*]\s*|\s+", inner.removesuffix(",")):
        if not AXIS.fullmatch(axis) and axis not in FREE:
            raise UnclearError(
                f"a shape is asked for, such as (28, 28, 1); yours is {text.strip()!r}."
            )
        yield None if axis in FREE else int(axis)


def _a(answer: Any) -> str:
    name = type(answer).__name__
    return f"an {name}" if name[:1].lower() in tuple("aeiou") else f"a {name}"
