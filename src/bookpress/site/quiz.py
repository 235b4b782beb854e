"""The ``{quiz}`` directive: one self-check question.

Each answer is a ``details`` element that opens to its explanation, so a quiz works with the
keyboard, with a screen reader, and without JavaScript, as a folded list.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookpress.markdown import Block, PageError
from bookpress.myst import Writer, directive

_ANSWER = re.compile(r"^[-*]\s+\[(?P<mark>[ xX])\]\s+(?P<text>.*)$")


class quiz(nodes.General, nodes.Element):  # noqa: N801
    """A question with its answers."""


class quiz_question(nodes.General, nodes.Element):  # noqa: N801
    """The text of the question."""


class quiz_answer(nodes.General, nodes.Element):  # noqa: N801
    """One answer: the text that is offered, and the explanation behind it."""


class quiz_choice(nodes.General, nodes.TextElement):  # noqa: N801
    """The text of an answer."""


@dataclass
class Answer:
    """One answer as the author wrote it.

    Attributes
    ----------
    right
        Whether it is the right one.
    line
        Its line in the body of the directive, counted from 0.
    text
        The answer, Markdown.
    explanation
        Why it is right or wrong, Markdown lines.
    """

    right: bool
    line: int
    text: str
    explanation: list[str]


def parse_answers(lines: list[str]) -> tuple[list[str], list[Answer]]:
    """Split the body of a quiz into the rest of its question and its answers.

    Parameters
    ----------
    lines
        The body of the directive.

    Returns
    -------
    question, answers
        Lines before the first answer, and the answers in order.

    Raises
    ------
    ValueError
        If there are fewer than two answers, not exactly one right one, or an answer has no
        explanation.

    Examples
    --------
    >>> body = ["- [x] 4", "  > Two and two.", "- [ ] 5", "  > One too many."]
    >>> [(answer.text, answer.right) for answer in parse_answers(body)[1]]
    [('4', True), ('5', False)]
    """
    question: list[str] = []
    answers: list[Answer] = []
    for number, line in enumerate(lines):
        if found := _ANSWER.match(line):
            right = found["mark"] in "xX"
            answers.append(Answer(right, number, found["text"].strip(), []))
        elif not answers:
            question.append(line)
        else:
            _add(answers[-1], line.strip())
    _check(answers)
    return question, answers


def _add(answer: Answer, line: str) -> None:
    if line.startswith(">"):
        answer.explanation.append(line[1:].removeprefix(" "))
    elif answer.explanation:
        answer.explanation.append(line)
    elif line:
        answer.text += " " + line


def _check(answers: list[Answer]) -> None:
    if len(answers) < 2:
        raise ValueError(
            f"a quiz needs at least two answers, this has {len(answers)}; write each as "
            "'- [ ] answer' (the right one as '- [x] answer')."
        )
    right = sum(answer.right for answer in answers)
    if right != 1:
        raise ValueError(f"a quiz needs exactly one right answer, '- [x] ...'; this has {right}.")
    for answer in answers:
        if not any(answer.explanation):
            raise ValueError(
                f"the answer {answer.text!r} has no explanation; add it below the answer as "
                "'  > Why it is right, or wrong.'"
            )


@directive("quiz")
def in_notebook(block: Block, writer: Writer) -> str:
    """Return the question with its answers, each a box that folds its explanation."""
    try:
        question, answers = parse_answers(block.body)
    except ValueError as error:
        raise PageError(block.line, str(error)) from error
    asked = writer.text([block.argument, *question], block.body_line - 1)
    made = [f"**Check yourself.** {asked}"]
    for answer in answers:
        line = block.body_line + answer.line
        why = writer.text(answer.explanation, line + 1)
        if not why.startswith(("Right", "No", "Yes", "Wrong")):
            why = f"**{'Right.' if answer.right else 'No.'}** {why}"
        summary = writer.html(answer.text, line)
        made.append(f"<details><summary>{summary}</summary>\n\n{why}\n</details>")
    return "\n\n".join(made)


class Quiz(SphinxDirective):
    """Parse ``{quiz}``."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the question with its answers."""
        try:
            question, answers = parse_answers(list(self.content))
        except ValueError as error:
            raise self.error(str(error)) from error
        question = [*self.arguments, "", *question]
        if not any(line.strip() for line in question):
            raise self.error("a quiz needs a question above its answers.")
        found = quiz(ids=[f"quiz-{self.env.new_serialno('quiz')}"])
        self.add_name(found)
        asked = quiz_question(ids=[f"{found['ids'][0]}-question"])
        self._parse(question, 0, asked)
        found += asked
        for answer in answers:
            found += self._answer(answer)
        self.set_source_info(found)
        return [found]

    def _answer(self, answer: Answer) -> quiz_answer:
        holder = nodes.Element()
        self._parse([answer.text], answer.line, holder)
        choice = quiz_choice("", "")
        for block in holder:
            choice.extend(block.children if isinstance(block, nodes.paragraph) else [block])
        why = nodes.container()
        self._parse(answer.explanation, answer.line + 1, why)
        return quiz_answer("", choice, *why.children, right=answer.right)

    def _parse(self, lines: list[str], line: int, into: nodes.Element) -> None:
        source = self.content.source(line) if len(self.content) > line else None
        text = StringList(lines, source=source or self.env.docname)
        self.state.nested_parse(text, self.content_offset + line, into)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_node(quiz, html=(_visit_quiz, _depart_quiz))
    app.add_node(quiz_question, html=(_visit_question, _close("div")))
    app.add_node(quiz_answer, html=(_visit_answer, _depart_answer))
    app.add_node(quiz_choice, html=(_visit_choice, _depart_choice))
    app.add_directive("quiz", Quiz)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _close(tag: str) -> Any:
    return lambda self, node: self.body.append(f"</{tag}>\n")


def _visit_quiz(self: Any, node: quiz) -> None:
    labelled = {"role": "group", "aria-labelledby": f"{node['ids'][0]}-question"}
    self.body.append(self.starttag(node, "div", CLASS="quiz", **labelled))
    self.body.append('<p class="quiz-title label">Check yourself</p>\n')


def _depart_quiz(self: Any, node: quiz) -> None:
    self.body.append("</div>\n")


def _visit_question(self: Any, node: quiz_question) -> None:
    self.body.append(self.starttag(node, "div", CLASS="quiz-question"))


def _visit_answer(self: Any, node: quiz_answer) -> None:
    kind = "right" if node["right"] else "wrong"
    self.body.append(f'<details class="quiz-answer quiz-{kind}">\n')


def _depart_answer(self: Any, node: quiz_answer) -> None:
    self.body.append("</div></details>\n")


def _visit_choice(self: Any, node: quiz_choice) -> None:
    answers = [child for child in node.parent.parent if isinstance(child, quiz_answer)]
    number = answers.index(node.parent) + 1
    self.body.append(
        '<summary><span class="quiz-mark" aria-hidden="true"></span>'
        f'<span><span class="hidden">Answer {number}: </span>'
    )


def _depart_choice(self: Any, node: quiz_choice) -> None:
    verdict = "Right." if node.parent["right"] else "Not quite."
    self.body.append(f'</span></summary>\n<div class="quiz-why"><p class="label">{verdict}</p>\n')
