"""Statements of the book that the build checks.

A chapter says what its experiment shows as a claim: a sentence with the numbers that the run
produced, and whether it holds. A claim that fails stops the page, unless it is about wall-clock
time, which depends on the machine and on what else it does. ``number`` hands one value to the
prose, so that no result is typed by hand. Both work in any notebook, with or without Sphinx.
"""

import html
import math
import statistics
import string
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from textlib._errors import unknown

MIME_PREFIX = "application/papermill.record/"
METADATA_KEY = "textlib"
#: What a claim can be about: identities, counts and facts of data; what a training showed; times.
KINDS = ("exact", "measured", "timing")
REPEATS = 3  # from how many measurements on a time has a spread


class ClaimError(AssertionError):
    """A claim of the book does not hold."""


@dataclass(frozen=True)
class Claim:
    """One checked statement.

    Attributes
    ----------
    name
        Identifier, unique on its page, such as ``"convnet-beats-dense"``.
    sentence
        The statement with its numbers filled in.
    holds
        Whether it is true of this run.
    numbers
        The measured values behind the sentence; of a repeated measurement, the median. What JSON
        has no number for is text: ``"nan"``, ``"inf"``, ``"-inf"``.
    kind
        One of `KINDS`.
    spread
        ``[lowest, highest]`` of each number that was measured repeatedly.
    survives
        Why it may hold although nothing was trained; empty for most.
    """

    name: str
    sentence: str
    holds: bool
    numbers: dict[str, float | str] = field(default_factory=dict)
    kind: str = "measured"
    spread: dict[str, list[float | str]] = field(default_factory=dict)
    survives: str = ""

    @property
    def fails(self) -> bool:
        """Whether the claim stops its page."""
        return fails(asdict(self))

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'FAILS'}: {self.sentence}"

    def _ipython_display_(self) -> None:
        """Show nothing more: ``check`` has shown the claim already."""


def check(
    name: str,
    holds: Any,
    sentence: str,
    *,
    kind: str = "measured",
    survives: str = "",
    **numbers: Any,
) -> Claim:
    """Assert a statement of the book and show it.

    Parameters
    ----------
    name
        Identifier of the claim, unique on its page.
    holds
        The condition, usually a comparison with a margin. Anything with one truth value.
    sentence
        The statement, with ``{placeholders}`` for the numbers: ``"accuracy is {test:.1%}"``.
    kind
        What the claim is about. ``"exact"``: an identity, a count, a fact of the data; it holds
        on every seed. ``"measured"``: what a training showed. ``"timing"``: wall-clock time, which
        is measured repeatedly, shown with its spread, and never stops a page.
    survives
        Why a measured claim may hold for networks that were not trained, or on shuffled labels,
        in words. ``press claims PAGE --untrained --shuffled`` lists the claims that need it.
    **numbers
        The values for the placeholders; all of them go into the build's report. A sequence is one
        quantity measured repeatedly, shown as its median with the lowest and the highest value.

    Returns
    -------
    Claim
        The claim. It holds, unless it is about time.

    Raises
    ------
    ClaimError
        If it does not hold and is not about time. The message has the sentence and every number.
    ValueError
        If the sentence uses a placeholder that is not among the numbers, the kind is unknown, or
        a claim about time has no number that was measured at least three times.

    Examples
    --------
    >>> _ = check("beats-chance", 0.97 > 0.5, "accuracy {test:.0%} beats chance", test=0.97)
    """
    if kind not in KINDS:
        raise ValueError(unknown(f"kind of claim {name!r}:", kind, KINDS))
    values = {key: _repeated(value) for key, value in numbers.items()}
    repeated = {key: value for key, value in values.items() if isinstance(value, _Repeated)}
    spread = {key: [_plain(value.low), _plain(value.high)] for key, value in repeated.items()}
    if kind == "timing" and not any(value.count >= REPEATS for value in repeated.values()):
        raise ValueError(
            f"claim {name!r} is about time, but none of its numbers was measured at least "
            f"{REPEATS} times. Pass the times of several runs, such as timeit.repeat(...) gives."
        )
    plain = {key: _plain(value) for key, value in values.items()}
    claim = Claim(name, _fill(name, sentence, values), bool(holds), plain, kind, spread, survives)
    _show(claim)
    if claim.fails:
        values_text = ", ".join(f"{key} = {float(value):.6g}" for key, value in plain.items())
        raise ClaimError(
            f"claim {name!r} does not hold: {claim.sentence} ({values_text or 'no numbers'})"
        )
    return claim


def fails(claim: Mapping[str, Any]) -> bool:
    """Say whether a recorded claim stops its page."""
    return not claim["holds"] and claim.get("kind") != "timing"


def number(name: str, value: Any, spec: str = "") -> None:
    """Hand one value to the prose under a name.

    The page prints it with the role ``glue:text``. Nothing shows where the cell stands.

    Parameters
    ----------
    name
        Name of the value, unique on its page.
    value
        A number, or anything that ``format`` accepts.
    spec
        Format specification, such as ``".1%"`` or ``",d"``.
    """
    display = _display()
    # Quoted, because MyST-NB reads plain text as Python: 7,380 would become (7, 380), 0.90 0.9.
    text = repr(format(value, spec))
    if display is not None:
        record = {MIME_PREFIX + "text/plain": text}
        glue = {"scrapbook": {"name": name, "mime_prefix": MIME_PREFIX}}
        display(record, metadata=glue, raw=True)


def _fill(name: str, sentence: str, numbers: dict[str, Any]) -> str:
    fields = {part for _, part, _, _ in string.Formatter().parse(sentence) if part}
    missing = sorted(fields - set(numbers))
    if missing:
        given = ", ".join(sorted(numbers)) or "none"
        message = f"claim {name!r} names {missing} in its sentence, but the numbers are: {given}."
        raise ValueError(message)
    return sentence.format(**numbers)


class _Repeated(float):
    """The median of a repeated measurement, which formats itself with its spread."""

    def __new__(cls, values: Sequence[Any]) -> "_Repeated":
        """Take the measurements."""
        each = sorted(float(value) for value in values)
        made = super().__new__(cls, statistics.median(each))
        made.low, made.high, made.count = each[0], each[-1], len(each)
        return made

    low: float
    high: float
    count: int

    def __format__(self, spec: str) -> str:
        middle, low, high = (format(float(each), spec) for each in (self, self.low, self.high))
        return f"{middle} ({low} to {high})"


def _repeated(value: Any) -> Any:
    """Return a sequence of measurements as one number with its spread, anything else as it is."""
    try:
        count = len(value)
    except TypeError:
        return value
    return _Repeated(value) if count else math.nan


def _plain(value: Any) -> float | str:
    """Return a number as JSON can hold it."""
    number = float(value)
    return number if math.isfinite(number) else str(number)


def _show(claim: Claim) -> None:
    display = _display()
    if display is None:
        return
    mark, state = ("✓", "holds") if claim.holds else ("✗", "fails")
    label = f"Claim {state}"
    if claim.kind == "timing":
        label, mark = ("Timed", "⏱") if claim.holds else ("Not so on this machine", "⏱")
        state = "timing"
    markup = (
        f'<p class="claim claim-{state}" id="claim-{html.escape(claim.name, quote=True)}">'
        f'<span class="claim-mark" aria-hidden="true">{mark}</span> '
        f'<span class="claim-label">{label}:</span> {html.escape(claim.sentence)}</p>'
    )
    bundle = {"text/html": markup, "text/plain": f"{mark} {label}: {claim.sentence}"}
    display(bundle, metadata={METADATA_KEY: {"claim": asdict(claim)}}, raw=True)


def _display() -> Any:
    """Return IPython's ``display`` inside a notebook, ``None`` in a plain interpreter."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    return display if get_ipython() is not None else None
