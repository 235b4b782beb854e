"""The book's Markdown: MyST's own parser, set up as ``_config.yml`` says.

Beside what the parser tells the site, its tokens say here where in the text they stand, so that
text can be copied as the author wrote it, and an error can name its line.
"""

import functools
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

CODE = ("code", "code-block", "code-cell", "eval-rst", "mermaid", "raw", "sourcecode")

PROSE = ("text", "newline", "escape", "emphasis", "entity")  # rules whose words need no place


class PageError(ValueError):
    """Something on a page cannot be used.

    Attributes
    ----------
    line
        Where in the page, counted from 1.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Block:
    """One directive as written.

    Attributes
    ----------
    name, argument, options, body
        Its parts, as MyST's parser finds them; the values of options are text.
    line, body_line
        Where in the page the directive and its body begin, counted from 1.
    """

    name: str
    argument: str
    options: dict[str, str]
    body: list[str]
    line: int = 1
    body_line: int = 1

    @property
    def label(self) -> str:
        """The label that the block can be referred to by."""
        return self.options.get("label") or self.options.get("name") or ""

    @classmethod
    def of(cls, token: Any, line: int) -> "Block | None":
        """Return the directive that a token is; ``None`` if it is none.

        Parameters
        ----------
        token
            A token of the parser.
        line
            Line of the page at which the parsed text begins.

        Raises
        ------
        PageError
            If the options cannot be read.
        """
        if token.type not in ("fence", "colon_fence"):
            return None
        name, _, argument = token.info.strip().partition(" ")
        if name[:1] + name[-1:] != "{}":
            return None
        from docutils.parsers.rst.directives.misc import TestDirective  # takes every option
        from myst_parser.parsers.directives import parse_directive_text

        begin = line + token.map[0]
        if "block" not in token.meta:  # a directive is asked for its parts more than once
            token.meta["block"] = parse_directive_text(TestDirective, argument, token.content)
        found = token.meta["block"]
        if found.warnings:
            raise PageError(begin, f"{name} {found.warnings[0].msg}")
        made = (" ".join(found.arguments), found.options, found.body)
        return cls(name[1:-1], *made, begin, begin + 1 + found.body_offset)


@dataclass(frozen=True)
class Markdown:
    """How Markdown is read in this book.

    Attributes
    ----------
    settings
        Settings of Sphinx; those that begin with ``myst_`` decide.
    """

    settings: dict[str, Any]

    @functools.cached_property
    def config(self) -> Any:
        """The settings as MyST's parser takes them."""
        from myst_parser.config.main import MdParserConfig

        known = {f"myst_{each.name}": each.name for each in fields(MdParserConfig)}
        chosen = {known[name]: value for name, value in self.settings.items() if name in known}
        return MdParserConfig(**chosen)

    @functools.cached_property
    def parser(self) -> Any:
        """The parser that the site uses; what it says in line has a place (`placed`)."""
        from markdown_it.renderer import RendererHTML
        from myst_parser.parsers.mdit import create_md_parser

        made = create_md_parser(self.config, RendererHTML)
        # attributes stay a token of their own; quotation marks are the business of the site
        made.core.ruler.disable(["attr", "smartquotes", "wordcount"], ignoreInvalid=True)
        rules = made.inline.ruler
        for name, rule in zip(rules.get_active_rules(), rules.getRules(""), strict=True):
            if name not in PROSE:
                rules.at(name, placed(rule))
        for name, shown in (("math_inline", _formula), ("text", _text)):
            made.add_render_rule(name, shown)
        return made

    @functools.cached_property
    def parse(self) -> Callable[[str], tuple[Any, ...]]:
        """Return the tokens of a text; each text is read once."""
        return functools.cache(lambda text: tuple(self.parser.parse(text)))

    def walk(self, tokens: tuple[Any, ...], line: int) -> Iterator[Any]:
        """Yield tokens, and directives in the place of theirs, each followed by what is in it."""
        for token in tokens:
            block = Block.of(token, line)
            yield block or token
            if block is not None and block.name not in CODE:
                yield from self.walk(self.parse("\n".join(block.body)), block.body_line)


def placed(rule: Callable[[Any, bool], bool]) -> Callable[[Any, bool], bool]:
    """Have the first token of a rule say where it stands: ``meta["span"]``.

    What has a text of its own inside, such as a link, says also where: ``meta["label"]``.
    """

    def apply(state: Any, silent: bool) -> bool:
        begin, first = state.pos, len(state.tokens) + bool(state.pending)
        done = rule(state, silent)
        if done and not silent and len(state.tokens) > first:
            token = state.tokens[first]
            token.meta = {**token.meta, "span": (begin, state.pos)}
            if token.nesting == 1 and state.src[begin] == "[":
                end = state.md.helpers.parseLinkLabel(state, begin)
                token.meta["label"] = (begin + 1, end)
        return done

    return apply


def _formula(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    """Return a formula in HTML as notebooks know it, with no sign that HTML knows too."""
    formula = tokens[index].content.replace("<", r"\lt ").replace(">", r"\gt ")
    return f"${formula}$"


def _text(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    """Return text in HTML; a dollar in it begins no formula."""
    return html.escape(tokens[index].content, quote=False).replace("$", r"\$")
