"""Pictures put together from real parts, with exact labels, boxes and masks.

Photographic cut-outs are pasted on photographs of monuments, and digits on a canvas. Training
pictures use training parts only and test pictures test parts only, so nothing leaks.

``n`` and ``test`` are the pictures of each part, ``seed`` is the seed of the composition.
Boxes are ``(x_min, y_min, x_max, y_max)`` in pixels; the last two lie just outside the object.
"""

import functools
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from textlib import paths
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.generated import streams
from textlib.datasets.loading import load
from textlib.datasets.pixels import square
from textlib.datasets.prepared import open_items, split_items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.store import Saved
from textlib.fetching import sources

KINDS = ("mammal", "bird", "flower", "fruit", "vegetable")
_FOLDERS = {
    "mammal": "animals/mammals",
    "bird": "animals/birds",
    "flower": "plants/flowers",
    "fruit": "food/fruit",
    "vegetable": "food/vegetables",
}
_DRAWN = ("mirror", "cartoon", "toys", "plastic", "flip", "hedgehog")  # not photographs, or twins
_SIDE = 128


# --- cut-outs -----------------------------------------------------------------------------------


def _cutouts(folder: Path) -> dict[str, Any]:
    root = folder / "usr/share/tuxpaint/stamps"
    images, labels, names = [], [], []
    for label, kind in enumerate(KINDS):
        for path in sorted((root / _FOLDERS[kind]).rglob("*.png")):
            inside = path.relative_to(root).as_posix()
            if not any(word in inside for word in _DRAWN):
                images.append(_fitted(path.read_bytes()))
                labels.append(label)
                names.append(path.stem.replace("_", " "))
    y = np.array(labels, dtype=np.int64)
    return split_items({"x": np.stack(images), "y": y, "names": names}, (0.7, 0.3), labels=y)


def _fitted(image: bytes) -> np.ndarray:
    """Return a cut-out, trimmed and shrunk to fit a square, in its middle."""
    from PIL import Image

    picture = Image.open(io.BytesIO(image)).convert("RGBA")
    picture = picture.crop(picture.getchannel("A").getbbox())
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=None)
    canvas = Image.new("RGBA", (_SIDE, _SIDE))
    canvas.paste(picture, ((_SIDE - picture.width) // 2, (_SIDE - picture.height) // 2))
    return np.asarray(canvas)


@register(
    Info(
        name="cutouts",
        title="Photographic cut-outs",
        family="images",
        summary="Some 160 photographs of mammals, birds, flowers, fruit and vegetables without "
        "background, 128 by 128 with transparency.",
        task="parts for composites; masks",
        kind="stand-in",
        stands_for="the flowers of the source books",
        license="GPL-2",
        citation="B. Kendrick and contributors, Tux Paint stamps, 2022, https://tuxpaint.org.",
        source="Debian package tuxpaint-stamps-default",
        shapes="x (n, 128, 128, 4) uint8, the last channel is opacity; y int64",
        size_mb=161,
        notes="Credit Tux Paint where pictures are published.",
        url="https://tuxpaint.org/stamps/",
    ),
    Recipe(
        sources.debian(
            "tuxpaint-stamps-default",
            *(f"usr/share/tuxpaint/stamps/{folder}/*.png" for folder in _FOLDERS.values()),
        ),
        _cutouts,
    ),
    digest="89aa4b598f257fc9031f64e684bc362251759faf5ad97688f85dd6a3bbc047de",
)
def cutouts(info: Info, saved: Saved) -> Dataset:
    """Return the cut-outs; ``extra`` has their names, by part."""
    return open_items(info, saved, class_names=KINDS, extra={"names": "names"})


# --- pasting ------------------------------------------------------------------------------------


class Pasteboard:
    """A picture under construction: pixels, class mask, and the boxes of what was pasted.

    Parameters
    ----------
    background
        ``uint8``, shape ``(size, size, 3)`` or ``(size, size)``.
    """

    def __init__(self, background: np.ndarray) -> None:
        self.pixels = background.astype(np.float32)
        self.mask = np.zeros(background.shape[:2], dtype=np.uint8)
        self.boxes: list[tuple[int, int, int, int]] = []
        self.labels: list[int] = []

    def free(self, box: tuple[int, int, int, int], *, most: float = 0.0) -> bool:
        """Say whether a box covers no more than a share of itself or of an earlier box."""
        for other in self.boxes:
            width = min(box[2], other[2]) - max(box[0], other[0])
            height = min(box[3], other[3]) - max(box[1], other[1])
            smaller = min(_area(box), _area(other))
            if width > 0 and height > 0 and width * height > most * smaller:
                return False
        return True

    def paste(self, image: np.ndarray, opacity: np.ndarray, corner: tuple[int, int], label: int
              ) -> None:  # fmt: skip
        """Lay an image over the picture, at ``corner`` = (x, y).

        Parameters
        ----------
        image
            Pixels, shape ``(h, w, 3)`` or ``(h, w)``.
        opacity
            From 0 to 1, shape ``(h, w)``; from one half on, a pixel counts as the object's.
        corner
            Where the upper left corner goes.
        label
            Class of the object; the mask shows ``label + 1``.
        """
        x, y = corner
        height, width = opacity.shape
        place = (slice(y, y + height), slice(x, x + width))
        weight = opacity[..., None] if self.pixels.ndim == 3 else opacity
        self.pixels[place] = self.pixels[place] * (1 - weight) + image * weight
        solid = opacity >= 0.5
        self.mask[place][solid] = label + 1
        rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
        self.boxes.append((x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1))
        self.labels.append(label)


def _area(box: tuple[int, int, int, int]) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def collect(boards: Iterable[Pasteboard], most: int) -> Split:
    """Return finished pictures as a split, taking one at a time: unfinished ones are large.

    Returns
    -------
    Split
        ``x`` is ``uint8``. ``y`` maps ``boxes`` to ``float32`` of shape ``(n, most, 4)``,
        ``labels`` to ``int64`` of shape ``(n, most)`` with -1 where there is no object, and
        ``mask`` to ``uint8`` of shape ``(n, size, size)``: 0 for background, label + 1.
    """
    pixels, masks, boxes, labels = [], [], [], []
    for board in boards:
        pixels.append(np.round(board.pixels).astype(np.uint8))
        masks.append(board.mask)
        boxes.append(np.zeros((most, 4), dtype=np.float32))
        boxes[-1][: len(board.boxes)] = board.boxes or 0
        labels.append(np.full(most, -1, dtype=np.int64))
        labels[-1][: len(board.labels)] = board.labels
    x, mask = np.stack(pixels), np.stack(masks)
    y = {"boxes": np.stack(boxes), "labels": np.stack(labels), "mask": mask}
    return Split(x, y)


# --- cut-outs on photographs --------------------------------------------------------------------


def _resized(cutout: np.ndarray, side: int, *, mirrored: bool) -> np.ndarray:
    from PIL import Image

    picture = Image.fromarray(cutout).resize((side, side), Image.Resampling.BOX)
    pixels = np.asarray(picture)
    return pixels[:, ::-1] if mirrored else pixels


def _crop(rng: np.random.Generator, photo: np.ndarray, size: int) -> np.ndarray:
    """Return a random square of a photograph, shrunk to ``size``, with random brightness."""
    height, width = photo.shape[:2]
    side = int(rng.integers(min(height, width) // 3, min(height, width)))
    top = int(rng.integers(height - side + 1))
    left = int(rng.integers(width - side + 1))
    part = square(photo[top : top + side, left : left + side], size)
    return np.clip(part * rng.uniform(0.6, 1.1), 0, 255)


def _scene(
    rng: np.random.Generator,
    cutouts: Split,
    photos: list[np.ndarray],
    *,
    size: int,
    objects: int,
    scale: tuple[float, float],
) -> Pasteboard:
    board = Pasteboard(_crop(rng, photos[int(rng.integers(len(photos)))], size))
    kinds = rng.integers(len(KINDS), size=objects)
    for kind in kinds:
        row = int(rng.choice(np.flatnonzero(cutouts.y == kind)))
        for _ in range(20):  # an object that finds no place is left out
            side = int(size * rng.uniform(*scale))
            corner = (int(rng.integers(size - side + 1)), int(rng.integers(size - side + 1)))
            if board.free((*corner, corner[0] + side, corner[1] + side), most=0.1):
                part = _resized(cutouts.x[row], side, mirrored=bool(rng.random() < 0.5))
                opacity = part[..., 3].astype(np.float32) / 255
                board.paste(part[..., :3].astype(np.float32), opacity, corner, int(kind))
                break
    return board


def _composed(
    seed: int,
    rows: tuple[int, int],
    *,
    size: int,
    most: int,
    count: Callable[[np.random.Generator], int],
    scale: tuple[float, float],
) -> list[Split]:
    """Return pictures of ``count`` objects, at most ``most``, for training and for testing."""
    parts = []
    for name, rng, number in zip(("train", "test"), streams(seed, 2), rows, strict=True):
        cut, photos = _parts(name)
        boards = (
            _scene(rng, cut, photos, size=size, objects=count(rng), scale=scale)
            for _ in range(number)
        )
        parts.append(collect(boards, most))
    return parts


def _parts(split: str) -> tuple[Split, list[np.ndarray]]:
    """Return the cut-outs and the background photographs of one part."""
    cut = load("cutouts")
    monuments = _monuments(str(paths.data_dir()))
    if split == "train":
        return cut.train, monuments[10:]
    assert cut.test is not None
    return cut.test, monuments[:10]


@functools.cache
def _monuments(cache: str) -> list[np.ndarray]:
    """Return the photographs of monuments at half their size; decoding them takes a second."""
    photos = load("photographs").train
    return [photos.x[row][::2, ::2].copy() for row in np.flatnonzero(photos.y == 2)]


_COMPOSITE_CREDITS: dict[str, Any] = {
    "license": "GPL-2 (cut-outs) and the licenses of `photographs` (backgrounds)",
    "citation": "Cut-outs of Tux Paint stamps on photographs of GCompris, put together by this "
    "book.",
    "source": "composed of the datasets cutouts and photographs",
    "notes": "Training pictures use other cut-outs and other photographs than test pictures.",
}


@register(
    Info(
        name="composites",
        title="Cut-outs on photographs",
        family="images",
        summary="One animal, flower, fruit or vegetable on a photographed background, with its "
        "class, box and mask.",
        task="classification, 5 classes; segmentation; localization",
        kind="stand-in",
        stands_for="the flowers and pets of the source books",
        shapes="x (n, size, size, 3) uint8; y: label (n,) int64, box (n, 4) float32, mask (n, "
        "size, size) uint8",
        **_COMPOSITE_CREDITS,
    ),
    needs=("cutouts", "photographs"),
)
def composites(
    info: Info, *, n: int = 1000, test: int = 300, size: int = 96, seed: int = 0
) -> Dataset:
    """Return pictures with one object each; ``y`` maps ``label``, ``box`` and ``mask``.

    Parameters
    ----------
    size
        Side of the pictures.
    """
    rows, scale = (n, test), (0.5, 0.9)
    train, test_part = (
        Split(x, {"label": y["labels"][:, 0], "box": y["boxes"][:, 0], "mask": y["mask"]})
        for x, y in _composed(seed, rows, size=size, most=1, count=lambda rng: 1, scale=scale)
    )
    return Dataset(info, train, test_part, class_names=KINDS)


@register(
    Info(
        name="scenes",
        title="Scenes of cut-outs",
        family="images",
        summary="Up to three animals, flowers, fruits or vegetables on a photographed background, "
        "with boxes and a class mask.",
        task="detection; semantic segmentation, 5 classes",
        kind="stand-in",
        stands_for="Pascal VOC",
        shapes="x (n, size, size, 3) uint8; y: boxes (n, 3, 4) float32, labels (n, 3) int64, mask "
        "(n, size, size) uint8",
        **_COMPOSITE_CREDITS,
    ),
    needs=("cutouts", "photographs"),
)
def scenes(
    info: Info, *, n: int = 1000, test: int = 300, size: int = 96, objects: int = 3, seed: int = 0
) -> Dataset:
    """Return pictures with one to ``objects`` objects; see `collect` for ``y``.

    Parameters
    ----------
    size
        Side of the pictures.
    objects
        Most objects in a picture.
    """

    def count(rng: np.random.Generator) -> int:
        return int(rng.integers(1, objects + 1))

    rows, scale = (n, test), (0.3, 0.55)
    train, test_part = _composed(seed, rows, size=size, most=objects, count=count, scale=scale)
    return Dataset(info, train, test_part, class_names=KINDS)


# --- digits on a canvas -------------------------------------------------------------------------


@register(
    Info(
        name="digit_scenes",
        title="Digits on a canvas",
        family="images",
        summary="One to three MNIST digits at random places of a dark canvas, with boxes and a "
        "class mask.",
        task="detection; semantic segmentation, 10 classes",
        kind="synthetic",
        license="CC BY-SA 3.0 (MNIST, as usually stated)",
        citation="Composed by this book of MNIST (Y. LeCun et al., 1998).",
        source="composed of the dataset mnist",
        shapes="x (n, size, size) uint8; y: boxes (n, 3, 4) float32, labels (n, 3) int64, mask (n, "
        "size, size) uint8",
        notes="Training pictures use training digits, test pictures test digits.",
    ),
    needs=("mnist",),
)
def digit_scenes(
    info: Info, *, n: int = 1000, test: int = 300, size: int = 64, objects: int = 3, seed: int = 0
) -> Dataset:
    """Return pictures with one to ``objects`` digits; see `collect` for ``y``.

    Parameters
    ----------
    size
        Side of the pictures, at least 28.
    objects
        Most digits in a picture.

    Raises
    ------
    ValueError
        If a digit does not fit.
    """
    if size < 28:
        raise ValueError(f"size is {size}; a digit needs 28 pixels.")
    digits = load("mnist")
    assert digits.test is not None

    def part(rng: np.random.Generator, split: Split, rows: int) -> Split:
        boards = []
        for _ in range(rows):
            board = Pasteboard(np.zeros((size, size), dtype=np.uint8))
            for row in rng.integers(len(split), size=int(rng.integers(1, objects + 1))):
                for _ in range(20):
                    x, y = (int(place) for place in rng.integers(size - 28 + 1, size=2))
                    if board.free((x + 4, y + 4, x + 24, y + 24)):
                        digit = split.x[row].astype(np.float32)
                        board.paste(
                            np.full_like(digit, 255), digit / 255, (x, y), int(split.y[row])
                        )
                        break
            boards.append(board)
        return collect(boards, objects)

    first, second = streams(seed, 2)
    return Dataset(
        info,
        part(first, digits.train, n),
        part(second, digits.test, test),
        class_names=digits.class_names,
    )
