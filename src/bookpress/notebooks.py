"""One notebook for each page that runs, to open in Colab, Binder, or at home.

The code is the page's, unchanged. The text is the page's in plain Markdown, with the numbers of
the last build. A first cell installs the package where it is missing and keeps TensorFlow quiet;
solutions are folded. The notebooks are published on a branch of their own, with the files
that Binder needs; all addresses follow from ``repository`` in ``_config.yml``.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bookpress import myst
from bookpress.book import Book, BookError, Page
from bookpress.citations import Citations
from bookpress.citations import load as load_bibliography
from bookpress.page_cache import PageCache
from bookpress.repository import Repository
from textlib import paths

MANIFEST = ".written"  # names the files that were written to a folder
SITE_FOLDER = "_notebooks"  # where the site offers them for download (see site/theme.py)
HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*(\{.*\})?$")
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
INSTALL = """\
# Install the book's package where it is missing (Colab); elsewhere only keep TensorFlow quiet.
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
    return set(manifest.read_text(encoding="utf8").splitlines()) if manifest.is_file() else set()


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

    context = _context(book, page, repository, labels)
    cells = [_install_cell(package or repository.package)]
    cells += _cells(page, context)
    if (listed := context.references()) and not _has_bibliography(page):
        text = "\n".join(["## References", "", *listed])
        cells.append(nbformat.v4.new_markdown_cell(text))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.update(
        kernelspec={"name": "python3", "display_name": "Python 3", "language": "python"},
        language_info={"name": "python"},
        title=page.title,
        colab={"toc_visible": True},
    )
    return notebook


def _context(
    book: Book, page: Page, repository: Repository, labels: dict[str, tuple[str, str]]
) -> myst.Context:
    stamp = PageCache(book).stamp(page.name)
    citations = Citations(load_bibliography(_bibliographies(book)))
    return myst.Context(
        page=page.name,
        site=repository.site,
        raw=repository.raw,
        labels=labels,
        numbers=stamp.numbers if stamp else {},
        cite=citations.cite,
        references=citations.references,
        titles={each.name: each.title for each in book.pages},
    )


def _bibliographies(book: Book) -> tuple[Path, ...]:
    settings = (book.config.get("sphinx") or {}).get("config") or {}
    return tuple(book.root / str(name) for name in settings.get("bibtex_bibfiles") or ())


def _install_cell(package: str) -> Any:
    import nbformat

    cell = nbformat.v4.new_code_cell(INSTALL.format(package=package).rstrip())
    cell.metadata.update(tags=["install"], jupyter={"source_hidden": True})
    return cell


def _cells(page: Page, context: myst.Context) -> Iterator[Any]:
    """Yield the page's cells in plain Markdown and code."""
    import nbformat

    solution = ""
    for cell in page.notebook.cells:
        if cell.cell_type == "markdown":
            text, solution = _text(cell.source, solution, context)
            if text:
                yield nbformat.v4.new_markdown_cell(text)
        elif cell.cell_type == "code":
            yield _code_cell(cell, solution)
            if caption := _caption(cell, context, folded=bool(solution)):
                yield nbformat.v4.new_markdown_cell(caption)


def _text(source: str, solution: str, context: myst.Context) -> tuple[str, str]:
    """Return a text in plain Markdown, and the title of the solution that is open after it.

    What belongs to a solution is folded, so that readers see it when they want to.
    """
    made: list[str] = []
    begins = False
    for part in myst.solutions(source):
        if isinstance(part, myst.Block):
            begins = part.name == "solution-start"
            solution = myst.solution_title(part, context) if begins else ""
        elif text := myst.to_markdown(part, context):
            title = solution if begins else f"{solution}, continued"
            made.append(myst.details(title, text) if solution else text)
            begins = False
    if begins:
        made.append(f"**{solution}** (unfold the cells below)")
    return "\n\n".join(made), solution


def _code_cell(cell: Any, solution: str) -> Any:
    import nbformat

    tags = list(cell.metadata.get("tags") or ())
    source = cell.source
    made = nbformat.v4.new_code_cell(source)
    if tags:
        made.metadata["tags"] = tags
    if solution and not source.startswith("%%"):
        made.source = f"# @title {solution}\n{source}"
        made.metadata["cellView"] = "form"
    if solution or HIDDEN & set(tags):
        made.metadata["jupyter"] = {"source_hidden": True}
    return made


def _caption(cell: Any, context: myst.Context, *, folded: bool) -> str:
    figure = (cell.metadata.get("mystnb") or {}).get("figure") or {}
    if not figure.get("caption"):
        return ""
    label = str(figure.get("name") or "")
    number = context.labels.get(label, ("", ""))[1]
    anchor = f'<a id="{label}"></a>\n\n' if label else ""
    caption = myst.to_markdown(str(figure["caption"]), context).replace("\n", " ")
    if folded:
        return anchor + myst.details(number or "What to see", caption)
    return f"{anchor}**{number}.** {caption}" if number else f"{anchor}{caption}"


def _has_bibliography(page: Page) -> bool:
    return "{bibliography}" in page.text


# What can be referred to ------------------------------------------------------------------------


def collect_labels(book: Book) -> dict[str, tuple[str, str]]:
    """Return ``label -> (page, text)`` for the whole book.

    Headings give their own text, figures, exercises and formulas a number in the order of their
    page.
    """
    labels: dict[str, tuple[str, str]] = {}
    for page in book.pages:
        for label, text in _labels(page):
            labels.setdefault(label, (page.name, text))
    return labels


def _labels(page: Page) -> Iterator[tuple[str, str]]:
    counts: dict[str, int] = {}
    for kind, label, text in _named(page):
        counts[kind] = counts.get(kind, 0) + 1
        if kind == "(":
            text = f"({counts[kind]})"
        elif kind:
            text = f"{kind} {counts[kind]}"
        if label:
            yield label, text


def _named(page: Page) -> Iterator[tuple[str, str, str]]:
    """Yield ``(kind, label, text)``; a kind is numbered and needs no text."""
    for cell in page.notebook.cells:
        if cell.cell_type == "code":
            figure = (cell.metadata.get("mystnb") or {}).get("figure") or {}
            if figure:
                yield "Figure", str(figure.get("name") or ""), ""
            continue
        yield from (("", label, text) for label, text in _targets(cell.source))
        for line in cell.source.splitlines():
            if math := myst.MATH_LABEL.match(line) or myst.ONE_LINE_MATH.match(line):
                yield "(", math["label"], ""
        for block in myst.blocks(cell.source):
            kind = _KINDS.get(block.name, "")
            if kind != "(" or block.label:
                text = block.argument or block.name.removeprefix("prf:").capitalize()
                yield kind, block.label, text


_KINDS = {
    "figure": "Figure",
    "table": "Table",
    "list-table": "Table",
    "exercise": "Exercise",
    "exercise-start": "Exercise",
    "math": "(",
}


def _targets(source: str) -> Iterator[tuple[str, str]]:
    """Yield ``(label)=`` targets with the text of the heading that follows."""
    waiting: list[str] = []
    for line in source.splitlines():
        if target := myst.TARGET.match(line):
            waiting.append(target["label"])
        elif waiting and line.strip():
            heading = HEADING.match(line)
            yield from ((label, heading["text"] if heading else label) for label in waiting)
            waiting = []


# What stands beside the notebooks ---------------------------------------------------------------


def copy_to_site(book: Book) -> None:
    """Put the notebooks where the site's download buttons point."""
    for path in book.notebooks_dir.rglob("*.ipynb"):
        name = path.relative_to(book.notebooks_dir)
        _write_text(book.html_dir / SITE_FOLDER / name, path.read_text(encoding="utf8"))


def _companions(book: Book, repository: Repository) -> dict[str, str]:
    """Return the files that Binder and readers of the branch need."""
    title = book.config.get("title", "The book")
    readme = [f"# {title}: the notebooks", ""]
    readme += [
        f"Made from [the sources]({repository.url}); read [the site]({repository.site}).",
        "",
    ]
    for page in book.pages:
        if page.executes:
            readme.append(
                f"- [{page.title}]({page.name}.ipynb) ([Colab]({repository.colab(page.name)}), "
                f"[Binder]({repository.binder(page.name)}))"
            )
    return {
        "README.md": "\n".join(readme) + "\n",
        "requirements.txt": f"{repository.package}\njupyterlab\n",
        "runtime.txt": "python-3.12\n",
    }


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode("utf8")


def _write_text(path: Path, text: str) -> None:
    if not _says(path, text):
        with paths.atomic_write(path) as draft:
            draft.write_text(text, encoding="utf8")
