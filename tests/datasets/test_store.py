"""The cache: complete or not there, whoever writes, whatever kills it."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.datasets.conftest import digest_of
from tests.waiting import PATIENCE, wait_for
from textlib import folders, paths
from textlib.datasets import store
from textlib.fetching.errors import IntegrityError

ITEMS = {
    "x": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "when": np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"),
    "words": ["a", "", "straße", "日本語"],
    "photos": [b"", b"\x00\xff", b"abc"],
    "facts": {"b": [1, 2.5, None], "a": "ä"},
}


def make(folder, items=ITEMS, key="numbers 1"):
    entries = {}
    with (
        folders.exclusive(folder),
        folders.draft(folder, key, items=entries, source="a test") as place,
    ):
        entries.update(store.write_items(place, items))
    return store.Saved(folder)


def fail_halfway(folder, error):
    with folders.exclusive(folder), folders.draft(folder, "numbers 1") as place:
        (place / "half.txt").write_text("half")
        raise error


def test_items_come_back_as_they_were(cache):
    saved = make(cache / "numbers-1")
    assert set(saved) == set(ITEMS)
    np.testing.assert_array_equal(saved["x"], ITEMS["x"])
    np.testing.assert_array_equal(saved["when"], ITEMS["when"])
    assert saved["words"] == ITEMS["words"]
    assert list(saved["photos"]) == ITEMS["photos"]
    assert saved["photos"][1:] == ITEMS["photos"][1:]
    assert saved["facts"] == ITEMS["facts"]
    assert saved.damaged() == []


def test_arrays_are_plain_memory_mapped_and_read_only(cache):
    x = make(cache / "numbers-1")["x"]
    assert type(x) is np.ndarray
    assert isinstance(x.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1


@given(st.lists(st.binary(max_size=20)))
def test_packing_pieces_loses_nothing(pieces):
    blob, ends = store.pack(pieces)
    assert store.unpack(blob, ends) == pieces
    assert list(store.Blobs(blob, ends)) == pieces


def test_the_digest_sees_every_part_of_the_content():
    digests = {
        digest_of(items)
        for items in (
            {"x": np.arange(4)},
            {"x": np.arange(4).reshape(2, 2)},
            {"x": np.arange(4, dtype=np.int32)},
            {"x": np.arange(1, 5)},
            {"y": np.arange(4)},
            {"x": [0, 1, 2, 3]},
            {"x": ["ab", "c"]},
            {"x": ["a", "bc"]},
        )
    }
    assert len(digests) == 8


def test_an_array_of_objects_is_not_stored(cache):
    with pytest.raises(TypeError, match="list of strings"):
        make(cache / "numbers-1", {"x": np.array([{}, []], dtype=object)})
    assert not (cache / "numbers-1").exists()


@pytest.mark.parametrize("harm", ["cut", "gone", "longer"])
def test_a_file_of_another_size_makes_the_folder_incomplete(cache, harm):
    folder = cache / "numbers-1"
    make(folder)
    assert folders.complete(folder, "numbers 1")
    path = folder / "x.npy"
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] if harm == "cut" else path.read_bytes() + b"x")
    assert not folders.complete(folder, "numbers 1")


def test_a_changed_byte_is_found_by_verifying(cache):
    folder = cache / "numbers-1"
    saved = make(folder)
    path = folder / "x.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert folders.complete(folder, "numbers 1")
    assert saved.damaged() == ["x"]


def test_another_version_is_not_taken_for_this_one(cache):
    folder = cache / "numbers-1"
    make(folder, key="numbers 1 digest-of-then")
    assert not folders.complete(folder, "numbers 1 digest-of-now")
    manifest = json.loads((folder / folders.MANIFEST).read_text())
    manifest["layout"] = 0
    (folder / folders.MANIFEST).write_text(json.dumps(manifest))
    assert not folders.complete(folder, "numbers 1 digest-of-then")


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_broken_manifest_makes_the_folder_incomplete(cache, text):
    folder = cache / "numbers-1"
    make(folder)
    (folder / folders.MANIFEST).write_text(text)
    assert not folders.complete(folder, "numbers 1")
    if text != "[]":
        with pytest.raises(IntegrityError):
            store.Saved(cache / "nothing")


def test_a_draft_that_fails_leaves_the_old_folder_alone(cache):
    folder = cache / "numbers-1"
    make(folder)
    with pytest.raises(RuntimeError):
        fail_halfway(folder, RuntimeError())
    assert folders.complete(folder, "numbers 1")
    assert not list(cache.glob(f"{paths.DRAFT_PREFIX}*"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_is_named_and_nothing_is_left(cache, code):
    folder = cache / "numbers-1"
    with pytest.raises(paths.CacheError, match="TEXTLIB_CACHE"):
        fail_halfway(folder, OSError(code, os.strerror(code)))
    assert [path.name for path in cache.iterdir()] == [".numbers-1.lock"]


def test_a_cache_that_is_a_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setenv("TEXTLIB_CACHE", str(tmp_path / "cache"))
    with (
        pytest.raises(paths.CacheError, match="cannot write"),
        folders.exclusive(paths.data_dir() / "numbers-1"),
    ):
        pass


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_can_still_be_read(cache):
    saved = make(cache / "numbers-1")
    cache.chmod(0o555)
    try:
        assert folders.complete(cache / "numbers-1", "numbers 1")
        assert saved["facts"] == ITEMS["facts"]
    finally:
        cache.chmod(0o755)


WORKER = textwrap.dedent(
    """
    import pathlib, sys, time
    import numpy as np
    from textlib.datasets import registry
    from textlib.fetching import sources
    from textlib.datasets._types import Dataset, Split
    from tests.datasets.conftest import spec_of
    from textlib.datasets.registry import Recipe

    log, pause = pathlib.Path(sys.argv[1]), float(sys.argv[2])

    class Slow:
        def describe(self):
            return "a slow source"

        def get(self, wanted, into):
            with log.open("a") as out:
                out.write("download\\n")
            (into / "numbers.txt").write_text("1 2 3")
            time.sleep(pause)

    def convert(folder):
        return {"x": np.array((folder / "numbers.txt").read_text().split(), dtype=np.int64)}

    resource = sources.Resource("slow-1", Slow(), sources.Wanted(("numbers.txt",)))
    spec = spec_of(Recipe(resource, convert))
    saved = registry.prepare(spec)
    print(spec.open(spec.info, saved).train.x.tolist())
    """
)


def start(log, pause):
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(log), str(pause)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_that_want_the_same_set_make_one_download(cache, tmp_path):
    log = tmp_path / "log.txt"
    workers = [start(log, 1.0) for _ in range(3)]
    outputs = [worker.communicate(timeout=PATIENCE)[0].strip() for worker in workers]
    assert outputs == ["[1, 2, 3]"] * 3
    assert log.read_text().splitlines() == ["download"]


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_fetch_leaves_nothing_that_is_used(cache, tmp_path):
    log = tmp_path / "log.txt"
    victim = start(log, 3600)
    wait_for(lambda: log.exists() and list(cache.rglob("numbers.txt")))
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert not (cache / "numbers-1").exists()
    assert not (cache / "raw" / "slow-1").exists()
    assert list(cache.rglob("numbers.txt"))  # the debris of the killed process

    heir = start(log, 0)
    assert heir.communicate(timeout=PATIENCE)[0].strip() == "[1, 2, 3]"
    assert log.read_text().splitlines() == ["download", "download"]
    assert not list(cache.rglob(f"{paths.DRAFT_PREFIX}*"))
