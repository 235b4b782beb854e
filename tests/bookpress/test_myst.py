"""MyST becomes what a plain notebook shows."""

import textwrap

import pytest

from bookpress.myst import Context, blocks, resolve, to_markdown


@pytest.fixture
def context():
    """A page among others, with labels, numbers and one citation."""
    return Context(
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
    )


def convert(text, context):
    """Convert an indented text."""
    return to_markdown(textwrap.dedent(text).strip(), context)


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
        ("![a cat](../images/cat.png)", "![a cat](https://raw/images/cat.png)"),
        ("<https://example.org> and [x](https://example.org)",) * 2,
        ("$f[x](y)$ is math", "$f[x](y)$ is math"),
        ("% a comment\ntext", "text"),
        ("{.wide}\ntext", "text"),
        ("(here)=\n## Title", '<a id="here"></a>\n\n## Title'),
        ("$$\na = b\n$$ (eq-loss)", "$$\na = b\n \\tag{3}\n$$"),
        ("$$a = b$$ (eq-loss)", "$$a = b \\tag{3}$$"),
    ],
)
def test_roles_links_and_lines(before, after, context):
    assert to_markdown(before, context) == after


def test_an_admonition_becomes_a_quotation_with_its_title(context):
    text = convert(
        """
        :::{warning}
        Mind the {glue:text}`accuracy`.
        :::
        """,
        context,
    )
    assert text == "> **Warning**\n>\n> Mind the 98.7%."


def test_nested_directives_and_code_are_kept_apart(context):
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
        context,
    )
    assert text.startswith("<details><summary><b>Title</b></summary>")
    assert "> **Tip**" in text
    assert "```python\n{ref}`not a role`\n```" in text


def test_the_chapter_card_lists_outcomes_and_what_to_read_first(context):
    text = convert(
        """
        ```{chapter}
        :after: foundations/tensors
        - train a network
        ```
        """,
        context,
    )
    assert "> **After this chapter you can**\n>\n> - train a network" in text
    assert "**Read first:** [Tensors](https://site/foundations/tensors.html)" in text


def test_a_quiz_folds_each_explanation(context):
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
        context,
    )
    assert "**Check yourself.** What is `1 + 1`?" in text
    assert "<details><summary>2</summary>\n\n**Right.** Count.\n</details>" in text
    assert "<summary><code>3</code></summary>\n\n**No.** Too *many*." in text


def test_an_exercise_keeps_its_number_and_its_solution_is_folded(context):
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
        context,
    )
    assert '<a id="ex-wide"></a>\n\n**Exercise 1 (A wider layer).**\n\nDouble it.' in text
    assert (
        "<details><summary><b>Solution of exercise 1</b></summary>\n\nDone.\n\n</details>" in text
    )


def test_a_list_table_becomes_a_table(context):
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
        context,
    )
    assert text == "| Layer | Shape |\n|---|---|\n| dense | 98.7% |"


def test_definition_lists_become_bold_terms(context):
    assert convert("Epoch\n: One pass.", context) == "**Epoch**<br>\nOne pass."


def test_what_only_the_site_can_do_is_a_link_to_it(context):
    text = convert("```{demo} digits\n:title: Draw\nOr see {numref}`fig-a`.\n```", context)
    assert text.startswith("**Draw.** Live in your browser")
    assert "<https://site/vision/convnets.html>" in text
    assert text.endswith("Or see fig-a.")


def test_an_unknown_directive_keeps_its_text(context):
    assert "> Words" in convert("```{strange} thing\nWords\n```", context)


def test_a_fence_inside_a_list_keeps_its_indentation(context):
    text = "- item\n\n  ```{note}\n  Inside\n  ```\n"
    assert "  > **Note**\n  >\n  > Inside" in to_markdown(text, context)


def test_blocks_are_found_with_their_options_in_both_forms():
    first = "```{figure} a.png\n:name: one\n```\n\n"
    second = "```{figure} b.png\n---\nname: two\nalt: x\n---\nText\n```"
    found = list(blocks(first + second))
    named = [(block.label, block.argument) for block in found]
    assert named == [("one", "a.png"), ("two", "b.png")]
    assert found[1].body == ["Text"]


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
