"""Run pages on the side: other seeds, other scales, outputs not stored.

Authors test with it whether a claim holds on several seeds before they choose its margin.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bookpress import plan
from bookpress.book import Book
from bookpress.build import Options, cores, run, task_of
from bookpress.execute import Outcome


def trials(
    book: Book,
    pages: tuple[str, ...],
    *,
    seeds: int = 3,
    jobs: int | None = None,
    scale: str = "quick",
    timeout: float | None = None,
    runs: Path | None = None,
) -> Iterator[tuple[int, Outcome]]:
    """Yield ``(seed offset, outcome)`` for each page on each seed, in order of completion.

    A failed claim does not stop its page, so that one run shows all that fail.

    Parameters
    ----------
    book
        The book.
    pages
        Words that name pages.
    seeds
        How many seed offsets: 0, 1, 2, and so on.
    jobs
        Pages at once.
    scale
        ``"quick"`` or ``"full"``.
    timeout
        Seconds for one run of one page.
    runs
        A folder to use as the run store instead of the book's.
    """
    states = plan.make(book, book.select(pages), scale=scale)
    count = max(1, min(jobs or cores(), len(states) * seeds))
    options = Options(scale=scale, timeout=timeout)
    tasks = []
    for state in states:
        for seed in range(seeds):
            task = task_of(book, state, options, jobs=count)
            environment = {**task.environment, "TEXTLIB_SEED_OFFSET": str(seed)}
            if runs is not None:
                environment["TEXTLIB_RUNS"] = str(runs)
            tasks.append(
                replace(task, environment=environment, commit=False, keep_going=True, seed=seed)
            )
    for outcome in run(tasks, jobs=count):
        yield outcome.seed, outcome
