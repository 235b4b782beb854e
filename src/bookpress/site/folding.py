"""Code that readers seldom need is folded: cells that only check something, or only draw a figure.

What a cell does decides; an author overrides it with the tags ``show-input`` and ``hide-input``.
The fold is an element that opens by itself; a switch in the head of the page opens all.
"""

import ast
import contextlib
import functools

from bs4 import BeautifulSoup, Tag

from bookpress.calls import called
from bookpress.site.tree import classes, tags, with_class

#: Calls of what a chapter is about: a cell that trains or measures something is always shown.
TELLING = frozenset({"compare", "evaluate", "fit", "fit_small", "predict", "remember"})
MODULES = ("claims", "exercises")
LABELS = {"check": "Code of this check", "figure": "Code of this figure"}


def fold_cells(soup: BeautifulSoup) -> None:
    """Fold the code of the cells that need not be read, and let what they show stand."""
    for cell in with_class(soup, "cell"):
        if "tag_show-input" in classes(cell):
            continue
        code = cell.find("div", class_="cell_input", recursive=False)
        if not isinstance(code, Tag):
            continue
        captions = (tag for shown in with_class(cell, "cell_output") for tag in tags(shown))
        drawn = any(tag.name == "figcaption" for tag in captions)
        if kind := kind_of(code.get_text(), drawn=drawn):
            details = soup.new_tag("details", attrs={"class": "hide above-input"})
            summary = soup.new_tag("summary")
            summary.string = LABELS[kind]
            code.wrap(details)
            details.insert(0, summary)


@functools.lru_cache(maxsize=4096)
def kind_of(code: str, *, drawn: bool) -> str:
    """Return ``"check"`` or ``"figure"`` for code that does only that, else ``""``.

    Parameters
    ----------
    code
        The source of a cell.
    drawn
        Whether the cell shows a figure with a caption.

    Examples
    --------
    >>> kind_of("claims.number('loss', loss, '.2f')", drawn=False)
    'check'
    >>> kind_of("training.fit(model, x, y)", drawn=False)
    ''
    """
    with contextlib.suppress(SyntaxError):
        tree = ast.parse(code)
        if not any(_method(node) in TELLING for node in ast.walk(tree)):
            claims = [node for node in tree.body if _is_claim(node)]
            others = [node for node in tree.body if not _is_claim(node)]
            if claims:
                plain = all(isinstance(node, ast.Assign | ast.Delete) for node in others)
                return "check" if plain and _lines(claims) > _lines(others) else ""
            return "figure" if drawn else ""
    return ""


def _method(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else ""


def _is_claim(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and any(called(node.value, each) for each in MODULES)


def _lines(statements: list[ast.stmt]) -> int:
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in statements)
