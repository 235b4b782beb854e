"""What the reader of the terminal sees while pages execute.

On a terminal: the running pages with their cells and elapsed time, how many are done, and the time
left, estimated from recorded durations. Elsewhere (a log, CI): one plain line for each event.
"""

import threading
import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bookpress.execute import Outcome


class LineProgress:
    """One line when a page begins, one when it ends."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total = console, total
        self._begun: set[str] = set()
        self._done = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def cell(self, page: str, done: int, total: int) -> None:
        """Say that a page has begun, once."""
        with self._lock:
            if page not in self._begun:
                self._begun.add(page)
                self._console.print(f"start  {page} ({total} cells)")

    def finished(self, outcome: Outcome) -> None:
        """Say how a page ended."""
        with self._lock:
            self._done += 1
            self._console.print(f"[{self._done}/{self._total}] {describe(outcome)}")


class LiveProgress:
    """A table that is drawn anew four times a second."""

    def __init__(self, console: Console, expected: dict[str, float], jobs: int) -> None:
        self._console, self._expected, self._jobs = console, dict(expected), jobs
        self._total = len(expected)
        self._running: dict[str, tuple[float, int, int]] = {}
        self._done = 0
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def cell(self, page: str, done: int, total: int) -> None:
        """Note how far a page is."""
        with self._lock:
            begun = self._running.get(page, (time.monotonic(), 0, 0))[0]
            self._running[page] = (begun, done, total)

    def finished(self, outcome: Outcome) -> None:
        """Drop a page from the table and print how it ended."""
        with self._lock:
            self._done += 1
            self._running.pop(outcome.page, None)
            self._expected.pop(outcome.page, None)
        self._live.console.print(describe(outcome))

    def _draw(self) -> Table:
        table = Table.grid(padding=(0, 2))
        with self._lock:
            for page, (begun, done, total) in sorted(self._running.items()):
                elapsed = clock(time.monotonic() - begun)
                table.add_row(f"  {page}", f"cell {min(done + 1, total)}/{total}", elapsed)
            left = self._time_left()
            about = f"about {clock(left)} left" if left else ""
            table.add_row(Text(f"{self._done}/{self._total} pages", "bold"), "", about)
        return table

    def _time_left(self) -> float:
        """Return the estimate of what is left; 0 if the pages were never timed."""
        now = time.monotonic()
        left = []
        for page, seconds in self._expected.items():
            begun = self._running.get(page, (now, 0, 0))[0]
            left.append(max(seconds - (now - begun), 0.0))
        return max(sum(left) / self._jobs, max(left, default=0.0))


Progress = LineProgress | LiveProgress


def choose(console: Console, expected: dict[str, float], jobs: int) -> Progress:
    """Return a live display on a terminal, plain lines elsewhere.

    Parameters
    ----------
    console
        Where to write.
    expected
        Seconds that each page is expected to take; zero where nothing is known.
    jobs
        How many pages run at once.
    """
    if console.is_terminal:
        return LiveProgress(console, expected, jobs)
    return LineProgress(console, len(expected))


def describe(outcome: Outcome) -> str:
    """Return one line about a finished page."""
    if outcome.failure is not None:
        return f"FAILED {outcome.page}: {outcome.failure.error.splitlines()[0]}"
    if outcome.state == "cached":
        return f"cached {outcome.page} (by another build)"
    memory = f", {outcome.peak_memory / 2**20:.0f} MB" if outcome.peak_memory else ""
    claims = f", {len(outcome.claims)} claims hold" if outcome.claims else ""
    return f"done   {outcome.page} {outcome.seconds:.1f} s{memory}{claims}"


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds.

    Examples
    --------
    >>> clock(83)
    '1:23'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
