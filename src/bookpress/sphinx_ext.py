"""The book's Sphinx extension: ``bookpress.sphinx_ext`` in ``_config.yml``.

It adds the theme and everything that a page needs to be light, private and accessible; the parts
are in ``bookpress.site``. For authors it adds these directives (docs/authoring.md shows each
with a full example):

``{chapter}``
    The card under the title. The body is a bullet list of what the reader will be able to do;
    ``:after:`` lists the pages to read first. Running time, datasets and the last run, with its
    versions, are filled in.
``{quiz}``
    One self-check question: the question, then a list of ``[x]`` (right) and ``[ ]`` (wrong)
    answers, each with its explanation as a block quote.
``{part-map}``
    The parts of the book with their chapters and pictures that the chapters computed.
``{ways-in}``
    The buttons of the home page: read, run one chapter, build.
``{take-away}``
    What there is to take away: notebooks, EPUB, PDF, cards.
``{editions}``
    The editions of the book, with where to read each.
"""

from typing import Any

from sphinx.application import Sphinx

from bookpress import site


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the parts of the site with Sphinx."""
    for part in site.parts():
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
