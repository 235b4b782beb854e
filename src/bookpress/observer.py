"""What a page does, as seen from inside its kernel: what it loads, reads, starts and changes.

The press sends this file to a kernel before the first cell. It knows nothing of the press, imports
only the standard library, and adds nothing to the names or the tracebacks of a page: Python itself
tells it of imports and files (PEP 578), and what code may import is read from the code that ran.
"""

import dis
import json
import os
import sys
import types
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

NAME = "_bookpress_observer"  # its name in ``sys.modules``
FROZEN = "<frozen"  # files of Python's own import system
IMPORT = ("importlib", "_frozen_importlib")
HEARD = frozenset({
    "ctypes.dlopen", "exec", "open", "os.fork", "os.forkpty", "os.listdir", "os.posix_spawn",
    "os.putenv", "os.scandir", "os.system", "os.unsetenv", "sqlite3.connect", "subprocess.Popen",
})  # fmt: skip
# Shells and, of Python's own ways to other processes, the modules that start one without a word.
SHELLS = ("sh", "bash", "dash", "ksh", "zsh", "fish")
STARTERS = ".popen_"
# Code that reads source in order to compile it, not to show it.
COMPILERS = ("tensorflow", "keras")


class Observer:
    """The ear of a kernel.

    Parameters
    ----------
    packages
        Folder of each of the book's packages by its name.
    root, build
        Folder of the book, and of what is made from it.
    """

    def __init__(self, packages: dict[str, str], root: str, build: str) -> None:
        self.packages = {name: folder + os.sep for name, folder in packages.items()}
        self.root, self.build = root + os.sep, build + os.sep
        self.modules: set[str] = set()
        self.variables: set[str] = set()
        self.read: set[str] = set()
        self.shown: set[str] = set()
        self.folders: set[str] = set()
        self.blind = False
        self._written: set[str] = set()
        self._code: list[types.CodeType] = []
        self._imports: set[str] = set()
        self._stars: set[str] = set()
        self._library = tuple({sys.prefix + os.sep, sys.base_prefix + os.sep})
        self._inner = tuple(each for each in self._library if each.startswith(self.root))

    def begin(self) -> None:
        """Listen from now on."""
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]
        sys.addaudithook(self._hear)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Note that a module of the book's packages is looked for, as a finder that finds none."""
        if name.partition(".")[0] in self.packages:
            self.modules.add(name)
        self.blind = self.blind or STARTERS in name

    def report(self) -> dict[str, Any]:
        """Return what the page has used up to now."""
        while self._code:
            self._read_code(self._code.pop())
        fetching = sys.modules.get("textlib.fetching")
        return {
            "modules": sorted(self.modules),
            "libraries": sorted(self._imports - sys.stdlib_module_names - {*self.packages}),
            "stars": sorted(self._stars),
            "opened": getattr(fetching, "opened", {}),
            "read": sorted(self.read),
            "shown": sorted(self.shown),
            "folders": sorted(self.folders),
            "blind": self.blind,
        }

    # What Python tells --------------------------------------------------------------------------

    def _hear(self, event: str, arguments: tuple[Any, ...], heard: frozenset[str] = HEARD) -> None:
        if event in heard:  # Python tells much while a network trains: the rest must cost nothing
            try:
                self._note(event, arguments)
            except Exception:  # nothing may disturb a page; what was not understood is not known
                self.blind = True

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
        elif event in ("sqlite3.connect", "ctypes.dlopen"):
            self._opened(arguments[0], None, os.O_RDONLY)
        elif event == "exec":
            self._executed(arguments[0])
        elif event in ("os.listdir", "os.scandir"):
            self._listed(arguments[0])
        elif event in ("os.putenv", "os.unsetenv"):
            self._set(*arguments)
        elif event in ("subprocess.Popen", "os.posix_spawn", "os.system"):
            self._started(*arguments[:2])
        else:  # a fork, which is not heard either
            self.blind = True

    def _executed(self, code: Any) -> None:
        if isinstance(code, types.CodeType):
            file = code.co_filename
            ours = file.startswith(tuple(self.packages.values()))
            if ours or not (file.startswith(FROZEN) or self._of_library(file)):
                self._code.append(code)

    def _set(self, name: Any, value: Any = None) -> None:
        name = os.fsdecode(name)
        if os.environ.get(name) != (None if value is None else os.fsdecode(value)):
            self.variables.add(name)

    def _started(self, program: Any, command: Any = "-c") -> None:
        # What another Python loads is not heard here; an installation loads nothing of ours.
        said = str((program, command))
        script = Path(os.fsdecode(program)).name in SHELLS and "-c" not in command
        self.blind = self.blind or script or ("python" in said and "'pip'" not in said)

    def _opened(self, path: Any, mode: Any, flags: int) -> None:
        file = self._ours(path)
        if file is None or file in self._written or file.endswith(".pyi"):
            return
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            if file not in self.read:
                self._written.add(file)
            return
        imported = self._asked_by_import()
        if imported and file.endswith(".pyc"):
            file = source_from_cache(file)
        if not file.startswith(tuple(self.packages.values())) or not file.endswith(".py"):
            self.read.add(file)
        elif not imported and not self._asked_by_compiler():
            self.shown.add(file)

    def _listed(self, path: Any) -> None:
        folder = self._ours("." if path is None else path)
        if folder is not None and not self._asked_by_import():
            self.folders.add(folder)

    def _ours(self, path: Any) -> str | None:
        """Return the absolute path of a file of the book or its packages, else ``None``."""
        if path is None or isinstance(path, int):
            return None
        file = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - of thousands of paths
        if file.startswith(tuple(self.packages.values())):
            return file
        if not file.startswith(self.root) or file.startswith(self.build) or self._of_library(file):
            return None
        return None if f"{os.sep}." in file[len(self.root) - 1 :] else file

    def _of_library(self, file: str) -> bool:
        # The environment may lie in the book's folder, and the book below that of the environment.
        return file.startswith(self._inner if file.startswith(self.root) else self._library)

    @staticmethod
    def _asked_by_import() -> bool:
        # Searching for modules and distributions lists the working folder, too.
        return str(sys._getframe(4).f_globals.get("__name__")).startswith(IMPORT)

    @staticmethod
    def _asked_by_compiler() -> bool:
        frame: Any = sys._getframe(4)
        while frame is not None:
            if str(frame.f_globals.get("__name__")).startswith(COMPILERS):
                return True
            frame = frame.f_back
        return False

    # What code may import -----------------------------------------------------------------------

    def _read_code(self, code: types.CodeType) -> None:
        before: list[Any] = [None, None]
        for step in dis.get_instructions(code):
            if step.opname == "IMPORT_NAME" and before[0] == 0:
                self._imports.add(str(step.argval).partition(".")[0])
                if before[1] == ("*",):
                    self._stars.add(str(step.argval))
            before = [before[1], step.argval]
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._read_code(inner)


_observer: Observer | None = None


def begin(settings: str) -> bool:
    """Begin to observe; the settings are the arguments of `Observer`, as JSON."""
    global _observer
    _observer = Observer(**json.loads(settings))
    _observer.begin()
    return True


def report() -> str:
    """Return what the page has used up to now, as JSON."""
    return json.dumps(_observer.report() if _observer else {})


def changed_variables() -> list[str]:
    """Return the names of the environment variables that have changed since the beginning."""
    return sorted(_observer.variables) if _observer else []


def sent(settings: dict[str, Any]) -> str:
    """Return an expression that makes this module and begins, in a kernel that lacks it."""
    source = Path(__file__).read_text(encoding="utf8")
    return (
        f"(lambda module: (exec(compile({source!r}, {NAME!r}, 'exec'), vars(module)), "
        f"__import__('sys').modules.__setitem__({NAME!r}, module), "
        f"module.begin({json.dumps(settings)!r}))[-1])(__import__('types').ModuleType({NAME!r}))"
    )
