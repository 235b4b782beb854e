"""Which pages are stale, and why.

A page's outputs depend on its code cells, the modules of the package that it uses, the versions
of the libraries behind them, its data, and the scale. All of that goes into one key; a page whose
stored outputs have another key is stale. Prose, captions and tags that only change how a cell is
shown are left out.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookpress.book import Book, BookError, Page
from bookpress.modules import Uses, Workshop
from bookpress.page_cache import PageCache, Stamp

# The cell tags that change what an execution does; all others only change what is shown.
EXECUTION_TAGS = frozenset({"raises-exception", "skip-execution"})
SHOW_SOURCE = "textlib._source"  # the module whose users show source with its comments


@dataclass(frozen=True)
class PageState:
    """One page of the plan.

    Attributes
    ----------
    page
        The page.
    key
        Digest of everything that its outputs depend on.
    inputs
        The same in parts.
    uses
        Modules and libraries that the page uses, directly or not.
    stamp
        What the store knows about the last execution; ``None`` if never executed.
    reasons
        Why the page is stale; empty if it is fresh.
    """

    page: Page
    key: str
    inputs: dict[str, Any]
    uses: Uses
    stamp: Stamp | None
    reasons: tuple[str, ...]

    @property
    def fresh(self) -> bool:
        """Whether the stored outputs are those of the page as it stands."""
        return not self.reasons


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
    workshop = Workshop.of(book)
    store = PageCache(book)
    chosen = scale or os.environ.get("TEXTLIB_SCALE", "quick")
    return [_state(page, workshop, store, chosen) for page in pages if page.executes]


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


def _state(page: Page, workshop: Workshop, store: PageCache, scale: str) -> PageState:
    uses = workshop.uses((cell.source for cell in page.cells), page.settings.data)
    shown = SHOW_SOURCE in uses.modules
    inputs = {
        "cells": [_digest(_cell(cell)) for cell in page.cells],
        "kernel": page.notebook.metadata.get("kernelspec", {}).get("name", "python3"),
        "modules": {name: workshop.digest(name, shown=shown) for name in sorted(uses.modules)},
        "libraries": workshop.versions(uses.libraries),
        "data": workshop.data_versions({*page.settings.data, *uses.data}),
        "files": {name: _file_digest(page, name) for name in page.settings.files},
        "scale": scale,
    }
    key = _digest(inputs)
    stamp = store.stamp(page.name)
    return PageState(page, key, inputs, uses, stamp, tuple(_reasons(key, inputs, stamp, store)))


def _cell(cell: Any) -> list[Any]:
    tags = set(cell.metadata.get("tags") or ())
    return [cell.source, sorted(tags & EXECUTION_TAGS)]


def _reasons(key: str, inputs: dict[str, Any], stamp: Stamp | None, store: PageCache) -> list[str]:
    if stamp is None:
        return ["never executed"]
    if stamp.key != key:
        return _differences(stamp.inputs, inputs) or ["made by another version of the press"]
    if not store.intact(stamp):
        return ["its stored outputs are missing or damaged"]
    return []


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = []
    if old.get("cells") != new["cells"]:
        found.append(_cell_difference(old.get("cells") or [], new["cells"]))
    for part, word in (("modules", "module"), ("libraries", "library"), ("data", "data")):
        found += _mapping_differences(word, old.get(part) or {}, new[part])
    found += _mapping_differences("file", old.get("files") or {}, new["files"])
    for part in ("scale", "kernel"):
        if old.get(part) != new[part]:
            found.append(f"{part} is {new[part]}, was {old.get(part)}")
    return found


def _cell_difference(old: list[str], new: list[str]) -> str:
    if len(old) != len(new):
        return f"code cells: {len(new)}, were {len(old)}"
    changed = [str(n) for n, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b]
    return f"code cell {', '.join(changed)} changed"


def _mapping_differences(word: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    found = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if word == "library":
            found.append(f"{name} {after or 'no longer used'}, was {before or 'not used'}")
        elif before is None or after is None:
            found.append(f"{word} {name} {'no longer used' if after is None else 'newly used'}")
        else:
            found.append(f"{word} {name} changed")
    return found


def _file_digest(page: Page, name: str) -> str:
    path = page.path.parent / Path(name)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf8")).hexdigest()[:32]


def mermaid(states: Iterable[PageState]) -> str:
    """Return a Mermaid graph of pages and the modules they use; stale pages stand out."""
    lines = ["graph LR"]
    modules = sorted({module for state in states for module in state.uses.modules})
    for state in states:
        mark = "" if state.fresh else ":::stale"
        lines.append(f'  {_node(state.page.name)}["{state.page.name}"]{mark}')
        for module in sorted(state.uses.modules):
            lines.append(f"  {_node(state.page.name)} --> {_node(module)}")
    lines += [f'  {_node(module)}(["{module}"])' for module in modules]
    lines.append("  classDef stale stroke:#c0392b,stroke-width:3px")
    return "\n".join(lines)


def _node(name: str) -> str:
    return "n_" + "".join(char if char.isalnum() else "_" for char in name)
