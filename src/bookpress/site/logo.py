"""The book's mark, drawn in code: a network that narrows to one output and reads as "play".

``python -m bookpress.site.logo FOLDER`` writes ``logo.svg``, ``favicon.svg`` and ``card.png``;
the pages have the mark inline, so that it takes the colors of the theme.
"""

import sys
from itertools import pairwise, product
from pathlib import Path

from PIL import Image, ImageDraw

from textlib.plotting import palette

Point = tuple[float, float]

#: Units per layer, from left to right, on a square of 64.
_LAYERS = (4, 3, 2, 1)
_LEFT, _RIGHT, _TOP, _BOTTOM = 12.0, 54.0, 8.0, 56.0


def layers() -> list[list[Point]]:
    """Return the centers of the units, layer by layer."""
    step = (_RIGHT - _LEFT) / (len(_LAYERS) - 1)
    gap = (_BOTTOM - _TOP) / (_LAYERS[0] - 1)
    found = []
    for column, size in enumerate(_LAYERS):
        first = 32 - gap * (size - 1) / 2
        found.append([(_LEFT + column * step, first + row * gap) for row in range(size)])
    return found


def mark(*, line: str, unit: str, output: str) -> str:
    """Return the mark as SVG shapes on a square of 64.

    Parameters
    ----------
    line, unit, output
        Colors of the connections, the units, and the last unit; any CSS color.
    """
    columns = layers()
    path = "".join(
        f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
        for left, right in pairwise(columns)
        for (x1, y1), (x2, y2) in product(left, right)
    )
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.2"/>' for column in columns[:-1] for x, y in column
    )
    x, y = columns[-1][0]
    return (
        f'<path d="{path}" fill="none" stroke="{line}" stroke-width="1.1" opacity=".55"/>'
        f'<g fill="{unit}">{dots}</g><circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{output}"/>'
    )


def favicon() -> str:
    """Return the mark for a browser's tab: fewer units, so that it stays clear at 16 pixels."""
    points = [(14, 12), (14, 52), (32, 32), (54, 32)]
    path = "M14 12L32 32L14 52M32 32L54 32M14 12L54 32L14 52Z"
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="8"/>' for x, y in points[:-1])
    x, y = points[-1]
    return _document(
        f"<style>g{{fill:{palette.BLUE};stroke:{palette.BLUE}}}@media (prefers-color-scheme:dark)"
        f"{{g{{fill:{palette.DARK_ACCENT};stroke:{palette.DARK_ACCENT}}}}}</style>"
        f'<g><path d="{path}" fill="none" stroke-width="3"/>{dots}</g>'
        f'<circle cx="{x}" cy="{y}" r="10" fill="{palette.ORANGE}"/>'
    )


def logo() -> str:
    """Return the mark for a light background, as a file of its own."""
    return _document(mark(line=palette.BLUE, unit=palette.BLUE, output=palette.ORANGE))


def _document(shapes: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{shapes}</svg>\n'


def card() -> Image.Image:
    """Return the mark as a picture of 1200 by 630 pixels, for links that others share."""
    wide, high, scale = 1200, 630, 7.6
    image = Image.new("RGB", (2 * wide, 2 * high), palette.BACKGROUND)  # drawn double, for edges
    draw = ImageDraw.Draw(image)

    def at(point: Point) -> Point:
        return (wide + (point[0] - 33) * 2 * scale, high + (point[1] - 32) * 2 * scale)

    columns = layers()
    for left, right in pairwise(columns):
        for start, end in product(left, right):
            draw.line([at(start), at(end)], fill="#9fb2d6", width=10)
    for column in columns:
        last = column is columns[-1]
        for point in column:
            color = palette.ORANGE if last else palette.BLUE
            draw.circle(at(point), (6 if last else 4.2) * 2 * scale, fill=color)
    return image.resize((wide, high), Image.Resampling.LANCZOS)


def write(folder: Path) -> None:
    """Write the logo, the icon and the card into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    card().quantize(64).save(folder / "card.png", optimize=True)
    (folder / "logo.svg").write_text(logo(), encoding="utf8")
    (folder / "favicon.svg").write_text(favicon(), encoding="utf8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
