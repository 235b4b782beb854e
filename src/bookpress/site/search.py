"""The search: one record for each section of the book, indexed by Pagefind.

A record knows what its section is about: the heading, the terms that it defines (its index entries)
or links to the glossary, each with the glossary's other names for it, and the words that it uses.
Records are written with their page, and the index is made of all of them at the end of a build. The
page that searches (``theme/static/search.js``) loads it in parts, and ranks what Pagefind finds.
"""

import collections
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from bookpress.files import read_json, write_json
from bookpress.site import names

FOLDER = "_pagefind"
WORDS = "words.json"  # every word of the book, for the correction of typing errors
DIGEST = "digest.txt"
#: What Pagefind writes for interfaces of its own, which no page of ours loads.
UNUSED = ("*ui.js", "*ui.css", "pagefind-highlight.js", "wasm.unknown.pagefind")
#: The parts of a record in the order in which Pagefind reads them, with the weight of a word.
WEIGHTS = {"text": 1.0, "code": 0.2, "title": 3.0, "terms": 4.0, "about": 2.0, "chapter": 0.5}
TOLD = ("url", "title", "chapter", "terms", "about", "factor")  # what the page that searches needs
#: How much the words of a page count that lists or repeats what chapters explain.
LISTINGS = (
    *(("back/api/", 0.25), ("back/", 0.1), ("index", 0.3)),
    *(("start/notation", 0.4), ("start/", 0.6)),
)
EXERCISE = 0.35  # sections that use and repeat, beside those that explain
WHOLE = 1.8  # the opening of a chapter, which says what the chapter is about
ASIDE = re.compile(r"exercises|where this comes from|summary|pitfalls", re.IGNORECASE)
#: Other names that the glossary gives a term: "; SVM.", "; GRU for short.", "also called ...".
OTHER_NAMES = re.compile(r"; (?:an? )?([\w-]+)(?: for short)?\.|also called (?:an? )?([\w -]+)")
#: What is no word of a section: other records, and formulas.
_ELSEWHERE = (
    nodes.section,
    nodes.title,
    addnodes.glossary,
    nodes.math,
    nodes.math_block,
    nodes.raw,
)
#: Classes of what readers do not see, or see as a result.
_HIDDEN = {"cell_output", "tag_check"}
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Record:
    """One section.

    Attributes
    ----------
    url
        Where it is, from the root of the site.
    title
        Its heading; that of the page for the opening of a page.
    chapter
        The page that it is in; empty for an opening.
    terms
        What it defines, each after ``"; "``.
    about
        What it links to the glossary for, in the same way, and the description of the page.
    text
        What it says, without the sections inside it.
    code
        The words of its cells.
    factor
        How much all of this counts, beside the sections of chapters.
    """

    url: str
    title: str
    chapter: str
    terms: str
    about: str
    text: str
    code: str
    factor: float

    def as_html(self) -> str:
        """Return the record as Pagefind reads it, with what a result shows of it as metadata."""
        text = "".join(
            f'<p data-pagefind-weight="{weight:g}">{html.escape(getattr(self, name))}</p>'
            for name, weight in WEIGHTS.items()
            if getattr(self, name)
        )
        told = {name: getattr(self, name) for name in TOLD} | {"length": len(self.text.split())}
        record = html.escape(json.dumps(told, ensure_ascii=False))
        hidden = f'<p data-pagefind-ignore data-pagefind-meta="record">{record}</p>'
        return f'<html lang="en"><body>{hidden}<main data-pagefind-body>{text}</main></body></html>'


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the writing of records and of the index."""
    app.connect("builder-inited", replace_search)
    app.connect("html-collect-pages", search_page)
    app.connect("html-page-context", write_records)
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def replace_search(app: Sphinx) -> None:
    """Switch off the search that Sphinx brings."""
    app.builder.search = False  # type: ignore[attr-defined]


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page that searches."""
    yield "search", {}, "search.html"


def write_records(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Write the records of a page beside its doctree."""
    if doctree is None or app.builder.format != "html":
        return
    found = [asdict(record) for record in records(app.env, pagename, doctree)]
    write_json(_file(app, pagename), found)


def records(env: BuildEnvironment, page: str, doctree: nodes.document) -> Iterator[Record]:
    """Yield a record for each section of a page, and for each entry of the glossary."""
    name = names.page(env, page)
    factor = next((value for start, value in LISTINGS if name.startswith(start)), 1.0)
    number = names.number(env, page)
    whole = env.titles[page].astext() if page in env.titles else name
    chapter = f"{number}. {whole}" if number else whole
    about = env.metadata.get(page, {}).get("description", "")
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        if title is None or not section["ids"]:
            continue
        first = section.parent is doctree
        aside = EXERCISE if ASIDE.search(title.astext()) else 1.0
        parts = _Parts.of(section)
        yield Record(
            url=f"{page}.html" if first else f"{page}.html#{section['ids'][0]}",
            title=whole if first else title.astext(),
            chapter="" if first else chapter,
            terms="; ".join(parts.terms),
            about="; ".join([*parts.linked, *([about] if first else [])]),
            text=" ".join("".join(parts.text).split()),
            code=" ".join(WORD.findall(" ".join(parts.code))),
            factor=factor * aside * (WHOLE if first else 1.0),
        )
    for entry in doctree.findall(nodes.definition_list_item):
        yield from _glossary_entry(entry, page, chapter, factor)


def _glossary_entry(
    entry: nodes.definition_list_item, page: str, chapter: str, factor: float
) -> Iterator[Record]:
    terms = [term for term in entry.children if isinstance(term, nodes.term) and term["ids"]]
    if not terms or not isinstance(entry.parent.parent, addnodes.glossary):
        return
    called = [term.astext() for term in terms]
    text = " ".join(" ".join(part.astext().split()) for part in entry.findall(nodes.definition))
    others = [one or two for one, two in OTHER_NAMES.findall(text)]
    yield Record(
        url=f"{page}.html#{terms[0]['ids'][0]}",
        title=", ".join(called),
        chapter=chapter,
        terms="; ".join(called + others),
        about="",
        text=text,
        code="",
        factor=factor,
    )


class _Parts:
    """What a section says itself, without the sections inside it."""

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.linked: list[str] = []
        self.text: list[str] = []
        self.code: list[str] = []

    @classmethod
    def of(cls, section: nodes.section) -> "_Parts":
        """Return the parts of a section."""
        parts = cls()
        for child in section.children:
            parts.add(child)
        return parts

    def add(self, node: nodes.Node) -> None:
        """Sort a node into what it is; descend where it is several things."""
        if isinstance(node, _ELSEWHERE):
            return
        if isinstance(node, addnodes.index):
            self.terms += [_entry(each) for each in node["entries"]]
        elif isinstance(node, nodes.literal_block):
            self.code.append(node.astext())
        elif isinstance(node, nodes.reference) and "#term-" in node.get("refuri", ""):
            self.linked.append(node["refuri"].partition("#term-")[2].replace("-", " "))
            self.text.append(node.astext())
        elif isinstance(node, nodes.Text):
            self.text.append(str(node))
        elif not _HIDDEN & set(getattr(node, "attributes", {}).get("classes", ())):
            for child in node.children:
                self.add(child)
            if not isinstance(node, nodes.Inline) and self.text:
                self.text.append("\n")


def _entry(entry: tuple[Any, ...]) -> str:
    return " ".join(str(entry[1]).replace(";", " ").split())


# The index --------------------------------------------------------------------------------------


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Make Pagefind's index of all records, unless it is there already."""
    if exception is not None or app.builder.format != "html":
        return
    files = [_file(app, page) for page in sorted(app.env.found_docs)]
    for gone in set(_folder(app).rglob("*.json")) - set(files):
        gone.unlink()
    found = [Record(**each) for path in files for each in read_json(path) or ()]
    make_index(found, Path(app.outdir) / FOLDER)


def with_other_names(found: Iterable[Record]) -> list[Record]:
    """Return the records in which each name of a term has the glossary's other names beside it."""
    found = list(found)
    groups = [record.terms.split("; ") for record in found if "#term-" in record.url]
    others = {_plain(group[0]): group[1:] for group in groups if len(group) > 1}

    def extended(names: str) -> str:
        known = names.split("; ")
        return "; ".join(
            known + [other for name in known for other in others.get(_plain(name), ())]
        )

    return [
        record
        if "#term-" in record.url
        else replace(record, terms=extended(record.terms), about=extended(record.about))
        for record in found
    ]


def _plain(name: str) -> str:
    """Return a name as the address of its entry spells it: without capitals and hyphens."""
    return " ".join(re.findall(r"\w+", name.lower()))


def words(found: Iterable[Record]) -> dict[str, int]:
    """Return how often each word occurs."""
    counts: collections.Counter[str] = collections.Counter()
    for record in found:
        counts.update(WORD.findall(" ".join(getattr(record, name) for name in WEIGHTS).lower()))
    return dict(sorted(counts.items()))


def make_index(found: Iterable[Record], folder: Path) -> None:
    """Make ``folder`` the index of the records, at once and whole, unless it is that already.

    Raises
    ------
    ExtensionError
        If Pagefind fails.
    """
    found = with_other_names(found)
    pages = [record.as_html() for record in found]
    digest = hashlib.sha256("".join([version("pagefind-bin"), *pages]).encode("utf8")).hexdigest()
    mark = folder / DIGEST
    if mark.is_file() and mark.read_text(encoding="utf8") == digest:
        return
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=FOLDER) as workplace:
        site, draft = Path(workplace, "site"), Path(workplace, "index")
        site.mkdir()
        for number, page in enumerate(pages):
            (site / f"{number}.html").write_text(page, encoding="utf8")
        # The program itself: Pagefind's Python interface ends it before its files are written.
        command = [sys.executable, "-m", "pagefind_bin", "--silent", "--force-language", "en"]
        command += ["--include-characters", "_"]  # of names such as fit_transform
        command += ["--site", str(site), "--output-path", str(draft)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not (draft / "pagefind.js").is_file():
            raise ExtensionError(f"Pagefind could not index the book: {done.stdout}{done.stderr}")
        for path in [path for pattern in UNUSED for path in draft.glob(pattern)]:
            path.unlink()
        (draft / WORDS).write_text(json.dumps(words(found), separators=(",", ":")), encoding="utf8")
        (draft / DIGEST).write_text(digest, encoding="utf8")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)


def _file(app: Sphinx, page: str) -> Path:
    return _folder(app) / f"{page}.json"


def _folder(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "search"
