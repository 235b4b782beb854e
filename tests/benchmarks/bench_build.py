"""Time the press against plain ``jupyter-book build``, on the same books in one run.

A small book has pages that each train a small network, and a package of a few modules: it is built
from nothing, and after the edit of a module that three pages use. This book itself, a copy whose
pages are executed already, is published from nothing, built again where nothing changed, and built
after the edit of a sentence on its longest page; there `press serve` is timed as well, from the
edit until the served page has it. In each situation both builders take turns, from the same state,
and the medians of their wall times are compared. Jupyter Book does not know that a page uses a
module, so after that edit its time is that of a build that shows the old results; it is given for
completeness.

Run it with ``make bench``, after ``make book``, on a quiet machine; it rewrites the table in
``docs/press.md``. ``--only small`` or ``--only book`` measures one of the two and writes nothing;
``--pages`` and ``--epochs`` make the small book smaller, ``--book`` takes another executed book.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bookpress import machine
from bookpress.book import Book

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "press.md"
BEGIN, END = "<!-- benchmark -->", "<!-- end of benchmark -->"
PATIENCE = 120.0  # seconds
USERS = 3  # pages that use the module that is edited
COPIED = (
    "book",
    "src",
    "web",
    "requirements.txt",
    "_config.yml",
    "_toc.yml",
    "_build/press",
    "_build/web",
)
MADE = ("doctrees", "locks", "published.json")  # what publishing makes, below _build/press

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
---
mystnb:
  image:
    alt: The loss falls over the epochs.
---
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


def copy_book(source: Path, root: Path) -> None:
    """Copy a book with the outputs of its pages, and without its site."""
    ignored = shutil.ignore_patterns(*MADE)
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, root / name, ignore=ignored)
        elif (source / name).is_file():
            shutil.copy2(source / name, root / name)


PLAIN = [str(Path(sys.executable).parent / "jupyter-book"), "build", "."]
PRESS = [sys.executable, "-m", "bookpress.command", "build"]


def start(command: list[str], root: Path) -> subprocess.Popen[str]:
    """Start a command in the book's folder."""
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join([str(root / "src"), os.environ.get("PYTHONPATH", "")]),
        "PYTHONUNBUFFERED": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    return subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a command; return what it said, or stop if it failed."""
    said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{process.args} failed:\n{said[-3000:]}")
    return said


def timed(command: list[str], root: Path) -> float:
    """Run a command in the book's folder; return the seconds."""
    begun = time.perf_counter()
    finish(start(command, root))
    return time.perf_counter() - begun


def edit_sentence(root: Path, page: str) -> str:
    """Lengthen the first sentence of a page; return the words that are new."""
    path = root / "book" / f"{page}.md"
    lines = path.read_text(encoding="utf8").splitlines()
    title = next(number for number, line in enumerate(lines) if line.startswith("# "))
    number = next(n for n, line in enumerate(lines) if n > title and line[:1].isalpha())
    words = f"Edited at {time.time_ns()}."
    lines[number] = f"{words} {lines[number]}"
    write(path, "\n".join(lines) + "\n")
    return words


def edit_module(root: Path) -> None:
    """Change a module that three pages use."""
    write(root / "src/benchlib/images.py", "SIZE = 14 * 2  # edges of a digit\n")


def serve_edits(root: Path, page: str, *, repeat: int) -> float:
    """Return the median of the seconds from an edit until the served page has it."""
    command = [sys.executable, "-m", "bookpress.command", "serve", "--port", "0"]
    published = Book(root).press_dir / "published.json"  # away while a build publishes
    seconds = []
    with start(command, root) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if line.startswith("Serving "))
            address = line.split()[1] + f"{page}.html"
            for _ in range(repeat):
                begun = time.perf_counter()
                words = edit_sentence(root, page).encode()
                wait_for(lambda: words in urllib.request.urlopen(address).read())  # noqa: B023
                seconds.append(time.perf_counter() - begun)
                wait_for(published.is_file)
        finally:
            process.terminate()
    return statistics.median(seconds)


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until something has happened; stop if it does not."""
    begun = time.perf_counter()
    while not happened():
        if time.perf_counter() - begun > PATIENCE:
            sys.exit(f"press serve did not show an edit within {PATIENCE:.0f} s.")
        time.sleep(0.02)


def measure(
    name: str,
    folder: Path,
    change: Callable[[Path], object] = lambda root: None,
    *,
    repeat: int = 1,
) -> Row:
    """Time both builders in one situation; each has a copy of the book in the folder."""
    seconds: dict[str, list[float]] = {"plain": [], "press": []}
    for _ in range(repeat):
        for builder, command in (("plain", PLAIN), ("press", PRESS)):
            change(folder / builder)
            seconds[builder].append(timed(command, folder / builder))
    row = Row(name, *map(statistics.median, seconds.values()))
    print(row, flush=True)
    return row


def measure_small(folder: Path, **size: int) -> list[Row]:
    """Time both builders on the small book."""
    for builder in ("plain", "press"):
        make_book(folder / builder, **size)
    label = f"{size['pages']} pages that train"
    return [
        measure(f"{label}: from nothing", folder),
        measure(f"{label}: one module edited that {USERS} use*", folder, edit_module),
    ]


def measure_book(source: Path, folder: Path, *, repeat: int) -> list[Row]:
    """Time both builders on a whole book whose pages are executed."""
    for builder in ("plain", "press"):
        copy_book(source, folder / builder)
    said = finish(start([*PRESS[:-1], "status"], folder / "press"))
    if ", 0 stale" not in said:
        sys.exit(f"{source} has stale pages; execute them first ('press build').\n{said}")
    pages = Book(source).pages
    page = max((page for page in pages if page.executes), key=lambda page: len(page.text)).name

    def edit(root: Path) -> None:
        edit_sentence(root, page)

    label = f"this book ({len(pages)} pages, executed)"
    rows = [
        measure(f"{label}: published from nothing", folder),
        measure(f"{label}: no change", folder, repeat=repeat),
        measure(f"{label}: one sentence edited", folder, edit, repeat=repeat),
    ]
    served = serve_edits(folder / "press", page, repeat=repeat)
    rows.append(Row(f"{label}: one sentence edited under `press serve`", rows[-1].plain, served))
    print(rows[-1], flush=True)
    return rows


def table(rows: list[Row]) -> str:
    """Return the Markdown that goes into the document."""
    found, box = machine.versions(), machine.describe()
    lines = [
        f"{box['cores']} cores ({box['processor']}), jupyter-book {found['jupyter-book']}, "
        f"TensorFlow {found['tensorflow']}, Keras {found['keras']}.",
        "",
        "| Situation | `jupyter-book build` | the press | Ratio |",
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
    parser.add_argument("--only", choices=["small", "book"], help="one of the two; write nothing")
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--repeat", type=int, default=3, help="how often the book is built again")
    parser.add_argument("--book", type=Path, default=ROOT, help="an executed book")
    chosen = parser.parse_args()
    size = {"pages": chosen.pages, "epochs": chosen.epochs, "rows": chosen.rows}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-build-") as made:
        if chosen.only != "book":
            rows += measure_small(Path(made) / "small", **size)
        if chosen.only != "small":
            rows += measure_book(chosen.book.resolve(), Path(made) / "book", repeat=chosen.repeat)
    text = table(rows)
    print(text)
    if not chosen.only:
        insert(DOCUMENT, text)


if __name__ == "__main__":
    main()
