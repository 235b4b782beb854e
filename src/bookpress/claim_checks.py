"""What a page says of its claims: the calls of ``claims.check`` in its cells.

A claim's condition and numbers are code, and a trial of them is about that code. Its sentence, its
kind and the reason why it may hold untrained are wording: they are read from the page as it
stands, and changing them makes no trial old.
"""

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bookpress import code_digest
from bookpress.book import Page
from bookpress.calls import called
from bookpress.controls import CONTROLS

LABELS, UNLABELED = re.compile(r"\by\b(?! None)"), "language modeling"
WORDING = ("sentence", "kind", "survives")


@dataclass(frozen=True)
class Check:
    """One ``claims.check`` of a page, as it is written there.

    Attributes
    ----------
    name
        Name of the claim.
    condition
        Its condition, as Python.
    kind
        One of `textlib.claims.KINDS`.
    survives
        Why it may hold although nothing was trained; empty if the page does not say.
    """

    name: str
    condition: str
    kind: str = "measured"
    survives: str = ""


def of_page(page: Page) -> dict[str, Check]:
    """Return the checks of a page by their names, in the order in which they stand.

    A check whose name is computed is not among them: nothing can be said of it before it runs.
    """
    return {check.name: check for cell in page.cells for check in _of_cell(cell.source)}


@functools.lru_cache(maxsize=4096)
def _of_cell(source: str) -> tuple[Check, ...]:
    tree = code_digest.tree_of_cell(source) if "claims.check" in source else None
    return tuple(filter(None, map(_check, _calls(tree)))) if tree else ()


def controls_for(page: Page) -> tuple[str, ...]:
    """Return the controls that can change anything on a page: labels, where it learns from some."""
    from textlib import datasets

    known = set(datasets.names())
    used = [datasets.describe(name) for name in page.settings.data if name in known]
    labeled = any(LABELS.search(each.shapes) and each.task != UNLABELED for each in used)
    return tuple(control for control in CONTROLS if control != "shuffled" or labeled)


@functools.lru_cache(maxsize=4096)
def meaning(source: str) -> tuple[str, ...]:
    """Return the meaning of a cell as `code_digest.of_cell` does, without the wording of claims."""
    tree = code_digest.tree_of_cell(source)
    if tree is None:
        return (source,)
    for call in _calls(tree):
        call.args = call.args[:2]
        call.keywords = [each for each in call.keywords if each.arg not in WORDING]
    return code_digest.of_statements(tree)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node, "claims") == "check":
            yield node


def _check(call: ast.Call) -> Check | None:
    match call.args:
        case [ast.Constant(value=str(name)), condition, *_]:
            said = {
                each.arg: _text(each.value)
                for each in call.keywords
                if each.arg in ("kind", "survives")
            }
            return Check(name, ast.unparse(condition), **said)
    return None


def _text(value: ast.expr) -> str:
    """Return a text that is written out; the code of one that is computed."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    return ast.unparse(value)
