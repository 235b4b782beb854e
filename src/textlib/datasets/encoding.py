"""Between texts and numbers: words, vocabularies, integer codes, multi-hot rows, and back.

Codes follow the convention of the Keras review set: 0 pads, 1 starts a text, 2 stands for a word
outside the vocabulary, 3 is unused, and the words follow by falling frequency from 4 on.
"""

import collections
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

PAD, START, UNKNOWN, UNUSED = range(4)
OFFSET = 3  # the most frequent word has rank 1 and code 1 + OFFSET
RESERVED = 4

_MARKUP = re.compile(r"<[^>\n]{1,20}>")
_LETTER = "a-z0-9à-öø-ÿ"
_WORD = re.compile(f"[{_LETTER}](?:[{_LETTER}']*[{_LETTER}])?")
Sequences = Sequence[Sequence[int]] | Sequence[np.ndarray] | np.ndarray


def tokenize(text: str) -> list[str]:
    """Return the words of a text: lower case, no punctuation, no ``<br />``.

    Examples
    --------
    >>> tokenize("It's <br />a GREAT film!")
    ["it's", 'a', 'great', 'film']
    """
    return _WORD.findall(_MARKUP.sub(" ", text.lower()))


@dataclass(frozen=True)
class Vocabulary:
    """Words by falling frequency, and the codes that stand for them.

    Attributes
    ----------
    words
        The words, the most frequent first.
    """

    words: tuple[str, ...]
    _codes: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = {word: rank + OFFSET for rank, word in enumerate(self.words, start=1)}
        if len(codes) != len(self.words):
            raise ValueError("a word appears twice in the vocabulary.")
        object.__setattr__(self, "_codes", codes)

    @classmethod
    def from_texts(cls, texts: Iterable[str], size: int | None = None) -> "Vocabulary":
        """Count the words of texts; give it the training texts only.

        Parameters
        ----------
        texts
            Raw texts; `tokenize` splits them.
        size
            Number of codes, with the four reserved ones: keeps the ``size - 4`` most frequent
            words. Without it every word stays. Equally frequent words are in alphabetical order.

        Raises
        ------
        ValueError
            If ``size`` leaves no room for a word.
        """
        counts = collections.Counter(word for text in texts for word in tokenize(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(tuple(ranked)).limited(size)

    def limited(self, size: int | None) -> "Vocabulary":
        """Return the vocabulary of the ``size - 4`` most frequent words."""
        if size is None:
            return self
        if size <= RESERVED:
            raise ValueError(f"size is {size}; the {RESERVED} reserved codes leave no word.")
        return Vocabulary(self.words[: size - RESERVED])

    @property
    def size(self) -> int:
        """The number of codes, with the reserved ones: ``input_dim`` of an embedding."""
        return len(self.words) + RESERVED

    def __len__(self) -> int:
        return self.size

    def __contains__(self, word: str) -> bool:
        return word in self._codes

    def code(self, word: str) -> int:
        """Return the code of a word, 2 if it is unknown."""
        return self._codes.get(word, UNKNOWN)

    def encode(self, text: str) -> np.ndarray:
        """Return the codes of a text, with 1 in front; ``int32`` of shape ``(words + 1,)``."""
        return np.array([START, *map(self.code, tokenize(text))], dtype=np.int32)

    def decode(self, codes: Iterable[int]) -> str:
        """Return the words of codes: padding and start left out, ``?`` for what is unknown.

        Raises
        ------
        ValueError
            If a code is negative or beyond the vocabulary.

        Examples
        --------
        >>> vocabulary = Vocabulary.from_texts(["a good film", "a bad film"])
        >>> vocabulary.decode(vocabulary.encode("A good, odd film"))
        'a good ? film'
        """
        words = []
        for code in map(int, codes):
            if not 0 <= code < self.size:
                raise ValueError(f"code {code} is outside 0 to {self.size - 1}.")
            if code >= RESERVED:
                words.append(self.words[code - RESERVED])
            elif code in (UNKNOWN, UNUSED):
                words.append("?")
        return " ".join(words)


def as_sequences(rows: Sequence[Any]) -> np.ndarray:
    """Return rows of any length (arrays, strings) as one array of dtype object, shape ``(n,)``."""
    found = np.empty(len(rows), dtype=object)
    for place, row in enumerate(rows):
        found[place] = row
    return found


def limit(sequences: Iterable[np.ndarray], size: int) -> np.ndarray:
    """Replace codes from ``size`` on by 2 (unknown), as `Vocabulary.limited` would have."""
    return as_sequences([np.where(codes < size, codes, UNKNOWN) for codes in sequences])


def pad(
    sequences: Sequences,
    length: int,
    *,
    side: str = "pre",
    keep: str = "last",
    value: int = PAD,
) -> np.ndarray:
    """Bring sequences to one length.

    Parameters
    ----------
    sequences
        Codes of each text.
    length
        Length of every row.
    side
        Where short ones are filled: ``"pre"`` (in front) or ``"post"``.
    keep
        Which part of long ones stays: the ``"first"`` or the ``"last"`` codes.
    value
        What fills.

    Returns
    -------
    numpy.ndarray
        ``int32``, shape ``(n, length)``.

    Raises
    ------
    ValueError
        If ``side`` or ``keep`` is something else.
    """
    if side not in ("pre", "post") or keep not in ("first", "last"):
        raise ValueError(
            f"side is {side!r} and keep is {keep!r}; choose 'pre' or 'post', 'first' or 'last'."
        )
    rows = np.full((len(sequences), length), value, dtype=np.int32)
    for row, sequence in zip(rows, sequences, strict=True):
        part = sequence[:length] if keep == "first" else sequence[max(0, len(sequence) - length) :]
        if len(part):
            place = slice(length - len(part), None) if side == "pre" else slice(len(part))
            row[place] = part
    return rows


def multi_hot(sequences: Sequences, size: int) -> np.ndarray:
    """Mark which codes occur in each sequence.

    Parameters
    ----------
    sequences
        Codes of each text.
    size
        Number of codes.

    Returns
    -------
    numpy.ndarray
        ``float32`` zeros and ones, shape ``(n, size)``.

    Raises
    ------
    ValueError
        If a code is negative, or ``size`` or more.

    Examples
    --------
    >>> multi_hot([[0, 2], [1, 1]], 3)
    array([[1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    rows = np.zeros((len(sequences), size), dtype=np.float32)
    for row, sequence in zip(rows, sequences, strict=True):
        codes = np.asarray(sequence, dtype=np.int64)
        if codes.size and (codes.min() < 0 or codes.max() >= size):
            raise ValueError(f"a code is outside 0 to {size - 1}; `limit` the sequences first.")
        row[codes] = 1.0
    return rows


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return one row per label with a single one, ``float32``, shape ``(n, classes)``.

    Raises
    ------
    ValueError
        If a label is negative, or ``classes`` or more.
    """
    return multi_hot(np.asarray(labels).reshape(-1, 1), classes)
