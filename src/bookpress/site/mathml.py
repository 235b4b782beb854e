"""Formulas as MathML, made at build time: no script, no jump, and screen readers can read them.

Temml, the MathML sibling of KaTeX, runs in an embedded JavaScript engine while a page is read.
A formula that it cannot parse is a warning with file and line, and so stops the book's build.
"""

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

_SOURCE = Path(__file__).parent / "vendor" / "temml" / "temml.min.js"
_NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|gather|equation|eqnarray|multline)\}")
_STARRED = {"eqnarray": "align*"}
_LOGGER = logging.getLogger(__name__)

Formula = tuple[str, bool]


class MathError(ValueError):
    """A formula cannot be read."""


_KNOWN: dict[Formula, str | MathError] = {}  # an edited page keeps most of its formulas


def convert(formulas: Iterable[Formula]) -> list[str | MathError]:
    """Turn formulas into MathML.

    Parameters
    ----------
    formulas
        Pairs of TeX source and whether it stands on lines of its own.

    Returns
    -------
    list
        For each formula the MathML, or the error that says what is wrong with it.
    """
    wanted = list(formulas)
    if new := [each for each in dict.fromkeys(wanted) if each not in _KNOWN]:
        from py_mini_racer import MiniRacer

        with MiniRacer() as engine:
            engine.eval(_SOURCE.read_text(encoding="utf8") + ";0")
            _KNOWN.update({each: _convert(engine, *each) for each in new})
    return [_KNOWN[each] for each in wanted]


def _convert(engine: Any, tex: str, display: bool) -> str | MathError:
    options = json.dumps({"displayMode": display, "throwOnError": True, "wrap": "none"})
    try:
        return str(engine.eval(f"temml.renderToString({json.dumps(prepare(tex))}, {options})"))
    except Exception as error:  # the engine wraps every JavaScript error in its own classes
        reason = re.search(r"ParseError:\s*(.*)", str(error))
        message = reason[1] if reason else str(error).splitlines()[0]
        return MathError(f"cannot read the formula {tex!r}: {message}")


def prepare(tex: str) -> str:
    r"""Return the formula without numbering of its own; Sphinx numbers what has a label.

    Examples
    --------
    >>> prepare(r"\begin{align} a &= b \end{align}")
    '\\begin{align*} a &= b \\end{align*}'
    """

    def star(found: re.Match[str]) -> str:
        return f"\\{found[1]}{{{_STARRED.get(found[2], found[2] + '*')}}}"

    return _NUMBERED.sub(star, tex.strip())


def on_read(app: Sphinx, doctree: nodes.document) -> None:
    """Convert all formulas of a page at once and keep the results with the page."""
    if app.builder.format != "html":
        return
    found = [node for kind in (nodes.math, nodes.math_block) for node in doctree.findall(kind)]
    if not found:
        return
    formulas = [(node.astext(), isinstance(node, nodes.math_block)) for node in found]
    for node, result in zip(found, convert(formulas), strict=True):
        if isinstance(result, MathError):
            _LOGGER.warning(str(result), location=node, type="textlib", subtype="math")
        else:
            node["mathml"] = result


def _mathml(node: nodes.Element, display: bool) -> str:
    """Return a node's MathML; formulas in the output of cells are converted only here."""
    if "mathml" in node:
        return str(node["mathml"])
    (result,) = convert([(node.astext(), display)])
    if isinstance(result, MathError):
        _LOGGER.warning(str(result), location=node, type="textlib", subtype="math")
        return f"<code>{html.escape(node.astext())}</code>"
    return result


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    translator.body.append(f'<span class="math">{_mathml(node, False)}</span>')
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write a formula on lines of its own, with its number if it has a label."""
    translator.body.append(translator.starttag(node, "div", CLASS="math-block"))
    translator.body.append(f'<div class="math-scroll">{_mathml(node, True)}</div>')
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})</span>')
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer ``mathml``; ``html_math_renderer`` in ``_config.yml`` chooses it."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.connect("doctree-read", on_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
