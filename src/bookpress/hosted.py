"""Do the notebooks run where readers open them? Each from its first cell, in as little memory.

An environment is made of what a hosted service has (``hosted/colab.txt``), without the book's
package. Every notebook gets a layer of its own on it, as it gets a machine of its own there; its
first cell installs the package, from a wheel of these sources, with all that it lacks.
"""

import hashlib
import os
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from bookpress import archive, notebooks, pins
from bookpress.book import Book, BookError
from textlib import paths

CONSTRAINTS = "hosted/colab.txt"
MEMORY_MB = 2048
LOOKS = 0.1  # seconds between two looks at the memory
CELL_SECONDS = 900


@dataclass(frozen=True)
class Ran:
    """How a notebook went: its page, seconds, peak memory in bytes, and what stopped it."""

    page: str
    seconds: float
    peak: int
    error: str = ""


def run(
    book: Book, pages: Sequence[str], *, constraints: Path, memory: int = MEMORY_MB
) -> Iterator[Ran]:
    """Execute the notebooks of pages as a hosted machine does, one after the other.

    Parameters
    ----------
    book
        The book.
    pages
        Names of pages; without any, all.
    constraints
        What the machine has, as requirements with versions.
    memory
        Megabytes that a notebook's processes may hold together.

    Raises
    ------
    BookError
        If the environment or the wheel cannot be made.
    """
    folder = paths.make_dir(book.build_dir / "hosted")
    base = _base(folder, constraints)
    written = notebooks.write(
        book, package=str(archive.wheel(book.root, folder)), folder=folder / "pages"
    )
    wanted = {page.name for page in book.select(tuple(pages)) if page.executes}
    for path in written:
        name = path.relative_to(folder / "pages").with_suffix("").as_posix()
        if name in wanted:
            with TemporaryDirectory(prefix="hosted-") as layer:
                yield _run(name, path, _layer(base, Path(layer)), memory * 2**20)


# The machine -------------------------------------------------------------------------------------


def _base(folder: Path, constraints: Path) -> Path:
    """Return the environment that has what the service has; it is made once for each list."""
    if not constraints.is_file():
        raise BookError(f"there is no {constraints}; name what the machine has, as requirements.")
    digest = hashlib.sha256(constraints.read_bytes()).hexdigest()[:12]
    base = folder / f"{constraints.stem}-{digest}"
    if not (base / "ready").is_file():
        _do([_uv(), "venv", "--quiet", "--clear", "--python", pins.PYTHON, str(base)], folder)
        install = [_uv(), "pip", "install", "--quiet", "--python", str(base / "bin/python")]
        _do([*install, "pip", "-r", str(constraints.resolve())], folder)
        (base / "ready").touch()
    return base


def _layer(base: Path, folder: Path) -> Path:
    """Make an environment on top of another: what is installed into it stays in it."""
    layer = folder / "layer"
    _do([_uv(), "venv", "--quiet", "--python", str(base / "bin/python"), str(layer)], folder)
    (below,) = base.glob("lib/python*/site-packages")
    (own,) = layer.glob("lib/python*/site-packages")
    (own / "below.pth").write_text(f"{below.resolve()}\n", encoding="utf8")
    return layer / "bin/python"


def _uv() -> str:
    return str(Path(sysconfig.get_path("scripts"), "uv"))


def _do(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BookError(f"{command[0]} is not there; run 'make setup'.") from error
    if done.returncode:
        raise BookError(f"{' '.join(command[:3])} ... failed: {done.stderr.strip()[-2000:]}")


# A notebook --------------------------------------------------------------------------------------


@dataclass
class Watch:
    """The memory that the processes below this one hold together, and whether it was too much."""

    limit: int
    peak: int = 0
    exceeded: bool = False
    _done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again, and end the processes when they hold more than the limit."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _look(self) -> None:
        while not self._done.wait(LOOKS):
            processes = psutil.Process().children(recursive=True)
            self.peak = max(self.peak, sum(map(_resident, processes)))
            if self.peak > self.limit:
                self.exceeded = True
                for process in processes:
                    with suppress(psutil.Error):
                        process.kill()


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _run(name: str, path: Path, python: Path, memory: int) -> Ran:
    """Execute a notebook in a kernel of an environment."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal

    notebook = nbformat.read(str(path), as_version=4)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    watch, begun, error = Watch(memory), time.perf_counter(), ""
    with TemporaryDirectory(prefix="notebook-") as place, watch.watching():
        client = NotebookClient(
            notebook,
            km=_kernel(python),
            timeout=CELL_SECONDS,
            resources={"metadata": {"path": place}},
        )
        try:
            silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            client.execute(env={**kept, "VIRTUAL_ENV": str(python.parents[1])}, **silent)
        except (CellControlSignal, RuntimeError) as failure:
            error = str(failure).strip()
    if watch.exceeded:
        error = f"held more than {memory // 2**20} MB"
    return Ran(name, time.perf_counter() - begun, watch.peak, error)


def _kernel(python: Path) -> Any:
    """Return a manager of kernels that run in an environment, whatever is installed here."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(argv=command)
    return manager
