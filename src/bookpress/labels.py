"""What can be referred to on a page, and what a reference in a notebook says.

Headings give their own text, figures, exercises and formulas a number in the order of their page.
"""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bookpress.markdown import Block

if TYPE_CHECKING:
    from bookpress.book import Page

_KINDS = {
    "figure": "Figure",
    "table": "Table",
    "list-table": "Table",
    "exercise": "Exercise",
    "exercise-start": "Exercise",
    "math": "(",
}


def of_page(page: "Page") -> Iterator[tuple[str, str]]:
    """Yield ``(label, text)`` for all that other pages can refer to."""
    counts: dict[str, int] = {}
    for kind, label, text in _named(page):
        counts[kind] = counts.get(kind, 0) + 1
        if kind == "(":
            text = f"({counts[kind]})"
        elif kind:
            text = f"{kind} {counts[kind]}"
        if label:
            yield label, text


def _named(page: "Page") -> Iterator[tuple[str, str, str]]:
    """Yield ``(kind, label, text)``; a kind is numbered and needs no text."""
    for cell, tokens, line in zip(page.notebook.cells, page.tokens, page.lines, strict=True):
        figure = (cell.metadata.get("mystnb") or {}).get("figure") or {}
        if figure:
            yield "Figure", str(figure.get("name") or ""), ""
        waiting: list[str] = []
        for found, following in itertools.pairwise([*page.markdown.walk(tokens, line), None]):
            if isinstance(found, Block):
                kind = _KINDS.get(found.name, "")
                if kind != "(" or found.label:
                    text = found.argument or found.name.removeprefix("prf:").capitalize()
                    yield kind, found.label, text
            elif found.type == "math_block_label":
                yield "(", found.info, ""
            elif found.type in ("myst_target", "myst_line_comment", "attrs_block"):
                waiting += [found.content] if found.type == "myst_target" else []
                continue
            heading = not isinstance(found, Block) and found.type == "heading_open"
            yield from (("", label, following.content if heading else label) for label in waiting)
            waiting = []
