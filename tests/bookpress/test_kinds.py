"""What a page has published is compared with the entry of its kind of demo."""

import json

import pytest

from bookpress.site import kinds

ENTRY = {
    "inputs": {"input": ["int", "batch", "time"], "mask?": ["number", "batch", "time"]},
    "outputs": {"chances": ["float", "batch", "...", "words"]},
    "arrays": {"vectors?": ["float32", "words", 2]},
    "settings": {"words": {"type": "array"}, "length?": {"type": "integer", "minimum": 1}},
}


def packed(kind, *shape):
    return {"type": kind, "shape": list(shape), "data": ""}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one kind of demo."""
    text = (
        f"// A kind.\nexport const entry = {json.dumps(ENTRY, indent=2)};\n\nconst more = {{}};\n"
    )
    (tmp_path / "toy.js").write_text(text, encoding="utf8")
    return tmp_path


def payload(**changes):
    """Return what a page publishes for the kind, with changes such as ``inputs__mask``."""
    made = {
        "kind": "toy",
        "settings": {"words": ["a", "b", "c"]},
        "arrays": {},
        "pictures": {},
        "inputs": {"input": packed("int64", 4, 7)},
        "outputs": {"chances": packed("float32", 4, 7, 3)},
        "states": {},
    }
    for place, value in changes.items():
        part, _, key = place.partition("__")
        made[part] = {**made[part], key: value} if key else value
    sample = {"inputs": made.pop("inputs"), "outputs": [made.pop("outputs")]}
    return made | {"sample": sample}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"inputs__mask": packed("float32", 4, 7)},
        {"outputs__chances": packed("float32", 4, 3)},
        {"arrays__vectors": packed("float32", 3, 2), "settings__length": 5},
        {"inputs__input": packed("uint8", 4, 7)},
    ],
)
def test_what_the_entry_says_is_allowed(folder, changes):
    assert kinds.faults(payload(**changes), folder) == []


def test_what_an_earlier_version_published_asks_for_another_execution(folder):
    before = payload() | {"sample": {"input": {}, "outputs": {"output": {}}}}
    assert "execute the page again" in kinds.faults(before, folder)[0]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "toys"}, "unknown kind of demo 'toys'; did you mean 'toy'? Choose from: toy."),
        ({"inputs": {}}, "needs the input 'input'"),
        (
            {"inputs__other": packed("int64", 4)},
            "takes no input 'other'; its inputs are: input, mask",
        ),
        (
            {"inputs__input": packed("float32", 4, 7)},
            "takes the input 'input' as int (batch, time), and gets float32 (4, 7)",
        ),
        (
            {"inputs__mask": packed("float32", 4, 6)},
            "takes the input 'mask' as number (batch = 4, time = 7), and gets float32 (4, 6)",
        ),
        (
            {"outputs__chances": packed("float32", 4, 5)},
            "the output 'chances' as float (batch = 4, ..., words = 3), and gets float32 (4, 5)",
        ),
        ({"outputs__chances": packed("float32", 3)}, "and gets float32 (3)"),
        ({"settings": {"words": 3}}, "refuses the setting 'words': 3 is not of type 'array'"),
        ({"settings__length": 0}, "refuses the setting 'length': 0 is less than the minimum of 1"),
        ({"settings__lenght": 3}, "refuses its settings: Additional properties are not allowed"),
        ({"states": {"chances": "input"}}, "takes no model with states"),
        ({"pictures": {"cat": {}}}, "refuses its pictures"),
    ],
)
def test_a_fault_says_what_is_wanted_and_what_came(folder, changes, fault):
    found = kinds.faults(payload(**changes), folder)
    assert any(fault in each for each in found), found


def test_states_are_as_many_as_the_model_has(folder):
    with_states = json.dumps(ENTRY | {"states": True}, indent=2)
    (folder / "toy.js").write_text(f"export const entry = {with_states};\n", encoding="utf8")
    state = packed("float32", 4, 16)
    made = payload(inputs__old=state, outputs__new=state, states={"new": "old"})
    assert kinds.faults(made, folder) == []


def test_a_demo_without_a_model_is_compared_too(folder):
    (folder / "toy.js").write_text("export const entry = {\n};\n", encoding="utf8")
    plain = {"kind": "toy", "settings": {}, "arrays": {}, "pictures": {}}
    assert kinds.faults(plain, folder) == []
    assert "takes no input 'input'" in kinds.faults(payload(), folder)[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("const entry = {};", "toy.js has no entry: write 'export const entry = {...};'"),
        ("// A kind.\nexport const entry = {\n  inputs: {}\n};", "toy.js:3: the entry is not JSON"),
    ],
)
def test_a_kind_without_a_readable_entry_is_told(folder, text, reason):
    (folder / "toy.js").write_text(text, encoding="utf8")
    (fault,) = kinds.faults(payload(), folder)
    assert reason in fault


@pytest.mark.parametrize("kind", kinds.names())
def test_every_kind_of_the_book_says_what_it_takes(kind):
    entry = kinds.read(kinds.FOLDER / f"{kind}.js")
    assert set(entry) <= {"inputs", "outputs", "states", "arrays", "pictures", "settings"}
