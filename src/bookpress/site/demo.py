"""The ``{demo}`` directive: something of the page, mostly a model, runs in the reader's browser.

What it needs comes from the page's executed cells (see ``textlib.demos``), and what it does is its
kind (see ``kinds``). The runtime of models is onnxruntime-web, from the npm packages pinned in
``web/``, served from the book itself. Nothing loads before the reader asks. Where it cannot run
(no JavaScript; a model without WebAssembly, or in a book built without Node), the directive's body
remains: a static figure and what it shows.
"""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from bookpress.markdown import Block
from bookpress.myst import Writer, directive
from bookpress.publish import NOTE
from bookpress.site import kinds, names
from textlib import paths

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "demos" / "static"
RUNTIME_FILES = (
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
)
TITLE = "Try it"
RUNTIME = "textlib_runtime"  # key in Sphinx's metadata of a page: what its demos are made with
INSTALL_TIMEOUT = 300.0  # seconds


class demo(nodes.General, nodes.Element):  # noqa: N801
    """A live demo with its static body."""


@directive("demo")
def in_notebook(block: Block, writer: Writer) -> str:
    """Return where the demo runs, and its static body."""
    place = f"**{block.options.get('title', TITLE)}.** Live in your browser, on the site: "
    return f"{place}<{writer.url()}>\n\n{writer.body(block)}"


class Demo(SphinxDirective):
    """Parse ``{demo}``: its argument is the name that the page published."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {"title": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the demo with its body parsed."""
        if not self.content:
            raise self.error(
                f"the demo {self.arguments[0]!r} has no body; write what a reader without "
                "JavaScript should see, such as a sentence that points to a figure."
            )
        title = self.options.get("title", TITLE)
        found = demo(name=self.arguments[0], title=title)
        self.state.nested_parse(self.content, self.content_offset, found)
        self.set_source_info(found)
        self.env.metadata[self.env.docname][RUNTIME] = _version(self.env.app)
        return [found]


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Read pages with demos again where the runtime or a kind has come, changed or gone since."""
    made = {name: each[RUNTIME] for name, each in env.metadata.items() if RUNTIME in each}
    now = _version(app) if made else ""
    return [name for name, version in made.items() if version != now]


def published(app: Sphinx, docname: str) -> dict[str, dict[str, Any]]:
    """Return what the cells of a page published, by name."""
    from bookpress.page_cache import PageCache

    store = PageCache(_book(app))
    stamp = store.stamp(names.page(app.env, docname))
    if stamp is None or not store.intact(stamp):
        return {}
    return {payload["name"]: payload for payload in _payloads(store.outputs(stamp))}


def _book(app: Sphinx) -> Any:
    from bookpress.book import Book

    return Book.find(Path(app.srcdir))


def _lock(app: Sphinx) -> Path:
    return _book(app).root / "web" / "package-lock.json"


def _version(app: Sphinx) -> str:
    """Return what identifies the runtime, if there is one, and the kinds."""
    files = [*([_lock(app)] if runtime(app) else []), *sorted(kinds.FOLDER.glob("*.js"))]
    content = b"".join(path.name.encode() + path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()


def _payloads(notebook: Any) -> Iterator[dict[str, Any]]:
    from textlib.demos import MIME

    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(MIME)
            if payload is not None:
                yield json.loads(payload) if isinstance(payload, str) else payload


def runtime(app: Sphinx) -> Path | None:
    """Return the folder with onnxruntime-web, installing it where there is npm; or ``None``."""
    lock, folder = _lock(app), _book(app).build_dir / "web"
    dist = folder / "node_modules" / "onnxruntime-web" / "dist"
    installed = folder / "package-lock.json"
    if not lock.is_file():
        return None
    current = installed.is_file() and installed.read_bytes() == lock.read_bytes()
    if current and all((dist / name).is_file() for name in RUNTIME_FILES):
        return dist
    npm = shutil.which("npm")
    if npm is None:
        logger.info("%slive demos stay static figures: there is no npm on this machine", NOTE)
        return None
    paths.make_dir(folder)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(lock.with_name(name), folder / name)
    command = [
        npm,
        "ci",
        "--omit=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        installed.unlink(missing_ok=True)
        reason = done.stderr.strip() if done else "it took too long"
        reason = " ".join(reason.split())
        logger.info("%slive demos stay static figures: npm failed (%s)", NOTE, reason)
        return None
    return dist


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Connect each demo with its model, and write the model's files."""
    found = list(doctree.findall(demo))
    if not found or app.builder.format != "html":
        return
    payloads = published(app, docname)
    for node in found:
        payload = payloads.get(node["name"], {})
        faults = kinds.faults(payload) if payload else ["no cell of the page publishes it."]
        for fault in faults:
            logger.warning("the demo %r: %s", node["name"], fault, location=node)
        if not faults:
            _connect(app, node, payload, docname)


def _connect(app: Sphinx, node: demo, payload: dict[str, Any], docname: str) -> None:
    """Write a demo's files, unless its model has no runtime."""
    size = (kinds.FOLDER / f"{payload['kind']}.js").stat().st_size
    if "model" in payload:
        dist = runtime(app)
        if dist is None:
            return
        size += sum((dist / name).stat().st_size for name in RUNTIME_FILES)
        _copy_runtime(app, dist)
    place = f"demos/{names.page(app.env, docname)}/{node['name']}"
    size += _write(Path(app.outdir) / "_static" / place, payload)
    node["src"] = f"{'../' * docname.count('/')}_static/{place}/"
    node["kind"] = payload["kind"]
    node["model"] = "model" in payload
    node["weight"] = f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _write(folder: Path, payload: dict[str, Any]) -> int:
    """Write the files of a demo; return their size in bytes."""
    files = {}
    facts = payload | {"pictures": {}}
    if "model" in payload:
        files["model.onnx"] = base64.b64decode(facts.pop("model"))
    for number, (key, picture) in enumerate(payload["pictures"].items()):
        name = f"{number}.{picture['type'].removeprefix('image/')}"
        files[name] = base64.b64decode(picture["data"])
        facts["pictures"][key] = {"file": name}
    files["demo.json"] = json.dumps(facts, separators=(",", ":")).encode()
    shutil.rmtree(folder, ignore_errors=True)
    paths.make_dir(folder)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return sum(map(len, files.values()))


def _copy_runtime(app: Sphinx, dist: Path) -> None:
    folder = paths.make_dir(Path(app.outdir) / "_static" / "demos" / "ort")
    for name in RUNTIME_FILES:
        if not (folder / name).is_file():
            shutil.copyfile(dist / name, folder / name)


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the small starter script on pages that have a demo, and only there."""
    if doctree is not None and any("src" in node for node in doctree.findall(demo)):
        app.add_js_file("demos/demo.js", type="module")
        app.add_css_file("demos/demo.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and its files."""
    app.add_node(demo, html=(_visit, _depart))
    app.add_directive("demo", Demo)
    app.connect("config-inited", _add_static)
    app.connect("env-get-outdated", outdated)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_static(app: Sphinx, config: Any) -> None:
    config.html_static_path.append(str(STATIC))


def _visit(self: Any, node: demo) -> None:
    live = "src" in node
    attributes = {"aria-label": f"{node['title']} (live demo)"}
    if live:
        attributes |= {"data-kind": node["kind"], "data-src": node["src"]}
        attributes |= {"data-model": ""} if node["model"] else {}
    self.body.append(self.starttag(node, "section", CLASS="demo", **attributes))
    self.body.append(f'<p class="demo-title">{self.encode(node["title"])}</p>\n')
    if live:
        runs = "Runs the page&rsquo;s own model" if node["model"] else "Runs"
        self.body.append(
            '<p class="demo-offer" hidden><button type="button" class="demo-start">Start</button> '
            f"<span>{runs} in your browser; loads {node['weight']} once, from this site. "
            "Nothing is sent anywhere.</span></p>\n"
            '<p class="demo-status" role="status"></p>\n<div class="demo-stage" hidden></div>\n'
        )
    else:
        self.body.append(
            '<p class="demo-note">This copy of the book was built without the runtime for live '
            "demos; what follows is static.</p>\n"
        )
    self.body.append('<div class="demo-static">\n')


def _depart(self: Any, node: demo) -> None:
    self.body.append("</div>\n</section>\n")
