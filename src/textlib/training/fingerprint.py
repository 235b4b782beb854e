"""Fingerprints: what a training result depends on, as one short key.

A run may be restored only if the same training would give it again. The key covers the model's
structure, code and starting weights, the optimizer, the loss and metrics, the data, the
arguments, the scale and the versions of the libraries.
"""

import hashlib
import inspect
import json
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

KEY_LENGTH = 20


class FingerprintError(TypeError):
    """Something that the result depends on cannot be fingerprinted."""


def of(value: Any) -> str:
    """Return the fingerprint of nested plain data, arrays and Keras objects.

    Parameters
    ----------
    value
        ``None``, numbers, strings, arrays, mappings and sequences of these, functions, and Keras
        objects with ``get_config``.

    Raises
    ------
    FingerprintError
        If the value, or something inside it, is of another kind.
    """
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()[:KEY_LENGTH]


def of_model(model: keras.Model) -> str:
    """Return the fingerprint of a compiled model: structure, code, weights and compile options.

    Layer names count only by their order, because Keras numbers them anew in each session.
    """
    parts = {
        "structure": [_describe(layer) for layer in model._flatten_layers()],
        "wiring": _wiring(model),
        "weights": [_array(variable) for variable in model.variables],
        "compiled": _compile_config(model),
    }
    return of(parts)


def versions() -> dict[str, str]:
    """Return the versions of everything that affects numerical results."""
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }


def _feed(digest: Any, value: Any) -> None:
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            write(digest, value)
            return
    if hasattr(value, "get_config"):
        _feed(digest, _describe(value))
    elif callable(value):
        _feed(digest, code_of(value))
    elif hasattr(value, "__array__"):
        _feed_array(digest, np.asarray(value))
    else:
        message = (
            f"cannot fingerprint a {type(value).__name__}, so the run store cannot tell whether it "
            "changed. Pass arrays, or name the data with data_key='...', or use run=None to train "
            "without the store."
        )
        raise FingerprintError(message)


def _feed_plain(digest: Any, value: Any) -> None:
    digest.update(f"{type(value).__name__}:{value!r};".encode())


def _feed_array(digest: Any, value: np.ndarray) -> None:
    digest.update(f"array:{value.dtype}:{value.shape};".encode())
    if value.dtype.hasobject or value.dtype.kind in "UST":
        digest.update("\0".join(map(str, value.ravel().tolist())).encode())
    else:
        digest.update(np.ascontiguousarray(value).view(np.uint8).reshape(-1).data)


def _feed_mapping(digest: Any, value: Mapping[Any, Any]) -> None:
    digest.update(f"map{len(value)};".encode())
    for key in sorted(value, key=str):
        _feed_plain(digest, str(key))
        _feed(digest, value[key])


def _feed_sequence(digest: Any, value: Sequence[Any] | set[Any]) -> None:
    digest.update(f"seq{len(value)};".encode())
    for item in sorted(value, key=str) if isinstance(value, set | frozenset) else value:
        _feed(digest, item)


_WRITERS: tuple[tuple[Any, Callable[[Any, Any], None]], ...] = (
    ((type(None), bool, int, float, str, bytes, np.generic), _feed_plain),
    (np.ndarray, _feed_array),
    (Mapping, _feed_mapping),
    ((list, tuple, set, frozenset), _feed_sequence),
)


def _describe(thing: Any) -> dict[str, Any]:
    """Describe a Keras object by its class, its own code if it is not Keras's, and its config."""
    description: dict[str, Any] = {"class": type(thing).__name__}
    if not type(thing).__module__.startswith("keras."):
        description["code"] = code_of(type(thing))
    if not isinstance(thing, keras.Model):
        description["config"] = _config(thing)
    elif "code" in description and (settings := _settings(thing)):
        description["settings"] = settings
    return description


def _settings(model: keras.Model) -> dict[str, Any]:
    """Return the plain values in the configuration of a model with a class of its own.

    Its layers are described one by one; a number that its training step uses is nowhere else.
    """
    try:
        config = model.get_config()
    except NotImplementedError:
        return {}
    plain = (type(None), bool, int, float, str)
    return {
        key: value for key, value in config.items() if key != "name" and isinstance(value, plain)
    }


def _config(thing: Any) -> str:
    try:
        config = dict(thing.get_config())
    except NotImplementedError:
        return "none"
    name = config.pop("name", None)
    if isinstance(thing, keras.Metric):  # the history has the name, less the session's number
        config["name"] = re.sub(r"_\d+$", "", str(name))
    return json.dumps(config, sort_keys=True, default=code_of)


def _wiring(model: keras.Model) -> list[Any]:
    """List how the operations of a functional model are joined, without their names."""
    if not hasattr(model, "_operations"):
        return []
    order = {id(operation): index for index, operation in enumerate(model._operations)}
    wires = []
    for operation in model._operations:
        for node in operation._inbound_nodes:
            parents = [order.get(id(source.operation)) for source in node.parent_nodes]
            wires.append([order[id(operation)], parents])
    return wires


def _array(variable: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable.value))


def _compile_config(model: keras.Model) -> Any:
    config = getattr(model, "_compile_config", None)
    if config is None:
        return None
    return {
        key: json.dumps(value, sort_keys=True, default=code_of)
        if not callable(value)
        else code_of(value)
        for key, value in config.config.items()
    } | {"optimizer": _describe(model.optimizer)}


def code_of(thing: Any) -> str:
    """Return the source of a function or class, or the best stable description of it."""
    target = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    if str(getattr(target, "__module__", "")).startswith("keras."):
        config = _config(thing) if hasattr(thing, "get_config") and thing is not target else ""
        return f"{target.__qualname__}{config}"
    try:
        return inspect.getsource(target) + _closure(target)
    except (OSError, TypeError):
        return getattr(target, "__qualname__", type(thing).__name__)


def _closure(target: Any) -> str:
    """Describe the plain values that a function was made with (a factory's arguments)."""
    plain = (type(None), bool, int, float, str)
    cells = [cell.cell_contents for cell in getattr(target, "__closure__", None) or ()]
    values = [*cells, *(getattr(target, "__defaults__", None) or ())]
    return repr([value for value in values if isinstance(value, plain)])
