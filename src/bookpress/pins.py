"""The exact versions that a hosted machine installs: what some packages need, as the book pins it.

``requirements.txt`` pins all that authors use, with hashes. A machine that runs notebooks needs
less, and takes the package from its repository, which pip cannot do where hashes are asked for.
"""

import importlib.metadata
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINS = "requirements.txt"
PACKAGE = "pyproject.toml"
PYTHON = "3.12"  # what Binder gets, and what Colab has
HOSTED = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}


def of(root: Path, extras: Iterable[str]) -> list[str]:
    """Return the pins, without hashes, of all that the package brings to a hosted machine.

    Parameters
    ----------
    root
        The book's folder; a book without pins, or without a package of its own, has none.
    extras
        The package's optional parts that the pages use.
    """
    path = root / PINS
    if not (path.is_file() and (root / PACKAGE).is_file()):
        return []
    said = project(root)
    optional = said.get("optional-dependencies", {})
    chosen = itertools.chain(said["dependencies"], *(optional[extra] for extra in extras))
    wanted = needed(chosen)
    return [
        f"{pin.name}{pin.specifier}"
        for pin in read(path.read_text(encoding="utf8"))
        if canonicalize_name(pin.name) in wanted and _applies(pin, "")
    ]


def project(root: Path) -> dict[str, Any]:
    """Return what the package says of itself."""
    found: dict[str, Any] = tomllib.loads((root / PACKAGE).read_text(encoding="utf8"))["project"]
    return found


def read(text: str) -> Iterator[Requirement]:
    """Yield the pins of a file, hashes left out."""
    for line in text.splitlines():
        if line[:1].isalnum():
            yield Requirement(re.sub(r"\s*\\$", "", line))


def needed(requirements: Iterable[str]) -> set[str]:
    """Return the names of all distributions that some requirements bring to a hosted machine.

    What these need in turn is looked up where the press runs, which has all of them.
    """
    waiting = [Requirement(text) for text in requirements]
    found: dict[str, set[str]] = {}  # with the extras that were followed
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        extras = {"", *asked.extras} - found.setdefault(name, set())
        found[name] |= extras
        for text in _requires(name):
            each = Requirement(text)
            if any(_applies(each, extra) for extra in extras):
                waiting.append(each)
    return set(found)


def _requires(name: str) -> list[str]:
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:  # not needed where the press runs
        return []


def _applies(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({**HOSTED, "extra": extra})
