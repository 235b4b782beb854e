"""The processes of a page: its kernel and all that its cells have started, to the last one."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "BOOKPRESS_RUN"
ROUNDS = 10  # a process may start another while the first ones are ended


class Family:
    """The processes of one execution of one page.

    They are known as descendants of the kernel, and by a variable that they inherit: so also
    those count that began a session of their own, or whose parent has ended.

    Attributes
    ----------
    variables
        What the kernel's environment needs in addition.
    """

    def __init__(self) -> None:
        self.variables = {MARK: uuid.uuid4().hex}
        self._known: set[psutil.Process] = set()

    def look(self, pid: int | None) -> None:
        """Note what a kernel has started up to now."""
        with suppress(psutil.Error):
            if pid is not None:
                self._known.update(psutil.Process(pid).children(recursive=True))

    def end(self, pid: int | None = None) -> None:
        """Kill the kernel, if its number is given, and everything that it started."""
        with suppress(psutil.Error):
            if pid is not None:
                self.look(pid)
                self._known.add(psutil.Process(pid))
        for _ in range(ROUNDS):
            self._known.update(self._marked())
            for process in self._known:
                with suppress(psutil.Error):
                    process.kill()
            self._known.clear()
            if not any(True for _ in self._marked()):
                return

    def _marked(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                marked = process.environ().get(MARK) == self.variables[MARK]
                if marked and process.status() != psutil.STATUS_ZOMBIE:
                    yield process


def peak_memory(pid: int | None) -> int:
    """Return the largest resident memory that a process has had, in bytes; 0 if unknown."""
    if pid is None:
        return 0
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
