"""Folders are complete or not there, whoever writes, whatever stops it."""

import errno
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from textlib import folders, paths

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs modes and signals of POSIX")


def make(folder, text="whole", key="key"):
    """Write a folder with one file."""
    with folders.exclusive(folder), folders.draft(folder, key) as place:
        (place / "file.txt").write_text(text)
    return folder


def test_a_finished_folder_is_complete_for_its_key_only(tmp_path):
    folder = make(tmp_path / "one")
    assert folders.complete(folder, "key")
    assert not folders.complete(folder, "another key")
    assert not folders.complete(tmp_path / "two", "key")


def test_a_draft_is_seen_by_nobody_and_vanishes_when_it_fails(tmp_path):
    def interrupted():
        with folders.exclusive(tmp_path / "one"), folders.draft(tmp_path / "one", "key") as place:
            (place / "file.txt").write_text("half")
            assert not (tmp_path / "one").exists()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == [".one.lock"]


def test_threads_that_write_one_folder_at_the_same_moment_take_turns(tmp_path):
    ready = threading.Barrier(4)

    def write(number):
        ready.wait()
        make(tmp_path / "one", text=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert folders.complete(tmp_path / "one", "key")
    assert {path.name for path in tmp_path.iterdir()} == {"one", ".one.lock"}


def test_a_folder_that_is_open_elsewhere_can_be_replaced(tmp_path):
    folder = make(tmp_path / "one", text="old")
    with (folder / "file.txt").open() as stream:
        make(folder, text="new")
        assert stream.read() == "old"
    assert (folder / "file.txt").read_text() == "new"


HOLDER = """
import sys, pathlib
from textlib import folders
folder = pathlib.Path(sys.argv[1])
with folders.exclusive(folder), folders.draft(folder, "key") as place:
    (place / "file.txt").write_text("half")
    print("ready", flush=True)
    sys.stdin.read()
"""


@POSIX
def test_what_a_killed_process_left_is_swept_by_whoever_writes_next(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "one")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    make(tmp_path / "two")
    assert len(list(tmp_path.glob(".part-one~*"))) == 1  # its maker lives
    assert folders.leftovers(tmp_path) == []
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "one").exists()
    assert len(folders.leftovers(tmp_path)) == 1
    make(tmp_path / "three")
    assert not list(tmp_path.glob(".part-*"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_is_named_and_keeps_the_old_folder(tmp_path, monkeypatch, code):
    folder = make(tmp_path / "one", text="old")

    def refuse(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(paths.CacheError, match=r"one.*TEXTLIB_CACHE"):
        make(folder, text="new")
    assert (folder / "file.txt").read_text() == "old"
    assert not list(tmp_path.glob(".part-*"))


def test_an_error_about_the_data_is_not_blamed_on_the_disk(tmp_path):
    def read_nothing():
        with folders.exclusive(tmp_path / "one"), folders.draft(tmp_path / "one", "key") as place:
            (place / "missing.txt").read_text()

    with pytest.raises(FileNotFoundError):
        read_nothing()


@pytest.mark.parametrize("files", ["[1]", "null", '{"file.txt": "5"}'])
def test_a_manifest_of_another_shape_is_no_manifest(tmp_path, files):
    folder = make(tmp_path / "one")
    text = f'{{"key": "key", "layout": {folders.LAYOUT}, "files": {files}}}'
    (folder / folders.MANIFEST).write_text(text)
    assert not folders.complete(folder, "key")


@POSIX
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_folders_and_files_get_the_modes_that_the_umask_says(tmp_path, umask):
    script = "import sys, os, pathlib; os.umask(int(sys.argv[2])); " + HOLDER.replace(
        "import sys, pathlib\n", "\n"
    )
    folder = tmp_path / "one"
    subprocess.run([sys.executable, "-c", script, str(folder), str(umask)], input="", text=True)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~umask
    for name in ("file.txt", folders.MANIFEST, "../.one.lock"):
        assert (folder / name).stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_folder_remembers_when_it_was_used(tmp_path):
    folder = make(tmp_path / "one")
    os.utime(folder, (0, 0))
    folders.mark_used(folder)
    assert folder.stat().st_mtime > 0
    folders.mark_used(tmp_path / "nothing")  # a shared folder may not be ours to mark


def test_a_discarded_folder_is_gone(tmp_path):
    folder = make(tmp_path / "one")
    folders.discard(folder)
    folders.discard(folder)
    assert not folder.exists()
