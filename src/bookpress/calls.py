"""Which functions of the modules ``claims`` and ``exercises`` the code of a cell calls."""

import ast
import contextlib
import functools


def called(node: ast.AST, module: str) -> str:
    """Return which function of a module a syntax node calls, such as ``"check"``, or ``""``."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=function)):
            return function if name == module else ""
    return ""


@functools.lru_cache(maxsize=4096)
def tree_of(source: str, module: str) -> ast.Module | None:
    """Return the syntax tree of a cell, not to be changed; ``None`` if it has nothing of a module.

    A cell that is not plain Python, such as one with a magic, has nothing.
    """
    with contextlib.suppress(SyntaxError):
        return ast.parse(source) if module in source else None
    return None


@functools.lru_cache(maxsize=4096)
def of_cell(source: str, module: str) -> tuple[tuple[str, ast.Call], ...]:
    """Return the calls of a module's functions in a cell, each as ``(function, call)``."""
    tree = tree_of(source, module)
    found = ast.walk(tree) if tree else ()
    return tuple(
        (function, node)
        for node in found
        if isinstance(node, ast.Call) and (function := called(node, module))
    )
