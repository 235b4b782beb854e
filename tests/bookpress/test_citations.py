"""Citations of notebooks: short in the text, in full below it."""

import pytest

from bookpress.book import BookError
from bookpress.citations import Bibliography, Citations

ENTRIES = """
@article{lecun, author={LeCun, Yann and Bottou, L{\\'e}on and Haffner, Patrick},
  title={Gradient-based learning}, journal={Proceedings}, year=1998, doi={10.1109/5.726791}}
@book{neumann, author={von Neumann, John and Morgenstern, Oskar}, title={Games},
  publisher={Princeton}, year=1944}
@misc{page, title={The {MNIST} page}, url={https://example.org/mnist}, year=2010}
"""


@pytest.fixture
def file(tmp_path):
    """Give a bibliography."""
    path = tmp_path / "references.bib"
    path.write_text(ENTRIES, encoding="utf8")
    return path


def test_a_citation_names_authors_and_year_and_links_where_there_is_an_address(file):
    citations = Citations(Bibliography([file]))
    assert citations.cite(["lecun", "neumann"], False) == (
        "([LeCun et al., 1998](https://doi.org/10.1109/5.726791); "
        "von Neumann and Morgenstern, 1944)"
    )
    assert citations.cite(["page"], True) == "[The MNIST page (2010)](https://example.org/mnist)"


def test_the_list_has_what_was_cited_by_author_in_the_style_of_the_site(file):
    citations = Citations(Bibliography([file]))
    citations.cite(["neumann", "lecun"], False)
    first, second = citations.references()
    assert first.startswith("- Yann LeCun, Léon Bottou, and Patrick Haffner")
    assert "(https://doi.org/10.1109/5.726791)" in first
    assert second.startswith("- John von Neumann")
    assert "*Games*" in second


def test_a_key_that_is_missing_is_shown_as_it_is(file):
    assert Citations(Bibliography([file])).cite(["nobody"], False) == "(nobody)"


def test_a_file_that_cannot_be_read_is_told_with_its_line(file, tmp_path):
    file.write_text("@article{a,\n  title={x}\n  year=2}\n")
    with pytest.raises(BookError, match=r"references\.bib cannot be read: .*line 3"):
        Bibliography([file, tmp_path / "none.bib"])


def test_an_entry_that_lacks_something_is_named(file):
    file.write_text("@article{unnamed, title={x}}")
    citations = Citations(Bibliography([file]))
    citations.cite(["unnamed"], False)
    with pytest.raises(BookError, match=r"missing .* in unnamed"):
        citations.references()
