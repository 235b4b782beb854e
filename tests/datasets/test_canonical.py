"""The canonical sets, from a local server that holds a few rows of each in the true format."""

import csv
import dataclasses
import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.web import sha256
from textlib import datasets
from textlib.datasets import registry
from textlib.datasets.registry import Recipe
from textlib.fetching import sources
from textlib.fetching.errors import IntegrityError, UnpicklingRefusedError


@pytest.fixture
def load(cache, server, monkeypatch):
    """Load a canonical set from small files of our own."""

    def load_from(name, bodies, **options):
        spec = registry.get(name)
        (recipe,) = spec.recipes
        (resource,) = recipe.resources
        files = {}
        for file, body in zip(resource.source.files, bodies, strict=True):
            files[file] = (server.serve(f"{name}/{file}", body), sha256(body))
        local = Recipe(sources.url(f"{name}-local", files), recipe.convert)
        small = dataclasses.replace(spec, recipes=(local,))
        monkeypatch.setitem(registry._specs, name, small)
        return datasets.load(name, **options)

    return load_from


def tar_of(files):
    with tarfile.open(fileobj=(buffer := io.BytesIO()), mode="w:gz") as archive:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()


def zip_of(files):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def test_cifar10_planes_become_pixels(load):
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    files = {}
    for number, name in enumerate(names):
        planes = np.zeros((2, 3, 32, 32), dtype=np.uint8)
        planes[:, 0] = 10 * number  # red
        planes[:, 2, 0, 1] = 7  # blue, first row, second column
        batch = {b"data": planes.reshape(2, -1), b"labels": [number, 9]}
        files[f"cifar-10-batches-py/{name}"] = pickle.dumps(batch, protocol=2)
    data = load("cifar10", [tar_of(files)])
    assert data.train.x.shape == (10, 32, 32, 3)
    assert data.test.x.shape == (2, 32, 32, 3)
    assert data.train.x[4].tolist()[0][:2] == [[20, 0, 0], [20, 0, 7]]
    assert data.train.y.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert data.class_names[9] == "truck"


def test_a_cifar10_archive_with_code_in_it_is_refused(load, tmp_path):
    class Attack:
        def __reduce__(self):
            return (open, (str(tmp_path / "was_here"), "w"))

    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    files = {f"cifar-10-batches-py/{name}": pickle.dumps(Attack()) for name in names}
    with pytest.raises((UnpicklingRefusedError, IntegrityError), match="refused"):
        load("cifar10", [tar_of(files)])
    assert not (tmp_path / "was_here").exists()


def test_cats_and_dogs_are_balanced_and_damaged_files_left_out(load):
    def jpeg(level):
        Image.new("RGB", (40, 30), (level, 0, 0)).save(buffer := io.BytesIO(), "JPEG")
        return buffer.getvalue()

    files = {f"PetImages/Cat/{i}.jpg": jpeg(10 * i) for i in range(6)}
    files |= {f"PetImages/Dog/{i}.jpg": jpeg(10 * i + 5) for i in range(6)}
    files |= {"PetImages/Cat/bad.jpg": b"no picture", "PetImages/Cat/Thumbs.db": b"x"}
    data = load("cats_vs_dogs", [zip_of(files)], n=4, validation=4, test=4, size=16)
    for split in data.splits().values():
        assert split.x.shape == (4, 16, 16, 3)
        assert split.y.tolist() == [0, 1, 0, 1]
    reds = [int(image[0, 0, 0]) for split in data.splits().values() for image in split.x]
    assert len(set(reds)) == 12
    with pytest.raises(ValueError, match="at most 12"):
        datasets.load("cats_vs_dogs", n=20, validation=0, test=0)


def test_imdb_keeps_the_published_parts_and_all_forms(load):
    files = {
        f"aclImdb/{part}/{kind}/{i}_{stars}.txt": f"a {word} film {part} {i}".encode()
        for part in ("train", "test")
        for kind, stars, word in (("pos", 9, "good"), ("neg", 2, "bad"))
        for i in range(3)
    }
    files["aclImdb/train/unsup/0_0.txt"] = b"no label"
    files["aclImdb/README"] = b"x"
    data = load("imdb_full", [tar_of(files)])
    assert (len(data.train), len(data.test)) == (6, 6)
    for text, label in zip(*data.train, strict=True):
        assert ("good" in text) == bool(label)
    codes = datasets.load("imdb_full", form="integers", length=8).train.x
    assert codes.shape == (6, 8)
    vocabulary = data.extra["vocabulary"]
    assert vocabulary.decode(codes[0]) == data.train.x[0]
    hot = datasets.load("imdb_full", form="multi_hot", num_words=8)
    assert hot.train.x.shape == (6, 8)
    with pytest.raises(ValueError, match="needs num_words"):
        datasets.load("imdb_full", form="multi_hot")
    with pytest.raises(ValueError, match="did you mean 'integers'"):
        datasets.load("imdb_full", form="integer")


def test_reuters_has_the_parts_and_codes_of_keras(load):
    sequences = np.empty(10, dtype=object)
    sequences[:] = [[1, 2, i % 3 + 1] for i in range(10)]
    np.savez(buffer := io.BytesIO(), x=sequences, y=np.arange(10))
    words = json.dumps({"the": 1, "of": 2, "oil": 3}).encode()
    data = load("reuters_keras", [buffer.getvalue(), words])
    order = np.arange(10)
    np.random.RandomState(113).shuffle(order)
    assert data.train.y.tolist() == order[:8].tolist()
    assert data.train.x[0].tolist() == [1, 4, 5, order[0] % 3 + 4]
    assert data.extra["vocabulary"].decode(data.train.x[0]).startswith("the of")
    assert len(data.class_names) == 46


@pytest.mark.parametrize("name", ["tiny_shakespeare", "nietzsche"])
def test_books_keep_their_last_tenth_for_testing(load, name):
    text = "PREFACE " + "x" * 600_000
    data = load(name, [text.encode()])
    assert data.train.x[0] + data.test.x[0] == text
    assert len(data.train.x[0]) == int(0.9 * len(text))


def test_another_text_in_place_of_nietzsche_is_refused(load):
    with pytest.raises(IntegrityError, match="not the one"):
        load("nietzsche", [b"an advertisement"])


def test_california_rooms_are_per_household(load):
    rows = [[-122.2, 37.9, 41, 880, 129, 322, 126, 8.3252, 452600 + i] for i in range(10)]
    body = "\n".join(",".join(map(str, row)) for row in rows).encode()
    data = load("california_housing", [tar_of({"CaliforniaHousing/cal_housing.data": body})])
    row = dict(zip(data.feature_names, data.train.x[0], strict=True))
    assert row["rooms"] == pytest.approx(880 / 126)
    assert row["median_income"] == pytest.approx(8.3252)
    assert row["longitude"] == pytest.approx(-122.2)
    assert data.train.y[0] == pytest.approx(4.526, abs=1e-3)


def test_jena_times_and_columns(load):
    names = ["Date Time", "p (mbar)", "T (degC)", *(f"q{i}" for i in range(12))]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    for i in range(20):
        writer.writerow([f"{i + 1:02}.01.2009 00:10:00", 996.5, -8.0 + i, *range(12)])
    data = load("jena_climate", [zip_of({"jena_climate_2009_2016.csv": out.getvalue()})])
    assert data.feature_names[1] == "T (degC)"
    assert data.train.x[:2, 1].tolist() == [-8.0, -7.0]
    assert str(data.extra["times"][1]) == "2009-01-02T00:10:00"
    assert [len(split) for split in data.splits().values()] == [14, 3, 3]


def test_glove_rows_are_found_by_word(load):
    lines = [f"{word} " + " ".join([str(i)] * 100) for i, word in enumerate(["the", "straße"])]
    data = load("glove_100d", [zip_of({"glove.6B.100d.txt": "\n".join(lines) + "\n"})])
    assert data.train.x.shape == (2, 100)
    assert data.train.x[data.extra["row_of"]["straße"]].tolist() == [1.0] * 100
    assert data.train.y.tolist() == ["the", "straße"]


@pytest.mark.parametrize("name", datasets.names(offline=False))
def test_every_address_is_secure_and_pinned_or_excused(name):
    for recipe in registry.get(name).recipes:
        for resource in recipe.resources:
            for address, digest in resource.source.files.values():
                assert address.startswith("https://")
                assert digest or "states no digest" in datasets.describe(name).notes
