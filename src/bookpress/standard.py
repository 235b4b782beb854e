"""How the directives and roles of MyST, Sphinx and the extensions look in a notebook.

Directives become quotations, foldable boxes, tables, or the text that is in them; roles become
text, code and links. Those of this book stand beside what they show on the site.
"""

import re

from bookpress.markdown import Block, PageError
from bookpress.myst import Writer, directive, escaped, role

NAMED = ("attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning")
PROOFS = (
    "algorithm", "assumption", "axiom", "conjecture", "corollary", "criterion", "definition",
    "example", "lemma", "notation", "observation", "proof", "property", "proposition", "remark",
    "theorem",
)  # fmt: skip
QUIET = (
    "comment", "contents", "exercise-end", "index", "meta", "only", "solution-end",
    "tableofcontents", "toctree",
)  # fmt: skip
TYPED = (
    "code", "command", "download", "envvar", "file", "guilabel", "kbd", "literal",
    "menuselection", "option", "program", "samp", "token",
)  # fmt: skip

# Boxes ------------------------------------------------------------------------------------------


@directive(*NAMED, "seealso", "admonition", "margin", "sidebar", "topic")
def _box(block: Block, writer: Writer) -> str:
    """Return a quotation, or a folded box; its title is its name or its own."""
    named = block.name in (*NAMED, "seealso")
    title = {"seealso": "See also"}.get(block.name, block.name.capitalize())
    body = [block.argument, *block.body] if named and block.argument else block.body
    text = writer.text(body, block.body_line)
    title = title if named else writer.title(block)
    folded = "dropdown" in block.options.get("class", "")
    return writer.details(title or "More", text) if folded else writer.quote(title, text)


@directive(*(f"prf:{name}" for name in PROOFS))
def _proof(block: Block, writer: Writer) -> str:
    title = block.name.removeprefix("prf:").capitalize()
    title += f" ({writer.title(block)})" if block.argument else ""
    return writer.anchor(block.label) + writer.quote(title, writer.body(block))


@directive("exercise", "exercise-start")
def _exercise(block: Block, writer: Writer) -> str:
    title = f" ({writer.title(block)})" if block.argument else ""
    heading = f"**{writer.named(block.label, 'Exercise')}{title}.**"
    return f"{writer.anchor(block.label)}{heading}\n\n{writer.body(block)}"


def solution_title(block: Block, writer: Writer) -> str:
    """Return the heading of a solution; with code cells in it, see `bookpress.notebooks`."""
    name = writer.named(block.argument, "the exercise")
    return f"Solution of {name[0].lower() + name[1:]}"


@directive("card", "grid-item-card")
def _card(block: Block, writer: Writer) -> str:
    title = writer.title(block)
    if target := block.options.get("link", ""):
        page = block.options.get("link-type") == "doc"
        title = writer.page_link(target, title) if page else f"[{title}]({target})"
    return f"**{title}**\n\n{writer.body(block)}"


@directive("grid-item", "rubric", "tab-item")
def _headed(block: Block, writer: Writer) -> str:
    return f"**{writer.title(block)}**\n\n{writer.body(block)}".removeprefix("****\n\n")


@directive("versionadded", "versionchanged", "deprecated")
def _version(block: Block, writer: Writer) -> str:
    word = {"versionadded": "New", "versionchanged": "Changed"}.get(block.name, "Deprecated")
    return f"*{word} in version {writer.title(block)}.* {writer.body(block)}"


@directive("code-cell", "raw-cell")
def _inner_cell(block: Block, writer: Writer) -> str:
    raise PageError(
        block.line,
        f"a {{{block.name}}} inside of another block is not executed; put it at the outermost "
        "level (for solutions: between {solution-start} and {solution-end}).",
    )


directive(*QUIET)(lambda block, writer: "")
directive("centered", "compound", "container", "div", "grid", "tab-set")(
    lambda block, writer: writer.body(block)
)
directive("epigraph", "highlights", "pull-quote")(
    lambda block, writer: writer.quote("", writer.body(block))
)
directive("dropdown")(
    lambda block, writer: writer.details(writer.title(block) or "More", writer.body(block))
)
directive("solution")(
    lambda block, writer: writer.details(solution_title(block, writer), writer.body(block))
)
directive("glossary")(
    lambda block, writer: writer.text(
        re.sub(r"(?m)^(?=\S)(.+)$", r"**\1**<br>", "\n".join(block.body)), block.body_line
    )
)

# Figures, tables, code, formulas ------------------------------------------------------------------


@directive("figure", "image")
def _figure(block: Block, writer: Writer) -> str:
    image = f"![{block.options.get('alt', '')}]({writer.image_url(block.argument)})"
    number, caption = writer.named(block.label), writer.body(block)
    below = f"\n\n*{number + ': ' if number else ''}{caption}*" if caption else ""
    return writer.anchor(block.label) + image + below


@directive("table", "list-table")
def _table(block: Block, writer: Writer) -> str:
    caption = f"**{writer.title(block)}**\n\n" if block.argument else ""
    text = _listed(block, writer) if block.name == "list-table" else writer.body(block)
    return writer.anchor(block.label) + caption + text


def _listed(block: Block, writer: Writer) -> str:
    """Return the table that is written as a list of lists."""
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
    return "\n".join(lines)


@directive("code", "code-block", "sourcecode", "mermaid")
def _code(block: Block, writer: Writer) -> str:
    language = block.argument or ("mermaid" if block.name == "mermaid" else "")
    longest = max((len(run) for run in re.findall("`{3,}", "\n".join(block.body))), default=2)
    fence = "`" * (longest + 1)
    return "\n".join([f"{fence}{language}", *block.body, fence])


@directive("math")
def _math(block: Block, writer: Writer) -> str:
    body = "\n".join(line for line in [block.argument, *block.body] if line.strip())
    return f"$$\n{body}{writer.tag(block.label)}\n$$"


directive("glue", "glue:any", "glue:figure", "glue:math", "glue:md", "glue:text")(
    lambda block, writer: writer.numbers.get(block.argument, "")
)
directive("bibliography")(lambda block, writer: "\n".join(writer.references()))
directive("raw")(lambda block, writer: "\n".join(block.body) * (block.argument == "html"))

# Roles --------------------------------------------------------------------------------------------


def _target(body: str) -> tuple[str, str]:
    """Return the text and the target of ``text <target>``; the text may be missing."""
    from sphinx.util.docutils import ReferenceRole

    found = ReferenceRole.explicit_title_re.match(body)
    return (found[1], found[2]) if found else ("", body)


@role("ref", "numref", "eq", "prf:ref", "std:ref", "std:numref", "math:numref", "any")
def _reference(body: str, writer: Writer) -> str:
    text, label = _target(body)
    return writer.link(label, text.replace("%s", "").replace("{number}", "").strip())


@role("doc", "std:doc")
def _page(body: str, writer: Writer) -> str:
    text, target = _target(body)
    return writer.page_link(target, text)


@role("term", "std:term", "index")
def _words(body: str, writer: Writer) -> str:
    text, target = _target(body)
    return text or target


def _keys(body: str) -> list[str]:
    return [key.strip() for key in body.split(",")]


role(*(f"cite{kind}" for kind in ("", ":p", ":ps", ":author", ":year", ":label")))(
    lambda body, writer: writer.cite(_keys(body), False)
)
role("cite:t", "cite:ts", "cite:alt", "cite:ct", "cite:cts")(
    lambda body, writer: writer.cite(_keys(body), True)
)
role("glue", "glue:any", "glue:text", "glue:md")(
    lambda body, writer: escaped(writer.numbers.get(body.split(":")[0], body))
)
role(*TYPED)(lambda body, writer: f"`{_target(body)[0] or body}`")
role(*(f"py:{kind}" for kind in ("attr", "class", "data", "exc", "func", "meth", "mod", "obj")))(
    lambda body, writer: f"`{_words(body, writer).lstrip('~!')}`"
)
role("abbr", "abbreviation")(lambda body, writer: re.sub(r"\s*\(.*\)$", "", body))
role("math")(lambda body, writer: f"${body}$")
role("sub", "subscript")(lambda body, writer: f"<sub>{body}</sub>")
role("sup", "superscript")(lambda body, writer: f"<sup>{body}</sup>")
role("strong")(lambda body, writer: f"**{body}**")
role("emphasis", "dfn")(lambda body, writer: f"*{body}*")
