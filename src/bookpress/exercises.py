"""Checks of exercises in the source of a page: to which exercise each belongs, and what it asks.

A cell tagged ``check`` stands between an exercise and its solution and calls
``exercises.check("label", ...)``; a cell of the solution hands in the answer with
``exercises.hand_in("label", ...)``. What these functions do is the business of `textlib.exercises`.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bookpress import calls
from bookpress.book import Page
from bookpress.markdown import Block, PageError
from textlib._errors import unknown

TAG, MODULE = "check", "exercises"
SOLUTIONS = ("solution-start", "solution")


@dataclass(frozen=True)
class Check:
    """The check of one exercise.

    Attributes
    ----------
    name
        Label of the exercise.
    line
        Where its cell begins on the page, counted from 1.
    parts
        Names of the several things that it asks for; empty for one.
    """

    name: str
    line: int
    parts: tuple[str, ...] = ()

    @property
    def answer_cell(self) -> str:
        """The code of a cell in which a reader hands in an answer."""
        parts = (f"{json.dumps(part, ensure_ascii=False)}: ..." for part in self.parts)
        dots = f"{{{', '.join(parts)}}}" if self.parts else "..."
        said = "# Put your answer in the place of the dots, and run this cell."
        return f'{said}\nexercises.hand_in("{self.name}", {dots})'


def checks_of(page: Page) -> dict[int, Check]:
    """Return the checks of a page, each by the number of its cell.

    Raises
    ------
    PageError
        If a check belongs to no exercise of the page or to one that has a check already, if it
        does not stand before its solution, or if no solution hands in an answer.
    """
    checks: dict[int, Check] = {}
    exercises: list[str] = []
    solved: dict[str, list[str]] = {}
    solution = ""
    for number, (cell, line) in enumerate(zip(page.notebook.cells, page.lines, strict=True)):
        if cell.cell_type == "code":
            solved.setdefault(solution, []).extend(_names(cell, "hand_in"))
            if check := _check(cell, line):
                _verify(check, exercises, solved, list(checks.values()))
                checks[number] = check
            continue
        for block in _blocks(page, number, line):
            if block.name.startswith("exercise") and block.label:
                exercises.append(block.label)
            elif block.name in SOLUTIONS:
                solution = block.argument
                solved.setdefault(solution, [])
            elif block.name == "solution-end":
                solution = ""
    for check in checks.values():
        if check.name not in solved.get(check.name, ()):
            raise PageError(check.line, _unsolved(check, solved))
    return checks


def only_checks(cell: Any) -> bool:
    """Return whether a code cell does nothing but check an exercise or hand in an answer."""
    if TAG in (cell.metadata.get("tags") or ()):
        return True
    tree = calls.tree_of(cell.source, MODULE)
    body = tree.body if tree else []
    return bool(body) and all(
        isinstance(node, ast.Expr) and calls.called(node.value, MODULE) == "hand_in"
        for node in body
    )


def _blocks(page: Page, number: int, line: int) -> Iterator[Block]:
    for found in page.markdown.walk(page.tokens[number], line):
        if isinstance(found, Block):
            yield found


def _check(cell: Any, line: int) -> Check | None:
    tagged = TAG in (cell.metadata.get("tags") or ())
    found = _calls(cell, "check")
    if len(found) != tagged:
        raise PageError(
            line,
            f"a cell tagged '{TAG}' calls exercises.check(...) once, and no other cell does; this "
            f"one has {'the' if tagged else 'no such'} tag and {len(found)} calls.",
        )
    return _of_call(found[0], line) if found else None


def _of_call(call: ast.Call, line: int) -> Check:
    match call.args:
        case [ast.Constant(value=str(name)), ast.Dict(keys=keys), *_]:
            parts = tuple(ast.literal_eval(key) for key in keys if isinstance(key, ast.Constant))
            return Check(name, line, parts)
        case [ast.Constant(value=str(name)), *_]:
            return Check(name, line)
    raise PageError(
        line, "the first argument of exercises.check is the label of the exercise, written out."
    )


def _verify(
    check: Check, exercises: list[str], solved: dict[str, list[str]], before: list[Check]
) -> None:
    if check.name not in exercises:
        message = unknown("exercise above this check:", check.name, exercises)
        raise PageError(check.line, message)
    if first := next((each for each in before if each.name == check.name), None):
        raise PageError(
            check.line,
            f"the exercise {check.name!r} has a check already, in line {first.line}. One check can "
            "ask for several answers: give exercises.check a dictionary.",
        )
    if check.name != exercises[-1] or check.name in solved:
        raise PageError(
            check.line,
            f"the check of {check.name!r} must stand right below this exercise, above its "
            "solution and the next exercise.",
        )


def _unsolved(check: Check, solved: dict[str, list[str]]) -> str:
    call = f'exercises.hand_in("{check.name}", ...)'
    if check.name not in solved:
        return (
            f"the exercise {check.name!r} has a check and no solution. Add one with "
            f"{{solution-start}} {check.name}, in which a cell calls {call}."
        )
    return (
        f"the solution of {check.name!r} hands in no answer, so its check cannot be tried. End "
        f"one of its cells with {call}."
    )


def _names(cell: Any, function: str) -> Iterator[str]:
    for call in _calls(cell, function):
        if call.args and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def _calls(cell: Any, function: str) -> list[ast.Call]:
    return [call for name, call in calls.of_cell(cell.source, MODULE) if name == function]
