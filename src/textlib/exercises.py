"""Exercises that check themselves: an answer is right, or gets the next hint, never the solution.

A page says in a cell what the answer of an exercise must be (`check`). The reader hands one in
(`hand_in`), and so does the page's own solution: it, too, has to be accepted. Both work in any
notebook, with or without Sphinx.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from textlib._answers import Keyed, Kind, Test, UnclearError, digest, kind_of
from textlib._errors import unknown
from textlib.claims import METADATA_KEY, _display

ALONE = ""  # name of the only part of an answer


class ExerciseError(AssertionError):
    """The check of an exercise accepts what it must refuse, or tells the solution."""


@dataclass(frozen=True)
class Part:
    """One thing that an exercise asks for.

    Attributes
    ----------
    kind
        What answers are right.
    wrong
        Answers that its check must refuse, each with what to tell who hands it in, or ``""``.
    """

    kind: Kind
    wrong: tuple[tuple[Any, str], ...] = ()

    def judge(self, answer: Any) -> tuple[bool, str]:
        """Say whether an answer is right, and what to tell the reader beside the next hint."""
        try:
            return self.kind.judge(answer), self._known(answer)
        except UnclearError:
            raise
        except AssertionError as error:
            return False, str(error)
        except Exception as error:  # of the reader's code
            return False, f"Your answer stops with {type(error).__name__}: {error}"

    def _known(self, answer: Any) -> str:
        if not isinstance(self.kind, Keyed):
            return ""
        key = self.kind.key(answer)
        return next((hint for each, hint in self.wrong if hint and key in self._keys(each)), "")

    def spec(self, salt: str) -> dict[str, Any]:
        """Return what a site needs to judge what is typed."""
        assert isinstance(self.kind, Keyed)
        wrong = {digest(salt, key): hint for each, hint in self.wrong for key in self._keys(each)}
        told = {key: hint for key, hint in wrong.items() if hint}
        return {**self.kind.spec(salt), "wrong": told}

    def _keys(self, wrong: Any) -> list[str]:
        """Return the keys that count as a wrong answer and not as a right one."""
        assert isinstance(self.kind, Keyed)
        try:
            return [key for key in self.kind.keys(wrong) if key not in self.kind.accepted()]
        except UnclearError:
            return []


@dataclass
class Check:
    """The check of one exercise.

    Attributes
    ----------
    name
        Label of the exercise.
    parts
        What it asks for, by name; the name of a single part is empty.
    hints
        What to tell the reader, one after each answer that is refused.
    given
        How many of them the reader has had.
    """

    name: str
    parts: dict[str, Part]
    hints: tuple[str, ...]
    given: int = field(default=0, compare=False)

    def __repr__(self) -> str:
        return f"<check of the exercise {self.name!r}>"

    def _ipython_display_(self) -> None:
        """Show nothing more: ``check`` has shown it already."""

    def next_hint(self) -> str:
        """Return the next hint; the last one stays."""
        self.given = min(self.given + 1, len(self.hints))
        last = " (That is the last hint; the solution is below.)"
        said = f"Hint {self.given} of {len(self.hints)}: {self.hints[self.given - 1]}"
        return said + last * (self.given == len(self.hints))

    def spec(self) -> dict[str, Any]:
        """Return what a site needs to ask for the answer: no fields if only Python can judge it."""
        keyed = all(isinstance(part.kind, Keyed) for part in self.parts.values())
        fields = [
            {"name": name, **part.spec(self.name)} for name, part in self.parts.items() if keyed
        ]
        return {"exercise": self.name, "fields": fields, "hints": self.hints}


@dataclass(frozen=True)
class Verdict:
    """What became of an answer.

    Attributes
    ----------
    exercise
        Label of the exercise.
    accepted
        Whether the answer is right; ``None`` if there is none yet.
    said
        What the reader is told.
    """

    exercise: str
    accepted: bool | None
    said: str

    def __str__(self) -> str:
        return self.said

    def _ipython_display_(self) -> None:
        """Show nothing more: ``hand_in`` has shown it already."""


_checks: dict[str, Check] = {}


def check(
    name: str,
    expected: Any,
    *,
    hints: Sequence[str],
    wrong: Any = (),
    tolerance: Any = None,
    unit: Any = "",
) -> Check:
    """Say what the answer of an exercise must be, and help who has another.

    Parameters
    ----------
    name
        Label of the exercise.
    expected
        What is right. A number (a whole number exactly, any other within ``tolerance``); a tuple
        for a shape, with ``None`` for an open axis; a string for a word, or a set of its
        spellings; a list or an array of numbers; or a function that tests the answer: it returns
        False, or fails an ``assert``, whose message the reader sees. If an exercise asks for
        several things, a dictionary of them by name.
    hints
        One after another, for each answer that is refused. They lead to the solution and do not
        contain it.
    wrong
        Answers that must be refused: a list, or a dictionary from an answer to the hint for just
        this mistake. A test needs at least one. With several things, a dictionary by their names.
    tolerance
        Largest difference between the answer and ``expected``, where that is a number or an
        array. With several things, a dictionary by their names.
    unit
        What may follow the number where it is typed, such as ``"MB"``. With several things, a
        dictionary by their names.

    Returns
    -------
    Check
        The check, which `hand_in` knows by its name.

    Raises
    ------
    ExerciseError
        If one of the wrong answers is accepted, or a hint has the right one in it.
    ValueError
        If nothing can be checked so: there are no hints, a number that is not whole has no
        tolerance, a test has no wrong answer, or ``expected`` is none of the above.

    Examples
    --------
    >>> _ = check("ex-sum", 7, hints=["Add."], wrong={12: "That is the product."})
    >>> print(hand_in("ex-sum", 12))
    Not yet. That is the product.
    >>> print(hand_in("ex-sum", "7"))
    Right.
    """
    if isinstance(hints, str) or not hints or not all(isinstance(hint, str) for hint in hints):
        raise ValueError(f"exercise {name!r} needs hints, a list of texts; it has {hints!r}.")
    several = expected if isinstance(expected, Mapping) else None
    by_part = _by_part(several, name=name, wrong=wrong, tolerance=tolerance, unit=unit)
    made = Check(
        name,
        {
            part: _part(name, part, value, **by_part[part])
            for part, value in (several or {ALONE: expected}).items()
        },
        tuple(hints),
    )
    _keep_secret(made)
    _checks[name] = made
    data = html.escape(json.dumps(made.spec(), ensure_ascii=False), quote=True)
    said = "This checks the answer that you hand in below."
    _show(f'<p class="exercise-check" data-exercise="{data}">{said}</p>', said, {})
    return made


def hand_in(name: str, answer: Any) -> Verdict:
    """Hand in the answer of an exercise, and show whether it is right or else the next hint.

    Parameters
    ----------
    name
        Label of the exercise.
    answer
        The answer; a dictionary where the exercise asks for several things. Numbers, shapes and
        words may be texts: ``"1,024"``, ``"12.5%"``, ``"28×28"``. Dots (``...``) are no answer.

    Returns
    -------
    Verdict
        Whether the answer is right.

    Raises
    ------
    ValueError
        If no check of this name has run.
    """
    if name not in _checks:
        hint = "Run the cell with its check first: it stands above, folded."
        raise ValueError(unknown("exercise", name, _checks, hint=hint))
    verdict = _judge(_checks[name], answer)
    _report(verdict)
    return verdict


def _judge(check: Check, answer: Any) -> Verdict:
    several = ALONE not in check.parts
    if several and isinstance(answer, Mapping) and set(answer) != set(check.parts):
        answer = {**dict.fromkeys(check.parts, ...), **answer}
        if extra := [key for key in answer if key not in check.parts]:
            return Verdict(check.name, False, unknown("part", extra[0], check.parts))
    if several and not isinstance(answer, Mapping) and answer is not ...:
        wanted = ", ".join(f"{part!r}: ..." for part in check.parts)
        return Verdict(check.name, False, f"Hand in several answers, by name: {{{wanted}}}.")
    answers = answer if several and answer is not ... else {ALONE: answer}
    if any(each is ... for each in answers.values()):
        return Verdict(check.name, None, "No answer yet: put yours in the place of the dots.")
    return _judge_parts(check, answers)


def _judge_parts(check: Check, answers: Mapping[str, Any]) -> Verdict:
    told, untold = [], []
    for name, part in check.parts.items():
        try:
            right, said = part.judge(answers[name])
        except UnclearError as error:
            return Verdict(check.name, False, _titled(name, str(error)))
        if not right:
            told += [_titled(name, said)] if said else []
            untold += [] if said else [name]
    if not told and not untold:
        return Verdict(check.name, True, "Right.")
    which = f"Not yet: {', '.join(untold)}." if any(untold) else "Not yet."
    return Verdict(check.name, False, " ".join([which, *(told or [check.next_hint()])]))


def _titled(part: str, said: str) -> str:
    return f"{part}: {said}" if part else said[:1].upper() + said[1:]


# What authors give ------------------------------------------------------------------------------


def _by_part(several: Mapping[str, Any] | None, *, name: str, **given: Any) -> dict[str, Any]:
    """Return the arguments of each part."""
    if several is None:
        return {ALONE: given}
    if not several or not all(isinstance(part, str) and part for part in several):
        raise ValueError(f"exercise {name!r}: several answers need names; they are {several!r}.")
    empty = {"wrong": (), "tolerance": None, "unit": ""}
    for argument, value in given.items():
        if value != empty[argument] and not isinstance(value, Mapping):
            raise ValueError(
                f"exercise {name!r} asks for several things; {argument} must be a dictionary by "
                f"their names ({', '.join(several)}), not {value!r}."
            )
        if value and (extra := [part for part in value if part not in several]):
            raise ValueError(unknown(f"part in {argument} of {name!r}:", extra[0], several))
    return {
        part: {
            argument: value.get(part, empty[argument]) if value else empty[argument]
            for argument, value in given.items()
        }
        for part in several
    }


def _part(
    exercise: str, name: str, expected: Any, *, wrong: Any, tolerance: Any, unit: str
) -> Part:
    place = f"exercise {exercise!r}" + (f", {name!r}" if name else "")
    try:
        kind = kind_of(expected, tolerance=tolerance, unit=unit)
    except ValueError as error:
        choices = (
            "Expected can be a number, a tuple (a shape), a string or a set of strings (a word), "
            "a list or an array of numbers, a function that tests the answer, or a dictionary of "
            "these."
        )
        hint = f" {choices}" if isinstance(error, UnclearError) else ""
        raise ValueError(f"{place}: {error}{hint}") from None
    part = Part(kind, tuple(_pairs(wrong, place)))
    if isinstance(kind, Test) and (not wrong or isinstance(wrong, Mapping)):
        raise ValueError(
            f"{place}: name at least one answer that the test must refuse, with wrong=[...]. (What "
            "to tell of a mistake is the message of an assert in the test.)"
        )
    for number, (each, _) in enumerate(part.wrong, 1):
        _refuse(part, each, f"{place}: wrong answer {number}")
    return part


def _pairs(wrong: Any, place: str) -> Iterable[tuple[Any, str]]:
    if isinstance(wrong, Mapping):
        return wrong.items()
    if isinstance(wrong, list | tuple):
        return [(each, "") for each in wrong]
    message = f"{place}: wrong must be a list of answers, or a dictionary with a hint for each"
    raise ValueError(f"{message}; it is {wrong!r}.")


def _refuse(part: Part, wrong: Any, place: str) -> None:
    try:
        accepted, _ = part.judge(wrong)
    except UnclearError:
        return
    if accepted:
        shown = getattr(wrong, "__name__", None) or repr(wrong)
        raise ExerciseError(
            f"{place}, {shown}, is accepted. Make the test stricter or the tolerance smaller, or "
            "take it off the list."
        )


def _keep_secret(check: Check) -> None:
    """Raise if a hint has a number, a shape or a word in it that is a right answer."""
    told = [*check.hints, *(hint for part in check.parts.values() for _, hint in part.wrong)]
    for name, kind in ((name, part.kind) for name, part in check.parts.items()):
        for hint in told:
            if isinstance(kind, Keyed) and kind.stands_in(hint):
                which = f" of {name!r}" if name else ""
                raise ExerciseError(
                    f"exercise {check.name!r}: the hint {hint!r} has the answer{which} in it. Lead "
                    "to the solution, which everybody can open, and do not tell it."
                )


# What readers see -------------------------------------------------------------------------------


def _report(verdict: Verdict) -> None:
    mark, state = ("✓", "holds") if verdict.accepted else ("✗", "fails")
    markup = (
        f'<p class="claim claim-{state}"><span class="claim-mark" aria-hidden="true">{mark}</span> '
        f'<span class="claim-label">{html.escape(verdict.said)}</span></p>'
    )
    _show(markup, f"{mark} {verdict.said}", {"verdict": asdict(verdict)})


def _show(markup: str, text: str, facts: dict[str, Any]) -> None:
    display = _display()
    if display is not None:
        bundle = {"text/html": markup, "text/plain": text}
        display(bundle, metadata={METADATA_KEY: facts}, raw=True)
