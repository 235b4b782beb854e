"""What stands at the top of a page: found, checked, and told to the author in one line."""

import pytest

from bookpress.book import BookError
from bookpress.frontmatter import Settings, read
from bookpress.markdown import PageError


def page(*own, before="", end="---"):
    """Return a page with lines below ``textlib:``."""
    lines = "".join(f"  {line}\n" for line in own)
    return f"{before}---\nfile_format: mystnb\ntextlib:\n{lines}{end}\n\n# Title\n"


def test_settings_have_the_kinds_that_they_say():
    own = page(
        "covers: [DLR-5.1a]", "data: [mnist, imdb]", "files: []", "timeout: 90", "thumbnail:"
    )
    assert Settings.of(read(own)["textlib"]) == Settings(
        covers=("DLR-5.1a",), data=("mnist", "imdb"), timeout=90.0
    )


@pytest.mark.parametrize(
    "text",
    ["# Title\n", "", "\n\nWords\n", "Words\n\n---\n\nmore\n", "\n---\nWords: more\n\n---\n"],
)
def test_a_page_needs_no_front_matter(text):
    assert read(text) == {}
    assert Settings.of(read(text).get("textlib")) == Settings()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("data: mnist", "a list of names, such as [first, second]; it is 'mnist'"),
        ("data: [1]", "a list of names, such as [first, second]; it is [1]"),
        ("data: {mnist: 1}", "a list of names, such as [first, second]; it is {'mnist': 1}"),
        ("data: ['']", "a list of names, such as [first, second]; it is ['']"),
        ("covers: 3", "a list of names, such as [first, second]; it is 3"),
        ("files: {}", "a list of names, such as [first, second]; it is {}"),
        ("files: false", "a list of names, such as [first, second]; it is False"),
        ("thumbnail: [fig-a]", "a text; it is ['fig-a']"),
        ("thumbnail: 0", "a text; it is 0"),
        ("timeout: soon", "a number of seconds above 0; it is 'soon'"),
        ("timeout: 0", "a number of seconds above 0; it is 0"),
        ("timeout: true", "a number of seconds above 0; it is True"),
        ("timeout: .nan", "a number of seconds above 0; it is nan"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_is_wanted(line, wanted):
    with pytest.raises(PageError) as raised:
        read(page("covers: []" if "covers" not in line else "data: []", line))
    key = line.partition(":")[0]
    assert str(raised.value) == f"'textlib: {key}' must be {wanted}."
    assert raised.value.line == 5


def test_an_unknown_key_is_named_with_the_nearest_that_exists():
    with pytest.raises(PageError, match="unknown key 'timout'; did you mean 'timeout'"):
        read(page("timout: 3"))


@pytest.mark.parametrize("key", ["textlib", "myst", "jupytext"])
def test_what_must_be_a_mapping_is_told_apart_from_a_text(key):
    with pytest.raises(PageError, match=f"'{key}' must be a mapping") as raised:
        read(f"---\nfile_format: mystnb\n{key}: python3\n---\n")
    assert raised.value.line == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kernelspec: {name: 3, display_name: Python}", "'kernelspec' must be a mapping with"),
        ("kernelspec: {display_name: Python}", "'kernelspec' must be a mapping with"),
        ("myst: {substitutions: [key]}", "'myst: substitutions' must be a mapping"),
        ("mystnb: [execution_mode]", "'mystnb' must be a mapping"),
        ("title: 1984", "'title' must be a text; it is 1984"),
        ("authors: Ada", "'authors' must be a list; it is 'Ada'"),
        ("2026: year", "the front matter must be a mapping"),
    ],
)
def test_what_others_read_is_checked_at_every_depth(line, said):
    with pytest.raises(PageError, match=said):
        read(f"---\nfile_format: mystnb\n{line}\n---\n")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("---\n- a\n- b\n---\n", 2, "must be a mapping"),
        ("---\na: 1\nb: 'x\n---\n", 3, "not YAML"),
        ("---\nfile_format: mystnb\n\n# Title\n", 1, "no line '---' ends it"),
        ("\n\n---\nfile_format: mystnb\n---\n", 3, "must begin on the first line"),
        ("  ---\nfile_format: mystnb\n---\n", 1, "must begin on the first line"),
    ],
)
def test_a_block_that_cannot_be_read_is_told_with_its_line(text, line, reason):
    with pytest.raises(PageError, match=reason) as raised:
        read(text)
    assert raised.value.line == line


def test_the_page_and_the_line_are_named_before_anything_executes(fixture_book):
    fixture_book.edit("book/part/one.md", "covers: [DLR-one]", "data: mnist")
    done = fixture_book.press("build", "--no-publish")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "book/part/one.md:6: 'textlib: data' must be a list of names, "
        "such as [first, second]; it is 'mnist'."
    )
    assert "Traceback" not in done.stderr


def test_a_page_without_code_is_checked_too(fixture_book):
    fixture_book.write("book/index.md", "---\ntextlib: {data: mnist}\n---\n\n# Words\n")
    with pytest.raises(BookError, match=r"index\.md:2: 'textlib: data' must be"):
        [page.executes for page in fixture_book.book.pages]


def test_a_value_that_comes_from_elsewhere_in_the_block_is_checked_too():
    with pytest.raises(PageError, match="'textlib: data' must be a list"):
        read("---\nbase: &base {data: mnist}\ntextlib: {<<: *base}\n---\n")
