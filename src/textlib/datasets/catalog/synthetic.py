"""Data made by code: points in the plane, drawn shapes, clocks, sketches; changes to other sets.

Every set takes ``n`` and ``test``, the rows of its parts, and a ``seed``: the same seed gives the
same rows, and the parts come from different streams of random numbers. Strings and series made by
code are in ``sequences``.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from textlib._errors import unknown
from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.generated import BY_CODE, draw_parts, streams
from textlib.datasets.registry import register


def _shuffled(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> Split:
    order = rng.permutation(len(x))
    return Split(x[order].astype(np.float32), y[order].astype(np.int64))


def _noisy(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, noise: float) -> Split:
    return _shuffled(rng, x + rng.normal(0, noise, x.shape), y)


# --- points in the plane ------------------------------------------------------------------------


_POINTS = BY_CODE | {"citation": "This book.", "shapes": "x (n, 2) float32; y (n,) int64"}


@register(
    Info(
        name="moons",
        title="Two moons",
        summary="Two half circles that hold each other.",
        task="classification, 2 classes",
        **_POINTS,
    )
)
def moons(
    info: Info, *, n: int = 1000, test: int = 1000, noise: float = 0.15, seed: int = 0
) -> Dataset:
    """Return points of two interleaved half circles of radius 1.

    Parameters
    ----------
    noise
        Standard deviation of the normal noise on each coordinate.
    """

    def draw(rng: np.random.Generator, rows: int) -> Split:
        y = np.arange(rows) % 2
        angle = rng.uniform(0, np.pi, rows)
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        x = np.where(y[:, None] == 0, upper, [1, 0.5] - upper)
        return _noisy(rng, x, y, noise)

    return draw_parts(info, seed, draw, (n, test), class_names=("upper", "lower"))


@register(
    Info(
        name="circles",
        title="Two circles",
        summary="A small circle inside a large one.",
        task="classification, 2 classes",
        **_POINTS,
    )
)
def circles(
    info: Info, *, n: int = 1000, test: int = 1000, noise: float = 0.08, seed: int = 0
) -> Dataset:
    """Return points on circles of radius 1 (class 0) and 0.5 (class 1); options as `moons`."""

    def draw(rng: np.random.Generator, rows: int) -> Split:
        y = np.arange(rows) % 2
        angle = rng.uniform(0, 2 * np.pi, rows)
        x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.where(y, 0.5, 1.0)[:, None]
        return _noisy(rng, x, y, noise)

    return draw_parts(info, seed, draw, (n, test), class_names=("outer", "inner"))


@register(
    Info(
        name="blobs",
        title="Blobs",
        summary="Round clouds of points around centers.",
        task="classification, 3 classes",
        **_POINTS,
    )
)
def blobs(
    info: Info,
    *,
    n: int = 1000,
    test: int = 1000,
    centers: Sequence[Sequence[float]] = ((-2, 0), (2, 0), (0, 2.5)),
    spread: float = 0.8,
    seed: int = 0,
) -> Dataset:
    """Return normal clouds of points.

    Parameters
    ----------
    centers
        Center of each class, shape ``(classes, 2)`` (or more columns).
    spread
        Standard deviation of each cloud.
    """
    middles = np.asarray(centers, dtype=float)

    def draw(rng: np.random.Generator, rows: int) -> Split:
        y = np.arange(rows) % len(middles)
        return _shuffled(rng, rng.normal(middles[y], spread), y)

    return draw_parts(info, seed, draw, (n, test), class_names=tuple("ABCDEFGHIJ"[: len(middles)]))


@register(
    Info(
        name="spirals",
        title="Spirals",
        summary="Arms of a spiral, wound around each other.",
        task="classification, 3 classes",
        **_POINTS,
    )
)
def spirals(
    info: Info,
    *,
    n: int = 1000,
    test: int = 1000,
    arms: int = 3,
    turns: float = 0.75,
    noise: float = 0.04,
    seed: int = 0,
) -> Dataset:
    """Return points on the arms of a spiral of radius 1.

    Parameters
    ----------
    arms
        Number of arms, which are the classes.
    turns
        How often an arm goes around.
    noise
        Standard deviation of the normal noise on each coordinate.
    """

    def draw(rng: np.random.Generator, rows: int) -> Split:
        y = np.arange(rows) % arms
        radius = np.sqrt(rng.uniform(0.02, 1, rows))
        angle = 2 * np.pi * (turns * radius + y / arms)
        x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return _noisy(rng, x, y, noise)

    return draw_parts(
        info, seed, draw, (n, test), class_names=tuple(f"arm {i}" for i in range(arms))
    )


# --- drawn shapes -------------------------------------------------------------------------------

SHAPES = ("circle", "plus", "three lines", "Z", "U")
_STROKES: tuple[tuple[tuple[tuple[int, int], ...], ...], ...] = (
    (),  # the circle has a center and a radius instead
    (((32, 10), (32, 54)), ((10, 32), (60, 32))),
    (((15, 10), (15, 54)), ((33, 10), (33, 54)), ((51, 10), (51, 54))),
    (((10, 10), (54, 10), (10, 54), (54, 54)),),
    (((10, 10), (10, 54), (54, 54), (54, 10)),),
)


def draw_shape(rng: np.random.Generator, label: int, *, jitter: int = 5) -> np.ndarray:
    """Draw one of `SHAPES` in white strokes, 2 pixels wide, on black.

    Parameters
    ----------
    rng
        Source of the jitter.
    label
        Which shape.
    jitter
        How many pixels every corner (and the radius) may move, either way.

    Returns
    -------
    numpy.ndarray
        ``uint8``, shape ``(64, 64)``.
    """
    from PIL import Image, ImageDraw

    def moved(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] + rng.integers(-jitter, jitter + 1), point[1] + rng.integers(
            -jitter, jitter + 1
        )

    canvas = Image.new("L", (64, 64))
    pen = ImageDraw.Draw(canvas)
    if not _STROKES[label]:
        x, y = moved((32, 32))
        radius = 32 * rng.uniform(0.6, 0.9) + rng.integers(-jitter, jitter + 1)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=255, width=2)
    for stroke in _STROKES[label]:
        pen.line([moved(point) for point in stroke], fill=255, width=2)
    return np.asarray(canvas)


@register(
    Info(
        name="shapes",
        title="Drawn shapes",
        summary="Five shapes in white strokes on black, 64 by 64: circle, plus, three lines, Z, U.",
        task="classification, 5 classes",
        citation="After the shape generator of Deep Learning: A Visual Approach (A. Glassner, "
        "2021), drawn anew.",
        shapes="x (n, 64, 64) uint8; y int64",
        **BY_CODE,
    )
)
def shapes(
    info: Info, *, n: int = 1000, test: int = 500, seed: int = 0, jitter: int = 5
) -> Dataset:
    """Return drawn shapes.

    Parameters
    ----------
    jitter
        How many pixels every corner may move, either way.
    """
    trained: set[bytes] = set()

    def draw(rng: np.random.Generator, rows: int) -> Split:
        y = rng.permutation(np.arange(rows) % len(SHAPES))
        images = np.zeros((rows, 64, 64), dtype=np.uint8)
        for row, label in enumerate(y):
            images[row] = draw_shape(rng, label, jitter=jitter)
            while jitter and images[row].tobytes() in trained:  # no test image was trained on
                images[row] = draw_shape(rng, label, jitter=jitter)
        trained.update(image.tobytes() for image in images)
        return Split(images, y)

    return draw_parts(info, seed, draw, (n, test), class_names=SHAPES)


# --- clocks -------------------------------------------------------------------------------------

HANDS = (0.5, 1.0)  # lengths of the hour and the minute hand, with the dial's radius as 1


def clock_angles(hour: np.ndarray, minute: np.ndarray) -> np.ndarray:
    """Return the angles of hour and minute hand in degrees, counterclockwise from three o'clock.

    Parameters
    ----------
    hour, minute
        Shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, 2)``, from 0 to 360.

    Examples
    --------
    >>> clock_angles(np.array([3]), np.array([0])).tolist()
    [[0.0, 90.0]]
    """
    turned = np.stack([30 * hour + minute / 2, 6 * minute], axis=1)  # clockwise from twelve
    return (90 - turned) % 360


def draw_clock(angles: np.ndarray, size: int = 20) -> np.ndarray:
    """Draw the two hands of a clock in white on black, with smooth edges.

    Parameters
    ----------
    angles
        Degrees, counterclockwise from three o'clock; shape ``(2,)``: hour and minute hand.
    size
        Side of the image.

    Returns
    -------
    numpy.ndarray
        ``uint8``, shape ``(size, size)``.
    """
    from PIL import Image, ImageDraw

    scale = 4
    side = size * scale
    canvas = Image.new("L", (side, side))
    pen = ImageDraw.Draw(canvas)
    middle, reach = (side - 1) / 2, (side - 1) / 2 - scale
    for angle, length, width in zip(np.deg2rad(angles), HANDS, (2, 1), strict=True):
        tip = (
            middle + reach * length * np.cos(angle),
            middle - reach * length * np.sin(angle),
        )
        pen.line([(middle, middle), tip], fill=255, width=width * scale)
    return np.asarray(canvas.resize((size, size), Image.Resampling.BOX))


@register(
    Info(
        name="clocks",
        title="Clock faces",
        summary="Two hands of a clock as an image, as the coordinates of the tips, and as angles.",
        task="classification, 12 hours; feature engineering",
        citation="After an idea of F. Chollet, Deep Learning with Python, 2017.",
        shapes="x: image (n, 20, 20) uint8, tips (n, 2, 2) and angles (n, 2) float32; y int64",
        notes="Hour hand first. Angles are in degrees, counterclockwise from three o'clock. Every "
        "fourth minute (3, 7, 11, ...) is kept for the test part.",
        **BY_CODE,
    )
)
def clocks(info: Info, *, n: int = 1000, test: int = 500, size: int = 20, seed: int = 0) -> Dataset:
    """Return clocks at random times; ``x`` maps ``image``, ``tips`` and ``angles`` to arrays.

    Parameters
    ----------
    size
        Side of the images.
    """

    def part(rng: np.random.Generator, rows: int, minutes: np.ndarray) -> Split:
        hour = rng.permutation(np.arange(rows) % 12)
        angles = clock_angles(hour, rng.choice(minutes, rows))
        radians = np.deg2rad(angles)
        tips = np.stack([np.cos(radians), np.sin(radians)], axis=2) * np.array(HANDS)[:, None]
        images = [draw_clock(pair, size) for pair in angles]
        x = {
            "image": np.array(images, dtype=np.uint8).reshape(rows, size, size),
            "tips": tips.astype(np.float32),  # (n, hand, coordinate)
            "angles": angles.astype(np.float32),
        }
        return Split(x, hour)

    first, second = streams(seed, 2)
    names = tuple(f"{hour or 12} o'clock" for hour in range(12))
    minutes = np.arange(60)
    train = part(first, n, minutes[minutes % 4 != 3])
    return Dataset(info, train, part(second, test, minutes[3::4]), class_names=names)


# --- sketches -----------------------------------------------------------------------------------

SKETCHES = ("circle", "zigzag", "spiral", "house", "star")


def _outline(rng: np.random.Generator, label: int) -> list[np.ndarray]:
    """Return the strokes of a sketch as points, shape ``(points, 2)``, about 1 across."""
    if SKETCHES[label] == "circle":
        angle = np.linspace(0, 2 * np.pi * rng.uniform(0.9, 1.1), 20)
        return [np.stack([np.cos(angle), np.sin(angle) * rng.uniform(0.7, 1.3)], axis=1)]
    if SKETCHES[label] == "zigzag":
        corners = int(rng.integers(5, 9))
        return [np.stack([np.linspace(-1, 1, corners), np.arange(corners) % 2 - 0.5], axis=1)]
    if SKETCHES[label] == "spiral":
        angle = np.linspace(0, 2 * np.pi * rng.uniform(1.8, 2.6), 28)
        radius = np.linspace(0.1, 1, 28)[:, None]
        return [radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)]
    if SKETCHES[label] == "house":
        walls = np.array([[-0.7, 0], [-0.7, -1], [0.7, -1], [0.7, 0], [-0.7, 0]])
        roof = np.array([[-0.9, 0], [0, rng.uniform(0.5, 1.0)], [0.9, 0]])
        return [walls, roof]
    angle = np.pi / 2 + np.arange(6) * 4 * np.pi / 5
    return [np.stack([np.cos(angle), np.sin(angle)], axis=1)]


def _pieces(stroke: np.ndarray, ends: Sequence[float], counts: Sequence[int]) -> list[np.ndarray]:
    """Cut a stroke at shares of its length, and set points at equal distances on each piece."""
    walked = np.cumsum(np.linalg.norm(np.diff(stroke, axis=0, prepend=stroke[:1]), axis=1))
    pieces = []
    for (start, end), count in zip(itertools.pairwise(ends), counts, strict=True):
        places = np.linspace(start, end, count) * walked[-1]
        pieces.append(np.stack([np.interp(places, walked, axis) for axis in stroke.T], axis=1))
    return pieces


def draw_sketch(rng: np.random.Generator, label: int, *, noise: float = 0.03) -> np.ndarray:
    """Draw one of `SKETCHES` as pen movements.

    Every drawing has two strokes of 24 to 32 points together, at any angle, begun at either end:
    neither length nor strokes nor the direction of a movement tell the class.

    Returns
    -------
    numpy.ndarray
        ``float32``, shape ``(points, 3)``: how far the pen moves right and up, and 1 where it is
        lifted after the point.
    """
    points = int(rng.integers(24, 33))
    first = round(points * rng.uniform(0.3, 0.7))
    counts, outline = (first, points - first), _outline(rng, label)
    if len(outline) == 1:
        strokes = _pieces(outline[0], (0, rng.uniform(0.3, 0.7), 1), counts)
    else:
        strokes = [_pieces(one, (0, 1), (n,))[0] for one, n in zip(outline, counts, strict=True)]
    path, lifted = np.concatenate(strokes), np.zeros(points)
    lifted[[first - 1, -1]] = 1
    if rng.random() < 0.5:
        path, lifted[:-1] = path[::-1], lifted[-2::-1]
    turn = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    ink = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    path = path @ rotation.T * (6 * rng.uniform(0.8, 1.25) / ink)
    path += rng.normal(0, noise, path.shape)
    moves = np.diff(path, axis=0, prepend=path[:1])
    return np.concatenate([moves, lifted[:, None]], axis=1).astype(np.float32)


@register(
    Info(
        name="sketches",
        title="Pen sketches",
        summary="Five simple drawings as movements of a pen: circle, zigzag, spiral, house, star.",
        task="classification of sequences, 5 classes",
        stands_for="Quick, Draw! (Google, 2017)",
        citation="This book; the format is that of D. Ha and D. Eck, A neural representation of "
        "sketch drawings, ICLR 2018.",
        shapes="x (n, 32, 3) float32: move right, move up, pen lifted; zero rows pad; y int64",
        **BY_CODE,
    )
)
def sketches(
    info: Info, *, n: int = 1000, test: int = 500, noise: float = 0.03, seed: int = 0
) -> Dataset:
    """Return sketches, padded at the end to 32 points.

    Parameters
    ----------
    noise
        Standard deviation of the trembling of the hand.
    """

    def draw(rng: np.random.Generator, rows: int) -> Split:
        y = rng.permutation(np.arange(rows) % len(SKETCHES))
        x = np.zeros((rows, 32, 3), dtype=np.float32)
        for row, label in zip(x, y, strict=True):
            path = draw_sketch(rng, label, noise=noise)
            row[: len(path)] = path
        return Split(x, y)

    return draw_parts(info, seed, draw, (n, test), class_names=SKETCHES)


# --- changes to other sets ----------------------------------------------------------------------


def random_labels(split: Split, *, fraction: float = 1.0, seed: int = 0) -> Split:
    """Return a split in which a fraction of the labels is dealt out anew among the rows.

    The classes keep their sizes. A network can learn such labels by heart but cannot generalize.

    Parameters
    ----------
    split
        Rows with labels.
    fraction
        Share of the rows whose labels are shuffled, from 0 to 1.
    seed
        Seed of the shuffle.

    Raises
    ------
    ValueError
        If the fraction is outside 0 to 1.

    References
    ----------
    C. Zhang et al., Understanding deep learning requires rethinking generalization, ICLR 2017.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction is {fraction}; it must be from 0 to 1.")
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(split))[: round(fraction * len(split))]
    labels = np.array(split.y)
    labels[rows] = labels[rng.permutation(rows)]
    return Split(split.x, labels)


def extra_channels(split: Split, columns: int, *, fill: str = "noise", seed: int = 0) -> Split:
    """Return a split with columns that say nothing about the labels.

    Parameters
    ----------
    split
        Rows; images are flattened and, if they are ``uint8``, divided by 255.
    columns
        How many columns to add.
    fill
        ``"noise"``: uniform numbers from 0 to 1; ``"zeros"``.
    seed
        Seed of the noise.

    Returns
    -------
    Split
        ``x`` is ``float32`` of shape ``(n, features + columns)``.

    Raises
    ------
    ValueError
        If ``fill`` is neither.
    """
    if fill not in ("noise", "zeros"):
        raise ValueError(unknown("fill", fill, ("noise", "zeros")))
    flat = np.asarray(split.x).reshape(len(split), -1)
    flat = flat.astype(np.float32) / (255 if flat.dtype == np.uint8 else 1)
    added = np.zeros((len(split), columns), dtype=np.float32)
    if fill == "noise":
        added = np.random.default_rng(seed).random(added.shape, dtype=np.float32)
    return Split(np.concatenate([flat, added], axis=1), split.y)
