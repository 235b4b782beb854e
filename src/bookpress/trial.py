"""Run pages on the side: other seeds, other scales, outputs not stored.

Authors test with it whether a claim holds on several seeds before they choose its margin.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bookpress import plan
from bookpress.book import Book
from bookpress.execute import Outcome
from bookpress.running import RunOptions, run, tasks


def trials(
    book: Book,
    pages: tuple[str, ...],
    options: RunOptions,
    *,
    seeds: int = 3,
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
    options
        How they run.
    seeds
        How many seed offsets: 0, 1, 2, and so on.
    runs
        A folder to use as the run store instead of the book's.
    """
    states = plan.of_code(book, pages, scale=options.scale)
    jobs = options.jobs_for(len(states) * seeds)
    found = []
    for seed in range(seeds):
        for task in tasks(book, states, options, jobs=jobs, commit=False, keep_going=True):
            variables = {**task.environment, "TEXTLIB_SEED_OFFSET": str(seed)}
            if runs is not None:
                variables["TEXTLIB_RUNS"] = str(runs)
            found.append(replace(task, environment=variables, seed=seed))
    for outcome in run(book, found, options, jobs=jobs):
        yield outcome.seed, outcome
