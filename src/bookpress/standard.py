"""How the directives and roles of MyST, Sphinx and the extensions look in a notebook.

Directives become quotations, foldable boxes, tables, or the text that is in them; roles become
text, code and links. Those of this book stand beside what they show on the site.
"""

import re

from bookpress.markdown import Block, PageError
from bookpress.myst import Writer, directive, role

ADMONITIONS = ("attention", "caution", "danger", "error", "hint", "important", "note", "tip")
TITLED = ("admonition", "margin", "sidebar", "topic")
PROOFS = (
    "algorithm", "assumption", "axiom", "conjecture", "corollary", "criterion", "definition",
    "example", "lemma", "notation", "observation", "proof", "property", "proposition", "remark",
    "theorem",
)  # fmt: skip


# Boxes ------------------------------------------------------------------------------------------


@directive(*ADMONITIONS, "warning", "seealso")
def admonition(block: Block, writer: Writer) -> str:
    """A box whose name is its title; its text may begin beside the name."""
    title = "See also" if block.name == "seealso" else block.name.capitalize()
    body = [*([block.argument] if block.argument else []), *block.body]
    return _box(block, title, writer.text(body, block.body_line), writer)


@directive(*TITLED)
def titled(block: Block, writer: Writer) -> str:
    """A box with a title of its own."""
    text = writer.text(block.body, block.body_line)
    return _box(block, writer.inline(block.argument, block.line), text, writer)


def _box(block: Block, title: str, text: str, writer: Writer) -> str:
    if "dropdown" in block.options.get("class", ""):
        return writer.details(title or "More", text)
    return writer.quote(title, text)


@directive(*(f"prf:{name}" for name in PROOFS))
def proof(block: Block, writer: Writer) -> str:
    """A theorem or what belongs to one."""
    title = block.name.removeprefix("prf:").capitalize()
    title += f" ({writer.inline(block.argument, block.line)})" if block.argument else ""
    text = writer.quote(title, writer.text(block.body, block.body_line))
    return writer.anchor(block.label) + text


@directive("epigraph", "highlights", "pull-quote")
def quotation(block: Block, writer: Writer) -> str:
    """A quotation."""
    return writer.quote("", writer.text(block.body, block.body_line))


@directive("dropdown")
def dropdown(block: Block, writer: Writer) -> str:
    """A folded box."""
    title = writer.inline(block.argument, block.line) or "More"
    return writer.details(title, writer.text(block.body, block.body_line))


@directive("exercise", "exercise-start")
def exercise(block: Block, writer: Writer) -> str:
    """An exercise with its number."""
    title = f" ({writer.inline(block.argument, block.line)})" if block.argument else ""
    heading = f"**{writer.named(block.label, 'Exercise')}{title}.**"
    text = writer.text(block.body, block.body_line)
    return f"{writer.anchor(block.label)}{heading}\n\n{text}"


def solution_title(block: Block, writer: Writer) -> str:
    """Return the heading of a solution."""
    name = writer.named(block.argument, "the exercise")
    return f"Solution of {name[0].lower() + name[1:]}"


@directive("solution")
def solution(block: Block, writer: Writer) -> str:
    """A solution without code cells; with some, see `bookpress.notebooks`."""
    return writer.details(solution_title(block, writer), writer.text(block.body, block.body_line))


# Parts of a page --------------------------------------------------------------------------------


@directive("centered", "compound", "container", "div", "grid", "tab-set")
def plain(block: Block, writer: Writer) -> str:
    """The text alone."""
    return writer.text(block.body, block.body_line)


@directive("grid-item", "rubric", "tab-item")
def headed(block: Block, writer: Writer) -> str:
    """The text below its title."""
    title = writer.inline(block.argument, block.line)
    text = writer.text(block.body, block.body_line)
    return f"**{title}**\n\n{text}" if title else text


@directive("card", "grid-item-card")
def card(block: Block, writer: Writer) -> str:
    """The text below its title, which may be a link."""
    title = writer.inline(block.argument, block.line)
    if target := block.options.get("link", ""):
        page = block.options.get("link-type") == "doc"
        title = writer.page_link(target, title) if page else f"[{title}]({target})"
    return f"**{title}**\n\n{writer.text(block.body, block.body_line)}"


@directive("versionadded", "versionchanged", "deprecated")
def version(block: Block, writer: Writer) -> str:
    """What changed in which version."""
    word = {"versionadded": "New in", "versionchanged": "Changed in"}.get(
        block.name, "Deprecated in"
    )
    text = writer.text(block.body, block.body_line)
    return f"*{word} version {writer.inline(block.argument, block.line)}.* {text}"


@directive("glossary")
def glossary(block: Block, writer: Writer) -> str:
    """The terms, each above its definition."""
    return writer.text(re.sub(r"(?m)^(?=\S)(.+)$", r"**\1**<br>", "\n".join(block.body)))


@directive(
    "comment", "contents", "exercise-end", "index", "meta", "only", "solution-end",
    "tableofcontents", "toctree",
)  # fmt: skip
def quiet(block: Block, writer: Writer) -> str:
    """Nothing: it is for the site or for its readers only."""
    return ""


@directive("code-cell", "raw-cell")
def inner_cell(block: Block, writer: Writer) -> str:
    """An error: only what stands at the outermost level is a cell."""
    raise PageError(
        block.line,
        f"a {{{block.name}}} inside of another block is not executed; put it at the outermost "
        "level (for solutions: between {solution-start} and {solution-end}).",
    )


# Figures, tables, code, formulas ------------------------------------------------------------------


@directive("figure", "image")
def figure(block: Block, writer: Writer) -> str:
    """An image with its number and caption."""
    image = f"![{block.options.get('alt', '')}]({writer.image_url(block.argument)})"
    number = writer.named(block.label)
    caption = writer.text(block.body, block.body_line)
    below = f"\n\n*{number + ': ' if number else ''}{caption}*" if caption else ""
    return writer.anchor(block.label) + image + below


@directive("table")
def table(block: Block, writer: Writer) -> str:
    """A table of Markdown with a caption."""
    caption = f"**{writer.inline(block.argument, block.line)}**\n\n" if block.argument else ""
    return writer.anchor(block.label) + caption + writer.text(block.body, block.body_line)


@directive("list-table")
def list_table(block: Block, writer: Writer) -> str:
    """A table that is written as a list of lists."""
    rows: list[list[str]] = []
    for token in writer.markdown.parse("\n".join(block.body)):
        if token.type == "list_item_open" and token.level == 1:
            rows.append([])
        elif token.type == "list_item_open" and token.level == 3:
            rows[-1].append("")
        elif token.type == "inline":
            text = writer.inline(token.content, block.body_line + token.map[0])
            rows[-1][-1] += " " * bool(rows[-1][-1]) + text.replace("\n", " ")
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    lines[1:1] = ["|" + "---|" * len(rows[0])] if rows else []
    caption = f"**{writer.inline(block.argument, block.line)}**\n\n" if block.argument else ""
    return writer.anchor(block.label) + caption + "\n".join(lines)


@directive("code", "code-block", "sourcecode", "mermaid")
def code(block: Block, writer: Writer) -> str:
    """Code, or a drawing that GitHub and Jupyter draw."""
    language = block.argument or ("mermaid" if block.name == "mermaid" else "")
    longest = max((len(run) for run in re.findall("`{3,}", "\n".join(block.body))), default=2)
    fence = "`" * (longest + 1)
    return "\n".join([f"{fence}{language}", *block.body, fence])


@directive("math")
def math(block: Block, writer: Writer) -> str:
    """A formula with its number."""
    body = "\n".join(line for line in [block.argument, *block.body] if line.strip())
    return f"$$\n{body}{writer.tag(block.label)}\n$$"


@directive("glue", "glue:any", "glue:figure", "glue:math", "glue:md", "glue:text")
def glue(block: Block, writer: Writer) -> str:
    """The value of the last build."""
    return writer.numbers.get(block.argument, "")


@directive("bibliography")
def bibliography(block: Block, writer: Writer) -> str:
    """What the page cites."""
    return "\n".join(writer.references())


@directive("raw")
def raw(block: Block, writer: Writer) -> str:
    """HTML as it is; other formats are not for notebooks."""
    return "\n".join(block.body) if block.argument == "html" else ""


# Roles --------------------------------------------------------------------------------------------


def _target(body: str) -> tuple[str, str]:
    """Return the text and the target of ``text <target>``; the text may be missing."""
    from sphinx.util.docutils import ReferenceRole

    found = ReferenceRole.explicit_title_re.match(body)
    return (found[1], found[2]) if found else ("", body)


@role(*(f"cite{kind}" for kind in ("", ":p", ":ps", ":author", ":year", ":label")))
def cite(body: str, writer: Writer) -> str:
    """A citation in parentheses."""
    return writer.cite([key.strip() for key in body.split(",")], False)


@role("cite:t", "cite:ts", "cite:alt", "cite:ct", "cite:cts")
def cite_in_sentence(body: str, writer: Writer) -> str:
    """A citation as part of a sentence."""
    return writer.cite([key.strip() for key in body.split(",")], True)


@role("glue", "glue:any", "glue:text", "glue:md")
def value(body: str, writer: Writer) -> str:
    """The value of the last build."""
    return writer.numbers.get(body.split(":")[0], body)


@role("ref", "numref", "eq", "prf:ref", "std:ref", "std:numref", "math:numref", "any")
def reference(body: str, writer: Writer) -> str:
    """A link to a label, by its number or title."""
    text, label = _target(body)
    return writer.link(label, text.replace("%s", "").replace("{number}", "").strip())


@role("doc", "std:doc")
def document(body: str, writer: Writer) -> str:
    """A link to a page."""
    text, target = _target(body)
    return writer.page_link(target, text)


@role("math")
def formula(body: str, writer: Writer) -> str:
    """A formula."""
    return f"${body}$"


@role(
    "code", "command", "download", "envvar", "file", "guilabel", "kbd", "literal",
    "menuselection", "option", "program", "samp", "token",
)  # fmt: skip
def verbatim(body: str, writer: Writer) -> str:
    """What is typed or read on a screen."""
    return f"`{_target(body)[0] or body}`"


@role(*(f"py:{kind}" for kind in ("attr", "class", "data", "exc", "func", "meth", "mod", "obj")))
def python(body: str, writer: Writer) -> str:
    """A name of Python."""
    text, target = _target(body)
    return f"`{(text or target).lstrip('~!')}`"


@role("sub", "subscript")
def subscript(body: str, writer: Writer) -> str:
    """Lowered text."""
    return f"<sub>{body}</sub>"


@role("sup", "superscript")
def superscript(body: str, writer: Writer) -> str:
    """Raised text."""
    return f"<sup>{body}</sup>"


@role("strong")
def strong(body: str, writer: Writer) -> str:
    """Strong text."""
    return f"**{body}**"


@role("emphasis", "dfn")
def emphasis(body: str, writer: Writer) -> str:
    """Emphasized text."""
    return f"*{body}*"


@role("abbr", "abbreviation")
def abbreviation(body: str, writer: Writer) -> str:
    """The short form, without the long one."""
    return re.sub(r"\s*\(.*\)$", "", body)


@role("term", "std:term", "index")
def words(body: str, writer: Writer) -> str:
    """The text alone."""
    text, target = _target(body)
    return text or target
