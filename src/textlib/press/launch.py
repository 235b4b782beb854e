"""A Sphinx extension: buttons that open a page's notebook in Colab, in Binder, or download it.

Jupyter Book has launch buttons for ``.ipynb`` sources only. Here every page that runs has them;
they point to the branch of notebooks and follow from ``repository`` in ``_config.yml``.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from textlib.press.book import Book, BookError, page_name
from textlib.press.notebooks import SITE_FOLDER, Repository

AFTER_THE_THEME = 900


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", _add_buttons, priority=AFTER_THE_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


def buttons(repository: Repository, page: str, to_root: str) -> list[dict[str, str]]:
    """Return the launch buttons of a page, as the theme's header takes them.

    Parameters
    ----------
    repository
        Where the book lives on the web.
    page
        Name of the page.
    to_root
        Relative path from the page to the root of the site, such as ``"../"``.
    """
    return [
        _button("Colab", repository.colab(page), "Open this page in Colab", "logo_colab.png"),
        _button("Binder", repository.binder(page), "Open this page in Binder", "logo_binder.svg"),
        {
            "type": "link",
            "text": "Notebook",
            "tooltip": "Download this page as a notebook",
            "icon": "fas fa-download",
            "url": f"{to_root}{SITE_FOLDER}/{page}.ipynb",
        },
    ]


def _button(text: str, url: str, tooltip: str, icon: str) -> dict[str, str]:
    icon = f"_static/images/{icon}"
    return {"type": "link", "text": text, "tooltip": tooltip, "icon": icon, "url": url}


def _add_buttons(
    app: Sphinx, docname: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    if doctree is None or docname not in getattr(app.env, "nb_metadata", {}):
        return
    try:
        book = Book.find(Path(app.srcdir))
        repository = Repository.of(book)
    except BookError:
        return
    page = page_name(docname)
    if not (book.notebooks_dir / f"{page}.ipynb").is_file():
        return
    context["textlib_launch"] = buttons(repository, page, "../" * docname.count("/"))
    if "header_buttons" in context:
        context["header_buttons"].append(
            {
                "type": "group",
                "tooltip": "Run this page",
                "icon": "fas fa-rocket",
                "buttons": context["textlib_launch"],
                "label": "launch-buttons",
            }
        )
