"""Names of pages: authors write ``vision/convnets``, Sphinx may say ``book/vision/convnets``.

The table of contents decides which of the two it is, by where its root page lies.
"""

import json
import posixpath
from collections.abc import Iterator
from typing import Any

from sphinx.environment import BuildEnvironment

from bookpress.frontmatter import Settings


def prefix(env: BuildEnvironment) -> str:
    """Return what Sphinx puts before the authors' page names: ``""`` or ``"book/"``."""
    folder = posixpath.dirname(env.config.root_doc)
    return f"{folder}/" if folder else ""


def docname(env: BuildEnvironment, page: str) -> str:
    """Return Sphinx's name of the page that authors call ``page``."""
    name = page.strip().strip("/").removesuffix(".md")
    start = prefix(env)
    return name if name.startswith(start) else start + name


def page(env: BuildEnvironment, docname: str) -> str:
    """Return the authors' name of a page, such as ``vision/convnets``."""
    return docname.removeprefix(prefix(env))


def settings(env: BuildEnvironment, docname: str) -> Settings:
    """Return the ``textlib:`` block of a page's front matter."""
    found = env.metadata.get(docname, {}).get("textlib") or {}
    if isinstance(found, str):  # MyST hands nested front matter on as JSON
        found = json.loads(found)
    return Settings.of(found)


def seconds(env: BuildEnvironment, docname: str) -> float | None:
    """Return how long the page's code ran, in seconds; None if it has none or it is not known."""
    metadata = getattr(env, "nb_metadata", {}).get(docname, {})
    measured = (metadata.get("exec_data") or {}).get("runtime")
    return float(measured) if measured else None


def executes(env: BuildEnvironment, docname: str) -> bool:
    """Tell whether the page is a notebook."""
    return bool(getattr(env, "nb_metadata", {}).get(docname))


def chapters(env: BuildEnvironment) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the parts of the book in order, as (caption, folder, documents).

    The folder is the authors' name of the part, such as ``vision``; the documents include the
    sections below the chapters.
    """
    site_map = getattr(env, "external_site_map", None)
    if site_map is None:
        return
    for tree in site_map.root.subtrees:
        documents = list(_below(env, site_map, tree))
        if documents:
            folder = posixpath.dirname(page(env, documents[0])).split("/")[0]
            yield tree.caption or "", folder, documents


def _below(env: BuildEnvironment, site_map: Any, tree: Any) -> Iterator[str]:
    for entry in tree.items:
        name = str(entry)
        for suffix in env.config.source_suffix:
            name = name.removesuffix(suffix)
        if name not in env.found_docs:
            continue
        yield name
        below = site_map.get(str(entry)) or site_map.get(name)
        for inner in below.subtrees if below else ():
            yield from _below(env, site_map, inner)


def number(env: BuildEnvironment, docname: str) -> str:
    """Return the number of a chapter, such as ``"34"``; empty where chapters have none."""
    found = env.toc_secnumbers.get(docname, {}).get("", ())
    return ".".join(str(part) for part in found)
