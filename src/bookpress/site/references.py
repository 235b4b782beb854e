"""Links between code cells and the reference of ``textlib``, in both directions.

Which names a page uses is read from its code without importing anything: a name counts if it is
reached from an import of ``textlib``. In the page such names become links; in the reference each
entry lists the pages that use it.
"""

import ast
import importlib
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

import textlib
from bookpress.repository import Repository

_PACKAGE = "textlib"
_USES = "textlib_uses"  # in the metadata of a page
NAME_CLASSES = {"n", "nn", "nc", "nf", "nb"}


def aliases(sources: Iterable[str]) -> dict[str, str]:
    """Return what the imports of ``textlib`` in some code bind, as {name: full name}.

    Examples
    --------
    >>> aliases(["from textlib import datasets as data, scale"])
    {'data': 'textlib.datasets', 'scale': 'textlib.scale'}
    """
    found = {}
    for tree in _trees(sources):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and _ours(node.module):
                for name in node.names:
                    found[name.asname or name.name] = f"{node.module}.{name.name}"
            elif isinstance(node, ast.Import):
                for name in node.names:
                    if _ours(name.name):
                        bound = name.asname or _PACKAGE
                        found[bound] = name.name if name.asname else _PACKAGE
    return found


def used_names(sources: list[str]) -> set[str]:
    """Return the full names from ``textlib`` that some code uses or imports.

    Examples
    --------
    >>> sorted(used_names(["from textlib import datasets", "x = datasets.load('mnist').train"]))
    ['textlib.datasets', 'textlib.datasets.load', 'textlib.datasets.load.train']
    """
    known = aliases(sources)
    found = set(known.values())
    for tree in _trees(sources):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute | ast.Name) and (name := _dotted(node, known)):
                found.add(name)
    return found


def _dotted(node: ast.AST, known: dict[str, str]) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        else:
            node = node.func
    if isinstance(node, ast.Name) and node.id in known:
        return ".".join([known[node.id], *reversed(parts)])
    return None


def _ours(module: str | None) -> bool:
    return module is not None and module.split(".")[0] == _PACKAGE


def _trees(sources: Iterable[str]) -> Iterator[ast.Module]:
    for source in sources:
        try:
            yield ast.parse(source)
        except SyntaxError:  # a cell with notebook magic, or a fragment in the text
            continue


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


def link_code(app: Sphinx, soup: BeautifulSoup, pagename: str) -> None:
    """Turn the names from ``textlib`` in the code of a page into links."""
    documented = _documented(app.env)
    blocks = soup.select(".cell_input pre, .highlight-python pre")
    if not documented or not blocks:
        return
    known = aliases(block.get_text() for block in blocks)
    up = "../" * pagename.count("/")
    for block in blocks:
        for span in block.find_all("span", class_=list(NAME_CLASSES)):
            if span.get_text() in known and not _is_attribute(span):
                _link_chain(soup, span, known[span.get_text()], documented, up)


def _is_attribute(span: Tag) -> bool:
    before = span.previous_sibling
    return isinstance(before, Tag) and before.get_text() == "."


def _link_chain(
    soup: BeautifulSoup, span: Tag, name: str, documented: dict[str, str], up: str
) -> None:
    """Link a name, and the attributes after it, as far as they are documented."""
    chain = [(span, name)]
    here: Any = span
    while True:
        dot = here.next_sibling
        after = dot.next_sibling if isinstance(dot, Tag) and dot.get_text() == "." else None
        if not isinstance(after, Tag) or not NAME_CLASSES & set(after.get("class") or ()):
            break
        chain.append((after, f"{chain[-1][1]}.{after.get_text()}"))
        here = after
    for tag, full in chain:
        if full in documented and tag.parent is not None and tag.parent.name != "a":
            tag.wrap(soup.new_tag("a", href=up + documented[full], title=full))


def list_uses(app: Sphinx, soup: BeautifulSoup, pagename: str) -> None:
    """Add to each entry of the reference the pages that use it."""
    entries = soup.select("dl.py > dt[id]")
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
    repository = Repository.of_site(config)

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
