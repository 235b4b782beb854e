"""One notebook for each page that runs, to open in Colab, Binder, or at home.

The code is the page's, unchanged. The text is the page's in plain Markdown, with the numbers of
the last build. A first cell installs the package where it is missing and keeps TensorFlow quiet;
solutions and checks of exercises are folded, and below each check is a cell for the answer. The
notebooks are published on a branch of their own, with the files that Binder needs; all addresses
follow from ``repository`` in ``_config.yml``.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from bookpress import edition, exercises, pins, site
from bookpress.book import Book, BookError, Page
from bookpress.citations import Citations
from bookpress.files import files_below, zipped
from bookpress.markdown import Block
from bookpress.myst import Writer
from bookpress.page_cache import PageCache
from bookpress.repository import Repository
from bookpress.standard import solution_title
from textlib import paths

MANIFEST = ".written"  # names the files that were written to a folder
SITE_FOLDER = "_notebooks"  # where the site offers them for download (see site/theme.py)
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
INSTALL = """\
# {edition} of the book. Install its package where it is missing (Colab).
import importlib.util
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

if importlib.util.find_spec("textlib") is None:
    %pip install --quiet "{package}"
"""


def write(book: Book, *, package: str | None = None, folder: Path | None = None) -> list[Path]:
    """Write the notebook of every page that runs, and remove those of pages that are gone.

    Parameters
    ----------
    book
        The book.
    package
        What the first cell installs, as ``pip install`` takes it; the repository by default.
    folder
        Where to write; ``_build/notebooks`` by default. What others put there stays.

    Returns
    -------
    list of Path
        The notebooks, in the book's order.

    Raises
    ------
    BookError
        If a file would replace one that was not written by this function.
    """
    import nbformat

    repository = Repository.of(book)
    labels = collect_labels(book)
    pages = [page for page in book.pages if page.executes]
    files = {
        f"{page.name}.ipynb": nbformat.writes(make(book, page, repository, labels, package=package))
        + "\n"
        for page in pages
    }
    target = folder or book.notebooks_dir
    _replace(target, {**files, **_companions(book, repository)}, _written(book, target))
    return [target / name for name in files]


def _written(book: Book, target: Path) -> set[str]:
    """Return the files in a folder that were written here: all of them in the book's own."""
    if target.resolve() == book.notebooks_dir.resolve():
        found = (path for path in target.rglob("*") if ".ipynb_checkpoints" not in path.parts)
        return {path.relative_to(target).as_posix() for path in found if path.is_file()}
    manifest = target / MANIFEST
    names = manifest.read_text(encoding="utf8").splitlines() if manifest.is_file() else []
    return {name for name in names if (target / name).resolve().is_relative_to(target.resolve())}


def _replace(target: Path, files: dict[str, str], before: set[str]) -> None:
    """Write files where those of ``before`` are, and remove those that are no more."""
    strange = [
        name
        for name, text in files.items()
        if name not in before and (target / name).exists() and not _says(target / name, text)
    ]
    if strange:
        raise BookError(
            f"{target} has files that are not from here: {', '.join(strange)}. They would be "
            "replaced; move them away or choose another folder."
        )
    for name in before - set(files):
        (target / name).unlink(missing_ok=True)
    for name, text in {MANIFEST: "\n".join(sorted(files)) + "\n", **files}.items():
        _write_text(target / name, text)


def make(
    book: Book,
    page: Page,
    repository: Repository,
    labels: dict[str, tuple[str, str]],
    *,
    package: str | None = None,
) -> Any:
    """Return the notebook of one page.

    Parameters
    ----------
    book, page
        The page and its book.
    repository
        Where the book lives on the web.
    labels
        From `collect_labels`.
    package
        What the first cell installs.
    """
    import nbformat

    site.register()
    writer = _writer(book, page, repository, labels)
    requirement = _with_extras(package or repository.package, page.settings.extras)
    install = INSTALL.format(package=requirement, edition=edition.label(book.root)).rstrip()
    cells = [_cell("code", install, tags=["install"], jupyter={"source_hidden": True})]
    with page.named():
        cells += _cells(page, writer)
    if (listed := writer.references()) and "{bibliography}" not in page.text:
        cells.append(_cell("markdown", "\n".join(["## References", "", *listed])))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
        "title": page.title,
        "colab": {"toc_visible": True},
    }
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return nbformat.from_dict(made)


def _with_extras(requirement: str, extras: Sequence[str]) -> str:
    """Return a requirement, or the path of a wheel, that asks for optional parts as well."""
    try:
        found = Requirement(requirement)
    except InvalidRequirement:
        return f"{requirement}[{','.join(extras)}]" if extras else requirement
    found.extras.update(extras)
    return str(found)


def verify(book: Book, pages: Sequence[Page]) -> None:
    """Raise what keeps pages from becoming notebooks, before they execute for nothing.

    Raises
    ------
    BookError
        If a page has a directive or a role that is unknown, or an exercise cannot be checked.
    """
    for page in pages:
        with page.named():
            exercises.checks_of(page)
    if book.config.get("repository"):
        for page in pages:
            make(book, page, Repository.of(book), {})


def _writer(
    book: Book, page: Page, repository: Repository, labels: dict[str, tuple[str, str]]
) -> Writer:
    stamp = PageCache(book).stamp(page.name)
    citations = Citations(book.bibliography)
    return Writer(
        markdown=page.markdown,
        page=page.name,
        site=repository.site,
        raw=repository.raw,
        labels=labels,
        numbers=stamp.numbers if stamp else {},
        cite=citations.cite,
        references=citations.references,
        titles={each.name: each.title for each in book.pages},
        substitutions={
            **page.markdown.config.substitutions,
            **(page.front_matter.get("myst", {}).get("substitutions") or {}),
        },
    )


def _cells(page: Page, writer: Writer) -> Iterator[Any]:
    """Yield the page's cells in plain Markdown and code."""
    solution = ""
    checks = exercises.checks_of(page)
    for number, (cell, line) in enumerate(zip(page.notebook.cells, page.lines, strict=True)):
        if cell.cell_type == "markdown":
            tokens = page.tokens[number]
            text, solution = _text(cell.source.split("\n"), tokens, line, solution, writer)
            if text:
                yield _cell("markdown", text)
        elif check := checks.get(number):
            named = writer.named(check.name, "the exercise")
            yield _code_cell(cell, f"Check of {named[0].lower() + named[1:]}")
            yield _cell("code", check.answer_cell, tags=["answer"])
        elif cell.cell_type == "code":
            yield _code_cell(cell, solution)
            if caption := _caption(cell, line, writer, folded=bool(solution)):
                yield _cell("markdown", caption)


def _text(
    lines: list[str], tokens: Sequence[Any], line: int, solution: str, writer: Writer
) -> tuple[str, str]:
    """Return a text in plain Markdown, and the title of the solution that is open after it.

    What belongs to a solution is folded, so that readers see it when they want to.
    """
    made: list[str] = []
    begins, done = False, 0
    for block, begin, end in [*_marks(tokens), (None, len(lines), len(lines))]:
        if text := writer.part(lines, tokens, line, (done, begin)):
            title = solution if begins else f"{solution}, continued"
            made.append(writer.details(title, text) if solution else text)
            begins = False
        done = end
        if block is not None:
            begins = block.name == "solution-start"
            solution = solution_title(block, writer) if begins else ""
    if begins:
        made.append(f"**{solution}** (unfold the cells below)")
    return "\n\n".join(made), solution


def _marks(tokens: Iterable[Any]) -> Iterator[tuple[Block, int, int]]:
    """Yield the outermost directives that begin and end solutions, with their lines."""
    for token in tokens:
        block = Block.of(token, 1) if token.level == 0 else None
        if block is not None and block.name in ("solution-start", "solution-end"):
            yield (block, *token.map)


def _cell(kind: str, source: str, **metadata: Any) -> dict[str, Any]:
    """Return a cell; `nbformat` checks all of them when the notebook is written."""
    outputs: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": metadata, **outputs}


def _code_cell(cell: Any, title: str) -> Any:
    """Return a code cell; what has a title is folded under it."""
    tags = list(cell.metadata.get("tags") or ())
    source = cell.source
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if title and not source.startswith("%%"):
        source = f"# @title {title}\n{source}"
        metadata["cellView"] = "form"
    if title or HIDDEN & set(tags):
        metadata["jupyter"] = {"source_hidden": True}
    return _cell("code", source, **metadata)


def _caption(cell: Any, line: int, writer: Writer, *, folded: bool) -> str:
    figure = (cell.metadata.get("mystnb") or {}).get("figure") or {}
    if not figure.get("caption"):
        return ""
    label = str(figure.get("name") or "")
    number, anchor = writer.named(label), writer.anchor(label)
    caption = writer.text(str(figure["caption"]), line).replace("\n", " ")
    if folded:
        return anchor + writer.details(number or "What to see", caption)
    return f"{anchor}**{number}.** {caption}" if number else f"{anchor}{caption}"


# What can be referred to ------------------------------------------------------------------------


def collect_labels(book: Book) -> dict[str, tuple[str, str]]:
    """Return ``label -> (page, text)`` for the whole book."""
    labels: dict[str, tuple[str, str]] = {}
    for page in book.pages:
        for label, text in page.labels:
            labels.setdefault(label, (page.name, text))
    return labels


# What stands beside the notebooks ---------------------------------------------------------------


def copy_to_site(book: Book) -> None:
    """Put the notebooks where the site's download buttons point."""
    for path in book.notebooks_dir.rglob("*.ipynb"):
        name = path.relative_to(book.notebooks_dir)
        _write_text(book.html_dir / SITE_FOLDER / name, path.read_text(encoding="utf8"))


def pack(book: Book, target: Path) -> Path:
    """Pack all notebooks of the book, with what Binder needs, into one file."""
    files = [path for path in files_below(book.notebooks_dir) if path.name != MANIFEST]
    if not files:
        raise BookError("no notebooks are written yet; run 'make book' first.")
    with paths.atomic_write(target) as draft:
        zipped(draft, book.notebooks_dir, files)
    return target


def _companions(book: Book, repository: Repository) -> dict[str, str]:
    """Return the files that Binder and readers of the branch need."""
    title = book.config.get("title", "The book")
    readme = [f"# {title}: the notebooks", ""]
    readme += [
        f"{edition.label(book.root)}. Made from [the sources]({repository.url}); "
        f"read [the site]({repository.site}).",
        "",
    ]
    for page in book.pages:
        if page.executes:
            readme.append(
                f"- [{page.title}]({page.name}.ipynb) ([Colab]({repository.colab(page.name)}), "
                f"[Binder]({repository.binder(page.name)}))"
            )
    extras = sorted({extra for page in book.pages for extra in page.settings.extras})
    package = _with_extras(repository.package, extras)
    return {
        "README.md": "\n".join(readme) + "\n",
        "requirements.txt": "\n".join([package, *pins.of(book.root, extras)]) + "\n",
        "runtime.txt": f"python-{pins.PYTHON}\n",
    }


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode("utf8")


def _write_text(path: Path, text: str) -> None:
    if not _says(path, text):
        with paths.atomic_write(path) as draft:
            draft.write_text(text, encoding="utf8")
