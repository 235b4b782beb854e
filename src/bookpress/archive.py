"""The archive of an edition: all that it takes to read it, run it and check it, years from now.

Files of a folder, as a release on the web takes them: the site, the notebooks, what else was made
to be taken away, the package as a wheel, the pins, what the build reported, digests of the data
and weights, and the SHA-256 of each of these. The same build makes the same archive, to the byte.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bookpress import edition, pins, report, takeaway
from bookpress.book import Book, BookError
from bookpress.files import files_below, write_json, zipped
from textlib import paths

SUMS = "SHA256SUMS"
DATA = "data.json"
SOURCES = (
    *(edition.CITATION, edition.CHANGES, ".zenodo.json", "LICENSE", "LICENSE-TEXT"),
    *("README.md", "requirements.txt"),
)


def write(book: Book, target: Path) -> list[Path]:
    """Write the archive of a built book into a folder that is empty or not there.

    Raises
    ------
    BookError
        If the book is not published, some of it is not as it should be, or the folder has files.
    """
    made = report.read(book)
    if made is None or not (book.html_dir / "index.html").is_file():
        raise BookError("the book is not built; run 'make book' first.")
    wrong = [page["name"] for page in made["pages"] if page["state"] not in ("executed", "cached")]
    if wrong:
        raise BookError(f"not executed as they stand: {', '.join(wrong)}. Run 'make book' first.")
    if target.exists() and any(target.iterdir()):
        raise BookError(f"{target} is not empty; an archive has only its own files.")
    paths.make_dir(target)
    zipped(target / "site.zip", book.html_dir, files_below(book.html_dir))
    takeaway.NOTEBOOKS.make(book, target / takeaway.NOTEBOOKS.file)
    for source in _single_files(book):
        shutil.copyfile(source, target / source.name)
    write_json(target / DATA, data(), indent=1)
    if (book.root / pins.PACKAGE).is_file():
        wheel(book.root, target)
    found = sorted(path for path in target.iterdir() if path.name != SUMS)
    sums = "".join(f"{_digest(path)}  {path.name}\n" for path in found)
    (target / SUMS).write_text(sums, encoding="utf8")
    return [*found, target / SUMS]


def data() -> dict[str, Any]:
    """Return what identifies each dataset, and the weights of each pretrained model."""
    from textlib import datasets
    from textlib.datasets import registry
    from textlib.models.pretrained import cards

    specs = {name: registry.get(name) for name in datasets.names()}
    return {
        "datasets": {
            name: {
                "version": spec.version,
                "sha256": spec.digest,
                "sources": [recipe.describe() for recipe in spec.recipes],
            }
            for name, spec in specs.items()
            if spec.recipes
        },
        "weights": {name: card.sha256 for name, card in cards.CARDS.items()},
    }


def _single_files(book: Book) -> Iterator[Path]:
    """Yield the files that an archive has as they are."""
    yield report.path(book)
    yield from (each.path(book) for each in takeaway.made(book) if each != takeaway.NOTEBOOKS)
    yield from (path for name in SOURCES if (path := book.root / name).is_file())


def wheel(root: Path, target: Path) -> Path:
    """Build the package's wheel, without network, in the place of one that was there."""
    for old in target.glob("*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    same = {**os.environ, "SOURCE_DATE_EPOCH": "1577836800"}  # the times of change in the wheel
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=same, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BookError(f"no wheel could be made: {last}")
    (made,) = target.glob("*.whl")
    return made


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
