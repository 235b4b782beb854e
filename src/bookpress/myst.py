"""MyST Markdown into the plain Markdown that notebooks show.

Jupyter, Colab and GitHub know headings, lists, tables, code, images, formulas and a little HTML.
Everything else of MyST is said with these: directives become quotations, foldable ``details`` or
links to the site; roles become text and links; glued numbers become the values of the last build.
Nothing here knows notebooks; it turns text into text, with what it needs to know in a `Context`.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

FENCE = re.compile(r"^(?P<pad>\s*)(?P<mark>`{3,}|~{3,}|:{3,})(?P<info>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[^}]+)\}\s*(?P<argument>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+):\s*(?P<value>.*)$")
TARGET = re.compile(r"^\((?P<label>[^)\s]+)\)=\s*$")
ATTRIBUTES = re.compile(r"^\{[.#][^}]*\}\s*$")
COMMENT = re.compile(r"^%(\s|$)")
MATH_LABEL = re.compile(r"^\s*\$\$\s*\((?P<label>[^)]+)\)\s*$")
ONE_LINE_MATH = re.compile(r"^\s*\$\$(?P<body>.+?)\$\$\s*\((?P<label>[^)]+)\)\s*$")
WITH_TARGET = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
INLINE = re.compile(
    r"(?P<math>\$\$[\s\S]+?\$\$|(?<![\\$])\$(?!\s)[^$\n]+?\$)"
    r"|\{(?P<role>[A-Za-z][\w:+.-]*)\}(?P<tick>`+)(?P<body>[\s\S]+?)(?P=tick)(?!`)"
    r"|(?P<code>(?P<codetick>`+)[\s\S]+?(?P=codetick)(?!`))"
    r"|(?P<bang>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<url>[^()\s]*(?:\([^()]*\)[^()\s]*)?)\)"
)

ADMONITIONS = {
    name: name.capitalize()
    for name in ("note", "tip", "warning", "important", "caution", "attention", "danger", "error")
} | {"hint": "Hint", "seealso": "See also", "admonition": "", "topic": "", "sidebar": ""}
PROOFS = {
    "algorithm", "assumption", "axiom", "conjecture", "corollary", "criterion", "definition",
    "example", "lemma", "notation", "observation", "proof", "property", "proposition", "remark",
    "theorem",
}  # fmt: skip
QUIET = {"index", "toctree", "meta", "tableofcontents", "comment", "only"}
PLAIN = {"container", "div", "grid", "tab-set", "epigraph", "compound", "centered"}
ON_SITE = {
    "demo": "Live in your browser, on the site",
    "results": "The table of results is on the site",
    "build-status": "The build's status is on the site",
    "full-scale": "Results at full scale are on the site",
    "data-uses": "The table of datasets and their pages is on the site",
    "part-map": "The map of the parts is on the site",
}


@dataclass
class Context:
    """What the conversion must know about the page and the book.

    Attributes
    ----------
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
    titles
        Titles of the pages by their names.
    """

    page: str
    site: str
    raw: str
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    cite: Callable[[list[str], bool], str] = lambda keys, textual: f"({', '.join(keys)})"
    references: Callable[[], list[str]] = list
    titles: dict[str, str] = field(default_factory=dict)

    def url(self, page: str, anchor: str = "") -> str:
        """Return the address of a page on the site."""
        return f"{self.site}{page}.html" + (f"#{anchor}" if anchor else "")

    def link(self, label: str, text: str = "") -> str:
        """Return a link to a label, here or on another page; a formula's number as it is."""
        if label not in self.labels:
            return text or label
        page, default = self.labels[label]
        if page == self.page and re.fullmatch(r"\(\d+\)", default):
            return default  # the number stands beside the formula, which has no place of its own
        target = f"#{label}" if page == self.page else self.url(page, label)
        return f"[{text or default}]({target})"


@dataclass(frozen=True)
class Block:
    """One directive as written: name, argument, options and body."""

    name: str
    argument: str
    options: dict[str, Any]
    body: list[str]

    @property
    def label(self) -> str:
        """The label that the block can be referred to by."""
        return str(self.options.get("label") or self.options.get("name") or "")


def to_markdown(text: str, context: Context) -> str:
    """Return MyST as plain Markdown.

    Parameters
    ----------
    text
        MyST without code cells.
    context
        The page and the book around the text.
    """
    lines = _blocks(text.splitlines(), context)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def blocks(text: str) -> Iterator[Block]:
    """Yield the directives of a text in order, the nested ones after their parents."""
    for block, _, _ in _directives(text.splitlines()):
        yield block
        if not block.name.startswith("code"):
            yield from blocks("\n".join(block.body))


def solutions(text: str) -> Iterator[Block | str]:
    r"""Yield a text in order as the blocks that begin and end solutions, and what is between.

    Examples
    --------
    >>> text = "Try.\n```{solution-start} ex\n```\nDone."
    >>> [part if isinstance(part, str) else part.name for part in solutions(text)]
    ['Try.', 'solution-start', 'Done.']
    """
    lines = text.splitlines()
    done = 0
    for block, begin, end in _directives(lines):
        if block.name in ("solution-start", "solution-end"):
            yield "\n".join(lines[done:begin])
            yield block
            done = end
    yield "\n".join(lines[done:])


def _directives(lines: list[str]) -> Iterator[tuple[Block, int, int]]:
    """Yield the outermost directives, each with its first line and the line after it."""
    index = 0
    while index < len(lines):
        begin = index
        fence = FENCE.match(lines[begin])
        if fence is None:
            index += 1
            continue
        body, index = _fenced(lines, begin, fence)
        block = _block(fence["info"].strip(), body)
        if block is not None:
            yield block, begin, index


# Blocks ---------------------------------------------------------------------------------------


def _blocks(lines: list[str], context: Context) -> Iterator[str]:
    prose: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        fence = FENCE.match(line)
        if fence is not None:
            yield from _prose(prose, context)
            body, index = _fenced(lines, index, fence)
            yield from _fence(fence, body, context)
            continue
        index += 1
        if target := TARGET.match(line):
            prose.append(f'<a id="{target["label"]}"></a>')
            prose.append("")
        elif not (ATTRIBUTES.match(line) or COMMENT.match(line) or line.strip() == "+++"):
            prose.append(_labelled_math(line, context))
    yield from _prose(prose, context)


def _fenced(lines: list[str], start: int, fence: re.Match[str]) -> tuple[list[str], int]:
    """Return the lines inside a fence, without its indentation, and the index after it."""
    mark, pad = fence["mark"], len(fence["pad"])
    body = []
    index = start + 1
    while index < len(lines):
        line = lines[index]
        closing = line.strip()
        index += 1
        if closing and set(closing) == {mark[0]} and len(closing) >= len(mark):
            break
        body.append(line[pad:] if line[:pad].strip() == "" else line)
    return body, index


def _fence(fence: re.Match[str], body: list[str], context: Context) -> Iterator[str]:
    pad = fence["pad"]
    block = _block(fence["info"].strip(), body)
    if block is not None:
        made = list(_directive(block, context))
    elif fence["mark"][0] == ":":
        made = list(_blocks(body, context))
    else:
        made = [fence["mark"] + fence["info"], *body, fence["mark"]]
    yield from (pad + line if line else line for line in ["", *made, ""])


def _block(info: str, body: list[str]) -> Block | None:
    directive = DIRECTIVE.match(info)
    if directive is None:
        return None
    options: dict[str, Any] = {}
    rest = list(body)
    if rest and rest[0].strip() == "---":
        end = next((n for n, line in enumerate(rest[1:], 1) if line.strip() == "---"), 0)
        loaded = yaml.safe_load("\n".join(rest[1:end])) if end else None
        options, rest = (loaded if isinstance(loaded, dict) else {}), rest[end + 1 :]
    else:
        while rest and (option := OPTION.match(rest[0].strip())):
            options[option["key"]] = option["value"]
            rest.pop(0)
    return Block(directive["name"], directive["argument"].strip(), options, rest)


def _prose(lines: list[str], context: Context) -> Iterator[str]:
    """Yield gathered lines of prose with roles and links replaced, and forget them."""
    if lines:
        yield from _definitions(inline("\n".join(lines), context).split("\n"))
        lines.clear()


def _definitions(lines: list[str]) -> Iterator[str]:
    """Turn definition lists, which notebooks do not know, into bold terms."""
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if line.strip() and re.match(r"^:\s+\S", following) and not line.startswith(":"):
            yield f"**{line.strip()}**<br>"
        elif re.match(r"^:\s+\S", line):
            yield line[1:].strip()
        else:
            yield line


def _labelled_math(line: str, context: Context) -> str:
    """Take the label of a formula, which stands after its closing dollars, into the formula."""
    if one := ONE_LINE_MATH.match(line):
        return f"$${one['body']}{_tag(one['label'], context)}$$"
    if closing := MATH_LABEL.match(line):
        return f"{_tag(closing['label'], context)}\n$$"
    return line


def _tag(label: str, context: Context) -> str:
    number = context.labels.get(label, ("", ""))[1].strip("()")
    return rf" \tag{{{number}}}" if number else ""


def _directive(block: Block, context: Context) -> Iterator[str]:
    """Yield the plain Markdown of one directive."""
    name = block.name.removeprefix("prf:")
    if name in QUIET or name.startswith("auto"):
        return
    if name == "demo":
        title = block.options.get("title", "Try it")
        yield f"**{title}.** {ON_SITE[name]}: <{context.url(context.page)}>"
        yield from ("", to_markdown("\n".join(block.body), context))
    elif name in ON_SITE:
        yield f"*{ON_SITE[name]}: [{context.url(context.page)}]({context.url(context.page)})*"
    elif name in ADMONITIONS:
        yield from _admonition(block, context)
    elif name in PROOFS:
        title = name.capitalize() + (f" ({block.argument})" if block.argument else "")
        yield from _anchor(block.label)
        yield from _quote(title, block.body, context)
    elif name in PLAIN:
        yield from _blocks(block.body, context)
    else:
        yield from SPECIAL.get(name, _unknown)(block, context)


def _unknown(block: Block, context: Context) -> Iterator[str]:
    yield from _quote(block.argument, block.body, context)


def _admonition(block: Block, context: Context) -> Iterator[str]:
    title = block.argument if not ADMONITIONS[block.name] else ADMONITIONS[block.name]
    body = list(block.body)
    if ADMONITIONS[block.name] and block.argument:
        body = [block.argument, *body]
    if "dropdown" in str(block.options.get("class", "")):
        yield from _details(title or "More", body, context)
    else:
        yield from _quote(title, body, context)


def _quote(title: str, body: list[str], context: Context) -> Iterator[str]:
    inner = to_markdown("\n".join(body), context).split("\n")
    if title:
        inner = [f"**{inline(title, context)}**", "", *inner]
    yield from (f"> {line}".rstrip() for line in inner)


def details(title: str, text: str) -> str:
    """Return a folded box with a title and a text of Markdown."""
    return f"<details><summary><b>{_html(title)}</b></summary>\n\n{text}\n\n</details>"


def _details(title: str, body: list[str], context: Context) -> Iterator[str]:
    yield details(inline(title, context), to_markdown("\n".join(body), context))


def _anchor(label: str) -> Iterator[str]:
    if label:
        yield from (f'<a id="{label}"></a>', "")


def _chapter(block: Block, context: Context) -> Iterator[str]:
    yield from _quote("After this chapter you can", block.body, context)
    before = [name.strip() for name in str(block.options.get("after", "")).split(",")]
    if links := [_page_link(name, "", context) for name in before if name]:
        yield from (">", f"> **Read first:** {', '.join(links)}")


def _quiz(block: Block, context: Context) -> Iterator[str]:
    lines = textwrap.dedent("\n".join([block.argument, *block.body])).splitlines()
    question: list[str] = []
    answers: list[tuple[bool, str, list[str]]] = []
    for line in lines:
        if answer := re.match(r"^[-*]\s+\[(?P<mark>[ xX])\]\s+(?P<text>.*)$", line):
            answers.append((answer["mark"] in "xX", answer["text"], []))
        elif answers:
            answers[-1][2].append(re.sub(r"^\s*>?\s?", "", line))
        else:
            question.append(line)
    yield from ("**Check yourself.** " + to_markdown("\n".join(question), context), "")
    for right, text, why in answers:
        reason = to_markdown("\n".join(why), context)
        if not reason.startswith(("Right", "No", "Yes", "Wrong")):
            reason = f"**{'Right.' if right else 'No.'}** {reason}"
        yield f"<details><summary>{_html(inline(text, context))}</summary>"
        yield from ("", reason, "</details>")
        yield ""


def _exercise(block: Block, context: Context) -> Iterator[str]:
    yield from _anchor(block.label)
    name = context.labels.get(block.label, ("", "Exercise"))[1]
    title = f" ({inline(block.argument, context)})" if block.argument else ""
    yield from (f"**{name}{title}.**", "", to_markdown("\n".join(block.body), context))


def solution_title(block: Block, context: Context) -> str:
    """Return the heading of a solution."""
    name = context.labels.get(block.argument, ("", "the exercise"))[1]
    return f"Solution of {name[0].lower() + name[1:]}"


def _solution(block: Block, context: Context) -> Iterator[str]:
    yield from _details(solution_title(block, context), block.body, context)


def _solution_start(block: Block, context: Context) -> Iterator[str]:
    yield f"**{solution_title(block, context)}** (unfold the cells below)"
    yield from ("", to_markdown("\n".join(block.body), context))


def _math(block: Block, context: Context) -> Iterator[str]:
    body = "\n".join(line for line in [block.argument, *block.body] if line.strip())
    yield from ("$$", body + _tag(block.label, context), "$$")


def _figure(block: Block, context: Context) -> Iterator[str]:
    yield from _anchor(block.label)
    alternative = str(block.options.get("alt", ""))
    yield f"![{alternative}]({_image_url(block.argument, context)})"
    if block.body:
        number = context.labels.get(block.label, ("", ""))[1]
        caption = to_markdown("\n".join(block.body), context)
        yield from ("", f"*{number + ': ' if number else ''}{caption}*")


def _code(block: Block, context: Context) -> Iterator[str]:
    yield from (f"```{block.argument}", *block.body, "```")


def _mermaid(block: Block, context: Context) -> Iterator[str]:
    yield from ("```mermaid", *block.body, "```")


def _dropdown(block: Block, context: Context) -> Iterator[str]:
    yield from _details(block.argument or "More", block.body, context)


def _tab(block: Block, context: Context) -> Iterator[str]:
    yield from (f"**{inline(block.argument, context)}**", "")
    yield from _blocks(block.body, context)


def _card(block: Block, context: Context) -> Iterator[str]:
    title = inline(block.argument, context)
    target = str(block.options.get("link", ""))
    if target:
        is_page = block.options.get("link-type") == "doc"
        title = _page_link(target, title, context) if is_page else f"[{title}]({target})"
    yield from (f"**{title}**", "")
    yield from _blocks(block.body, context)


def _list_table(block: Block, context: Context) -> Iterator[str]:
    """Turn a list of lists into a table."""
    rows: list[list[str]] = []
    for line in block.body:
        if cell := re.match(r"^(?P<row>[*-])\s+[*-]\s*(?P<text>.*)$", line):
            rows.append([cell["text"]])
        elif cell := re.match(r"^\s+[*-]\s*(?P<text>.*)$", line):
            rows[-1].append(cell["text"])
        elif rows and line.strip():
            rows[-1][-1] += " " + line.strip()
    if block.argument:
        yield from (f"**{inline(block.argument, context)}**", "")
    for number, row in enumerate(rows):
        yield "| " + " | ".join(inline(cell, context) for cell in row) + " |"
        if number == 0:
            yield "|" + "---|" * len(row)


def _table(block: Block, context: Context) -> Iterator[str]:
    yield from _anchor(block.label)
    if block.argument:
        yield from (f"**{inline(block.argument, context)}**", "")
    yield from _blocks(block.body, context)


def _glue(block: Block, context: Context) -> Iterator[str]:
    yield context.numbers.get(block.argument, "")


def _bibliography(block: Block, context: Context) -> Iterator[str]:
    yield from context.references()


def _raw(block: Block, context: Context) -> Iterator[str]:
    if block.argument == "html":
        yield from block.body


SPECIAL: dict[str, Callable[[Block, Context], Iterator[str]]] = {
    "chapter": _chapter,
    "quiz": _quiz,
    "exercise": _exercise,
    "exercise-start": _exercise,
    "exercise-end": lambda block, context: iter(()),
    "solution": _solution,
    "solution-start": _solution_start,
    "solution-end": lambda block, context: iter(()),
    "math": _math,
    "figure": _figure,
    "image": _figure,
    "code": _code,
    "code-block": _code,
    "sourcecode": _code,
    "mermaid": _mermaid,
    "dropdown": _dropdown,
    "tab-item": _tab,
    "card": _card,
    "grid-item-card": _card,
    "grid-item": _tab,
    "list-table": _list_table,
    "table": _table,
    "glue": _glue,
    "bibliography": _bibliography,
    "raw": _raw,
}


# Inside paragraphs ----------------------------------------------------------------------------


def inline(text: str, context: Context) -> str:
    """Return a paragraph with its roles and links as plain Markdown."""

    def replace(found: re.Match[str]) -> str:
        if found["role"]:
            return _role(found["role"], found["body"].strip(), context)
        if found["url"] is not None:
            return _link(found["bang"], found["text"], found["url"], context)
        return found[0]

    return INLINE.sub(replace, text)


def _role(role: str, body: str, context: Context) -> str:
    target = WITH_TARGET.match(body)
    text, label = (target["text"], target["target"]) if target else ("", body)
    name = role.split(":")[-1] if role.startswith(("prf:", "std:")) else role
    if name.startswith("cite"):
        keys = [key.strip() for key in body.split(",")]
        return context.cite(keys, name in {"cite:t", "cite:ts", "cite:alt"})
    if name.startswith("glue"):
        return context.numbers.get(body.split(":")[0], body)
    if name in {"ref", "eq", "numref"}:
        return context.link(label, text.replace("%s", "").replace("{number}", "").strip())
    if name in {"doc"}:
        return _page_link(label, text, context)
    if name == "math":
        return f"${body}$"
    if name in {"code", "kbd", "file", "guilabel", "samp", "command"}:
        return f"`{body}`"
    if role.startswith("py:"):
        return f"`{(text or label).lstrip('~!')}`"
    if name in {"sub", "sup"}:
        return f"<{name}>{body}</{name}>"
    return _text_of(name, body, text)


def _text_of(role: str, body: str, text: str) -> str:
    """Return the text of roles that are only shown: terms, abbreviations, index entries."""
    if role == "abbr":
        return re.sub(r"\s*\(.*\)$", "", body)
    return text or body


def _link(bang: str, text: str, url: str, context: Context) -> str:
    if bang:
        return f"![{text}]({_image_url(url, context)})"
    text = inline(text, context) if text else ""
    if re.match(r"^[a-z][a-z0-9+.-]*:", url):
        return f"[{text or url}]({url})"
    if url.startswith("#"):
        return context.link(url[1:], text) if url[1:] in context.labels else f"[{text}]({url})"
    if url in context.labels:
        return context.link(url, text)
    page, _, anchor = url.partition("#")
    return _page_link(page, text, context, anchor)


def _page_link(target: str, text: str, context: Context, anchor: str = "") -> str:
    name = resolve(target, context.page)
    return f"[{text or context.titles.get(name, name)}]({context.url(name, anchor)})"


def _image_url(target: str, context: Context) -> str:
    if re.match(r"^[a-z][a-z0-9+.-]*:", target):
        return target
    return context.raw + resolve(target, context.page)


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


def _html(text: str) -> str:
    """Return inline Markdown as the little HTML that a summary needs."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<i>\1</i>", text)
