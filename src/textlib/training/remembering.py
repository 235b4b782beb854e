"""``remember``: the memory of ``fit``, for trainings that do not go through it.

Loops of one's own, adversarial and diffusion models, reinforcement learning: whatever a function
makes of arrays, models and numbers is kept under all that it depends on.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from textlib.training.memory import Memory
from textlib.training.seeds import set_seed
from textlib.training.store import RunStore

T = TypeVar("T")
PLAIN = (type(None), bool, int, float, str)


class UnstorableError(TypeError):
    """A result has a part that the run store cannot hold."""


def remember(
    name: str,
    inputs: Any,
    compute: Callable[..., T],
    *,
    seed: int = 0,
    store: RunStore | None = None,
) -> T:
    """Return what ``compute`` makes of the inputs, or made of them before.

    The first time, it is called, and its result is kept in the run store. After that it is called
    again only if something has changed on which the result depends: the inputs, the function's own
    code, or anything that this code uses. What the function changes in place comes back too, if
    that is the variables of a model or an optimizer, among the inputs or used by the code.

    Parameters
    ----------
    name
        Name of the run, ``"page/experiment"``.
    inputs
        What the function is called with: a tuple or list of arguments, a dictionary of named ones,
        or a single argument of another kind. Give it models that have variables already.
    compute
        The function. It returns numbers, texts, ``None``, arrays, or tensors; tuples, lists and
        dictionaries of these; or models that are among its inputs.
    seed
        The generators of Python, NumPy and Keras are set to it first.
    store
        The run store to use instead of the session's.

    Returns
    -------
    Any
        The result of the function.

    Warns
    -----
    NotRememberedWarning
        If an input cannot be seen, the function changes its inputs in a way that cannot be
        restored, or its result cannot be stored. It is called each time then.

    Examples
    --------
    >>> losses = remember("gan/digits", (generator, critic, images), train)  # doctest: +SKIP
    """
    named = _by_label(inputs)
    started = set_seed(seed)
    objects = {**named, "compute": compute}
    memory = Memory(name, {**objects, "seed": started}, watched=objects, store=store)
    stored = memory.recall()
    if stored is not None:
        set_seed(seed + 1)
        return _unpacked(stored.record["result"], stored.arrays, _inside(named))
    began = time.perf_counter()
    result = _call(compute, inputs)
    seconds = time.perf_counter() - began
    arrays: dict[str, np.ndarray] = {}
    record = {"history": _curves(result), "epoch_seconds": [], "seconds": seconds, "seed": started}
    try:
        record["result"] = _packed(result, arrays, _inside(named))
        memory.keep(record, arrays)
    except UnstorableError as error:
        memory.warn(str(error))
    set_seed(seed + 1)  # the same state afterwards, whether computed or restored
    return result


def _by_label(inputs: Any) -> dict[str, Any]:
    if isinstance(inputs, Mapping):
        return {f"inputs[{name!r}]": value for name, value in inputs.items()}
    if isinstance(inputs, tuple | list):
        return {f"inputs[{index}]": value for index, value in enumerate(inputs)}
    return {"inputs": inputs}


def _inside(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is in the inputs at any depth, by labels."""
    found = dict(named)
    for label, thing in named.items():
        if isinstance(thing, list | tuple | dict):
            items = thing.items() if isinstance(thing, dict) else enumerate(thing)
            found |= _inside({f"{label}[{key!r}]": value for key, value in items})
    return found


def _call(compute: Callable[..., T], inputs: Any) -> T:
    if isinstance(inputs, Mapping):
        return compute(**inputs)
    return compute(*inputs) if isinstance(inputs, tuple | list) else compute(inputs)


def _curves(result: Any) -> dict[str, list[float]]:
    """Return the lists of numbers in a dictionary, which a full-scale record shows as curves."""
    named = result if isinstance(result, dict) else {}
    return {
        str(name): [float(value) for value in values]
        for name, values in named.items()
        if isinstance(values, list) and all(isinstance(value, int | float) for value in values)
    }


def _packed(thing: Any, arrays: dict[str, np.ndarray], named: Mapping[str, Any]) -> Any:
    """Return a result as plain data for the record; its arrays go beside it."""
    import tensorflow as tf

    if type(thing) in PLAIN:
        return thing
    for label, given in named.items():
        if thing is given:
            return {"given": label}
    if type(thing) in (list, tuple):
        return {type(thing).__name__: [_packed(each, arrays, named) for each in thing]}
    if type(thing) is dict:
        return {"dict": [[_packed(each, arrays, named) for each in item] for item in thing.items()]}
    kind = "tensor" if isinstance(thing, tf.Tensor) else "array"
    value = np.asarray(thing) if isinstance(thing, np.ndarray | np.generic | tf.Tensor) else None
    if value is None or value.dtype.hasobject or value.dtype.kind in "VT":
        raise UnstorableError(
            f"returns a {type(thing).__name__}, which the store cannot hold; return numbers, texts "
            "and arrays, in lists, tuples and dictionaries, or models that are among the inputs."
        )
    name = f"r{len(arrays)}"
    arrays[name] = value
    return {"scalar" if isinstance(thing, np.generic) else kind: name}


def _unpacked(packed: Any, arrays: Mapping[str, np.ndarray], named: Mapping[str, Any]) -> Any:
    import tensorflow as tf

    if not isinstance(packed, dict):
        return packed
    ((kind, content),) = packed.items()

    def each(items: Iterable[Any]) -> list[Any]:
        return [_unpacked(item, arrays, named) for item in items]

    match kind:
        case "given":
            return named[content]
        case "list" | "tuple":
            return each(content) if kind == "list" else tuple(each(content))
        case "dict":
            return dict(map(each, content))
        case "scalar":
            return arrays[content][()]
    return tf.constant(arrays[content]) if kind == "tensor" else arrays[content]
