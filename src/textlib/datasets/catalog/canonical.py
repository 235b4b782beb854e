"""The sets that the literature names, from their own addresses, for people with network.

They have the same interface as their stand-ins in the other modules. Where a publisher states no
SHA-256, its MD5 is pinned; where there is neither, the shape of the content is checked.
"""

import csv
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Unpack

import numpy as np

from textlib.datasets import encoding, store
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.catalog.series import open_series
from textlib.datasets.catalog.text import Form, encoded, ends_of, open_texts
from textlib.datasets.catalog.vectors import GLOVE, open_vectors
from textlib.datasets.encoding import Vocabulary, as_sequences
from textlib.datasets.formats import read_object_npz
from textlib.datasets.pixels import decode, square
from textlib.datasets.prepared import Items, open_items, split_items
from textlib.datasets.registry import Recipe, register
from textlib.fetching import sources
from textlib.fetching.errors import IntegrityError
from textlib.fetching.unpickle import restricted_load

_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"


def _one_file(key: str, address: str, digest: str) -> sources.Resource:
    return sources.url(key, {address.rsplit("/", 1)[-1]: (address, digest)})


def _only(folder: Path) -> Path:
    """Return the file of a resource that has one."""
    (path,) = (path for path in folder.iterdir() if path.name != "manifest.json")
    return path


# --- images -------------------------------------------------------------------------------------


def _cifar10(folder: Path) -> Items:
    with tarfile.open(_only(folder)) as archive:

        def batch(name: str) -> tuple[np.ndarray, np.ndarray]:
            member = archive.extractfile(f"cifar-10-batches-py/{name}")
            if member is None:
                raise IntegrityError(f"the archive has no batch {name!r}.")
            content = restricted_load(member.read(), encoding="bytes")
            planes = content[b"data"].reshape(-1, 3, 32, 32)  # (n, channel, row, column)
            return planes.transpose(0, 2, 3, 1), np.array(content[b"labels"], dtype=np.int64)

        batches = [batch(f"data_batch_{number}") for number in range(1, 6)]
        test_x, test_y = batch("test_batch")
    return {
        "train_x": np.concatenate([x for x, _ in batches]),
        "train_y": np.concatenate([y for _, y in batches]),
        "test_x": np.ascontiguousarray(test_x),
        "test_y": test_y,
    }


@register(
    Info(
        name="cifar10",
        title="CIFAR-10",
        family="images",
        summary="60,000 small photographs of ten kinds of animals and vehicles, 32 by 32 in color.",
        task="classification, 10 classes",
        kind="real",
        license="no explicit license; free for research with credit",
        citation="A. Krizhevsky, Learning multiple layers of features from tiny images, technical "
        "report, University of Toronto, 2009.",
        source="the author's page",
        shapes="x (50000, 32, 32, 3) and (10000, 32, 32, 3) uint8; y int64",
        size_mb=163,
        notes="Some test pictures have near copies among the training pictures.",
        url="https://www.cs.toronto.edu/~kriz/cifar.html",
        offline=False,
    ),
    Recipe(
        _one_file(
            "cifar10",
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
        _cifar10,
    ),
)
def cifar10(info: Info, saved: store.Saved) -> Dataset:
    """Return CIFAR-10 in its published order."""
    names = (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip
    return open_items(info, saved, class_names=names)


def _cats_vs_dogs(folder: Path) -> Items:
    photos, labels = [], []
    with zipfile.ZipFile(_only(folder)) as archive:
        for entry in sorted(archive.namelist()):
            kind = entry.split("/")[-2] if entry.endswith(".jpg") else ""
            if kind not in ("Cat", "Dog"):
                continue
            data = archive.read(entry)
            if b"JFIF" in data[:10]:  # the rest is damaged or is no JPEG
                photos.append(data)
                labels.append(int(kind == "Dog"))
    y = np.array(labels, dtype=np.int64)
    return split_items({"photos": photos, "y": y}, (1.0,), keys=photos, labels=y)


@register(
    Info(
        name="cats_vs_dogs",
        title="Cats and dogs",
        family="images",
        summary="Some 23,000 photographs of cats and dogs; by default 2,000 for training, 1,000 "
        "for validation, 1,000 for testing.",
        task="classification, 2 classes",
        kind="real",
        license="Microsoft Research license, for research",
        citation="J. Elson, J. Douceur, J. Howell and J. Saul, Asirra: a CAPTCHA that exploits "
        "interest-aligned manual image categorization, ACM CCS 2007.",
        source="Microsoft's download page",
        shapes="x (n, size, size, 3) uint8; y int64",
        size_mb=825,
        notes="Files that are no JPEG photographs are left out.",
        url="https://www.microsoft.com/en-us/download/details.aspx?id=54765",
        offline=False,
    ),
    Recipe(
        _one_file(
            "cats-vs-dogs",
            "https://download.microsoft.com/download/3/E/1/"
            "3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
            "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
        ),
        _cats_vs_dogs,
    ),
    version="2",
)
def cats_vs_dogs(
    info: Info,
    saved: store.Saved,
    *,
    n: int = 2000,
    validation: int = 1000,
    test: int = 1000,
    size: int = 150,
) -> Dataset:
    """Return photographs, decoded to squares.

    Parameters
    ----------
    n, validation, test
        Photographs in each part, half of them cats.
    size
        Side of the squares.
    """
    photos, y = saved["train_photos"], saved["train_y"]
    by_class = [np.flatnonzero(y == label) for label in (0, 1)]
    starts = np.cumsum([0, n, validation, test]) // 2
    if starts[-1] > min(map(len, by_class)):
        most = 2 * min(map(len, by_class))
        raise ValueError(f"n + validation + test is {n + validation + test}; at most {most}.")

    def part(number: int) -> Split:
        rows = np.stack([rows[starts[number] : starts[number + 1]] for rows in by_class], axis=1)
        chosen = rows.ravel()  # cat, dog, cat, dog, ...
        images = [square(decode(photos[row]), size) for row in chosen]
        return Split(np.array(images, dtype=np.uint8).reshape(-1, size, size, 3), y[chosen])

    return Dataset(info, part(0), part(2), part(1), class_names=("cat", "dog"))


# --- text ---------------------------------------------------------------------------------------


def _imdb_full(folder: Path) -> Items:
    found: dict[str, list[tuple[str, str, int]]] = {"train": [], "test": []}
    with tarfile.open(_only(folder)) as archive:
        for entry in archive:
            places = entry.name.split("/")  # aclImdb/train/pos/0_9.txt
            if len(places) != 4 or places[2] not in ("neg", "pos") or not entry.isfile():
                continue
            member = archive.extractfile(entry)
            assert member is not None
            text = member.read().decode("utf-8")
            found[places[1]].append((entry.name, text, int(places[2] == "pos")))
    items: Items = {}
    for name, rows in found.items():
        _, texts, labels = map(list, zip(*sorted(rows), strict=True))
        part = {"texts": texts, "y": np.array(labels, dtype=np.int64)}
        shuffled = split_items(part, (1.0,), keys=texts)
        items |= {f"{name}_{item}": shuffled[f"train_{item}"] for item in part}
    return encoded(items)


@register(
    Info(
        name="imdb_full",
        title="IMDB film reviews, all 50,000",
        family="text",
        summary="25,000 film reviews for training and 25,000 of other films for testing, half of "
        "them praise.",
        task="classification, 2 classes",
        kind="real",
        license="no explicit license of the reviews; for research, show short extracts only",
        citation="A. Maas et al., Learning word vectors for sentiment analysis, ACL 2011.",
        source="the authors' page",
        shapes="x (25000,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=84,
        notes="About 120 reviews appear in both parts.",
        url="https://ai.stanford.edu/~amaas/data/sentiment/",
        offline=False,
    ),
    Recipe(
        _one_file(
            "imdb-full",
            "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
            "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
        ),
        _imdb_full,
    ),
)
def imdb_full(info: Info, saved: store.Saved, **form: Unpack[Form]) -> Dataset:
    """Return the reviews; label 1 is praise; options as `text.imdb`."""
    return open_texts(info, saved, ("negative", "positive"), **form)


_TOPICS_46 = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply",
    "coffee", "sugar", "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi",
    "money-fx", "interest", "gnp", "meal-feed", "alum", "oilseed", "gold", "tin",
    "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
    "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)  # fmt: skip


def _reuters_keras(folder: Path) -> Items:
    arrays = read_object_npz(folder / "reuters.npz")
    ranks = json.loads((folder / "reuters_word_index.json").read_text("utf-8"))
    words = sorted(ranks, key=lambda word: int(ranks[word]))
    sequences = [np.array(sequence, dtype=np.int64) for sequence in arrays["x"]]
    # The order in which Keras deals the rows out to its two parts.
    order = np.arange(len(sequences))
    np.random.RandomState(113).shuffle(order)
    cut = int(len(order) * 0.8)
    items: Items = {"words": words}
    for name, rows in (("train", order[:cut]), ("test", order[cut:])):
        codes = [
            np.concatenate([[encoding.START], sequences[row] + encoding.OFFSET]) for row in rows
        ]
        items[f"{name}_codes"] = np.concatenate(codes).astype(np.int32)
        items[f"{name}_ends"] = ends_of(codes)
        items[f"{name}_y"] = np.asarray(arrays["y"])[rows].astype(np.int64)
        vocabulary = Vocabulary(tuple(words))
        items[f"{name}_texts"] = [vocabulary.decode(row) for row in codes]
    return items


@register(
    Info(
        name="reuters_keras",
        title="Reuters newswires (Keras)",
        family="text",
        summary="11,228 newswires of 1987 with one of 46 topics, as Keras serves them.",
        task="classification, 46 classes",
        kind="real",
        license="Reuters-21578, free for research with credit",
        citation="D. Lewis, Reuters-21578 text categorization test collection, 1997.",
        source="the files that Keras serves",
        shapes="x (n,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=3,
        notes="The parts are those of `keras.datasets.reuters`: 8,982 and 2,246.",
        url="https://keras.io/api/datasets/reuters/",
        offline=False,
    ),
    Recipe(
        sources.url(
            "reuters-keras",
            {
                "reuters.npz": (
                    f"{_KERAS}/reuters.npz",
                    "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
                ),
                "reuters_word_index.json": (
                    f"{_KERAS}/reuters_word_index.json",
                    "md5:4d44cc38712099c9e383dc6e5f11a921",
                ),
            },
        ),
        _reuters_keras,
    ),
)
def reuters_keras(info: Info, saved: store.Saved, **form: Unpack[Form]) -> Dataset:
    """Return the newswires, as codes unless another form is asked for; options as `text.imdb`."""
    return open_texts(info, saved, _TOPICS_46, **({"form": "integers"} | form))


def _book(folder: Path) -> Items:
    return {"text": [_only(folder).read_text("utf-8")]}


def _nietzsche(folder: Path) -> Items:
    items = _book(folder)
    text = items["text"][0]
    if not text.startswith("PREFACE") or not 590_000 < len(text) < 610_000:
        raise IntegrityError("the text is not the one that the book's examples use.")
    return items


def _open_book(info: Info, saved: store.Saved) -> Dataset:
    text = saved["text"][0]
    cut = int(0.9 * len(text))
    return Dataset(info, Split(as_sequences([text[:cut]])), Split(as_sequences([text[cut:]])))


@register(
    Info(
        name="tiny_shakespeare",
        title="Tiny Shakespeare",
        family="text",
        summary="40,000 lines of Shakespeare's plays, 1.1 million characters.",
        task="language modeling",
        kind="real",
        license="public domain",
        citation="A. Karpathy, The unreasonable effectiveness of recurrent neural networks, 2015.",
        source="the author's repository",
        shapes="x (1,) string; y None",
        size_mb=1.1,
        notes="The last tenth is the test part.",
        url="https://github.com/karpathy/char-rnn",
        offline=False,
    ),
    Recipe(
        _one_file(
            "tiny-shakespeare",
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
            "tinyshakespeare/input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
        _book,
    ),
)
def tiny_shakespeare(info: Info, saved: store.Saved) -> Dataset:
    """Return the text as one string per part."""
    return _open_book(info, saved)


@register(
    Info(
        name="nietzsche",
        title="Nietzsche, Beyond Good and Evil",
        family="text",
        summary="One book in English, 600,000 characters.",
        task="language modeling",
        kind="real",
        license="public domain",
        citation="F. Nietzsche, Beyond Good and Evil, 1886, translated by H. Zimmern.",
        source="the file that Keras's examples use",
        shapes="x (1,) string; y None",
        size_mb=0.6,
        notes="Its publisher states no digest; beginning and length are checked. The last tenth "
        "is the test part.",
        url="https://www.gutenberg.org/ebooks/4363",
        offline=False,
    ),
    Recipe(
        _one_file("nietzsche", "https://s3.amazonaws.com/text-datasets/nietzsche.txt", ""),
        _nietzsche,
    ),
)
def nietzsche(info: Info, saved: store.Saved) -> Dataset:
    """Return the text as one string per part."""
    return _open_book(info, saved)


# --- tables and series --------------------------------------------------------------------------

_CALIFORNIA = (
    "median_income", "house_age", "rooms", "bedrooms", "population", "occupants", "latitude",
    "longitude",
)  # fmt: skip


def _california_housing(folder: Path) -> Items:
    with tarfile.open(_only(folder)) as archive:
        member = archive.extractfile("CaliforniaHousing/cal_housing.data")
        assert member is not None
        lines = member.read().decode().split()
    table = np.array([line.split(",") for line in lines], dtype=np.float64)
    longitude, latitude, age, rooms, bedrooms, people, homes, income, value = table.T
    x = np.stack(
        [income, age, rooms / homes, bedrooms / homes, people, people / homes, latitude, longitude],
        axis=1,
    )
    y = (value / 100_000).astype(np.float32)
    return split_items({"x": x.astype(np.float32), "y": y}, keys=lines)


@register(
    Info(
        name="california_housing",
        title="California housing",
        family="tabular",
        summary="20,640 districts of California in 1990: eight numbers and the median value of a "
        "house.",
        task="regression: value in 100,000 dollars",
        kind="real",
        license="public data",
        citation="R. K. Pace and R. Barry, Sparse spatial autoregressions, Statistics and "
        "Probability Letters 33, 1997.",
        source="the archive that scikit-learn serves",
        shapes="x (16512, 8) and (4128, 8) float32; y float32",
        size_mb=0.4,
        notes="Values are cut at 5. Rooms, bedrooms and occupants are means per household.",
        url="https://scikit-learn.org/stable/datasets/real_world.html#california-housing-dataset",
        offline=False,
    ),
    Recipe(
        sources.url(
            "california-housing",
            {
                "cal_housing.tgz": (
                    "https://ndownloader.figshare.com/files/5976036",
                    "aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681",
                )
            },
        ),
        _california_housing,
    ),
)
def california_housing(info: Info, saved: store.Saved) -> Dataset:
    """Return the districts."""
    return open_items(info, saved, feature_names=_CALIFORNIA)


def _jena_climate(folder: Path) -> Items:
    with zipfile.ZipFile(_only(folder)) as archive:
        text = archive.read("jena_climate_2009_2016.csv").decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, "")))
    names = rows[0][1:]
    if names[1] != "T (degC)" or len(names) != 14:
        raise IntegrityError(f"expected 14 quantities with T (degC) second, got {names}.")
    stamps = [row[0] for row in rows[1:]]
    times = [f"{t[6:10]}-{t[3:5]}-{t[:2]}T{t[11:]}" for t in stamps]  # from 01.01.2009 00:10:00
    return {
        "values": np.array([row[1:] for row in rows[1:]], dtype=np.float32),
        "times": np.array(times, dtype="datetime64[s]"),
        "names": names,
    }


@register(
    Info(
        name="jena_climate",
        title="Weather in Jena",
        family="series",
        summary="420,451 steps of ten minutes from 2009 to 2016: temperature, pressure, humidity, "
        "wind and ten more.",
        task="forecasting",
        kind="real",
        license="free with credit to the Max Planck Institute for Biogeochemistry",
        citation="O. Kolle, Max Planck Institute for Biogeochemistry, Jena; prepared by F. Chollet "
        "for Deep Learning with Python, 2017.",
        source="the archive that Keras serves",
        shapes="x (294316, 14), (63067, 14) and (63068, 14) float32",
        size_mb=13,
        notes="Its publisher states no digest; names and number of the columns are checked. A few "
        "wind speeds are -9999, and some steps are missing or double.",
        url="https://www.bgc-jena.mpg.de/wetter/",
        offline=False,
    ),
    Recipe(
        _one_file("jena-climate", f"{_KERAS}/jena_climate_2009_2016.csv.zip", ""),
        _jena_climate,
    ),
)
def jena_climate(info: Info, saved: store.Saved) -> Dataset:
    """Return the steps; ``extra`` has ``times`` (datetime64) and all ``values``."""
    return open_series(info, saved)


# --- vectors ------------------------------------------------------------------------------------


def _glove_100d(folder: Path) -> Items:
    words: list[str] = []
    rows: list[np.ndarray] = []
    with zipfile.ZipFile(_only(folder)) as archive, archive.open("glove.6B.100d.txt") as lines:
        for line in lines:
            word, _, numbers = line.decode("utf-8").rstrip().partition(" ")
            words.append(word)
            rows.append(np.array(numbers.split(), dtype=np.float32))
    return {"vectors": np.stack(rows), "words": words}


@register(
    Info(
        name="glove_100d",
        title="GloVe word vectors, 100 dimensions",
        source="the authors' page",
        shapes="x (400000, 100) float32; y (400000,) strings",
        size_mb=862,
        **GLOVE,
        offline=False,
    ),
    Recipe(
        _one_file(
            "glove-6b",
            "https://nlp.stanford.edu/data/glove.6B.zip",
            "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
        ),
        _glove_100d,
    ),
)
def glove_100d(info: Info, saved: store.Saved) -> Dataset:
    """Return the vectors; ``extra['row_of']['king']`` is the row of a word."""
    return open_vectors(info, saved)
