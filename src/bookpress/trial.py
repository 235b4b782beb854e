"""Run pages on the side: other seeds, other scales, control experiments, outputs not stored.

Authors test with it whether a claim holds on several seeds before they choose its margin, and
whether it fails where nothing was trained.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bookpress import claim_checks, plan
from bookpress.book import Book
from bookpress.execute import Outcome, Task
from bookpress.running import RunOptions, run, tasks

SEED_STEP = 1000  # so that the seeds 0, 1, 2 of a page do not come again in its next trial


def trials(
    book: Book,
    pages: tuple[str, ...],
    options: RunOptions,
    *,
    seeds: int = 3,
    controls: tuple[str, ...] = (),
    runs: Path | None = None,
) -> Iterator[Outcome]:
    """Yield the outcome of each page on each seed and under each control, as they come.

    One page after the other, so that what came of the first can be kept when a later one is
    stopped. A failed claim does not stop its page, so that one run shows all that fail.

    Parameters
    ----------
    book
        The book.
    pages
        Words that name pages.
    options
        How they run.
    seeds
        How many seed offsets: 0, and multiples of `SEED_STEP`.
    controls
        Some of `controls.CONTROLS`; each runs on the first seed, with an empty run store, if it
        can change anything on the page.
    runs
        A folder to use as the run store instead of the book's.
    """
    states = plan.of_code(book, pages, scale=options.scale)
    jobs = options.jobs_for(len(states) * (seeds + len(controls)))
    plain = tasks(book, states, options, jobs=jobs, commit=False, keep_going=True)
    with TemporaryDirectory(prefix="textlib-runs-") as empty:
        found = []
        for task in plain:
            usable = claim_checks.controls_for(book.select((task.page,))[0])
            found += [_changed(task, runs, seed=seed) for seed in range(seeds)]
            found += [
                _changed(task, Path(empty, control), seed=0, control=control)
                for control in controls
                if control in usable
            ]
        yield from run(book, found, options, jobs=jobs)


def _changed(task: Task, runs: Path | None, *, seed: int, control: str = "") -> Task:
    """Return the task with another seed, another run store, or as a control."""
    variables = {**task.environment, "TEXTLIB_SEED_OFFSET": str(SEED_STEP * seed)}
    if runs is not None:
        variables["TEXTLIB_RUNS"] = str(runs)
    return replace(task, environment=variables, seed=seed, control=control)
