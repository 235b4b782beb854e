"""Names, options, the order of sources, and what happens when none of them serves."""

import dataclasses
import lzma
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

import pytest

from tests.datasets.conftest import card, digest_of, numbers_from, spec_of, url_recipe
from textlib import datasets
from textlib.datasets import loading, registry
from textlib.datasets.registry import UnknownDatasetError
from textlib.fetching import download
from textlib.fetching.errors import FetchError, IntegrityError

BODY = b"3 1 4 1 5"
DEAD = "http://127.0.0.1:9/numbers.txt"
READERS_RAISE = [
    zlib.error("invalid stored block lengths"),
    lzma.LZMAError("Corrupt input data"),
    zipfile.BadZipFile("File is not a zip file"),
    tarfile.ReadError("unexpected end of data"),
    struct.error("unpack requires a buffer of 4 bytes"),
    pickle.UnpicklingError("pickle data was truncated"),
    EOFError(),
    RuntimeError("File is encrypted, password required"),
    NotImplementedError("That compression method is not supported"),
    TypeError("'int' object is not iterable"),
    OSError("Invalid data stream"),
]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0.0)


@pytest.fixture
def true_digest(tmp_path):
    (tmp_path / "numbers.txt").write_bytes(BODY)
    return digest_of(numbers_from(tmp_path))


def test_an_unknown_name_gets_the_nearest_one_and_the_choices():
    with pytest.raises(UnknownDatasetError, match=r"'mnits'; did you mean 'mnist'\?.*weather"):
        datasets.load("mnits")


def test_an_unknown_option_names_the_options():
    with pytest.raises(TypeError, match=r"'nosie'; did you mean 'noise'\?"):
        datasets.load("moons", nosie=0.1)


def test_an_unknown_family_names_the_families():
    with pytest.raises(ValueError, match=r"did you mean 'images'\?"):
        datasets.names(family="image")


def test_the_catalog_is_a_table_of_all_cards():
    table = datasets.cards()
    assert list(table.index) == datasets.names()
    assert table.loc["imdb", "kind"] == "subset"
    assert {"license", "citation", "source", "shapes"} <= set(table.columns)


def test_names_can_be_chosen_by_family_and_by_source():
    assert "cifar10" in datasets.names(family="images", offline=False)
    assert "cifar10" not in datasets.names(offline=True)
    everything = set(datasets.names(offline=True)) | set(datasets.names(offline=False))
    assert everything == set(datasets.names())


def test_a_set_is_fetched_once_and_opened_from_the_cache(cache, server):
    address = server.serve("numbers.txt", BODY)
    spec = spec_of(url_recipe("numbers", address, BODY))
    for _ in range(3):
        dataset = spec.open(spec.info, registry.prepare(spec))
    assert dataset.train.x.tolist() == [3, 1, 4, 1, 5]
    assert len(server.files["numbers.txt"].requests) == 1


def test_raw_files_are_dropped_when_the_set_is_prepared(cache, server):
    address = server.serve("numbers.txt", BODY)
    registry.prepare(spec_of(url_recipe("numbers", address, BODY)))
    assert not list((cache / "raw").rglob("numbers.txt"))


def test_the_next_source_is_tried_and_makes_the_same_content(cache, server, true_digest):
    address = server.serve("numbers.txt", BODY)
    spec = spec_of(
        url_recipe("dead", DEAD, BODY), url_recipe("alive", address, BODY), digest=true_digest
    )
    saved = registry.prepare(spec)
    assert saved.manifest["source"] == address
    assert registry.damage(spec) == ""


def test_no_source_lists_what_was_tried_and_what_to_do(cache, server):
    missing = f"http://127.0.0.1:{server.port}/gone.txt"
    spec = spec_of(url_recipe("dead", DEAD, BODY), url_recipe("gone", missing, BODY))
    with pytest.raises(FetchError) as caught:
        registry.prepare(spec)
    message = str(caught.value)
    assert f"1. {DEAD}: 127.0.0.1:9 refused the connection" in message
    assert f"2. {missing}: the server answered 404" in message
    assert "textlib data fetch numbers" in message
    assert "TEXTLIB_CACHE" in message
    assert len(caught.value.attempts) == 2


def test_an_altered_file_falls_through_to_a_true_one(cache, server, true_digest):
    altered = server.serve("altered.txt", b"6 6 6")
    good = server.serve("good.txt", BODY)
    spec = spec_of(
        url_recipe("altered", altered, BODY), url_recipe("good", good, BODY), digest=true_digest
    )
    assert registry.prepare(spec).manifest["source"] == good


def test_content_that_is_not_the_pinned_one_is_refused_and_removed(cache, server, true_digest):
    body = b"6 6 6"
    address = server.serve("numbers.txt", body)
    spec = spec_of(url_recipe("changed", address, body), digest=true_digest)
    with pytest.raises(IntegrityError, match="is pinned"):
        registry.prepare(spec)
    assert not spec.folder.exists()
    assert not list(cache.rglob("*.txt"))


def test_a_file_that_cannot_be_read_is_refused_and_removed(cache, server):
    body = b"three one four"
    address = server.serve("numbers.txt", body)
    spec = spec_of(url_recipe("words", address, body))
    with pytest.raises(IntegrityError, match="cannot be read"):
        registry.prepare(spec)
    assert not list(cache.rglob("*.txt"))


@pytest.mark.parametrize("error", READERS_RAISE, ids=lambda error: type(error).__name__)
def test_whatever_a_reader_raises_the_file_is_removed_and_the_next_source_tried(
    cache, server, error
):
    def fail(folder):
        raise error

    address = server.serve("numbers.txt", BODY)
    broken = url_recipe("broken", server.serve("broken.txt", BODY), BODY)
    spec = spec_of(dataclasses.replace(broken, convert=fail), url_recipe("good", address, BODY))
    assert registry.prepare(spec).manifest["source"] == address
    assert not list(cache.rglob("broken.txt"))


@pytest.mark.parametrize("error", [ImportError("no pyarrow"), MemoryError("too little")])
def test_what_no_other_source_would_mend_is_not_blamed_on_the_file(cache, server, error):
    def fail(folder):
        raise error

    recipe = url_recipe("numbers", server.serve("numbers.txt", BODY), BODY)
    with pytest.raises(type(error)):
        registry.prepare(spec_of(dataclasses.replace(recipe, convert=fail)))
    assert list(cache.rglob("numbers.txt"))


def test_a_set_of_another_digest_is_fetched_again(cache, server, true_digest):
    address = server.serve("numbers.txt", BODY)
    recipe = url_recipe("numbers", address, BODY)
    registry.prepare(spec_of(recipe))
    pinned = spec_of(recipe, digest=true_digest)
    assert not registry.is_ready(pinned)
    registry.prepare(pinned)
    assert registry.is_ready(pinned)
    assert len(server.files["numbers.txt"].requests) == 2


def test_a_truncated_set_is_fetched_again(cache, server):
    address = server.serve("numbers.txt", BODY)
    spec = spec_of(url_recipe("numbers", address, BODY))
    registry.prepare(spec)
    path = spec.folder / "x.npy"
    path.write_bytes(path.read_bytes()[:-8])
    assert registry.prepare(spec)["x"].tolist() == [3, 1, 4, 1, 5]


def test_damage_and_removal(cache, server):
    address = server.serve("numbers.txt", BODY)
    spec = spec_of(url_recipe("numbers", address, BODY))
    registry.prepare(spec)
    path = spec.folder / "x.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    assert registry.damage(spec) == "changed: x"
    registry.remove(spec)
    assert not spec.folder.exists()
    assert "missing" in registry.damage(spec)


def test_a_name_cannot_be_taken_twice():
    def stranger(info):
        raise AssertionError

    stranger.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="registered twice"):
        registry.register(card("mnist"))(stranger)


def test_a_card_with_a_wrong_kind_is_refused():
    with pytest.raises(ValueError, match="stand-in"):
        card("x", kind="fake")


def test_every_dataset_is_registered_by_the_module_that_lists_it():
    homes = {
        name: spec.open.__module__.rpartition(".")[2] for name, spec in registry.specs().items()
    }
    listed = {name: home for home, names in registry.MODULES.items() for name in names.split()}
    assert homes == listed


def test_asking_for_one_dataset_loads_the_modules_of_no_others():
    code = (
        "import sys\nfrom textlib import datasets\ndatasets.describe('moons')\n"
        "print([name for name in sys.modules if 'catalog.' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "catalog.synthetic" in done.stdout
    assert "catalog.images" not in done.stdout
    assert "catalog.corpora" not in done.stdout


def test_what_was_opened_can_be_read_with_its_version_nested_sets_too(monkeypatch):
    opened = {"datasets": {}, "weights": {}}
    monkeypatch.setattr(registry, "opened", opened)
    monkeypatch.setattr(loading, "opened", opened)
    monkeypatch.setattr(registry, "_specs", {})
    monkeypatch.setattr(registry, "MODULES", {})
    registry.register(card("inner"), version="7")(lambda info: "inner")
    registry.register(card("outer"), needs=("inner",))(lambda info: datasets.load("inner"))
    assert datasets.load("outer") == "inner"
    assert opened["datasets"] == {"outer": "outer 1 ", "inner": "inner 7 "}
