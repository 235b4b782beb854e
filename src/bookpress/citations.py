"""Citations for notebooks: short texts with links, and a list of what was cited.

pybtex reads the bibliography and words the list, in the style of the site.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pybtex.backends.markdown import Backend
from pybtex.database import parse_string
from pybtex.exceptions import PybtexError
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

from bookpress.files import BookError, read_text


class Markdown(Backend):
    """pybtex's Markdown, with a backslash only where a sign would mean something."""

    def format_str(self, text: str) -> str:
        """Return text as Markdown that shows it."""
        return re.sub(r"([\\`*_$<\[\]])", r"\\\1", text)


class Bibliography:
    """The works that pages cite.

    Parameters
    ----------
    paths
        BibTeX files; those that do not exist are left out.
    style
        Style of lists of references, one of pybtex's.

    Raises
    ------
    BookError
        If a file cannot be read.
    """

    def __init__(self, paths: Iterable[Path], style: str = "unsrt") -> None:
        formatting = find_plugin("pybtex.style.formatting", style)
        self.style = formatting(sorting_style="author_year_title")
        self.entries: dict[str, Any] = {}
        for path in filter(Path.is_file, paths):
            try:
                self.entries.update(parse_string(read_text(path), "bibtex").entries)
            except PybtexError as error:
                raise BookError(f"{path} cannot be read: {error}.") from error
        # many pages cite the same works
        self.names = functools.cache(self._names)
        self.reference = functools.cache(self._reference)

    def _names(self, key: str) -> str:
        """Return the authors as a sentence names them."""
        entry = self.entries[key]
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [
            str(Text(" ").join(person.rich_prelast_names + person.rich_last_names))
            for person in people
        ]
        if len(names) > 2:
            return f"{names[0]} et al."
        return " and ".join(names) or str(Text.from_latex(entry.fields.get("title", key)))

    def _reference(self, key: str) -> str:
        """Return a work as a list of references names it, in Markdown."""
        try:
            text = self.style.format_entry("", self.entries[key]).text.render(Markdown())
        except PybtexError as error:
            raise BookError(f"the bibliography is not complete: {error}.") from error
        return " ".join(text.split())


@dataclass(frozen=True)
class Citations:
    """What one page cites.

    Attributes
    ----------
    bibliography
        The works that can be cited.
    cited
        The keys of those that were.
    """

    bibliography: Bibliography
    cited: dict[str, None] = field(default_factory=dict)

    def cite(self, keys: list[str], textual: bool) -> str:
        """Return the text of a citation: ``(LeCun et al., 1998)``, or in a sentence."""
        known = [key for key in keys if key in self.bibliography.entries]
        self.cited.update(dict.fromkeys(known))
        parts = [self._short(key, textual) for key in known]
        missing = [key for key in keys if key not in known]
        return " and ".join(parts + missing) if textual else f"({'; '.join(parts + missing)})"

    def references(self) -> list[str]:
        """Return one line of Markdown for each cited work, sorted by author.

        Raises
        ------
        BookError
            If an entry lacks what its kind needs, such as a year.
        """
        cited = self.bibliography.style.sort(self.bibliography.entries[key] for key in self.cited)
        return [f"- {self.bibliography.reference(entry.key)}" for entry in cited]

    def _short(self, key: str, textual: bool) -> str:
        fields = self.bibliography.entries[key].fields
        names, year = self.bibliography.names(key), fields.get("year", "n.d.")
        text = f"{names} ({year})" if textual else f"{names}, {year}"
        address = f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url")
        return f"[{text}]({address})" if address else text
