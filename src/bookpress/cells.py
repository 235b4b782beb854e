"""What is wrong with the options at the head of a code cell, said so that an author can mend it.

MyST-NB only says that the options are "bad YAML", and of which cell, or that a value has another
type. Here the block is read again for the line and the reason.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

QUOTES = 'Put text that contains a colon, a "#" or quotation marks between quotation marks'
EXAMPLE = "mystnb: {figure: {name: ..., caption: ...}}"


def unreadable(tokens: Iterable[Any]) -> Iterator[tuple[int, str]]:
    """Yield ``(line, reason)``, counted from 1, for options of a page that cannot be read."""
    for token in tokens:
        if token.type != "fence" or not token.info.startswith("{code-cell}"):
            continue
        fence = token.map[0] + 1
        lines = token.content.splitlines()
        if lines and lines[0].startswith("---"):
            block = list(itertools.takewhile(lambda line: not line.startswith("---"), lines[1:]))
            if len(block) == len(lines) - 1:
                yield (
                    fence,
                    "the options of the cell begin with '---', but no line '---' ends them.",
                )
            yield from _reasons(block, fence + 2)
        else:
            block = list(itertools.takewhile(lambda line: line.startswith(":"), lines))
            yield from _reasons([line[1:] for line in block], fence + 1)


def _reasons(block: list[str], first: int) -> Iterator[tuple[int, str]]:
    try:
        found = yaml.safe_load("\n".join(block)) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        number = min(mark.line, len(block) - 1) if mark else 0
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        said = f"{problem}: {block[number].strip()!r}"
        yield first + number, f"the options of the cell are not YAML: {said}. {QUOTES}."
        return
    if not isinstance(found, dict):
        kind = type(found).__name__
        yield first, f"the options of a cell must be a mapping, 'key: value'; this is a {kind}."
    elif not isinstance(tags := found.get("tags", []), list) or not all(
        isinstance(tag, str) for tag in tags
    ):
        yield first, f"'tags' must be a list of names, such as [hide-input]; it is {tags!r}."


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
