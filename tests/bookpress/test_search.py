"""The records of the search: what a section is about, in which words, and the index of them."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from docutils import nodes
from sphinx import addnodes

from bookpress.site import search

PAGE = "vision/convolution"


def section(name, title, *content):
    return nodes.section("", nodes.title("", title), *content, ids=[name])


def paragraph(*content):
    return nodes.paragraph(
        "", "", *(nodes.Text(each) if isinstance(each, str) else each for each in content)
    )


def link(term, text):
    return nodes.reference("", text, refuri=f"../back/glossary.html#term-{term}")


def defines(*terms):
    return addnodes.index(entries=[("single", term, "", "", None) for term in terms])


def environment(page=PAGE, title="Convolution by hand", number=(34,)):
    return SimpleNamespace(
        config=SimpleNamespace(root_doc="index"),
        titles={page: nodes.title("", title)},
        metadata={page: {"description": "Windows that slide over pictures."}},
        toc_secnumbers={page: {"": number}},
    )


def records(*sections, page=PAGE, environment=None):
    document = nodes.document(None, None)
    document += section("top", "Convolution by hand", paragraph("Look closely."), *sections)
    return list(search.records(environment or ENVIRONMENT, page, document))


ENVIRONMENT = environment()


class TestRecords:
    def test_a_page_is_a_record_for_its_opening_and_one_for_each_section(self):
        opening, inner = records(section("fields", "Fields", paragraph("How far it sees.")))
        assert (opening.url, opening.title) == (f"{PAGE}.html", "Convolution by hand")
        assert (inner.url, inner.title) == (f"{PAGE}.html#fields", "Fields")
        assert inner.chapter == "34. Convolution by hand"
        assert "How far" in inner.text
        assert "How far" not in opening.text

    def test_a_page_is_about_what_its_description_says(self):
        opening, inner = records(section("fields", "Fields"))
        assert "Windows that slide" in opening.about
        assert inner.about == ""

    def test_a_section_defines_its_index_entries_and_is_about_terms_that_it_links(self):
        *_, inner = records(
            section(
                "fields",
                "Fields",
                defines("stride", "layer; building a"),
                paragraph("The ", link("receptive-field", "fields"), " grow."),
            )
        )
        assert inner.terms == "stride; layer building a"
        assert inner.about == "receptive field"
        assert inner.text == "The fields grow."

    def test_code_is_kept_apart_and_formulas_and_outputs_are_left_out(self):
        output = nodes.container("", paragraph("0.97"), classes=["cell_output"])
        cell = nodes.literal_block("", "layers.Conv2D(32, 3)")
        *_, inner = records(section("fields", "Fields", cell, output, nodes.math_block("", "x^2")))
        assert (inner.text, inner.code) == ("", "layers Conv2D 32 3")

    def test_exercises_and_listings_count_less_than_explanations(self):
        opening, plain, exercises = records(section("a", "Fields"), section("b", "Exercises"))
        assert exercises.factor < plain.factor < opening.factor
        name = "back/results"
        *_, listed = records(section("a", "Fields"), page=name, environment=environment(name))
        assert listed.factor < exercises.factor

    def test_each_entry_of_the_glossary_is_a_record_with_its_other_names(self):
        item = nodes.definition_list_item(
            "",
            nodes.term("", "support vector machine", ids=["term-support-vector-machine"]),
            nodes.definition("", paragraph("A classifier with a\nmargin; SVM.")),
        )
        glossary = addnodes.glossary("", nodes.definition_list("", item))
        *_, entry = records(glossary)
        assert entry.url.endswith("#term-support-vector-machine")
        assert entry.terms == "support vector machine; SVM"
        assert "margin" in entry.text


@pytest.mark.parametrize(
    ("definition", "others"),
    [
        ("A layer with two gates; GRU for short.", ["GRU"]),
        ("A network of convolutions; a convnet.", ["convnet"]),
        ("A row with one one; also called one-hot encoding.", ["one-hot encoding"]),
        ("A price on weights; weight decay is a relative.", []),
    ],
)
def test_the_glossary_says_how_else_a_term_is_called(definition, others):
    assert [one or two for one, two in search.OTHER_NAMES.findall(definition)] == others


def record(**changes):
    return replace(search.Record("a.html", "Title", "", "", "", "", "", 1.0), **changes)


GLOSSARY = record(url="g.html#term-one-hot", terms="one-hot; one-hot encoding")


def test_other_names_stand_beside_a_name_however_it_is_spelled():
    defined = record(terms="One-hot")
    linked = record(about="one hot; stride")
    _, defined, linked = search.with_other_names([GLOSSARY, defined, linked])
    assert defined.terms == "One-hot; one-hot encoding"
    assert linked.about == "one hot; stride; one-hot encoding"


def test_a_section_without_names_gets_none():
    assert search.with_other_names([GLOSSARY, record()])[1] == record()


def test_words_counts_all_that_a_reader_may_look_for():
    counted = search.words([record(title="Strides", text="strides, K-fold", code="fit(x)")])
    assert counted == {"fit": 1, "fold": 1, "k": 1, "strides": 2, "x": 1}


class TestIndex:
    FOUND = (record(text="Strides & <b>padding</b>."), record(url="b.html", text="Pooling."))

    def test_it_holds_what_the_page_loads_and_no_interface_of_pagefind(self, tmp_path):
        folder = tmp_path / "_pagefind"
        search.make_index(self.FOUND, folder)
        made = {path.name for path in folder.iterdir()}
        assert {"pagefind.js", "pagefind-entry.json", "words.json", "fragment"} <= made
        assert not [name for name in made if "ui" in name]
        assert all(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        assert json.loads((folder / "words.json").read_text())["pooling"] == 1
        assert list(tmp_path.iterdir()) == [folder]

    def test_it_is_made_again_only_if_a_record_changed(self, tmp_path, monkeypatch):
        folder = tmp_path / "_pagefind"
        search.make_index(self.FOUND, folder)
        before = (folder / "digest.txt").read_text()
        run = search.subprocess.run
        monkeypatch.setattr(search.subprocess, "run", None)
        search.make_index(self.FOUND, folder)
        monkeypatch.setattr(search.subprocess, "run", run)
        search.make_index(self.FOUND[:1], folder)
        assert (folder / "digest.txt").read_text() != before
        assert len(list((folder / "fragment").iterdir())) == 1

    def test_a_failure_keeps_the_old_index(self, tmp_path, monkeypatch):
        folder = tmp_path / "_pagefind"
        search.make_index(self.FOUND, folder)
        failed = SimpleNamespace(returncode=1, stdout="", stderr="no space")
        monkeypatch.setattr(search.subprocess, "run", lambda *_, **__: failed)
        with pytest.raises(search.ExtensionError, match="no space"):
            search.make_index(self.FOUND[:1], folder)
        assert len(list((folder / "fragment").iterdir())) == 2

    def test_records_of_pages_that_are_gone_go_too(self, tmp_path):
        app = SimpleNamespace(
            doctreedir=tmp_path / "doctrees",
            outdir=tmp_path,
            builder=SimpleNamespace(format="html"),
            env=SimpleNamespace(found_docs={"part/one"}),
        )
        for page in ("part/one", "part/gone"):
            file = tmp_path / "doctrees/search" / f"{page}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps([search.asdict(record(url=f"{page}.html"))]))
        search.write_index(app, None)
        assert [path.stem for path in (tmp_path / "doctrees/search/part").iterdir()] == ["one"]
        assert len(list((tmp_path / "_pagefind/fragment").iterdir())) == 1
