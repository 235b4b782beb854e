"""Files from addresses: whole, checked, resumed, or not there at all."""

import gzip
import os
import random
import threading
import zlib

import pytest

from tests.waiting import PATIENCE
from tests.web import sha256
from textlib.fetching import download as door
from textlib.fetching.errors import IntegrityError, SourceError

BODY = bytes(range(256)) * 400


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(door, "PAUSE", 0.0)


def test_a_file_arrives_whole(server, tmp_path):
    address = server.serve("file.bin", BODY)
    path = door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    assert path.read_bytes() == BODY


def test_a_broken_transfer_resumes_where_it_stopped(server, tmp_path, monkeypatch):
    monkeypatch.setattr(door, "CHUNK", 100)
    address = server.serve("file.bin", BODY, cut_after=[1000, 500, None])
    door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    requests = server.files["file.bin"].requests
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert [request.get("Range") for request in requests] == [
        None,
        "bytes=1000-",
        "bytes=1500-",
    ]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    address = server.serve("file.bin", BODY, cut_after=[1000, None], ranges=False)
    door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_an_overloaded_server_is_asked_again(server, tmp_path):
    address = server.serve("file.bin", BODY, statuses=[503, 500, 200])
    door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    assert len(server.files["file.bin"].requests) == 3


def test_a_transfer_that_keeps_breaking_leaves_nothing(server, tmp_path):
    address = server.serve("file.bin", BODY, cut_after=[10, 10, 10, 10, 10])
    with pytest.raises(SourceError, match="broke the connection off"):
        door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_asked_for_once(server, tmp_path):
    address = f"http://127.0.0.1:{server.port}/nowhere.bin"
    with pytest.raises(SourceError, match="404"):
        door.download(address, tmp_path / "file.bin", digest="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_an_altered_file_is_refused_and_deleted(server, tmp_path):
    address = server.serve("file.bin", BODY + b"!")
    with pytest.raises(IntegrityError, match="is pinned"):
        door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_declares_a_gz_file_as_an_encoding_gives_the_file_itself(server, tmp_path):
    body = gzip.compress(BODY)
    for name, digest in (("a.gz", sha256(body)), ("b.gz", "")):
        address = server.serve(name, body, headers={"Content-Encoding": "gzip"})
        path = door.download(address, tmp_path / name, digest=digest)
        assert path.read_bytes() == body
        assert server.files[name].requests[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
@pytest.mark.parametrize("name", ["file.csv", "file.csv.gz"])
def test_an_encoding_that_nobody_asked_for_is_undone(server, tmp_path, name, encoding, encode):
    body = gzip.compress(BODY) if name.endswith(".gz") else BODY
    address = server.serve(name, encode(body), headers={"Content-Encoding": encoding})
    path = door.download(address, tmp_path / name, digest=sha256(body))
    assert path.read_bytes() == body
    if name == "file.csv" or encoding == "deflate":
        assert door.download(address, tmp_path / f"unpinned-{name}").read_bytes() == body


def test_an_encoding_that_cannot_be_undone_is_named(server, tmp_path):
    address = server.serve("file.csv", BODY, headers={"Content-Encoding": "strange"})
    with pytest.raises(SourceError, match="encodes the file as 'strange'"):
        door.download(address, tmp_path / "file.csv", digest="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_an_encoding_that_is_only_said_is_ignored(server, tmp_path):
    address = server.serve("file.csv", BODY, headers={"Content-Encoding": "gzip"})
    assert door.download(address, tmp_path / "file.csv").read_bytes() == BODY


def test_an_encoded_transfer_resumes_by_its_own_bytes(server, tmp_path):
    body = gzip.compress(random.Random(0).randbytes(20_000))
    headers = {"Content-Encoding": "gzip", "ETag": '"1"'}
    address = server.serve("file.gz", body, cut_after=[1000, None], headers=headers)
    path = door.download(address, tmp_path / "file.gz", digest=sha256(body))
    assert path.read_bytes() == body
    resumed = server.files["file.gz"].requests[1]
    assert (resumed["Range"], resumed["If-Range"]) == ("bytes=1000-", '"1"')


@pytest.mark.skipif(os.name != "posix", reason="needs modes of POSIX")
def test_a_file_can_be_read_by_all_whom_the_umask_lets(server, tmp_path):
    address = server.serve("file.bin", BODY)
    (tmp_path / "plain").touch()
    path = door.download(address, tmp_path / "file.bin", digest=sha256(BODY))
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_md5_is_checked_where_nothing_better_is_published(server, tmp_path):
    address = server.serve("file.bin", b"hello")
    door.download(address, tmp_path / "a", digest="md5:5d41402abc4b2a76b9719d911017c592")
    with pytest.raises(IntegrityError):
        door.download(address, tmp_path / "b", digest="md5:" + "0" * 32)


def test_a_slow_server_is_waited_for(server, tmp_path):
    address = server.serve("file.bin", BODY, trickle=0.05)
    door.download(address, tmp_path / "file.bin", digest=sha256(BODY), timeout=PATIENCE)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_silent_server_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(door, "ATTEMPTS", 1)
    release = threading.Event()
    address = server.serve("file.bin", BODY, stall=release)
    with pytest.raises(SourceError, match=r"silent|broke off"):
        door.download(address, tmp_path / "file.bin", digest=sha256(BODY), timeout=0.2)
    release.set()
    assert list(tmp_path.iterdir()) == []
