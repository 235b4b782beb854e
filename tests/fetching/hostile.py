"""Pickles that try to end the process, or to make an array that later would.

Run as a program, it tries each of them and says what came of it. Most are made by the ordinary
pickler of an object that names NumPy's own constructors and gives them what NumPy never wrote.
"""

import gc
import pickle
import pickletools
import random
import struct
import sys

import numpy as np
from numpy._core.multiarray import scalar
from numpy._core.numeric import _frombuffer

from textlib.fetching.errors import IntegrityError
from textlib.fetching.unpickle import restricted_load

reconstruct = np.empty(0).__reduce__()[0]
OBJECT = (3, "|", None, None, None, -1, -1, 63)
FLOAT = (3, "<", None, None, None, -1, -1, 0)
DEEP = 200_000


class Call:
    """Pickled as a call of a function, and a state given to what it returns."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments, state) if state is not None else (function, arguments)

    def __reduce__(self):
        return self.reduced


def dtype(code, state):
    return Call(np.dtype, code, False, True, state=state)


def array(shape, kind, data, **more):
    state = (1, shape, kind, False, data)
    return Call(reconstruct, np.ndarray, (0,), b"b", state=more.get("state", state))


O = np.dtype("O")  # noqa: E741
F8 = np.dtype("f8")
CLEARED = dtype("O8", (*OBJECT[:7], 0))

CALLS = {
    "object dtype without its flags": CLEARED,
    "array of objects made of bytes": array((2,), CLEARED, b"A" * 16),
    "scalar of objects made of bytes": Call(scalar, CLEARED, b"A" * 8),
    "buffer of objects": Call(_frombuffer, b"A" * 8, CLEARED, (1,), "C"),
    "buffer of honest objects": Call(_frombuffer, b"A" * 8, O, (1,), "C"),
    "scalar of honest objects": Call(scalar, O, b"A" * 8),
    "array of honest objects made of bytes": array((2,), O, b"A" * 16),
    "array of too few objects": array((5,), O, [1]),
    "array of too few bytes": array((1000,), F8, b"A" * 8),
    "array of too many bytes": array((1,), F8, b"A" * 800),
    "array of numbers made of objects": array((1,), F8, [1.0]),
    "array of numbers made of nothing": array((1,), F8, None),
    "array of negative size": array((-1,), F8, b""),
    "array of two negative sizes": array((-2, -4), F8, b"A" * 64),
    "array larger than any memory": array((1 << 40, 1 << 40), F8, b""),
    "array whose size overflows": array((1 << 32, 1 << 32), np.dtype("i1"), b""),
    "empty array whose size overflows": array((0, 1 << 62, 1 << 62), F8, b""),
    "array of too many dimensions": array((1,) * 100, F8, b"A" * 8),
    "array of half a size": array((0.5,), F8, b""),
    "array of a size that is a list": array([1], F8, b"A" * 8),
    "array of no type": array((1,), None, b"A" * 8),
    "array of a named type": array((1,), "f8", b"A" * 8),
    "array without a state": array((), F8, b"", state=()),
    "array with an old state": array((), F8, b"", state=((1,), O, False, b"A" * 8)),
    "array with another state": array((), F8, b"", state={"shape": (1,)}),
    "array of raw memory": array((1,), np.dtype("V8"), b"A" * 8),
    "array of records": array((1,), np.dtype([("a", "O")]), b"A" * 8),
    "array of arrays": array((1,), O, [np.array([{}], object)]),
    "array called by its class": Call(np.ndarray, (1 << 40,), "f8"),
    "array of objects called by its class": Call(np.ndarray, (1 << 10,), "O"),
    "dtype with fields by its state": dtype("V8", (3, "|", None, ("a",), {"a": (O, 0)}, 8, 1, 16)),
    "number with fields by its state": dtype("f8", (3, "<", None, ("a",), {"a": (O, 0)}, 8, 1, 0)),
    "number with a subarray": dtype("f8", (3, "<", (O, (4,)), None, None, -1, -1, 0)),
    "number with flags of objects": dtype("f8", (*FLOAT[:7], 63)),
    "number of another size": dtype("f8", (3, "<", None, None, None, 1 << 40, 1, 0)),
    "text of another size": dtype("U3", (3, "<", None, None, None, 1 << 40, 4, 8)),
    "text of negative size": dtype("U3", (3, "<", None, None, None, -12, 4, 8)),
    "number of no byte order": dtype("f8", (3, "?", None, None, None, -1, -1, 0)),
    "number of a byte order that is a number": dtype("f8", (3, 7, None, None, None, -1, -1, 0)),
    "number with a short state": dtype("f8", (3,)),
    "number with a state of another kind": dtype("f8", {"a": 1}),
    "time of an unknown unit": dtype("M8", (4, *FLOAT[1:], (None, (b"x" * 99, 1, 1, 1)))),
    "time of a negative unit": dtype("M8", (4, *FLOAT[1:], (None, (b"D", -1, 1, 1)))),
    "time without a unit": dtype("M8", (4, *FLOAT[1:], 7)),
    "dtype of records": Call(np.dtype, [("a", "O")], False, True),
    "dtype of a list of types by a string": Call(np.dtype, "O,O", False, True),
    "dtype of a large record": Call(np.dtype, "V2147483647", False, True),
    "dtype of large texts": Call(np.dtype, "U2147483647", False, True),
    "dtype of no code": Call(np.dtype, 7, False, True),
    "scalar of too few bytes": Call(scalar, F8, b"A"),
    "scalar of no type": Call(scalar, "f8", b"A" * 8),
    "buffer of another size": Call(_frombuffer, b"A" * 8, F8, (1 << 40,), "C"),
    "buffer of an unknown order": Call(_frombuffer, b"A" * 8, F8, (1,), "K"),
    "buffer of a number": Call(_frombuffer, 1 << 40, F8, (1,), "C"),
    "state for a number": Call(scalar, F8, b"A" * 8, state=(1, 2)),
    "set": {1, 2},
    "frozen set": frozenset({1}),
}

# Written by hand: what no pickler would write.
LENGTH = struct.pack("<Q", 1 << 40)
BYTES = {
    "memo at a negative place": b"]p-1\n.",
    "bytes that are not there": b"\x80\x04\x8e" + LENGTH + b"x.",
    "text that is not there": b"\x80\x04\x8d" + LENGTH + b"x.",
    "byte array that is not there": b"\x80\x05\x96" + LENGTH + b"x.",
    "number that is not there": b"\x80\x02\x8b\xff\xff\xff\x7f1.",
    "number of too many digits": b"I" + b"9" * 100_000 + b"\n.",
    "deep key": b"\x80\x02})" + b"\x85" * DEEP + b"K\x01s.",
    "deep keys": b"\x80\x02}()" + b"\x85" * DEEP + b"K\x01u.",
    "deep key of a dictionary by its opcode": b"()" + b"\x85" * DEEP + b"I1\nd.",
    "deep item of a set": b"\x80\x04\x8f()" + b"\x85" * DEEP + b"\x90.",
    "deep item of a frozen set": b"\x80\x04()" + b"\x85" * DEEP + b"\x91.",
    "deep list": b"]" * DEEP + b"a" * (DEEP - 1) + b".",
    "deep tuple": b"\x80\x02)" + b"\x85" * DEEP + b".",
    "deep dictionary": b"}" + b"I1\n}" * DEEP + b"s" * DEEP + b".",
    "list as a key": b"}]I1\ns.",
    "items of a list": b"]I0\nI1\ns.",
    "items of no dictionary": b"](I0\nI1\nu.",
    "state for a list": b"](I0\nI1\nub.",
    "state for nothing": b"b.",
    "nothing": b"",
    "only an end": b".",
    "no end": b"]",
    "outside reference": b"Pmodule\n.",
    "outside buffer": b"\x80\x05\x97.",
    "extension": b"\x80\x02\x82\x01.",
    "call of a text": b"X\x01\x00\x00\x00x)R.",
    "object of a text": b"(X\x01\x00\x00\x00xo.",
    "new object of a text": b"\x80\x02X\x01\x00\x00\x00x)\x81.",
    "new object of an array": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "array made by an old opcode": b"(I9\ninumpy\nndarray\n.",
    "name that is no text": b"\x80\x04K\x01K\x02\x93.",
    "code": b"cos\nsystem\n(S'true'\ntR.",
}

# These may be read, but must not cost what they state.
HARMLESS = {
    "memo at a distant place": b"\x80\x02]r\xff\xff\xff\x7f.",
    "memo at a more distant place": b"]p99999999999\n.",
    "frame that is longer than the pickle": b"\x80\x04\x95" + LENGTH + b"N.",
}


def chained_arrays(before=b"", after=b""):
    """Write an array in an array in an array, each given its state after it was put there."""
    call = pickle.dumps(Call(reconstruct, np.ndarray, (0,), b"b"), protocol=2)
    made = pickletools.optimize(call)[2:-1]
    kind = pickletools.optimize(pickle.dumps(O, protocol=2))[2:-1]
    parts = [b"\x80\x02", made, b"q\x00", kind, b"q\x010"]
    for number in range(2_000):
        inner, outer = struct.pack("<I", 2 * number), struct.pack("<I", 2 * number + 2)
        parts += [made, b"r", outer, b"(K\x01K\x01\x85h\x01\x89]", before, b"j", inner]
        parts += [after, b"atb0"]
    return b"".join([*parts, b"j", outer, b"."])


def twice_built():
    """Give an array two states."""
    good = pickle.dumps(np.zeros(1), protocol=2)[:-1]
    state = pickle.dumps((1, (1,), F8, False, b"A" * 8), protocol=2)[2:-1]
    return good + state + b"b."


def verdict(data):
    """Say what the loader made of a pickle; "refused" if it raised what it should."""
    try:
        found = restricted_load(data)
    except IntegrityError:
        return "refused"
    kind = type(found).__name__
    del found
    gc.collect()
    return f"believed, a {kind}"


def mutants(count):
    """Yield honest pickles of many kinds with a few bytes changed."""
    chance = random.Random(0)
    arrays = [np.arange(6.0), np.array(["a", "b"]), np.array([[1], "x"], object), np.float32(1)]
    arrays += [np.arange(3).astype("M8[s]"), np.arange(6, dtype=">i2").reshape(2, 3)]
    for _ in range(count):
        protocol = chance.randrange(pickle.HIGHEST_PROTOCOL + 1)
        data = bytearray(pickle.dumps({"a": [chance.choice(arrays), (1, "x")]}, protocol))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        yield bytes(data)


def main():
    """Try every pickle."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    pickles = {name: pickle.dumps(call, protocol=4) for name, call in CALLS.items()}
    pickles |= BYTES | {"array built twice": twice_built(), "array chain": chained_arrays()}
    pickles |= {"array chain of lists": chained_arrays(b"]", b"a")}
    for name, data in pickles.items():
        print(name, end="", flush=True)
        print(f": {verdict(data)}", flush=True)
    for data in (*HARMLESS.values(), *mutants(3_000)):
        verdict(data)


if __name__ == "__main__":
    main()
