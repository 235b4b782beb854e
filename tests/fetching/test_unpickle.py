"""Pickles of strangers: arrays come through, code does not."""

import collections
import io
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from textlib.fetching.errors import IntegrityError, UnpicklingRefusedError
from textlib.fetching.unpickle import ARRAYS, restricted_load

ARRAYS_TO_TRY = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.asfortranarray(np.arange(12).reshape(3, 4)),
    np.array([], dtype=np.uint8),
    np.array([True, False]),
    np.array(7.5),
    np.array(["a", "bcd"]),
    np.array([b"a", b"bcd"]),
    np.arange(4, dtype=">i4"),
    np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"),
    np.arange(3, dtype="timedelta64[10ms]"),
    np.arange(4, dtype=np.complex64),
]


class Malicious:
    """Runs a command when it is unpickled by the ordinary loader."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("array", ARRAYS_TO_TRY, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_come_through_every_protocol(array, protocol):
    data = pickle.dumps({"a": [array, (1, "x", None)]}, protocol=protocol)
    found = restricted_load(data)
    np.testing.assert_array_equal(found["a"][0], array)
    assert found["a"][0].dtype == pickle.loads(data)["a"][0].dtype
    assert found["a"][1] == (1, "x", None)


def test_numpy_scalars_and_lists_in_arrays_come_through():
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1, 2, 3], [4]]
    scalar, rows = restricted_load(pickle.dumps((np.float64(1.5), ragged)))
    assert scalar == 1.5
    assert rows.tolist() == [[1, 2, 3], [4]]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_code_in_a_pickle_is_refused_and_does_not_run(tmp_path, protocol):
    witness = tmp_path / "was_here"
    for attack in (
        Malicious(os.system, f"touch {witness}"),
        Malicious(subprocess.call, ["touch", str(witness)]),
        Malicious(exec, f"open({str(witness)!r}, 'w')"),
        Malicious(eval, f"open({str(witness)!r}, 'w')"),
        Malicious(getattr, np.ndarray, "tofile"),
        Malicious(io.open, str(witness), "w"),
    ):
        data = pickle.dumps([np.zeros(2), attack], protocol=protocol)
        with pytest.raises(UnpicklingRefusedError, match="refused a pickle that names"):
            restricted_load(data)
    assert not witness.exists()


def test_the_same_attack_would_have_worked_on_the_ordinary_loader(tmp_path):
    witness = tmp_path / "was_here"
    data = pickle.dumps(Malicious(exec, f"open({str(witness)!r}, 'w').close()"))
    pickle.loads(data)
    assert witness.exists()


def test_dotted_names_reach_nothing_behind_an_allowed_module():
    data = b"\x80\x04\x8c\x05numpy\x8c\x0cf2py.os.exec\x93."
    with pytest.raises(UnpicklingRefusedError):
        restricted_load(data)


def test_an_array_with_an_object_dtype_cannot_smuggle_code():
    smuggler = np.empty(1, dtype=object)
    smuggler[0] = Malicious(os.getcwd)
    with pytest.raises(UnpicklingRefusedError):
        restricted_load(pickle.dumps(smuggler))


def test_containers_nest_as_data_do_and_no_deeper():
    nested = shared = [np.zeros(1)]
    for _ in range(40):
        nested, shared = [nested], [shared, {"again": shared}]
    assert restricted_load(pickle.dumps(nested)) == nested
    assert len(restricted_load(pickle.dumps(shared))) == 2
    for _ in range(100):
        nested = [nested]
    with pytest.raises(UnpicklingRefusedError, match="more than 100 containers in one another"):
        restricted_load(pickle.dumps(nested))


def test_outside_references_are_refused():
    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return "outside" if isinstance(value, bytes) else None

    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump([b"x"])
    with pytest.raises(UnpicklingRefusedError, match="outside reference"):
        restricted_load(stream.getvalue())


def test_a_caller_can_allow_one_name_more(tmp_path):
    allowed = {**ARRAYS, ("collections", "OrderedDict"): collections.OrderedDict}
    path = tmp_path / "state.pkl"
    path.write_bytes(pickle.dumps(collections.OrderedDict(a=1)))
    assert restricted_load(path, allowed=allowed) == {"a": 1}
    with pytest.raises(UnpicklingRefusedError):
        restricted_load(path)


def test_a_cut_off_pickle_raises():
    data = pickle.dumps(np.arange(100))
    with pytest.raises(IntegrityError, match="pickle"):
        restricted_load(data[:-20])


def test_no_hostile_pickle_ends_the_process_or_is_believed():
    """Runs in a process of its own, which may use 2 GB: a crash there is a failed test here."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fetching.hostile"],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.splitlines()
    assert done.returncode == 0, f"ended at {said[-1:]}: {done.stderr[-2000:]}"
    believed = [line for line in said if not line.endswith(": refused")]
    assert not believed
    assert len(said) > 50
