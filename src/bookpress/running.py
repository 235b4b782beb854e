"""How pages run, whoever asks for it: a build, a trial of claims, or a full-scale record.

Their data are fetched first; where it pays, kernels are forks of a process that has the libraries
in memory; each page then runs in a kernel of its own, here or on a cluster. What came of a page
is yielded as soon as it is there.
"""

import concurrent.futures
import contextlib
import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bookpress import environment, machine
from bookpress.book import Book, Page
from bookpress.execute import Failure, Outcome, Task, Watch, run_page
from bookpress.fork_server import HEAVY
from bookpress.plan import PageState
from bookpress.progress import Progress

PAGE_SECONDS = {"quick": 900.0, "full": 6 * 3600.0}
WARM_PAGES = 2  # from how many pages on the warm process pays
DISTRIBUTIONS = {"sklearn": "scikit-learn"}  # where a library has another name than its module
WORD = re.compile(r"\w+")
UNKNOWN_SECONDS = 30.0  # what a page that was never timed is taken to need


@dataclass(frozen=True)
class RunOptions:
    """How pages run.

    Attributes
    ----------
    jobs
        Pages at once; by default one for each processor core that this process may use.
    scale
        ``"quick"`` or ``"full"``.
    timeout
        Seconds for one page, where its front matter says nothing.
    dask
        Address of a Dask scheduler that runs the pages; its workers need the book's folder at
        the same path.
    warm
        Whether kernels may be forks of a process that has imported the libraries.
    force
        Execute fresh pages too.
    """

    jobs: int | None = None
    scale: str = "quick"
    timeout: float | None = None
    dask: str | None = None
    warm: bool = True
    force: bool = False

    def jobs_for(self, count: int) -> int:
        """Return how many of so many pages run at once."""
        return max(1, min(self.jobs or machine.cores(), count))


def tasks(
    book: Book, states: Iterable[PageState], options: RunOptions, *, jobs: int, **changes: Any
) -> list[Task]:
    """Return the tasks that run the pages of a plan, the longest first.

    Parameters
    ----------
    book
        The book.
    states
        The pages.
    options
        How they run.
    jobs
        How many run at once.
    **changes
        Fields of `Task` that differ from those of a build.
    """
    variables = environment.of_kernels(book, scale=options.scale, jobs=jobs)
    return [
        replace(
            Task(
                root=book.root,
                page=state.page.name,
                environment=variables,
                timeout=page_timeout(state.page, options),
                force=options.force,
                data=tuple(state.data),
                libraries=_libraries(state),
            ),
            **changes,
        )
        for state in sorted(states, key=expected_seconds, reverse=True)
    ]


def _libraries(state: PageState) -> tuple[str, ...]:
    """Return the heavy libraries that a page imports; guessed from its code before its first run.

    A wrong guess costs time and nothing else.
    """
    if state.libraries:
        return tuple(name for name in HEAVY if DISTRIBUTIONS.get(name, name) in state.libraries)
    words = set(WORD.findall("\n".join(cell.source for cell in state.page.cells)))
    return tuple(name for name in HEAVY if name in words)


def expected_seconds(state: PageState) -> float:
    """Return how long a page is expected to run."""
    return state.stamp.seconds if state.stamp else UNKNOWN_SECONDS


def page_timeout(page: Page, options: RunOptions) -> float:
    """Return the seconds that a page may take: option, front matter, or the scale's default."""
    return float(options.timeout or page.settings.timeout or PAGE_SECONDS[options.scale])


def run(
    book: Book,
    tasks: Sequence[Task],
    options: RunOptions,
    *,
    jobs: int,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Run pages and yield each outcome when it is there.

    After Ctrl-C the running kernels are killed and the pages that had not finished are reported
    as canceled; what finished before is stored.

    Parameters
    ----------
    book
        The book.
    tasks
        The pages, in the order in which they start.
    options
        How they run.
    jobs
        How many run at once.
    progress
        Who is told about cells and pages.
    """
    ready, missing = _with_data(tasks)
    with contextlib.ExitStack() as stack:
        folders = stack.enter_context(environment.home(book))
        ready = [replace(task, environment={**task.environment, **folders}) for task in ready]
        if len(ready) >= WARM_PAGES and options.warm and options.dask is None:
            from bookpress.provisioner import warm_kernels

            libraries = {name for task in ready for name in task.libraries}
            stack.enter_context(warm_kernels(libraries, ready[0].environment))
        ran = _run(ready, jobs=jobs, dask=options.dask, progress=progress)
        for outcome in itertools.chain(missing, ran):
            if progress is not None and outcome.kind != "canceled":
                progress.finished(outcome)
            yield outcome


def _run(
    tasks: Sequence[Task], *, jobs: int, dask: str | None, progress: Progress | None
) -> Iterator[Outcome]:
    stop = threading.Event()
    watch = Watch(progress.cell if progress else Watch.report, stop.is_set)
    with _executor(jobs, dask, watch) as submit:
        waiting = {submit(task): task for task in tasks}
        try:
            while waiting:
                done, _ = concurrent.futures.wait(
                    waiting, timeout=0.5, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    yield _outcome(future, waiting.pop(future))
        except KeyboardInterrupt:
            stop.set()
            for future, task in waiting.items():
                future.cancel()
                yield _failed(task, "canceled", "stopped before it finished")
        finally:
            stop.set()


Submit = Callable[[Task], "concurrent.futures.Future[Outcome]"]


@contextlib.contextmanager
def _executor(jobs: int, dask: str | None, watch: Watch) -> Iterator[Submit]:
    """Give what submits a task, here or to a cluster."""
    if dask is not None:
        from bookpress.cluster import connected, run_on_worker

        with connected(dask) as cluster:
            yield lambda task: cluster.submit(run_on_worker, task)
    else:
        with concurrent.futures.ThreadPoolExecutor(jobs, thread_name_prefix="page") as pool:
            yield lambda task: pool.submit(run_page, task, watch)


def _outcome(future: "concurrent.futures.Future[Outcome]", task: Task) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the machinery failed, not the page: still only this page fails
        return _failed(task, "press", f"{type(error).__name__}: {error}")


def _failed(task: Task, kind: str, message: str) -> Outcome:
    path = Book(task.root).select((task.page,))[0].path
    return Outcome(task.page, "failed", failure=Failure(kind, message, path), seed=task.seed)


def _with_data(tasks: Iterable[Task]) -> tuple[list[Task], list[Outcome]]:
    """Fetch the data of pages; return the pages that can run, and the others as failed."""
    problems: dict[str, str] = {}
    ready, missing = [], []
    for task in tasks:
        for name in task.data:
            if name not in problems:
                problems[name] = _fetch(name)
        lacking = [name for name in task.data if problems[name]]
        if lacking:
            message = f"its data {', '.join(lacking)} cannot be had: {problems[lacking[0]]}"
            missing.append(_failed(task, "data", message))
        else:
            ready.append(task)
    return ready, missing


def _fetch(name: str) -> str:
    """Make sure that a dataset is on this machine; return what is wrong, or ``""``."""
    from textlib import datasets

    try:
        datasets.fetch(name)
    except Exception as error:
        return str(error) or type(error).__name__
    return ""
