"""The kinds of live demos: each is one JavaScript file, whose entry says what a page publishes.

A kind is found by its file in ``demos/static/demos/kinds``, and known nowhere else. Its entry is
JSON (``export const entry = {...};``), so it is read here without running it. What a page has
published is compared with it: shapes and types of the arrays, and the settings as JSON Schema.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from textlib._errors import unknown

FOLDER = Path(__file__).parent / "demos" / "static" / "demos" / "kinds"
_ENTRY = re.compile(r"^export const entry = (\{.*?^\});$", re.DOTALL | re.MULTILINE)

Axes = Sequence[int | str]


def names(folder: Path = FOLDER) -> list[str]:
    """Return the kinds that exist."""
    return sorted(path.stem for path in folder.glob("*.js"))


def faults(payload: dict[str, Any], folder: Path = FOLDER) -> list[str]:
    """Return what is wrong with what a page has published, one sentence each.

    Parameters
    ----------
    payload
        What ``textlib.demos.publish`` handed over.
    folder
        Where the kinds are.
    """
    kind = payload["kind"]
    if kind not in names(folder):
        return [unknown("kind of demo", kind, names(folder))]
    try:
        entry = read(folder / f"{kind}.js")
    except ValueError as error:
        return [str(error)]
    sample = payload.get("sample", {"inputs": {}, "outputs": [{}]})
    if not isinstance(sample["outputs"], list):
        return ["an earlier version of the package published it; execute the page again."]
    states = payload.get("states", {})
    made, kept = sample["outputs"][0], sample["inputs"]
    if entry.get("states"):  # as many as the model has, of any name
        made = {name: packed for name, packed in made.items() if name not in states}
        kept = {name: packed for name, packed in kept.items() if name not in states.values()}
    settings = payload["settings"]
    lengths = {key: len(value) for key, value in settings.items() if isinstance(value, list)}
    found: list[str] = []
    for part, arrays in (("inputs", kept), ("outputs", made), ("arrays", payload["arrays"])):
        found += _compare(part, arrays, entry.get(part, {}), lengths)
    found += [] if entry.get("states") or not states else ["takes no model with states"]
    found += _invalid("setting", settings, _schema(entry.get("settings", {})))
    pictures = entry.get("pictures", {"maxProperties": 0})
    found += _invalid("picture", payload["pictures"], pictures)
    return [f"the kind {kind!r} {fault}." for fault in found]


def read(path: Path) -> dict[str, Any]:
    """Return the entry of a kind, or raise ``ValueError`` if its file has none."""
    text = path.read_text(encoding="utf8")
    found = _ENTRY.search(text)
    if not found:
        raise ValueError(f"{path} has no entry: write 'export const entry = {{...}};', in JSON.")
    try:
        entry: dict[str, Any] = json.loads(found[1])
    except json.JSONDecodeError as error:
        line = text.count("\n", 0, found.start(1)) + error.lineno
        raise ValueError(f"{path}:{line}: the entry is not JSON: {error.msg}.") from None
    return entry


def _schema(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "properties": {key.rstrip("?"): schema for key, schema in settings.items()},
        "required": [key for key in settings if not key.endswith("?")],
        "additionalProperties": False,
    }


def _invalid(what: str, value: Any, schema: dict[str, Any]) -> Iterator[str]:
    for error in Draft202012Validator(schema).iter_errors(value):
        place = f"the {what} {error.path[0]!r}" if error.path else f"its {what}s"
        message = error.message if len(error.message) < 200 else f"{error.message[:200]} ..."
        yield f"refuses {place}: {message}"


def _compare(
    part: str, arrays: dict[str, Any], declared: dict[str, Any], lengths: dict[str, int]
) -> Iterator[str]:
    """Compare packed arrays with their declarations; ``lengths`` has the axes that are known."""
    wanted = {name.rstrip("?"): axes for name, axes in declared.items()}
    one = part.removesuffix("s")
    for name in declared:
        if name not in arrays and not name.endswith("?"):
            yield f"needs the {one} {name!r}"
    for name, packed in arrays.items():
        if name not in wanted:
            yield f"takes no {one} {name!r}; its {part} are: {', '.join(wanted) or 'none'}"
            continue
        kind, *axes = wanted[name]
        shape = packed["shape"]
        if not (_of_type(packed["type"], kind) and _fits(shape, axes, lengths)):
            known = ", ".join(_axis(axis, lengths) for axis in axes)
            given = ", ".join(map(str, shape))
            yield (
                f"takes the {one} {name!r} as {kind} ({known}), and gets {packed['type']} ({given})"
            )


def _axis(axis: int | str, lengths: dict[str, int]) -> str:
    return f"{axis} = {lengths[axis]}" if axis in lengths else str(axis)


def _of_type(given: str, kind: str) -> bool:
    """Return whether a type such as ``int64`` is of a kind: ``int64``, ``int``, or ``number``."""
    return kind in (given, given.strip("u0123456789"), "number")


def _fits(shape: Sequence[int], axes: Axes, lengths: dict[str, int]) -> bool:
    """Return whether a shape has these axes; ``...`` stands for any number of them.

    Axes of one name have one length, which is noted in ``lengths``.
    """
    if "..." in axes:
        place, free = axes.index("..."), len(shape) - len(axes) + 1
        if free < 0:
            return False
        shape = [*shape[:place], *shape[place + free :]]
        axes = [*axes[:place], *axes[place + 1 :]]
    return len(shape) == len(axes) and all(
        length == (axis if isinstance(axis, int) else lengths.setdefault(axis, length))
        for length, axis in zip(shape, axes, strict=True)
    )
