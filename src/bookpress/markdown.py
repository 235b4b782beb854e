"""The book's Markdown: MyST's own parser, set up as ``_config.yml`` says."""

import functools
from dataclasses import dataclass, fields
from typing import Any


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
        """The parser that the site uses."""
        from markdown_it.renderer import RendererHTML
        from myst_parser.parsers.mdit import create_md_parser

        return create_md_parser(self.config, RendererHTML)

    def parse(self, text: str) -> list[Any]:
        """Return the tokens of a text."""
        return list(self.parser.parse(text))
