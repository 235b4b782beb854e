"""Models for the reader's browser: export by a page's own cell, shown by the ``{demo}`` directive.

A page trains a model and publishes it under a name. The ONNX file travels in the cell's output,
so it is cached with the page and never out of step with it. Where the exporter is not installed
(a hosted notebook), publishing does nothing: the demo lives on the website.
"""

import base64
import importlib.util
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from textlib._errors import unknown

MIME = "application/vnd.textlib.demo+json"
#: What the page offers for each kind of model.
KINDS = ("digits", "latent", "text")
TOLERANCE = 1e-4  # largest difference between the browser's outputs and Keras's


def publish(name: str, model: Any, *, kind: str, sample: Any, **settings: Any) -> bool:
    """Put a model into the page, for the ``{demo}`` directive of the same name.

    Parameters
    ----------
    name
        Name of the demo, unique on its page; letters, digits and hyphens.
    model
        A built Keras model with one input. Its outputs are an array, or a mapping of named
        arrays.
    kind
        What the reader does with it. ``"digits"``: draw a 28 by 28 picture; the outputs are
        ``probabilities`` ``(batch, classes)`` and, if wanted, ``maps`` ``(batch, height, width,
        filters)``. ``"latent"``: move through a plane; input ``(batch, 2)``, output an image
        ``(batch, height, width, 1)``. ``"text"``: sample characters; input ``(batch, time)``
        integers, output ``(batch, vocabulary)`` probabilities of the next one.
    sample
        Inputs for which the browser's outputs are compared with Keras's, ``(batch, ...)``.
    **settings
        What the page needs beside the model, as plain data: class names, a vocabulary, ranges.

    Returns
    -------
    bool
        Whether the model was published; False where the exporter is not installed, and outside a
        notebook.

    Raises
    ------
    ValueError
        If the kind is unknown, or the exported model does not compute what Keras does.
    """
    if kind not in KINDS:
        raise ValueError(unknown("kind of demo", kind, KINDS))
    display = _display()
    if display is None or importlib.util.find_spec("tf2onnx") is None:
        return False
    inputs = np.asarray(sample)
    expected = _outputs(model(inputs))
    content = _export(model)
    _verify(name, content, inputs, expected)
    payload = {
        "name": name,
        "kind": kind,
        "model": base64.b64encode(content).decode("ascii"),
        "sample": {
            "input": _array(inputs),
            "outputs": {key: _array(value) for key, value in expected.items()},
        },
        "settings": settings,
    }
    display({MIME: payload}, raw=True)
    return True


def _outputs(values: Any) -> dict[str, np.ndarray]:
    named = values if isinstance(values, Mapping) else {"output": values}
    return {name: np.asarray(value) for name, value in named.items()}


def _export(model: Any) -> bytes:
    """Return the model as ONNX. The exporter logs to standard output; none of it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.export(str(path), format="onnx", verbose=False)
        return path.read_bytes()


def _verify(name: str, content: bytes, inputs: np.ndarray, expected: dict[str, Any]) -> None:
    """Compare the export with Keras, where the runtime is installed."""
    if importlib.util.find_spec("onnxruntime") is None:
        return
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: inputs})
    for (key, wanted), values in zip(sorted(expected.items()), found, strict=True):
        difference = float(np.max(np.abs(wanted - values)))
        if not math.isfinite(difference) or difference > TOLERANCE:
            raise ValueError(
                f"the exported model {name!r} differs from Keras by {difference:.2g} in {key!r}; "
                f"at most {TOLERANCE} is allowed."
            )


def _array(values: np.ndarray) -> dict[str, Any]:
    """Pack numbers for the browser: their bytes, little-endian, in base64."""
    kind = "int64" if values.dtype.kind in "iu" else "float32"
    content = np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<")).tobytes()
    data = base64.b64encode(content).decode("ascii")
    return {"type": kind, "shape": list(values.shape), "data": data}


def _display() -> Callable[..., Any] | None:
    from textlib.claims import _display as notebook_display

    return notebook_display()  # type: ignore[no-any-return]
