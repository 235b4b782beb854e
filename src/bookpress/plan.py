"""Which pages are stale, and why.

A page is fresh while its code cells, its kernel, the scale, and everything on the list that was
recorded when it ran are the same (see `dependencies`). Prose, captions and tags that only change
how a cell is shown are left out.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookpress import frontmatter
from bookpress.book import Book, BookError, Page
from bookpress.dependencies import Dependencies
from bookpress.page_cache import PageCache, Stamp

# The cell tags that change what an execution does; all others only change what is shown.
EXECUTION_TAGS = frozenset({"raises-exception", "skip-execution"})
# Parts of a page's inputs that are lists, and the word for one entry.
PARTS = {
    "modules": "module",
    "names": "names of",
    "libraries": "library",
    "data": "data",
    "weights": "weights",
    "files": "file",
    "folders": "folder",
}


@dataclass(frozen=True)
class PageState:
    """One page of the plan.

    Attributes
    ----------
    page
        The page.
    inputs
        Everything that its outputs depend on, as it is now, in parts. What a page that was never
        executed depends on beside itself is not known.
    stamp
        What the cache knows about the last execution; ``None`` if never executed.
    reasons
        Why the page is stale; empty if it is fresh.
    """

    page: Page
    inputs: dict[str, Any]
    stamp: Stamp | None
    reasons: tuple[str, ...]

    @property
    def fresh(self) -> bool:
        """Whether the stored outputs are those of the page as it stands."""
        return not self.reasons

    @property
    def key(self) -> str:
        """Digest of everything that the outputs depend on, as it is now."""
        return _digest(self.inputs)

    @property
    def modules(self) -> list[str]:
        """Modules of the book's packages that the page loaded."""
        return sorted(self.inputs.get("modules", ()))

    @property
    def libraries(self) -> list[str]:
        """Distributions that stand behind the page and these modules."""
        return sorted(self.inputs.get("libraries", ()))

    @property
    def data(self) -> list[str]:
        """Datasets that the page names in its front matter or opened."""
        return sorted({*self.page.settings.data, *self.inputs.get("data", ())})


def make(book: Book, pages: Iterable[Page], *, scale: str | None = None) -> list[PageState]:
    """Return the state of every page that has code, in the order given.

    Parameters
    ----------
    book
        The book.
    pages
        The pages to look at.
    scale
        ``"quick"`` or ``"full"``; by default what ``TEXTLIB_SCALE`` says.
    """
    dependencies, store = Dependencies(book), PageCache(book)
    chosen = scale or os.environ.get("TEXTLIB_SCALE", "quick")
    with dependencies.kept():
        return [state_of(page, dependencies, store, chosen) for page in pages if page.executes]


def of_code(book: Book, words: tuple[str, ...], *, scale: str) -> list[PageState]:
    """Return the state of the pages that words name, at least one of which has code.

    Raises
    ------
    BookError
        If none of them has; there is nothing to execute then.
    """
    pages = book.select(words)
    states = make(book, pages, scale=scale)
    if not states:
        names = ", ".join(page.name for page in pages)
        raise BookError(f"no code to execute in {names}: name a page that has code cells.")
    return states


def own_inputs(page: Page, scale: str) -> dict[str, Any]:
    """Return what a page's outputs depend on that stands in the page itself."""
    return {
        "cells": [_digest(_cell(cell)) for cell in page.cells],
        "kernel": page.notebook.metadata.get("kernelspec", {}).get("name", "python3"),
        "scale": scale,
    }


def files_named(book: Book, page: Page) -> list[str]:
    """Return the files that a page's front matter names, relative to the book's folder.

    Raises
    ------
    BookError
        If one of them is not there.
    """
    folder, root = page.path.parent, book.root.resolve()
    for name in page.settings.files:
        if not (folder / name).exists():
            line = frontmatter.line_of(page.text, "textlib", "files")
            raise BookError(
                f"{page.path}:{line}: 'textlib: files' names {name!r}, and there is no "
                f"{folder / name}. Write the name of a file, relative to the page."
            )
    return [Path(os.path.relpath(folder / name, root)).as_posix() for name in page.settings.files]


def state_of(page: Page, dependencies: Dependencies, store: PageCache, scale: str) -> PageState:
    """Return the state of one page."""
    stamp = store.stamp(page.name)
    inputs = own_inputs(page, scale)
    files = dict.fromkeys(files_named(dependencies.book, page), "")
    if stamp is not None:
        listed = {**stamp.inputs, "files": {**files, **stamp.inputs.get("files", {})}}
        inputs.update(dependencies.now(listed))
    return PageState(page, inputs, stamp, tuple(_reasons(inputs, stamp, store)))


def _cell(cell: Any) -> list[Any]:
    tags = set(cell.metadata.get("tags") or ())
    return [cell.source, sorted(tags & EXECUTION_TAGS)]


def _reasons(inputs: dict[str, Any], stamp: Stamp | None, store: PageCache) -> list[str]:
    if stamp is None:
        return ["never executed"]
    if stamp.inputs.get("observed") != inputs["observed"]:
        return ["made by another version of the press"]
    if stamp.inputs != inputs:
        return _differences(stamp.inputs, inputs)
    if not store.intact(stamp):
        return ["its stored outputs are missing or damaged"]
    return []


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = []
    if old.get("cells") != new["cells"]:
        found.append(_cell_difference(old.get("cells") or [], new["cells"]))
    for part, word in PARTS.items():
        found += _list_differences(word, old.get(part) or {}, new[part])
    for part in ("scale", "kernel"):
        if old.get(part) != new[part]:
            found.append(f"{part} is {new[part]}, was {old.get(part)}")
    return found or ["its list of dependencies cannot be read"]


def _cell_difference(old: list[str], new: list[str]) -> str:
    if len(old) != len(new):
        return f"code cells: {len(new)}, were {len(old)}"
    changed = [str(n) for n, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b]
    return f"code cell {', '.join(changed)} changed"


def _list_differences(word: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    if word == "library":
        return [f"{name} {new.get(name)}, was {old.get(name)}" for name in changed]
    return [f"{word} {name} changed" for name in changed]


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf8")).hexdigest()[:32]


def mermaid(states: Iterable[PageState]) -> str:
    """Return a Mermaid graph of pages and the modules they use; stale pages stand out."""
    lines = ["graph LR"]
    modules = sorted({module for state in states for module in state.modules})
    for state in states:
        mark = "" if state.fresh else ":::stale"
        lines.append(f'  {_node(state.page.name)}["{state.page.name}"]{mark}')
        for module in sorted(state.modules):
            lines.append(f"  {_node(state.page.name)} --> {_node(module)}")
    lines += [f'  {_node(module)}(["{module}"])' for module in modules]
    lines.append("  classDef stale stroke:#c0392b,stroke-width:3px")
    return "\n".join(lines)


def _node(name: str) -> str:
    return "n_" + "".join(char if char.isalnum() else "_" for char in name)
