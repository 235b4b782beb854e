"""Write what is measured of the site into the table of budgets in CONTRIBUTING.md.

Run it with ``make figures`` after ``make test``, which checks what does not depend on the machine
and leaves it in ``_build/site.json``. How soon a page is painted is measured here, as it comes:
it says as much about the machine as about the page, so nothing fails. So does how far text moves
when the fonts come.
"""

import json
import statistics
import sys

from tests.benchmarks.bench_build import ROOT, insert
from tests.site.conftest import PAGES, PHONE_OPTIONS, launching, new_context, serving

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
)


def first_visit(browser, address: str) -> dict[str, float]:
    """Return what a slow phone that never saw the site sees: the paint's time, and what moves."""
    context = new_context(browser, **PHONE_OPTIONS)
    context.add_init_script(OBSERVE)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(address, wait_until="load")
    page.wait_for_function("document.fonts.status === 'loaded' && seen.painted > 0")
    seen = page.evaluate("seen")
    context.close()
    return seen


def first_visits() -> dict[str, float]:
    """Return the figures that depend on the machine."""
    with serving() as base, launching() as browser:
        seen = [first_visit(browser, f"{base}{name}.html") for name in PAGES]
    seconds = [each["painted"] for each in seen]
    return {
        "median paint s": statistics.median(seconds),
        "slowest paint s": max(seconds),
        "largest shift there": max(each["shift"] for each in seen),
    }


def table(figures: dict) -> str:
    """Return the Markdown table."""
    lines = [f"| {figures['pages']} pages | budget | measured |", "|---|---|---|"]
    lines += [f"| {what} | {budget} | {found.format(**figures)} |" for what, budget, found in ROWS]
    return "\n".join(lines)


if __name__ == "__main__":
    if not MEASURED.is_file():
        sys.exit(f"{MEASURED.relative_to(ROOT)} is missing; run 'make test' first.")
    checked = json.loads(MEASURED.read_text(encoding="utf8"))
    insert(ROOT / "CONTRIBUTING.md", table(checked | first_visits()))
