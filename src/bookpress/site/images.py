"""Pictures as light as they can be without showing it, and with their size stated.

Plots have few colors and become lossless WebP; photographs become lossy WebP of high quality. A
result is kept by the content of its source, so each picture is encoded once. Notebooks keep the
originals; the site keeps only what its pages and style sheets refer to.
"""

import contextlib
import hashlib
import io
import re
import shutil
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps
from sphinx.application import Sphinx

from bookpress.files import read_json, write_json
from textlib import paths

_VERSION = b"10"  # change it when `encode` changes
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
_SIDEWAYS = (5, 6, 7, 8)  # orientations of EXIF that exchange width and height
_NAMED = re.compile(r"_images/([^\s\"'()<>?#]+)")
_WORDS = re.compile(r'alt(?:" content)?="[^"]*"')  # may say a path, but refers to nothing
_NAMING = (".html", ".css", ".js", ".svg", ".xml", ".json")  # files that can refer to a picture


@dataclass(frozen=True)
class Picture:
    """A published picture.

    Attributes
    ----------
    file
        Its name in the folder of images, as an address spells it.
    width, height
        Size on the page, in CSS pixels.
    bytes
        Size of the file.
    """

    file: str
    width: int
    height: int
    bytes: int


def publish(app: Sphinx, file: str) -> Picture | None:
    """Write the light version of a picture that Sphinx publishes.

    Parameters
    ----------
    app
        The Sphinx application.
    file
        Name of the picture in ``_images``, as an address spells it.

    Returns
    -------
    Picture or None
        None if the source of the picture is not known or cannot be read.
    """
    found = origin(app, file)
    return publish_file(app, found, name=unquote(file)) if found is not None else None


def origin(app: Sphinx, file: str) -> Path | None:
    """Return the file of which a picture in ``_images`` was made, by the address of either."""
    names = {unquote(file), unquote(file).removesuffix(".webp")}
    for original, published in getattr(app.builder, "images", {}).items():
        if published in names and (found := Path(app.srcdir) / original).is_file():
            return found
    return None


def publish_file(
    app: Sphinx, source: Path, *, name: str, width: int | None = None
) -> Picture | None:
    """Write the light version of a picture file.

    Parameters
    ----------
    app
        The Sphinx application.
    source
        The picture.
    name
        What to call it in ``_images``; the suffix ``.webp`` is added where it became one.
    width
        Scale down to this many pixels, for a thumbnail. Default: keep the size.

    Returns
    -------
    Picture or None
        None if the picture cannot be read.
    """
    if source.suffix.lower() == ".svg":
        size = _svg_size(source)
        return None if size is None else _put(app, source, name, size)
    content = source.read_bytes()
    try:
        light, shown = _light(app, content, width)
    except OSError:
        return None
    return _put(app, light or source, f"{name}.webp" if light else name, shown)


def _light(app: Sphinx, content: bytes, width: int | None) -> tuple[Path | None, tuple[int, int]]:
    """Return the file with the light version of a picture, if that is lighter, and its size.

    Both are made once and kept by the picture's content: to ask a picture for its size can take
    as long as to decode it.
    """
    key = hashlib.sha256(_VERSION + str(width).encode() + content).hexdigest()[:24]
    cache = paths.make_dir(Path(app.doctreedir) / "site-images")
    light, facts = cache / f"{key}.webp", cache / f"{key}.json"
    if known := read_json(facts):
        return light if light.is_file() else None, (known["width"], known["height"])
    with Image.open(io.BytesIO(content)) as image:
        shown = _shown(image)
        if width is not None:
            shown = width, round(width * shown[1] / shown[0])
        encoded = None if _moves(image) else encode(image, max_width=width or _MAX_WIDTH)
    if encoded is not None and (width is not None or len(encoded) < len(content)):
        with paths.atomic_write(light) as draft:
            draft.write_bytes(encoded)
    write_json(facts, {"width": shown[0], "height": shown[1]})
    return light if light.is_file() else None, shown


def _put(app: Sphinx, file: Path, name: str, shown: tuple[int, int]) -> Picture:
    target = paths.make_dir(Path(app.outdir) / "_images") / name
    shutil.copyfile(file, target)
    return Picture(quote(name), *shown, target.stat().st_size)


def _moves(image: Image.Image) -> bool:
    """Tell whether a picture is an animation; a camera's second picture is none."""
    return getattr(image, "is_animated", False) and image.format != "MPO"


def encode(image: Image.Image, *, max_width: int = _MAX_WIDTH) -> bytes:
    """Return a picture as WebP: lossless if few colors are enough and it stays small.

    Parameters
    ----------
    image
        Any picture.
    max_width
        Wider pictures are scaled down, in pixels.
    """
    image = _plain(image)
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


def _plain(image: Image.Image) -> Image.Image:
    """Return a picture upright, in sRGB with 8 bits a channel, and without hidden facts."""
    image = ImageOps.exif_transpose(image)
    image = _srgb(_eight_bits(image))
    image.info.clear()  # a phone notes where it was
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture with 8 bits a channel, and transparent where it was."""
    if image.mode.startswith("I"):  # Pillow would turn everything above 255 white
        levels = np.asarray(image)
        gray = Image.fromarray((levels // 257).clip(0, 255).astype(np.uint8))
        gray.info = dict(image.info)
        if (clear := gray.info.pop("transparency", None)) is not None:
            gray.putalpha(Image.fromarray(255 * (levels != clear).astype(np.uint8)))
        return gray
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _srgb(image: Image.Image) -> Image.Image:
    """Return a picture in the colors of the web, as RGB or RGBA."""
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    found = image.convert("RGB")
    if profile := image.info.get("icc_profile"):
        with contextlib.suppress(OSError, ImageCms.PyCMSError):  # damaged, or of another mode
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            inks = image if alpha is None else found
            web = ImageCms.createProfile("sRGB")
            found = ImageCms.profileToProfile(inks, given, web, outputMode="RGB") or found
    if alpha is not None:
        found.putalpha(alpha)
    return found


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
    width, height = round(image.width * scale), round(image.height * scale)
    sideways = image.getexif().get(ExifTags.Base.Orientation) in _SIDEWAYS
    return (height, width) if sideways else (width, height)


def _svg_size(source: Path) -> tuple[int, int] | None:
    head = source.read_text(encoding="utf8", errors="replace")[:4000]
    box = re.search(r'viewBox="\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)', head)
    width = re.search(r'<svg[^>]*?\swidth="([\d.]+)(pt|px|)"', head, re.DOTALL)
    if box is None:
        return None
    ratio = float(box[2]) / float(box[1])
    points = float(width[1]) if width else float(box[1])
    shown = points * _CSS_DPI / 72 if width and width[2] == "pt" else points
    return round(shown), round(shown * ratio)


def remove_unused(app: Sphinx, exception: Exception | None) -> None:
    """Delete the pictures that nothing on the site refers to, such as replaced originals.

    The files of the site are asked, not this build: it may have written few of the pages.
    """
    folder = Path(app.outdir) / "_images"
    if exception is not None or app.builder.format != "html" or not folder.is_dir():
        return
    used: set[str] = set()
    for file in Path(app.outdir).rglob("*"):
        if file.suffix in _NAMING and file.is_file():
            text = _WORDS.sub("", file.read_text(encoding="utf8", errors="replace"))
            used.update(unquote(unescape(name)) for name in _NAMED.findall(text))
    for picture in folder.iterdir():
        if picture.is_file() and picture.name not in used:
            picture.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Clean up after the build; ``finish`` and ``partmap`` call the rest of this module."""
    app.connect("build-finished", remove_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
