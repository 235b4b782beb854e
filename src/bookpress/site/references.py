"""Links between code cells and the reference of ``textlib``, in both directions.

Which names a page uses is read from its code without importing anything: a name counts if it is
reached from an import of ``textlib``. In the page such names become links; in the reference each
entry lists the pages that use it.
"""

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

import textlib
from bookpress.repository import Repository
from bookpress.site.tree import Text, inside, tags, with_class

_PACKAGE = "textlib"
_USES = "textlib_uses"  # in the metadata of a page


def aliases(sources: Iterable[str]) -> dict[str, str]:
    """Return what the imports of ``textlib`` in some code bind, as {name: full name}.

    Examples
    --------
    >>> aliases(["from textlib import datasets as data, scale"])
    {'data': 'textlib.datasets', 'scale': 'textlib.scale'}
    """
    return {bound: full for source in sources for bound, full in _read(source).bound}


def used_names(sources: list[str]) -> set[str]:
    """Return the full names from ``textlib`` that some code uses or imports.

    Examples
    --------
    >>> sorted(used_names(["from textlib import datasets", "x = datasets.load('mnist').train"]))
    ['textlib.datasets', 'textlib.datasets.load', 'textlib.datasets.load.train']
    """
    known = aliases(sources)
    chains = {chain for source in sources for chain in _read(source).chains if chain[0] in known}
    return {*known.values(), *(".".join([known[first], *others]) for first, *others in chains)}


class _Names(NamedTuple):
    """What some code binds to something of ``textlib``, and all chains of names that it has."""

    bound: tuple[tuple[str, str], ...] = ()
    chains: frozenset[tuple[str, ...]] = frozenset()


@functools.lru_cache(maxsize=4096)
def _read(source: str) -> _Names:
    try:
        syntax = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a cell with notebook magic, or a fragment in the text
        return _Names()
    names = (_chain(node) for node in syntax if isinstance(node, ast.Attribute | ast.Name))
    bound = (pair for node in syntax for pair in _bound(node))
    return _Names(tuple(bound), frozenset(filter(None, names)))


def _bound(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ImportFrom) and _ours(node.module):
        for name in node.names:
            yield name.asname or name.name, f"{node.module}.{name.name}"
    elif isinstance(node, ast.Import):
        for name in filter(lambda name: _ours(name.name), node.names):
            yield name.asname or _PACKAGE, name.name if name.asname else _PACKAGE


def _chain(node: ast.AST) -> tuple[str, ...]:
    """Return the names of a chain such as ``a.b(c).d``; empty if it begins with none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        else:
            node = node.func
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _ours(module: str | None) -> bool:
    return module is not None and module.split(".")[0] == _PACKAGE


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note which names a page uses, among the facts that Sphinx forgets and merges with pages."""
    sources = [
        block.astext()
        for block in doctree.findall(nodes.literal_block)
        if block.get("language") in ("python", "ipython", "ipython3")
    ]
    found = used_names(sources) if sources else set()
    app.env.metadata[app.env.docname][_USES] = sorted(found - {_PACKAGE})


def _uses(env: BuildEnvironment) -> dict[str, list[str]]:
    return {page: facts[_USES] for page, facts in env.metadata.items() if facts.get(_USES)}


def _documented(env: BuildEnvironment) -> dict[str, str]:
    """Return the address of each documented name, from the root of the site."""
    objects = env.domains["py"].objects  # type: ignore[attr-defined]
    return {
        name: f"{entry.docname}.html#{entry.node_id}"
        for name, entry in objects.items()
        if _ours(name)
    }


def _stale_reference(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the reference written again when the pages use other names than last time."""
    now = _uses(env)
    before = getattr(env, "textlib_uses_written", None)
    env.textlib_uses_written = now  # type: ignore[attr-defined]
    if before == now:
        return []
    objects = env.domains["py"].objects  # type: ignore[attr-defined]
    return sorted({entry.docname for name, entry in objects.items() if _ours(name)})


def link_code(app: Sphinx, text: Text, pagename: str) -> None:
    """Turn the names from ``textlib`` in the code of a page into links."""
    documented = _documented(app.env)
    blocks = [
        block
        for block in tags(text.soup, "pre")
        if block.has_attr("data-aside") and inside(block, "cell_input", "highlight-python")
    ]
    known = aliases(block.get_text() for block in blocks)
    if documented and known:
        up = "../" * pagename.count("/")
        addresses = {name: up + address for name, address in documented.items()}
        for number in (int(str(block["data-aside"])) for block in blocks):
            text.aside[number] = linked(text.aside[number], known, addresses)


def linked(code: str, known: dict[str, str], addresses: dict[str, str]) -> str:
    """Return highlighted code in which names, and the attributes after them, are links.

    Parameters
    ----------
    code
        Code as HTML, in which names stand without a mark around them.
    known
        The full name of each name that is bound to something of ``textlib``.
    addresses
        Where the full names are documented.
    """
    names = "|".join(map(re.escape, known))

    def link(found: re.Match[str]) -> str:
        if not found["first"]:
            return found[0]
        full, parts = "", []
        for part in found[0].split("."):
            full = f"{full}.{part}" if full else known[part]
            address = addresses.get(full)
            parts.append(f'<a href="{address}">{part}</a>' if address else part)
        return ".".join(parts)

    marked = r'<span class="(?!hll)[^>]*>[^<]*</span>|<[^>]*>'
    return re.sub(rf"{marked}|(?<![\w.&])(?P<first>{names})\b(?:\.\w+)*", link, code)


def list_uses(app: Sphinx, soup: BeautifulSoup, pagename: str) -> None:
    """Add to each entry of the reference the pages that use it."""
    entries = [
        entry
        for box in with_class(soup, "py")
        for entry in box.find_all("dt", id=True, recursive=False)
    ]
    if not entries:
        return
    env, uses = app.env, _uses(app.env)
    up = "../" * pagename.count("/")
    for entry in entries:
        name = str(entry["id"])
        body = entry.find_next_sibling("dd")
        pages = [page for page, names in uses.items() if name in names and page != pagename]
        if body is None or not pages:
            continue
        line = soup.new_tag("p", attrs={"class": "used-in"})
        line.append("Used in ")
        for position, page in enumerate(sorted(pages)):
            if position:
                line.append(", ")
            link = soup.new_tag("a", href=f"{up}{page}.html")
            link.string = env.titles[page].astext()
            line.append(link)
        body.append(line)


def source_address(module: str, fullname: str, repository: Repository) -> str | None:
    """Return where the source of an object stands in the repository.

    Parameters
    ----------
    module, fullname
        The object's module, such as ``"textlib.training"``, and its name within it.
    repository
        Where the sources lie.

    Returns
    -------
    str or None
        None if the object has no source, as a constant has none.
    """
    try:
        found: Any = importlib.import_module(module)
        for part in fullname.split("."):
            found = getattr(found, part)
        if isinstance(found, property):
            found = found.fget
        found = inspect.unwrap(found)
        path = Path(inspect.getsourcefile(found) or "")
        lines, first = inspect.getsourcelines(found)
    except (ImportError, AttributeError, TypeError, OSError):
        return None
    package = Path(textlib.__file__).parent
    if package not in path.parents:
        return None
    place = path.relative_to(package.parent).as_posix()
    return repository.file(f"src/{place}#L{first}-L{first + len(lines) - 1}")


def _link_sources(app: Sphinx, config: Config) -> None:
    """Let Sphinx link every entry of the reference to its source."""
    repository = Repository.of_site(app)

    def resolve(domain: str, info: dict[str, str]) -> str | None:
        if domain != "py" or not repository.url or not _ours(info.get("module")):
            return None
        return source_address(info["module"], info["fullname"], repository)

    config.linkcode_resolve = resolve


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what reads the code of pages; ``finish`` writes the links."""
    app.connect("config-inited", _link_sources)
    app.setup_extension("sphinx.ext.linkcode")
    app.connect("doctree-read", collect)
    app.connect("env-updated", _stale_reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
