"""``show_source`` prints the code that the tests run, without its docstrings."""

import pytest

import textlib
from textlib import claims, scale


def test_it_shows_the_real_code_without_the_docstring():
    shown = textlib.show_source(scale.pick).data
    assert "return quick if current()" in shown
    assert '"""' not in shown


def test_the_docstring_can_be_kept():
    assert (
        "Return the value for the current scale"
        in textlib.show_source(scale.pick, docstring=True).data
    )


def test_comments_stay_and_the_code_still_compiles():
    compile(textlib.show_source(claims.Claim).data, "shown", "exec")


def test_what_has_no_source_is_refused():
    with pytest.raises(TypeError, match="pass a function, class or method"):
        textlib.show_source(len)


def test_it_is_no_formula():
    from IPython.core.formatters import DisplayFormatter

    formats, _ = DisplayFormatter().format(textlib.show_source(scale.pick))
    assert set(formats) == {"text/plain", "text/html"}
