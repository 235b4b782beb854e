"""Which modules a page uses, found by reading code, never by running it.

The book's packages are read as syntax trees. A page uses the modules that its code names, and
what those name in turn: plain, ``from`` and star imports, imports inside functions, attribute
access through a package (``textlib.plotting.image_grid``), and the lazy ``__getattr__`` of a
package. A package's ``__init__`` that only passes names on does not tie its users together: who
asks for one name depends on the module that defines it. A registry, which imports the modules of
its package by computed names, brings in the module that registers what the page asks for by name.
Where code cannot be followed, the whole package counts: too much is safe, too little is not.
"""

import ast
import functools
import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bookpress import code_digest
from bookpress.book import Book

MODULE = ""  # the module is imported, none of its names is asked for
STAR = "*"  # the names of a star import
ANY = "**"  # the module object itself is passed around: any name may be used
TENSORS = ("keras", "tensorflow")  # one changes the results of the other's users
LAZY = ("__getattr__", "__dir__")
# Libraries that fetch, lock or print, and so cannot change a result.
SILENT = {"click", "filelock", "lazy_loader", "platformdirs", "requests", "rich", "tqdm", "urllib3"}
REGISTRATION = ("register", "Info")  # calls and decorators that enter something under a name
LISTINGS = ("names", "cards", "specs")  # what reads a whole registry


class Ref(NamedTuple):
    """A use of a name in a module."""

    module: str
    name: str


@dataclass(frozen=True)
class Uses:
    """What a page uses, directly or not.

    Attributes
    ----------
    modules
        Modules of the book's own packages.
    libraries
        Top-level names of imported third-party packages.
    data
        Datasets that the page's code loads by a literal name.
    """

    modules: frozenset[str]
    libraries: frozenset[str]
    data: frozenset[str] = frozenset()


@dataclass
class _Code:
    """What one piece of code refers to."""

    refs: set[Ref] = field(default_factory=set)
    libraries: set[str] = field(default_factory=set)
    data: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)


@dataclass
class _Facade:
    """How a package's ``__init__`` passes names on."""

    names: dict[str, Ref] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    listed: list[str] | None = None
    lazy: ast.FunctionDef | None = None
    tables: dict[str, str] = field(default_factory=dict)


class Workshop:
    """The book's own packages, as source.

    Parameters
    ----------
    packages
        Folder of each package by its name.
    """

    def __init__(self, packages: dict[str, Path]) -> None:
        self.packages = packages
        self._closures: dict[Ref, frozenset[Ref]] = {}

    @classmethod
    def of(cls, book: Book) -> "Workshop":
        """Return the packages under the book's ``src`` folder, and textlib wherever it is."""
        import textlib

        packages = {"textlib": Path(textlib.__file__).parent}
        for init in sorted((book.root / "src").glob("*/__init__.py")):
            packages[init.parent.name] = init.parent
        return cls(packages)

    def uses(self, cells: Iterable[str], names: Iterable[str] = ()) -> Uses:
        """Return what code cells use.

        Parameters
        ----------
        cells
            Source of each cell; IPython's magics and shell lines are understood.
        names
            Registered names (datasets) that the page uses beside those in its code.
        """
        code = self._read_cells(list(cells))
        code.strings.update(names)
        seen: set[Ref] = set()
        waiting = set(code.refs)
        while waiting:
            for ref in waiting:
                seen |= self._closure(ref)
            modules = {ref.module for ref in seen}
            waiting = self._registered(code, modules) - seen
        modules = {ref.module for ref in seen}
        libraries = set(code.libraries)
        for module in modules:
            libraries |= self._code(module).libraries
        return Uses(frozenset(modules), frozenset(libraries), frozenset(code.data))

    def modules(self) -> list[str]:
        """Return the names of all modules of the packages."""
        return sorted(name for package in self.packages for name in self._within(package))

    def edges(self, module: str) -> set[str]:
        """Return the modules that one module names directly."""
        return {
            ref.module for ref in self._code(module).refs if self.path(ref.module) is not None
        } - {module}

    @functools.cache  # noqa: B019 - a workshop lives as long as one plan
    def digest(self, module: str, *, shown: bool = False) -> str:
        """Return a digest of what a module says, and for a package of the data files beside it.

        Comments and docstrings do not count, unless a page shows them to its readers.
        """
        path = self.path(module)
        if path is None:
            return "missing"
        text = path.read_text(encoding="utf8")
        tree = self._tree(module)
        said = text if shown or not tree.body else code_digest.of_tree(tree)
        digest = hashlib.sha256(said.encode("utf8"))
        if path.name == "__init__.py":
            for each in sorted(path.parent.iterdir()):
                if each.is_file() and each.suffix not in {".py", ".pyc"}:
                    digest.update(each.name.encode("utf8") + each.read_bytes())
        return digest.hexdigest()[:32]

    @functools.cache  # noqa: B019
    def path(self, module: str) -> Path | None:
        """Return the file of a module, or ``None`` if the packages have no such module."""
        top, _, rest = module.partition(".")
        if top not in self.packages or module.endswith("."):
            return None
        base = self.packages[top].joinpath(*rest.split(".")) if rest else self.packages[top]
        for path in (base / "__init__.py", base.parent / (base.name + ".py")):
            if path.is_file():
                return path
        return None

    def versions(self, libraries: Iterable[str]) -> dict[str, str]:
        """Return the versions of libraries, of Python, and of what silently shapes results."""
        wanted = {*libraries} - SILENT
        if wanted & set(TENSORS):
            wanted |= set(TENSORS)
        versions = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
        if wanted:
            wanted.add("numpy")
        for name in sorted(wanted):
            for distribution in _distributions().get(name, [])[:1]:
                versions[distribution] = importlib.metadata.version(distribution)
        return versions

    def data_versions(self, names: Iterable[str]) -> dict[str, str]:
        """Return a fingerprint of each dataset's description: source, hash, version."""
        return {name: _data_version(name) for name in sorted(names)}

    def _registered(self, code: _Code, modules: set[str]) -> set[Ref]:
        """Return the modules that registries among ``modules`` import for this page."""
        found = set()
        for package in {each for module in modules for each in self._code(module).computed}:
            own = f"{package}."
            outside = [self._code(each) for each in modules if not f"{each}.".startswith(own)]
            strings = code.strings.union(*(each.strings for each in outside))
            refs = code.refs.union(*(each.refs for each in outside))
            listed = any(ref.name in LISTINGS and f"{ref.module}.".startswith(own) for ref in refs)
            names = {each: self._names(each) for each in self._within(package)}
            everything = listed or not any(names.values())
            found |= {Ref(each, MODULE) for each in names if everything or names[each] & strings}
        return found

    @functools.cache  # noqa: B019
    def _names(self, module: str) -> frozenset[str]:
        """Return the names under which a module registers something."""
        found = set()
        for node in ast.walk(self._tree(module)):
            if isinstance(node, ast.Call) and (_chain(node.func) or ("",))[-1] in REGISTRATION:
                named = [each.value for each in node.keywords if each.arg == "name"]
                for each in (*node.args[:1], *named):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        found.add(each.value)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                heads = [each for each in node.decorator_list if isinstance(each, ast.Name)]
                if any(each.id in REGISTRATION for each in heads):
                    found.add(node.name)
        return frozenset(found)

    # How names are followed ------------------------------------------------------------------

    def _closure(self, start: Ref) -> frozenset[Ref]:
        if start not in self._closures:
            seen: set[Ref] = set()
            waiting = [start]
            while waiting:
                ref = waiting.pop()
                if ref not in seen and self.path(ref.module) is not None:
                    seen.add(ref)
                    waiting.extend(self._next(ref))
            self._closures[start] = frozenset(seen)
        return self._closures[start]

    def _next(self, ref: Ref) -> Iterator[Ref]:
        """Yield what one use pulls in: parents, the module's own uses, where the name lives."""
        parts = ref.module.split(".")
        for depth in range(1, len(parts)):
            yield Ref(".".join(parts[:depth]), MODULE)
        yield from self._code(ref.module).refs
        if ref.name != MODULE and self._is_package(ref.module):
            yield from self._named(ref)

    def _named(self, ref: Ref) -> Iterator[Ref]:
        facade = self._facade(ref.module)
        if ref.name == ANY:
            yield from facade.names.values()
            yield from (Ref(module, MODULE) for module in self._within(ref.module))
        elif ref.name == STAR:
            names = facade.listed if facade.listed is not None else list(facade.names)
            yield from (Ref(ref.module, name) for name in names)
            yield from (Ref(star, STAR) for star in facade.stars)
        elif ref.name in facade.names:
            yield facade.names[ref.name]
        elif self.path(f"{ref.module}.{ref.name}"):
            yield Ref(f"{ref.module}.{ref.name}", MODULE)
        elif facade.lazy is not None and not self._defines(ref):
            yield from self._lazily(ref, facade)
        else:
            yield from (Ref(star, ref.name) for star in facade.stars)

    def _lazily(self, ref: Ref, facade: _Facade) -> Iterator[Ref]:
        target = facade.tables.get(ref.name)
        if target is not None:
            for name in (target, f"{ref.module}.{target.lstrip('.')}"):
                if self.path(name):
                    yield Ref(name, ref.name)
                    return
        if not ref.name.startswith("__"):
            yield Ref(ref.module, ANY)

    def _defines(self, ref: Ref) -> bool:
        for node in self._tree(ref.module).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == ref.name:
                return True
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(each, ast.Name) and each.id == ref.name for each in targets):
                    return True
        return False

    # How code is read ------------------------------------------------------------------------

    def _read_cells(self, cells: list[str]) -> _Code:
        from IPython.core.inputtransformer2 import TransformerManager

        code = _Code()
        source = "\n".join(TransformerManager().transform_cell(cell) for cell in cells)
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return _Code({Ref(name, ANY) for name in self.packages if name in source})
        _Reader(self, "", code).visit(tree)
        return code

    @functools.cache  # noqa: B019
    def _code(self, module: str) -> _Code:
        """Return what importing and running a module refers to, whatever is asked of it."""
        code = _Code()
        if self.path(module) is None:
            return code
        package = module if self._is_package(module) else module.rpartition(".")[0]
        reader = _Reader(self, package, code)
        skipped = self._passed_on(module) if self._is_package(module) else set()
        for node in self._tree(module).body:
            if id(node) not in skipped:
                reader.bind(node)
        for node in self._tree(module).body:
            if id(node) not in skipped:
                reader.visit(node)
        return code

    @functools.cache  # noqa: B019
    def _facade(self, module: str) -> _Facade:
        facade = _Facade()
        for node in (*_top_level(self._tree(module)), *self._stub(module)):
            if isinstance(node, ast.ImportFrom):
                self._pass_on(module, node, facade)
            elif isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
                facade.lazy = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                _read_tables(node, facade)
        return facade

    def _stub(self, module: str) -> list[ast.stmt]:
        """Return the stub beside a package's ``__init__``: what it passes on when asked for."""
        path = self.path(module)
        stub = path.with_suffix(".pyi") if path else None
        return ast.parse(stub.read_text(encoding="utf8")).body if stub and stub.is_file() else []

    def _pass_on(self, module: str, node: ast.ImportFrom, facade: _Facade) -> None:
        source = _absolute(node, module)
        if self.path(source) is None:
            return
        for alias in node.names:
            if alias.name == "*":
                facade.stars.append(source)
            elif self.path(f"{source}.{alias.name}"):
                target = Ref(f"{source}.{alias.name}", ANY)
                facade.names[alias.asname or alias.name] = target
            else:
                facade.names[alias.asname or alias.name] = Ref(source, alias.name)

    def _passed_on(self, module: str) -> set[int]:
        """Return the statements of an ``__init__`` that matter only to who asks for the name."""
        tree = self._tree(module)
        own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        return {id(node) for node in tree.body if self._is_conditional(module, node, own)}

    def _is_conditional(self, module: str, node: ast.stmt, own: set[str]) -> bool:
        if isinstance(node, ast.FunctionDef):
            return node.name in LAZY
        if isinstance(node, ast.If):
            return "TYPE_CHECKING" in ast.unparse(node.test)
        return isinstance(node, ast.ImportFrom) and self._only_passes(module, node, own)

    def _only_passes(self, module: str, node: ast.ImportFrom, own: set[str]) -> bool:
        source = _absolute(node, module)
        if self.path(source) is None:
            return False
        for alias in node.names:
            submodule = f"{source}.{alias.name}"
            target = submodule if self.path(submodule) else source
            if (alias.asname or alias.name) in own or not self._inert(target):
                return False
        return True

    @functools.cache  # noqa: B019
    def _inert(self, module: str) -> bool:
        """Whether importing a module only defines things: no calls, no registration."""
        for node in self._tree(module).body:
            if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
                return False
            if isinstance(node, ast.For | ast.While | ast.With):
                return False
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and any(
                self._is_own(module, each) for each in node.decorator_list
            ):
                return False
        return True

    def _is_own(self, module: str, decorator: ast.expr) -> bool:
        """Whether a decorator comes from the book's own packages, so may register something."""
        head = decorator.func if isinstance(decorator, ast.Call) else decorator
        while isinstance(head, ast.Attribute):
            head = head.value
        package = module if self._is_package(module) else module.rpartition(".")[0]
        reader = _Reader(self, package, _Code())
        for node in self._tree(module).body:
            reader.bind(node)
        return isinstance(head, ast.Name) and (
            head.id in reader.bound or any(head.id == name for name in reader.names)
        )

    @functools.cache  # noqa: B019
    def _tree(self, module: str) -> ast.Module:
        path = self.path(module)
        if path is None:
            return ast.Module([], [])
        try:
            return ast.parse(path.read_text(encoding="utf8"))
        except SyntaxError:  # the page that imports it will say so
            return ast.Module([], [])

    def _is_package(self, module: str) -> bool:
        path = self.path(module)
        return path is not None and path.name == "__init__.py"

    def _within(self, package: str) -> Iterator[str]:
        """Yield a module and, if it is a package, everything below it."""
        path = self.path(package)
        if path is None:
            return
        yield package
        if path.name == "__init__.py":
            for each in sorted(path.parent.rglob("*.py")):
                parts = each.relative_to(path.parent).with_suffix("").parts
                name = ".".join((package, *(part for part in parts if part != "__init__")))
                if name != package:
                    yield name


class _Reader(ast.NodeVisitor):
    """Collect what code refers to. Scopes are ignored: a name means all it may mean."""

    def __init__(self, workshop: Workshop, package: str, code: _Code) -> None:
        self.workshop, self.package, self.code = workshop, package, code
        self.bound: dict[str, set[str]] = {}
        self.names: dict[str, Ref] = {}

    def bind(self, tree: ast.AST) -> None:
        """Note which names stand for modules, before the uses are read."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    module = alias.name if alias.asname else alias.name.split(".")[0]
                    self._bind(alias.asname or module, module)
            elif isinstance(node, ast.ImportFrom):
                source = _absolute(node, self.package)
                for alias in node.names:
                    name = alias.asname or alias.name
                    if self.workshop.path(f"{source}.{alias.name}"):
                        self._bind(name, f"{source}.{alias.name}")
                    elif self.workshop.path(source):
                        self.names[name] = Ref(source, alias.name)

    def visit_Module(self, node: ast.Module) -> None:
        self.bind(node)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._refer(alias.name, MODULE)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        source = _absolute(node, self.package)
        for alias in node.names:
            if self.workshop.path(f"{source}.{alias.name}"):
                self._refer(f"{source}.{alias.name}", MODULE)
            else:
                self._refer(source, STAR if alias.name == "*" else alias.name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = _chain(node)
        if chain is None or chain[0] not in self.bound:
            self.generic_visit(node)
            return
        for module in self.bound[chain[0]]:
            self.code.refs.add(self._follow(module, chain[1:]))

    def visit_Name(self, node: ast.Name) -> None:
        for module in self.bound.get(node.id, ()):
            self.code.refs.add(Ref(module, ANY))

    def visit_Call(self, node: ast.Call) -> None:
        function = _chain(node.func) or ("",)
        if function[-1] in {"import_module", "__import__"} and node.args:
            self._refer_dynamically(node.args[0])
        if function[-1] == "load" and node.args and isinstance(node.args[0], ast.Constant):
            bound = self.bound.get(function[-2], set()) if len(function) > 1 else set()
            named = self.names.get("load")
            if "textlib.datasets" in bound or (named and named.module == "textlib.datasets"):
                self.code.data.add(str(node.args[0].value))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():
            self.code.strings.add(node.value)

    def _bind(self, name: str, module: str) -> None:
        if self.workshop.path(module):
            self.bound.setdefault(name, set()).add(module)

    def _refer(self, module: str, name: str) -> None:
        if self.workshop.path(module):
            self.code.refs.add(Ref(module, name))
            return
        top = module.split(".")[0]
        if top in self.workshop.packages:
            self.code.refs.add(Ref(top, MODULE))
        elif top and top not in sys.stdlib_module_names:
            self.code.libraries.add(top)

    def _follow(self, module: str, chain: tuple[str, ...]) -> Ref:
        for attribute in chain:
            if not self.workshop.path(f"{module}.{attribute}"):
                return Ref(module, attribute)
            module = f"{module}.{attribute}"
        return Ref(module, ANY)

    def _refer_dynamically(self, argument: ast.expr) -> None:
        """Follow ``import_module``: a literal exactly, anything computed by its fixed beginning."""
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            name = argument.value
            full = f"{self.package}.{name.lstrip('.')}" if name.startswith(".") else name
            self._refer(full, ANY)
            return
        start = ""
        if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
            start = str(argument.values[0].value)
        package = self.package or "textlib"
        prefix = f"{package}{start}" if start.startswith(".") else (start or package)
        parts = [part for part in prefix.split(".") if part]
        while parts and not self.workshop.path(".".join(parts)):
            parts.pop()
        if parts:
            self.code.computed.add(".".join(parts))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute name of the module that a ``from`` import reads."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _chain(node: ast.expr) -> tuple[str, ...] | None:
    """Return ``("a", "b", "c")`` for ``a.b.c``, and ``None`` for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return (node.id, *reversed(parts))


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those under ``if TYPE_CHECKING`` included."""
    for node in tree.body:
        if isinstance(node, ast.If | ast.Try):
            yield from node.body
        yield node


def _read_tables(node: ast.Assign | ast.AnnAssign, facade: _Facade) -> None:
    """Read ``__all__`` and the dictionaries that a lazy ``__getattr__`` looks names up in."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {each.id for each in targets if isinstance(each, ast.Name)}
    try:
        value: Any = ast.literal_eval(node.value) if node.value else None
    except ValueError:
        return
    if "__all__" in names:
        facade.listed = [str(each) for each in value]
    elif isinstance(value, dict):
        for key, target in value.items():
            if isinstance(key, str) and isinstance(target, str):
                facade.tables[key] = target
            elif isinstance(key, str) and isinstance(target, list | tuple | set):
                facade.tables.update({str(each): key for each in target})


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return {name: sorted(set(found)) for name, found in _package_map().items()}


def _package_map() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def _data_version(name: str) -> str:
    """Return a digest of what decides a dataset's arrays, wordings of its card left out."""
    try:
        from textlib.datasets import registry

        spec = registry.get(name)
    except Exception:  # the page itself will say what is wrong with the name
        return "unknown"
    facts = (spec.version, spec.digest, spec.info.kind, spec.info.shapes, spec.needs)
    return hashlib.sha256(repr(facts).encode("utf8")).hexdigest()[:16]
