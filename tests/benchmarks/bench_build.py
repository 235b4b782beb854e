"""Time the press against plain ``jupyter-book build``, on the same book in one run.

The book has eight pages that each train a small network, and a package of a few modules. For each
of four situations (nothing built yet, nothing changed, one sentence edited, one module edited that
three pages use) both builders start from the same state; what is compared is their wall time.
Jupyter Book does not know that a page uses a module, so after that edit its time is that of a
build that shows the old results; it is given for completeness.

Run it with ``make bench``; it rewrites the table in ``docs/press.md``. ``--pages`` and
``--epochs`` make it smaller.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bookpress import machine

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "press.md"
BEGIN, END = "<!-- benchmark -->", "<!-- end of benchmark -->"
USERS = 3  # pages that use the module that is edited

CONFIG = """\
title: Benchmark
author: Nobody
only_build_toc_files: true
execute: {execute_notebooks: cache, timeout: 600}
latex: {use_jupyterbook_latex: false}
sphinx: {config: {textlib_page_weight: false}}
"""

PAGE = """\
---
file_format: mystnb
kernelspec: {{name: python3, display_name: Python 3}}
---

# Page {number}

A sentence about what follows.

```{{code-cell}} python
import keras
import matplotlib.pyplot as plt
import numpy as np
from benchlib import data
{extra}
```

```{{code-cell}} python
keras.utils.set_random_seed({number})
x, y = data.digits({rows})
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs={epochs}, batch_size=128, verbose=0).history
```

```{{code-cell}} python
plt.plot(history["loss"]);
```
"""

DATA = """\
import numpy as np

def digits(rows):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, rows)
    x = rng.normal(0, 1, (rows, 28, 28, 1)).astype("float32")
    x[np.arange(rows), y, y] += 5
    return x, y
"""


@dataclass(frozen=True)
class Row:
    """One situation: seconds of both builders, and how many pages each executed."""

    name: str
    plain: float
    press: float

    @property
    def ratio(self) -> float:
        """The press's time as a fraction of Jupyter Book's."""
        return self.press / self.plain


def make_book(root: Path, *, pages: int, epochs: int, rows: int) -> None:
    """Write the book."""
    chapters = "".join(f"\n  - file: book/page{n}" for n in range(pages))
    write(root / "_config.yml", CONFIG)
    write(root / "_toc.yml", f"format: jb-book\nroot: book/index\nchapters:{chapters}\n")
    write(root / "book/index.md", "# Benchmark\n\nWords.\n")
    write(root / "src/benchlib/__init__.py", "")
    write(root / "src/benchlib/data.py", DATA)
    write(root / "src/benchlib/images.py", "SIZE = 28\n")
    for number in range(pages):
        extra = "from benchlib import images" if number < USERS else ""
        text = PAGE.format(number=number, extra=extra, rows=rows, epochs=epochs)
        write(root / f"book/page{number}.md", text)


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8")


def build_plainly(root: Path) -> float:
    """Build with Jupyter Book alone; return the seconds."""
    return timed([str(Path(sys.executable).parent / "jupyter-book"), "build", "."], root)


def build_with_press(root: Path) -> float:
    """Build with the press; return the seconds."""
    return timed([sys.executable, "-m", "bookpress.command", "build"], root)


def timed(command: list[str], root: Path) -> float:
    """Run a command in the book's folder; return the seconds, or stop if it fails."""
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(root / "src"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return seconds


def edit_prose(root: Path) -> None:
    """Change one sentence of one page."""
    path = root / "book/page1.md"
    write(path, path.read_text(encoding="utf8").replace("A sentence about", "Some words about"))


def edit_module(root: Path) -> None:
    """Change a module that three pages use."""
    write(root / "src/benchlib/images.py", "SIZE = 28  # edges of a digit\n")


def measure(folder: Path, **size: int) -> list[Row]:
    """Time both builders in the four situations."""
    roots = {build_plainly: folder / "plain", build_with_press: folder / "press"}
    for root in roots.values():
        make_book(root, **size)
    situations: list[tuple[str, Callable[[Path], None]]] = [
        ("cold build", lambda root: None),
        ("no change", lambda root: None),
        ("one sentence edited", edit_prose),
        (f"one module edited that {USERS} pages use*", edit_module),
    ]
    rows = []
    for name, change in situations:
        seconds = []
        for build, root in roots.items():
            change(root)
            seconds.append(build(root))
        rows.append(Row(name, *seconds))
        print(f"{name}: {seconds[0]:.1f} s, {seconds[1]:.1f} s", flush=True)
    return rows


def table(rows: list[Row], *, pages: int) -> str:
    """Return the Markdown that goes into the document."""
    found, box = machine.versions(), machine.describe()
    lines = [
        f"{pages} pages that train, {box['cores']} cores ({box['processor']}), jupyter-book "
        f"{found['jupyter-book']}, TensorFlow {found['tensorflow']}, Keras {found['keras']}.",
        "",
        "| Situation | `jupyter-book build` | `press build` | Ratio |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {row.name} | {row.plain:.1f} s | {row.press:.1f} s | {row.ratio:.2f} |" for row in rows
    ]
    return "\n".join(lines)


def insert(document: Path, text: str) -> None:
    """Put the table between its marks in the document."""
    content = document.read_text(encoding="utf8")
    head, _, rest = content.partition(BEGIN)
    _, _, tail = rest.partition(END)
    write(document, f"{head}{BEGIN}\n{text}\n{END}{tail}")


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--no-write", action="store_true", help="do not touch the document")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-build-"))
    try:
        rows = measure(folder, pages=chosen.pages, epochs=chosen.epochs, rows=chosen.rows)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = table(rows, pages=chosen.pages)
    print(text)
    if not chosen.no_write:
        insert(DOCUMENT, text)


if __name__ == "__main__":
    main()
