"""Full-scale records: what an experiment gave at the size of its source, on real hardware.

A record is one small JSON file for each page in ``book/_records``, under version control. It holds
the numbers, claims and curves of one full-scale execution, with device, date and versions, and the
list of what the execution used. It stays current as long as that says the same; wording, comments,
plots and library versions do not make it stale, for a full-scale run is dear.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bookpress import code_digest, machine, plan, running
from bookpress.book import Book, UnknownPageError
from bookpress.dependencies import Dependencies
from bookpress.execute import Outcome
from bookpress.files import from_json, read_json, write_json

FORMAT = 1
TRAINING = "textlib.training.memory"  # loaded by every page that trains and remembers it
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
    inputs
        The code and data behind it, with digests; a record of an older version has none.
    """

    page: str
    scale: str
    device: str
    date: str
    seconds: float
    peak_memory: int
    versions: dict[str, str]
    claims: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


def load(book: Book) -> dict[str, Record]:
    """Return every readable record by the name of its page."""
    found = {}
    for path in sorted(book.records_dir.glob("*.json")):
        if record := from_json(Record, read_json(path)):
            found[record.page] = record
    return found


def save(book: Book, record: Record) -> Path:
    """Write a record and return its file."""
    path = book.records_dir / (record.page.replace("/", "-") + ".json")
    return write_json(path, asdict(record), indent=1)


def check(book: Book) -> Iterator[tuple[Record, bool]]:
    """Yield each record, and whether it is still that of its page."""
    dependencies = Dependencies(book)
    for record in load(book).values():
        yield record, is_current(record, dependencies)


def current(book: Book) -> set[str]:
    """Return the names of the pages whose record is still theirs."""
    return {record.page for record, is_theirs in check(book) if is_theirs}


def is_current(record: Record, dependencies: Dependencies) -> bool:
    """Whether a record is still that of its page."""
    if not record.inputs:
        return False
    try:
        (page,) = dependencies.book.select((record.page,))
    except UnknownPageError:
        return False
    return record.inputs == _meaning(page.cells, dependencies.now(record.inputs))


def _meaning(cells: Iterable[Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the part of what a page depends on that can change its results."""
    said = json.dumps([each for cell in cells for each in code_digest.of_cell(cell.source)])
    modules = {
        name: digest
        for name, digest in inputs.get("modules", {}).items()
        if not name.startswith(WITHOUT_EFFECT)
    }
    found = inputs.get("files", {})  # source that was shown is among them, its wording too
    files = {name: digest for name, digest in found.items() if not name.endswith(".py")}
    code = hashlib.sha256(said.encode("utf8")).hexdigest()[:32]
    kept = {part: inputs.get(part, {}) for part in ("data", "weights")}
    return {"cells": code, "modules": modules, "files": files, **kept}


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
    scale = options.scale
    states = plan.of_code(book, pages, scale=scale)
    if not pages:
        states = [s for s in states if s.stamp is None or TRAINING in s.modules]
    jobs = options.jobs_for(len(states))
    tasks = []
    for task in running.tasks(book, states, options, jobs=jobs, commit=False, keep_going=True):
        folder = {"TEXTLIB_RUNS": str(_runs_dir(book, task.page, scale))}
        tasks.append(replace(task, environment={**task.environment, **folder}))
    for outcome in running.run(book, tasks, options, jobs=jobs):
        if outcome.failure is not None:
            yield outcome, None
        elif pages or TRAINING in outcome.inputs.get("modules", ()):
            yield outcome, save(book, _record(book, outcome, scale))


def _record(book: Book, outcome: Outcome, scale: str) -> Record:
    runs = list(_runs(_runs_dir(book, outcome.page, scale)))
    cells = [cell for cell in outcome.notebook.cells if cell.cell_type == "code"]
    devices = {run["device"] for run in runs if run["device"] not in {"", "CPU"}}
    return Record(
        page=outcome.page,
        scale=scale,
        device=", ".join(sorted(devices)) or machine.processor(),
        date=outcome.executed,
        seconds=round(outcome.seconds, 1),
        peak_memory=outcome.peak_memory,
        versions=machine.versions(),
        claims=outcome.claims,
        numbers=outcome.numbers,
        runs=runs,
        inputs=_meaning(cells, outcome.inputs),
    )


def _runs_dir(book: Book, page: str, scale: str) -> Path:
    return book.build_dir / f"runs-{scale}" / page.replace("/", "-")


def _runs(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the trainings of a run store, oldest first, with curves thinned for the record.

    Of several trainings under one name, left by earlier states of the page, the newest counts.
    """
    found = [run for path in folder.glob("*/run.json") if (run := read_json(path))]
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
