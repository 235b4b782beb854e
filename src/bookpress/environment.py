"""The variables and configuration folders that kernels get, the same on everybody's machine.

What an author has set or keeps at home (Keras's ``keras.json``, a ``matplotlibrc``, start-up files
of IPython, variables that libraries read) must not change a result, since no other reader has it.
Kernels get what is needed to run and to find caches and devices, and neutral folders beside.
"""

import contextlib
import os
import site
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bookpress import machine
from bookpress.book import Book
from textlib import paths

BACKEND = "module://matplotlib_inline.backend_inline"  # figures go into the page, always
# Variables of an author that change what a library computes, or how wide and how colored it prints.
PERSONAL = (
    "CLICOLOR", "COLUMNS", "DNNL_", "EAGER_IMPORT", "FORCE_COLOR", "IPYTHON", "JAX_", "JUPYTER_",
    "KERAS_", "KMP_", "LANG", "LC_", "LINES", "MATPLOTLIB", "MKL_", "MPL", "NO_COLOR", "NPY_",
    "NUMBA_", "NUMEXPR_", "NUMPY_", "NVIDIA_TF32_", "OMP_", "ONEDNN_", "OPENBLAS_", "OPENCV_",
    "PANDAS_", "PYTHON", "SCIPY_", "SKLEARN_", "TF_", "TQDM_", "TTY_", "XLA_FLAGS",
)  # fmt: skip
CACHES = ("datasets", "models")  # what Keras keeps beside its configuration


def neutral(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that are personal.

    Examples
    --------
    >>> neutral({"PATH": "/bin", "TF_USE_LEGACY_KERAS": "1", "TZ": "Asia/Tokyo"})
    {'PATH': '/bin', 'TZ': 'Asia/Tokyo'}
    """
    return {name: value for name, value in variables.items() if not name.startswith(PERSONAL)}


def of_kernels(book: Book, *, scale: str, jobs: int) -> dict[str, str]:
    """Return the variables that every kernel of a build gets.

    The threads of the machine are shared out, so that pages that run side by side do not slow
    each other down. Hashes of strings are fixed, so that sets come in the same order each time.

    Parameters
    ----------
    book
        The book.
    scale
        ``"quick"`` or ``"full"``.
    jobs
        How many pages run at once.
    """
    threads = str(max(1, machine.cores() // jobs))
    return {
        **{f"{name}_NUM_THREADS": threads for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": "1" if threads == "1" else "2",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "KERAS_BACKEND": "tensorflow",
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": BACKEND,
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": os.pathsep.join(_search_path(book)),
        "PYTHONUTF8": "1",
        "TEXTLIB_RUNS": str(book.runs_dir),
        "TEXTLIB_SCALE": scale,
        "TEXTLIB_SEED_OFFSET": "0",
        "TZ": "UTC",
    }


def _search_path(book: Book) -> list[str]:
    """Return where kernels look for modules first: the book's own, then what is set up here."""
    source = book.root / "src"
    found = [str(source)] if source.is_dir() else []
    found += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    # Libraries that are installed for one user stay; that user's start-up module does not run.
    return found + [path for path in [site.getusersitepackages()] if path in sys.path]


@contextlib.contextmanager
def home(book: Book) -> Iterator[dict[str, str]]:
    """Give the variables of configuration folders that are empty, for the time of a build.

    Parameters
    ----------
    book
        The book; the folders lie in its build folder, where workers of a cluster see them too.
    """
    parent = paths.make_dir(book.press_dir)
    with tempfile.TemporaryDirectory(
        prefix="home-", dir=parent, ignore_cleanup_errors=True
    ) as folder:
        keras = paths.make_dir(Path(folder, "keras"))
        theirs = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
        for name in CACHES:
            if (theirs / name).is_dir():
                (keras / name).symlink_to((theirs / name).resolve())
        yield {
            "IPYTHONDIR": str(paths.make_dir(Path(folder, "ipython"))),
            "JUPYTER_CONFIG_DIR": str(paths.make_dir(Path(folder, "jupyter"))),
            "KERAS_HOME": str(keras),
            "MPLCONFIGDIR": str(paths.make_dir(Path(folder, "matplotlib"))),
        }
