"""Hand the executed book to Jupyter Book.

Publishing runs in a process of its own, because Sphinx changes global state. Nothing executes
there. The site's addresses are those of the pages (``vision/convnets.html``): the source folder is
``book/``, although ``_config.yml`` and ``_toc.yml`` name files from the root, so that a plain
``jupyter-book build .`` works as well.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import textlib
from bookpress import notebooks
from bookpress.book import SOURCE, Book
from bookpress.page_cache import PageCache
from textlib import paths

EXTENSION = "bookpress.outputs"
NOTE = "note for the author: "  # begins a line of the log that the build shows
ANSI = re.compile(r"\x1b\[[0-9;]*m")


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
        What Sphinx complained about, one line each.
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


def publish(book: Book, *, strict: bool, fresh: bool = False) -> Published:
    """Publish the book with what the store holds.

    Parameters
    ----------
    book
        The book.
    strict
        Whether warnings are errors.
    fresh
        Publish every page anew, even where nothing changed.
    """
    store = PageCache(book)
    log = book.press_dir / "publish.log"
    mark = _mark(book)
    index = book.html_dir / "index.html"
    with store.lock("publish"):
        print_before = _fingerprint(book, store, strict=strict)
        before = _read(mark)
        if not fresh and index.is_file() and before.get("parts") == print_before:
            return Published(True, index, (), True, log, tuple(before.get("notes", ())))
        mark.unlink(missing_ok=True)
        if book.config.get("repository"):
            notebooks.write(book)
        code, warnings = _run(book, log, strict=strict, fresh=fresh)
        notes = tuple(_notes(log))
        ok = code == 0 and index.is_file() and not (strict and warnings)
        if index.is_file():
            notebooks.copy_to_site(book)
        if ok:
            with paths.atomic_write(mark) as draft:
                made = {"parts": print_before, "notes": notes}
                draft.write_text(json.dumps(made), encoding="utf8")
    return Published(ok, index, tuple(warnings), False, log, notes)


def forget(book: Book) -> None:
    """Publish anew next time, even if nothing has changed."""
    _mark(book).unlink(missing_ok=True)


def _mark(book: Book) -> Path:
    """Return the file that says what the site was made from."""
    return book.press_dir / "published.json"


def _run(book: Book, log: Path, *, strict: bool, fresh: bool) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "bookpress.publish", str(book.root)]
    command += ["--strict"] * strict + ["--fresh"] * fresh
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    paths.make_dir(log.parent)
    with log.open("w", encoding="utf8") as stream:
        done = subprocess.run(
            command,
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=book.root,
            check=False,
        )
        stream.write(done.stderr)
    warnings = [line for line in done.stderr.splitlines() if line.strip()]
    return done.returncode, warnings


def _notes(log: Path) -> Iterator[str]:
    """Yield what an extension marked as worth an author's attention, each once."""
    text = log.read_text(encoding="utf8", errors="replace")
    found = (line.partition(NOTE)[2].strip() for line in text.splitlines() if NOTE in line)
    yield from dict.fromkeys(ANSI.sub("", note) for note in found)


def _fingerprint(book: Book, store: PageCache, *, strict: bool) -> dict[str, str]:
    """Return a digest of each thing that the site is made from."""
    stamps = {page.name: getattr(store.stamp(page.name), "executed", "") for page in book.pages}
    parts: dict[str, Any] = {
        "pages": stamps,
        "files": [_facts(path) for path in sorted(_inputs(book))],
        "strict": strict,
        "npm": shutil.which("npm") is not None,  # whether demos can be live
    }
    return {
        name: hashlib.sha256(json.dumps(part, sort_keys=True).encode("utf8")).hexdigest()
        for name, part in parts.items()
    }


def _inputs(book: Book) -> Iterator[Path]:
    yield from (book.root / "_config.yml", book.root / "_toc.yml")
    folders = [book.source, book.root / "src", Path(textlib.__file__).parent, Path(__file__).parent]
    for folder in dict.fromkeys(folders):
        for path in folder.rglob("*"):
            hidden = any(part in {"_build", "__pycache__", ".venv"} for part in path.parts)
            if path.is_file() and not hidden:
                yield path


def _facts(path: Path) -> tuple[str, int, int]:
    facts = path.stat()
    return str(path), facts.st_size, facts.st_mtime_ns


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


# In the publishing process -------------------------------------------------------------------


def configuration(book: Book) -> dict[str, Any]:
    """Return ``_config.yml`` as seen from the source folder, with the press's own extension."""
    config: dict[str, Any] = _rebased(book, book.config)
    if book.source != book.root:
        config.setdefault("repository", {})["path_to_book"] = SOURCE
    sphinx = config.setdefault("sphinx", {})
    extensions = list(sphinx.get("extra_extensions") or [])
    sphinx["extra_extensions"] = [*extensions, *({EXTENSION} - set(extensions))]
    settings = sphinx.setdefault("config", {})
    settings["textlib_read_only"] = True
    config.setdefault("execute", {})["execute_notebooks"] = "cache"
    return config


def _rebased(book: Book, value: Any) -> Any:
    """Return a setting with the paths that begin at the root beginning at the source folder."""
    if isinstance(value, dict):
        return {key: _rebased(book, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rebased(book, each) for each in value]
    if isinstance(value, str) and book.source != book.root and value.startswith(f"{SOURCE}/"):
        return value.removeprefix(f"{SOURCE}/")
    return value


def _keep_native_messages_apart() -> None:
    """Send what compiled libraries write to the error stream to the log, not among warnings.

    TensorFlow greets from C++ when a page's names are looked up; Sphinx warns from Python.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf8")
    os.dup2(1, 2)


def main(arguments: list[str]) -> int:
    """Run Jupyter Book on the book at ``arguments[0]``; return Sphinx's exit code."""
    from jupyter_book.sphinx import build_sphinx

    _keep_native_messages_apart()
    book = Book(Path(arguments[0]))
    config = book.press_dir / "config.yml"
    toc = book.press_dir / "toc.yml"
    for path, content in ((config, configuration(book)), (toc, _rebased(book, book.toc))):
        with paths.atomic_write(path) as draft:
            draft.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf8")
    result = build_sphinx(
        str(book.source),
        str(book.html_dir),
        noconfig=True,
        path_config=str(config),
        confoverrides={"external_toc_path": str(toc), "latex_individualpages": False},
        doctreedir=str(book.press_dir / "doctrees"),
        warningiserror="--strict" in arguments,
        keep_going=True,
        freshenv="--fresh" in arguments,
    )
    return result if isinstance(result, int) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
