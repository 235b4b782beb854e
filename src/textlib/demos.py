"""Demos for the reader's browser: published by a page's cell, shown by the ``{demo}`` directive.

A page publishes under a name what its demo needs: a model, arrays, pictures, settings. All of it
travels in the cell's output, so it is cached with the page and never out of step with it. What a
demo does with them is its *kind*, one JavaScript file of the site, whose entry says what it takes;
the builder compares the two. Where the exporter is not installed (a hosted notebook), a model is
not published: the demo lives on the website.
"""

import base64
import importlib.util
import io
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from textlib._errors import unknown

MIME = "application/vnd.textlib.demo+json"
TOLERANCE = 1e-4  # largest difference between the browser's outputs and Keras's
WEIGHT = 1_000_000  # bytes that a reader may have to load for one demo, besides the runtime
STEPS = 3  # how often a model with states is asked in a row
TYPES = ("float32", "int32", "int64", "uint8")  # of numbers, in the browser
PICTURES = ("PNG", "JPEG")

Arrays = Mapping[str, np.ndarray]
Ask = Callable[[dict[str, Any]], dict[str, np.ndarray]]


def publish(
    name: str,
    model: Any = None,
    *,
    kind: str,
    sample: Any = None,
    states: Mapping[str, str] | None = None,
    arrays: Mapping[str, Any] | None = None,
    pictures: Mapping[str, Any] | None = None,
    **settings: Any,
) -> bool:
    """Put a demo into the page, for the ``{demo}`` directive of the same name.

    Parameters
    ----------
    name
        Name of the demo, unique on its page; letters, digits and hyphens.
    model
        A Keras model, or None for a demo that needs none. Its outputs are an array, called
        ``output``, or a mapping of named arrays.
    kind
        What the reader does with it: the name of a JavaScript file of the site. Its entry says
        which inputs, outputs, arrays, pictures and settings it takes; the build compares them.
    sample
        Inputs for which the browser's outputs are compared with Keras's: an array
        ``(batch, ...)``, called ``input``, or for a model with several inputs a mapping of arrays
        by the names of its ``keras.Input``.
    states
        Which output is which input of the next step, such as ``{"new_state": "state"}``. The
        sample has the states of the first step, and is compared over three.
    arrays
        Numbers that the page needs beside the model, such as word vectors, by name.
    pictures
        Pictures by name: levels ``(height, width)`` or ``(height, width, channels)``, whole from 0
        to 255 or real from 0 to 1, which travel as PNG; or the bytes of a PNG or JPEG file.
    **settings
        What else the page needs, as plain data: class names, a vocabulary, ranges.

    Returns
    -------
    bool
        Whether the demo was published; False outside a notebook, and for a model where the
        exporter is not installed.

    Raises
    ------
    ValueError
        If a name cannot be one, a number is not finite, the exported model does not compute what
        Keras does, or the demo weighs more than a megabyte.
    """
    for what, value in (("name of a demo", name), ("kind of demo", kind)):
        if not re.fullmatch(r"[A-Za-z0-9-]+", value):
            raise ValueError(f"the {what} has letters, digits and hyphens only, not {value!r}.")
    if (model is None) != (sample is None):
        raise ValueError(f"the demo {name!r} needs a model and a sample of its inputs, or neither.")
    display = _display()
    if display is None or (model is not None and importlib.util.find_spec("tf2onnx") is None):
        return False
    payload = {
        "name": name,
        "kind": kind,
        "settings": _plain(name, settings),
        "arrays": _pack(arrays or {}),
        "pictures": {key: _picture(key, value) for key, value in (pictures or {}).items()},
    }
    if model is not None:
        payload |= _export_checked(name, model, sample, states or {})
    _weigh(name, payload)
    display({MIME: payload}, raw=True)
    return True


def _export_checked(
    name: str, model: Any, sample: Any, states: Mapping[str, str]
) -> dict[str, Any]:
    """Return the model's part of what is published, once the export has computed the same."""
    inputs = _inputs(model, sample)
    lone = not isinstance(sample, Mapping)
    packed: dict[str, Any] = {"inputs": _pack(inputs)}

    def ask(feeds: dict[str, Any]) -> dict[str, np.ndarray]:
        return _outputs(model(feeds["input"] if lone else feeds))

    expected = _steps(ask, inputs, states)
    packed["outputs"] = [_pack(outputs) for outputs in expected]
    content = _export(model)
    _verify(name, content, inputs, expected, states)
    return {
        "model": base64.b64encode(content).decode("ascii"),
        "sample": packed,
        "states": dict(states),
    }


def _inputs(model: Any, sample: Any) -> dict[str, np.ndarray]:
    """Return the sample by name of input, each in the type that the model reads."""
    found = dict(sample) if isinstance(sample, Mapping) else {"input": sample}
    tensors = getattr(model, "inputs", None) or []
    types = {tensor.name: tensor.dtype for tensor in tensors}
    if not isinstance(sample, Mapping):
        types = dict.fromkeys(found, tensors[0].dtype) if len(tensors) == 1 else {}
    if tensors and set(found) != set(types):
        names = ", ".join(tensor.name for tensor in tensors)
        raise ValueError(f"the sample has {sorted(found)}, but the model's inputs are: {names}.")
    inputs = {key: np.asarray(value, types.get(key)) for key, value in found.items()}
    lengths = {value.shape[:1] for value in inputs.values()}
    if len(lengths) != 1 or () in lengths:
        shapes = {key: value.shape for key, value in inputs.items()}
        raise ValueError(
            f"the first axis of every input is the batch, but the sample has {shapes}."
        )
    return {key: _narrow(value) for key, value in inputs.items()}


def _outputs(values: Any) -> dict[str, np.ndarray]:
    if isinstance(values, (list, tuple)):
        raise ValueError("several outputs need names: keras.Model(inputs, {'name': output, ...}).")
    named = values if isinstance(values, Mapping) else {"output": values}
    return {name: np.asarray(value) for name, value in named.items()}


def _steps(ask: Ask, inputs: Arrays, states: Mapping[str, str]) -> list[dict[str, np.ndarray]]:
    """Ask once; with states several times, each time with those of the time before."""
    feeds, found = dict(inputs), []
    for _ in range(STEPS if states else 1):
        outputs = ask(feeds)
        for new, old in states.items():
            _check_state(new, old, feeds, outputs)
            feeds[old] = outputs[new]
        found.append(outputs)
    return found


def _check_state(new: str, old: str, feeds: Arrays, outputs: Arrays) -> None:
    if new not in outputs:
        raise ValueError(unknown("output for a state", new, outputs))
    if old not in feeds:
        raise ValueError(unknown("input for a state", old, feeds))
    if feeds[old].shape != outputs[new].shape:
        raise ValueError(
            f"a state keeps its shape, but the output {new!r} has {outputs[new].shape} and the "
            f"input {old!r} has {feeds[old].shape}."
        )


def _export(model: Any) -> bytes:
    """Return the model as ONNX. The exporter logs to standard output; none of it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.export(str(path), format="onnx", verbose=False)
        return path.read_bytes()


def _verify(
    name: str,
    content: bytes,
    inputs: Arrays,
    expected: list[dict[str, np.ndarray]],
    states: Mapping[str, str],
) -> None:
    """Compare the export with Keras, where the runtime is installed."""
    if importlib.util.find_spec("onnxruntime") is None:
        return
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    lone = session.get_inputs()[0].name
    outputs = sorted(expected[0])  # the exporter's order

    def ask(feeds: dict[str, Any]) -> dict[str, np.ndarray]:
        given = {lone: feeds["input"]} if len(feeds) == 1 and "input" in feeds else feeds
        return dict(zip(outputs, session.run(None, given), strict=True))

    for wanted, found in zip(expected, _steps(ask, inputs, states), strict=True):
        for key in outputs:
            difference = float(np.max(np.abs(wanted[key] - found[key]), initial=0))
            if not difference <= TOLERANCE:
                raise ValueError(
                    f"the exported model {name!r} differs from Keras by {difference:.2g} in "
                    f"{key!r}; at most {TOLERANCE} is allowed."
                )


def _narrow(values: np.ndarray) -> np.ndarray:
    """Return numbers in a type that the browser has."""
    if values.dtype.name in TYPES:
        return values
    return values.astype(
        {"i": "int64", "u": "int64", "b": "uint8"}.get(values.dtype.kind, "float32")
    )


def _pack(arrays: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _narrow(np.asarray(value)) for key, value in arrays.items()}
    for key, values in found.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{key!r} has a number that is not finite; a demo needs finite ones.")
    return {key: _array(values) for key, values in found.items()}


def _array(values: np.ndarray) -> dict[str, Any]:
    """Pack numbers for the browser: their bytes, little-endian, in base64."""
    values = _narrow(values)
    content = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    data = base64.b64encode(content).decode("ascii")
    return {"type": values.dtype.name, "shape": list(values.shape), "data": data}


def _picture(name: str, value: Any) -> dict[str, Any]:
    """Pack a picture file for the browser, made from levels where it is none yet."""
    from PIL import Image

    content = value if isinstance(value, bytes) else _png(name, np.asarray(value))
    with Image.open(io.BytesIO(content)) as picture:
        if picture.format not in PICTURES:
            allowed = " or ".join(PICTURES)
            raise ValueError(f"the picture {name!r} is {picture.format}; it has to be {allowed}.")
        facts = {
            "type": Image.MIME[picture.format],
            "width": picture.width,
            "height": picture.height,
        }
    return facts | {"data": base64.b64encode(content).decode("ascii")}


def _png(name: str, levels: np.ndarray) -> bytes:
    from PIL import Image

    top = 1 if levels.dtype.kind == "f" else 255
    if not (levels.size and levels.min() >= 0 and levels.max() <= top):  # also if not finite
        raise ValueError(f"the levels of the picture {name!r} are not from 0 to {top}.")
    levels = np.round(levels * (255 / top)).astype("uint8")
    content = io.BytesIO()
    picture = Image.fromarray(levels[..., 0] if levels.shape[2:] == (1,) else levels)
    picture.save(content, "PNG", optimize=True)
    return content.getvalue()


def _plain(name: str, settings: dict[str, Any]) -> Any:
    """Return the settings as they will be read from JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        raise ValueError(
            f"{type(value).__name__} is no plain data; arrays and pictures have a place"
        )

    for key, value in settings.items():
        try:
            json.dumps(value, allow_nan=False, default=plain)
        except ValueError as error:
            raise ValueError(f"the setting {key!r} of the demo {name!r}: {error}.") from None
    return json.loads(json.dumps(settings, default=plain))


def _weigh(name: str, payload: dict[str, Any]) -> None:
    """Refuse what would take a reader on a phone long to load."""
    binary = ("model", "pictures")  # files of their own, not in base64
    sizes = {
        part: len(json.dumps(value)) * (0.75 if part in binary else 1)
        for part, value in payload.items()
    }
    if sum(sizes.values()) > WEIGHT:
        listed = ", ".join(
            f"{part} {size / 1000:,.0f}" for part, size in sizes.items() if size > 999
        )
        raise ValueError(
            f"the demo {name!r} weighs {sum(sizes.values()) / 1000:,.0f} kB ({listed}); at most "
            f"{WEIGHT // 1000:,} are allowed. Take a smaller model, sample or picture."
        )


def _display() -> Callable[..., Any] | None:
    from textlib.claims import _display as notebook_display

    return notebook_display()  # type: ignore[no-any-return]
