"""Make the fonts that the site serves: ``python -m bookpress.site.fonts``.

The results are kept under version control, so that building the book needs none of this. It cuts
Literata (text) and STIX Two Math (formulas) down to the characters of a book in English with
mathematics. What few pages use (letters with accents; bold, script, double-struck letters in
formulas) are files of their own, which browsers fetch for the pages that need them. Both fonts
come from registry packages: ``pip install fonttools brotli fontpkg-literata ziamath``. Both are
under the SIL Open Font License, which the theme ships next to them.
"""

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "theme" / "static" / "fonts"

_COMMON = [*range(0x20, 0x7F), 0xA0, 0xA7, 0xA9, 0xB0, 0xB1, 0xB7, 0xD7, 0xE4, 0xE9, 0xF6, 0xFC]
_PUNCTUATION = [*range(0x2010, 0x2030), 0x2032, 0x2033, 0x20AC, 0x2122]
_SYMBOLS = [*range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x2713]
_TEXT = [*_COMMON, *_PUNCTUATION, *_SYMBOLS]
_ACCENTS = sorted({*range(0xA1, 0x180)} - {*_COMMON})  # book.css and math.css name these ranges
_TEXT_FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "lnum", "tnum"]

_MATH_BLOCKS: list[Iterable[int]] = [
    range(0x20, 0x7F),
    [0xA0, 0xAC, 0xAF, 0xB0, 0xB1, 0xB4, 0xB7, 0xD7, 0xF7, 0x131, 0x237],
    [0x2C6, 0x2C7, 0x2D8, 0x2D9, 0x2DC, 0x300, 0x301, 0x302, 0x303, 0x304, 0x307, 0x308, 0x30C],
    [*range(0x391, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5, 0x3D6, 0x3F0, 0x3F1, 0x3F5],
    [0x2013, 0x2014, 0x2016, 0x2019, 0x2020, 0x2022, 0x2026, *range(0x2032, 0x2035), 0x203E],
    [0x2044, 0x20D0, 0x20D1, 0x20D6, 0x20D7, 0x2061, 0x2062, 0x2063, 0x210E, 0x2113],
    [*range(0x2190, 0x2196), 0x21A6, 0x21D0, 0x21D2, 0x21D4, 0x27F5, 0x27F6, 0x27F9],
    [*range(0x2200, 0x2214), *range(0x2217, 0x221B), 0x221D, 0x221E, 0x2223, 0x2225, 0x2226],
    [*range(0x2227, 0x2230), 0x2234, 0x223C, 0x2243, 0x2245, 0x2248, 0x2254, 0x225C, 0x2260],
    [0x2261, 0x2264, 0x2265, 0x226A, 0x226B, 0x227A, 0x227B, *range(0x2282, 0x2288), 0x2295],
    [0x2297, 0x2299, 0x22A4, 0x22A5, *range(0x22C0, 0x22C4), 0x22C5, 0x22C6],
    [*range(0x22EE, 0x22F2), *range(0x2308, 0x230C), 0x23B4, 0x23B5, *range(0x23DC, 0x23E0)],
    [0x25A1, 0x27E8, 0x27E9, 0x2A01, 0x2A02, 0x2A7D, 0x2A7E],
    range(0x1D434, 0x1D468),  # italic
    [0x1D6A4, 0x1D6A5, *range(0x1D6E2, 0x1D71C)],  # dotless; italic Greek
]
_ALPHABETS: list[Iterable[int]] = [
    [0x2102, *range(0x210B, 0x210E), *range(0x2110, 0x2113), 0x2115, *range(0x2119, 0x211E)],
    [0x2124, 0x212C, *range(0x2130, 0x2134)],  # script, Fraktur and double-struck of early days
    range(0x1D400, 0x1D434),  # bold
    range(0x1D468, 0x1D49C),  # bold italic
    range(0x1D49C, 0x1D4B6),  # script capitals
    range(0x1D538, 0x1D552),  # double-struck capitals
    [*range(0x1D6A8, 0x1D6E2), *range(0x1D71C, 0x1D756), 0x1D7D9],  # bold Greek; a one
]
# No "ssty", the heavier forms for scripts: they would double the file, for Firefox alone.
_MATH_FEATURES = ["dtls", "flac", "kern", "ss04"]
_ROOT_WIDTH = 830  # the smallest root sign has 794


def text_font(name: str, style: str, characters: list[int]) -> None:
    """Write a part of one style of the text font, variable in weight from 400 to 700."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    source = _package("fontpkg_literata") / "files" / f"Literata{style}[opsz,wght].ttf"
    font = _subset(TTFont(source), characters, _TEXT_FEATURES)
    font = instancer.instantiateVariableFont(font, {"opsz": 14, "wght": (400, 700)})
    _save(font, name)


def math_font(name: str, blocks: Iterable[Iterable[int]]) -> None:
    """Write a part of the math font, with the table that makes roots and brackets grow."""
    from fontTools.ttLib import TTFont

    source = _package("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"
    characters = [code for block in blocks for code in block]
    font = _subset(TTFont(source), characters, _MATH_FEATURES)
    _slim_roots(font)
    _save(font, name)


def _slim_roots(font: Any) -> None:
    """Make the large root signs as wide as a small one.

    Chromium reserves the width of the widest for each root, and leaves a gap after small ones.
    """
    glyphs = font["glyf"].glyphs
    for glyph in [name for name in glyphs if name.startswith("uni221A.")]:
        advance, bearing = font["hmtx"][glyph]
        outline = font["glyf"][glyph]
        outline.coordinates.scale((_ROOT_WIDTH / advance, 1))
        outline.coordinates.toInt()
        outline.recalcBounds(font["glyf"])
        font["hmtx"][glyph] = (_ROOT_WIDTH, round(bearing * _ROOT_WIDTH / advance))


def _subset(font: Any, characters: Iterable[int], features: list[str]) -> Any:
    from fontTools import subset

    options = subset.Options(layout_features=features, hinting=False, notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return font


def _save(font: Any, name: str) -> None:
    font.flavor = "woff2"
    FOLDER.mkdir(parents=True, exist_ok=True)
    font.save(FOLDER / name)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(
            f"the fonts are cut from the package {name!r}, which is not installed; run "
            "'pip install fonttools brotli fontpkg-literata ziamath'."
        )
    return Path(found.origin).parent


if __name__ == "__main__":
    for style in ("", "-Italic"):
        text_font(f"text{style.lower()}.woff2", style, _TEXT)
        text_font(f"accents{style.lower()}.woff2", style, _ACCENTS)
    math_font("math.woff2", _MATH_BLOCKS)
    math_font("math-alphabets.woff2", _ALPHABETS)
