"""Wording of errors: what was received, what is allowed, and the nearest match.

Every part of the package that looks something up by name words its error here, so that a
reader meets one kind of message.
"""

import difflib
from collections.abc import Iterable


def unknown(
    kind: str, value: object, choices: Iterable[str], *, hint: str = "", listed: bool = True
) -> str:
    """Return the message for a name that is not among the choices.

    Parameters
    ----------
    kind
        What the name stands for, such as ``"dataset"``.
    value
        The value that was received.
    choices
        The names that exist.
    hint
        The next step, as a full sentence. Left out when empty.
    listed
        Whether to list the choices; too many would hide the one that is near.

    Examples
    --------
    >>> unknown("dataset", "mnits", ["mnist", "imdb"])
    "unknown dataset 'mnits'; did you mean 'mnist'? Choose from: imdb, mnist."
    """
    names = sorted(choices)
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    guess = f"; did you mean {near[0]!r}?" if near else "."
    choose = f" Choose from: {', '.join(names) or '(none)'}." if listed else ""
    return f"unknown {kind} {value!r}{guess}{choose}" + (f" {hint}" if hint else "")
