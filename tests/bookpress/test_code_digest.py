"""Meaning of code: the same for other words and other Pythons, another for other code."""

import ast
import hashlib

import pytest

from bookpress import code_digest

CODE = '''
"""A module."""

import os.path as p
from . import near


@near.wrap(1, *[2], key=None, **{})
class Thing(near.Base, flag=True):
    """A thing."""

    size: int = 3

    def grow(self, by=1.5e-3, /, *args, only=b"x", **rest) -> "Thing":
        """Grow."""
        return [(y := x, f"{x!r:>{by}.2f} {{}}") for x in args[1:-1:2] if not x <= y < 2j]


async def wait(things):
    async with near as n, p:
        await n
    try:
        yield {**things, "ä": lambda z: z @ z}
    except (KeyError, ValueError) as error:
        raise error from None
    else:
        global N
    match things:
        case [first, *_] | {"a": first} if first:
            del things[first]
        case near.Base(x=1):
            N //= 2
'''


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1  # one"),
        ("f(1, 2)", "f(\n    1,\n    2,\n)"),
        ("x = 'a'", 'x = "a"'),
        ('def f():\n    """Say."""\n    return 1', "def f():\n    return 1"),
        ('"""A module."""\nx = 1', "x = 1"),
    ],
)
def test_other_words_mean_the_same(one, other):
    assert code_digest.of_cell(one) == code_digest.of_cell(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = None", "x = ()"),
        ("f(a, b)", "f(b, a)"),
        ("f(a=None)", "f()"),
        ("def f(x): return x", "def f(x, /): return x"),
        ("def f():\n    'a'\n    'b'", "def f():\n    'a'\n    'c'"),
        ("return_ = 'text'", "return_ = 'Text'"),
        ("{**a}", "{None: a}"),
    ],
)
def test_other_code_means_something_else(one, other):
    assert code_digest.of_cell(one) != code_digest.of_cell(other)


def test_every_python_writes_the_same():
    written = code_digest.of_tree(ast.parse(CODE)).encode("utf8")
    assert hashlib.sha256(written).hexdigest()[:16] == "963d90583c3e58e9"


def test_a_cell_may_have_magics_and_what_cannot_be_read_counts_as_it_is():
    assert code_digest.of_cell("%time x = 1") != code_digest.of_cell("%time x = 2")
    assert code_digest.of_cell("x = = 1") == ("x = = 1",)
