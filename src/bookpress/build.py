"""Make the book: plan, execute, publish.

``build`` ties the other modules together and owns nothing of their work. Its result says what
happened to every page; the command turns that into text and an exit code.
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass, field

from rich.console import Console

from bookpress import checks, notebooks, parsed, report, running
from bookpress import plan as planning
from bookpress import progress as display
from bookpress.book import Book
from bookpress.checks import Problem
from bookpress.execute import Outcome
from bookpress.plan import PageState
from bookpress.publish import Published, SphinxProcess, changed, publish


@dataclass(frozen=True)
class Options(running.RunOptions):
    """What a build is asked for, and how its pages run.

    Attributes
    ----------
    pages
        Words that name pages; all pages if empty.
    publish
        Whether to make the site.
    strict
        Whether warnings of Sphinx are errors; by default if the whole book is built.
    """

    pages: tuple[str, ...] = ()
    publish: bool = True
    strict: bool | None = None

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
    pages = book.select(options.pages)
    # What publishes gets ready during the plan, if that is all there is to do.
    with SphinxProcess(book) if options.publish and changed(book) else nullcontext() as sphinx:
        parsed.load(book)
        states = planning.make(book, pages, scale=options.scale)
        result = Result(states)
        stale = [state for state in states if options.force or not state.fresh]
        console.print(f"{len(states)} pages with code, {len(stale)} to execute.")
        if stale:
            if sphinx:
                sphinx.close()
            notebooks.verify(book, [state.page for state in stale])
            _execute(book, options, stale, result, console)
        result.seconds = time.perf_counter() - begun
        _report(book, options, result)
        if options.publish and not result.failures and not result.interrupted:
            console.print("Publishing ...")
            result.published = publish(
                book, strict=options.warnings_fail, sphinx=None if stale else sphinx
            )
            if options.warnings_fail:
                result.problems = checks.of_book(book)
    result.seconds = time.perf_counter() - begun
    return result


def _report(book: Book, options: Options, result: Result) -> None:
    """Write the report on all pages, also those that the build was not asked for."""
    states = result.states
    if options.pages:
        states = planning.make(book, book.pages, scale=options.scale)
    report.write(book, states, result.outcomes, scale=options.scale, seconds=result.seconds)


def _execute(
    book: Book, options: Options, stale: list[PageState], result: Result, console: Console
) -> None:
    jobs = options.jobs_for(len(stale))
    tasks = running.tasks(book, stale, options, jobs=jobs)
    expected = {state.page.name: running.expected_seconds(state) for state in stale}
    with display.choose(console, expected, jobs) as progress:
        for outcome in running.run(book, tasks, options, jobs=jobs, progress=progress):
            result.outcomes[outcome.page] = outcome
    result.interrupted = any(outcome.kind == "canceled" for outcome in result.failures)
