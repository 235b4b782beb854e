"""A small book to build: two pages that use two modules, and a package of its own."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bookpress.book import Book
from tests.waiting import PATIENCE

CONFIG = """
title: Fixture
author: Nobody
only_build_toc_files: true
execute: {execute_notebooks: cache}
repository: {url: "https://github.com/owner/fixture", branch: main, path_to_book: ""}
html: {baseurl: "https://owner.github.io/fixture/"}
latex: {use_jupyterbook_latex: false}
sphinx:
  extra_extensions: [bookpress.outputs, sphinx_exercise]
  config: {textlib_page_weight: false, html_math_renderer: mathjax}
"""

INDEX = """
# A small book

Read [the first page](part/one.md).
"""

PAGE = """
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
textlib: {{covers: [{system}]}}
---

# Page {name}

The value is {{glue:text}}`value`.

```{{code-cell}} python
from textlib import claims, scale
{code}
```

```{{code-cell}} python
claims.number("value", scale.seed(20) + 1, "d")
claims.check("positive", scale.seed(20) > 0, "it is {{v:d}}", v=scale.seed(20));
```
"""

PACKAGE = {
    "__init__.py": """
        import importlib

        __all__ = ["draw", "curve", "lazily"]
        _HOMES = {"draw": "images", "curve": "curves", "lazily": "lazy"}

        def __getattr__(name):
            if name in _HOMES:
                return getattr(importlib.import_module(f"minilib.{_HOMES[name]}"), name)
            raise AttributeError(name)
        """,
    "images.py": "from minilib.colors import RED\n\ndef draw():\n    return RED\n",
    "curves.py": "def curve():\n    return 'curve'\n",
    "colors.py": "RED = 'red'\n",
    "lazy.py": "def lazily():\n    from minilib.deep import depth\n    return depth()\n",
    "deep.py": "def depth():\n    return 3\n",
}


class Fixture:
    """A book in a folder, and the command to build it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pages: list[str] = []
        self.write("_config.yml", CONFIG)
        self.write("book/index.md", INDEX)
        for name, text in PACKAGE.items():
            self.write(f"src/minilib/{name}", text)
        self.page("part/one", "import minilib.images")
        self.page("part/two", "from minilib import curve")

    @property
    def book(self) -> Book:
        """The book, read anew."""
        return Book(self.root)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the book."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf8")
        return path

    def page(self, name: str, code: str, *, extra: str = "") -> Path:
        """Write a page with some code and enter it into the table of contents."""
        if name not in self.pages:
            self.pages.append(name)
            chapters = "".join(f"\n  - file: book/{page}" for page in self.pages)
            head = "format: jb-book\nroot: book/index\nparts:\n- caption: Part\n  chapters:"
            self.write("_toc.yml", f"{head}{chapters}\n")
        system = "DLR-" + name.split("/")[-1]
        return self.write(
            f"book/{name}.md", PAGE.format(name=name, code=code, system=system) + extra
        )

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace a text in a file; it must be there."""
        path = self.root / name
        text = path.read_text(encoding="utf8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf8")

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of the press on this book."""
        return [sys.executable, "-m", "bookpress.command", "--root", str(self.root), *arguments]

    def press(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=environment(),
            check=False,
        )

    def execute(self, *arguments: str) -> str:
        """Execute stale pages without publishing; return what the command said."""
        done = self.press("build", "--no-publish", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shown(self, name: str) -> str:
        """Return the text of a published page."""
        html = (self.root / f"_build/html/{name}.html").read_text(encoding="utf8")
        return re.sub(r"<[^>]+>", "", html)

    def executed(self, *arguments: str) -> set[str]:
        """Execute stale pages; return the names of those that ran."""
        said = self.execute(*arguments)
        return {line.split()[2] for line in said.splitlines() if "] done " in line}


def environment() -> dict[str, str]:
    """Return the variables for a command: those of the tests, and no shared run store."""
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "200"}


@pytest.fixture
def fixture_book(tmp_path) -> Fixture:
    """Give a fresh book."""
    return Fixture(tmp_path / "book with space")


@pytest.fixture(scope="session")
def executed_once(tmp_path_factory) -> Path:
    """Execute the small book once, to be copied."""
    made = Fixture(tmp_path_factory.mktemp("executed") / "book with space")
    made.execute()
    return made.root


@pytest.fixture
def executed_book(executed_once, tmp_path) -> Fixture:
    """Give a book of one's own whose pages are stored."""
    root = tmp_path / "book with space"
    shutil.copytree(executed_once, root)
    return Fixture(root)
