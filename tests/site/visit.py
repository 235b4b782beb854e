"""Visit a page once on a phone and once on a desktop, and write down everything the tests ask."""

import dataclasses
import importlib.resources
import json
from dataclasses import dataclass, field

from filelock import FileLock

from tests.site.conftest import DESKTOP, PHONE

EVERYTHING = {"resultTypes": ["violations"]}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
STRUCTURE = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
SLOWDOWN = 4
ATTEMPTS = 3

OBSERVE = """
window.seen = {lcp: 0, cls: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.lcp = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.cls += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
SETTLE = """
async () => {
  await document.fonts.ready;
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const [first, ...others] = document.querySelectorAll("pre");
  for (const code of others) code.textContent = code.textContent;
}
"""
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
  headings: [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")]
    .map((heading) => Number(heading.tagName[1])),
  images: [...document.images].map((image) => ({
    src: image.getAttribute("src"),
    alt: image.getAttribute("alt"),
    sized: image.hasAttribute("width") && image.hasAttribute("height"),
    lazy: image.loading === "lazy" || image.getAttribute("loading") === "lazy",
    loaded: image.complete && image.naturalWidth > 0,
  })),
  tables: [...document.querySelectorAll("main table")].map((table) => ({
    headers: table.querySelectorAll("th").length,
    unscoped: table.querySelectorAll("th:not([scope])").length,
    inside: table.closest(".table-scroll") !== null,
    index: table.classList.contains("indextable"),
  })),
  meta: Object.fromEntries([...document.querySelectorAll("meta[property], meta[name]")]
    .map((meta) => [meta.getAttribute("property") || meta.name, meta.content])),
  canonical: document.querySelector("link[rel=canonical]")?.href ?? "",
  math: document.querySelectorAll("math").length,
  rawMath: document.querySelectorAll("main :is(script[type^='math'], .MathJax)").length,
})
"""


@dataclass
class Visit:
    """What a page did and contained.

    ``facts`` has what the page says about itself on a phone; ``violations`` maps a situation
    such as ``"phone, dark"`` to the serious findings of axe; times are in seconds.
    """

    name: str
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    violations: dict[str, list[str]] = field(default_factory=dict)


class Visitor:
    """A phone and a desktop in one browser."""

    def __init__(self, browser, base):
        self.browser = browser
        self.base = base
        self.axe = (
            importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
        )
        self.contexts = {
            "phone": self._new_phone(),
            "desktop": browser.new_context(viewport=DESKTOP),
        }

    def _new_phone(self):
        context = self.browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
        context.add_init_script(OBSERVE)
        return context

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
        page = self._open(found, "phone")
        found.facts = page.evaluate(FACTS)
        page.evaluate(SETTLE)
        found.facts |= {
            key: value for key, value in page.evaluate(FACTS).items() if key in ("bytes", "width")
        }
        loaded = page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        if not loaded:
            found.failed.append("an image that cannot be shown")
        self._judge(found, page, "phone", "dark", STRUCTURE)
        page.evaluate(THIN)
        self._judge(found, page, "phone", "dark", CONTRAST)
        self._judge(found, page, "phone", "light", CONTRAST)
        page.close()

    def _desktop(self, found):
        page = self._open(found, "desktop")
        page.evaluate(SETTLE)
        self._judge(found, page, "desktop", "light", STRUCTURE)
        page.evaluate(THIN)
        self._judge(found, page, "desktop", "light", CONTRAST)
        self._judge(found, page, "desktop", "dark", EVERYTHING)
        page.close()

    def _open(self, found, device):
        page = self.contexts[device].new_page()
        page.on("console", lambda message: self._listen(found, message))
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("requestfailed", lambda request: found.failed.append(request.url))
        page.on("request", lambda request: self._note(found, request.url))
        page.on(
            "response",
            lambda answer: found.failed.append(answer.url) if answer.status >= 400 else None,
        )
        self._load(page, found.name)
        return page

    def _load(self, page, name):
        page.goto(f"{self.base}{name}.html", wait_until="load")
        page.wait_for_function("document.fonts.status === 'loaded'")

    def _listen(self, found, message):
        if message.type in ("error", "warning"):
            found.errors.append(message.text)

    def _note(self, found, url):
        if not url.startswith((self.base, "data:", "blob:")):
            found.elsewhere.append(url)

    def speed(self, name, enough):
        """Return how a page appears on a slow phone: seconds until it is painted, and its jumps.

        A page that takes longer than ``enough`` seconds has further attempts, and the best counts:
        whatever else the machine does can only delay it.
        """
        found = [self._speed(name)]
        while found[-1][0] >= enough and len(found) < ATTEMPTS:
            found.append(self._speed(name))
        paints, shifts = zip(*found, strict=True)
        return min(paints), max(shifts)

    def _speed(self, name):
        context = self._new_phone()  # with nothing in its cache: a first visit
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        self._load(page, name)
        milliseconds, shift = page.evaluate("[seen.lcp, seen.cls]")
        context.close()
        return milliseconds / 1000, shift

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
