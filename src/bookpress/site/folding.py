"""Code that readers seldom need is folded: imports, checks, and what only draws or tabulates.

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
#: Libraries that a chapter is about: a table that is made with their help is shown with its code.
SUBJECTS = frozenset({"keras", "layers", "ops", "tf"})
MODULES = ("claims", "exercises")
LABELS = {
    "check": "Code of this check",
    "figure": "Code of this figure",
    "imports": "Imports",
    "table": "Code of this table",
}
PREPARING = frozenset({"default_rng", "set_seed", "use_style"})
LABELED = {"figcaption": "figure", "table": "table"}
Definition = ast.FunctionDef | ast.ClassDef


def fold_cells(soup: BeautifulSoup) -> None:
    """Fold the code of the cells that need not be read, and let what they show stand."""
    for cell in with_class(soup, "cell"):
        if "tag_show-input" in classes(cell):
            continue
        code = cell.find("div", class_="cell_input", recursive=False)
        if not isinstance(code, Tag):
            continue
        output = {tag.name for shown in with_class(cell, "cell_output") for tag in tags(shown)}
        shows = next((LABELED[name] for name in LABELED if name in output), "")
        if kind := kind_of(code.get_text(), shows=shows):
            details = soup.new_tag("details", attrs={"class": "hide above-input"})
            summary = soup.new_tag("summary")
            summary.string = LABELS[kind]
            code.wrap(details)
            details.insert(0, summary)


@functools.lru_cache(maxsize=4096)
def kind_of(code: str, *, shows: str) -> str:
    """Return a key of `LABELS` for code that does only that, else ``""``.

    Parameters
    ----------
    code
        The source of a cell.
    shows
        ``"figure"`` for a cell that shows a figure with a caption, ``"table"`` for one that shows
        a table, else ``""``.

    Examples
    --------
    >>> kind_of("claims.number('loss', loss, '.2f')", shows="")
    'check'
    >>> kind_of("training.fit(model, x, y)", shows="")
    ''
    """
    with contextlib.suppress(SyntaxError):
        tree = ast.parse(code)
        if any(_method(node) in TELLING for node in ast.walk(tree)):
            return ""
        if any(map(_is_claim, tree.body)):
            return "check" if _mostly_claims(tree.body) else ""
        if len(tree.body) > 1 and all(map(_is_preparation, tree.body)):
            return "imports"
        return "" if shows == "table" and _is_about_libraries(tree) else shows
    return ""


def _mostly_claims(body: list[ast.stmt]) -> bool:
    others = [node for node in body if not _is_claim(node)]
    plain = all(isinstance(node, ast.Assign | ast.Delete) for node in others)
    return plain and _lines(body) > 2 * _lines(others)


def _is_preparation(node: ast.stmt) -> bool:
    """Whether a statement imports something, or sets the style or a seed."""
    value = node.value if isinstance(node, ast.Expr | ast.Assign) else node
    return isinstance(node, ast.Import | ast.ImportFrom) or _method(value) in PREPARING


def _is_about_libraries(tree: ast.Module) -> bool:
    """Whether code defines something, or calls a library that the book is about."""
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(isinstance(node, Definition) for node in tree.body) or any(
        name.partition(".")[0] in SUBJECTS or name == "print" for name in calls
    )


def _method(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else ""


def _is_claim(node: ast.stmt) -> bool:
    """Whether a statement checks or hands over something, or does so in a loop."""
    if isinstance(node, ast.For):
        return all(map(_is_claim, node.body))
    return isinstance(node, ast.Expr) and any(called(node.value, each) for each in MODULES)


def _lines(statements: list[ast.stmt]) -> int:
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in statements)
