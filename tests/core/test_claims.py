"""Claims hold or stop, with their numbers, in a notebook and outside one."""

import json

import numpy as np
import pytest
from IPython.utils.capture import capture_output

from textlib import claims


def test_a_claim_that_holds_is_returned_with_its_sentence():
    claim = claims.check(
        "better", 0.97 > 0.9, "accuracy {test:.0%} beats {bar:.0%}", test=0.97, bar=0.9
    )
    assert claim.sentence == "accuracy 97% beats 90%"
    assert claim.numbers == {"test": 0.97, "bar": 0.9}


def test_a_claim_that_fails_stops_with_sentence_and_numbers():
    with pytest.raises(claims.ClaimError, match=r"'better'.*accuracy 80%.*test = 0\.8"):
        claims.check("better", False, "accuracy {test:.0%}", test=0.8)


def test_numpy_values_count_as_numbers_and_conditions():
    claim = claims.check("np", np.bool_(True), "{value:.2f}", value=np.float32(0.5))
    assert claim.holds is True
    assert claim.numbers == {"value": 0.5}


def test_a_placeholder_without_a_number_is_refused():
    with pytest.raises(ValueError, match=r"names \['test'\].*the numbers are: train"):
        claims.check("typo", True, "accuracy {test:.0%}", train=0.8)


def test_in_a_notebook_a_claim_shows_itself_and_carries_its_record(notebook):
    with capture_output() as captured:
        claims.check("shown", True, "<b>{value}</b> holds", value=1)
    (output,) = captured.outputs
    assert "&lt;b&gt;1&lt;/b&gt; holds" in output.data["text/html"]
    assert output.metadata["textlib"]["claim"] == {
        "name": "shown",
        "sentence": "<b>1</b> holds",
        "holds": True,
        "numbers": {"value": 1.0},
        "kind": "measured",
        "spread": {},
        "survives": "",
    }


def test_a_failing_claim_is_shown_before_it_stops(notebook):
    with capture_output() as captured, pytest.raises(claims.ClaimError):
        claims.check("shown", False, "not so")
    assert "claim-fails" in captured.outputs[0].data["text/html"]


def test_a_number_reaches_the_prose_as_myst_nb_expects_it(notebook):
    with capture_output() as captured:
        claims.number("accuracy", 0.9712, ".1%")
    (output,) = captured.outputs
    assert output.data == {"application/papermill.record/text/plain": "'97.1%'"}
    glue = {"name": "accuracy", "mime_prefix": "application/papermill.record/"}
    assert output.metadata == {"scrapbook": glue}


@pytest.mark.parametrize(("value", "spec", "shown"), [(7380, ",d", "7,380"), (0.9, ".2f", "0.90")])
def test_a_number_is_shown_as_it_was_formatted(notebook, value, spec, shown):
    pytest.importorskip("myst_nb", reason="only who makes the book has it")
    from myst_nb.core.variables import format_plain_text

    with capture_output() as captured:
        claims.number("value", value, spec)
    (text,) = captured.outputs[0].data.values()
    assert format_plain_text(text, "") == shown


def test_outside_a_notebook_nothing_is_shown(capsys):
    claims.number("accuracy", 0.5, ".1%")
    claims.check("quiet", True, "silent")
    assert capsys.readouterr().out == ""


def test_a_wrong_format_is_an_error_even_outside_a_notebook():
    with pytest.raises(ValueError, match="format"):
        claims.number("accuracy", "high", ".1%")


def test_a_whole_number_keeps_its_format():
    assert claims.check("count", True, "{n:,d} rows", n=60_000).sentence == "60,000 rows"


def test_a_time_is_shown_with_its_spread():
    claim = claims.check("quick", True, "{times:.1f} ms", kind="timing", times=[3.0, 1.0, 2.0])
    assert claim.sentence == "2.0 (1.0 to 3.0) ms"
    assert claim.numbers == {"times": 2.0}
    assert claim.spread == {"times": [1.0, 3.0]}


def test_a_time_never_stops_a_page(notebook):
    with capture_output() as captured:
        claim = claims.check("slow", False, "{t:.0f} ms", kind="timing", t=np.array([1, 2, 3]))
    assert not claim.holds
    assert not claim.fails
    assert "Not so on this machine" in captured.outputs[0].data["text/html"]


def test_a_time_that_was_measured_once_is_refused():
    with pytest.raises(ValueError, match=r"'once' is about time.*at least 3 times"):
        claims.check("once", True, "{t:.0f} ms", kind="timing", t=5.0)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind of claim 'x': 'exakt'; did you mean 'exact'"):
        claims.check("x", True, "so", kind="exakt")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("-inf")])
def test_what_json_has_no_number_for_is_recorded_as_text(notebook, value):
    with capture_output() as captured:
        claims.check("diverges", True, "loss {loss:.2f}", loss=value)
    recorded = captured.outputs[0].metadata["textlib"]["claim"]
    json.dumps(recorded, allow_nan=False)
    assert repr(float(recorded["numbers"]["loss"])) == repr(float(value))
