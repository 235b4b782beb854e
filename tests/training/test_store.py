"""The run store: whole runs or none, whoever writes, reads or damages them."""

import errno
import json
import os
import threading

import numpy as np
import pytest

from textlib.training.store import FIELDS, RECORD, VARIABLES, RunStore

ARRAYS = {"v0": np.arange(3.0)}


def record(**changes):
    return dict.fromkeys(FIELDS, "") | changes


def stored(folder, key="a", **changes):
    store = RunStore(folder)
    store.save(key, record(**changes), ARRAYS)
    return store


def test_a_run_comes_back_as_it_was(tmp_path):
    found = stored(tmp_path, name="one").load("a")
    assert found.record["name"] == "one"
    np.testing.assert_array_equal(found.arrays["v0"], ARRAYS["v0"])
    assert RunStore(tmp_path).load("b") is None


@pytest.mark.parametrize("content", ["[]", "{", '{"format": 1}', "null", '{"format": 4}'])
def test_a_record_of_another_kind_is_no_run_and_does_not_disturb_the_others(tmp_path, content):
    store = stored(tmp_path, key="a")
    stored(tmp_path, key="b", name="other")
    (tmp_path / "a" / RECORD).write_text(content)
    assert store.load("a") is None
    assert [each["name"] for each in store.records()] == ["other"]
    store.save("a", record(name="anew"), ARRAYS)
    assert store.load("a").record["name"] == "anew"


def test_the_first_of_two_whole_runs_stays_unless_it_does_not_fit(tmp_path):
    store = stored(tmp_path, name="first")
    store.save("a", record(name="second"), ARRAYS)
    assert store.load("a").record["name"] == "first"
    store.save("a", record(name="second"), ARRAYS, replace=True)
    assert store.load("a").record["name"] == "second"


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EACCES, errno.EIO])
def test_a_run_that_cannot_be_read_just_now_is_left_alone(tmp_path, monkeypatch, code):
    store = stored(tmp_path, name="first")

    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as busy:
        busy.setattr(np, "load", refuse)
        with pytest.raises(OSError, match=os.strerror(code)):
            store.load("a")
        with pytest.raises(OSError, match=os.strerror(code)):
            store.save("a", record(name="second"), ARRAYS)
    assert store.load("a").record["name"] == "first"


def test_many_may_save_one_key_at_the_same_moment(tmp_path):
    barrier, failures = threading.Barrier(4), []

    def save(n):
        barrier.wait()
        try:
            for key in "abcde":
                stored(tmp_path, key=key, name=str(n))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=save, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(RunStore(tmp_path).records()) == 5
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".part")] == []


def test_others_may_read_what_the_mask_lets_them_read(tmp_path):
    before = os.umask(0o022)
    try:
        stored(tmp_path / "shared")
    finally:
        os.umask(before)
    folder = tmp_path / "shared" / "a"
    assert folder.stat().st_mode & 0o777 == 0o755
    assert {(folder / name).stat().st_mode & 0o777 for name in (RECORD, VARIABLES)} == {0o644}


def test_a_record_is_plain_json(tmp_path):
    stored(tmp_path, name="one")
    assert json.loads((tmp_path / "a" / RECORD).read_text())["name"] == "one"
