"""The state that a training changes, taken out of its variables and put back.

What a fingerprint has found is what is kept: every variable of the models, the optimizers and the
metrics, wherever they stand. A variable that has kept its value is part of the key already and
is not stored again.
"""

from typing import Any

import keras
import numpy as np

from textlib.training import parts
from textlib.training.fingerprint import Fingerprint, digest_of, take

Arrays = dict[str, np.ndarray]


def collect(found: Fingerprint) -> tuple[Arrays, list[list[int]]]:
    """Return the values of all that has changed since the fingerprint was taken.

    Parameters
    ----------
    found
        Taken before the training; ``found.values`` were asked for then.

    Returns
    -------
    arrays, trained
        The values by name, and for each optimizer the places of the variables that it trains,
        which are needed to build it again.
    """
    arrays = {name: parts.value_of(variable) for name, variable in named_variables(found).items()}
    for index, before in enumerate(found.values):
        if digest_of(arrays[f"v{index}"]) == before:
            del arrays[f"v{index}"]
    return {name: _storable(value) for name, value in arrays.items()}, _trained(found)


def restore(found: Fingerprint, arrays: Arrays, trained: list[list[int]]) -> bool:
    """Put stored values back; return whether they fit, and else change no variable.

    Parameters
    ----------
    found
        Taken from objects in the state in which the training began.
    arrays, trained
        As `collect` returned them.
    """
    _build_optimizers(found, trained)
    targets = named_variables(found)
    # A metric without variables yet will create them, and begins anew anyway. Results are no state.
    wanted = {name: arrays[name] for name in arrays if name in targets or name[0] in "vo"}
    for name, value in wanted.items():
        if name not in targets or tuple(targets[name].shape) != value.shape:
            return False
    for name, value in wanted.items():
        targets[name].assign(value)
    for metric in found.metrics:  # Keras does so itself only with metrics that a model has used
        metric.reset_state()
    return True


def become(found: Fingerprint, other: Fingerprint) -> bool:
    """Give one set of objects the variables of another; return whether they are equal then.

    Parameters
    ----------
    found
        Of the objects that change.
    other
        Of the objects to be like. Their optimizers are built if those of the first ones are.
    """
    if found.parts != other.parts or found.unseen or other.unseen:
        return False
    _build_optimizers(other, _trained(found))
    targets, sources = named_variables(found), named_variables(other)
    if targets.keys() != sources.keys():
        return False
    for name, variable in targets.items():
        variable.assign(parts.value_of(sources[name]))
    return True


def named_variables(found: Fingerprint) -> dict[str, Any]:
    """Return every variable that a fingerprint has found, by the name under which it is stored."""
    named = {f"v{index}": variable for index, variable in enumerate(found.variables)}
    for letter, owners in (("o", found.optimizers), ("m", found.metrics)):
        for i, owner in enumerate(owners):
            named |= {f"{letter}{i}.{j}": variable for j, variable in enumerate(owner.variables)}
    return named


def is_hidden(model: keras.Model) -> bool:
    """Say whether the graphs of a model hold state that its variables do not: see ``_draws``.

    Parameters
    ----------
    model
        A model; one that has no graphs hides nothing.
    """
    import tensorflow as tf

    functions = (model.train_function, model.test_function, model.predict_function)
    used = [function for function in functions if function is not None]
    if not used or model.run_eagerly:
        return False
    seen = named_variables(take({"model": model})).values()
    known = {id(_handle(variable)) for variable in [*seen, *model.metrics_variables]}
    graphs = [graph for function in used for graph in _graphs(function)]
    outside = any(
        tensor.dtype == tf.resource and id(tensor) not in known
        for graph in graphs
        for tensor in graph.captured_inputs
    )
    return not graphs or outside or any(map(_draws, graphs))


def _handle(variable: Any) -> Any:
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle


def _graphs(function: Any) -> list[Any]:
    """List the traced graphs of a ``tf.function``, or of those that a Python function closes on."""
    if hasattr(function, "_list_all_concrete_functions"):
        return list(function._list_all_concrete_functions())
    cells = getattr(function, "__closure__", None) or ()
    return [graph for cell in cells for graph in _graphs(cell.cell_contents)]


def _draws(graph: Any) -> bool:
    """Whether an operation keeps state of its own: TensorFlow's old generators, Python code."""
    definition = graph.graph.as_graph_def()
    bodies = [definition.node, *(inner.node_def for inner in definition.library.function)]
    return any("seed2" in node.attr or "PyFunc" in node.op for body in bodies for node in body)


def _trained(found: Fingerprint) -> list[list[int]]:
    """Return, for each optimizer, the places of the variables that it was built for."""
    place = {id(variable): index for index, variable in enumerate(found.variables)}
    built_for = [getattr(each, "_trainable_variables", ()) for each in found.optimizers]
    places = [[place.get(id(variable), -1) for variable in each] for each in built_for]
    return [[] if -1 in each else each for each in places]


def _build_optimizers(found: Fingerprint, trained: list[list[int]]) -> None:
    for optimizer, indices in zip(found.optimizers, trained, strict=True):
        if indices and not optimizer.built:
            optimizer.build([found.variables[index] for index in indices])


def _storable(value: np.ndarray) -> np.ndarray:
    """Return a value in a type that NumPy's files have: bfloat16 and its like are not of them."""
    return value.astype("float32") if value.dtype.kind == "V" else value
