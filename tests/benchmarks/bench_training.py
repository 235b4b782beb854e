"""Time three seeds of small networks: ``training.compare`` against one training after the other.

Both train the same networks on the same data to the same numbers, each in a fresh process, without
a run store; what differs is how often a graph is traced. Seconds are those of the processor, which
other programs disturb less. Run it with ``make bench``; it rewrites the table in
``docs/authoring.md``. It is a measurement, not a test: a slow machine fails nothing.
"""

import argparse
import json
import statistics
import subprocess
import sys

from bench_build import ROOT, insert

from bookpress import machine

DOCUMENT = ROOT / "docs" / "authoring.md"
SEEDS = 3
CASES = {
    "dense, 300 rows": {"kind": "dense", "rows": 300},
    "convolutional, 500 images": {"kind": "convolutional", "rows": 500},
    "LSTM, 500 sequences": {"kind": "recurrent", "rows": 500},
}
PROBE = """
import json, sys, time
import keras
import numpy as np
from textlib import training

kind, rows, seeds, way = json.loads(sys.argv[1])
SHAPES = {"dense": (20,), "convolutional": (28, 28, 1), "recurrent": (20, 8)}
MIDDLE = {
    "dense": lambda: [keras.layers.Dense(32, activation="relu"), keras.layers.Dropout(0.3)],
    "convolutional": lambda: [
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.MaxPooling2D(4),
        keras.layers.Flatten(),
    ],
    "recurrent": lambda: [keras.layers.LSTM(16)],
}

def build():
    output = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input(SHAPES[kind]), *MIDDLE[kind](), output])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

rng = np.random.default_rng(0)
x, y = rng.normal(size=(rows, *SHAPES[kind])).astype("float32"), rng.integers(0, 10, rows)
settings = {"epochs": 3, "batch_size": 32, "validation_data": (x[:100], y[:100])}
build().fit(x[:64], y[:64], verbose=0)  # what starts only once in a session
began = time.process_time()
if way == "compare":
    training.compare({"arm": build}, x, y, seeds=seeds, **settings)
else:
    for seed in range(seeds):
        training.set_seed(seed)
        training.fit(build(), x, y, seed=seed, **settings)
print(time.process_time() - began)
"""


def measure(case: dict, way: str, *, seeds: int, repeats: int) -> float:
    """Return the median processor seconds of one network's trainings, one way or the other."""
    task = json.dumps([case["kind"], case["rows"], seeds, way])
    command = [sys.executable, "-c", PROBE, task]
    found = [
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(repeats)
    ]
    return statistics.median(found)


def table(rows: dict[str, tuple[float, float]]) -> str:
    """Return the Markdown that goes into the document."""
    found, box = machine.versions(), machine.describe()
    lines = [
        f"Three epochs on {SEEDS} seeds, processor seconds, {box['cores']} cores "
        f"({box['processor']}), TensorFlow {found['tensorflow']}, Keras {found['keras']}.",
        "",
        f"| Network | {SEEDS} × `fit` | `compare` | Ratio |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {apart:.1f} s | {together:.1f} s | {together / apart:.2f} |"
        for name, (apart, together) in rows.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-write", action="store_true", help="do not touch the document")
    chosen = parser.parse_args()
    rows = {
        name: tuple(
            measure(case, way, seeds=SEEDS, repeats=chosen.repeats) for way in ("fit", "compare")
        )
        for name, case in CASES.items()
    }
    text = table(rows)
    print(text)
    if not chosen.no_write:
        insert(DOCUMENT, text)


if __name__ == "__main__":
    main()
