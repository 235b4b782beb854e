"""The boxes of claims: a green line that opens to its condition, its numbers and its history."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

from bookpress import claim_checks, claim_records
from bookpress.book import Book, BookError
from bookpress.claim_checks import Check
from bookpress.claim_records import ClaimRecord
from bookpress.page_cache import PageCache
from bookpress.site import names
from bookpress.site.tree import with_class

KINDS = {
    "exact": "exact: an identity, a count, or a fact of the data; the same on every seed",
    "measured": "measured: what this training showed",
    "timing": "a time: the median of several measurements, with the shortest and the longest",
}


def open_boxes(app: Sphinx, soup: BeautifulSoup, docname: str) -> None:
    """Turn the lines of claims into ``details``, with what stands behind each.

    Parameters
    ----------
    app
        The Sphinx application.
    soup
        The page's body, changed in place.
    docname
        Sphinx's name of the page.
    """
    boxes = [box for box in with_class(soup, "claim") if str(box.get("id")).startswith("claim-")]
    if not boxes:
        return
    with contextlib.suppress(BookError):
        book, name = Book.find(Path(app.srcdir)), names.page(app.env, docname)
        store = PageCache(book)
        stamp = store.stamp(name)
        # Code that is shown with its outputs is theirs, which saves reading the page once more.
        page: Any = (
            store.outputs(stamp) if stamp and store.intact(stamp) else book.select((name,))[0]
        )
        claims = {claim["name"]: claim for claim in (stamp.claims if stamp else ())}
        checks = claim_checks.of_page(page)
        record = claim_records.load(book, name)
        old = record is not None and claim_records.is_old(record, page)
        for box in boxes:
            name = str(box["id"]).removeprefix("claim-")
            claim = claims.get(name, {"numbers": {}})
            facts = [*_facts(claim, checks.get(name)), *_history(record, name, old=old)]
            _open(soup, box, facts)


def _open(soup: BeautifulSoup, box: Tag, facts: list[tuple[str, str, bool]]) -> None:
    box.name = "summary"
    details = soup.new_tag("details")
    details.attrs = {name: box.attrs.pop(name) for name in ("id", "class")}
    box.wrap(details)
    listed = soup.new_tag("dl")
    for label, value, is_code in facts:
        term, text = soup.new_tag("dt"), soup.new_tag("dd")
        term.string = label
        holder = text
        if is_code:
            holder = soup.new_tag("code")
            text.append(holder)
        holder.string = value
        listed.extend([term, text])
    details.append(listed)


def _facts(claim: Mapping[str, Any], check: Check | None) -> Iterator[tuple[str, str, bool]]:
    """Yield what a claim is made of, as ``(label, text, whether it is code)``."""
    yield "Kind", KINDS[claim.get("kind", "measured")], False
    if check:
        yield "Condition", check.condition, True
    if claim["numbers"]:
        yield "Numbers", ", ".join(map(_equation, claim["numbers"].items())), False
    if claim.get("survives"):
        yield "In control experiments", claim["survives"], False


def _equation(pair: tuple[str, Any]) -> str:
    return f"{pair[0]} = {float(pair[1]):.6g}"


def _history(
    record: ClaimRecord | None, name: str, *, old: bool
) -> Iterator[tuple[str, str, bool]]:
    """Yield on how many seeds a claim held, for each environment in which it was tried."""
    for environment, trial in (record.trials if record else {}).items():
        if claim := trial["claims"].get(name):
            note = "; the page's code has changed since" if old else ""
            seeds = f"held on {claim['held']} of {trial['seeds']} seeds"
            yield "History", f"{seeds}, {environment}, {trial['date']}{note}", False
