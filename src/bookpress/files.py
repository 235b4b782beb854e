"""How files are read and kept: text as UTF-8, with an error that an author can act upon; JSON.

How to see, without reading it, that a file has changed, and how files are packed into one.
"""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from textlib import paths

Made = TypeVar("Made")
EPOCH = (2020, 1, 1, 0, 0, 0)  # the time of change of every packed file


class BookError(ValueError):
    """The book's files are missing or cannot be understood."""


def facts(path: Path) -> tuple[str, int, int]:
    """Return the path of a file, its size, and when it was last changed, in nanoseconds."""
    found = path.stat()
    return str(path), found.st_size, found.st_mtime_ns


def read_text(path: Path) -> str:
    """Return the text of a file of the book, without byte order mark, with plain line ends.

    Raises
    ------
    BookError
        If the file is not there or not UTF-8; the message says where it is not.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BookError(f"cannot read {path}: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BookError(
            f"{path}:{line}: byte {error.start + 1} of the file, {content[error.start]:#x}, is not "
            "UTF-8. Save the file as UTF-8 (from Latin-1: 'iconv -f latin1 -t utf-8')."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: Path) -> Any:
    """Return what a file keeps as JSON; ``None`` if there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError):
        return None


def write_json(path: Path, content: Any, *, indent: int | None = None) -> Path:
    """Keep something as JSON, and return the file; with an indent, it is for people as well."""
    text = json.dumps(content, indent=indent, ensure_ascii=False) + "\n" * bool(indent)
    with paths.atomic_write(path) as draft:
        draft.write_text(text, encoding="utf8")
    return path


def from_json(kind: type[Made], content: Any) -> Made | None:
    """Return a dataclass that was kept as JSON, or ``None`` if the content is not of its shape.

    Parameters
    ----------
    kind
        The class, with fields of plain types; its ``format`` must be that of the content.
    content
        What was read. A later version may have written more fields.
    """
    if not isinstance(content, dict) or content.get("format") != vars(kind)["format"]:
        return None
    types = {name: get_origin(each) or each for name, each in get_type_hints(kind).items()}
    values = {name: value for name, value in content.items() if name in types}
    for name, value in values.items():
        if not isinstance(value, (int, float) if types[name] is float else types[name]):
            return None
    try:
        return kind(**values)
    except TypeError:  # a field is missing
        return None


def zipped(target: Path, folder: Path, files: Iterable[Path]) -> Path:
    """Pack files of a folder, in their order; what is packed depends on their content alone."""
    with zipfile.ZipFile(target, "w") as pack:
        for path in files:
            add_to_zip(pack, path.relative_to(folder).as_posix(), path.read_bytes())
    return target


def add_to_zip(pack: zipfile.ZipFile, name: str, content: bytes, *, packed: bool = True) -> None:
    """Add a file to a pack, with the same time and mode whoever makes it."""
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    pack.writestr(entry, content)


def files_below(folder: Path) -> list[Path]:
    """Return the files of a folder at every depth, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
