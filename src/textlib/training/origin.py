"""Where code comes from: an installed library, or the reader's own.

The code of a library is known by its version. All other code, textlib's included, can change from
one run to the next and has to be read.
"""

import functools
import importlib.metadata
import importlib.util
import pkgutil
import sys
import sysconfig
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

#: What decides for itself when a stored run holds; its own changes raise the store's format.
ENGINE = frozenset(
    f"textlib.training.{name}"
    for name in (
        *("bytecode", "fingerprint", "fitting", "memory", "orders", "origin", "parts"),
        *("remembering", "state", "store"),
    )
)


PYTHON = "python {}.{}.{}".format(*sys.version_info)


def library(module: str) -> str | None:
    """Return the library that a module belongs to, with its version; ``None`` for own code.

    Parameters
    ----------
    module
        The full name of the module.
    """
    top = module.partition(".")[0]
    if module in ENGINE:
        return "textlib"
    if top in ("textlib", "__main__"):
        return None
    return _installed(top)


def home_of(function: FunctionType) -> str:
    """Return the module in which a function was written, whatever it says of itself."""
    return str(function.__globals__.get("__name__", ""))


def import_own(module: str) -> ModuleType | None:
    """Return a module of one's own, imported if need be; ``None`` if a library has it, or nobody.

    Parameters
    ----------
    module
        The full name of the module.
    """
    if module in sys.modules:
        return sys.modules[module]
    top = module.partition(".")[0]
    if top != "textlib" and (_installed(top) or importlib.util.find_spec(top) is None):
        return None
    try:
        return pkgutil.resolve_name(module)
    except (ImportError, AttributeError):
        return None


def absolute(module: str, level: int, package: str) -> str:
    """Return the full name of a module that code imports, given the code's own package."""
    return importlib.util.resolve_name("." * level + module, package) if level else module


def find(module: str, name: str) -> Any:
    """Return what a module has under a dotted name, or ``None``."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _installed(top: str) -> str | None:
    """Return the name and version of the library that has a top-level name, if one has."""
    if top in sys.builtin_module_names:
        return PYTHON
    file = _file(top) if top else None
    if file is None or not _is_installed(file):
        return None
    return f"{top} {_version(top)}" if _is_among_packages(file) else PYTHON


def _file(top: str) -> str | None:
    module = sys.modules.get(top)
    if module is not None:
        return getattr(module, "__file__", None) or next(
            iter(getattr(module, "__path__", ())), None
        )
    spec = importlib.util.find_spec(top)
    return spec.origin if spec is not None else None


@functools.cache
def _is_installed(file: str) -> bool:
    homes = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    inside = any(Path(file).is_relative_to(home) for home in homes)
    return inside or file == "frozen" or _is_among_packages(file)


@functools.cache
def _is_among_packages(file: str) -> bool:
    """Whether a file is where an installer put it; ``pip install --target`` takes any folder."""
    path = Path(file)
    homes = path.parents[:2]  # of a package, and of a module alone
    return not {"site-packages", "dist-packages"}.isdisjoint(path.parts) or any(
        next(home.glob("*.dist-info"), None) for home in homes
    )


@functools.cache
def _version(top: str) -> str:
    version = getattr(sys.modules.get(top), "__version__", None)
    if isinstance(version, str):
        return version
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        names = importlib.metadata.packages_distributions().get(top, ())
        return " ".join(f"{name} {importlib.metadata.version(name)}" for name in sorted(names))
