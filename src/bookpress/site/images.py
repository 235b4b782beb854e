"""Pictures as light as they can be without showing it, and with their size stated.

Plots have few colors and become lossless WebP; photographs become lossy WebP of high quality. A
result is kept by the content of its source, so each picture is encoded once. Notebooks keep the
originals.
"""

import hashlib
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sphinx.application import Sphinx

from textlib import paths

_VERSION = b"8"  # change it when `encode` changes
_CSS_DPI = 96
#: No picture is sent with more pixels than a sharp screen can show in the column.
_MAX_WIDTH = 1680
#: Ways to few colors, best first: their number, how they are chosen, and the largest and the mean
#: difference per channel, of 255, that they may make.
_FEW = (
    (64, Image.Quantize.MAXCOVERAGE, 16, 0.3),
    (128, Image.Quantize.MAXCOVERAGE, 16, 0.3),
    (256, Image.Quantize.MAXCOVERAGE, 16, 0.6),
    (256, Image.Quantize.MEDIANCUT, 255, 0.6),
)
#: A color that fills more than this share of a picture keeps within this difference.
_AREA, _AREA_ERROR = 1 / 500, 2
_PHOTO_QUALITY = 84
_TOO_LARGE = 60_000  # bytes of a lossless picture, from where lossy is considered


@dataclass(frozen=True)
class Picture:
    """A published picture.

    Attributes
    ----------
    file
        Its name in the folder of images.
    width, height
        Size on the page, in CSS pixels.
    bytes
        Size of the file.
    """

    file: str
    width: int
    height: int
    bytes: int


def publish(app: Sphinx, file: str, *, width: int | None = None) -> Picture | None:
    """Write the light version of a picture that Sphinx publishes.

    Parameters
    ----------
    app
        The Sphinx application.
    file
        Name of the picture in ``_images``.
    width
        Scale down to this many pixels, for a thumbnail. Default: keep the size.

    Returns
    -------
    Picture or None
        None if the source of the picture is not known or cannot be read.
    """
    source = _source(app, file)
    return None if source is None else publish_file(app, source, stem=Path(file).stem, width=width)


def publish_file(
    app: Sphinx, source: Path, *, stem: str, width: int | None = None
) -> Picture | None:
    """Write the light version of a picture file; see `publish`."""
    if source.suffix == ".svg":
        return _svg(app, source, stem)
    if source.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        return None
    cache = paths.make_dir(Path(app.doctreedir) / "site-images")
    content = source.read_bytes()
    key = hashlib.sha256(_VERSION + str(width).encode() + content).hexdigest()[:24]
    with Image.open(io.BytesIO(content)) as image:
        shown = (
            _shown(image) if width is None else (width, round(width * image.height / image.width))
        )
        light = cache / f"{key}.webp"
        if not light.is_file():
            with paths.atomic_write(light) as draft:
                draft.write_bytes(encode(image, max_width=width or _MAX_WIDTH))
    if width is None and light.stat().st_size >= len(content):
        light = source
    name = f"{stem}{'' if width is None else f'-{width}'}{light.suffix}"
    target = paths.make_dir(Path(app.outdir) / "_images") / name
    shutil.copyfile(light, target)
    return Picture(name, *shown, target.stat().st_size)


def encode(image: Image.Image, *, max_width: int = _MAX_WIDTH) -> bytes:
    """Return a picture as WebP: lossless if few colors are enough and it stays small.

    Parameters
    ----------
    image
        Any picture.
    max_width
        Wider pictures are scaled down, in pixels.
    """
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.getbands() else "RGB")
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    if image.width > max_width:
        height = round(image.height * max_width / image.width)
        image = image.resize((max_width, height), Image.Resampling.LANCZOS)
    few = _few_colors(image)
    exact = None if few is None else _webp(few, lossless=True, quality=80)
    if exact is not None and len(exact) <= _TOO_LARGE:
        return exact
    # Gray photographs and feature maps have few colors too, and no sharp lines to keep.
    lossy = _webp(image, quality=_PHOTO_QUALITY)
    return lossy if exact is None or len(lossy) < len(exact) else exact


def _few_colors(image: Image.Image) -> Image.Image | None:
    """Return the picture in the fewest colors that do not show, or None for a photograph."""
    original = np.asarray(image, np.int16).reshape(-1, len(image.getbands()))
    areas = _areas(original)
    for colors, chosen, of_one_pixel, of_all in _FEW:
        method = Image.Quantize.FASTOCTREE if image.mode == "RGBA" else chosen
        few = image.quantize(colors, method=method, dither=Image.Dither.NONE)
        palette = np.array(few.getpalette(image.mode), np.int16).reshape(-1, original.shape[1])
        indices = np.asarray(few).ravel()
        palette[indices[areas]] = original[areas]
        error = np.abs(palette[indices] - original)
        kept = error[areas].max(initial=0) <= _AREA_ERROR
        if kept and error.max() <= of_one_pixel and error.mean() <= of_all:
            few.putpalette(palette.astype(np.uint8).tobytes(), image.mode)
            return few.convert(image.mode)
    return None


def _areas(pixels: np.ndarray) -> np.ndarray:
    """Return one place of each color that fills an area, the most frequent color last."""
    codes = pixels.astype(np.int64) @ (256 ** np.arange(pixels.shape[1]))
    _, places, counts = np.unique(codes, return_index=True, return_counts=True)
    order = np.argsort(counts)
    return places[order][counts[order] > _AREA * len(codes)]


def _webp(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", method=6, **options)
    return stream.getvalue()


def _shown(image: Image.Image) -> tuple[int, int]:
    """Return the size in CSS pixels: a figure is as large as its size in inches says."""
    dpi = float(image.info.get("dpi", (_CSS_DPI, _CSS_DPI))[0]) or _CSS_DPI
    scale = _CSS_DPI / dpi if dpi > _CSS_DPI else 1.0
    return round(image.width * scale), round(image.height * scale)


def _source(app: Sphinx, file: str) -> Path | None:
    images: dict[str, Any] = getattr(app.builder, "images", {})
    for original, name in images.items():
        if name == file:
            path = Path(app.srcdir) / original
            return path if path.is_file() else None
    return None


def _svg(app: Sphinx, source: Path, stem: str) -> Picture | None:
    head = source.read_text(encoding="utf8", errors="replace")[:4000]
    box = re.search(r'viewBox="\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)', head)
    width = re.search(r'<svg[^>]*?\swidth="([\d.]+)(pt|px|)"', head, re.DOTALL)
    if box is None:
        return None
    ratio = float(box[2]) / float(box[1])
    points = float(width[1]) if width else float(box[1])
    shown = points * _CSS_DPI / 72 if width and width[2] == "pt" else points
    target = paths.make_dir(Path(app.outdir) / "_images") / f"{stem}.svg"
    shutil.copyfile(source, target)
    return Picture(target.name, round(shown), round(shown * ratio), target.stat().st_size)


def setup(app: Sphinx) -> dict[str, Any]:
    """Nothing to register: ``finish`` and ``partmap`` call this module."""
    return {"parallel_read_safe": True, "parallel_write_safe": True}
