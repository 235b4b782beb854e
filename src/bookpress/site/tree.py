"""The HTML of a page's text as a tree that is quick to make and to search.

Most elements of a page are parts of formulas and of highlighted code, which no rule of `finish`
changes. They are set aside before the text is parsed; what stands for them has their words.
Beautiful Soup's own searches ask much of every element; these ask for its name or its class.
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

_WHOLE = re.compile(
    r'<(math)\b[^>]*>(.*?)</math>|(?<=<div class="highlight">)<(pre)>(.*?)</pre>', re.DOTALL
)
_MARK = re.compile(r"<[^>]*>")
_STANDS = re.compile(r'<(math|pre) data-aside="(\d+)"[^>]*>.*?</\1>', re.DOTALL)


class Text:
    """The text of a page.

    Parameters
    ----------
    html
        Its HTML.

    Attributes
    ----------
    soup
        Its tree, in which an element with the attribute ``data-aside`` stands for a whole formula
        or block of code.
    aside
        The HTML of these, in order.
    """

    def __init__(self, html: str) -> None:
        self.aside: list[str] = []
        self.soup = BeautifulSoup(_WHOLE.sub(self._set_aside, html), "html.parser")

    def _set_aside(self, found: re.Match[str]) -> str:
        self.aside.append(found[0])
        formula, parts, code, lines = found.groups()
        words = " ".join(_MARK.sub(" ", parts).split()) if formula else _MARK.sub("", lines)
        name = formula or code
        return f'<{name} data-aside="{len(self.aside) - 1}">{words}</{name}>'

    def __str__(self) -> str:
        """Return the HTML, whole again."""
        return _STANDS.sub(lambda found: self.aside[int(found[2])], str(self.soup))


def tags(root: Tag, *names: str) -> list[Tag]:
    """Return the elements inside of ``root``, in order: all, or those with one of the names."""
    return list(_tags(root, names))


def _tags(root: Tag, names: tuple[str, ...]) -> Iterator[Tag]:
    for node in root.descendants:
        if isinstance(node, Tag) and (not names or node.name in names):
            yield node


def with_class(root: Tag, *names: str) -> list[Tag]:
    """Return the elements inside of ``root`` that have at least one of the classes."""
    wanted = set(names)
    return [tag for tag in _tags(root, ()) if wanted.intersection(classes(tag))]


def classes(tag: Tag) -> list[str]:
    """Return the classes of an element."""
    found = tag.get("class")
    return found.split() if isinstance(found, str) else list(found or ())


def inside(tag: Tag, *names: str) -> bool:
    """Tell whether an element stands inside of one that has at least one of the classes."""
    wanted = set(names)
    return any(wanted.intersection(classes(parent)) for parent in tag.parents)
