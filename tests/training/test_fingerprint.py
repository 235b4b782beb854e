"""Fingerprints tell apart what gives other results, and hold together what gives the same."""

import collections
import dataclasses
import enum
import functools
import re
import threading
import types

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from textlib import models, training
from textlib.models import autoencoders
from textlib.training import fingerprint, origin

ARRAYS = nps.arrays(
    dtype=st.sampled_from([np.float32, np.int64, np.uint8]),
    shape=nps.array_shapes(max_dims=3, max_side=4),
)


def unseen(value):
    return fingerprint.take({"value": value}).unseen


def differ(*values):
    """Whether each value has a key of its own, and the same key when it is looked at again."""
    keys = [fingerprint.of(value) for value in values]
    assert keys == [fingerprint.of(value) for value in values]
    return len(set(keys)) == len(keys)


def from_source(source, **names):
    """Define something as a cell of a page would, and return it under the name ``thing``."""
    module = types.ModuleType("page")
    vars(module).update(names)
    exec(source, vars(module))  # noqa: S102
    return module.thing


# Data -------------------------------------------------------------------------------------------


@given(ARRAYS)
def test_a_copy_has_the_same_fingerprint(array):
    assert fingerprint.of(array) == fingerprint.of(array.copy(order="F"))


@given(ARRAYS)
def test_shape_and_type_count(array):
    assert fingerprint.of(array) != fingerprint.of(array[None])
    assert fingerprint.of(array) != fingerprint.of(array.astype(np.complex64))


@given(nps.arrays(np.int64, (4,), elements=st.integers(-9, 9)), st.integers(0, 3))
def test_every_element_counts(array, place):
    changed = array.copy()
    changed[place] += 1
    assert fingerprint.of(array) != fingerprint.of(changed)


def test_a_view_counts_by_its_content():
    array = np.arange(20).reshape(4, 5)
    assert fingerprint.of(array[::2, 1:3]) == fingerprint.of(array[::2, 1:3].copy())


def test_order_and_nesting_count():
    assert differ([[1], 2], [1, [2]], [2, [1]], (1, [2]), {"a": 1, "b": 2}, {"b": 2, "a": 1})


def test_the_order_of_a_set_does_not_count():
    assert fingerprint.of({"a", "b", "c"}) == fingerprint.of({"c", "b", "a"})


def test_kinds_are_told_apart():
    assert differ(1, 1.0, True, "1", b"1", None, [1], np.float32(1), np.float64(1), -0.0, 0.0)


TABLE = {"size": [1.0, 2.0], "name": ["a", "b"]}
DATA = {
    "texts": lambda last: np.array(["ab", last]),
    "objects": lambda last: np.array([[1, 2], last, None], dtype=object),
    "dates": lambda last: np.array(["2020-01-01", f"2020-01-0{len(last) + 1}"], "datetime64[D]"),
    "masked": lambda last: np.ma.masked_array([1, 2], mask=[False, last == "x"]),
    "frame": lambda last: pd.DataFrame({**TABLE, "last": [last, "z"]}),
    "categories": lambda last: pd.Series([last, "z"], dtype="category"),
    "index": lambda last: pd.DataFrame(TABLE, index=[last, "z"]),
    "sparse": lambda last: scipy.sparse.csr_matrix(np.eye(2) * len(last)),
    "tensor": lambda last: tf.constant([1.0, len(last)]),
    "strings": lambda last: tf.constant(["a", last]),
    "ragged": lambda last: tf.ragged.constant([[1], [2, len(last)]]),
    "sparse tensor": lambda last: tf.sparse.from_dense([0, len(last)]),
    "named tuple": lambda last: POINT(1, last),
    "ordered": lambda last: collections.OrderedDict(a=1, b=last),
    "partial": lambda last: functools.partial(np.full, 3, fill_value=last),
    "generator": lambda last: np.random.default_rng(len(last)),
    "pattern": lambda last: re.compile(last),
}
POINT = collections.namedtuple("POINT", "x y")


@pytest.mark.parametrize("kind", DATA)
def test_all_kinds_of_data_count_by_their_content(kind):
    assert fingerprint.of(DATA[kind]("x")) == fingerprint.of(DATA[kind]("x"))
    assert fingerprint.of(DATA[kind]("x")) != fingerprint.of(DATA[kind]("xyz"))


def test_texts_are_not_run_together():
    assert differ(np.array(["ab", "c"], object), np.array(["a", "bc"], object))
    assert differ(np.array(["a\0", "b"], object), np.array(["a", "\0b"], object))


ROWS = np.arange(8.0)
PIPELINES = {
    "rows": lambda n: tf.data.Dataset.from_tensor_slices(ROWS + n),
    "batch": lambda n: PIPELINES["rows"](0).batch(n),
    "shuffle": lambda n: PIPELINES["rows"](0).shuffle(8, seed=n),
    "map": lambda n: PIPELINES["rows"](0).map(lambda row: row * n),
    "filter": lambda n: PIPELINES["rows"](0).filter(lambda row: row < n).prefetch(1),
    "zip": lambda n: tf.data.Dataset.zip((PIPELINES["rows"](0), PIPELINES["rows"](n))),
    "windows": lambda n: PIPELINES["rows"](0).window(n).flat_map(lambda rows: rows.batch(2)),
    "repeat and take": lambda n: PIPELINES["rows"](0).repeat(2).take(n).cache(),
}


@pytest.mark.parametrize("kind", PIPELINES)
def test_a_pipeline_of_tensors_can_be_seen(kind):
    keys = [fingerprint.of(PIPELINES[kind](n)) for n in (2, 2, 3)]
    assert keys[0] == keys[1] != keys[2]


def test_the_seeds_that_a_mapped_function_has_drawn_count():
    def noisy(seed):
        training.set_seed(seed)
        return PIPELINES["rows"](0).map(lambda row: row + tf.random.normal([], dtype=row.dtype))

    assert fingerprint.of(noisy(0)) == fingerprint.of(noisy(0)) != fingerprint.of(noisy(1))


@pytest.mark.parametrize(
    "pipeline",
    [
        lambda: tf.data.TextLineDataset("rows.txt").batch(2),
        lambda: PIPELINES["rows"](0).map(lambda row: tf.numpy_function(np.sin, [row], row.dtype)),
        lambda: tf.data.Dataset.from_tensors("a").map(lambda name: tf.io.read_file(name)),
        lambda: tf.data.Dataset.from_generator(lambda: iter([1]), output_signature=SCALAR),
    ],
    ids=["file", "python", "read in a function", "generator"],
)
def test_a_pipeline_that_reads_elsewhere_cannot_be_seen(pipeline):
    assert unseen(pipeline())


SCALAR = tf.TensorSpec((), tf.int32)


def test_the_seeds_that_built_layers_have_drawn_count_only_by_their_variables():
    parts = []
    for seed in (0, 1):
        training.set_seed(seed)
        model = sequential(dense(2), Dropout(0.5))
        parts.append(fingerprint.take({"model": model}).parts)
    assert parts[0] == parts[1]
    training.set_seed(0)
    assert differ(*(keras.initializers.GlorotUniform() for _ in range(2)))


def test_what_cannot_be_seen_is_named():
    with pytest.raises(fingerprint.FingerprintError, match=r"value\[1\]\['b'\] \(a generator\)"):
        fingerprint.of([1, {"b": (x for x in range(3))}])


def test_what_raises_when_it_is_looked_at_cannot_be_seen():
    class Absent:
        def __getattribute__(self, name):
            raise ImportError("no module of this name")

    assert unseen([1, Absent()]) == ["value[1] (raises ImportError when looked at)"]


def test_variables_in_a_set_cannot_be_seen():
    assert unseen({dense(1)}) == []
    assert unseen({compiled()}) == ["value (a set that holds variables)"]


def test_a_lock_holds_nothing():
    assert fingerprint.of([threading.Lock()]) == fingerprint.of([threading.Lock()])


def test_what_holds_itself_has_a_fingerprint():
    ring = [1]
    ring.append(ring)
    knot = types.SimpleNamespace()
    knot.itself = [knot]
    assert differ(ring, knot, [1, [1]])


def test_sets_that_hold_one_another_have_a_fingerprint():
    friends = [types.SimpleNamespace(name=name, known=[]) for name in range(12)]
    for each in friends:
        each.known = {functools.partial(vars, other) for other in friends}
    assert fingerprint.take({"friends": friends}).key


def test_a_long_chain_has_a_fingerprint():
    chain = None
    for _ in range(5_000):
        chain = types.SimpleNamespace(before=chain)
    assert not unseen(chain)


# Code -------------------------------------------------------------------------------------------

SAME = {
    "comments and layout": (
        "def thing(x, y=2):\n    return x + y",
        "def thing(x, y=2):\n    '''Add.'''\n\n    # so\n    return (x\n      + y)",
    ),
    "a lambda on another line": (
        "import keras\nthing = keras.layers.Lambda(lambda x: x)",
        "import keras\n\n\nthing = keras.layers.Lambda(lambda x: x)",
    ),
    "a lambda without a source": (
        "import keras\nthing = keras.metrics.MeanMetricWrapper(lambda y, p: p)",
        "import keras\n\n\nthing = keras.metrics.MeanMetricWrapper(lambda y, p: p)",
    ),
    "docstring of a class inside": (
        "def thing():\n  class A:\n    x = 1\n  return A",
        "def thing():\n\n  class A:\n    '''A'''\n    x = 1\n  return A",
    ),
}
OTHER = {
    "constant": ("def thing(x): return x + 1", "def thing(x): return x + 2"),
    "operation": ("def thing(x): return x + 1", "def thing(x): return x - 1"),
    "default": ("def thing(x=1): return x", "def thing(x=2): return x"),
    "named default": ("def thing(*, x=1): return x", "def thing(*, x=2): return x"),
    "attribute": ("def thing(x): return x.a", "def thing(x): return x.b"),
    "lambda": ("thing = lambda x: x", "thing = lambda x: -x"),
    "inner function": (
        "def thing(x):\n def f(): return 1\n return f()",
        "def thing(x):\n def f(): return 2\n return f()",
    ),
    "global": ("a = 1\ndef thing(): return a", "a = 2\ndef thing(): return a"),
    "global of a function": (
        "a = 1\ndef f(): return a\ndef thing(): return f()",
        "a = 2\ndef f(): return a\ndef thing(): return f()",
    ),
    "global of an inner function": (
        "a = 1\ndef thing(): return [a for _ in range(2)]",
        "a = 2\ndef thing(): return [a for _ in range(2)]",
    ),
    "closure": (
        "def make(a):\n return lambda: a\nthing = make([1, {'b': 2}])",
        "def make(a):\n return lambda: a\nthing = make([1, {'b': 3}])",
    ),
    "decorator": (
        "import functools\ndef d(f):\n @functools.wraps(f)\n def g(): return f() + 1\n return g\n"
        "@d\ndef thing(): return 1",
        "import functools\ndef d(f):\n @functools.wraps(f)\n def g(): return f() + 2\n return g\n"
        "@d\ndef thing(): return 1",
    ),
    "wrapped": (
        "import functools\n@functools.cache\ndef thing(): return 1",
        "import functools\n@functools.cache\ndef thing(): return 2",
    ),
    "base class": (
        "class A:\n def f(self): return 1\nclass B(A): pass\nclass thing(B): pass",
        "class A:\n def f(self): return 2\nclass B(A): pass\nclass thing(B): pass",
    ),
    "property": (
        "class thing:\n @property\n def f(self): return 1",
        "class thing:\n @property\n def f(self): return 2",
    ),
    "class method": (
        "class thing:\n @classmethod\n def f(self): return 1",
        "class thing:\n @classmethod\n def f(self): return 2",
    ),
    "class attribute": ("class thing: x = [1]", "class thing: x = [2]"),
    "super": (
        "class A:\n def f(self): return 1\nclass thing(A):\n def f(self): return super().f()",
        "class A:\n def f(self): return 2\nclass thing(A):\n def f(self): return super().f()",
    ),
    "metaclass": (
        "class M(type):\n def f(self): return 1\nclass thing(metaclass=M): pass",
        "class M(type):\n def f(self): return 2\nclass thing(metaclass=M): pass",
    ),
    "instance": (
        "class A: pass\nthing = A()\nthing.x = 1",
        "class A: pass\nthing = A()\nthing.x = 2",
    ),
    "slots": (
        "class A: __slots__ = ('x',)\nthing = A()\nthing.x = 1",
        "class A: __slots__ = ('x',)\nthing = A()\nthing.x = 2",
    ),
    "what pickling leaves out": (
        "class A:\n def __getstate__(self): return {}\nthing = A()\nthing.x = 1",
        "class A:\n def __getstate__(self): return {}\nthing = A()\nthing.x = 2",
    ),
    "bound method": (
        "class A:\n def f(self): return self.x\na = A()\na.x = 1\nthing = a.f",
        "class A:\n def f(self): return self.x\na = A()\na.x = 2\nthing = a.f",
    ),
    "method of a container": ("thing = [1].append", "thing = [2].append"),
    "partial": (
        "import functools\nthing = functools.partial(max, 1)",
        "import functools\nthing = functools.partial(max, 2)",
    ),
    "library function": ("import math\ndef thing(): return math.sin(1)",
                         "import math\ndef thing(): return math.cos(1)"),
    "library function by name": (
        "from math import sin as f\ndef thing(): return f(1)",
        "from math import cos as f\ndef thing(): return f(1)",
    ),
    "import inside": (
        "def thing():\n from math import sin as f\n return f(1)",
        "def thing():\n from math import cos as f\n return f(1)",
    ),
    "global that is only bound": (
        "a = 1\ndef thing():\n global a\n a = 3",
        "a = 2\ndef thing():\n global a\n a = 3",
    ),
    "closure that is only bound": (
        "def make(a):\n def f():\n  nonlocal a\n  a = 3\n return f\nthing = make(1)",
        "def make(a):\n def f():\n  nonlocal a\n  a = 3\n return f\nthing = make(2)",
    ),
    "name of a function": ("def thing(): pass", "def other(): pass\nthing = other"),
    "compiled by TensorFlow": (
        "import tensorflow as tf\n@tf.function\ndef thing(): return 1",
        "import tensorflow as tf\n@tf.function\ndef thing(): return 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHER)
def test_what_code_depends_on_counts(kind):
    before, after = OTHER[kind]
    assert fingerprint.of(from_source(before)) == fingerprint.of(from_source(before))
    assert fingerprint.of(from_source(before)) != fingerprint.of(from_source(after))


@pytest.mark.parametrize("kind", SAME)
def test_how_code_is_worded_does_not_count(kind):
    before, after = SAME[kind]
    assert fingerprint.of(from_source(before)) == fingerprint.of(from_source(after))


@pytest.mark.parametrize(
    "use",
    [
        "def thing(): return losses.penalty(1)",
        "def thing(): return [losses.penalty(x) for x in (1,)]",
        "def thing(): return getattr(losses, 'penalty')(1)",
        "def thing():\n  here = losses\n  return here.penalty(1)",
        "def make(losses=losses):\n  return lambda: losses.penalty(1)\nthing = make()",
        "import functools\nthing = functools.partial(lambda m: m.penalty(1), losses)",
    ],
)
def test_a_function_of_a_module_of_ones_own_counts(use):
    losses = types.ModuleType("losses")
    losses.penalty, losses.rate = (lambda x: x * losses.rate), 1
    first = fingerprint.of(from_source(use, losses=losses))
    assert fingerprint.of(from_source(use, losses=losses)) == first
    losses.penalty = lambda x: -x * losses.rate
    second = fingerprint.of(from_source(use, losses=losses))
    losses.rate = 2
    assert len({first, second, fingerprint.of(from_source(use, losses=losses))}) == 3


def test_a_module_that_a_function_imports_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    keys = []
    for index, constant in enumerate((1, 1, 2)):
        (tmp_path / f"helpers_{index}.py").write_text(f"def helped(): return {constant}")
        source = f"def thing():\n  from helpers_{index} import helped as f\n  return f()"
        function = from_source(source)
        keys.append(fingerprint.of(function))
    assert len(set(keys)) == 3  # their names differ
    (tmp_path / "helpers_3.py").write_text("def helped(): return 1")
    function = from_source("def thing():\n  import helpers_3 as h\n  return h.helped()")
    before = fingerprint.of(function)
    monkeypatch.setattr("helpers_3.helped", lambda: 3)
    assert fingerprint.of(function) != before


def test_what_a_function_does_not_ask_of_a_module_does_not_count(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "helpers_4.py").write_text("def used(): return 1\ndef other(): return 1")
    source = "def thing():\n  import helpers_4 as h\n  return (lambda: h.used())()"
    before = fingerprint.of(from_source(source))
    monkeypatch.setattr("helpers_4.other", lambda: 2)
    assert fingerprint.of(from_source(source)) == before
    monkeypatch.setattr("helpers_4.used", lambda: 2)
    assert fingerprint.of(from_source(source)) != before


def test_what_an_installer_put_into_a_folder_of_ones_own_is_a_library(tmp_path, monkeypatch):
    for name in ("installed", "written"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}_there.py").write_text("def one():\n    return 1\n")
        monkeypatch.syspath_prepend(tmp_path / name)
    facts = tmp_path / "installed" / "installed_there-2.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: installed_there\nVersion: 2\n")
    assert origin.library("installed_there") == "installed_there 2"
    assert origin.library("written_there") is None


def test_another_version_of_a_library_counts(monkeypatch):
    from textlib.training import origin

    before = fingerprint.of(scipy.sparse.csr_matrix)
    monkeypatch.setattr(origin, "_version", lambda top: "99")
    assert fingerprint.of(scipy.sparse.csr_matrix) != before


@pytest.mark.parametrize(
    "source",
    [
        "def thing(x): return open(x).read()",
        "def thing(x): return eval(x)",
        "stream = (x for x in [1])\ndef thing(): return next(stream)",
        "def thing(path): return path.read_text()",
        "import numpy as np\ndef thing(path): return np.load(path)",
        "import os\ndef thing(): return os.environ['RATE']",
        "from os import getenv\ndef thing(): return getenv('RATE')",
        "def thing(path):\n  from pandas import read_csv as read\n  return read(path)",
        "def thing(path): return path.open().read()",
        "import os\ndef thing(path): return os.listdir(path)",
        "import keras\ndef thing(path): return keras.utils.text_dataset_from_directory(path)",
        "import tensorflow as tf\ndef thing(path): return tf.data.TFRecordDataset(path)",
        "import subprocess as s\ndef thing(command): return s.check_output(command)",
        "import sys\ndef thing(): return sys.modules['losses'].rate",
        "import importlib\ndef thing(): return importlib.import_module('losses').rate",
        "def thing(): return __import__('losses').rate",
    ],
)
def test_code_that_reads_what_nobody_sees_cannot_be_seen(source):
    assert unseen(from_source(source))


class Shape(enum.Enum):
    ROUND = 1
    SQUARE = 2


@dataclasses.dataclass
class Settings:
    rate: float
    shape: Shape = Shape.ROUND


def test_the_reader_s_own_objects_count_by_their_content():
    assert fingerprint.of(Settings(0.1)) == fingerprint.of(Settings(0.1))
    assert differ(Settings(0.1), Settings(0.2), Settings(0.1, Shape.SQUARE), Shape.SQUARE)


# Models -----------------------------------------------------------------------------------------


def built(make):
    """Build a model from the same seed, after some names of Keras have been used up."""
    training.set_seed(0)
    return make()


def sequential(*layers):
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("sgd", "mse")
    return model


def inner(swap):
    inputs = keras.Input((2,))
    first, second = keras.layers.Dense(2, "tanh"), keras.layers.Dense(2)
    one = first(inputs)
    two = second(inputs if swap else one)
    return keras.Model(inputs, keras.layers.add([one, two]))


class Scaled(keras.Model):
    """A model whose training step would use a number that no layer holds."""

    def __init__(self, factor):
        super().__init__()
        self.dense, self.factor = keras.layers.Dense(1, kernel_initializer="ones"), factor
        self.dense.build((None, 2))


class Power(keras.layers.Layer):
    def __init__(self, exponent, **options):
        super().__init__(**options)
        self.exponent, self.activation = exponent, None

    def call(self, inputs):
        return inputs**self.exponent


class Positive(keras.constraints.Constraint):
    def __init__(self, least):
        self.least = least

    def __call__(self, w):
        return keras.ops.maximum(w, self.least)


def with_attribute(layer, name, value):
    setattr(layer, name, value)
    return layer


def normalized(rows):
    layer = keras.layers.Normalization()
    layer.adapt(np.array(rows, "float32"))
    return layer


def vocabulary(texts, **options):
    layer = keras.layers.TextVectorization(**options)
    layer.adapt(texts)
    return layer


def relu(x):
    return -x


dense, Dropout = keras.layers.Dense, keras.layers.Dropout
Constant, MeanSquaredError = keras.initializers.Constant, keras.metrics.MeanSquaredError
MODELS = {
    "units": lambda n: sequential(dense(n)),
    "activation": lambda n: sequential(dense(2, activation=["relu", "tanh"][n - 1])),
    "function": lambda n: sequential(dense(2, activation=lambda x: n * x)),
    "lambda": lambda n: sequential(keras.layers.Lambda(lambda x: x * n)),
    "initializer": lambda n: sequential(dense(2, kernel_initializer=Constant(n))),
    "constraint": lambda n: sequential(dense(2, kernel_constraint=Positive(n))),
    "regularizer": lambda n: sequential(dense(2, kernel_regularizer=keras.regularizers.L2(n))),
    "rate": lambda n: sequential(Dropout(n / 10)),
    "rate, set later": lambda n: sequential(with_attribute(Dropout(0.5), "rate", n / 9)),
    "trainable": lambda n: sequential(dense(2, trainable=n == 1)),
    "dtype": lambda n: sequential(dense(2, dtype=["float32", "mixed_float16"][n - 1])),
    "own layer": lambda n: sequential(Power(n)),
    "own attribute": lambda n: sequential(with_attribute(Power(1), "activation", lambda x: x * n)),
    "method, set later": lambda n: sequential(with_attribute(dense(2), "call", lambda x: x * n)),
    "order": lambda n: sequential(*[dense(2), Power(2)][:: 3 - 2 * n]),
    "wiring": lambda n: inner(n == 1),
    "wiring, nested": lambda n: sequential(inner(n == 1), dense(2)),
    "wiring, nested twice": lambda n: sequential(keras.Sequential([inner(n == 1)]), dense(2)),
    "wiring, wrapped": lambda n: keras.Sequential(
        [keras.Input((3, 2)), keras.layers.TimeDistributed(inner(n == 1))]
    ),
    "constant in the wiring": lambda n: functional(lambda x: x * float(n)),
    "operation": lambda n: functional([keras.ops.exp, keras.ops.sin][n - 1]),
    "axis of an operation": lambda n: functional(lambda x: keras.ops.roll(x, n)),
    "argument of a call": lambda n: functional(lambda x: Dropout(0.5)(x, training=n == 1)),
    "shared layer": lambda n: functional(twice(n == 1)),
    "own model": lambda n: Scaled(n),
    "adapted": lambda n: sequential(normalized([[1, 2], [3, 3 + n]])),
    "words": lambda n: vocabulary(["a b", f"c{n}"]),
    "words, frequencies": lambda n: vocabulary(["b a", ["b", "b a"][n - 1]], output_mode="tf_idf"),
    "bins": lambda n: keras.layers.Discretization([0.0, n]),
    "recurrent": lambda n: keras.layers.Bidirectional(keras.layers.LSTM(n)),
    "weights": lambda n: with_weights(sequential(dense(2)), n),
    "learning rate": lambda n: compiled(optimizer=keras.optimizers.SGD(n / 10)),
    "learning rate, set later": lambda n: with_rate(compiled(), n / 10),
    "schedule": lambda n: compiled(optimizer=keras.optimizers.SGD(Rate(n))),
    "setting beside a schedule": lambda n: compiled(
        optimizer=keras.optimizers.SGD(Rate(1), clipnorm=n)
    ),
    "optimizer in another": lambda n: compiled(
        optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(beta_1=n / 10))
    ),
    "weight decay that spares some": lambda n: sparing(["bias", "kernel"][n - 1]),
    "loss of a compile of its own": lambda n: measured(keras.losses.Huber(delta=n)),
    "updates so far": lambda n: with_updates(compiled(), n),
    "loss": lambda n: compiled(loss=["mse", "mae"][n - 1]),
    "own loss": lambda n: compiled(loss=lambda y, p: n * (y - p) ** 2),
    "loss object": lambda n: compiled(loss=keras.losses.Huber(delta=n)),
    "setting that no configuration has": lambda n: sequential(keras.layers.ELU(n)),
    "own loss object": lambda n: compiled(loss=[keras.losses.MeanSquaredError, Error][n - 1]()),
    "metric": lambda n: compiled(metrics=[["mse", "mae"][n - 1]]),
    "metric's name": lambda n: compiled(metrics=[MeanSquaredError(name=f"error_{n}")]),
    "layer's name": lambda n: sequential(dense(2, name=f"part_{'ab'[n - 1]}")),
    "registered loss": lambda n: registered(lambda y, p: n * (y - p)),
    "kind of a metric": lambda n: compiled(weighted_metrics=[["mse", "mae"][n - 1]]),
}  # fmt: skip


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, step):
        return self.factor * 0.1


class Error(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.square(y_true - y_pred)


def sparing(name):
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=[name])
    model = compiled(optimizer=optimizer)
    optimizer.build(model.trainable_variables)
    return model


class Measured(keras.Sequential):
    """A model that keeps its loss where Keras keeps its own."""

    def compile(self, loss):
        super().compile("sgd")
        self.loss = loss


def measured(loss):
    model = Measured([keras.Input((2,)), dense(1)])
    model.compile(loss)
    return model


def registered(loss):
    keras.saving.get_custom_objects()["tests>loss"] = loss
    return compiled(loss="tests>loss")


def functional(operation):
    inputs = keras.Input((2,))
    return keras.Model(inputs, operation(inputs))


def twice(shared):
    first = dense(2, kernel_initializer="ones")
    second = first if shared else dense(2, kernel_initializer="ones")
    return lambda x: second(first(x))


def compiled(*, optimizer="sgd", loss="mse", **options):
    model = keras.Sequential([keras.Input((2,)), dense(1)])
    model.compile(optimizer, loss, **options)
    return model


def with_weights(model, n):
    model.set_weights([weight + n for weight in model.get_weights()])
    return model


def with_rate(model, rate):
    model.optimizer.learning_rate = rate
    return model


def with_updates(model, n):
    model.optimizer.iterations.assign(n)
    return model


@pytest.mark.parametrize("kind", MODELS)
def test_what_a_model_is_made_of_counts(kind):
    keys = []
    for n in (1, 1, 2):
        keys.append(fingerprint.of(built(lambda n=n: MODELS[kind](n))))
        sequential(dense(1), dense(1))  # moves Keras's counters of names on
        keras.layers.Bidirectional(keras.layers.LSTM(1))
    assert keys[0] == keys[1] != keys[2]


def test_the_name_of_a_function_of_ones_own_does_not_hide_it():
    assert differ(*(built(lambda a=a: sequential(dense(2, activation=a))) for a in ("relu", relu)))


def test_code_far_below_a_model_counts(monkeypatch):
    make = functools.partial(models.variational_autoencoder, (2, 2, 1), [2], seed=1)
    before = fingerprint.of(built(make))
    assert fingerprint.of(built(make)) == before
    monkeypatch.setattr(autoencoders, "gaussian_kl", lambda mean, log_variance: 0.0 * mean[:, 0])
    assert fingerprint.of(built(make)) != before


@pytest.mark.parametrize("registered", models.names())
def test_every_model_of_the_package_can_be_seen(registered):
    assert not unseen(built(getattr(models, registered)))


def test_training_a_model_changes_nothing_but_variables():
    layers = [
        keras.Input((4, 4, 1)),
        keras.layers.RandomFlip(),
        keras.layers.Conv2D(2, 3),
        keras.layers.BatchNormalization(),
        keras.layers.Reshape((4, 2)),
        keras.layers.Bidirectional(keras.layers.GRU(2)),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential(layers)
    metrics = ["mae", keras.metrics.F1Score(), keras.metrics.AUC()]
    model.compile("adam", "mse", metrics=metrics, run_eagerly=True)
    before = fingerprint.take({"model": model})
    model.fit(np.ones((4, 4, 4, 1)), np.ones((4, 1)), verbose=0)
    assert fingerprint.take({"model": model}).parts == before.parts


class Watcher(keras.callbacks.Callback):
    def __init__(self, limit):
        super().__init__()
        self.limit = limit


@pytest.mark.parametrize(
    "make",
    [
        lambda n: keras.callbacks.LearningRateScheduler(lambda epoch: n / 2),
        lambda n: keras.callbacks.LearningRateScheduler(functools.partial(max, n)),
        lambda n: keras.callbacks.EarlyStopping(patience=n),
        lambda n: keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: n),
        Watcher,
    ],
)
def test_callbacks_count_with_what_they_hold(make):
    assert fingerprint.of(make(1)) == fingerprint.of(make(1)) != fingerprint.of(make(2))


def test_a_callback_counts_the_same_after_a_model_was_set():
    callback, model = Watcher(1), compiled()
    before = fingerprint.of(callback)
    callback.set_model(model)
    assert fingerprint.of(callback) == before


def test_a_name_that_keras_would_give_does_not_count():
    unnamed = MeanSquaredError()
    assert fingerprint.of(MeanSquaredError(name="mean_squared_error_7")) == fingerprint.of(unnamed)
    assert differ(unnamed, *(MeanSquaredError(name=f"error_{n}") for n in (7, 8)))


def test_the_number_in_the_name_of_a_class_does_not_matter():
    class Block_2(keras.layers.Layer):  # noqa: N801
        pass

    assert fingerprint.of(Block_2()) == fingerprint.of(Block_2())
