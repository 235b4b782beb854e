"""A Sphinx extension that lets Jupyter Book read what the press executed.

Sphinx decides by a page's own file whether to read it again; here a page whose outputs changed is
read again too, and every page if the press itself changed. In a publishing run of the press
nothing executes: a page without stored outputs is shown without any.
"""

import contextlib
import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookpress.book import Book, BookError, page_name
from bookpress.page_cache import PageCache


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("textlib_read_only", False, "env", types=bool)
    app.add_config_value("textlib_page_weight", True, "", types=bool)
    app.connect("config-inited", _read_only)
    app.connect("env-get-outdated", _outdated)
    app.setup_extension("bookpress.tables")
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


def _read_only(app: Sphinx, config: Any) -> None:
    from myst_nb.core import execute

    client = _reader(execute.NotebookClientBase)
    if config.textlib_read_only and execute.NotebookClientCache is not client:
        execute.NotebookClientCache = client


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages whose stored outputs are not those that Sphinx read last time.

    All of them, if another state of the press made them into pages.
    """
    try:
        store = PageCache(Book.find(Path(app.srcdir)))
    except BookError:
        return []
    before: dict[str, str] = getattr(env, "textlib_outputs", {})
    now = {}
    for docname in env.found_docs:
        stamp = store.stamp(page_name(docname))
        if stamp is not None:
            now[docname] = stamp.digest + stamp.executed
    env.textlib_outputs = now  # type: ignore[attr-defined]
    press_before, press = getattr(env, "textlib_press", None), _digest_of_press()
    env.textlib_press = press  # type: ignore[attr-defined]
    if press != press_before:
        return list(env.found_docs)
    return [docname for docname in env.found_docs if before.get(docname) != now.get(docname)]


def _digest_of_press() -> str:
    """Return a digest of the code and the theme that turn what was executed into pages."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


_clients: dict[type, type] = {}


def _reader(base: type) -> type:
    """Return a notebook client for MyST-NB that reads the cache and never executes."""
    if base not in _clients:

        class ReadOnlyClient(base):  # type: ignore[misc]
            """Fill a notebook's outputs from the jupyter-cache."""

            def start_client(self) -> None:
                from jupyter_cache import get_cache

                cache = get_cache(self.nb_config.execution_cache_path)
                with contextlib.suppress(KeyError):
                    record = cache.match_cache_notebook(self.notebook)
                    _, self._notebook = cache.merge_match_into_notebook(self.notebook)
                    self.exec_metadata = {
                        "mtime": record.created.timestamp(),
                        "runtime": record.data.get("execution_seconds"),
                        "method": "cache",
                        "succeeded": True,
                        "error": None,
                        "traceback": None,
                    }
                    return
                if any(cell.cell_type == "code" for cell in self.notebook.cells):
                    self.logger.warning("not executed yet, shown without outputs", subtype="exec")

        _clients[base] = ReadOnlyClient
    return _clients[base]
