"""Claims are tried on seeds and against controls, and what came out is kept."""

import copy
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from bookpress import claim_checks, claim_records
from bookpress.execute import Outcome
from bookpress.page_cache import PageCache
from bookpress.site import claims as boxes


def claim(name, holds=True, kind="measured", **more):
    facts = {"name": name, "sentence": name, "holds": holds, "kind": kind, "numbers": {"n": 1.0}}
    return facts | more


def outcome(*claims, seed=0, control=""):
    return Outcome(
        "part/one",
        "executed",
        claims=list(claims),
        seed=seed,
        control=control,
        executed="2026-01-02T03",
    )


@pytest.fixture
def book(fixture_book):
    return fixture_book.book


def test_a_record_says_on_how_many_seeds_a_claim_held(book):
    claim_records.update(
        book, "part/one", [outcome(claim("a")), outcome(claim("a", False), seed=1)]
    )
    (trial,) = claim_records.load(book, "part/one").trials.values()
    assert trial["seeds"] == 2
    assert trial["claims"]["a"]["held"] == 1
    assert trial["claims"]["a"]["numbers"] == {"n": [1.0, 1.0, 1.0]}


CODE = """
claims.check("plain", x > 0.5, "{x} is much", x=x)
claims.check("exact", n == 3, "three", kind="exact")
claims.check("reasoned", True, "so", survives="it is about " f"the {start}")
claims.check("timed", True, "quick", kind="timing")
"""


def page_of(*sources):
    return SimpleNamespace(
        cells=[SimpleNamespace(source=source, metadata={}) for source in sources]
    )


def test_a_measured_claim_that_needs_no_training_is_unexplained_until_the_page_says_why(
    fixture_book,
):
    fixture_book.page("part/one", CODE.replace('survives="it', 'survives="It'))
    names = ("plain", "exact", "reasoned", "timed", "gone")
    trials = [outcome(*map(claim, names)), outcome(*map(claim, names), control="untrained")]
    claim_records.update(fixture_book.book, "part/one", trials)
    page = fixture_book.book.select(("part/one",))[0]
    assert claim_records.problems(fixture_book.book, page) == [
        "plain holds untrained, and the page gives no reason"
    ]
    fixture_book.page("part/one", CODE.replace("x=x", 'x=x, survives="x is a count"'))
    page = fixture_book.book.select(("part/one",))[0]
    assert claim_records.problems(fixture_book.book, page) == []


def test_labels_are_dealt_out_anew_only_where_a_page_has_some():
    def controls(*data):
        return claim_checks.controls_for(SimpleNamespace(settings=SimpleNamespace(data=data)))

    assert (
        controls()
        == controls("weather")
        == controls("shakespeare", "no-such-set")
        == ("untrained",)
    )
    assert controls("weather", "mnist") == ("untrained", "shuffled")


def test_the_checks_of_a_page_are_read_without_running_it():
    checks = claim_checks.of_page(page_of("%time y = 1", CODE, "x = = 1"))
    assert list(checks) == ["plain", "exact", "reasoned", "timed"]
    assert checks["plain"].condition == "x > 0.5"
    assert (checks["exact"].kind, checks["timed"].kind) == ("exact", "timing")
    assert checks["reasoned"].survives


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{x} is much", "{x} is a lot"),
        ('x=x)', 'x=x, kind="exact")'),
        ('x=x)', 'x=x, survives="a reason")'),
        ("\nclaims", "\n# of interest\nclaims"),
    ],
)  # fmt: skip
def test_a_record_stays_current_when_only_the_wording_of_a_claim_changes(before, after):
    changed = CODE.replace(before, after, 1)
    assert changed != CODE
    assert claim_records.key_of(page_of(changed)) == claim_records.key_of(page_of(CODE))


def test_a_record_stays_current_when_a_cell_is_cut_in_two():
    first, *rest = CODE.strip().splitlines(keepends=True)
    whole, cut = page_of(CODE), page_of(first, "".join(rest))
    assert claim_records.key_of(cut) == claim_records.key_of(whole)


@pytest.mark.parametrize(
    ("before", "after"), [("x > 0.5", "x > 0.6"), ("x=x", "x=2 * x"), ("plain", "plainer")]
)
def test_a_record_is_old_when_a_condition_a_number_or_a_name_changes(before, after):
    changed = CODE.replace(before, after, 1)
    assert claim_records.key_of(page_of(changed)) != claim_records.key_of(page_of(CODE))


def test_a_record_is_old_when_the_code_of_its_page_changed(book):
    claim_records.update(book, "part/one", [outcome(claim("a"))])
    page = book.select(("part/one",))[0]
    record = claim_records.load(book, "part/one")
    assert not claim_records.is_old(record, page)
    assert claim_records.is_old(replace(record, key="of other code"), page)


def test_a_new_trial_keeps_what_is_known_of_the_same_code(book):
    claim_records.update(book, "part/one", [outcome(claim("a"), control="untrained")])
    claim_records.update(book, "part/one", [outcome(claim("a"))])
    record = claim_records.load(book, "part/one")
    assert record.untrained
    assert record.trials


def test_a_record_of_another_version_or_a_damaged_one_is_not_read(book):
    path = claim_records.update(book, "part/one", [outcome(claim("a"))])
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    assert claim_records.load(book, "part/one") is None
    path.write_text("{")
    assert claim_records.load(book, "part/one") is None


def test_the_box_of_a_claim_opens_to_condition_numbers_and_history(book):
    page = book.select(("part/one",))[0]
    notebook = copy.deepcopy(page.notebook)
    facts = {"inputs": {}, "seconds": 1.0, "peak_memory": 0, "executed": "2026-01-02"}
    PageCache(book).commit(page, notebook, claims=[claim("positive", numbers={"v": 20.0})], **facts)
    claim_records.update(book, "part/one", [outcome(claim("positive"))])
    soup = BeautifulSoup(
        '<p class="claim claim-holds" id="claim-positive">✓ it is 20</p>', "html.parser"
    )
    app = SimpleNamespace(
        srcdir=book.source, env=SimpleNamespace(config=SimpleNamespace(root_doc="index"))
    )
    boxes.open_boxes(app, soup, "part/one")
    box = soup.select_one("details#claim-positive.claim-holds")
    assert box.summary.get_text() == "✓ it is 20"
    assert box.code.get_text() == "scale.seed(20) > 0"
    text = box.dl.get_text(" ")
    assert "v = 20" in text
    assert "held on 1 of 1 seeds, TensorFlow" in text
    assert "has changed" not in text


@pytest.mark.slow
def test_controls_train_nothing_and_shuffle_labels(fixture_book):
    code = """
import keras, numpy as np
from textlib import datasets
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
before = model.get_weights()[0].copy()
x = np.arange(8.0)[:, None]
model.fit(x, x, epochs=1, verbose=0)
moved = float(abs(model.get_weights()[0] - before).max())
claims.check("learns", moved > 0, "it moves by {moved}", moved=moved)
claims.check("after-it", x.size == 8, "it was tried after one that failed")
labels = datasets.load("moons", n=200, seed=0).train.y
claims.check("in-order", int(labels.sum()) > 0, "{n} labels are 1", n=int(labels.sum()))
"""
    fixture_book.page("part/one", code)
    fixture_book.edit("book/part/one.md", "covers: [DLR-one]", "data: [moons]")
    done = fixture_book.press(
        "claims", "part/one", "--seeds", "1", "--untrained", "--shuffled", "--record"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = claim_records.load(fixture_book.book, "part/one")
    assert record.untrained == {
        "learns": False,
        "after-it": True,
        "in-order": True,
        "positive": True,
    }
    assert record.shuffled["learns"] is True
    status = fixture_book.press("status", "part/one").stdout
    assert "learns holds shuffled, and the page gives no reason" in status
    assert "1 with claims that lack a record or a reason" in status


def test_what_the_record_of_a_page_lacks_is_said_in_order(book):
    page = book.select(("part/one",))[0]
    assert claim_records.problems(book, page) == ["no record of its claims"]
    claim_records.update(book, "part/one", [outcome(claim("positive"), control="untrained")])
    assert claim_records.problems(book, page) == ["its claims were tried on no seed"]
    claim_records.update(book, "part/one", [outcome(claim("positive"))])
    assert claim_records.problems(book, page) == [
        "positive holds untrained, and the page gives no reason"
    ]
    claim_records.update(book, "part/one", [outcome(claim("positive", False), control="untrained")])
    assert claim_records.problems(book, page) == []
    claim_records.update(book, "part/one", [outcome(control="untrained")])
    assert claim_records.problems(book, page) == ["not tried untrained: positive"]
