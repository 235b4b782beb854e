"""What broke, for people who were not there: failed pages and sources that are gone, as Markdown.

The workflow that builds the book every night with the newest releases of everything, and fetches
all data from their origins every week, opens an issue with it.
"""

import importlib.metadata
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from bookpress import pins
from bookpress.book import Book
from textlib import claims as statements
from textlib.fetching import sources
from textlib.fetching.sources import Resource

LINES = 30  # of a traceback


def failures(book: Book, made: dict[str, Any]) -> Iterator[str]:
    """Yield Markdown on what failed in a build: pages, claims, and versions other than pinned.

    Parameters
    ----------
    book
        The book.
    made
        The report of the build.
    """
    for page in made["pages"]:
        failed = [claim for claim in page["claims"] if statements.fails(claim)]
        if failure := page.get("failure"):
            yield f"### {page['name']}, line {failure['line']}: {failure['kind']}"
            yield from ("", "```text", *failure["error"].splitlines()[:LINES], "```", "")
        elif failed:
            yield from (f"### {page['name']}", "")
        for claim in failed:
            numbers = ", ".join(f"{name} = {value}" for name, value in claim["numbers"].items())
            yield f"- claim `{claim['name']}` fails: {claim['sentence']} ({numbers})"
        yield from [""] * bool(failed)
    said = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    yield from (f"Ran with {said}.", "")
    if changed := list(_changed(book)):
        yield from ("| Library | Pinned | Here |", "|---|---|---|", *changed)


def _changed(book: Book) -> Iterator[str]:
    """Yield a row for each library that is here in another version than pinned."""
    path = book.root / pins.PINS
    here = {
        canonicalize_name(found.metadata["Name"]): found.version
        for found in importlib.metadata.distributions()
    }
    for pin in pins.read(path.read_text(encoding="utf8")) if path.is_file() else ():
        version = here.get(canonicalize_name(pin.name))
        pinned = str(pin.specifier).removeprefix("==")
        if version and version != pinned and (pin.marker is None or pin.marker.evaluate()):
            yield f"| {pin.name} | {pinned} | {version} |"


def resources() -> dict[str, Resource]:
    """Return every source of data and weights that the book knows, each once, by its key."""
    from textlib import datasets
    from textlib.datasets import registry
    from textlib.models.pretrained import cards

    found = [
        resource
        for name in datasets.names()
        for recipe in registry.get(name).recipes
        for resource in recipe.resources
    ]
    return {each.key: each for each in (*found, *(card.resource for card in cards.CARDS.values()))}


def unreachable(wanted: dict[str, Resource]) -> Iterator[tuple[str, str]]:
    """Fetch each source anew from its origin; yield its key, and why it cannot be had or ``""``.

    Nothing that is in the cache counts, and nothing stays there.
    """
    before = os.environ.get("TEXTLIB_CACHE")
    try:
        for key, resource in wanted.items():
            with tempfile.TemporaryDirectory(prefix="textlib-origin-") as empty:
                os.environ["TEXTLIB_CACHE"] = str(Path(empty))
                try:
                    sources.fetch_resource(resource)
                except (OSError, ValueError) as error:
                    yield key, f"{type(error).__name__}: {error}"
                else:
                    yield key, ""
    finally:
        os.environ.pop("TEXTLIB_CACHE", None)
        if before is not None:
            os.environ["TEXTLIB_CACHE"] = before
