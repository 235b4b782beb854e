"""Full-scale records: what an experiment gave at the size of its source, on real hardware.

A record is one small JSON file for each page in ``book/_records``, under version control. It holds
the numbers, claims and curves of one full-scale execution, with device, date and versions. It
stays current as long as the code behind it says the same; wording, comments, plots and library
versions do not make it stale, for a full-scale run is dear.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from bookpress import code_digest, machine, plan, running
from bookpress.book import Book
from bookpress.execute import Outcome
from bookpress.modules import Workshop
from bookpress.plan import PageState
from textlib import paths

FORMAT = 1
CURVE_POINTS = 100  # a stored curve has no more points than a figure shows
# Modules that show, say or keep results and cannot change them.
WITHOUT_EFFECT = (
    "textlib.plotting",
    "textlib.claims",
    *(
        f"textlib.training.{name}"
        for name in ("bytecode", "fingerprint", "memory", "origin", "parts", "state", "store")
    ),
    "textlib._source",
    "textlib._errors",
)


@dataclass(frozen=True)
class Record:
    """One full-scale execution of one page.

    Attributes
    ----------
    page
        Name of the page.
    key
        Digest of the code and data behind it.
    scale
        ``"full"``, or what it was run at.
    device
        Where it ran: the GPU's name, or the processor's.
    date
        When, as an ISO 8601 time.
    seconds
        Wall time.
    peak_memory
        Largest resident memory in bytes.
    versions
        Of the libraries.
    claims, numbers
        As in the page's stamp.
    runs
        Each training: name, seconds, epochs, parameters, device, and its curves.
    """

    page: str
    key: str
    scale: str
    device: str
    date: str
    seconds: float
    peak_memory: int
    versions: dict[str, str]
    claims: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    format: int = FORMAT


def load(book: Book) -> dict[str, Record]:
    """Return every readable record by the name of its page."""
    found = {}
    known = {each.name for each in fields(Record)}  # a later version may write more
    for path in sorted(book.records_dir.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf8"))
        except ValueError:
            continue
        if isinstance(content, dict) and content.get("format") == FORMAT:
            with contextlib.suppress(TypeError):  # a field is missing
                record = Record(**{k: v for k, v in content.items() if k in known})
                found[record.page] = record
    return found


def save(book: Book, record: Record) -> Path:
    """Write a record and return its file."""
    path = book.records_dir / (record.page.replace("/", "-") + ".json")
    with paths.atomic_write(path) as draft:
        text = json.dumps(asdict(record), indent=1, ensure_ascii=False)
        draft.write_text(text + "\n", encoding="utf8")
    return path


def check(book: Book) -> Iterator[tuple[Record, bool]]:
    """Yield each record, and whether it is still that of its page."""
    keys = current_keys(book)
    for record in load(book).values():
        yield record, keys.get(record.page) == record.key


def current_keys(book: Book) -> dict[str, str]:
    """Return the key that a record of each page would have now."""
    workshop = Workshop.of(book)
    return {state.page.name: key_of(state, workshop) for state in plan.make(book, book.pages)}


def key_of(state: PageState, workshop: Workshop) -> str:
    """Return the digest of the code and data behind a page's results."""
    parts = [
        [code_digest.of_cell(cell.source) for cell in state.page.cells],
        [
            [name, workshop.digest(name)]
            for name in sorted(state.uses.modules)
            if not name.startswith(WITHOUT_EFFECT)
        ],
        state.inputs["data"],
        state.inputs["files"],
    ]
    return hashlib.sha256(json.dumps(parts).encode("utf8")).hexdigest()[:32]


def make(
    book: Book, pages: tuple[str, ...], options: running.RunOptions
) -> Iterator[tuple[Outcome, Path | None]]:
    """Execute pages at full scale and write their records.

    Parameters
    ----------
    book
        The book.
    pages
        Words that name pages; all pages that train something if empty.
    options
        How they run; more than one at once on a GPU needs the memory for it.

    Yields
    ------
    tuple
        The outcome of a page, and the file of its record; ``None`` if the page failed.
    """
    workshop = Workshop.of(book)
    scale = options.scale
    states = plan.of_code(book, pages, scale=scale)
    if not pages:
        states = [state for state in states if "textlib.training" in state.uses.modules]
    by_name = {state.page.name: state for state in states}
    jobs = options.jobs_for(len(states))
    tasks = []
    for task in running.tasks(book, states, options, jobs=jobs, commit=False, keep_going=True):
        folder = {"TEXTLIB_RUNS": str(_runs_dir(book, task.page, scale))}
        tasks.append(replace(task, environment={**task.environment, **folder}))
    for outcome in running.run(book, tasks, options, jobs=jobs):
        if outcome.failure is not None:
            yield outcome, None
            continue
        key = key_of(by_name[outcome.page], workshop)
        yield outcome, save(book, _record(book, outcome, key, scale))


def _record(book: Book, outcome: Outcome, key: str, scale: str) -> Record:
    runs = list(_runs(_runs_dir(book, outcome.page, scale)))
    devices = {run["device"] for run in runs if run["device"] not in {"", "CPU"}}
    return Record(
        page=outcome.page,
        key=key,
        scale=scale,
        device=", ".join(sorted(devices)) or machine.processor(),
        date=outcome.executed,
        seconds=round(outcome.seconds, 1),
        peak_memory=outcome.peak_memory,
        versions=machine.versions(),
        claims=outcome.claims,
        numbers=outcome.numbers,
        runs=runs,
    )


def _runs_dir(book: Book, page: str, scale: str) -> Path:
    return book.build_dir / f"runs-{scale}" / page.replace("/", "-")


def _runs(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the trainings of a run store, oldest first, with curves thinned for the record.

    Of several trainings under one name, left by earlier states of the page, the newest counts.
    """
    found = []
    for path in folder.glob("*/run.json"):
        try:
            found.append(json.loads(path.read_text(encoding="utf8")))
        except (OSError, ValueError):
            continue
    found.sort(key=lambda each: str(each.get("date", "")))
    for each in {str(each.get("name", "")): each for each in found}.values():
        history = each.get("history") or {}
        yield {
            "name": each.get("name", ""),
            "device": each.get("device", ""),
            "seconds": round(float(each.get("seconds", 0.0)), 1),
            "epochs": len(each.get("epoch_seconds") or ()),
            "parameters": each.get("parameters", 0),
            "history": {name: _thinned(values) for name, values in history.items()},
        }


def _thinned(values: list[float]) -> list[float]:
    """Return at most `CURVE_POINTS` of the values, the first and the last among them."""
    if len(values) <= CURVE_POINTS:
        return [float(f"{value:.5g}") for value in values]
    last = len(values) - 1
    chosen = [round(n * last / (CURVE_POINTS - 1)) for n in range(CURVE_POINTS)]
    return [float(f"{values[index]:.5g}") for index in chosen]
