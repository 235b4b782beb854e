"""Citations for notebooks: short texts with links, and a list of what was cited."""

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Citations:
    """The book's bibliography, and which entries one page has cited.

    Parameters
    ----------
    entries
        Entries by key, as `load` returns them.
    """

    def __init__(self, entries: dict[str, Any]) -> None:
        self.entries = entries
        self.cited: dict[str, None] = {}

    def cite(self, keys: list[str], textual: bool) -> str:
        """Return the text of a citation: ``(LeCun et al., 1998)``, or in a sentence."""
        known = [key for key in keys if key in self.entries]
        self.cited.update(dict.fromkeys(known))
        parts = [self._short(key, textual) for key in known]
        missing = [key for key in keys if key not in self.entries]
        return " and ".join(parts + missing) if textual else f"({'; '.join(parts + missing)})"

    def references(self) -> list[str]:
        """Return one line of Markdown for each cited entry, sorted by author."""
        lines = [self._long(key) for key in self.cited]
        return [f"- {line}" for line in sorted(lines)]

    def _short(self, key: str, textual: bool) -> str:
        entry = self.entries[key]
        year = entry.fields.get("year", "n.d.")
        names = _names(entry)
        text = f"{names} ({year})" if textual else f"{names}, {year}"
        url = _url(entry)
        return f"[{text}]({url})" if url else text

    def _long(self, key: str) -> str:
        entry = self.entries[key]
        fields = entry.fields
        place = next(
            (fields[each] for each in ("journal", "booktitle", "publisher") if each in fields), ""
        )
        parts = [f"{_names(entry, all_of_them=True)} ({fields.get('year', 'n.d.')})"]
        parts.append(f"*{_plain(fields.get('title', ''))}*")
        parts += [_plain(place)] if place else []
        url = _url(entry)
        return ". ".join(parts) + (f". <{url}>" if url else ".")


@functools.cache
def load(paths: tuple[Path, ...]) -> dict[str, Any]:
    """Return the entries of BibTeX files by key; files that do not exist are left out."""
    from pybtex.database import parse_file

    entries: dict[str, Any] = {}
    for path in paths:
        if path.is_file():
            entries.update(parse_file(str(path)).entries)
    return entries


def _names(entry: Any, *, all_of_them: bool = False) -> str:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [_plain(" ".join(person.prelast_names + person.last_names)) for person in people]
    if not names:
        return _plain(entry.fields.get("title", entry.key))
    if len(names) > 2 and not all_of_them:
        return f"{names[0]} et al."
    return _joined(names)


def _joined(names: Iterable[str]) -> str:
    listed = list(names)
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def _url(entry: Any) -> str:
    if "doi" in entry.fields:
        return f"https://doi.org/{entry.fields['doi']}"
    return str(entry.fields.get("url", ""))


def _plain(text: str) -> str:
    from pybtex.richtext import Text

    return re.sub(r"\s+", " ", str(Text.from_latex(text))).strip()
