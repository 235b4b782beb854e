"""What a fingerprint sees of the objects of Keras and TensorFlow.

A Keras object is what Keras itself would save of it, its class, configuration and variables, with
what the configuration only names (functions, layers, schedules) as it is, and with all that the
reader's own code has put into it. Names that Keras gives automatically do not count.
"""

import functools
import inspect
import re
import types
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from textlib.training import bytecode, origin

if TYPE_CHECKING:
    from textlib.training.fingerprint import Walk

FRAMEWORKS = ("keras", "tensorflow")
#: Pipelines of tf.data whose elements follow from what the objects in Python hold.
VISIBLE_DATASETS = re.compile(
    "Batch|Cache|Concatenate|DenseToRagged|DenseToSparseBatch|DirectedInterleave|Filter|FlatMap|"
    "GroupByWindow|IgnoreErrors|Interleave|Map|Options|PaddedBatch|ParallelBatch|"
    "ParallelInterleave|ParallelMap|Prefetch|Random|Range|Rebatch|Repeat|Scan|Shard|Shuffle|Skip|"
    "SparseTensorSlice|Take|TakeWhile|Tensor|TensorSlice|Unbatch|Unique|Window|Zip"
)
# Operations in the graph of a mapped function that read what is outside of it.
READING_OPERATIONS = re.compile("File|TextLine|TFRecord|FixedLength|PyFunc|Sql|Generator|Snapshot")
# What a layer of Keras keeps track of, and the state of a generator of seeds.
TRACKED = (
    *("_layers", "_metrics", "_seed_generators"),
    *("_trainable_variables", "_non_trainable_variables", "state"),
)
# The classes whose objects Keras changes as it goes.
ROOTS = (
    keras.Sequential,
    keras.callbacks.Callback,
    keras.metrics.Metric,
    keras.optimizers.Optimizer,
)
ROOT_NAMES = ("Function", "Functional")
LAYER_FACTS = ("activity_regularizer", "autocast", "supports_masking", "trainable")


def is_variable(thing: Any) -> bool:
    """Say whether something is a variable of Keras or of TensorFlow."""
    import tensorflow as tf

    return isinstance(thing, keras.Variable | tf.Variable)


def value_of(variable: Any) -> np.ndarray:
    """Return a variable's value."""
    if isinstance(variable, keras.Variable):
        return np.asarray(keras.ops.convert_to_numpy(variable.value))
    return np.asarray(variable.numpy())


def is_tracked(thing: Any) -> bool:
    """Say whether something is a container that Keras or TensorFlow put around a plain one."""
    return isinstance(thing, list | tuple | dict | set) and _top(type(thing)) in FRAMEWORKS


def meet(walk: "Walk", place: str, thing: Any) -> bool:
    """Add a variable, a tensor or a specification of one; return whether it was one of these."""
    import tensorflow as tf

    if is_variable(thing):
        _meet_variable(walk, place, thing)
    elif isinstance(thing, keras.KerasTensor):
        _meet_symbol(walk, place, thing)
    elif isinstance(thing, tf.Tensor):
        _meet_tensor(walk, place, thing)
    elif isinstance(thing, tf.RaggedTensor | tf.SparseTensor | tf.IndexedSlices):
        walk.say(type(thing).__name__, thing.shape, thing.dtype)
        for component in tf.nest.flatten(thing, expand_composites=True):
            walk.meet(place, component)
    elif isinstance(thing, tf.TypeSpec | tf.TensorShape | tf.DType):
        walk.say(repr(thing))
    else:
        return False
    return True


def describe(walk: "Walk", place: str, thing: Any) -> bool:
    """Describe an object of Keras or TensorFlow; return whether it was one."""
    import tensorflow as tf

    if isinstance(thing, tf.data.Dataset):
        _describe_dataset(walk, place, thing)
    elif type(thing).__name__ == "StructuredFunctionWrapper":
        _describe_mapped(walk, place, thing)
    elif _top(type(thing)) == "tensorflow" and hasattr(thing, "python_function"):
        walk.say("tf.function", getattr(thing, "_jit_compile", None))
        walk.meet(place, thing.python_function)
        walk.meet(place, thing.input_signature)
    elif type(thing).__name__ == "Node" and _top(type(thing)) == "keras":
        walk.meet(place, thing.operation)
        walk.meet(place, thing.arguments.args)
        walk.meet(place, thing.arguments.kwargs)
    elif _is_keras(type(thing)):
        _describe_keras(walk, place, thing)
    else:
        return False
    return True


def _top(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _meet_variable(walk: "Walk", place: str, variable: Any) -> None:
    if walk.is_new(variable):
        walk.variables.append(variable)
        walk.say("variable", variable.dtype, variable.shape, variable.trainable)
        for name in ("regularizer", "constraint"):
            walk.meet(f"{place}.{name}", getattr(variable, name, None))


def _meet_symbol(walk: "Walk", place: str, tensor: Any) -> None:
    history = getattr(tensor, "_keras_history", None)
    walk.say("symbol", tensor.shape, tensor.dtype)
    if history is not None:
        walk.say(history.tensor_index)
        walk.meet(place, history.operation._inbound_nodes[history.node_index])


def _meet_tensor(walk: "Walk", place: str, tensor: Any) -> None:
    walk.say("tensor", tensor.dtype)
    try:
        walk.meet(place, np.asarray(tensor.numpy()))
    except Exception:  # of a graph, or the handle of a resource
        walk.miss(place, f"a {type(tensor).__name__} without a value")


# tf.data ----------------------------------------------------------------------------------------


def _describe_dataset(walk: "Walk", place: str, dataset: Any) -> None:
    import tensorflow as tf

    kind = type(dataset).__name__.strip("_").removesuffix("V2").removesuffix("Dataset")
    held = vars(dataset)
    files = held.get("_filename")
    if not VISIBLE_DATASETS.fullmatch(kind) or (files is not None and files.numpy()):
        walk.miss(
            place, f"a tf.data pipeline that reads from a {type(dataset).__name__.strip('_')}"
        )
        return
    walk.say("dataset", kind, dataset.options()._to_proto().SerializeToString(deterministic=True))
    kept = _stored(tf.data.Dataset) | {"_name"}
    walk.meet_all(place, {name: value for name, value in held.items() if name not in kept})


def _describe_mapped(walk: "Walk", place: str, wrapper: Any) -> None:
    """Describe a function that a pipeline applies, with the seeds that its graph has drawn."""
    graph = wrapper.function.graph.as_graph_def()
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    for node in nodes:
        if READING_OPERATIONS.search(node.op):
            walk.miss(place, f"a function of a tf.data pipeline that calls {node.op}")
            return
        if "seed" in node.attr:
            walk.say(node.op, node.attr["seed"].i, node.attr["seed2"].i)
    walk.meet(place, wrapper._func)


# Keras ------------------------------------------------------------------------------------------


def _describe_keras(walk: "Walk", place: str, thing: Any) -> None:
    walk.say("keras", explicit_name(thing))
    walk.meet(f"{place} class", type(thing))
    held = {name: _spent(thing, value) for name, value in vars(thing).items()}
    _describe_config(walk, place, thing, held)
    walk.meet_all(place, {name: held[name] for name in held if _counts(thing, name, held[name])})
    if isinstance(thing, keras.optimizers.Optimizer):
        walk.optimizers.append(thing)
        _describe_decay(walk, place, thing)
    elif isinstance(thing, keras.metrics.Metric):
        walk.metrics.append(thing)
    else:
        for name in TRACKED:
            walk.meet(place, held.get(name))
    if isinstance(thing, keras.Layer):
        walk.meet_all(place, {name: getattr(thing, name) for name in LAYER_FACTS})
        walk.meet(place, thing.dtype_policy)
        _describe_vocabulary(walk, place, thing)
    if isinstance(thing, keras.Model):
        walk.meet(place, [held.get("_inputs_struct"), held.get("_outputs_struct")])
        _describe_compilation(walk, place, thing)


def _spent(thing: Any, value: Any) -> Any:
    """Leave out the seed that an initializer has drawn, if the layer has its variables already."""
    is_spent = isinstance(thing, keras.Layer) and thing.built
    if is_spent and isinstance(value, keras.Initializer) and not _is_own_code(value):
        return [type(value), value.get_config()]
    return value


def _describe_config(walk: "Walk", place: str, thing: Any, held: dict[str, Any]) -> None:
    """Describe the configuration: what it says, and the objects that it only names."""
    if isinstance(thing, keras.Model | keras.random.SeedGenerator) or not hasattr(
        thing, "get_config"
    ):
        return  # a model's names its layers, and a generator goes by its state
    kind: Any = type(thing)
    try:
        with warnings.catch_warnings(action="ignore"):  # that a lambda should not be saved
            config = dict(thing.get_config())
    except (NotImplementedError, OSError):  # of a schedule in it; or a lambda without a source
        config = dict.fromkeys(_parameters(kind))
    except Exception:
        walk.miss(place, f"the configuration of a {type(thing).__name__}")
        return
    if hasattr(thing, "name"):
        config.pop("name", None)
    for name in sorted(config):
        own = held.get(name, held.get(f"_{name}"))
        if isinstance(thing, keras.optimizers.Optimizer) and is_variable(own):
            continue  # the learning rate; it counts with the optimizer's variables
        walk.say(name)
        walk.meet(f"{place}.{name}", _without_layers(config[name]))
        walk.meet(f"{place}.{name}", own)


def _without_layers(config: Any) -> Any:
    """Leave serialized layers, lambdas and automatic names out of a configuration.

    Names that Keras gives change, and lambdas say in which file and line they were written.
    """
    if isinstance(config, dict):
        inner, kind = config.get("config"), config.get("class_name")
        if kind == "__lambda__" or (isinstance(inner, dict) and "trainable" in inner):
            return kind
        if isinstance(inner, dict) and _is_automatic(inner.get("name"), kind):
            config = {**config, "config": {**inner, "name": kind}}
        return {key: _without_layers(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_without_layers(value) for value in config]
    return config


def _counts(thing: Any, name: str, value: Any) -> bool:
    """Whether an attribute may change a result, and is not one that Keras keeps for itself."""
    if name in ("name", "built", "_built") or isinstance(value, keras.callbacks.History):
        return False
    if value is None or _is_left_over(value):
        return False
    if isinstance(thing, keras.optimizers.Optimizer | keras.metrics.Metric) and _are_variables(
        value
    ):
        return False
    kind: Any = type(thing)
    if name in _settings(kind):
        return _is_setting(value)
    return name not in _stored(kind) or name in _own(kind) or _is_own_code(value)


def _is_left_over(value: Any) -> bool:
    """Whether a value belongs to a graph that was traced once, and is none outside of it."""
    import tensorflow as tf

    return isinstance(value, tf.Tensor | keras.KerasTensor) and tf.is_symbolic_tensor(value)


def _are_variables(value: Any) -> bool:
    each = value if isinstance(value, list | tuple) else [value]
    return all(map(is_variable, each))


def _is_setting(value: Any) -> bool:
    """Whether a value is one to set a layer up with, rather than a table or a lock that it has."""
    plain = (type(None), bool, int, float, str, list, tuple, dict, np.ndarray, type)
    code = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)
    return isinstance(value, plain + code) or _is_keras(type(value)) or _is_own_code(value)


def _is_own_code(value: Any) -> bool:
    if isinstance(value, types.FunctionType):
        return origin.library(origin.home_of(value)) is None
    return _is_own(type(value.__func__) if isinstance(value, types.MethodType) else type(value))


def _is_own(kind: type) -> bool:
    return origin.library(kind.__module__) is None


def _is_keras(kind: type) -> bool:
    return any(_top(base) == "keras" for base in kind.__mro__)


@functools.cache
def _settings(kind: type) -> frozenset[str]:
    """Return the attributes that the classes of Keras set when they make an object of a kind.

    Configurations leave some of them out: the ``delta`` of a Huber loss, ``sparse`` of an encoding.
    The classes at the root set what every layer has, and what a training changes.
    """
    roots = {base for root in ROOTS for base in root.__mro__}
    makers = [
        vars(base)["__init__"]
        for base in kind.__mro__
        if _top(base) == "keras" and base not in roots and base.__name__ not in ROOT_NAMES
        if "__init__" in vars(base)
    ]
    return _attributes_set_by(method for maker in makers for method in _functions(maker))


@functools.cache
def _stored(kind: type) -> frozenset[str]:
    """Return the attributes that the methods of Keras and TensorFlow set on an object."""
    members = (m for base in kind.__mro__ if _top(base) in FRAMEWORKS for m in vars(base).values())
    return _attributes_set_by(method for member in members for method in _functions(member))


@functools.cache
def _own(kind: type) -> frozenset[str]:
    """Return the attributes that the reader's own methods set on an object."""
    members = (m for base in kind.__mro__ if _is_own(base) for m in vars(base).values())
    return _attributes_set_by(method for member in members for method in _functions(member))


@functools.cache
def _parameters(kind: type) -> tuple[str, ...]:
    """Return what the constructors of Keras take, without what every layer takes."""
    bases = [base for base in kind.__mro__ if _top(base) == "keras"]
    makers = [vars(each).get("__init__") for each in bases if each not in keras.Layer.__mro__]
    names = (name for each in makers if each for name in inspect.signature(each).parameters)
    return tuple(sorted(set(names) - {"self", "args", "kwargs"}))


def _attributes_set_by(methods: Iterable[types.FunctionType]) -> frozenset[str]:
    owners = ("self", "obj", "instance")
    return frozenset().union(*(bytecode.stored_attributes(m.__code__, owners) for m in methods))


def _functions(member: Any) -> Iterator[types.FunctionType]:
    if isinstance(member, property):
        for accessor in (member.fget, member.fset):
            yield from _functions(accessor)
    elif isinstance(member, staticmethod | classmethod):
        yield from _functions(member.__func__)
    elif isinstance(member, types.FunctionType):
        yield member
        yield from _functions(getattr(member, "__wrapped__", None))


def explicit_name(thing: Any) -> str | None:
    """Return the name that somebody gave to an object; ``None`` if Keras made it of its class."""
    name = getattr(thing, "name", None)
    is_given = isinstance(name, str) and not _is_automatic(name, type(thing).__name__)
    return name if is_given else None


def _is_automatic(name: Any, kind: Any) -> bool:
    """Whether Keras makes a name of the name of a class, with a number or without."""
    if not isinstance(name, str) or not isinstance(kind, str):
        return False
    bare = re.sub("^(forward|backward)_", "", name)
    made = (each.replace("_", "") for each in (bare, re.sub(r"_\d+$", "", bare)))
    return kind.replace("_", "").lower() in made


def _describe_vocabulary(walk: "Walk", place: str, layer: Any) -> None:
    """Describe what a layer has learned from texts, which is in a table and not in variables."""
    if hasattr(layer, "get_vocabulary"):
        try:
            walk.meet(place, [str(token) for token in layer.get_vocabulary()])
        except Exception:
            walk.miss(place, f"the vocabulary of a {type(layer).__name__}")


def _describe_decay(walk: "Walk", place: str, optimizer: Any) -> None:
    """Say which variables weight decay spares, by their places: their names change."""
    asked = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    if not any(getattr(optimizer, name, None) for name in asked):
        return
    if not optimizer.built:
        walk.miss(place, "an optimizer that spares variables its decay and is not built yet")
        return
    decays = map(optimizer._use_weight_decay, optimizer._trainable_variables)
    walk.say("decays", list(decays))


def _describe_compilation(walk: "Walk", place: str, model: Any) -> None:
    walk.meet(f"{place}.optimizer", getattr(model, "optimizer", None))
    if model.compiled:
        settings = {k: v for k, v in model._compile_config.config.items() if k != "optimizer"}
        walk.meet_all(place, settings)
        for name in _texts(settings):  # code that is registered under a name
            walk.meet(f"{place}.{name}", keras.saving.get_registered_object(name))
        strategy = getattr(model, "distribute_strategy", None)
        walk.say(type(strategy).__name__, getattr(strategy, "num_replicas_in_sync", 1))


def _texts(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict | list | tuple):
        for each in thing.values() if isinstance(thing, dict) else thing:
            yield from _texts(each)
