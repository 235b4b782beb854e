"""Hand the executed book to Jupyter Book.

Publishing runs in a process of its own (`bookpress.sphinx_process`). The site's addresses are
those of the pages (``vision/convnets.html``): the source folder is ``book/``, although
``_config.yml`` and ``_toc.yml`` name files from the root, so that a plain ``jupyter-book build .``
works as well.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import textlib
from bookpress import edition, notebooks, parsed, takeaway
from bookpress.book import Book
from bookpress.files import facts, read_json, write_json
from bookpress.machine import installed
from bookpress.page_cache import PageCache
from textlib import paths

NOTE = "note for the author: "  # begins a line of the log that the build shows
LOST_CELL = "[mystnb.nbcell]"  # ends a warning: a code cell is left out of its page
CLOSE_SECONDS = 10.0
MADE = {"_build", "__pycache__", ".venv"}  # folders of what is made from the sources


@dataclass(frozen=True)
class Published:
    """What came of publishing.

    Attributes
    ----------
    ok
        Whether the site is there and, if warnings count as errors, without warnings.
    index
        Its first page.
    warnings
        What Sphinx complained about in this build and, where that fails the build, in earlier
        ones of pages that it left alone.
    skipped
        Whether nothing had changed since the last time.
    log
        File with everything that Sphinx said.
    notes
        What the author should know although nothing is wrong, such as demos that stay static.
    """

    ok: bool
    index: Path
    warnings: tuple[str, ...]
    skipped: bool
    log: Path
    notes: tuple[str, ...] = ()


class Answer(NamedTuple):
    """How a build of Sphinx went: well or not, all that is to be said of the book, what is new."""

    ok: bool
    said: list[str]
    new: list[str]


class SphinxProcess:
    """A process that publishes a book; as a context, it ends with it.

    Parameters
    ----------
    book
        The book.
    fresh
        Whether to read every page anew.
    """

    def __init__(self, book: Book, *, fresh: bool = False) -> None:
        command = [sys.executable, "-m", "bookpress.sphinx_process", str(book.root)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
        self._asked = False
        paths.make_dir(book.press_dir)
        with log_of(book).open("a", encoding="utf8") as log:
            self._process = subprocess.Popen(
                command + ["--fresh"] * fresh,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf8",
                env=environment,
                cwd=book.root,
            )

    def __enter__(self) -> "SphinxProcess":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def ask(self) -> None:
        """Have what changed published."""
        self._asked = True
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("build\n")
            self._process.stdin.flush()

    def answer(self, written: Callable[[list[str]], None] = lambda pages: None) -> Answer:
        """Wait until all is published.

        Parameters
        ----------
        written
            Called with the names of edited pages as soon as their text is published.
        """
        assert self._process.stdout
        for line in self._process.stdout:
            answer = json.loads(line)
            if "written" in answer:
                written(answer["written"])
            elif "error" in answer:
                return Answer(False, [answer["error"]], [answer["error"]])
            else:
                return Answer(True, answer["said"], answer["new"])
        message = "The publishing process ended before it was done."
        return Answer(False, [message], [message])

    @property
    def alive(self) -> bool:
        """Whether the process can be asked again."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process; once it has built, let it end those that extensions started."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_SECONDS if self._asked else 0)
        self._process.kill()
        self._process.wait()


def publish(
    book: Book,
    *,
    strict: bool,
    sphinx: SphinxProcess | None = None,
    written: Callable[[list[str]], None] = lambda pages: None,
) -> Published:
    """Publish the book with what the store holds.

    Parameters
    ----------
    book
        The book.
    strict
        Whether warnings are errors.
    sphinx
        The process that publishes; a new one by default.
    written
        Called with the names of edited pages as soon as their text is published.
    """
    index = book.html_dir / "index.html"
    with PageCache(book).lock("publish"):
        made_from, before = _fingerprint(book), _mark(book)
        skipped = index.is_file() and before.get("parts") == made_from
        if skipped:
            answer = Answer(True, before["said"], [])
        else:
            _mark_path(book).unlink(missing_ok=True)
            log_of(book).write_bytes(b"")
            with contextlib.nullcontext(sphinx) if sphinx else SphinxProcess(book) as process:
                answer = _side_by_side(book, process, written)
            if answer.ok and index.is_file():
                write_json(_mark_path(book), {"parts": made_from, "said": answer.said})
    notes = tuple(line.removeprefix(NOTE) for line in answer.said if line.startswith(NOTE))
    failing = [line for line in answer.said if strict or line.endswith(LOST_CELL)]
    shown = dict.fromkeys(line for line in (*answer.new, *failing) if not line.startswith(NOTE))
    failing = [line for line in failing if not line.startswith(NOTE)]
    ok = answer.ok and index.is_file() and not failing
    return Published(ok, index, tuple(shown), skipped, log_of(book), notes)


def changed(book: Book) -> bool:
    """Tell whether there is something to publish, outputs of pages that will run left aside."""
    return _mark(book).get("parts") != _fingerprint(book)


def _side_by_side(
    book: Book, process: SphinxProcess, written: Callable[[list[str]], None]
) -> Answer:
    """Make the notebooks while Sphinx makes the pages; return what came of these."""
    process.ask()
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(_publish_notebooks, book)
        answer = process.answer(written)
        made.result()
    return answer


def log_of(book: Book) -> Path:
    """Return the file with everything that Sphinx said last time."""
    return book.press_dir / "publish.log"


def inputs(book: Book) -> Iterator[Path]:
    """Yield the files that the site is made from, in the book and in the packages."""
    yield from (book.root / "_config.yml", book.root / "_toc.yml")
    yield from (path for path in (book.root / edition.CHANGES,) if path.is_file())
    own = (book.source, book.root / "src", book.root / "web")
    for folder in dict.fromkeys((*own, Path(textlib.__file__).parent, Path(__file__).parent)):
        for place, names, files in os.walk(folder):
            names[:] = [name for name in names if name not in MADE]
            yield from (Path(place, file) for file in files)


def _publish_notebooks(book: Book) -> None:
    if book.config.get("repository"):
        parsed.load(book)
        notebooks.write(book)
        notebooks.copy_to_site(book)
        takeaway.copy_to_site(book)


def _fingerprint(book: Book) -> dict[str, str]:
    """Return a digest of each thing that the site is made from."""
    cache = PageCache(book)
    parts: dict[str, Any] = {
        "pages": {
            page.name: getattr(cache.stamp(page.name), "executed", "") for page in book.pages
        },
        "files": sorted(facts(path) for path in set(inputs(book))),
        "edition": edition.identity(book.root),
        "takeaway": takeaway.state(book),
        "installed": installed(),
        "npm": shutil.which("npm") is not None,  # whether demos can be live
    }
    return {
        name: hashlib.sha256(json.dumps(part, sort_keys=True).encode("utf8")).hexdigest()
        for name, part in parts.items()
    }


def _mark_path(book: Book) -> Path:
    return book.press_dir / "published.json"


def _mark(book: Book) -> dict[str, Any]:
    """Return what the site was made from, and what Sphinx said of it."""
    found = read_json(_mark_path(book))
    return found if isinstance(found, dict) else {}
