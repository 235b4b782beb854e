"""Write what the tests of the site measured into the table of budgets in CONTRIBUTING.md.

Run it with ``make figures`` after ``make test``, which leaves the measurements in
``_build/site.json`` and ``_build/speed.json``.
"""

import json
import sys

from bench_build import ROOT, insert

MEASURED = (ROOT / "_build" / "site.json", ROOT / "_build" / "speed.json")
ROWS = (
    ("weight of a page, first visit, uncompressed, median", "under 500 kB", "{median kB} kB"),
    ("weight of the largest page", "at most 1,500 kB", "{largest kB:,} kB"),
    (
        "Largest Contentful Paint, phone, processor slowed 4 times, slowest page",
        "under 1.0 s",
        "{slowest paint s:.2f} s",
    ),
    ("the same, median page", "", "{median paint s:.2f} s"),
    ("Cumulative Layout Shift, largest", "under 0.05", "{largest shift:.3f}"),
    ("requests to other hosts at load", "0", "{requests to other hosts}"),
    (
        "serious or critical findings of axe, both devices, both themes",
        "0",
        "{serious findings of axe}",
    ),
    ("width on a screen of 390 pixels, widest page", "390 pixels", "{widest pixels} pixels"),
)


def table(figures: dict) -> str:
    """Return the Markdown table."""
    lines = [f"| {figures['pages']} pages | budget | measured |", "|---|---|---|"]
    lines += [f"| {what} | {budget} | {found.format(**figures)} |" for what, budget, found in ROWS]
    return "\n".join(lines)


if __name__ == "__main__":
    figures: dict = {}
    for path in MEASURED:
        if not path.is_file():
            sys.exit(f"{path.relative_to(ROOT)} is missing; run 'make test' first.")
        figures |= json.loads(path.read_text(encoding="utf8"))
    insert(ROOT / "CONTRIBUTING.md", table(figures))
