"""Digests of code that go by what it says, not by how it is worded: the text they are made of.

Comments, layout and docstrings are left out, and every version of Python writes the same, so that
a result stays that of its code when only the wording changes, or the interpreter.
"""

import ast
import functools
from typing import Any


@functools.lru_cache(maxsize=4096)
def of_cell(source: str) -> tuple[str, ...]:
    """Return the meaning of a notebook cell's statements; its source if it cannot be read.

    What a page computes does not depend on where one cell ends and the next begins, so that its
    cells can be cut elsewhere.
    """
    tree = tree_of_cell(source)
    return (source,) if tree is None else of_statements(tree)


def of_statements(tree: ast.Module) -> tuple[str, ...]:
    """Return the meaning of each statement of a syntax tree."""
    return tuple(map(of_tree, _without_docstring(tree).body))


def tree_of_cell(source: str) -> ast.Module | None:
    """Return the syntax tree of a notebook cell; ``None`` if it cannot be read."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return None


def of_tree(node: Any) -> str:
    """Return the meaning of a syntax tree: its nodes with the fields that are not empty."""
    if isinstance(node, ast.AST):
        fields = [
            f"{name}={of_tree(value)}"
            for name, value in ast.iter_fields(_without_docstring(node))
            if value is not None and value != []
        ]
        return f"{type(node).__name__}({', '.join(fields)})"
    if isinstance(node, list):
        return f"[{', '.join(map(of_tree, node))}]"
    return repr(node)


def _without_docstring(node: Any) -> Any:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if not isinstance(node, documented) or ast.get_docstring(node, clean=False) is None:
        return node
    fields = dict(ast.iter_fields(node))
    return type(node)(**{**fields, "body": node.body[1:]})
