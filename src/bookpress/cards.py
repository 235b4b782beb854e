"""The questions and terms of the published book as cards for spaced repetition, one Anki file.

Each quiz is a card in the deck of its part: the question with its answers in front, behind them
which is right, and why. Each term of the glossary is one as well. A card keeps its identity, and
with it what a reader has learned, as long as its question says the same, whatever its numbers.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from bs4 import Tag

from bookpress import published
from bookpress.book import Book, BookError, Page, parts
from bookpress.repository import Repository
from textlib import paths

FIELDS = ("Front", "Back", "Source")
STYLE = """
.card{font:20px/1.45 Literata,Georgia,serif;max-width:34em;margin:1em auto;padding:0 .6em}
ol{list-style:upper-alpha;padding-left:1.6em}
li{margin:.35em 0}
li.right{font-weight:600}
li.right::marker{content:"\\2713  "}
li p{margin:.15em 0;font-weight:400}
code{font-size:.9em}
.source{font-size:.75em;opacity:.7}
hr{margin:1.2em 0}
"""
FRONT = "{{Front}}"
BACK = '{{Front}}<hr id="answer">{{Back}}<p class="source">{{Source}}</p>'


@dataclass(frozen=True)
class Card:
    """What a card says, as HTML, and what makes it the same card in the next edition."""

    identity: str
    front: str
    back: str
    source: str


def write(book: Book, target: Path) -> Path:
    """Write the cards of a published book.

    Raises
    ------
    BookError
        If a page has not been published, or the book has neither quizzes nor terms.
    """
    import genanki

    title = str(book.config.get("title", "Book"))
    model = genanki.Model(
        _number("model", title),
        title,
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Card", "qfmt": FRONT, "afmt": BACK}],
        css=STYLE,
    )
    decks = []
    for caption, cards in _decks(book):
        deck = genanki.Deck(_number("deck", title, caption), f"{title}::{caption}")
        for card in cards:
            note = genanki.Note(
                model, [card.front, card.back, card.source], guid=genanki.guid_for(card.identity)
            )
            deck.add_note(note)
        decks.append(deck)
    if not decks:
        raise BookError("the book has no quiz and no glossary to make cards of.")
    with paths.atomic_write(target) as draft:
        genanki.Package(decks).write_to_file(str(draft), timestamp=0)
    return target


def _decks(book: Book) -> Iterator[tuple[str, list[Card]]]:
    """Yield the parts of the book, each with its cards, and the glossary."""
    site = Repository.of(book).site
    terms: list[Card] = []
    for caption, pages in parts(book):
        found: list[Card] = []
        for page in pages:
            article = _article(book, page)
            if article is None:
                continue
            _settle(article, f"{site}{page.name}.html")
            found += _quizzes(article, page, site)
            terms += _terms(article, page, site)
        if found:
            yield caption or page.title, found
    if terms:
        yield "Glossary", terms


def _article(book: Book, page: Page) -> Tag | None:
    """Return the text of a published page; ``None`` if nothing in it becomes a card."""
    text = published.read(book, page)
    if 'class="quiz"' not in text and 'class="glossary"' not in text:
        return None
    return published.article(text, page.name)


def _settle(article: Tag, address: str) -> None:
    """Take off what serves the site alone, and have links lead to the site."""
    for tag in article.select(".headerlink, .hidden, .quiz-mark, .quiz-title"):
        tag.decompose()
    for link in article.find_all("a", href=True):
        link["href"] = urljoin(address, str(link["href"]))


def _quizzes(article: Tag, page: Page, site: str) -> Iterator[Card]:
    for quiz in article.select(".quiz"):
        question = quiz.select_one(".quiz-question")
        assert question is not None
        choices, solved = [], []
        for answer in quiz.select(".quiz-answer"):
            summary, why = answer.select_one("summary > span"), answer.select_one(".quiz-why")
            assert summary is not None
            assert why is not None
            text, right = _inner(summary), "quiz-right" in answer["class"]
            choices.append(f"<li>{text}</li>")
            solved.append(f'<li class="{"right" if right else "wrong"}">{text}{_inner(why)}</li>')
        asked = _inner(question)
        yield Card(
            identity=f"quiz {page.name} {_said(question)}",
            front=f"{asked}<ol>{''.join(choices)}</ol>",
            back=f"<ol>{''.join(solved)}</ol>",
            source=_link(page, site, str(quiz["id"])),
        )


def _terms(article: Tag, page: Page, site: str) -> Iterator[Card]:
    for meaning in article.select("dl.glossary > dd"):
        names: list[Tag] = []
        for before in meaning.find_previous_siblings(["dt", "dd"]):
            if before.name == "dd":
                break
            names.insert(0, before)
        words = ", ".join(_inner(name) for name in names)
        place = str(names[0].get("id", ""))
        yield Card(f"term {place}", f"<p>{words}</p>", _inner(meaning), _link(page, site, place))


def _inner(tag: Tag) -> str:
    """Return what is in a tag, without identifiers, which are those of a page."""
    for inner in tag.find_all(True):
        inner.attrs.pop("id", None)
    return re.sub(r"\s+", " ", tag.decode_contents()).strip()


def _said(question: Tag) -> str:
    """Return the words of a question, by which it is known: numbers may differ from run to run."""
    return " ".join(re.findall(r"[a-z]+", question.get_text().lower()))


def _link(page: Page, site: str, place: str) -> str:
    title = page.title.replace("`", "")
    return f'<a href="{site}{page.name}.html#{place}">{title}</a>'


def _number(*words: str) -> int:
    """Return a number for Anki that stays the same for the same words."""
    return int(hashlib.sha256("\n".join(words).encode()).hexdigest()[:8], 16) | 1 << 30
