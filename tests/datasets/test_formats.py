"""File formats of the sources: read when whole, refused when damaged or hostile."""

import gzip
import io
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest

from textlib.datasets import formats
from textlib.datasets.pixels import shrink, square
from textlib.fetching.errors import IntegrityError, UnpicklingRefusedError


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_idx_arrays_come_through(tmp_path, shape, pack):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "a.idx").write_bytes(pack(idx(array)))
    np.testing.assert_array_equal(formats.read_idx(tmp_path / "a.idx"), array)


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: b"\x00\x00\x0d\x01" + data,
                                  lambda data: b""])  # fmt: skip
def test_damaged_idx_files_are_refused(tmp_path, harm):
    (tmp_path / "a.idx").write_bytes(harm(idx(np.zeros((2, 2), np.uint8))))
    with pytest.raises(IntegrityError):
        formats.read_idx(tmp_path / "a.idx")


def qt_archive(files):
    """Write a Qt resource archive of version 1 with all files in one folder."""
    names, contents, tree = b"", b"", b""
    places = []
    for name in ("folder", *files):
        places.append(len(names))
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    tree += struct.pack(">IHII", 0, 2, 1, 1)  # root: one child, node 1
    tree += struct.pack(">IHII", places[0], 2, len(files), 2)
    for place, (body, compressed) in zip(places[1:], files.values(), strict=True):
        stored = struct.pack(">I", len(body)) + zlib.compress(body) if compressed else body
        tree += struct.pack(">IHHHI", place, int(compressed), 0, 0, len(contents))
        contents += struct.pack(">I", len(stored)) + stored
    start = 20
    ends = (start, start + len(tree), start + len(tree) + len(contents))
    return b"qres" + struct.pack(">4I", 1, *ends) + tree + contents + names


def test_qt_resources_come_through_plain_and_compressed(tmp_path):
    files = {"a.webp": (b"picture", False), "b.txt": (b"text" * 50, True)}
    (tmp_path / "x.rcc").write_bytes(qt_archive(files))
    found = formats.read_qt_resources(tmp_path / "x.rcc")
    assert found == {"folder/a.webp": b"picture", "folder/b.txt": b"text" * 50}


@pytest.mark.parametrize("data", [b"", b"zip!", qt_archive({"a": (b"xyz", False)})[:30]])
def test_damaged_qt_resources_are_refused(tmp_path, data):
    (tmp_path / "x.rcc").write_bytes(data)
    with pytest.raises(IntegrityError):
        formats.read_qt_resources(tmp_path / "x.rcc")


def test_orange_tables_skip_headers_and_empty_lines(tmp_path):
    text = "Category\tText\nd\tstring\nclass\t\n\t\nearn\tprofit up\nacq\t\ngrain\twheat\n"
    (tmp_path / "t.tab").write_text(text)
    assert formats.read_orange_table(tmp_path / "t.tab") == (
        ["earn", "grain"],
        ["profit up", "wheat"],
    )


class Hostile:
    def __reduce__(self):
        return (print, ("run!",))


def test_a_table_with_code_in_it_is_refused(capsys):
    table = pd.DataFrame({"a": np.array([1, Hostile()], dtype=object)})
    with pytest.raises(UnpicklingRefusedError):
        formats.read_pickled_table(pickle.dumps(table))
    assert capsys.readouterr().out == ""


def test_a_pickle_that_is_no_table_is_refused():
    with pytest.raises(IntegrityError, match="does not hold a table"):
        formats.read_pickled_table(pickle.dumps([1, 2]))


def test_npz_files_with_lists_come_through(tmp_path):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1, 2], [3]]
    np.savez(tmp_path / "a.npz", x=ragged, y=np.arange(3))
    found = formats.read_object_npz(tmp_path / "a.npz")
    assert found["x"].tolist() == [[1, 2], [3]]
    assert found["y"].tolist() == [0, 1, 2]


def test_npz_files_with_code_are_refused(tmp_path):
    hostile = np.empty(1, dtype=object)
    hostile[0] = Hostile()
    np.savez(tmp_path / "a.npz", x=hostile)
    with pytest.raises(UnpicklingRefusedError):
        formats.read_object_npz(tmp_path / "a.npz")


def test_a_damaged_npz_is_refused(tmp_path):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("x.npy", b"x" * 100)
    (tmp_path / "a.npz").write_bytes(buffer.getvalue()[:-30])
    with pytest.raises(IntegrityError, match="damaged"):
        formats.read_object_npz(tmp_path / "a.npz")


def test_shrinking_takes_means_over_blocks():
    images = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert shrink(images, 2).tolist() == [[[3, 5], [11, 13]]]  # 2.5 and so on, rounded up
    assert shrink(images, 4) is images
    with pytest.raises(ValueError, match="must divide 4"):
        shrink(images, 3)


def test_squares_are_cut_from_the_middle():
    image = np.zeros((10, 30, 3), dtype=np.uint8)
    image[:, 10:20] = 255
    assert square(image, 8).min() == 255
