"""What is wrong with the options at the head of a code cell, said so that an author can mend it.

MyST-NB only says that the options are "bad YAML", and of which cell. Here the block is read again
for the line and the reason.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

PLACE = re.compile(r"at line (\d+)")
QUOTES = 'Put text that contains a colon, a "#" or quotation marks between quotation marks'
EXAMPLE = "mystnb: {figure: {name: ..., caption: ...}}"


def explain(text: str, error: Exception) -> tuple[int, str]:
    """Return the line and the reason of options that cannot be read.

    Parameters
    ----------
    text
        The page's source.
    error
        What MyST-NB raised; its message names the line of the cell.

    Returns
    -------
    line : int
        Line in the page, counted from 1; 1 if the message names none.
    reason : str
        One or two sentences, with the remedy.
    """
    place = PLACE.search(str(error))
    if place is None:
        return 1, str(error)
    fence = int(place[1])
    lines = text.splitlines()
    first, block, closed = _options(lines, fence)
    if not closed:
        return fence, "the options of the cell begin with '---', but no line '---' ends them."
    try:
        found = yaml.safe_load("\n".join(block))
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = first + (min(mark.line, len(block) - 1) if mark else 0)
        said = f"{problem.problem or problem.context}: {lines[line - 1].strip()!r}"
        return line, f"the options of the cell are not YAML: {said}. {QUOTES}."
    kind = type(found).__name__
    return first, f"the options of a cell must be a mapping, 'key: value'; this is a {kind}."


def _options(lines: list[str], fence: int) -> tuple[int, list[str], bool]:
    """Return the first line and the lines of the options below a fence, and whether they end."""
    body = lines[fence:]
    if body and body[0].startswith("---"):
        inside = body[1:]
        end = next((n for n, line in enumerate(inside) if line.startswith("---")), None)
        fences = next((n for n, line in enumerate(inside) if line.startswith("```")), len(inside))
        closed = end is not None and end < fences
        return fence + 2, inside[:end] if closed else inside[:fences], closed
    count = next((n for n, line in enumerate(body) if not line.startswith(":")), len(body))
    return fence + 1, [line[1:] for line in body[:count]], True


def misshapen(notebook: Any) -> Iterator[tuple[int, str]]:
    """Yield ``(number of the cell, reason)`` where ``mystnb`` options have a wrong shape."""
    for number, cell in enumerate(notebook.cells):
        options = cell.metadata.get("mystnb")
        if options is None:
            continue
        if not isinstance(options, dict):
            yield number, f"'mystnb' must be a mapping, such as {EXAMPLE}."
            continue
        for key in ("figure", "image"):
            value = options.get(key, {})
            if not isinstance(value, dict):
                yield number, f"{key!r} must be a mapping of 'key: value' lines, not {value!r}."
            for name, words in value.items() if isinstance(value, dict) else ():
                if isinstance(words, dict | list):
                    yield number, f"{name!r} of {key!r} must be text, not {words!r}. {QUOTES}."
