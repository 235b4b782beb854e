"""MyST Markdown into the plain Markdown that notebooks show.

Jupyter, Colab and GitHub know headings, lists, tables, code, images, formulas and a little HTML.
A `Writer` copies these as the author wrote them, and says the rest with them, where the parser's
tokens say that it stands. How a directive or a role looks is registered where it is defined
(``@directive``, ``@role``): in `bookpress.standard` for those of MyST and Sphinx, and for those
of this book beside what they show on the site.
"""

import itertools
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from bookpress.markdown import Block, Markdown, PageError
from textlib._errors import unknown

DIRECTIVES: dict[str, Callable[[Block, "Writer"], str]] = {}
ROLES: dict[str, Callable[[str, "Writer"], str]] = {}
ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*:")
DOLLAR = re.compile(r"\\.|\$", re.DOTALL)


def directive(*names: str) -> Callable[[Any], Any]:
    """Register how directives look in a notebook: a function of the block and the writer."""
    return lambda shown: DIRECTIVES.update(dict.fromkeys(names, shown)) or shown


def on_site(what: str, *names: str) -> None:
    """Register directives that only the site can show: a link to them, with what they show."""

    @directive(*names)
    def shown(block: Block, writer: "Writer") -> str:
        return f"*{what} on the site: [{writer.url()}]({writer.url()})*"


def role(*names: str) -> Callable[[Any], Any]:
    """Register how roles look in a notebook: a function of the role's text and the writer."""
    return lambda shown: ROLES.update(dict.fromkeys(names, shown)) or shown


@dataclass(frozen=True)
class Writer:
    """What writes the text of one page.

    Attributes
    ----------
    markdown
        How the page's Markdown is read.
    page
        Name of the page, such as ``"vision/convnets"``.
    site
        Address of the published site, with a slash at the end.
    raw
        Address of the source folder's raw files, for images.
    labels
        ``label -> (page, text)`` for everything in the book that can be referred to.
    numbers
        The page's glued values.
    cite
        Turns keys of citations into text; the second argument says whether in the sentence.
    references
        Returns a line for each work that was cited.
    titles
        Titles of the pages by their names.
    substitutions
        What stands for ``{{ key }}``, by its key.
    """

    markdown: Markdown
    page: str
    site: str
    raw: str
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    cite: Callable[[list[str], bool], str] = lambda keys, textual: f"({', '.join(keys)})"
    references: Callable[[], list[str]] = list
    titles: dict[str, str] = field(default_factory=dict)
    substitutions: dict[str, Any] = field(default_factory=dict)

    def text(self, source: str | Iterable[str], line: int = 1) -> str:
        """Return MyST as plain Markdown.

        Parameters
        ----------
        source
            MyST without code cells, or its lines.
        line
            Where in the page it begins, counted from 1.

        Raises
        ------
        PageError
            If a directive or a role is unknown.
        """
        whole = source if isinstance(source, str) else "\n".join(source)
        lines = whole.split("\n")
        return self.part(lines, self.markdown.parse(whole), line, (0, len(lines)))

    def part(
        self, lines: list[str], tokens: Sequence[Any], line: int, between: tuple[int, int]
    ) -> str:
        """Return the lines of a text between two numbers, as `text` does, given all its tokens."""
        done, last = between
        made: list[str] = []
        for number, token in enumerate(tokens):
            if token.map is None or not done <= token.map[0] < last:
                continue
            begin, end = token.map
            shown = self._shown(tokens[number:], lines[begin:end], line)
            if shown is not None:
                made += _after(made, lines[done:begin])
                made += _after(made, shown)
                done = end
        return "\n".join([*made, *_after(made, lines[done:last])]).strip("\n")

    def inline(self, text: str, line: int = 1) -> str:
        """Return a text of one paragraph as plain Markdown."""
        (token,) = self.markdown.parser.parseInline(text)
        return self._span(token, (0, len(text)), line)

    def title(self, block: Block) -> str:
        """Return what stands beside the name of a directive as plain Markdown."""
        return self.inline(block.argument, block.line)

    def body(self, block: Block) -> str:
        """Return the body of a directive as plain Markdown."""
        return self.text(block.body, block.body_line)

    def html(self, text: str, line: int = 1) -> str:
        """Return a text of one paragraph as HTML, with its formulas between dollars."""
        if [token.type for token in self.markdown.parse(text)] == ["math_block"]:
            return text
        return str(self.markdown.parser.renderInline(self.inline(text, line)))

    def details(self, title: str, text: str) -> str:
        """Return a folded box with a title and a text, both plain Markdown."""
        return f"<details><summary><b>{self.html(title)}</b></summary>\n\n{text}\n\n</details>"

    def quote(self, title: str, text: str) -> str:
        """Return a quotation with a title and a text, both plain Markdown."""
        lines = [*([f"**{title}**", ""] if title else []), *text.split("\n")]
        return "\n".join(f"> {line}".rstrip() for line in lines)

    def anchor(self, label: str) -> str:
        """Return the place that a label leads to, to be put before what has the label."""
        return f'<a id="{label}"></a>\n\n' if label else ""

    def named(self, label: str, default: str = "") -> str:
        """Return what a label stands for, such as ``"Figure 2"``."""
        return self.labels.get(label, ("", default))[1]

    # Addresses ------------------------------------------------------------------------------------

    def url(self, page: str = "", anchor: str = "") -> str:
        """Return the address of a page on the site, by default of this page."""
        return f"{self.site}{page or self.page}.html" + (f"#{anchor}" if anchor else "")

    def image_url(self, target: str) -> str:
        """Return the address of an image that the page shows."""
        return target if ADDRESS.match(target) else self.raw + resolve(target, self.page)

    def link(self, label: str, text: str = "") -> str:
        """Return a link to a label, here or on another page; a formula's number as it is."""
        if label not in self.labels:
            return text or label
        page, default = self.labels[label]
        if page == self.page and re.fullmatch(r"\(\d+\)", default):
            return default  # the number stands beside the formula, which has no place of its own
        target = f"#{label}" if page == self.page else self.url(page, label)
        return f"[{text or default}]({target})"

    def page_link(self, target: str, text: str = "", anchor: str = "") -> str:
        """Return a link to a page, named as authors name it on this page."""
        name = resolve(target, self.page)
        return f"[{text or self.titles.get(name, name)}]({self.url(name, anchor)})"

    # Tokens ---------------------------------------------------------------------------------------

    def _shown(self, tokens: Sequence[Any], lines: list[str], line: int) -> list[str] | None:
        """Return the lines for the first token; ``None`` if it stays as it is."""
        token = tokens[0]
        here = line + token.map[0]
        if token.type == "inline":
            text = self._span(token, (0, len(token.content)), here)
            return None if text == token.content else _beside(text, lines[0], token)
        if token.type == "table_open":
            return self._table(tokens, lines, here)
        if token.type == "dl_open":
            text = self._definitions(tokens, lines, here)
        elif block := Block.of(token, line):
            text = self._looked_up(DIRECTIVES, "directive", block.name, block.line)(block, self)
        elif token.type == "substitution_block":
            text = self.text(self._substitute(token, here), here)
        elif token.type == "colon_fence":
            text = self.text(token.content, here + 1)
        elif token.type == "myst_target":
            text = self.anchor(token.content)
        elif token.type == "math_block_label":
            end = "\n$$" if "\n" in token.content else "$$"
            text = f"$${token.content.rstrip()}{self.tag(token.info)}{end}"
        elif token.type in ("attrs_block", "front_matter", "myst_block_break", "myst_line_comment"):
            text = ""
        else:
            return None
        return _below(text.strip("\n"), lines[0], token)

    def _looked_up(self, known: dict[str, Any], kind: str, name: str, line: int) -> Any:
        if name not in known:
            raise PageError(line, unknown(kind, name, known, listed=False))
        return known[name]

    def _substitute(self, token: Any, line: int) -> str:
        key = token.content.strip()
        return str(self._looked_up(self.substitutions, "substitution", key, line))

    def _table(self, tokens: Sequence[Any], lines: list[str], line: int) -> list[str]:
        """Return a table, with the rows written anew in which something changes."""
        rows: dict[int, list[str]] = {}
        changed = set()
        for token in itertools.takewhile(lambda token: token.type != "table_close", tokens):
            if token.type == "inline":
                row = token.map[0] - tokens[0].map[0]
                cell = self._span(token, (0, len(token.content)), line + row)
                rows.setdefault(row, []).append(cell)
                changed |= {row} if cell != token.content else set()
        for row in changed:
            cells = (re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in rows[row])
            lines[row] = _margin(lines[row], tokens[0]) + f"| {' | '.join(cells)} |"
        return lines

    def _definitions(self, tokens: Sequence[Any], lines: list[str], line: int) -> str:
        """Turn a list of definitions, which notebooks do not know, into bold terms."""
        made = []
        start = tokens[0].map[0]
        for token, following in itertools.pairwise(tokens):
            if token.type == "dl_close" and token.level == tokens[0].level:
                break
            if token.type == "dt_open":
                made.append(f"**{self._span(following, (0, len(following.content)), line)}**<br>")
            elif token.type == "dd_open" and token.level == tokens[0].level + 1:
                begin, end = following.map[0] - start, token.map[1] - start
                said = [lines[begin].replace(":", " ", 1), *lines[begin + 1 : end]]
                text = self.text(textwrap.dedent("\n".join(said)).strip("\n"), line + begin)
                made += [text, ""]
        return "\n".join(made[:-1])

    def _span(self, token: Any, between: tuple[int, int], line: int) -> str:
        """Return what stands between two places of a paragraph as plain Markdown."""
        source = token.content
        done, last = between
        made = []
        for each in token.children or ():
            begin, end = each.meta.get("span", (-1, -1))
            if each.type != "text" and done <= begin and end <= last:
                shown = self._word(each, token, line + source.count("\n", 0, begin))
                made += [escaped(source[done:begin]), shown]
                done = end
        return "".join([*made, escaped(source[done:last])])

    def _word(self, each: Any, token: Any, line: int) -> str:
        """Return one thing within a paragraph as plain Markdown."""
        begin, end = each.meta["span"]
        if each.type == "myst_role":
            name = each.meta["name"]
            return str(self._looked_up(ROLES, "role", name, line)(each.content.strip(), self))
        if each.type == "substitution_inline":
            return self.inline(self._substitute(each, line), line)
        if each.type == "link_open" and "label" in each.meta:
            text = self._span(token, each.meta["label"], line)
            rest = token.content[each.meta["label"][1] + 1 : end]
            return self._link(text, unquote(str(each.attrs["href"])), rest)
        if each.type == "image":
            return f"![{each.content}]({self.image_url(str(each.attrs['src']))})"
        return str(token.content[begin:end])

    def _link(self, text: str, target: str, rest: str) -> str:
        if ADDRESS.match(target):
            return f"[{text or target}]{rest}"
        page, _, anchor = target.partition("#")
        if target in self.labels or (anchor in self.labels and not page):
            return self.link(anchor or target, text)
        return self.page_link(page, text, anchor) if page else f"[{text}]({target})"

    def tag(self, label: str) -> str:
        """Return the number of a formula, to be put into it."""
        number = self.named(label).strip("()")
        return rf" \tag{{{number}}}" if number else ""


# Lines ----------------------------------------------------------------------------------------


def _after(made: list[str], lines: list[str]) -> list[str]:
    """Return lines that follow others, without a second blank line between them."""
    blank = not made or not made[-1].strip(" >")
    return list(itertools.dropwhile(lambda line: blank and not line.strip(" >"), lines))


def _margin(line: str, token: Any) -> str:
    """Return what stands before a token on its first line: indentation, marks around it."""
    begins = token.content.split("\n")[0] if token.type == "inline" else token.markup
    place = line.rfind(begins) if token.type == "inline" else line.find(begins or "\n")
    return line[:place] if place > 0 else line[: len(line) - len(line.lstrip(" >"))]


def _beside(text: str, line: str, token: Any) -> list[str]:
    """Return a paragraph in its place, which begins beside the marks of a list or a heading."""
    margin = _margin(line, token)
    first, *rest = text.split("\n")
    return [margin + first, *(re.sub(r"[^>\s]", " ", margin) + each for each in rest)]


def _below(text: str, line: str, token: Any) -> list[str]:
    """Return a block in its place, with blank lines around it."""
    margin = _margin(line, token)
    inner = re.sub(r"[^>\s]", " ", margin)
    lines = [(inner + each).rstrip() for each in ["", *text.split("\n"), ""]]
    if inner != margin:  # it begins beside the mark of a list
        lines[:2] = [margin + text.split("\n")[0]]
    return lines


def escaped(text: str) -> str:
    """Keep dollars that begin no formula on the site from beginning one in a notebook."""
    return DOLLAR.sub(lambda found: found[0] if len(found[0]) > 1 else r"\$", text)


def resolve(target: str, page: str) -> str:
    """Return the name that a path on a page means: relative to the page, or to the book.

    Examples
    --------
    >>> resolve("../foundations/tensors.md", "vision/convnets")
    'foundations/tensors'
    """
    name = target.strip().removesuffix(".md").removesuffix(".ipynb")
    if name.startswith("/"):
        return name.strip("/").removeprefix("book/")
    parts = page.split("/")[:-1]
    if not name.startswith(".") and "/" in name:
        parts = []  # authors also write names from the book's root
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {".", ""}:
            parts.append(part)
    return "/".join(parts)
