"""Time the loading of cached datasets, each in a fresh process; writes docs/data-loading.md.

Run it with ``make bench``. It is a measurement, not a test: nothing fails when a disk is slow.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from textlib import datasets

TARGET = Path(__file__).parents[2] / "docs" / "data-loading.md"
CASES = [
    ("mnist", {}),
    ("fashion_mnist", {}),
    ("solar_cells", {}),
    ("solar_cells", {"size": 100}),
    ("emoji", {}),
    ("photographs", {}),
    ("imdb", {}),
    ("imdb", {"form": "integers", "num_words": 10_000, "length": 200}),
    ("imdb", {"form": "multi_hot", "num_words": 10_000}),
    ("newsgroups", {}),
    ("shakespeare", {}),
    ("german_english", {}),
    ("housing", {}),
    ("weather", {}),
    ("glove", {}),
]
PROBE = """
import json, resource, sys, time
started = time.perf_counter()
import textlib
bare = time.perf_counter()
from textlib import datasets
import textlib.datasets.registry as registry
registry.specs()
imported = time.perf_counter()

def resident():
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * resource.getpagesize()

name, options = json.loads(sys.argv[1])
before = resident()
start = time.perf_counter()
data = datasets.load(name, **options)
seconds = time.perf_counter() - start
memory = resident() - before
start = time.perf_counter()
x = data.train.x
(x.sum() if hasattr(x, "sum") and x.dtype.kind in "uif" else sum(len(row) for row in x))
reading = time.perf_counter() - start
print(json.dumps([bare - started, imported - bare, seconds, memory / 2**20, reading]))
"""


def measure(name: str, options: dict, *, repeats: int) -> list[float]:
    """Return medians of: seconds to import the package, its catalog, and to load; MiB; to read."""
    runs = []
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", PROBE, json.dumps([name, options])],
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append(json.loads(done.stdout))
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def table(rows: list[tuple[str, dict, list[float]]], *, repeats: int) -> str:
    """Return the results as a Markdown page."""
    lines = [
        "# How fast cached datasets load",
        "",
        f"Medians of {repeats} fresh processes each, data in the cache, {os.cpu_count()} processor "
        f"cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}. "
        "*Load* is `datasets.load(...)`; *memory* is what it added to the process; *read* touches "
        "every value of the training part once. `import textlib` took "
        f"{statistics.median(values[0] for *_, values in rows):.2f} s, and importing the catalog "
        f"{statistics.median(values[1] for *_, values in rows):.2f} s more, most of it NumPy.",
        "",
        "| dataset | load, ms | memory, MiB | read, ms |",
        "|---|--:|--:|--:|",
    ]
    for name, options, (_, _, seconds, memory, reading) in rows:
        chosen = ", ".join(f"{key}={value!r}" for key, value in options.items())
        shown = f"`{name}`" + (f" ({chosen})" if chosen else "")
        lines.append(f"| {shown} | {seconds * 1000:.0f} | {memory:.0f} | {reading * 1000:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="fresh processes a dataset")
    chosen = parser.parse_args()
    rows = []
    for name, options in CASES:
        datasets.fetch(name)
        rows.append((name, options, measure(name, options, repeats=chosen.repeats)))
        print(f"{name} {options}: {rows[-1][2][2] * 1000:.0f} ms", flush=True)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(table(rows, repeats=chosen.repeats), encoding="utf-8")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
