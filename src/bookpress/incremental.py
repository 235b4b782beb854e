"""Sphinx that does no more than an edit asks for, and forgets no warning.

Sphinx reads only the pages that changed, and then still numbers, sorts, lists and checks the whole
book. All of that follows from the pages' outlines: what other pages can show of a page. Where no
outline changed, the pages that were read are written and nothing else is done.
"""

import hashlib
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.environment import CONFIG_OK, BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.util.build_phase import BuildPhase
from sphinx.util.logging import (
    NAMESPACE,
    SphinxLogRecordTranslator,
    SphinxWarningLogRecord,
    is_suppressed_warning,
)
from sphinx.util.parallel import SerialTasks
from sphinxcontrib.bibtex.nodes import bibliography

from bookpress.files import read_json, write_json
from bookpress.publish import NOTE
from textlib import paths

# Elements whose text is shown, listed or counted elsewhere.
_TOLD = (nodes.Titular, nodes.caption, nodes.term, nodes.literal_block, nodes.raw)
_COUNTS = ("wordcount", "source_map")  # MyST's, of words and lines
_POINTERS = (addnodes.toctree, addnodes.index, addnodes.download_reference, nodes.image)


class IncrementalSphinx(Sphinx):
    """The application of the publishing process.

    Attributes
    ----------
    remarks
        What Sphinx said of each page.
    written
        Called with the names of pages whose text is published, before the rest is done.
    """

    remarks: "Remarks"
    written: Callable[[list[str]], None] = staticmethod(lambda pages: None)

    def __init__(self, *args: Any, **options: Any) -> None:
        remarks = Path(options["doctreedir"]) / "remarks.json"
        self.remarks = Remarks(self, remarks)
        options["freshenv"] = options.get("freshenv", False) or not self.remarks.complete
        super().__init__(*args, **options)
        self.remarks.follow()
        self.connect("doctree-read", _note_outline, priority=900)
        self.connect("env-updated", lambda app, env: _lighten(env), priority=900)

    def setup_extension(self, extname: str) -> None:
        """Set up an extension, and listen from the first one on."""
        self.remarks.listen()
        super().setup_extension(extname)

    def build(self, force_all: bool = False, filenames: list[str] | None = None) -> None:
        """Write the pages that were edited, or as much as Sphinx holds for necessary."""
        self.env._pickled_doctree_cache.clear()
        self.remarks.begin()
        if force_all or not self._publish_edits():
            self.remarks.begin_whole()
            super().build(force_all, filenames)
        self.remarks.keep()

    def _publish_edits(self) -> bool:
        """Publish edits that change no outline; return whether that was all there was to do."""
        self.phase = BuildPhase.READING
        pages = self._edited()
        if pages is None:
            return False
        env = self.env
        outlines = {page: _outlines(env).get(page) for page in pages}
        sections, figures = dict(env.toc_secnumbers), dict(env.toc_fignumbers)
        self.events.emit("env-before-read-docs", env, pages)
        for page in pages:
            self.events.emit("env-purge-doc", env, page)
            env.clear_doc(page)
            self.builder.read_doc(page)
        if any(not each or each != _outlines(env)[page] for page, each in outlines.items()):
            env.all_docs.update(dict.fromkeys(pages, 0))  # Sphinx reads and writes them itself
            return False
        env.toc_secnumbers.update(sections)  # Sphinx drops those of a page that it reads
        env.toc_fignumbers.update(figures)
        if TocTreeCollector().assign_section_numbers(env):
            return False
        if pages:
            self._write(pages)
        return True

    def _edited(self) -> list[str] | None:
        """Return the pages whose files changed; ``None`` if anything else did."""
        env: Any = self.env
        builder = self.builder
        statics, env.textlib_statics = getattr(env, "textlib_statics", ""), _statics(self)
        if statics != env.textlib_statics:
            env.all_docs[self.config.root_doc] = 0  # Sphinx copies files only if it reads a page
            return None
        if env.config_status != CONFIG_OK:
            return None
        env.find_files(self.config, builder)
        added, changed, removed = env.get_outdated_files(False)
        asked: set[str] = set()
        for found in self.events.emit("env-get-outdated", env, added, changed, removed):
            asked.update(set(found) & env.found_docs)
        for page in asked:
            env.all_docs[page] = 0  # so that Sphinx, which asks again, reads it as well
        others = (asked | set(builder.get_outdated_docs())) - changed
        return None if added or removed or others else sorted(changed)

    def _write(self, pages: list[str]) -> None:
        """Write pages, then what is kept of them for searching and for the next build."""
        builder: Any = self.builder
        self.events.emit("write-started", builder)
        builder.images = {}
        builder.finish_tasks = SerialTasks()
        builder.prepare_writing(set(pages))
        for page in pages:
            self.phase = BuildPhase.RESOLVING
            doctree = self.env.get_and_resolve_doctree(page, builder)
            self.phase = BuildPhase.WRITING
            builder.write_doc_serialized(page, doctree)
            builder.write_doc(page, doctree)
        builder.copy_image_files()
        self.written(pages)
        builder.handle_finish()
        self.events.emit("build-finished", None)
        _lighten(self.env)
        with paths.atomic_write(Path(self.doctreedir) / ENV_PICKLE_FILENAME) as draft:
            draft.write_bytes(pickle.dumps(self.env, pickle.HIGHEST_PROTOCOL))
        builder.cleanup()


# What other pages can show of a page ----------------------------------------------------------


def outline(doctree: nodes.document, metadata: Any) -> str:
    """Return a digest of all that another page, an index or a number can take from a page.

    That is whatever has a name or an identifier, in order; titles, captions, terms and code;
    pictures, entries of indices, citations; and the front matter. Plain sentences are left out.

    Parameters
    ----------
    doctree
        The page as read.
    metadata
        Its front matter, as Sphinx keeps it.

    Returns
    -------
    str
        Empty if the page itself shows other pages, as a bibliography does.
    """
    if next(doctree.findall(bibliography), None) is not None:
        return ""
    content = json.dumps([list(_told(doctree)), metadata], sort_keys=True, default=str)
    return hashlib.sha256(content.encode("utf8")).hexdigest()


def _told(doctree: nodes.document) -> Iterator[list[Any]]:
    for node in doctree.findall(nodes.Element):
        kind = type(node).__name__
        if isinstance(node, nodes.section):
            yield [kind, _depth(node), node["ids"], node["names"]]
        elif isinstance(node, _TOLD):
            yield [kind, node.get("ids"), node.astext()]
        elif isinstance(node, _POINTERS) or node.get("refdomain") == "cite":
            yield [kind, str(node.attributes)]
        elif node.get("ids") or node.get("names") or node.get("label"):
            children = [type(child).__name__ for child in node.children]
            yield [kind, node.get("ids"), node.get("names"), node.get("label"), children]


def _statics(app: Sphinx) -> str:
    """Return a digest of the files that Sphinx copies to the site as they are."""
    digest = hashlib.sha256()
    for name in (*app.config.html_static_path, *app.config.html_extra_path):
        folder = Path(app.confdir) / name
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file():
                digest.update(str(path).encode("utf8") + path.read_bytes())
    return digest.hexdigest()


def _lighten(env: BuildEnvironment) -> None:
    """Keep with the environment only the exercises themselves, not the pages that they are on."""
    for entry in getattr(env, "sphinx_exercise_registry", {}).values():
        if entry["node"].document is not None:
            entry["node"] = entry["node"].deepcopy()
            for node in entry["node"].findall():
                node.document = None


def _depth(node: nodes.Node) -> int:
    return 0 if node.parent is None else 1 + _depth(node.parent)


def _outlines(env: BuildEnvironment) -> dict[str, str]:
    if not hasattr(env, "textlib_outlines"):
        env.textlib_outlines = {}  # type: ignore[attr-defined]
    found: dict[str, str] = env.textlib_outlines  # type: ignore[attr-defined]
    return found


def _note_outline(app: Sphinx, doctree: nodes.document) -> None:
    env = app.env
    metadata = env.metadata.get(env.docname, {})
    told = {name: value for name, value in metadata.items() if name not in _COUNTS}
    _outlines(env)[env.docname] = outline(doctree, told)


# What Sphinx says -----------------------------------------------------------------------------


class _Located(SphinxLogRecordTranslator):
    """Say of a warning where it is, as Sphinx does on the terminal."""

    LogRecordClass = SphinxWarningLogRecord


class Remarks(logging.Handler):
    """Warnings and notes, each kept until the page that caused it is read or written again.

    Parameters
    ----------
    app
        The application that they come from.
    path
        Where they are kept between builds. The file is away while Sphinx works, so that after a
        crash nothing is believed.

    Attributes
    ----------
    complete
        Whether it is known what was said of every page.
    new
        What was said in this build.
    """

    def __init__(self, app: Sphinx, path: Path) -> None:
        super().__init__(logging.INFO)
        self._app = app
        self._path = path
        self.new: list[str] = []
        self._page = ""
        self._written: set[str] = set()
        said = read_json(path)
        self.complete = isinstance(said, dict)
        self._said: dict[str, list[str]] = said if self.complete else {}
        self._said.pop("setup", None)
        self._located = _Located(app)

    def listen(self) -> None:
        """Hear what Sphinx logs."""
        logger = logging.getLogger(NAMESPACE)
        if self not in logger.handlers:
            logger.addHandler(self)

    def follow(self) -> None:
        """Be told of the page that Sphinx works on."""
        self._app.connect("env-purge-doc", self._forget)
        self._app.connect("doctree-resolved", self._turn_to_page, priority=1)
        self._app.connect("html-page-context", self._turn_to_file, priority=1)

    def begin(self) -> None:
        """Begin to build."""
        self._path.unlink(missing_ok=True)
        self.new.clear()
        self._written.clear()
        self._page = ""

    def begin_whole(self) -> None:
        """Begin to look at the whole book, and where nothing is known of it, to read it all."""
        self._said.pop("book", None)
        if not self._app.env.all_docs:
            self._said = {about: said for about, said in self._said.items() if about == "setup"}

    def keep(self) -> None:
        """Write down what was said, at the end of a build."""
        paths.make_dir(self._path.parent)
        write_json(self._path, self._said)

    def all(self) -> list[str]:
        """Return what was said in this build and, of pages that it left alone, before."""
        return list(dict.fromkeys(text for said in self._said.values() for text in said))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning or a note with the page that it is about."""
        if getattr(record, "heard", False):  # Sphinx holds warnings back and logs them once more
            return
        record.heard = True
        if record.levelno >= logging.WARNING:
            kind = (getattr(record, "type", "") or "", getattr(record, "subtype", "") or "")
            if is_suppressed_warning(*kind, getattr(self._app.config, "suppress_warnings", ())):
                return
            self._located.filter(record)  # type: ignore[arg-type] # which it turns it into
        elif not record.getMessage().startswith(NOTE):
            return
        self._said.setdefault(self._about(), []).append(record.getMessage())
        self.new.append(record.getMessage())

    def _about(self) -> str:
        """Return what is being worked on: a page that is read or written, or the whole book."""
        phase = getattr(self._app, "phase", BuildPhase.INITIALIZATION)
        if phase == BuildPhase.INITIALIZATION:
            return "setup"
        env = getattr(self._app, "env", None)
        page = env.temp_data.get("docname") if env is not None else None
        if phase == BuildPhase.READING:
            return f"read {page}" if page else "book"
        if page:
            self._turn(page)
        return f"write {self._page}" if self._page else "book"

    def _turn(self, page: str) -> None:
        """Begin to write a page: what was said when it was last written counts no longer."""
        self._page = page
        if page not in self._written:
            self._written.add(page)
            self._said.pop(f"write {page}", None)

    def _turn_to_page(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        self._turn(docname)

    def _turn_to_file(self, app: Sphinx, pagename: str, *context: Any) -> None:
        self._turn(pagename)

    def _forget(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        for phase in ("read", "write"):
            self._said.pop(f"{phase} {docname}", None)
