"""What a page's outputs depend on beside its own cells, and whether that is still the same.

Dependencies are observed while a page runs (see `observer`), never guessed: the modules of the
book's packages that were loaded, the libraries that these and the page import, the datasets and
weights that were opened, and the files that were read. With their digests they are stored beside
the outputs. Here the list is written, and compared with the files as they are now.
"""

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from bookpress import code_digest
from bookpress.book import Book
from bookpress.files import facts, read_json, write_json
from textlib import paths

FORMAT = 1  # raise when the lists change their meaning: pages with older ones are stale
TENSORS = ("keras", "tensorflow")  # one changes the results of the other's users
# Libraries that fetch, lock or print, and so cannot change a result.
SILENT = {
    "click", "filelock", "lazy_loader", "platformdirs", "requests", "rich", "tqdm", "urllib3",
}  # fmt: skip
MISSING = "missing"
EDITED = "edited while the page ran"  # equal to no digest, so the page is stale


class Dependencies:
    """The book's packages and files as they are now; each is read once.

    Parameters
    ----------
    book
        The book.
    """

    def __init__(self, book: Book) -> None:
        import textlib

        self.book = book
        self._kept: dict[str, str] = {}
        self.root = book.root.resolve()
        self.packages = {"textlib": Path(textlib.__file__).resolve().parent}
        for init in sorted((self.root / "src").glob("*/__init__.py")):
            self.packages[init.parent.name] = init.parent

    @property
    def settings(self) -> dict[str, Any]:
        """What the observer in a kernel needs to know."""
        folders = {name: str(folder) for name, folder in self.packages.items()}
        return {
            "packages": folders,
            "root": str(self.root),
            "build": str(self.book.build_dir.resolve()),
        }

    def listed(self, report: dict[str, Any], files: Iterable[str], began: float) -> dict[str, Any]:
        """Return the list of a page that has just run, with digests.

        Parameters
        ----------
        report
            What the observer saw.
        files
            Files that the page's front matter names, relative to the book's folder.
        began
            When the page began to run; what was edited later is not what it used.
        """
        modules, read = set(report.get("modules", ())), set(report.get("read", ()))
        if report.get("blind"):
            modules.update(self._modules())
            read.update(self._data_files())
        stars = set(report.get("stars", ()))
        facades = {name: "*" if name in stars else "" for name in modules if self._stub(name)}
        opened = report.get("opened", {})
        found = {
            "observed": FORMAT,
            "modules": dict.fromkeys(modules, ""),
            "names": facades,
            "libraries": dict.fromkeys(self._distributions(report.get("libraries", ())), ""),
            "data": dict(opened.get("datasets", {})),
            "weights": dict(opened.get("weights", {})),
            "files": dict.fromkeys(
                [*files, *map(self._name, read.union(report.get("shown", ())))], ""
            ),
            "folders": dict.fromkeys(map(self._name, report.get("folders", ())), ""),
        }
        now = self.now(found)
        for kind, path_of in (("modules", self.path), ("files", self._file)):
            for name in now[kind]:
                path = path_of(name)
                if path is not None and path.exists() and path.stat().st_mtime > began:
                    now[kind][name] = EDITED
        return {**now, "data": found["data"], "weights": found["weights"]}

    def now(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return a stored list with the digests of today.

        Parameters
        ----------
        found
            The list; its old digests do not count.
        """
        modules = found.get("modules", {})
        digests: dict[str, Callable[[str], str]] = {
            "modules": self._once(self.module),
            "libraries": _version,
            "data": self._once(_dataset),
            "weights": self._once(_weights),
            "files": self.file,
            "folders": self.folder,
        }
        now = {
            kind: {name: digest(name) for name in sorted(found.get(kind, {}))}
            for kind, digest in digests.items()
        }
        names_of = self._once(self.names)
        names = {
            name: names_of(name, star.startswith("*"), *sorted(modules))
            for name, star in sorted(found.get("names", {}).items())
        }
        return {"observed": FORMAT, **now, "names": names}

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Take digests of what the packages hold from earlier plans, if no file of them changed."""
        path = paths.make_dir(self.book.press_dir) / "digests.json"
        state = self._state()
        with contextlib.suppress(ValueError, LookupError, TypeError):
            self._kept = dict(read_json(path)[state])
        before = len(self._kept)
        yield
        if len(self._kept) > before:
            write_json(path, {state: self._kept})

    def _state(self) -> str:
        """Return a digest of the state of all files that are part of packages, this one too."""
        folders = {*self.packages.values(), Path(__file__).parent}
        files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        found = sorted(facts(path) for path in files if path.suffix != ".pyc")
        return _short(json.dumps([FORMAT, sys.version, found]).encode("utf8"))

    def _once(self, digest: Callable[..., str]) -> Callable[..., str]:
        """Return a function that takes a digest only if it is not kept."""

        def take(*what: Any) -> str:
            key = _short(json.dumps([digest.__name__, *what]).encode("utf8"))
            if key not in self._kept:
                self._kept[key] = digest(*what)
            return self._kept[key]

        return take

    # One thing each -----------------------------------------------------------------------------

    def module(self, name: str) -> str:
        """Return a digest of what a module says, its wording left out."""
        path = self.path(name)
        return MISSING if path is None else _said(path, path.stat().st_mtime_ns)

    def names(self, name: str, star: bool, *modules: str) -> str:
        """Return a digest of the names that a package takes from some of its modules.

        A package that loads its names when they are asked for says in a stub where they are. Only
        the lines of modules that a page has loaded count, or all if the page asks for ``*``.
        """
        stub = self._stub(name)
        if stub is None:
            return MISSING
        lines = []
        for node in ast.parse(stub.read_text(encoding="utf8")).body:
            if isinstance(node, ast.ImportFrom):
                source = f"{name}.{node.module}" if node.module else name
                for alias in node.names:
                    if star or source in modules or f"{source}.{alias.name}" in modules:
                        lines.append(f"{source}: {alias.name} as {alias.asname}")
            elif star:
                lines.append(code_digest.of_tree(node))
        return "*" * star + _short("\n".join(sorted(lines)).encode("utf8"))

    @functools.cache  # noqa: B019 - lives as long as one plan
    def file(self, name: str) -> str:
        """Return a digest of the content of a file."""
        path = self._file(name)
        return _short(path.read_bytes()) if path.is_file() else MISSING

    @functools.cache  # noqa: B019
    def folder(self, name: str) -> str:
        """Return a digest of the names in a folder."""
        path = self._file(name)
        if not path.is_dir():
            return MISSING
        names = sorted(each.name for each in path.iterdir() if each.name != "__pycache__")
        return _short("\n".join(names).encode("utf8"))

    def path(self, module: str) -> Path | None:
        """Return the file of a module, or ``None`` if the packages have no such module."""
        top, *rest = module.split(".")
        if top not in self.packages:
            return None
        base = self.packages[top].joinpath(*rest)
        for path in (base / "__init__.py", base.parent / (base.name + ".py")):
            if path.is_file():
                return path
        return None

    def _stub(self, module: str) -> Path | None:
        path = self.path(module)
        stub = path.with_suffix(".pyi") if path and path.name == "__init__.py" else None
        return stub if stub and stub.is_file() else None

    def _modules(self) -> Iterator[str]:
        """Yield the names of all modules of the packages."""
        for top, folder in self.packages.items():
            for path in folder.rglob("*.py"):
                parts = path.relative_to(folder).with_suffix("").parts
                yield ".".join([top, *parts]).removesuffix(".__init__")

    def _data_files(self) -> Iterator[str]:
        """Yield the files of the packages that are no modules."""
        for folder in self.packages.values():
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix not in (".py", ".pyc", ".pyi"):
                    yield str(path)

    def _name(self, path: str) -> str:
        """Return the name of a file: from the book's folder, or from a package's elsewhere."""
        file = Path(path)
        if file.is_relative_to(self.root):
            return file.relative_to(self.root).as_posix()
        for top, folder in self.packages.items():
            if file.is_relative_to(folder):
                return f"{top}:{file.relative_to(folder).as_posix()}"
        return file.as_posix()

    def _file(self, name: str) -> Path:
        top, colon, rest = name.partition(":")
        if colon and top in self.packages:
            return self.packages[top] / rest
        return self.root / name

    def _distributions(self, libraries: Iterable[str]) -> set[str]:
        wanted = {*libraries} - SILENT - {*self.packages}
        if wanted & {*TENSORS}:
            wanted |= {*TENSORS}
        if wanted:
            wanted.add("numpy")
        known = _distributions()
        return {"python", *(known[name][0] for name in wanted if known.get(name))}


# An edition changes no result by its name alone: every version counts as the first.
_RELEASE = re.compile(r'^__version__ = "[^"]*"$', re.MULTILINE)
_FIRST = '__version__ = "0.1.0"'


@functools.cache
def _said(path: Path, modified: int) -> str:
    text = _RELEASE.sub(_FIRST, path.read_text(encoding="utf8"))
    try:
        return _short(code_digest.of_tree(ast.parse(text)).encode("utf8"))
    except SyntaxError:
        return _short(text.encode("utf8"))


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


@functools.cache
def _distributions() -> dict[str, list[str]]:
    found = importlib.metadata.packages_distributions()
    return {name: sorted(set(each)) for name, each in found.items()}


@functools.cache
def _version(distribution: str) -> str:
    if distribution == "python":
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return MISSING


def _dataset(name: str) -> str:
    from textlib.datasets import registry

    try:
        return registry.get(name).key
    except ValueError:
        return MISSING


def _weights(name: str) -> str:
    from textlib.models.pretrained import cards

    return cards.CARDS[name].sha256 if name in cards.CARDS else MISSING
