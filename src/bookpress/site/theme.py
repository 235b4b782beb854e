"""The theme: what the templates show around the text of a page.

The templates, the style sheet and the script in ``theme/`` replace those of the inherited theme
entirely; only its helper functions remain. A page loads the style sheet, one font or two, and a
script of a few kilobytes.
"""

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from bookpress.book import SOURCE
from bookpress.repository import Repository
from bookpress.site import colors, editions, launch, logo, names
from textlib import paths

_THEME = Path(__file__).parent / "theme"
_STATIC = _THEME / "static"
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="[^"]*_images/[^>]*>')
_FILES = ("answers.js", "book.js", "math.css", "search.js", "theme.js")
#: What a page may load and run: what the site has, and styles, which formulas and tables carry.
_POLICY = (
    "default-src 'self'; script-src 'self'{more}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
)
#: What the inherited theme and other extensions put into ``_static`` and no page of ours loads.
_UNUSED = (
    "scripts", "styles", "vendor", "locales", "images", "webpack-macros.html",
    "sbt-webpack-macros.html",
    "basic.css", "pygments.css", "clipboard.min.js", "copybutton.js", "copybutton_funcs.js",
    "copybutton.css", "copy-button.svg", "check-solid.svg", "togglebutton.js", "togglebutton.css",
    "doctools.js", "documentation_options.js", "language_data.js", "searchtools.js",
    "sphinx_highlight.js", "sphinx-thebe.js", "sphinx-thebe.css", "design-tabs.js", "minimal",
    "css", "js", "__pycache__",
)  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the theme."""
    app.add_html_theme("textbook", str(_THEME))
    app.connect("config-inited", configure)
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", fill_context, priority=800)
    app.connect("build-finished", remove_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app: Sphinx, config: Config) -> None:
    """Set what is the same for every book with this theme."""
    config.html_permalinks_icon = "#"
    for event in ("doctree-resolved", "env-before-read-docs"):
        for listener in list(app.events.listeners[event]):
            if listener.handler.__module__ == "sphinx_thebe":  # it writes scripts into the text
                app.disconnect(listener.id)


def write_assets(app: Sphinx) -> None:
    """Write the style sheet with the palette in it, and the logo, where Sphinx finds them."""
    if app.builder.format != "html":
        return
    folder = Path(app.doctreedir) / "site-static"
    style = colors.style_sheet() + (_THEME / "book.css").read_text(encoding="utf8")
    paths.make_dir(folder)
    (folder / "book.css").write_text(style, encoding="utf8")
    logo.write(folder)
    app.config.html_static_path.append(str(folder))
    content = style.encode() + b"".join((_STATIC / name).read_bytes() for name in _FILES)
    app.textlib_digest = hashlib.sha256(content).hexdigest()[:8]  # type: ignore[attr-defined]


def fill_context(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the templates what they show, as ``site``."""
    env = app.env
    body = context.get("body", "")
    title = _title(context, pagename, app)
    parts = _parts(env, pagename)
    scripts = [file for file in context.get("script_files", []) if _own(file)]
    compiles = scripts or pagename == "search"  # models, and the index, run as WebAssembly
    context["site"] = {
        "policy": _POLICY.format(more=" 'wasm-unsafe-eval'" if compiles else ""),
        "project": app.config.html_title,
        "title": title,
        "description": _description(doctree, context),
        "canonical": context.get("pageurl"),
        "preview": _preview(body, str(app.config.html_baseurl), pagename),
        "math": "<math" in body,
        "answers": " data-exercise=" in body,
        "folds": "above-input" in body,
        "styles": _styles(body, context),
        "scripts": scripts,
        "digest": app.textlib_digest,  # type: ignore[attr-defined]
        "kind": "home" if pagename == app.config.root_doc else "page",
        "logo": logo.mark(line="var(--accent)", unit="var(--accent)", output=_OUTPUT),
        "repository": Repository.of_site(app).url,
        "edit": _edit(app, env, pagename),
        "edition": editions.here(app, pagename),
        "parts": parts,
        "eyebrow": next((part["caption"] for part in parts if part["current"]), ""),
        "launch": launch.links(app, pagename, start=pagename),
        "toc": _contents(context.get("toc", "")) if doctree is not None else "",
    }


_OUTPUT = "var(--mark)"


def _title(context: dict[str, Any], pagename: str, app: Sphinx) -> str:
    own = BeautifulSoup(str(context.get("title", "")), "html.parser").get_text()
    book = str(app.config.html_title)
    return book if pagename == app.config.root_doc or not own else f"{own} | {book}"


def _description(doctree: nodes.document | None, context: dict[str, Any]) -> str:
    given = (context.get("meta") or {}).get("description")
    if given:
        return str(given)
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= 180 else text[:177].rsplit(" ", 1)[0] + " ..."
    return ""


def _preview(body: str, base: str, pagename: str) -> dict[str, str]:
    """Return the picture that stands for the page elsewhere: its first figure, or the mark."""
    found = _PICTURE.search(body)
    picture = found and BeautifulSoup(found[0], "html.parser").find("img")
    if not isinstance(picture, Tag):
        return {"url": f"{base}_static/card.png", "alt": "The mark of the book: a small network."}
    file = str(picture["src"]).rpartition("/")[2]
    return {"url": f"{base}_images/{file}", "alt": str(picture.get("alt", ""))}


def _file(file: Any) -> str:
    return str(getattr(file, "filename", file) or "")


def _own(file: Any) -> bool:
    return "demos/" in _file(file)


def _styles(body: str, context: dict[str, Any]) -> list[str]:
    """Return the style sheets that the page needs, and no others."""
    found = ["book.css"]
    if "<math" in body:
        found.append("math.css")
    if 'class="sd-' in body or " sd-" in body:
        found.append("sphinx-design.min.css")
    found += [
        _file(file).removeprefix("_static/") for file in context.get("css_files", []) if _own(file)
    ]
    return found


def _parts(env: BuildEnvironment, pagename: str) -> list[dict[str, Any]]:
    found = []
    for caption, _, documents in names.chapters(env):
        pages = [
            {
                "name": document,
                "title": env.titles[document].astext(),
                "number": names.number(env, document),
                "current": document == pagename,
            }
            for document in documents
        ]
        current = any(page["current"] for page in pages)
        found.append({"caption": caption, "pages": pages, "current": current, "alone": False})
    if found and not any(part["current"] for part in found):
        found[0]["alone"] = True
    return found


def _edit(app: Sphinx, env: BuildEnvironment, pagename: str) -> str:
    """Return the address where a reader can propose a change to the page."""
    repository = Repository.of_site(app)
    if not repository.url or pagename not in env.found_docs:
        return ""
    file = Path(env.doc2path(pagename, base=False)).as_posix()
    return repository.edit(file if names.prefix(env) else f"{SOURCE}/{file}")


def _contents(toc: str) -> str:
    """Return the sections of the page as nested lists, without the title itself."""
    soup = BeautifulSoup(toc, "html.parser")
    inner = soup.select_one("ul > li > ul")
    if inner is None:
        return ""
    for deeper in inner.select("ul ul"):
        deeper.decompose()
    if len(inner.find_all("a")) < 2:
        return ""
    for tag in inner.find_all(True):
        tag.attrs = {key: value for key, value in tag.attrs.items() if key == "href"}
    return str(inner)


def remove_unused(app: Sphinx, exception: Exception | None) -> None:
    """Delete the static files of the inherited theme that no page loads."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for name in _UNUSED:
        found = static / name
        if found.is_dir():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)
