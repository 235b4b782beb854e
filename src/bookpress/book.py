"""The book on disk: its folders, its table of contents, and its pages.

A page is known by its path under ``book/`` without the suffix (``vision/convnets``), in the
command, in the front matter and in the report. Nothing here executes or writes anything.
"""

import contextlib
import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bookpress import frontmatter, labels
from bookpress.cells import misshapen, unreadable
from bookpress.files import BookError, read_text
from bookpress.frontmatter import Settings
from bookpress.markdown import Markdown, PageError
from textlib._errors import unknown

if TYPE_CHECKING:
    from bookpress.citations import Bibliography

SOURCE = "book"
SUFFIXES = (".md", ".ipynb")
CODE_CELL = "{code-cell}"


class UnknownPageError(BookError):
    """No page has this name."""


@dataclass(frozen=True)
class Page:
    """One source file of the book.

    Attributes
    ----------
    name
        Path under the source folder without suffix, such as ``"vision/convnets"``.
    path
        The file, absolute.
    markdown
        How the book's Markdown is read, which decides what counts as a code cell.
    """

    name: str
    path: Path
    markdown: Markdown = field(compare=False, repr=False)

    @functools.cached_property
    def text(self) -> str:
        """The source text."""
        return read_text(self.path)

    @functools.cached_property
    def front_matter(self) -> dict[str, Any]:
        """The YAML block at the top of the file; empty if there is none."""
        with self.named():
            return frontmatter.read(self.text)

    @contextlib.contextmanager
    def named(self) -> Iterator[None]:
        """Have an error that says where on the page say on which page."""
        try:
            yield
        except PageError as error:
            raise BookError(f"{self.path}:{error.line}: {error}") from error

    @functools.cached_property
    def settings(self) -> Settings:
        """The page's own ``textlib:`` block."""
        return Settings.of(self.front_matter.get("textlib"))

    @functools.cached_property
    def title(self) -> str:
        """The first heading, or the name."""
        for tokens in self.tokens:
            for opening, inline in itertools.pairwise(tokens):
                if opening.type == "heading_open":
                    return inline.content
        return self.name

    @functools.cached_property
    def tokens(self) -> list[tuple[Any, ...]]:
        """What each cell says in Markdown, read by the book's parser; empty for code."""
        return [
            self.markdown.parse(cell.source) if cell.cell_type == "markdown" else ()
            for cell in self.notebook.cells
        ]

    @property
    def executes(self) -> bool:
        """Whether the page has code cells."""
        return any(cell.cell_type == "code" for cell in self.notebook.cells)

    @property
    def cells(self) -> list[Any]:
        """The code cells, in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @functools.cached_property
    def lines(self) -> list[int]:
        """Line in the source file where each cell (of every type) begins, counted from 1."""
        found = self.notebook.metadata.get("source_map")
        if found is None:
            return [1] * len(self.notebook.cells)
        text = self.text.split("\n")
        return [
            # MyST-NB says where code begins; of other text it says, from 0, where code ended
            place if cell.cell_type == "code" else _first_of_text(text, place)
            for cell, place in zip(self.notebook.cells, found, strict=True)
        ]

    @functools.cached_property
    def labels(self) -> list[tuple[str, str]]:
        """What other pages can refer to, as label and text."""
        with self.named():
            return list(labels.of_page(self))

    @functools.cached_property
    def notebook(self) -> Any:
        """The page as a notebook, read in the way that Jupyter Book reads it.

        Raises
        ------
        BookError
            If the page has code cells but no header that makes Jupyter Book execute it, or if it
            cannot be read.
        """
        try:
            notebook = self._read()
        except BookError:
            raise
        except Exception as error:  # MyST-NB and its parts raise what they like
            here = (1, f"the page cannot be read: {str(error).partition(chr(10))[0]}.")
            line, reason = next(unreadable(self.markdown.parse(self.text)), here)
            raise BookError(f"{self.path}:{line}: {reason}") from error
        for number, reason in misshapen(notebook):
            raise BookError(f"{self.path}:{notebook.metadata.source_map[number]}: {reason}")
        return notebook

    def _read(self) -> Any:
        import nbformat
        from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook

        if self.path.suffix == ".ipynb":
            return nbformat.reads(self.text, as_version=4)
        if self.front_matter and is_myst_markdown_notebook(self.text):
            return read_myst_markdown_notebook(
                self.text, config=self.markdown.config, add_source_map=True, path=str(self.path)
            )
        if f"```{CODE_CELL}" in self.text:
            raise BookError(
                f"{self.path}: the page has code cells, but its front matter does not say "
                "'file_format: mystnb', so Jupyter Book would not execute it. Add that line."
            )
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(self.text)])


def _first_of_text(lines: list[str], start: int) -> int:
    """Return the number, counted from 1, of the first line that is not blank."""
    return next(n for n in range(start, len(lines)) if lines[n].strip()) + 1


@dataclass(frozen=True)
class Book:
    """The book: where it stands and which pages it has.

    Attributes
    ----------
    root
        Folder of ``_config.yml`` and ``_toc.yml``, absolute.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Book":
        """Return the book that ``start`` (default: the working folder) lies in.

        Raises
        ------
        BookError
            If no folder from ``start`` upward has a ``_config.yml`` and a ``_toc.yml``.
        """
        begin = (start or Path.cwd()).resolve()
        for folder in (begin, *begin.parents):
            if (folder / "_config.yml").is_file() and (folder / "_toc.yml").is_file():
                return cls(folder)
        raise BookError(
            f"no book at {str(begin)!r} or above it: a book has a _config.yml and a _toc.yml. "
            "Change to its folder, or name it with --root."
        )

    @classmethod
    def of(cls, sphinx: Any) -> "Book | None":
        """Return the book that Sphinx publishes, given its application or environment."""
        with contextlib.suppress(BookError):
            return cls.find(Path(sphinx.srcdir))
        return None

    @property
    def build_dir(self) -> Path:
        """The folder that everything made goes into; deleting it costs only time."""
        return self.root / "_build"

    @property
    def press_dir(self) -> Path:
        """What the press keeps of pages: outputs, stamps, locks and logs."""
        return self.build_dir / "press"

    @property
    def html_dir(self) -> Path:
        """The published site."""
        return self.build_dir / "html"

    @property
    def notebooks_dir(self) -> Path:
        """The published notebooks."""
        return self.build_dir / "notebooks"

    @property
    def runs_dir(self) -> Path:
        """The run store of the pages."""
        return self.build_dir / "runs"

    @property
    def records_dir(self) -> Path:
        """The records of full-scale runs, kept under version control."""
        return self.source / "_records"

    @property
    def source(self) -> Path:
        """The folder that page names are relative to."""
        folder = self.root / SOURCE
        return folder if folder.is_dir() else self.root

    @functools.cached_property
    def config(self) -> dict[str, Any]:
        """``_config.yml``."""
        return _read_yaml(self.root / "_config.yml")

    @functools.cached_property
    def toc(self) -> dict[str, Any]:
        """``_toc.yml``."""
        return _read_yaml(self.root / "_toc.yml")

    @functools.cached_property
    def markdown(self) -> Markdown:
        """How the pages' Markdown is read, as ``_config.yml`` says it to Sphinx."""
        chosen = (self.config.get("parse") or {}).get("myst_enable_extensions")
        sphinx = (self.config.get("sphinx") or {}).get("config") or {}
        extensions = chosen or ("colon_fence", "dollarmath", "substitution", "tasklist")
        return Markdown({"myst_enable_extensions": set(extensions), **sphinx})

    @functools.cached_property
    def bibliography(self) -> "Bibliography":
        """The works that pages cite, as ``_config.yml`` says it to Sphinx."""
        from bookpress.citations import Bibliography

        settings = self.markdown.settings
        files = (self.root / str(name) for name in settings.get("bibtex_bibfiles") or ())
        return Bibliography(files, str(settings.get("bibtex_default_style") or "unsrt"))

    @functools.cached_property
    def pages(self) -> tuple[Page, ...]:
        """The pages in the order of the table of contents, as far as their files exist."""
        found = (self._find(name) for name in dict.fromkeys(page_names(self.toc)))
        return tuple(page for page in found if page is not None)

    @functools.cached_property
    def missing(self) -> tuple[str, ...]:
        """Pages that the table of contents names and that have no file."""
        return tuple(name for name in dict.fromkeys(page_names(self.toc)) if not self._find(name))

    def select(self, wanted: tuple[str, ...]) -> tuple[Page, ...]:
        """Return the pages that the words name; all pages if there are none.

        A word is a page (``vision/convnets``), its file (``book/vision/convnets.md``), or a
        folder of pages (``vision``). A page that the table of contents lacks can be named too.

        Raises
        ------
        UnknownPageError
            If a word names nothing; the message has the nearest page.
        BookError
            If all pages are wanted and the table of contents names one that does not exist.
        """
        if not wanted:
            if self.missing:
                raise BookError(
                    f"_toc.yml names pages without a file: {', '.join(self.missing)}. "
                    "Write them, take them out, or name the pages that you want."
                )
            return self.pages
        chosen: dict[str, Page] = {}
        for word in wanted:
            found = self._matches(word)
            if not found:
                raise UnknownPageError(unknown("page", word, [page.name for page in self.pages]))
            chosen.update({page.name: page for page in found})
        return tuple(chosen.values())

    def _matches(self, word: str) -> list[Page]:
        path = Path(word)
        if path.is_absolute() and path.resolve().is_relative_to(self.source.resolve()):
            word = path.resolve().relative_to(self.source.resolve()).as_posix()
        name = page_name(word)
        for page in self.pages:
            if page.name == name:
                return [page]
        if found := self._find(name):
            return [found]
        folder = name.rstrip("/") + "/"
        return [page for page in self.pages if page.name.startswith(folder)]

    def _find(self, name: str) -> Page | None:
        for suffix in SUFFIXES:
            path = self.source / (name + suffix)
            if path.is_file():
                return Page(name, path.resolve(), self.markdown)
        return None


def parts(book: Book) -> Iterator[tuple[str, list[Page]]]:
    """Yield the captions of the parts with their pages; the root page comes first, in none."""
    by_name = {page.name: page for page in book.pages}
    root = {"root": book.toc.get("root", "index")}
    for part in (root, *book.toc.get("parts", ())):
        pages = [by_name[name] for name in page_names(part) if name in by_name]
        yield str(part.get("caption", "")), pages


def page_name(word: str) -> str:
    """Return the name of a page, given its name, its file, or its entry in ``_toc.yml``.

    Examples
    --------
    >>> page_name("./book/vision/convnets.md")
    'vision/convnets'
    """
    name = word.removeprefix("./").removeprefix(f"{SOURCE}/")
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def page_names(node: Any) -> Iterator[str]:
    """Yield the page names of a table of contents, depth first, in its order."""
    if isinstance(node, list):
        for entry in node:
            yield from page_names(entry)
    elif isinstance(node, dict):
        for key in ("root", "file"):
            if key in node:
                yield page_name(str(node[key]))
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            yield from page_names(node.get(key))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise BookError(f"{path} is not YAML: {error}") from error
    if not isinstance(found, dict):
        raise BookError(f"{path} must be a YAML mapping.")
    return found
