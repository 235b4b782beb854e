"""When a page ran last, with which libraries, and under which others its claims were tried.

The card of a page shows it: what the reader sees was made on that day, with these versions. The
stamp of the page's outputs knows both; the record of its claims knows the other environments.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from bookpress import claim_records
from bookpress.book import Book, Page
from bookpress.page_cache import PageCache


def words(book: Book, page: Page) -> str:
    """Return when and with what a page ran, in a sentence; empty if it never ran."""
    stamp = PageCache(book).stamp(page.name)
    if stamp is None:
        return ""
    used = environment(stamp.inputs.get("libraries", {}))
    said = f"{day(stamp.executed)}, with {used}"
    record = claim_records.load(book, page.name)
    if record is None or claim_records.is_old(record, page):
        return f"{said}."
    others = [
        f"{held(trial)} under {name}"
        for name, trial in record.trials.items()
        if name != used and trial["claims"]
    ]
    return f"{said}. Its claims: {'; '.join(others)}." if others else f"{said}."


def environment(libraries: Mapping[str, str]) -> str:
    """Return the versions that matter most, as the records of claims write them.

    Examples
    --------
    >>> environment({"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"})
    'TensorFlow 2.21.0, Keras 3.15.1'
    >>> environment({"python": "3.12", "numpy": "2.4.6"})
    'NumPy 2.4.6, Python 3.12'
    """
    if "tensorflow" in libraries:
        return claim_records.environment(libraries)
    return claim_records.environment(libraries, ("numpy", "python"))


def day(moment: str) -> str:
    """Return the day of a moment as a reader writes it.

    Examples
    --------
    >>> day("2026-11-30T17:58:05+00:00")
    '30 November 2026'
    """
    found = datetime.datetime.fromisoformat(moment)
    return f"{found.day} {found:%B %Y}"


def held(trial: Mapping[str, Any]) -> str:
    """Say of a trial how many claims held on every seed.

    Examples
    --------
    >>> held({"seeds": 5, "claims": {"a": {"held": 5}, "b": {"held": 4}}})
    '1 of 2 held on each of 5 seeds'
    """
    claims, seeds = trial["claims"], trial["seeds"]
    count = sum(claim["held"] == seeds for claim in claims.values())
    many = f"{count} of {len(claims)}" if count < len(claims) else "all"
    return f"{many} held on each of {seeds} seeds" if seeds != 1 else f"{many} held on one seed"
