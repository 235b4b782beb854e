"""The plan: what makes a page stale, and what does not."""

import copy
import time

import pytest

from bookpress import dependencies, plan
from bookpress.book import Book, BookError, UnknownPageError, page_name
from bookpress.page_cache import PageCache
from textlib.datasets import registry


def stale(fixture, **options):
    """Return the stale pages of a fixture book with the reasons."""
    book = fixture.book
    states = plan.make(book, book.pages, **options)
    return {state.page.name: state.reasons for state in states if not state.fresh}


def test_prose_captions_and_display_tags_leave_pages_fresh(executed_book):
    executed_book.edit("book/part/one.md", "The value is", "Its value, one can see, is")
    executed_book.edit(
        "book/part/one.md",
        "```{code-cell} python\nfrom",
        "```{code-cell} python\n---\ntags: [hide-input]\n"
        "mystnb:\n  figure: {caption: New}\n---\nfrom",
    )
    assert stale(executed_book) == {}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("import minilib.images", "import minilib.images; x = 1", "code cell 1 changed"),
        (
            "```{code-cell} python\nfrom",
            "```{code-cell} python\n:tags: [skip-execution]\nfrom",
            "code cell 1 changed",
        ),
        ("name: python3", "name: other", "kernel is other, was python3"),
        ("covers: [DLR-one]", "files: [table.csv]", "file book/part/table.csv changed"),
    ],
)
def test_a_page_is_stale_for_what_changed_in_it(executed_book, old, new, reason):
    executed_book.write("book/part/table.csv", "1,2")
    executed_book.edit("book/part/one.md", old, new)
    assert stale(executed_book) == {"part/one": (reason,)}


def test_a_file_that_a_page_names_and_does_not_have_is_an_error_with_its_line(fixture_book):
    fixture_book.edit("book/part/one.md", "covers: [DLR-one]", "files: [missing.csv]")
    with pytest.raises(BookError, match=r"one\.md:6: .*'missing\.csv'"):
        stale(fixture_book)


def test_a_page_is_stale_when_a_module_that_it_loaded_changed_or_is_gone(executed_book):
    executed_book.edit("src/minilib/colors.py", "'red'", "'crimson'")
    assert stale(executed_book) == {"part/one": ("module minilib.colors changed",)}
    (executed_book.root / "src/minilib/curves.py").unlink()
    assert stale(executed_book)["part/two"] == ("module minilib.curves changed",)


def test_kept_digests_hold_only_while_no_file_of_the_packages_changes(executed_book):
    assert stale(executed_book) == {}
    kept = executed_book.book.press_dir / "digests.json"
    assert kept.is_file()
    executed_book.edit("src/minilib/colors.py", "'red'", "'tan'")  # of the same size
    assert stale(executed_book) == {"part/one": ("module minilib.colors changed",)}
    executed_book.edit("src/minilib/colors.py", "'tan'", "'red'")
    assert stale(executed_book) == {}
    kept.write_text("[", encoding="utf8")
    assert stale(executed_book) == {}


def test_other_versions_of_libraries_and_another_scale_make_pages_stale(executed_book, monkeypatch):
    assert stale(executed_book, scale="full")["part/one"] == ("scale is full, was quick",)
    monkeypatch.setattr(dependencies, "_version", lambda name: "99")
    assert "numpy 99, was " in " ".join(stale(executed_book)["part/one"])


def test_another_version_of_a_dataset_or_of_weights_makes_its_pages_stale(executed_book):
    store = PageCache(executed_book.book)
    stamp = store.stamp("part/one")
    listed = {"data": {"moons": registry.get("moons").key}, "weights": {"squeezenet": "f00"}}
    page = executed_book.book.select(("part/one",))[0]
    facts = {name: getattr(stamp, name) for name in ("seconds", "peak_memory", "executed")}
    notebook = copy.deepcopy(page.notebook)
    store.commit(page, notebook, inputs={**stamp.inputs, **listed}, **facts)
    assert stale(executed_book) == {"part/one": ("weights squeezenet changed",)}
    listed["weights"] = {}
    listed["data"]["moons"] = "moons 0"
    store.commit(page, notebook, inputs={**stamp.inputs, **listed}, **facts)
    assert stale(executed_book) == {"part/one": ("data moons changed",)}


def test_what_is_edited_while_a_page_runs_makes_it_stale(executed_book):
    book = executed_book.book
    found = dependencies.Dependencies(book)
    (executed_book.root / "book/table.csv").write_text("1,2")
    report = {"modules": ["minilib.colors"], "read": [str(found.root / "book/table.csv")]}
    listed = found.listed(report, [], began=0.0)
    now = dependencies.Dependencies(book).now(listed)
    assert listed["modules"] != now["modules"]
    assert listed["files"] != now["files"]
    listed = found.listed(report, [], began=time.time() + 60)
    assert listed == dependencies.Dependencies(book).now(listed)


def test_a_list_of_another_version_is_not_believed(executed_book, monkeypatch):
    monkeypatch.setattr(dependencies, "FORMAT", dependencies.FORMAT + 1)
    assert stale(executed_book)["part/one"] == ("made by another version of the press",)


def test_a_page_that_was_never_executed_says_so(fixture_book):
    book = fixture_book.book
    assert [state.reasons for state in plan.make(book, book.pages)] == [("never executed",)] * 2


def test_the_graph_names_pages_and_modules(executed_book):
    book = executed_book.book
    graph = plan.mermaid(plan.make(book, book.pages))
    assert graph.startswith("graph LR")
    assert "n_part_one --> n_minilib_images" in graph
    assert "n_part_two --> n_minilib_images" not in graph


def test_an_unknown_page_gets_the_nearest_name(fixture_book):
    with pytest.raises(UnknownPageError, match="did you mean 'part/one'"):
        fixture_book.book.select(("part/onne",))


def test_pages_are_chosen_by_name_file_or_folder(fixture_book):
    book = fixture_book.book
    by_file = book.select((str(fixture_book.root / "book/part/two.md"),))
    assert [page.name for page in by_file] == ["part/two"]
    assert [page.name for page in book.select(("part",))] == ["part/one", "part/two"]
    assert page_name("book/part/one.md") == "part/one"


def test_code_cells_without_a_header_are_an_error_that_says_what_to_add(fixture_book):
    fixture_book.edit("book/part/one.md", "file_format: mystnb\n", "")
    with pytest.raises(BookError, match="file_format: mystnb"):
        _ = fixture_book.book.select(("part/one",))[0].notebook


@pytest.mark.parametrize(
    ("options", "place", "reason"),
    [
        ("---\nmystnb:\n  figure:\n    caption: Left: right\n---\n", 4, "'caption: Left: right'"),
        ('---\ntags: [a]\nmystnb:\n  figure:\n    caption: "open\n---\n', 5, "'caption: \"open'"),
        ("---\nmystnb:\n  figure:\n    name: fig\n", 0, "no line '---' ends them"),
        (":tags: [a, b\n", 1, "'tags: [a, b'"),
        ("---\n- mystnb\n---\n", 2, "must be a mapping, 'key: value'; this is a list"),
        ("---\nmystnb:\n  figure: fig-one\n---\n", 0, "'figure' must be a mapping"),
        ("---\nmystnb:\n  image:\n    alt: {a: b}\n---\n", 0, "'alt' of 'image' must be text"),
    ],
)
def test_options_of_a_cell_that_cannot_be_read_are_named_with_their_line(
    fixture_book, options, place, reason
):
    path = fixture_book.page("part/one", "import minilib.images")
    fence = path.read_text().splitlines().index("```{code-cell} python") + 1
    fixture_book.edit("book/part/one.md", "python\nfrom", f"python\n{options}from")
    with pytest.raises(BookError) as caught:
        plan.make(fixture_book.book, fixture_book.book.pages)
    assert f"{path}:{fence + place}: " in str(caught.value)
    assert reason in str(caught.value)


def test_a_page_of_the_contents_without_a_file_stops_a_whole_build_only(fixture_book):
    (fixture_book.root / "book/part/two.md").unlink()
    book = fixture_book.book
    with pytest.raises(BookError, match="part/two"):
        book.select(())
    assert [page.name for page in book.select(("part/one",))] == ["part/one"]


def test_outside_of_a_book_the_error_says_what_is_missing(tmp_path):
    with pytest.raises(BookError, match=r"_config.yml"):
        Book.find(tmp_path)
