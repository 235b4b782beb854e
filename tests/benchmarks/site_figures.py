"""Write what is measured of the site into the table of budgets in CONTRIBUTING.md.

Run it with ``make figures`` after ``make test``, which checks what does not depend on the machine
and leaves it in ``_build/site.json``. How soon a page is painted, how far text moves when the fonts
come, and what Lighthouse says are measured here, as they come: they say as much about the machine
as about the page, so nothing fails. ``--pages`` measures a few pages and writes nothing.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.bench_build import ROOT, insert
from tests.site.conftest import (
    ARGUMENTS,
    EXTRA,
    PAGES,
    PHONE_OPTIONS,
    Handler,
    chromium,
    launching,
    new_context,
    serving,
    until,
)

MEASURED = ROOT / "_build" / "site.json"
SLOWDOWN = 4
OBSERVE = """
window.seen = {painted: 0, shift: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.painted = entry.startTime / 1000;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
ROWS = (
    ("weight of a page, first visit, uncompressed, median", "under 500 kB", "{median kB} kB"),
    ("weight of the largest page", "at most 1,500 kB", "{largest kB:,} kB"),
    ("Cumulative Layout Shift before the fonts come, largest", "under 0.05", "{largest shift}"),
    ("requests to other hosts at load", "0", "{requests to other hosts}"),
    (
        "serious or critical findings of axe, both devices, both themes",
        "0",
        "{serious findings of axe}",
    ),
    ("width on a screen of 390 pixels, widest page", "390 pixels", "{widest pixels} pixels"),
    (
        "Largest Contentful Paint, phone, processor slowed 4 times, slowest page",
        "1.0 s on a machine without other work",
        "{slowest paint s:.2f} s",
    ),
    ("the same, median page", "", "{median paint s:.2f} s"),
    ("Cumulative Layout Shift there, fonts included, largest", "", "{largest shift there:.3f}"),
    *(
        (f"Lighthouse, phone, {category}: lowest, median", wanted, f"{{{key}[0]}}, {{{key}[1]}}")
        for category, wanted, key in (
            ("performance", "at least 95", "performance"),
            ("accessibility", "100", "accessibility"),
            ("best practices", "100", "best-practices"),
            ("search engines", "100", "seo"),
        )
    ),
)
LIGHTHOUSE = ROOT / "_build" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TEXT = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def first_visit(browser, address: str) -> dict[str, float]:
    """Return what a slow phone that never saw the site sees: the paint's time, and what moves."""
    context = new_context(browser, **PHONE_OPTIONS)
    context.add_init_script(OBSERVE)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(address, wait_until="load")
    until(page, "document.fonts.status === 'loaded' && seen.painted > 0")
    seen = page.evaluate("seen")
    context.close()
    return seen


def first_visits(pages: tuple[str, ...]) -> dict[str, float]:
    """Return the figures that depend on the machine."""
    with serving() as base, launching() as browser:
        seen = [first_visit(browser, f"{base}{name}.html") for name in pages]
    seconds = [each["painted"] for each in seen]
    return {
        "median paint s": statistics.median(seconds),
        "slowest paint s": max(seconds),
        "largest shift there": max(each["shift"] for each in seen),
    }


class Compressing(Handler):
    """Serve as hosts of static sites do: text compressed, connections kept, answers reused."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 - the name that the library asks for
        """Answer a request."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXT or not path.is_file():
            super().do_GET()
            return
        content = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", TEXT[path.suffix])
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def end_headers(self):
        """Let the browser keep what it has, as the addresses of style and script allow."""
        self.send_header("Cache-Control", "max-age=31536000")
        super().end_headers()


def install() -> Path:
    """Return Lighthouse's command, which npm fetches once, as ``web/package-lock.json`` says."""
    command = LIGHTHOUSE / "node_modules" / ".bin" / "lighthouse"
    lock = ROOT / "web" / "package-lock.json"
    kept = LIGHTHOUSE / lock.name
    if not command.is_file() or kept.read_bytes() != lock.read_bytes():
        LIGHTHOUSE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", lock.name):
            shutil.copyfile(lock.with_name(name), LIGHTHOUSE / name)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(npm, cwd=LIGHTHOUSE, check=True)
    return command


def judged(pages: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Return the lowest and the median score of each of Lighthouse's categories.

    What a page misses is printed. The page that searches and the one for wrong addresses are left
    out: they ask search engines to pass them over.
    """
    command = install()
    found: dict[str, list[int]] = {category: [] for category in CATEGORIES}
    with serving(Compressing) as base:
        for name in pages:
            report = _report(command, f"{base}{name}.html")
            for category in CATEGORIES:
                found[category].append(round(100 * (report["categories"][category]["score"] or 0)))
            print(name, *(f"{each} {scores[-1]}" for each, scores in found.items()), flush=True)
            for audit, what in _missed(report):
                print(f"    {audit}: {what}", flush=True)
    return {
        category: (min(scores), round(statistics.median(scores)))
        for category, scores in found.items()
    }


def _report(command: Path, address: str) -> dict:
    options = ["--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}"]
    options.append(f"--chrome-flags={' '.join(ARGUMENTS)}")
    environment = {**os.environ, "CHROME_PATH": chromium() or ""}
    done = subprocess.run(
        [str(command), address, *options], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _missed(report: dict):
    """Yield the audits that cost something, each with what it says."""
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                yield audit["id"], audit.get("displayValue") or audit["title"]


def table(figures: dict) -> str:
    """Return the Markdown table."""
    lines = [f"| {figures['pages']} pages | budget | measured |", "|---|---|---|"]
    lines += [f"| {what} | {budget} | {found.format(**figures)} |" for what, budget, found in ROWS]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", metavar="PAGE", help="these, and write nothing")
    chosen = parser.parse_args()
    if not MEASURED.is_file():
        sys.exit(f"{MEASURED.relative_to(ROOT)} is missing; run 'make test' first.")
    pages = tuple(chosen.pages or PAGES)
    figures = json.loads(MEASURED.read_text(encoding="utf8")) | first_visits(pages)
    figures |= judged(tuple(page for page in pages if page not in EXTRA))
    print(table(figures))
    if not chosen.pages:
        insert(ROOT / "CONTRIBUTING.md", table(figures))


if __name__ == "__main__":
    main()
