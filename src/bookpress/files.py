"""How the files of the book are read: as UTF-8, with an error that an author can act upon."""

from pathlib import Path


class BookError(ValueError):
    """The book's files are missing or cannot be understood."""


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
