"""What the terminal shows while pages run."""

import io
from pathlib import Path

from rich.console import Console

from bookpress import progress
from bookpress.execute import Failure, Outcome


def console(*, terminal):
    """Return a console that writes into a string."""
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def test_a_log_gets_one_line_when_a_page_begins_and_one_when_it_ends():
    log = console(terminal=False)
    with progress.choose(log, {"a": 0.0, "b": 0.0}, 2) as shown:
        assert isinstance(shown, progress.LineProgress)
        for done in range(3):
            shown.cell("a", done, 3)
        shown.finished(Outcome("a", "executed", 2.0, 100 * 2**20, claims=[{"holds": True}]))
        failure = Failure("cell", "ValueError: no\nmore", Path("b.md"))
        shown.finished(Outcome("b", "failed", failure=failure))
    assert log.file.getvalue().splitlines() == [
        "start  a (3 cells)",
        "[1/2] done   a 2.0 s, 100 MB, 1 claims hold",
        "[2/2] FAILED b: ValueError: no",
    ]


def test_a_terminal_shows_running_pages_and_the_time_left(monkeypatch):
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    live = progress.choose(console(terminal=True), {"a": 60.0, "b": 90.0, "c": 30.0}, 2)
    assert isinstance(live, progress.LiveProgress)
    live.cell("a", 0, 4)
    now = 120.0
    live.cell("b", 2, 4)
    shown = console(terminal=False)
    shown.print(live._draw())
    lines = shown.file.getvalue().splitlines()
    assert lines[0].split() == ["a", "cell", "1/4", "0:20"]
    assert lines[1].split() == ["b", "cell", "3/4", "0:00"]
    # Left: 40 s of a, 90 s of b, 30 s of c, two at a time, and b alone takes 90 s.
    assert lines[2].split() == ["0/3", "pages", "about", "1:30", "left"]


def test_a_page_that_is_done_leaves_the_estimate():
    live = progress.LiveProgress(console(terminal=True), {"a": 60.0, "b": 20.0}, 1)
    live.finished(Outcome("a", "executed", 61.0))
    assert live._time_left() == 20.0
