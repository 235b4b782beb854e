"""Statements of the book that the build checks.

A chapter says what its experiment shows as a claim: a sentence with the numbers that the run
produced, and whether it holds. A claim that fails stops the page. ``number`` hands one value to
the prose, so that no result is typed by hand. Both work in any notebook, with or without Sphinx.
"""

import html
import string
from dataclasses import asdict, dataclass, field
from typing import Any

MIME_PREFIX = "application/papermill.record/"
METADATA_KEY = "textlib"


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
        The measured values behind the sentence.
    """

    name: str
    sentence: str
    holds: bool
    numbers: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'FAILS'}: {self.sentence}"

    def _ipython_display_(self) -> None:
        """Show nothing more: ``check`` has shown the claim already."""


def check(name: str, holds: Any, sentence: str, **numbers: Any) -> Claim:
    """Assert a statement of the book and show it.

    Parameters
    ----------
    name
        Identifier of the claim, unique on its page.
    holds
        The condition, usually a comparison with a margin. Anything with one truth value.
    sentence
        The statement, with ``{placeholders}`` for the numbers: ``"accuracy is {test:.1%}"``.
    **numbers
        The values for the placeholders; all of them go into the build's report.

    Returns
    -------
    Claim
        The claim, if it holds.

    Raises
    ------
    ClaimError
        If it does not hold. The message has the sentence and every number.
    ValueError
        If the sentence uses a placeholder that is not among the numbers.

    Examples
    --------
    >>> _ = check("beats-chance", 0.97 > 0.5, "accuracy {test:.0%} beats chance", test=0.97)
    """
    claim = Claim(name, _fill(name, sentence, numbers), bool(holds), _plain(numbers))
    _show(claim)
    if not claim.holds:
        values = ", ".join(f"{key} = {value:.6g}" for key, value in claim.numbers.items())
        raise ClaimError(
            f"claim {name!r} does not hold: {claim.sentence} ({values or 'no numbers'})"
        )
    return claim


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


def _plain(numbers: dict[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in numbers.items()}


def _show(claim: Claim) -> None:
    display = _display()
    if display is None:
        return
    mark, state = ("✓", "holds") if claim.holds else ("✗", "fails")
    markup = (
        f'<p class="claim claim-{state}" id="claim-{html.escape(claim.name, quote=True)}">'
        f'<span class="claim-mark" aria-hidden="true">{mark}</span> '
        f'<span class="claim-label">Claim {state}:</span> {html.escape(claim.sentence)}</p>'
    )
    bundle = {"text/html": markup, "text/plain": f"{mark} Claim {claim}"}
    display(bundle, metadata={METADATA_KEY: {"claim": asdict(claim)}}, raw=True)


def _display() -> Any:
    """Return IPython's ``display`` inside a notebook, ``None`` in a plain interpreter."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    return display if get_ipython() is not None else None
