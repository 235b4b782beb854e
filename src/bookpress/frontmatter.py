"""What stands at the top of a page, checked value by value.

`read` finds the block and its YAML; `Settings` is the page's own part of it, below ``textlib:``.
An author who wrote something else than what is wanted gets one line that says where and what.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import yaml

from bookpress.markdown import PageError
from textlib._errors import unknown

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is


@dataclass(frozen=True)
class Kind:
    """What a value must be: in words for the author, and as a test."""

    wanted: str
    fits: Callable[[Any], bool]


TEXT = Kind("a text", lambda value: isinstance(value, str) and bool(value.strip()))
TEXTS = Kind(
    "a list of names, such as [first, second]",
    lambda value: isinstance(value, list) and all(map(TEXT.fits, value)),
)
SECONDS = Kind(
    "a number of seconds above 0",
    lambda value: type(value) in (int, float) and 0 < value < math.inf,
)
MAPPING = Kind(
    "a mapping of 'key: value' lines",
    lambda value: isinstance(value, dict) and all(isinstance(key, str) for key in value),
)
MAYBE = Kind(MAPPING.wanted, lambda value: value is None or MAPPING.fits(value))
KERNEL = Kind(
    "a mapping with a text for 'name' and one for 'display_name'",
    lambda value: (
        MAPPING.fits(value) and all(TEXT.fits(value.get(key)) for key in ("name", "display_name"))
    ),
)
LIST = Kind("a list", lambda value: isinstance(value, list))
KINDS = {  # what others read, as far as a wrong kind would make them fail
    ("textlib",): MAYBE,
    ("myst",): MAPPING,
    ("myst", "substitutions"): MAYBE,
    ("mystnb",): MAPPING,
    ("file_format",): TEXT,
    ("kernelspec",): KERNEL,
    ("jupytext",): MAPPING,
    ("title",): TEXT,
    ("description",): TEXT,
    ("authors",): LIST,
}


@dataclass(frozen=True)
class Settings:
    """The block ``textlib:`` of a page.

    Attributes
    ----------
    covers
        Systems of the syllabus that the page runs, or that its full-scale record ran.
    describes
        Systems that the page only tells of or draws.
    data
        Datasets that the page loads.
    files
        Files beside the page that its cells read.
    extras
        Optional parts of the package that the page needs, such as ``search``.
    thumbnail
        Name of the figure that stands for the page.
    timeout
        How long the page may run, in seconds; ``None`` for the default.
    """

    covers: tuple[str, ...] = field(default=(), metadata={"kind": TEXTS})
    describes: tuple[str, ...] = field(default=(), metadata={"kind": TEXTS})
    data: tuple[str, ...] = field(default=(), metadata={"kind": TEXTS})
    files: tuple[str, ...] = field(default=(), metadata={"kind": TEXTS})
    extras: tuple[str, ...] = field(default=(), metadata={"kind": TEXTS})
    thumbnail: str = field(default="", metadata={"kind": TEXT})
    timeout: float | None = field(default=None, metadata={"kind": SECONDS})

    @classmethod
    def of(cls, block: dict[str, Any] | None) -> "Settings":
        """Return what a block says; `read` has complained of what does not fit."""
        said = {key: value for key, value in (block or {}).items() if key in OWN}
        fit: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in said.items()
            if OWN[key].fits(value)
        }
        return cls(**fit)


OWN = {each.name: each.metadata["kind"] for each in fields(Settings)}


def read(text: str) -> dict[str, Any]:
    """Return the front matter of a page; empty if there is none.

    Raises
    ------
    PageError
        If the block begins late, never ends, or is not a YAML mapping; if a value is of the
        wrong kind; if there is no such key below ``textlib:``.
    """
    block = _block(text)
    try:
        found = yaml.load(block, Loader=LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = f"the front matter is not YAML: {getattr(error, 'problem', None) or error}."
        raise PageError(mark.line + 2 if mark else 1, reason) from error
    if found is None:
        return {}
    _check(found, MAPPING, block)
    for (*above, key), kind in KINDS.items():
        place = functools.reduce(lambda node, name: node.get(name) or {}, above, found)
        if key in place:
            _check(place[key], kind, block, *above, key)
    for key, value in (found.get("textlib") or {}).items():
        if key not in OWN:
            reason = unknown("key", key, OWN)
            raise PageError(_line(block, "textlib", key), f"'textlib:' has an {reason}")
        if value is not None:
            _check(value, OWN[key], block, "textlib", key)
    return found


def line_of(text: str, *keys: str) -> int:
    """Return where in a page a key of its front matter stands, named with those above it."""
    return _line(_block(text), *keys)


def _block(text: str) -> str:
    """Return the lines of YAML at the top, as Markdown finds them."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.front_matter import front_matter_plugin

    parser = MarkdownIt("zero").use(front_matter_plugin).disable("inline")
    start = text.lstrip()
    opening, *lines = start.split("\n")
    closing = next((n for n, line in enumerate(lines) if line.startswith(("---", "..."))), -1)
    head = "\n".join([opening, *lines[: closing + 1]])  # the rest of a page takes time to read
    first = next(iter(parser.parse(head)), None)
    if first is None or first.type != "front_matter":
        if text.startswith("---\n"):
            raise PageError(1, "the front matter begins with '---'; no line '---' ends it.")
        return ""
    if start != text:  # after a blank line Markdown sees rules with text between them
        if not any(f"{keys[0]}:" in first.content for keys in KINDS):
            return ""
        line = text[: -len(start)].count("\n") + 1
        reason = "the front matter must begin on the first line; delete what stands above it."
        raise PageError(line, reason)
    return first.content


def _check(value: Any, kind: Kind, block: str, *keys: str) -> None:
    if not kind.fits(value):
        name = repr(": ".join(keys)) if keys else "the front matter"
        raise PageError(_line(block, *keys), f"{name} must be {kind.wanted}; it is {value!r}.")


def _line(block: str, *keys: str) -> int:
    """Return where in the page a key of the block stands; the block begins on the second line."""
    node: Any = yaml.compose(block, Loader=LOADER)
    line = 0
    for key in keys:
        for name, value in node.value:  # a merged key, "<<", stands elsewhere
            if name.value == str(key):
                line, node = name.start_mark.line, value
    return line + 2
