"""A Sphinx extension that lets Jupyter Book read what the press executed.

Sphinx decides by a page's own file whether to read it again; here a page whose outputs changed is
read again too, and every page if the press or an installed library changed. Outputs are found by
their page, and stay while its code does. In a publishing run of the press nothing executes: a page
without stored outputs is shown without any. In a plain run of Jupyter Book such a page is executed
as usual.
"""

import datetime
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookpress import claim_records
from bookpress.book import Book, page_name
from bookpress.machine import installed
from bookpress.page_cache import PageCache, Stamp
from bookpress.publish import MADE


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("textlib_read_only", False, "env", types=bool)
    app.add_config_value("textlib_page_weight", True, "", types=bool)
    app.connect("config-inited", _read_store)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _renamed)
    app.setup_extension("bookpress.tables")
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


def _read_store(app: Sphinx, config: Any) -> None:
    """Let MyST-NB ask the press for outputs before it executes anything, if it may at all."""
    from myst_nb.core import execute

    client = _client(execute.NotebookClientCache)
    client.book = Book.of(app)
    client.read_only = config.textlib_read_only
    execute.NotebookClientCache = client


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages whose outputs, or records of claims, are not those of the last time.

    All of them, if another state of the press made them into pages.
    """
    book = Book.of(app)
    if book is None:
        return []
    store = PageCache(book)
    before: dict[str, str] = getattr(env, "textlib_outputs", {})
    now = {}
    for docname in env.found_docs:
        name = page_name(docname)
        stamp = store.stamp(name)
        if stamp is not None:  # the boxes of claims show their record
            record = claim_records.load(book, name)
            now[docname] = f"{stamp.digest} {stamp.executed} {record and record.trials}"
    env.textlib_outputs = now  # type: ignore[attr-defined]
    press_before, press = getattr(env, "textlib_press", None), _digest_of_press()
    env.textlib_press = press  # type: ignore[attr-defined]
    if press != press_before:
        return list(env.found_docs)
    return [docname for docname in env.found_docs if before.get(docname) != now.get(docname)]


def _renamed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return all pages if a title or the order of pages has changed: each page shows them."""
    titles = {docname: title.astext() for docname, title in env.titles.items()}
    before, now = getattr(env, "textlib_contents", None), (titles, dict(env.toctree_includes))
    env.textlib_contents = now  # type: ignore[attr-defined]
    return [] if now == before else sorted(env.found_docs)


def _digest_of_press() -> str:
    """Return a digest of all code and themes that turn what was executed into pages."""
    digest = hashlib.sha256(json.dumps(installed(), sort_keys=True).encode("utf8"))
    press = Path(__file__).parent
    for path in sorted(press.rglob("*")):
        if path.is_file() and not MADE & set(path.relative_to(press).parts):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _client(base: Any) -> Any:
    """Return a notebook client for MyST-NB that reads what the press stored."""
    if hasattr(base, "read_only"):
        return base

    class StoredClient(base):  # type: ignore[misc]
        """Fill a notebook's outputs with those that are stored for its page."""

        book: Book | None = None
        read_only = False

        def start_client(self) -> None:
            """Find the outputs; execute only where Jupyter Book runs by itself."""
            stamp = _fill(self.book, self.path, self.notebook)
            if stamp is not None:
                self.exec_metadata = {
                    "mtime": datetime.datetime.fromisoformat(stamp.executed).timestamp(),
                    "runtime": stamp.seconds_from_nothing,
                    "method": "cache",
                    "succeeded": True,
                    "error": None,
                    "traceback": None,
                }
            elif not self.read_only:
                super().start_client()
            elif any(cell.cell_type == "code" for cell in self.notebook.cells):
                self.logger.warning("not executed yet, shown without outputs", subtype="exec")

    return StoredClient


def _fill(book: Book | None, path: Path | None, notebook: Any) -> Stamp | None:
    if book is None or path is None or not path.resolve().is_relative_to(book.source.resolve()):
        return None
    name = page_name(path.resolve().relative_to(book.source.resolve()).as_posix())
    return PageCache(book).fill(notebook, name)
