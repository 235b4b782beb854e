"""Files appear whole or not at all, and trouble with the disk is explained."""

import errno
import os
from pathlib import Path

import pytest

from textlib import paths


def test_the_environment_chooses_the_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTLIB_CACHE", str(tmp_path))
    monkeypatch.delenv("TEXTLIB_RUNS")
    assert paths.data_dir() == tmp_path / "data"
    assert paths.runs_dir() == tmp_path / "runs"


def test_a_finished_write_leaves_only_the_file(tmp_path):
    target = tmp_path / "deep" / "notes.txt"
    with paths.atomic_write(target) as draft:
        draft.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_keeps_the_old_file_and_leaves_no_draft(tmp_path):
    target = tmp_path / "notes.txt"
    target.write_text("old")

    def interrupted():
        with paths.atomic_write(target) as draft:
            draft.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_files_get_the_usual_permissions(tmp_path):
    with paths.atomic_write(tmp_path / "a.txt") as draft:
        draft.write_text("x")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


def test_a_full_disk_is_a_clear_error(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    def write():
        with paths.atomic_write(tmp_path / "a.bin") as draft:
            draft.write_bytes(b"x")

    with pytest.raises(paths.CacheError, match=r"a\.bin.*No space left.*TEXTLIB_CACHE"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(paths.CacheError, match=r"Not a directory.*TEXTLIB_CACHE"):
        paths.make_dir(tmp_path / "file" / "folder")


def test_a_tilde_means_home(monkeypatch):
    monkeypatch.setenv("TEXTLIB_CACHE", "~/elsewhere")
    assert paths.cache_dir() == Path.home() / "elsewhere"
