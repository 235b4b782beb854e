"""MyST becomes what a plain notebook shows."""

import textwrap
from pathlib import Path

import pytest

from bookpress import site
from bookpress.book import Book
from bookpress.markdown import Block, PageError
from bookpress.myst import Writer, resolve

ROOT = Path(__file__).parents[2]
site.register()


@pytest.fixture
def writer():
    """A page among others, with labels, numbers and one citation."""
    return Writer(
        markdown=Book.find(ROOT).markdown,
        page="vision/convnets",
        site="https://site/",
        raw="https://raw/",
        labels={
            "fig-here": ("vision/convnets", "Figure 2"),
            "sec-there": ("foundations/tensors", "Axes"),
            "eq-loss": ("vision/convnets", "(3)"),
            "eq-far": ("foundations/far", "(1)"),
            "ex-wide": ("vision/convnets", "Exercise 1"),
        },
        numbers={"accuracy": "98.7%"},
        cite=lambda keys, textual: "LeCun (1998)" if textual else "(LeCun, 1998)",
        titles={"foundations/tensors": "Tensors"},
        substitutions={"short": "the {term}`CNN`", "note": ":::{note}\nWords\n:::"},
    )


def convert(text, writer):
    """Convert an indented text."""
    return writer.text(textwrap.dedent(text).strip())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("reads {glue:text}`accuracy` of them", "reads 98.7% of them"),
        ("see {numref}`fig-here`", "see [Figure 2](#fig-here)"),
        ("{ref}`axes <sec-there>`", "[axes](https://site/foundations/tensors.html#sec-there)"),
        ("by {eq}`eq-loss`", "by (3)"),
        ("by {eq}`eq-far`", "by [(1)](https://site/foundations/far.html#eq-far)"),
        ("{doc}`/foundations/tensors`", "[Tensors](https://site/foundations/tensors.html)"),
        (
            "[that](../foundations/tensors.md#axes)",
            "[that](https://site/foundations/tensors.html#axes)",
        ),
        ("[](../foundations/tensors.md)", "[Tensors](https://site/foundations/tensors.html)"),
        ("[](#sec-there)", "[Axes](https://site/foundations/tensors.html#sec-there)"),
        ("{term}`epochs <epoch>`", "epochs"),
        ("{index}`loss`", "loss"),
        ("{math}`x^2` and $y$", "$x^2$ and $y$"),
        ("{abbr}`CNN (convolutional network)`", "CNN"),
        ("{py:func}`textlib.training.fit`", "`textlib.training.fit`"),
        ("{cite}`lecun1998`", "(LeCun, 1998)"),
        ("{cite:t}`lecun1998`", "LeCun (1998)"),
        ("`{ref}` stays code", "`{ref}` stays code"),
        ("**{term}`a`** and *{index}`b`*", "**a** and *b*"),
        (
            "[the {term}`axes` of $x$](#sec-there)",
            "[the axes of $x$](https://site/foundations/tensors.html#sec-there)",
        ),
        ('[x](https://a.org "A title")', '[x](https://a.org "A title")'),
        ("[](https://a.org)", "[https://a.org](https://a.org)"),
        ("[{term}`x`][far]\n\n[far]: https://a.org", "[x][far]\n\n[far]: https://a.org"),
        (r"\*no\* \$5 [a\]b](#x)", r"\*no\* \$5 [a\]b](#x)"),
        ("from $50,000 to $500,000", r"from \$50,000 to \$500,000"),
        ("`$5` costs $5, not $x$", r"`$5` costs \$5, not $x$"),
        ("## The {term}`axes`", "## The axes"),
        ("So {{ short }} is", "So the CNN is"),
        ("{{ note }}", "> **Note**\n>\n> Words"),
        ("> - in {term}`a`\n>   {term}`b`", "> - in a\n>   b"),
        (
            "| {term}`a` | b |\n|---|---|\n| 1 \\| 2 | {term}`c` |",
            "| a | b |\n|---|---|\n| 1 \\| 2 | c |",
        ),
        ("![a cat](../images/cat.png)", "![a cat](https://raw/images/cat.png)"),
        ("<https://example.org> and [x](https://example.org)",) * 2,
        ("$f[x](y)$ is math", "$f[x](y)$ is math"),
        ("% a comment\ntext", "text"),
        ("{.wide}\ntext", "text"),
        ("(here)=\n## Title", '<a id="here"></a>\n\n## Title'),
        ("$$\na = b\n$$ (eq-loss)", "$$\na = b \\tag{3}\n$$"),
        ("$$a = b$$ (eq-loss)", "$$a = b \\tag{3}$$"),
    ],
)
def test_roles_links_and_lines(before, after, writer):
    assert writer.text(before) == after


def test_an_admonition_becomes_a_quotation_with_its_title(writer):
    text = convert(
        """
        :::{warning}
        Mind the {glue:text}`accuracy`.
        :::
        """,
        writer,
    )
    assert text == "> **Warning**\n>\n> Mind the 98.7%."


def test_nested_directives_and_code_are_kept_apart(writer):
    text = convert(
        """
        ::::{admonition} Title
        :class: dropdown

        :::{tip}
        Inner
        :::
        ```python
        {ref}`not a role`
        ```
        ::::
        """,
        writer,
    )
    assert text.startswith("<details><summary><b>Title</b></summary>")
    assert "> **Tip**" in text
    assert "```python\n{ref}`not a role`\n```" in text


def test_the_chapter_card_lists_outcomes_and_what_to_read_first(writer):
    text = convert(
        """
        ```{chapter}
        :after: foundations/tensors
        - train a network
        ```
        """,
        writer,
    )
    assert "> **After this chapter you can**\n>\n> - train a network" in text
    assert "**Read first:** [Tensors](https://site/foundations/tensors.html)" in text


def test_a_quiz_folds_each_explanation(writer):
    text = convert(
        """
        ```{quiz}
        What is `1 + 1`?
        - [x] 2
          > Count.
        - [ ] `3`
          > Too *many*.
        ```
        """,
        writer,
    )
    assert "**Check yourself.** What is `1 + 1`?" in text
    assert "<details><summary>2</summary>\n\n**Right.** Count.\n</details>" in text
    assert "<summary><code>3</code></summary>\n\n**No.** Too *many*." in text


def test_an_answer_may_have_two_lines_code_formulas_and_bold_words(writer):
    text = convert(
        """
        ```{quiz}
        Which **one**?
        - [ ] a **bold** `<pad>` and $a < b$,
          which goes *on* here
          > Too much & more.

          And a second paragraph.
        - [x] costs $5 & {glue:text}`accuracy`, see [](#sec-there)
          > So it is.
        ```
        """,
        writer,
    )
    assert text.startswith("**Check yourself.** Which **one**?\n\n<details>")
    assert (
        "<summary>a <strong>bold</strong> <code>&lt;pad&gt;</code> and $a \\lt  b$, "
        "which goes <em>on</em> here</summary>\n\n"
        "**No.** Too much & more.\n\nAnd a second paragraph.\n</details>"
    ) in text
    there = '<a href="https://site/foundations/tensors.html#sec-there">Axes</a>'
    assert rf"<summary>costs \$5 &amp; 98.7%, see {there}</summary>" in text


def test_an_answer_may_be_a_displayed_formula(writer):
    quiz = "```{quiz}\nHow many?\n- [x] $$x^2$$\n  > Yes.\n- [ ] $x$\n  > No.\n```"
    assert "<summary>$$x^2$$</summary>" in convert(quiz, writer)


def test_an_exercise_keeps_its_number_and_its_solution_is_folded(writer):
    text = convert(
        """
        ```{exercise} A wider layer
        :label: ex-wide
        Double it.
        ```

        ```{solution} ex-wide
        Done.
        ```
        """,
        writer,
    )
    assert '<a id="ex-wide"></a>\n\n**Exercise 1 (A wider layer).**\n\nDouble it.' in text
    assert (
        "<details><summary><b>Solution of exercise 1</b></summary>\n\nDone.\n\n</details>" in text
    )


def test_a_list_table_becomes_a_table(writer):
    text = convert(
        """
        ```{list-table}
        :header-rows: 1
        * - Layer
          - Shape
        * - dense
          - {glue:text}`accuracy`
        ```
        """,
        writer,
    )
    assert text == "| Layer | Shape |\n|---|---|\n| dense | 98.7% |"


def test_definition_lists_become_bold_terms(writer):
    assert convert("Epoch\n: One pass.", writer) == "**Epoch**<br>\nOne pass."


def test_what_only_the_site_can_do_is_a_link_to_it(writer):
    text = convert("```{demo} digits\n:title: Draw\nOr see {numref}`fig-a`.\n```", writer)
    assert text.startswith("**Draw.** Live in your browser")
    assert "<https://site/vision/convnets.html>" in text
    assert text.endswith("Or see fig-a.")


@pytest.mark.parametrize(
    ("text", "line", "near"),
    [
        ("Words\n\n```{qiuz}\nWords\n```", 3, "unknown directive 'qiuz'; did you mean 'quiz'"),
        (":::{nota}\nWords\n:::", 1, "unknown directive 'nota'; did you mean 'note'"),
        (":::{note}\nA\n\n```{qiuz}\n```\n:::", 4, "unknown directive 'qiuz'"),
        ("Words\nand {termm}`x`", 2, "unknown role 'termm'; did you mean 'term'"),
        ("a {{ shorrt }}", 1, "unknown substitution 'shorrt'; did you mean 'short'"),
        ("- a\n\n  | {termm}`x` |\n  |---|", 3, "unknown role 'termm'"),
        ("```{quiz}\nA?\n- [x] {termm}`x`\n  > b\n- [ ] c\n  > d\n```", 3, "unknown role 'termm'"),
        ("```{quiz}\nA?\n- [x] x\n  > b\n```", 1, "at least two answers"),
        (":::{solution} ex\n```{code-cell}\n1\n```\n:::", 2, "is not executed"),
        ("```{figure} a.png\n:name\n```", 1, "[Ii]nvalid options"),
    ],
)
def test_what_is_unknown_is_named_with_its_line_and_the_nearest_name(text, line, near, writer):
    with pytest.raises(PageError, match=near) as raised:
        writer.text(text)
    assert raised.value.line == line


def test_a_fence_inside_a_list_keeps_its_indentation(writer):
    text = "- item\n\n  ```{note}\n  Inside\n  ```\n- ```{tip}\n  More\n  ```"
    assert writer.text(text) == (
        "- item\n\n  > **Note**\n  >\n  > Inside\n\n- > **Tip**\n  >\n  > More"
    )


def test_blank_lines_in_code_stay(writer):
    text = "```python\na\n\n\n\nb\n```\n\n::::{note}\n\n:::{code} python\n1\n\n\n\n2\n:::\n::::"
    code = "```python\na\n\n\n\nb\n```\n\n> **Note**\n>\n> ```python\n> 1\n>\n>\n>\n> 2\n> ```"
    assert writer.text(text) == code


def test_blocks_are_found_with_their_options_in_both_forms(writer):
    first = "```{figure} a.png\n:name: one\n```\n\n"
    second = ":::{note}\n```{figure} b.png\n---\nname: two\nalt: 'x: y'\n---\nText\n```\n:::"
    walked = writer.markdown.walk(writer.markdown.parse(first + second), 1)
    _, _, *found = (each for each in walked if isinstance(each, Block))
    assert [block.options for block in found] == [{"name": "two", "alt": "x: y"}]
    assert (found[0].body, found[0].line, found[0].body_line) == (["Text"], 6, 11)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("../foundations/tensors.md", "foundations/tensors"),
        ("/foundations/tensors", "foundations/tensors"),
        ("foundations/tensors", "foundations/tensors"),
        ("architectures.md", "vision/architectures"),
        ("./architectures.md", "vision/architectures"),
        ("/book/index.md", "index"),
    ],
)
def test_paths_mean_pages(target, name):
    assert resolve(target, "vision/convnets") == name
