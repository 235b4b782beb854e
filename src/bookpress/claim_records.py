"""The history of claims: on how many seeds each held, with which numbers, and under what.

``press claims PAGE --seeds 5 --untrained --shuffled --record`` writes one small JSON file for a
page into ``book/_records/claims``, under version control. It is about the page's code as it was:
a record of other code is old, and is replaced by the next one. What kind of claim each is, and why
it may hold untrained, the page says as it stands (`claim_checks`): both may be added later.
"""

import hashlib
import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bookpress import claim_checks, exercises, machine
from bookpress.book import Book, Page
from bookpress.execute import Outcome
from bookpress.files import from_json, read_json, write_json

FORMAT = 2
LIBRARIES = ("tensorflow", "keras")
NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "numpy": "NumPy", "python": "Python"}


@dataclass(frozen=True)
class ClaimRecord:
    """What is known about the claims of one page.

    Attributes
    ----------
    page
        Name of the page.
    key
        Digest of its code. Comments, formatting, and the wording of claims are left out.
    trials
        For each environment (``"TensorFlow 2.21.0, Keras 3.15.1"``) its ``date``, its ``seeds``
        (how many), and for each claim how often it ``held`` and ``[lowest, median, highest]`` of
        each of its ``numbers``.
    untrained, shuffled
        Whether each claim held although nothing was trained, or on shuffled labels.
    """

    page: str
    key: str
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    untrained: dict[str, bool] = field(default_factory=dict)
    shuffled: dict[str, bool] = field(default_factory=dict)
    format: int = FORMAT

    def tried(self) -> list[str]:
        """Return the claims that were tried on some seed."""
        return list(
            dict.fromkeys(name for trial in self.trials.values() for name in trial["claims"])
        )

    def holds_under(self, name: str, controls: Iterable[str]) -> list[str]:
        """Return those of the controls under which a claim holds."""
        return [control for control in controls if getattr(self, control).get(name)]


def key_of(page: Page) -> str:
    """Return the digest of a page's code, checks of its exercises left out."""
    cells = (cell for cell in page.cells if not exercises.only_checks(cell))
    statements = [each for cell in cells for each in claim_checks.meaning(cell.source)]
    return hashlib.sha256(json.dumps(statements).encode("utf8")).hexdigest()[:32]


def load(book: Book, page: str) -> ClaimRecord | None:
    """Return the record of a page; ``None`` if there is no readable one."""
    return from_json(ClaimRecord, read_json(_path(book, page)))


def is_old(record: ClaimRecord, page: Page) -> bool:
    """Whether the page's code has changed since the record was made."""
    return record.key != key_of(page)


def problems(book: Book, page: Page) -> list[str]:
    """Return what is missing between a page's measured claims and what is recorded of them."""
    checks = claim_checks.of_page(page)
    if not any(check.kind == "measured" for check in checks.values()):
        return []
    record = load(book, page.name)
    if record is None:
        return ["no record of its claims"]
    if is_old(record, page):
        return ["its claims were recorded with other code"]
    if not record.trials:
        return ["its claims were tried on no seed"]
    controls = claim_checks.controls_for(page)
    tried = [name for name in record.tried() if name in checks and checks[name].kind == "measured"]
    lacking = [
        f"not tried {control}: {', '.join(untried)}"
        for control in controls
        if (untried := [name for name in tried if name not in getattr(record, control)])
    ]
    return lacking + [
        f"{name} holds {' and '.join(held)}, and the page gives no reason"
        for name in tried
        if (held := record.holds_under(name, controls)) and not checks[name].survives
    ]


def update(book: Book, name: str, outcomes: Iterable[Outcome]) -> Path:
    """Write what came of a page into its record, and return the file.

    What an earlier record says about other environments and controls stays, as long as it is
    about the same code.

    Parameters
    ----------
    book
        The book.
    name
        Name of the page.
    outcomes
        The trials of the page, control experiments among them.
    """
    outcomes = list(outcomes)
    key = key_of(book.select((name,))[0])
    before = load(book, name)
    if before is None or before.key != key:
        before = ClaimRecord(name, key)
    content = asdict(before)
    plain = [each for each in outcomes if not each.control and each.failure is None]
    if plain:
        content["trials"][environment(machine.versions())] = _trial(plain)
    for outcome in outcomes:
        if outcome.control:
            held = {claim["name"]: bool(claim["holds"]) for claim in outcome.claims}
            content[outcome.control] = held
    return write_json(_path(book, name), content, indent=1)


def survivors(outcome: Outcome) -> list[Mapping[str, Any]]:
    """Return the measured claims that hold in a control experiment."""
    return [
        claim
        for claim in outcome.claims
        if claim.get("kind", "measured") == "measured" and claim["holds"]
    ]


def _trial(outcomes: list[Outcome]) -> dict[str, Any]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for outcome in outcomes:
        for claim in outcome.claims:
            found.setdefault(claim["name"], []).append(claim)
    return {
        "date": max(outcome.executed for outcome in outcomes)[:10],
        "seeds": len(outcomes),
        "claims": {
            name: {
                "held": sum(bool(claim["holds"]) for claim in claims),
                "numbers": {number: _spread(claims, number) for number in claims[0]["numbers"]},
            }
            for name, claims in found.items()
        },
    }


def _spread(claims: list[Mapping[str, Any]], number: str) -> list[float | str]:
    """Return the lowest, the middle and the highest value that a number had."""
    values = sorted(float(claim["numbers"].get(number, "nan")) for claim in claims)
    three = values[0], statistics.median(values), values[-1]
    return [float(f"{value:.6g}") if abs(value) < float("inf") else str(value) for value in three]


def environment(versions: Mapping[str, str], libraries: Iterable[str] = LIBRARIES) -> str:
    """Return the versions of some libraries as the records name an environment.

    Examples
    --------
    >>> environment({"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"})
    'TensorFlow 2.21.0, Keras 3.15.1'
    """
    return ", ".join(f"{NAMES[each]} {versions[each]}" for each in libraries if each in versions)


def _path(book: Book, page: str) -> Path:
    return book.records_dir / "claims" / (page.replace("/", "-") + ".json")
