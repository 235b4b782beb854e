"""The sitemap of the whole book, also after a build that wrote only a few pages again.

sphinx-sitemap lists the pages that a build writes. Where Sphinx leaves the others as they are, they
would be missing.
"""

import queue
from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Complete the list just before sphinx-sitemap writes it."""
    app.connect("build-finished", complete, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def complete(app: Sphinx, exception: Exception | None) -> None:
    """Put every page of the book into the list, each once and in order."""
    links = getattr(app, "sitemap_links", None)
    if exception is not None or links is None:
        return
    known = {f"{name}.html": None for name in app.env.found_docs}
    while True:
        try:
            link, updated = links.get_nowait()
        except queue.Empty:
            break
        known[link] = updated
    for link in sorted(known):
        links.put((link, known[link]))
