"""The colors of code, without marks for what has none: they would be a third of a page's weight.

While an author edits sentences, code stays: what was made of it is kept with the application.
"""

from collections.abc import Iterable
from typing import Any

from pygments.formatters import HtmlFormatter
from pygments.token import STANDARD_TYPES, Text
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

from bookpress.site import colors


class Formatter(HtmlFormatter[str]):
    """Write tokens without a color as plain text."""

    def format_unencoded(self, tokensource: Iterable[tuple[Any, str]], outfile: Any) -> None:
        """Write code as HTML."""
        shown = ((Text if _is_plain(kind) else kind, value) for kind, value in tokensource)
        super().format_unencoded(shown, outfile)  # type: ignore[no-untyped-call]


def _is_plain(kind: Any) -> bool:
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    return STANDARD_TYPES[kind] in colors.UNCOLORED


class Highlighter(PygmentsBridge):
    """Highlight each piece of code once, unless there is something to warn of."""

    html_formatter = Formatter

    def __init__(self, style: Any) -> None:
        super().__init__()
        self.formatter_args["style"] = style
        self._known: dict[str, str] = {}

    def highlight_block(
        self,
        source: str,
        lang: str,
        opts: dict[str, Any] | None = None,
        force: bool = False,
        location: Any = None,
        **kwargs: Any,
    ) -> str:
        """Return code as HTML."""
        key = repr((source, lang, opts, force, sorted(kwargs.items())))
        if key in self._known:
            return self._known[key]
        found = super().highlight_block(source, lang, opts, force, location, **kwargs)
        if '<span class="' in found and 'class="err"' not in found:  # it was read without a warning
            self._known[key] = found
        return found


def replace_highlighter(app: Sphinx) -> None:
    """Have the builder write code so."""
    if app.builder.format == "html":
        builder: Any = app.builder
        builder.highlighter = Highlighter(builder.highlighter.formatter_args["style"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the highlighter."""
    app.connect("builder-inited", replace_highlighter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
