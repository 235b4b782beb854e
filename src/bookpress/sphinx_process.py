"""The process in which Jupyter Book and Sphinx run; Sphinx changes global state.

Nothing executes here. Each line on the standard input asks for a build, and each build answers on
the standard output with lines of JSON: the pages whose text is published, as soon as it is, and
at the end what came of it. Everything else that is said goes to the log, the error stream. The
application is kept from build to build, and ends with its input.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import sys
import types
from pathlib import Path
from typing import Any, TextIO

import yaml

from bookpress import frontmatter
from bookpress.book import SOURCE, Book
from textlib import paths

EXTENSION = "bookpress.outputs"


def main(arguments: list[str]) -> int:
    """Publish the book at ``arguments[0]`` as often as the input asks for it."""
    gc.set_threshold(200_000)  # the environment stays; looking at it again costs half of the time
    answers = os.fdopen(os.dup(1), "w", encoding="utf8", buffering=1)
    os.dup2(2, 1)
    book = Book(Path(arguments[0]))
    _import(book)
    if sys.stdin.readline():
        error = _serve(book, answers, fresh="--fresh" in arguments)
        if error is not None:
            _answer(answers, error=f"{type(error).__name__}: {error}")
            return 2
    return 0


def _serve(book: Book, answers: TextIO, *, fresh: bool) -> Exception | None:
    """Make the application and build until the input ends; return what ended it otherwise."""
    import jupyter_book.sphinx

    from bookpress.incremental import IncrementalSphinx

    class Application(IncrementalSphinx):
        """Builds once for the call of Jupyter Book, and again for each further line."""

        def build(self, force_all: bool = False, filenames: list[str] | None = None) -> None:
            self.written = lambda pages: _answer(answers, written=pages)
            while True:
                gc.freeze()
                super().build(force_all, filenames)
                _answer(answers, said=self.remarks.all(), new=self.remarks.new)
                if not sys.stdin.readline():
                    break

    jupyter_book.sphinx.Sphinx = Application
    config = book.press_dir / "config.yml"
    toc = book.press_dir / "toc.yml"
    for path, content in ((config, configuration(book)), (toc, _rebased(book, book.toc))):
        with paths.atomic_write(path) as draft:
            draft.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf8")
    result = jupyter_book.sphinx.build_sphinx(
        str(book.source),
        str(book.html_dir),
        noconfig=True,
        path_config=str(config),
        confoverrides={"external_toc_path": str(toc), "latex_individualpages": False},
        doctreedir=str(book.press_dir / "doctrees"),
        freshenv=fresh,
    )
    return result if isinstance(result, Exception) else None


def _import(book: Book) -> None:
    """Import what publishing needs, which takes as long as a page."""
    settings = book.config.get("sphinx") or {}
    cards = (settings.get("config") or {}).get("ogp_social_cards") or {}
    if cards.get("enable") is False:  # opengraph imports Matplotlib all the same
        unused = types.ModuleType("sphinxext.opengraph._social_cards")
        vars(unused).update(DEFAULT_SOCIAL_CONFIG={}, create_social_card=None)
        sys.modules.setdefault(unused.__name__, unused)
    extensions = settings.get("extra_extensions") or ()
    for name in ("jupyter_book.sphinx", "myst_nb", "bookpress.incremental", EXTENSION, *extensions):
        with contextlib.suppress(ImportError):  # Sphinx itself will say what is wrong
            importlib.import_module(name)
    from pybtex import plugin

    vars(yaml)["SafeLoader"] = frontmatter.LOADER  # MyST-NB reads the settings of each cell with it
    plugin.entry_points = functools.cache(plugin.entry_points)  # asked for each citation


def _answer(answers: TextIO, **content: Any) -> None:
    answers.write(json.dumps(content) + "\n")


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


if __name__ == "__main__":
    status = main(sys.argv[1:])
    atexit._run_exitfuncs()  # ends what extensions started
    sys.stderr.flush()
    os._exit(status)  # to take the environment apart object by object would cost seconds
