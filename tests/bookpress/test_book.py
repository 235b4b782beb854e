"""Pages as they lie on disk: their titles, their text, and how their Markdown is read."""

from pathlib import Path

import pytest

from bookpress.book import Book, BookError

ROOT = Path(__file__).parents[2]
HEAD = "---\n# a comment\nfile_format: mystnb\n---\n"
CELL = "```{code-cell} python\n# another comment\nx = 1\n```\n"


@pytest.fixture
def read(fixture_book):
    """Return a function that writes a page as bytes and reads it."""

    def write_and_read(content):
        path = fixture_book.root / "book/part/one.md"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
        return fixture_book.book.select(("part/one",))[0]

    return write_and_read


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (HEAD + "\n# The title\n", "The title"),
        (HEAD + CELL + "\n# The title\n", "The title"),
        (HEAD + CELL + "\nThe title\n=========\n", "The title"),
        (HEAD + CELL + "\n## The title\n", "The title"),
        ("% # a comment\n\n```\n# code\n```\n\n# The title\n", "The title"),
        (HEAD + CELL, "part/one"),
    ],
)
def test_the_title_is_the_first_heading_and_no_comment(read, text, title):
    assert read(text).title == title


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_change_nothing(read, newline, encoding):
    text = HEAD + CELL + "\n# Größe\n\n```{code-cell} python\n---\ntags: [wide]\n---\ny\n```\n"
    page = read(text.replace("\n", newline).encode(encoding))
    assert page.front_matter == {"file_format": "mystnb"}
    assert page.title == "Größe"
    assert [cell.source for cell in page.cells] == ["# another comment\nx = 1", "y"]
    assert page.cells[1].metadata["tags"] == ["wide"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_page_that_is_not_utf8_is_told_with_the_place_and_the_remedy(read, encoding):
    place = {"latin-1": r"one\.md:6: byte 46 of the file, 0xf6", "utf-16": r"one\.md:1: byte 1 "}
    text = (HEAD + "\n# Größe\n").encode(encoding)
    with pytest.raises(BookError, match=place[encoding] + ".*iconv -f latin1"):
        _ = read(text).text


def test_settings_that_are_not_utf8_are_told_too(fixture_book):
    (fixture_book.root / "_config.yml").write_bytes("title: Größe\n".encode("latin-1"))
    with pytest.raises(BookError, match=r"_config\.yml:1: byte 10 of the file"):
        _ = fixture_book.book.config


def test_pages_are_read_with_the_settings_that_the_site_has(fixture_book):
    fixture_book.edit("_config.yml", "config: {", "config: {myst_dmath_allow_space: false, ")
    config = fixture_book.book.markdown.config
    assert not config.dmath_allow_space
    assert config.dmath_allow_digits
    assert "dollarmath" in config.enable_extensions


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("from $50,000 to $500,000", []),
        ("between $5k and US$6k", []),
        ("a $x$ and $y^2$-like $5 < x_1$.", ["x", "y^2", "5 < x_1"]),
    ],
)
def test_an_amount_in_this_book_is_no_formula(text, formulas):
    _, inline, _ = Book.find(ROOT).markdown.parse(text)
    found = [token.content for token in inline.children if token.type.startswith("math")]
    assert found == formulas


def test_the_lines_of_cells_are_those_of_the_file(read):
    page = read(HEAD + "\n\n# Title\n\n" + CELL + "\n\n\nWords\n\nmore\n" + CELL)
    lines = page.text.split("\n")
    assert page.lines == [7, 9, 16, 19]
    assert [lines[line - 1] for line in page.lines[::2]] == ["# Title", "Words"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD + "```{code-cell}\n:load: nothing.py\n```\n", "nothing.py"),
        (
            HEAD + "```{code-cell}\n:tags: hide-input\n```\n",
            ":6: 'tags' must be a list of names, such as",
        ),
        (HEAD + "```{code-cell}\n:tags: !!python/object:x y\n```\n", ":6: the options of the cell"),
        (HEAD + "```{code-cell}\n---\na: [1\n---\n```\n", ":7: the options of the cell"),
        (CELL, "does not say 'file_format: mystnb'"),
        ("---\nfile_format: mystnb\nkernelspec:\n---\n" + CELL, ":3: 'kernelspec' must be"),
    ],
)
def test_a_page_that_is_no_notebook_is_named_with_the_reason(read, text, reason):
    with pytest.raises(BookError) as raised:
        _ = read(text).notebook
    assert "one.md" in str(raised.value)
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
