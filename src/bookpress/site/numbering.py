"""Numbers of figures, equations and exercises on pages that are no numbered chapters.

Sphinx counts on from one such page to the next, so that the first figure of the back matter would
be Figure 10. Here every page of the front and back matter starts at 1, as every chapter does.
"""

from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_BEFORE, _AFTER = 400, 600  # Sphinx counts at 500


def recall(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give Sphinx its own numbers back: it writes pages again whose numbers have changed."""
    env.toc_fignumbers = getattr(env, "textlib_fignumbers", env.toc_fignumbers)
    return []


def start_anew(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Count anew on each page that has no number."""
    env.textlib_fignumbers = env.toc_fignumbers  # type: ignore[attr-defined]
    env.toc_fignumbers = {
        docname: kinds
        if env.toc_secnumbers.get(docname, {}).get("")
        else {kind: _from_one(numbers) for kind, numbers in kinds.items()}
        for docname, kinds in env.toc_fignumbers.items()
    }
    return []


def _from_one(numbers: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    first = min((number[0] for number in numbers.values() if len(number) == 1), default=1)
    return {
        name: (number[0] - first + 1,) if len(number) == 1 else number
        for name, number in numbers.items()
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Count before and after Sphinx does."""
    app.connect("env-get-updated", recall, priority=_BEFORE)
    app.connect("env-get-updated", start_anew, priority=_AFTER)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
