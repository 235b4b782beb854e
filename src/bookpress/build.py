"""Make the book: plan, fetch, execute, publish.

``build`` ties the other modules together and owns nothing of their work. Its result says what
happened to every page; the command turns that into text and an exit code.
"""

import concurrent.futures
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from bookpress import checks
from bookpress import plan as planning
from bookpress import progress as display
from bookpress.book import Book, Page
from bookpress.checks import Problem
from bookpress.execute import Failure, Outcome, Task, Watch, run_page
from bookpress.plan import PageState
from bookpress.publish import Published, forget, publish

PAGE_SECONDS = {"quick": 900.0, "full": 6 * 3600.0}
WARM_PAGES = 2  # from how many pages on the warm process pays
BACKEND = "module://matplotlib_inline.backend_inline"  # figures go into the page, always
UNKNOWN_SECONDS = 30.0  # what a page that was never timed is taken to need


@dataclass(frozen=True)
class Options:
    """What a build is asked for.

    Attributes
    ----------
    pages
        Words that name pages; all pages if empty.
    jobs
        Pages at once; by default one for each processor core that this process may use.
    scale
        ``"quick"`` or ``"full"``.
    publish
        Whether to make the site.
    strict
        Whether warnings of Sphinx are errors; by default if the whole book is built.
    force
        Execute fresh pages too.
    timeout
        Seconds for one page, where its front matter says nothing.
    dask
        Address of a Dask scheduler that runs the pages.
    warm
        Whether kernels may be forks of a process that has imported the libraries.
    """

    pages: tuple[str, ...] = ()
    jobs: int | None = None
    scale: str = "quick"
    publish: bool = True
    strict: bool | None = None
    force: bool = False
    timeout: float | None = None
    dask: str | None = None
    warm: bool = True

    @property
    def warnings_fail(self) -> bool:
        """Whether warnings are errors in this build."""
        return not self.pages if self.strict is None else self.strict


@dataclass
class Result:
    """What a build did.

    Attributes
    ----------
    states
        The plan: one state for each page with code, as it was before the build.
    outcomes
        What came of each page that was not fresh.
    published
        What came of publishing; ``None`` if it was not tried.
    problems
        What the checks found on the published pages, where warnings are errors.
    seconds
        Wall time of the whole build.
    interrupted
        Whether Ctrl-C ended it.
    """

    states: list[PageState]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    published: Published | None = None
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def failures(self) -> list[Outcome]:
        """The pages that failed."""
        return [outcome for outcome in self.outcomes.values() if outcome.failure]

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for is there."""
        published = self.published is None or self.published.ok
        return published and not (self.failures or self.problems or self.interrupted)


def build(book: Book, options: Options, console: Console) -> Result:
    """Make the book, or some of its pages.

    Parameters
    ----------
    book
        The book.
    options
        What to make.
    console
        Where progress goes.
    """
    begun = time.perf_counter()
    states = planning.make(book, book.select(options.pages), scale=options.scale)
    result = Result(states)
    stale = [state for state in states if options.force or not state.fresh]
    console.print(f"{len(states)} pages with code, {len(stale)} to execute.", highlight=False)
    if stale:
        _execute(book, options, stale, result, console)
    result.seconds = time.perf_counter() - begun
    _report(book, options, result)
    if options.publish and not result.failures and not result.interrupted:
        console.print("Publishing ...", highlight=False)
        result.published = publish(book, strict=options.warnings_fail)
        if options.warnings_fail and not result.published.skipped:
            result.problems = checks.of_book(book)
            if result.problems:
                forget(book)
    result.seconds = time.perf_counter() - begun
    return result


def _report(book: Book, options: Options, result: Result) -> None:
    """Write the report on all pages, also those that the build was not asked for."""
    from bookpress import report

    states = result.states
    if options.pages:
        states = planning.make(book, book.pages, scale=options.scale)
    report.write(book, states, result, scale=options.scale)


def _execute(
    book: Book, options: Options, stale: list[PageState], result: Result, console: Console
) -> None:
    ready, missing = _with_data(stale, console)
    result.outcomes.update({outcome.page: outcome for outcome in missing})
    jobs = max(1, min(options.jobs or cores(), len(ready) or 1))
    tasks = [task_of(book, state, options, jobs=jobs) for state in longest_first(ready)]
    expected = {state.page.name: _expected(state) for state in ready}
    with contextlib.ExitStack() as stack:
        if len(tasks) >= WARM_PAGES and options.warm and options.dask is None:
            from bookpress.provisioner import warm_kernels

            libraries = {name for state in ready for name in state.uses.libraries}
            stack.enter_context(warm_kernels(libraries, tasks[0].environment))
        progress = stack.enter_context(display.choose(console, expected, jobs))
        for outcome in run(tasks, jobs=jobs, dask=options.dask, progress=progress):
            result.outcomes[outcome.page] = outcome
    kinds = {outcome.failure.kind for outcome in result.failures if outcome.failure}
    result.interrupted = "canceled" in kinds


def run(
    tasks: Sequence[Task],
    *,
    jobs: int,
    dask: str | None = None,
    progress: display.Progress | None = None,
) -> Iterable[Outcome]:
    """Run pages and yield each outcome when it is there.

    Each page runs in a kernel process of its own; the executor here only watches over them. After
    Ctrl-C the running kernels are killed and the pages that had not finished are reported as
    canceled; what finished before is stored.

    Parameters
    ----------
    tasks
        The pages, in the order in which they start.
    jobs
        How many run at once.
    dask
        Address of a Dask scheduler; its workers need the book's folder at the same path.
    progress
        Who is told about cells and pages.
    """
    stop = threading.Event()
    watch = Watch(progress.cell if progress else Watch.report, stop)
    submit, close = _executor(jobs, dask, watch)
    waiting = {submit(task): task for task in tasks}
    try:
        while waiting:
            done, _ = concurrent.futures.wait(
                waiting, timeout=0.5, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in done:
                outcome = _outcome(future, waiting.pop(future))
                if progress:
                    progress.finished(outcome)
                yield outcome
    except KeyboardInterrupt:
        stop.set()
        for future, task in waiting.items():
            future.cancel()
            yield _stopped(task)
    finally:
        stop.set()
        close()


Submit = Callable[[Task], "concurrent.futures.Future[Outcome]"]


def _executor(jobs: int, dask: str | None, watch: Watch) -> tuple[Submit, Callable[[], None]]:
    """Return how to submit a task, and what to call at the end."""
    if dask is not None:
        from bookpress.cluster import connect

        cluster = connect(dask)
        return (lambda task: cluster.submit(run_page, task)), cluster.shutdown
    pool = concurrent.futures.ThreadPoolExecutor(jobs, thread_name_prefix="page")
    return (lambda task: pool.submit(run_page, task, watch)), pool.shutdown


def _outcome(future: "concurrent.futures.Future[Outcome]", task: Task) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the machinery failed, not the page: still only this page fails
        path = Path(task.root) / task.page
        message = f"{type(error).__name__}: {error}"
        return Outcome(task.page, "failed", failure=Failure("press", message, path))


def _stopped(task: Task) -> Outcome:
    failure = Failure("canceled", "stopped before it finished", Path(task.root) / task.page)
    return Outcome(task.page, "failed", failure=failure)


def task_of(book: Book, state: PageState, options: Options, *, jobs: int) -> Task:
    """Return the task that runs one page of a plan."""
    return Task(
        root=book.root,
        page=state.page.name,
        key=state.key,
        inputs=state.inputs,
        environment=environment(book, scale=options.scale, jobs=jobs),
        timeout=page_timeout(state.page, options),
        force=options.force,
    )


def page_timeout(page: Page, options: Options) -> float:
    """Return the seconds that a page may take: option, front matter, or the scale's default."""
    if options.timeout:
        return options.timeout
    return page.settings.timeout or PAGE_SECONDS[options.scale]


def environment(book: Book, *, scale: str, jobs: int) -> dict[str, str]:
    """Return the variables that every kernel of a build gets.

    The threads of the machine are shared out, so that pages that run side by side do not slow
    each other down. Hashes of strings are fixed, so that sets come in the same order each time.
    """
    threads = str(max(1, cores() // jobs))
    source = book.root / "src"
    search = [str(source)] if source.is_dir() else []
    search += [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    names = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
    return {
        **{f"{name}_NUM_THREADS": threads for name in names},
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": "1" if threads == "1" else "2",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": BACKEND,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(search),
        "TEXTLIB_RUNS": str(book.runs_dir),
        "TEXTLIB_SCALE": scale,
        "TEXTLIB_SEED_OFFSET": "0",
    }


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def longest_first(states: Iterable[PageState]) -> list[PageState]:
    """Return pages in the order in which to start them: the longest first."""
    return sorted(states, key=_expected, reverse=True)


def _expected(state: PageState) -> float:
    return state.stamp.seconds if state.stamp else UNKNOWN_SECONDS


def _with_data(states: list[PageState], console: Console) -> tuple[list[PageState], list[Outcome]]:
    """Fetch the data of the pages; return the pages that can run, and the others as failed."""
    problems: dict[str, str] = {}
    for name in dict.fromkeys(name for state in states for name in _data(state)):
        problem = _fetch(name)
        if problem:
            problems[name] = problem
            console.print(f"Data {name}: {problem}", markup=False, highlight=False)
    ready, missing = [], []
    for state in states:
        lacking = [name for name in _data(state) if name in problems]
        if lacking:
            message = f"its data {', '.join(lacking)} cannot be had: {problems[lacking[0]]}"
            failure = Failure("data", message, state.page.path)
            missing.append(Outcome(state.page.name, "failed", failure=failure))
        else:
            ready.append(state)
    return ready, missing


def _data(state: PageState) -> list[str]:
    return sorted({*state.page.settings.data, *state.uses.data})


def _fetch(name: str) -> str:
    """Make sure that a dataset is on this machine; return what is wrong, or ``""``."""
    from textlib import datasets

    fetch: Any = getattr(datasets, "fetch", None) or datasets.load
    try:
        fetch(name)
    except Exception as error:
        return str(error) or type(error).__name__
    return ""
