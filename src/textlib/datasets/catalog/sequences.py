"""Sequences made by code: waves, sums of sines, a latch task, grammar strings, chords, dates.

As in ``synthetic``, ``n``, ``validation`` and ``test`` are the rows of each part, and the same
``seed`` gives the same rows. Sets of strings have no string in two parts.
"""

import dataclasses
import datetime
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from textlib._errors import unknown
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import as_sequences, pad
from textlib.datasets.generated import BY_CODE, draw_parts, streams
from textlib.datasets.registry import register

# --- waves --------------------------------------------------------------------------------------


def two_waves(rng: np.random.Generator, n: int, steps: int) -> np.ndarray:
    """Return series made of two sine waves of random frequency and phase, and a little noise.

    The step is 1/50 whatever the length, so that longer series are the shorter ones continued.
    The noise is uniform with variance 0.01 / 12: no forecast of the next step has a smaller mean
    squared error.

    Returns
    -------
    numpy.ndarray
        ``float32``, shape ``(n, steps, 1)``.
    """
    time = np.arange(steps) / 50
    slow, fast, first, second = rng.random((4, n, 1))
    series = 0.5 * np.sin((time - first) * (10 * slow + 10))
    series += 0.2 * np.sin((time - second) * (20 * fast + 20))
    series += 0.1 * (rng.random((n, steps)) - 0.5)
    return series[..., None].astype(np.float32)


@register(
    Info(
        name="waves",
        title="Two-wave series",
        summary="Series of two sine waves of random frequency and phase, with a little noise.",
        task="forecasting",
        citation="After A. Géron, Hands-On Machine Learning, chapter 15, 2019.",
        shapes="x (n, steps, 1) float32; y (n, horizon) float32",
        notes="The noise puts a floor of 0.00083 under the mean squared error of one step.",
        **BY_CODE,
    )
)
def waves(
    info: Info,
    *,
    n: int = 7000,
    validation: int = 2000,
    test: int = 1000,
    steps: int = 50,
    horizon: int = 1,
    seed: int = 0,
) -> Dataset:
    """Return series and what comes next.

    Parameters
    ----------
    steps
        Length of ``x``.
    horizon
        Length of ``y``: the steps that follow ``x``.
    """

    def part(rng: np.random.Generator, rows: int) -> Split:
        series = two_waves(rng, rows, steps + horizon)
        return Split(series[:, :steps], series[:, steps:, 0])

    return draw_parts(info, seed, part, (n, validation, test))


# Frequencies without a common measure: a sum of their waves never repeats.
_CALM = (1, (1 + 5**0.5) / 2)
_BUSY = (1.1, 3**0.5, np.pi, 7)
_SINES: dict[str, tuple[tuple[float, ...], tuple[float, ...], bool]] = {
    "calm": (_CALM, (1, 2), False),
    "busy": (_BUSY, (1, 2, 2, 3), False),
    "rising": (_BUSY, (1, 2, 2, 3), True),
}


def sum_of_sines(
    steps: int,
    *,
    frequencies: Sequence[float],
    amplitudes: Sequence[float],
    skip: int = 0,
    rising: bool = False,
) -> np.ndarray:
    """Return a sum of sine waves, in steps of 0.057 radians for a wave of frequency 1.

    Parameters
    ----------
    steps
        Length of the series.
    frequencies, amplitudes
        One of each per wave.
    skip
        How many steps to leave out at the start.
    rising
        Flip the sign of every value at which the sum is falling: a rule that a forecaster can
        only know by remembering.

    Returns
    -------
    numpy.ndarray
        ``float32``, shape ``(steps,)``.

    Raises
    ------
    ValueError
        If the lists differ in length.
    """
    angle = (skip + np.arange(steps)) * 0.057
    terms = zip(frequencies, amplitudes, strict=True)
    total = np.sum([a * np.sin(f * angle) for f, a in terms], axis=0)
    if rising and steps > 1:
        falling = np.diff(total, prepend=total[:1]) < 0
        falling[0] = falling[1]  # the first value has no step of its own
        total = np.where(falling, -total, total)
    return total.astype(np.float32)


@register(
    Info(
        name="sine_sums",
        title="Sums of sines",
        summary="One series, a sum of two or four sine waves, and a later stretch of it.",
        task="forecasting",
        citation="After A. Glassner, Deep Learning: A Visual Approach, 2021, with frequencies that "
        "have no common measure.",
        shapes="x (steps, 1) float32; y None",
        notes="The series never repeats, and the test stretch begins after the training stretch.",
        **BY_CODE,
    )
)
def sine_sums(
    info: Info,
    *,
    variant: str = "calm",
    steps: int = 200,
    test: int = 200,
    gap: int = 200,
) -> Dataset:
    """Return a series.

    Parameters
    ----------
    variant
        ``"calm"``: two waves; ``"busy"``: four; ``"rising"``: the four with falling stretches
        turned upside down.
    steps, test
        Length of the training and of the test part.
    gap
        Steps left out between the two.

    Raises
    ------
    ValueError
        If there is no such variant, or the parts overlap.
    """
    if variant not in _SINES:
        raise ValueError(unknown("variant", variant, _SINES))
    if gap < 0:
        raise ValueError(f"gap is {gap}; it must be 0 or more, or the parts overlap.")
    frequencies, amplitudes, rising = _SINES[variant]

    def part(length: int, skip: int) -> Split:
        series = sum_of_sines(
            length, frequencies=frequencies, amplitudes=amplitudes, skip=skip, rising=rising
        )
        return Split(series[:, None])

    return Dataset(info, part(steps, 0), part(test, steps + gap))


# --- a task of memory ---------------------------------------------------------------------------


@register(
    Info(
        name="latch",
        title="Latch task",
        summary="Streams of rare pulses up or down; the target is the sign of the last pulse.",
        task="memory over long spans",
        citation="After S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural "
        "Computation 9, 1997.",
        shapes="x (streams, steps, 1) float32; y (streams, steps, 1) float32, -1, 0 or 1",
        notes="The target is 0 before the first pulse.",
        **BY_CODE,
    )
)
def latch(
    info: Info,
    *,
    n: int = 16,
    steps: int = 1500,
    rate: float = 0.02,
    noise: float = 0.05,
    seed: int = 0,
) -> Dataset:
    """Return streams of pulses.

    Parameters
    ----------
    n
        Number of streams in each part.
    steps
        Length of a stream.
    rate
        Chance of a pulse at each step.
    noise
        Standard deviation of the noise on the input.
    """

    def part(rng: np.random.Generator, rows: int) -> Split:
        sign = rng.choice([-1.0, 1.0], (rows, steps))
        pulse = np.where(rng.random((rows, steps)) < rate, sign, 0.0)
        last = np.maximum.accumulate(np.where(pulse != 0, np.arange(steps), -1), axis=1)
        held = np.where(last >= 0, np.take_along_axis(pulse, np.maximum(last, 0), axis=1), 0)
        x = pulse + rng.normal(0, noise, pulse.shape)
        return Split(x[..., None].astype(np.float32), held[..., None].astype(np.float32))

    return draw_parts(info, seed, part, (n, n))


# --- strings of a grammar -----------------------------------------------------------------------

LETTERS = "BEPSTVX"
_REBER: dict[int, tuple[tuple[str, int], ...]] = {
    0: (("B", 1),),
    1: (("T", 2), ("P", 3)),
    2: (("S", 2), ("X", 4)),
    3: (("T", 3), ("V", 5)),
    4: (("X", 3), ("S", 6)),
    5: (("P", 4), ("V", 6)),
    6: (("E", 7),),
}


def reber_string(rng: np.random.Generator) -> str:
    """Return a string of the embedded Reber grammar: its second letter comes back at the end."""
    state, inner = 0, ""
    while state != 7:
        letter, state = _REBER[state][int(rng.integers(len(_REBER[state])))]
        inner += letter
    outer = "TP"[int(rng.integers(2))]
    return f"B{outer}{inner}{outer}E"


def is_reber(text: str) -> bool:
    """Say whether a string belongs to the embedded Reber grammar."""
    if len(text) < 9 or text[0] != "B" or text[-1] != "E" or text[1] != text[-2]:
        return False
    state = 0
    for letter in text[2:-2]:
        state = dict(_REBER.get(state, ())).get(letter, -1)
        if state < 0:
            return False
    return state == 7 and text[1] in "TP"


def _pairs(rng: np.random.Generator, count: int) -> list[tuple[str, str]]:
    """Return so many valid strings, no two with the same inner string, each with its twin.

    The short strings run out first, so the order is shuffled: every stretch has all lengths.
    """
    found: dict[str, str] = {}
    while len(found) < count:
        text = reber_string(rng)
        found.setdefault(text[2:-2], text)
    texts = list(found.values())
    return [(texts[place], _twin(texts[place])) for place in rng.permutation(count)]


def _twin(text: str) -> str:
    """Return the string with the other letter at its end, where the second letter comes back."""
    return text[:-2] + {"T": "P", "P": "T"}[text[-2]] + "E"


@register(
    Info(
        name="reber",
        title="Embedded Reber strings",
        summary="Strings of a small grammar, each with a twin in which the second letter does not "
        "come back at the end.",
        task="memory over long spans; classification of sequences, 2 classes",
        citation="After A. Reber, Implicit learning of artificial grammars, 1967, and S. "
        "Hochreiter and J. Schmidhuber, Long short-term memory, 1997.",
        shapes="x (n,) strings, or (n, longest) int32 codes; y int64",
        notes="Neither the length of a string nor its letters without their order tell the class. "
        "The letter to remember and the one to compare are `len(string) - 3` places apart.",
        **BY_CODE,
    )
)
def reber(
    info: Info, *, n: int = 2000, test: int = 500, form: str = "text", seed: int = 0
) -> Dataset:
    """Return strings; label 1 is valid. Twins are in one part.

    Both parts are dealt from one pool, so that their strings are equally long; with another ``n``
    or ``test`` both have other strings.

    Parameters
    ----------
    form
        ``"text"``, or ``"integers"``: 1 to 7 for the letters of `LETTERS`, 0 pads at the end.
    """
    if form not in ("text", "integers"):
        raise ValueError(unknown("form", form, ("text", "integers")))
    pairs = iter(_pairs(streams(seed, 3)[2], (n + 1) // 2 + (test + 1) // 2))

    def draw(rng: np.random.Generator, rows: int) -> Split:
        texts = [text for pair in itertools.islice(pairs, (rows + 1) // 2) for text in pair]
        order = rng.permutation(rows)
        return Split(as_sequences([texts[row] for row in order]), 1 - order % 2)

    names = ("wrong", "valid")
    drawn = draw_parts(info, seed, draw, (n, test), class_names=names, extra={"letters": LETTERS})
    return drawn if form == "text" else _spelled(drawn)


def _spelled(drawn: Dataset) -> Dataset:
    """Return the strings of a set as rows of codes, all of one length."""
    longest = max(len(text) for split in drawn.splits().values() for text in split.x)

    def codes(split: Split) -> Split:
        rows = [[LETTERS.index(letter) + 1 for letter in text] for text in split.x]
        return Split(pad(rows, longest, side="post"), split.y)

    splits: dict[str, Any] = {name: codes(split) for name, split in drawn.splits().items()}
    return dataclasses.replace(drawn, **splits)


# --- chords -------------------------------------------------------------------------------------

_DEGREES = ((0, 4, 7), (2, 5, 9), (4, 7, 11), (5, 9, 0), (7, 11, 2), (9, 0, 4))  # I ii iii IV V vi
_NEXT = ((1, 3, 4, 5), (4,), (3, 5), (0, 1, 4), (0, 5), (1, 3, 4))


def _progression(rng: np.random.Generator, length: int) -> list[int]:
    """Return degrees that start at I and close with V and I."""
    chords = [0]
    while len(chords) < length - 2:
        chords.append(int(rng.choice(_NEXT[chords[-1]])))
    return [*chords, 4, 0]


def _voiced(degrees: list[int], key: int) -> np.ndarray:
    """Set chords for four voices; each upper voice moves to the nearest free tone of the chord."""
    voices = np.array([72, 67, 64])  # soprano, alto, tenor before the first chord
    rows = []
    for degree in degrees:
        tones = [(tone + key) % 12 for tone in _DEGREES[degree]]
        bass = 41 + (tones[0] - 41) % 12
        free, chosen = list(tones), []
        for voice in voices:
            options = [note for note in range(54, 82) if note % 12 in free]
            note = min(options, key=lambda option: (abs(option - voice), option))
            free.remove(note % 12)
            chosen.append(note)
        voices = np.array(sorted(chosen, reverse=True))
        rows.append([*voices, bass])
    return np.array(rows)


@register(
    Info(
        name="cadences",
        title="Four-part cadences",
        summary="Short pieces for four voices: phrases of eight chords that end in a cadence.",
        task="generation of music",
        stands_for="382 chorales by J. S. Bach",
        citation="This book.",
        shapes="x (n, steps, 4) int64: MIDI notes of soprano, alto, tenor, bass; y None",
        notes="Textbook harmony of major keys, with no claim to beauty.",
        **BY_CODE,
    )
)
def cadences(
    info: Info, *, n: int = 300, test: int = 60, phrases: int = 4, seed: int = 0
) -> Dataset:
    """Return pieces of ``phrases`` times eight chords in random major keys.

    Parameters
    ----------
    phrases
        Phrases in a piece.
    """

    def part(rng: np.random.Generator, rows: int) -> Split:
        pieces = []
        for _ in range(rows):
            degrees = [chord for _ in range(phrases) for chord in _progression(rng, 8)]
            pieces.append(_voiced(degrees, int(rng.integers(12))))
        return Split(np.array(pieces, dtype=np.int64).reshape(rows, phrases * 8, 4))

    names = ("soprano", "alto", "tenor", "bass")
    return draw_parts(info, seed, part, (n, test), feature_names=names)


# --- dates --------------------------------------------------------------------------------------

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@register(
    Info(
        name="dates",
        title="Dates to translate",
        summary="Dates in words and in figures: 'April 22, 2019' and '2019-04-22'.",
        task="sequence to sequence",
        citation="After A. Géron, Hands-On Machine Learning, chapter 16, 2019.",
        shapes="x (n,) strings; y (n,) strings of 10 characters",
        notes="Years from 1000 to 9999; no date is in two parts.",
        **BY_CODE,
    )
)
def dates(
    info: Info, *, n: int = 10_000, validation: int = 2000, test: int = 2000, seed: int = 0
) -> Dataset:
    """Return dates."""
    first = datetime.date(1000, 1, 1).toordinal()
    last = datetime.date(9999, 12, 31).toordinal()
    total = n + validation + test
    chosen = np.random.default_rng(seed).choice(last - first + 1, total, replace=False)
    days = [datetime.date.fromordinal(first + int(day)) for day in chosen]
    x = as_sequences([f"{_MONTHS[day.month - 1]} {day.day}, {day.year}" for day in days])
    y = as_sequences([day.isoformat() for day in days])
    rows = Split(x, y)
    return Dataset(
        info,
        rows.rows(slice(n)),
        rows.rows(slice(n + validation, None)),
        rows.rows(slice(n, n + validation)),
    )


# --- stories with questions ---------------------------------------------------------------------

_PEOPLE = ("Anna", "Ben", "Clara", "David", "Emma", "Felix")
PLACES = ("attic", "bathroom", "garden", "hallway", "kitchen", "office")
_THINGS = ("apple", "ball", "book", "lamp")
_GOING = ("went to", "moved to", "walked to", "ran to")


def _one(rng: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(rng.integers(len(words)))]  # much faster than rng.choice


def _walks(rng: np.random.Generator, sentences: int) -> tuple[list[str], str, int]:
    """Return a story in which people walk about, a question where one is, and the answer."""
    where: dict[str, int] = {}
    story = []
    for _ in range(sentences):
        person, place = _one(rng, _PEOPLE), int(rng.integers(len(PLACES)))
        where[person] = place
        story.append(f"{person} {_one(rng, _GOING)} the {PLACES[place]}.")
    asked = _one(rng, sorted(where))
    return story, f"Where is {asked}?", where[asked]


def _carries(rng: np.random.Generator, sentences: int) -> tuple[list[str], str, int]:
    """Return a story in which a thing is carried about, and a question where it is."""
    person, thing = _one(rng, _PEOPLE), _one(rng, _THINGS)
    others = [name for name in _PEOPLE if name != person]
    place = int(rng.integers(len(PLACES)))
    story = [f"{person} {_one(rng, _GOING)} the {PLACES[place]}.", f"{person} took the {thing}."]
    while len(story) < sentences:
        goes = int(rng.integers(len(PLACES)))
        who = person if rng.random() < 0.5 else _one(rng, others)
        place = goes if who == person else place
        story.append(f"{who} {_one(rng, _GOING)} the {PLACES[goes]}.")
    return story, f"Where is the {thing}?", place


_TASKS: dict[str, Callable[..., tuple[list[str], str, int]]] = {
    "one fact": _walks,
    "two facts": _carries,
}


@register(
    Info(
        name="stories",
        title="Stories with questions",
        summary="Short stories about who went where, each with a question and its answer.",
        task="question answering, 6 answers",
        stands_for="bAbI tasks 1 and 2 (Facebook AI Research, 2015)",
        citation="This book; after J. Weston et al., Towards AI-complete question answering, 2015.",
        shapes="x: story (n,) and question (n,) strings; y int64, the place",
        notes="No story with its question is in two parts.",
        **BY_CODE,
    )
)
def stories(
    info: Info,
    *,
    n: int = 5000,
    test: int = 1000,
    task: str = "one fact",
    sentences: int = 6,
    seed: int = 0,
) -> Dataset:
    """Return stories; ``x`` maps ``story`` and ``question`` to strings.

    Parameters
    ----------
    task
        ``"one fact"``: one sentence has the answer. ``"two facts"``: who took a thing, and where
        that person went.
    sentences
        Sentences in a story, at least 2.
    """
    if task not in _TASKS:
        raise ValueError(unknown("task", task, _TASKS))
    if sentences < 2:
        raise ValueError(f"sentences is {sentences}; a story needs 2 or more.")
    seen: set[str] = set()

    def part(rng: np.random.Generator, rows: int) -> Split:
        found: list[tuple[str, str, int]] = []
        while len(found) < rows:
            lines, question, answer = _TASKS[task](rng, sentences)
            story = " ".join(lines)
            if story + question not in seen:
                seen.add(story + question)
                found.append((story, question, answer))
        texts, questions, answers = zip(*found, strict=True)
        x = {"story": as_sequences(texts), "question": as_sequences(questions)}
        return Split(x, np.array(answers, dtype=np.int64))

    return draw_parts(info, seed, part, (n, test), class_names=PLACES)
