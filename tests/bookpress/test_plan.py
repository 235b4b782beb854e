"""The plan: what makes a page stale, and what does not."""

import pytest

from bookpress import plan
from bookpress.book import Book, BookError, UnknownPageError, page_name


def keys(fixture):
    """Return the key of each page of a fixture book."""
    book = fixture.book
    return {state.page.name: state.key for state in plan.make(book, book.pages)}


def changed(fixture, before):
    """Return the pages whose key is another than before."""
    return {name for name, key in keys(fixture).items() if before[name] != key}


def test_prose_captions_and_display_tags_leave_the_key_alone(fixture_book):
    before = keys(fixture_book)
    fixture_book.edit("book/part/one.md", "The value is", "Its value, one can see, is")
    fixture_book.edit(
        "book/part/one.md",
        "```{code-cell} python\nfrom",
        "```{code-cell} python\n---\ntags: [hide-input]\n"
        "mystnb:\n  figure: {caption: New}\n---\nfrom",
    )
    assert changed(fixture_book, before) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import minilib.images", "import minilib.images; x = 1"),
        ("```{code-cell} python\nfrom", "```{code-cell} python\n:tags: [skip-execution]\nfrom"),
        ("name: python3", "name: other"),
    ],
)
def test_code_tags_of_execution_and_the_kernel_change_the_key(fixture_book, old, new):
    before = keys(fixture_book)
    fixture_book.edit("book/part/one.md", old, new)
    assert changed(fixture_book, before) == {"part/one"}


@pytest.mark.parametrize(
    ("code", "file"),
    [
        ("import minilib.images", "images.py"),
        ("import minilib.images", "colors.py"),
        ("from minilib import draw", "images.py"),
        ("from minilib import *\ndraw()", "colors.py"),
        ("from minilib import lazily", "deep.py"),
    ],
)
def test_an_edited_module_changes_the_pages_that_use_it_and_no_others(fixture_book, code, file):
    fixture_book.page("part/three", code)
    before = keys(fixture_book)
    (fixture_book.root / "src/minilib" / file).open("a").write("\nEDITED = True\n")
    touched = changed(fixture_book, before)
    assert "part/three" in touched
    assert "part/two" not in touched


def test_comments_of_a_module_count_only_where_its_source_is_shown(fixture_book):
    fixture_book.page("part/shown", "import minilib.images\nfrom textlib import show_source")
    before = keys(fixture_book)
    fixture_book.edit("src/minilib/colors.py", "RED", "# As in the logo.\nRED")
    assert changed(fixture_book, before) == {"part/shown"}


def test_scale_is_part_of_the_key(fixture_book):
    book = fixture_book.book
    (quick, _), (full, _) = (
        plan.make(book, book.pages, scale=scale) for scale in ("quick", "full")
    )
    assert quick.key != full.key


def test_a_file_named_in_the_front_matter_is_part_of_the_key(fixture_book):
    fixture_book.edit("book/part/one.md", "covers: [DLR-one]", "files: [table.csv]")
    before = keys(fixture_book)
    fixture_book.write("book/part/table.csv", "1,2")
    assert changed(fixture_book, before) == {"part/one"}


def test_a_page_that_was_never_executed_says_so(fixture_book):
    book = fixture_book.book
    assert [state.reasons for state in plan.make(book, book.pages)] == [("never executed",)] * 2


def test_the_graph_names_pages_and_modules(fixture_book):
    book = fixture_book.book
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
