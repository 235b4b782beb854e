"""Run one page in a kernel of its own, and say exactly what went wrong if it fails.

The function ``run_page`` is what executors run, here or on another machine: it takes a `Task`,
which can be pickled, and returns an `Outcome`, which can be too. It never raises for a page that
fails. Nothing here decides which pages run.
"""

import ast
import asyncio
import copy
import datetime
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bookpress import controls, environment, machine, observer, plan
from bookpress.book import Book, Page
from bookpress.dependencies import Dependencies
from bookpress.page_cache import PageCache, Stamp
from bookpress.processes import Family, peak_memory
from textlib import claims as statements
from textlib import paths

STARTUP_SECONDS = 180
STARTS = 3
CLAIM_ERROR = "ClaimError"
EXERCISE_ERROR = "ExerciseError"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Evaluated in a kernel; the module need not be there, and the type then says what comes back.
ASK = "getattr(__import__('sys').modules.get('{}'), '{}', {})()"
AFTER_CELL = {
    "seconds_saved": ASK.format("textlib.training.memory", "seconds_saved", "float"),
    "changed_variables": ASK.format(observer.NAME, "changed_variables", "list"),
    "report": ASK.format(observer.NAME, "report", "str"),
}
CONTROL_CODE = Path(controls.__file__).read_text(encoding="utf8") + "\n\n"
CELL_LINE = re.compile(r"(?:Cell In\[\d+\], line |<ipython-input-\d+-\w+> in .*?line )(\d+)")


@dataclass(frozen=True)
class Task:
    """One page to run.

    Attributes
    ----------
    root
        Folder of the book.
    page
        Name of the page.
    environment
        Variables of the kernel, over those of this process.
    timeout
        Seconds that the page may take in all.
    commit
        Whether to store the outputs; if not, the executed notebook is returned.
    keep_going
        Whether cells after a failed claim still run.
    force
        Run even if another build stored the page meanwhile.
    seed
        The seed offset, handed on to the outcome.
    data
        Datasets that must be there before the page runs.
    libraries
        Top-level names of the libraries that it imports.
    control
        One of `controls.CONTROLS`, to run the page as a control experiment; ``""`` for no change.
    """

    root: Path
    page: str
    environment: dict[str, str]
    timeout: float
    commit: bool = True
    keep_going: bool = False
    force: bool = False
    seed: int = 0
    data: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    control: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a page failed.

    Attributes
    ----------
    kind
        ``"cell"``, ``"claim"``, ``"timeout"``, ``"died"``, ``"kernel"``, ``"data"``, ``"press"``
        (the machinery) or ``"canceled"``.
    error
        One line: what happened.
    path, line
        Place in the source file.
    source
        Text of the cell.
    traceback
        The kernel's traceback, without color codes.
    """

    kind: str
    error: str
    path: Path
    line: int = 1
    source: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class CellTime:
    """Seconds that a cell took, with its first line of code and that line's number in the file."""

    line: int
    seconds: float
    code: str


@dataclass(frozen=True)
class Outcome:
    """What came of one task: ``"executed"``, ``"cached"`` (by another build) or ``"failed"``."""

    page: str
    state: str
    seconds: float = 0.0
    peak_memory: int = 0
    stamp: Stamp | None = None
    failure: Failure | None = None
    claims: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    notebook: Any = None
    seed: int = 0
    control: str = ""
    executed: str = ""
    times: tuple[CellTime, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of the failure; ``""`` if there is none."""
        return self.failure.kind if self.failure else ""


@dataclass
class Watch:
    """Eyes on a running page: who is told where it is, and who says that it shall stop."""

    report: Callable[[str, int, int], None] = lambda page, done, total: None
    stops: Callable[[], bool] = lambda: False


def run_page(task: Task, watch: Watch | None = None) -> Outcome:
    """Execute one page and store what came out.

    Parameters
    ----------
    task
        What to run.
    watch
        Progress and cancellation, where the caller is in the same process.
    """
    watch = watch or Watch()
    book = Book(task.root)
    page = book.select((task.page,))[0]
    store = PageCache(book)
    if not task.commit:
        return _run(task, page, store, watch)
    with _hold(store, task.page, watch) as held:
        if not held:
            return _canceled(page)
        scale = task.environment["TEXTLIB_SCALE"]
        state = plan.state_of(page, Dependencies(book), store, scale)
        stamp = state.stamp
        if not task.force and stamp and state.fresh:
            return Outcome(page.name, "cached", stamp.seconds, stamp.peak_memory, stamp)
        return _run(task, page, store, watch)


@contextmanager
def _hold(store: PageCache, name: str, watch: Watch) -> Iterator[bool]:
    """Wait for the page's lock, which another build may hold, unless told to stop."""
    from filelock import Timeout

    lock = store.lock(f"page-{name}")
    while not watch.stops():
        with suppress(Timeout):
            lock.acquire(timeout=0.5)
            break
    try:
        yield lock.is_locked
    finally:
        lock.release()


def _run(task: Task, page: Page, store: PageCache, watch: Watch) -> Outcome:
    started = datetime.datetime.now(datetime.UTC)
    clock = time.perf_counter()
    try:
        run, failure = _begin(task, page, watch)
    except _WarmthShowsError:
        run, failure = _begin(task, page, watch, plain=True)
    seconds = time.perf_counter() - clock
    claims, numbers = claims_of(run.notebook), numbers_of(run.notebook)
    inputs = run.inputs(began=started.timestamp())
    stamp = None
    if failure is None and task.commit:
        stamp = store.commit(
            page,
            run.notebook,
            inputs=inputs,
            seconds=round(seconds, 2),
            peak_memory=run.peak_memory,
            executed=started.isoformat(timespec="seconds"),
            claims=claims,
            numbers=numbers,
            seconds_saved=round(run.seconds_saved, 2),
        )
    return Outcome(
        page.name,
        "failed" if failure else "executed",
        seconds,
        run.peak_memory,
        stamp,
        failure,
        claims,
        numbers,
        None if task.commit else run.notebook,
        task.seed,
        task.control,
        started.isoformat(timespec="seconds"),
        tuple(run.times),
        inputs,
    )


def _begin(
    task: Task, page: Page, watch: Watch, *, plain: bool = False
) -> tuple["_Run", Failure | None]:
    """Execute the page; in a new kernel where one dies before its first reply.

    A kernel binds ports that were free when its manager looked; a program that takes one of them
    in between ends it at once.
    """
    for _ in range(STARTS):
        run = _Run(task, page, watch, plain=plain)
        failure = run.execute()
        if failure is None or failure.kind != "died" or run.answered:
            break
    return run, failure


class _WarmthShowsError(Exception):
    """The page changed a variable that the libraries of a warm kernel may have read already."""


class _Run:
    """One execution of one page, in a plain kernel or in what the press has."""

    def __init__(self, task: Task, page: Page, watch: Watch, *, plain: bool = False) -> None:
        self.task, self.page, self.watch = task, page, watch
        self.options = {"plain": True} if plain else {}
        self.family = Family()
        self.dependencies = Dependencies(Book(task.root))
        self.report: dict[str, Any] | None = None
        self.notebook = copy.deepcopy(page.notebook)
        self.total = len(page.cells)
        self.done = 0
        self.cell_index = 0
        self.peak_memory = 0
        self.seconds_saved = 0.0
        self.times: list[CellTime] = []
        self.cell_began = 0.0
        self.timed_out = False
        self.answered = False
        self.client: Any = None
        self.log: Path | None = None

    def execute(self) -> Failure | None:
        """Run the cells; return why they failed, or ``None``."""
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        if problem := machine.loopback_problem():
            return self._failure("kernel", problem, "")
        finished = threading.Event()
        guard = threading.Thread(target=self._guard, args=(finished,), daemon=True)
        try:
            self._make_client()
            guard.start()
            with self._log() as log:
                asyncio.run(self._execute_cells(log))
        except CellExecutionError as error:
            return self._cell_failure(error)
        except NoSuchKernel as error:
            return self._failure("kernel", f"there is no kernel named {error.name!r}", "")
        except (DeadKernelError, RuntimeError, TimeoutError) as error:
            return self._death(error)
        finally:
            finished.set()
            self.family.end()
        return self._failed_claim()

    def inputs(self, *, began: float) -> dict[str, Any]:
        """Return what the outputs depend on; the page is stale if the kernel did not tell."""
        own = plan.own_inputs(self.page, self.task.environment["TEXTLIB_SCALE"])
        if self.report is None:
            return own
        files = plan.files_named(self.dependencies.book, self.page)
        return {**own, **self.dependencies.listed(self.report, files, began)}

    async def _execute_cells(self, log: Any) -> None:
        given = self.task.environment
        variables = {**environment.neutral(os.environ), **given, **self.family.variables}
        await self.client.async_execute(env=variables, stdout=log, stderr=log, **self.options)

    @contextmanager
    def _log(self) -> Iterator[Any]:
        """Open the file that takes what a kernel says outside of its cells."""
        log = Book(self.task.root).press_dir / "logs" / f"{self.page.name}.log"
        paths.make_dir(log.parent)
        self.log = log
        with log.open("w", encoding="utf8") as stream:
            yield stream

    def _make_client(self) -> None:
        from nbclient import NotebookClient

        from bookpress.provisioner import PageKernelManager

        self.client = NotebookClient(
            self.notebook,
            kernel_manager_class=PageKernelManager,
            timeout=None,
            startup_timeout=STARTUP_SECONDS,
            kernel_name=self.notebook.metadata.get("kernelspec", {}).get("name", "python3"),
            allow_error_names=[CLAIM_ERROR] if self.task.keep_going else [],
            allow_errors=bool(self.task.control),  # what follows from no training may fail
            record_timing=False,
            shutdown_kernel="immediate",
            coalesce_streams=True,
            resources={"metadata": {"path": str(self.page.path.parent)}},
            on_notebook_start=self._notebook_begins,
            on_cell_execute=self._cell_begins,
            on_cell_executed=self._cell_ended,
        )

    async def _notebook_begins(self, notebook: Any) -> None:
        self.answered = True
        told = await self._ask({"begun": observer.sent(self.dependencies.settings)})
        self.report = {} if told.get("begun") else None
        if self.task.control:
            code = f"exec({CONTROL_CODE + self.task.control + '()'!r}, {{'__name__': 'controls'}})"
            reply = await self.client.kc.execute(code, silent=True, reply=True)
            if reply["content"]["status"] != "ok":
                raise RuntimeError(f"the control could not be set up: {reply['content']['evalue']}")

    def _cell_begins(self, cell: Any, cell_index: int) -> None:
        self.cell_index = cell_index
        self.cell_began = time.perf_counter()
        self.watch.report(self.page.name, self.done, self.total)

    async def _cell_ended(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        seconds = time.perf_counter() - self.cell_began
        first = cell.source.strip().partition("\n")[0]
        self.times.append(CellTime(_line(self.page, cell_index, first, ""), seconds, first))
        self.done += 1
        self.peak_memory = max(self.peak_memory, peak_memory(self._pid()))
        self.family.look(self._pid())
        told = await self._ask(AFTER_CELL)
        self.seconds_saved = told.get("seconds_saved", 0.0)
        if told.get("changed_variables") and getattr(self.client.km.provisioner, "warm", False):
            raise _WarmthShowsError
        self.report = json.loads(told["report"]) if "report" in told else None
        self._check_outputs(cell, execute_reply)
        self._check_solutions(cell)
        self.watch.report(self.page.name, self.done, self.total)

    async def _ask(self, asked: dict[str, str]) -> dict[str, Any]:
        """Return the values of expressions in the kernel, of those that it can tell."""
        values = {}
        with suppress(KeyError, RuntimeError, TimeoutError):
            reply = await self.client.kc.execute(
                "", silent=True, user_expressions=asked, reply=True, timeout=60
            )
            for name, told in reply["content"]["user_expressions"].items():
                with suppress(KeyError, ValueError, SyntaxError):
                    values[name] = ast.literal_eval(told["data"]["text/plain"])
        return values

    def _check_outputs(self, cell: Any, reply: Any) -> None:
        """Fail the page where a cell shows an error, even if the kernel says that it went well.

        IPython prints the traceback of what goes wrong while a result is drawn, and goes on.
        """
        from nbclient.exceptions import CellExecutionError

        tags = cell.metadata.get("tags") or ()
        if self.task.control or reply["content"]["status"] != "ok" or "raises-exception" in tags:
            return
        for output in cell.outputs:
            if output.output_type == "error" and output.ename not in self.client.allow_error_names:
                trace = "\n".join(output.traceback)
                raise CellExecutionError(trace, output.ename, output.evalue)

    def _check_solutions(self, cell: Any) -> None:
        """Fail the page where the answer that a solution hands in is not accepted."""
        from nbclient.exceptions import CellExecutionError

        found = (output.get("metadata", {}).get("textlib", {}) for output in cell.outputs)
        for verdict in [each["verdict"] for each in found if "verdict" in each]:
            if not (verdict["accepted"] or self.task.control or self.task.keep_going):
                said = f"its check refuses what the solution hands in: {verdict['said']}"
                raise CellExecutionError("", EXERCISE_ERROR, f"{verdict['exercise']!r}: {said}")

    def _pid(self) -> int | None:
        manager = getattr(self.client, "km", None)
        return getattr(getattr(manager, "provisioner", None), "pid", None)

    def _guard(self, finished: threading.Event) -> None:
        """Kill the kernel when the time is up or the build is stopped."""
        deadline = time.monotonic() + self.task.timeout
        while not finished.wait(0.2):
            self.timed_out = time.monotonic() > deadline
            if self.timed_out or self.watch.stops():
                self.family.end(self._pid())
                if finished.wait(1.0):
                    return

    def _cell_failure(self, error: Any) -> Failure:
        kind = "claim" if error.ename == CLAIM_ERROR else "cell"
        traceback = ""
        for output in self.notebook.cells[self.cell_index].get("outputs", []):
            if output.output_type == "error":
                traceback = ANSI.sub("", "\n".join(output.traceback))
                error = output  # what is shown: the kernel may not know the error's name
        return self._failure(kind, f"{error.ename}: {error.evalue.strip()}", traceback)

    def _death(self, problem: BaseException) -> Failure:
        if self.watch.stops():
            return self._failure("canceled", "stopped before it finished", "")
        if self.timed_out:
            limit = f"{self.task.timeout:g} s"
            advice = "Give it more with 'textlib: {timeout: SECONDS}' in its front matter"
            return self._failure("timeout", f"the page took longer than {limit}. {advice}.", "")
        message = str(problem) or type(problem).__name__
        used = f"; it had used {self.peak_memory / 2**20:.0f} MB" if self.peak_memory else ""
        died = "died" in message.lower()
        hint = "it crashed or was killed for want of memory" if died else "it did not answer"
        error_line = f"the kernel failed: {message} ({hint}{used})"
        return self._failure("died", error_line, self._last_words())

    def _last_words(self) -> str:
        """Return what the kernel's process wrote at the end, such as a fatal signal."""
        if self.log is None or not self.log.is_file():
            return ""
        lines = self.log.read_text(encoding="utf8", errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def _failed_claim(self) -> Failure | None:
        for claim in claims_of(self.notebook):
            if statements.fails(claim) and not self.task.keep_going:
                return self._failure("claim", f"claim {claim['name']!r}: {claim['sentence']}", "")
        return None

    def _failure(self, kind: str, error: str, traceback: str) -> Failure:
        cell = self.notebook.cells[self.cell_index] if self.notebook.cells else None
        started = self.done or self.total == 0 or kind in {"cell", "claim", "timeout", "died"}
        source = cell.source if cell is not None and started and cell.cell_type == "code" else ""
        line = _line(self.page, self.cell_index, source, traceback)
        return Failure(kind, error, self.page.path, line, source, traceback)


def _canceled(page: Page) -> Outcome:
    failure = Failure("canceled", "stopped before it began", page.path)
    return Outcome(page.name, "failed", failure=failure)


def _line(page: Page, index: int, source: str, traceback: str) -> int:
    """Return the line of the source file that the traceback ends in, or the cell's first."""
    if not source or index >= len(page.lines):
        return 1
    fence = page.lines[index]
    lines = page.text.splitlines()
    first = source.splitlines()[0]
    start = next((n for n in range(fence, len(lines)) if lines[n] == first), fence)
    inside = CELL_LINE.findall(traceback)
    return start + 1 + (int(inside[0]) - 1 if inside else 0)


def claims_of(notebook: Any) -> list[dict[str, Any]]:
    """Return the claims that an executed notebook checked, in order."""
    found = (output.get("metadata", {}).get("textlib", {}) for output in _outputs(notebook))
    return [dict(each["claim"]) for each in found if "claim" in each]


def numbers_of(notebook: Any) -> dict[str, str]:
    """Return the values that an executed notebook hands to its prose, as text."""
    numbers = {}
    for output in _outputs(notebook):
        glue = output.get("metadata", {}).get("scrapbook")
        if glue and glue.get("name"):
            text = output.get("data", {}).get(glue.get("mime_prefix", "") + "text/plain")
            if isinstance(text, str):
                numbers[glue["name"]] = text.strip("'")
    return numbers


def _outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])
