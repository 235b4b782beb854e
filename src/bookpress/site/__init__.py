"""The published site: what Jupyter Book lacks to make this book fast, private and accessible.

Each module is a small Sphinx extension with its own ``setup``: ``card`` and ``quiz`` are the
authors' directives, ``partmap``, ``launch`` and ``takeaway`` the home page, ``editions`` the list
of these, ``mathml`` the formulas, ``theme`` the templates, style and script, ``finish`` the last
pass over each page's HTML (with ``claims``, ``answers`` and ``folding``), ``images`` their weight,
and ``sitemap`` completes the list of pages for search engines.
"""

import importlib
from types import ModuleType

_DIRECTIVES = ("card", "quiz", "demo", "partmap", "launch", "editions", "takeaway")
_PARTS = (
    *("theme", "card", "quiz", "demo", "mathml", "code", "images", "references", "partmap"),
    *("finish", "launch", "editions", "takeaway", "numbering", "search", "sitemap"),
)


def parts() -> list[ModuleType]:
    """Return the modules that extend Sphinx, in the order in which they are set up."""
    return [importlib.import_module(f"{__name__}.{name}") for name in _PARTS]


def register() -> None:
    """Have the authors' directives say how they look in a notebook (see `bookpress.myst`)."""
    tables = (f"bookpress.{name}" for name in ("tables", "claim_tables", "source_tables"))
    for name in (*(f"{__name__}.{name}" for name in _DIRECTIVES), *tables):
        importlib.import_module(name)
