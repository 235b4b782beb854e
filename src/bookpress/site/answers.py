"""Where readers answer an exercise on the site, made from the cell tagged ``check``.

Numbers, shapes and words have fields, which a script shows and checks (``answers.js``); code is
checked in the notebook. Hints are folded, and work without the script. The cell itself, which
has the answer written out, does not stand in the page.
"""

import html
import json
import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx

from bookpress.site import launch
from bookpress.site.tree import with_class

WANTED = {"number": "a number", "shape": "a shape, such as (28, 28, 1)", "word": "a word"}


def ask(app: Sphinx, soup: BeautifulSoup, docname: str) -> None:
    """Put what a cell says about its exercise into the box of the exercise.

    Parameters
    ----------
    app
        The Sphinx application.
    soup
        The page's body, changed in place.
    docname
        Sphinx's name of the page.
    """
    for cell in with_class(soup, "tag_check"):
        told = cell.select_one("[data-exercise]")
        if not isinstance(told, Tag):
            continue  # it has not been executed
        spec = json.loads(str(told["data-exercise"]))
        label = nodes.make_id(spec["exercise"])
        box = soup.find(id=spec["exercise"]) or soup.find(id=label)
        title = box.select_one(".admonition-title .caption-number") if box else None
        name = title.get_text(strip=True) if title else "the exercise"
        running = [] if spec["fields"] else launch.links(app, docname, start=docname)
        made = BeautifulSoup(_answer(spec, label, name, running), "html.parser")
        if box is not None:
            box.append(made)
            cell.decompose()
        else:
            cell.replace_with(made)


def _answer(spec: dict[str, Any], label: str, name: str, running: list[dict[str, Any]]) -> str:
    shown = _form(spec, label, name) if spec["fields"] else _notebook(running)
    hints = "".join(
        f'<details class="answer-hint"><summary>Hint {number}'
        f'<span class="hidden"> for {html.escape(name)}</span></summary>'
        f"<p>{_words(hint)}</p></details>"
        for number, hint in enumerate(spec["hints"], 1)
    )
    return f'<div class="answer">{shown}{hints}</div>'


def _form(spec: dict[str, Any], label: str, name: str) -> str:
    """Return the fields, which the script shows; nothing works without it."""
    data = {"exercise": spec["exercise"], "fields": spec["fields"]}
    encoded = html.escape(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    fields = "".join(
        _field(field, f"{label}-answer-{number}", name)
        for number, field in enumerate(spec["fields"], 1)
    )
    return (
        f'<form data-exercise="{encoded}" aria-label="Answer of {html.escape(name)}" hidden>'
        f'{fields}<button type="submit">Check</button></form>'
        '<p class="answer-said" role="status" aria-live="polite"></p>'
    )


def _field(field: dict[str, Any], identifier: str, name: str) -> str:
    title = html.escape(field["name"] or "Your answer")
    wanted = WANTED[field["kind"]] + (f" in {field['unit']}" if field.get("unit") else "")
    return (
        f'<p><label for="{identifier}">{title} <span class="hidden">to {html.escape(name)}</span> '
        f"<span>({html.escape(wanted)})</span></label>"
        f'<input id="{identifier}" type="text" autocomplete="off" autocapitalize="off" '
        'spellcheck="false"></p>'
    )


def _notebook(running: list[dict[str, Any]]) -> str:
    """Return where an answer is checked that is code."""
    links = ", ".join(
        f'<a href="{html.escape(link["url"])}"{" download" if link.get("download") else ""}>'
        f"{html.escape(link['text'])}</a>"
        for link in running
    )
    return f"<p>The notebook of this page checks your answer ({links}).</p>" if links else ""


def _words(text: str) -> str:
    """Return a text with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
