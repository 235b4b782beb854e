"""Where files live on this machine, and how they are written.

Two folders matter: the data folder (fetched datasets and weights) and the run store (trained
models). Both can be deleted at any time and cost only time to make again. Everything is written
beside its final place and then renamed, so a reader never sees half a file; `textlib.folders`
does so for whole folders. Modes are what the umask says, so that a cache can be shared.
"""

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import platformdirs

DRAFT_PREFIX = ".part-"  # of files and folders that are being written
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)


class CacheError(OSError):
    """The cache folder cannot be written: it is read-only, full, or not a folder."""


def cache_dir() -> Path:
    """Return the cache folder: ``$TEXTLIB_CACHE``, or the platform's own cache folder."""
    chosen = os.environ.get("TEXTLIB_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("textlib"))


def data_dir() -> Path:
    """Return the folder of fetched datasets and weights."""
    return cache_dir() / "data"


def runs_dir() -> Path:
    """Return the folder of the run store: ``$TEXTLIB_RUNS``, or ``runs`` in the cache."""
    chosen = os.environ.get("TEXTLIB_RUNS")
    return Path(chosen).expanduser() if chosen else cache_dir() / "runs"


def make_dir(folder: Path) -> Path:
    """Create a folder with its parents and return it.

    Raises
    ------
    CacheError
        If the folder cannot be created; the message says which and how to choose another.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(advice(folder, error)) from error
    return folder


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path that becomes ``path`` when the block ends well.

    The temporary file stands in the same folder, is flushed to disk, and replaces ``path`` in one
    step. If the block raises, nothing is left behind and an older ``path`` stays as it was.

    Parameters
    ----------
    path
        The final place of the file. Its folder is created if needed.

    Raises
    ------
    CacheError
        If the disk is full or the folder is read-only.

    Examples
    --------
    >>> with atomic_write(Path("notes.txt")) as draft:  # doctest: +SKIP
    ...     draft.write_text("all or nothing")
    """
    make_dir(path.parent)
    # Not tempfile.mkstemp: its files are closed to other users.
    draft = path.parent / f"{DRAFT_PREFIX}{uuid.uuid4().hex[:12]}{path.suffix}"
    try:
        with explained(path):
            draft.touch(exist_ok=False)
            yield draft
            flush(draft)
            draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise a `CacheError` about ``path`` where the disk refuses; let other errors pass."""
    try:
        yield
    except CacheError:
        raise
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise  # about the data, not about the place where they are written
        raise CacheError(advice(path, error)) from error


def flush(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def advice(path: Path, error: OSError) -> str:
    """Word what went wrong while writing ``path``, and what to do about it."""
    reason = error.strerror or str(error)
    return (
        f"cannot write {str(path)!r}: {reason}. Free some space or make the folder writable, "
        "or set TEXTLIB_CACHE to a folder that is."
    )
