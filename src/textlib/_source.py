"""Show the tested source of something that a chapter imports, where the chapter discusses it."""

import inspect
import textwrap
from typing import Any


def show_source(target: Any, *, docstring: bool = False) -> Any:
    """Show the source of a function, class or method, highlighted.

    Parameters
    ----------
    target
        The object whose source to show.
    docstring
        Whether to keep the docstring; without it the code fits a page.

    Returns
    -------
    IPython.display.Code
        An object that a notebook renders as highlighted Python.

    Raises
    ------
    TypeError
        If the object has no Python source (a built-in, or an instance).
    """
    from IPython.display import Code

    target = inspect.unwrap(target) if callable(target) else target
    try:
        source = textwrap.dedent(inspect.getsource(target))
    except (TypeError, OSError):
        message = f"{target!r} has no Python source to show; pass a function, class or method."
        raise TypeError(message) from None
    shown = Code(source if docstring else _without_docstrings(source), language="python")
    # As LaTeX it would be a listing, which a page takes for a formula.
    shown._repr_latex_ = None  # type: ignore[method-assign, assignment]
    return shown


def _without_docstrings(source: str) -> str:
    """Cut the docstrings out of source text, leaving comments and layout as they are."""
    import ast

    lines = source.splitlines()
    drop: set[int] = set()
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, scopes) and ast.get_docstring(node) and len(node.body) > 1:
            text = node.body[0]
            drop.update(range(text.lineno - 1, text.end_lineno or text.lineno))
            after = text.end_lineno or 0
            if after < len(lines) and not lines[after].strip():
                drop.add(after)
    return "\n".join(line for index, line in enumerate(lines) if index not in drop)
