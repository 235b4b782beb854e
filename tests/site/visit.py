"""Visit a page once on a phone and once on a desktop, and write down everything the tests ask.

What is written down does not depend on how fast the machine is: whether something jumps is asked
before the fonts are there, since how text moves when they come depends on when they do.
"""

import dataclasses
import importlib.resources
import json
from dataclasses import dataclass, field

from filelock import FileLock

from tests.site.conftest import PHONE_OPTIONS, new_context, until

CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
STRUCTURE = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
OBSERVE = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0"
SHOWN = """[...document.images].every((image) => image.complete
  || image.getBoundingClientRect().top > innerHeight
  || getComputedStyle(image).display === "none")"""
STILL = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SETTLE = """
async () => {
  await document.fonts.ready;
  const shown = [...document.images].filter((image) => getComputedStyle(image).display !== "none");
  for (const image of shown) image.loading = "eager";
  await Promise.all(shown.map((image) => image.decode().catch(() => null)));
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const hint of document.querySelectorAll(".answer-hint")) hint.hidden = false;
  const [first, ...others] = document.querySelectorAll("pre");
  for (const code of others) code.textContent = code.textContent;
}
"""
LOADED = """[...document.images].every((image) =>
  image.naturalWidth > 0 || getComputedStyle(image).display === "none")"""
# Contrast takes seconds on a long page, and a page repeats a few kinds of elements many times:
# three of each kind stay. (The colors of code are tested by themselves, see tests/bookpress.)
THIN = """
() => {
  const kinds = new Map();
  const kind = (node) => {
    if (node === document.body) return "";
    return `${kind(node.parentElement)}>${node.tagName}.${node.className}`;
  };
  for (const node of [...document.body.querySelectorAll("main *, nav *")].filter(Boolean)) {
    if (!node.isConnected || node.closest("svg, math > *")) continue;
    const name = kind(node);
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
    if (kinds.get(name) > 3 && !/^(SECTION|DIV|UL|OL|DL|TABLE|TBODY|THEAD)$/.test(node.tagName)) {
      node.remove();
    }
  }
}
"""
FACTS = """
() => ({
  lang: document.documentElement.lang,
  width: document.documentElement.scrollWidth,
  bytes: ["resource", "navigation"].flatMap((type) => performance.getEntriesByType(type))
    .reduce((sum, entry) => sum + entry.decodedBodySize, 0),
  blocking: performance.getEntriesByType("resource")
    .filter((entry) => entry.renderBlockingStatus === "blocking")
    .map((entry) => [new URL(entry.name).pathname, entry.decodedBodySize]),
  headings: [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")]
    .map((heading) => Number(heading.tagName[1])),
  images: [...document.images].map((image) => ({
    src: image.getAttribute("src"),
    alt: image.getAttribute("alt"),
    sized: image.hasAttribute("width") && image.hasAttribute("height"),
    lazy: image.loading === "lazy" || image.getAttribute("loading") === "lazy",
    loaded: image.complete && image.naturalWidth > 0,
  })),
  tiny: [...document.querySelectorAll("main a.zoom img:not(.on-dark)")].filter((image) => {
    const least = parseFloat(image.style.getPropertyValue("--least"));
    return image.offsetWidth && image.offsetWidth + 1 < least;
  })
    .map((image) => image.closest("figure")?.id || image.getAttribute("src")),
  scrolling: [...document.querySelectorAll("main a.zoom")].filter((link) =>
    link.scrollWidth > link.clientWidth + 1).map((link) => link.closest("figure")?.id || link.href),
  tables: [...document.querySelectorAll("main table")].map((table) => ({
    headers: table.querySelectorAll("th").length,
    unscoped: table.querySelectorAll("th:not([scope])").length,
    inside: table.closest(".table-scroll") !== null,
    index: table.classList.contains("indextable"),
  })),
  meta: Object.fromEntries([...document.querySelectorAll("meta[property], meta[name]")]
    .map((meta) => [meta.getAttribute("property") || meta.name, meta.content])),
  canonical: document.querySelector("link[rel=canonical]")?.href ?? "",
  answers: [...document.querySelectorAll(".answer form")].map((form) => ({
    name: form.getAttribute("aria-label"),
    shown: form.checkVisibility(),
    fields: form.querySelectorAll("input").length,
    labels: [...form.querySelectorAll("label")].map((label) => label.control && label.innerText),
    hints: form.parentElement.querySelectorAll(".answer-hint").length,
  })),
  checks: document.querySelectorAll(".tag_check, .exercise-check").length,
  demos: document.querySelectorAll(".demo[data-kind]").length,
  policy: document.querySelector("meta[http-equiv=Content-Security-Policy]")?.content ?? "",
  math: document.querySelectorAll("math").length,
  rawMath: document.querySelectorAll("main :is(script[type^='math'], .MathJax)").length,
})
"""


@dataclass
class Visit:
    """What a page did and contained.

    ``facts`` has what the page says about itself on a phone; ``violations`` maps a situation
    such as ``"phone, dark"`` to the serious findings of axe.
    """

    name: str
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    violations: dict[str, list[str]] = field(default_factory=dict)


class Gate:
    """Holds requests back until it opens."""

    def __init__(self, pattern):
        self.pattern = pattern
        self.held = []
        self.is_open = False

    def pass_through(self, route):
        """Let a request go on, or hold it."""
        if self.is_open:
            route.continue_()
        else:
            self.held.append(route)

    def open(self):
        """Let all requests go on, now and later."""
        self.is_open = True
        for route in self.held:
            route.continue_()


class Visitor:
    """A phone and a desktop in one browser."""

    def __init__(self, browser, base):
        self.browser = browser
        self.base = base
        self.axe = (
            importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
        )
        self.contexts = {
            "phone": new_context(browser, **PHONE_OPTIONS),
            "desktop": new_context(browser),
        }
        self.contexts["phone"].add_init_script(OBSERVE)

    def close(self):
        """Close both."""
        for context in self.contexts.values():
            context.close()

    def visit(self, name):
        """Visit a page on both devices."""
        found = Visit(name)
        self._phone(found)
        self._desktop(found)
        return found

    def _phone(self, found):
        fonts = Gate("**/*.woff2")
        page = self._open(found, "phone", fonts)
        shift = self._shift(page)
        fonts.open()
        self._loaded(page)
        found.facts = page.evaluate(FACTS) | {"shift": shift}
        page.evaluate(SETTLE)
        found.facts |= {
            key: value for key, value in page.evaluate(FACTS).items() if key in ("bytes", "width")
        }
        if not page.evaluate(LOADED):
            found.failed.append("an image that cannot be shown")
        self._judge(found, page, "phone", "dark", STRUCTURE)
        page.evaluate(THIN)
        self._judge(found, page, "phone", "dark", CONTRAST)
        self._judge(found, page, "phone", "light", CONTRAST)
        page.close()

    def _desktop(self, found):
        page = self._open(found, "desktop")
        self._loaded(page)
        page.evaluate(SETTLE)
        self._judge(found, page, "desktop", "light", STRUCTURE)
        page.evaluate(THIN)
        self._judge(found, page, "desktop", "light", CONTRAST)
        self._judge(found, page, "desktop", "dark", CONTRAST)
        page.close()

    def _open(self, found, device, gate=None):
        page = self.contexts[device].new_page()
        if gate is not None:
            page.route(gate.pattern, gate.pass_through)
        page.on("console", lambda message: self._listen(found, message))
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("requestfailed", lambda request: found.failed.append(request.url))
        page.on("request", lambda request: self._note(found, request.url))
        page.on(
            "response",
            lambda answer: found.failed.append(answer.url) if answer.status >= 400 else None,
        )
        page.goto(f"{self.base}{found.name}.html", wait_until="commit")
        return page

    def _loaded(self, page):
        page.wait_for_load_state("load")
        until(page, "document.fonts.status === 'loaded'")

    def _shift(self, page):
        """Return how far things jump until all but the fonts stands in the window."""
        page.wait_for_load_state("domcontentloaded")
        until(page, PAINTED)
        until(page, SHOWN)
        page.evaluate(STILL)
        return page.evaluate("window.shift")

    def _listen(self, found, message):
        if message.type in ("error", "warning"):
            found.errors.append(message.text)

    def _note(self, found, url):
        if not url.startswith((self.base, "data:", "blob:")):
            found.elsewhere.append(url)

    def _judge(self, found, page, device, theme, rules):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.axe)
        result = page.evaluate("(rules) => axe.run(rules)", rules)
        found.violations.setdefault(f"{device}, {theme}", []).extend(
            f"{violation['id']}: {node['html'][:160]}"
            for violation in result["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        )


class Visits:
    """What the visited pages showed, shared by all processes that test: one visit a page."""

    def __init__(self, visitor, folder):
        self.visitor = visitor
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name):
        """Return what is known of a page; visit it if nobody has."""
        record = self.folder / f"{name.replace('/', '-')}.json"
        with FileLock(record.with_suffix(".lock")):
            if record.is_file():
                return Visit(**json.loads(record.read_text(encoding="utf8")))
            found = self.visitor.visit(name)
            record.write_text(json.dumps(dataclasses.asdict(found)), encoding="utf8")
            return found
