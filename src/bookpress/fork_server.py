"""Warm kernels: one process imports the heavy libraries once, and each page's kernel is its fork.

This file is two things. Imported, it is the press's side: `ForkServer` starts the warm process and
asks it for kernels. Run as a script, it is the warm process itself; it therefore imports only the
standard library at the top, and nothing of textlib ever, so that every page sees the package as it
is on disk. Where there is no ``fork``, or anything goes wrong, the press uses plain kernels.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# What is worth importing once, by the top-level name that pages import.
HEAVY = {
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "matplotlib": "matplotlib.pyplot",
    "tensorflow": "tensorflow",
    "keras": "keras",
}
ALWAYS = ("ipykernel.kernelapp", "ipykernel.ipkernel", "IPython.core.completer")
START_SECONDS = 120
PR_SET_CHILD_SUBREAPER = 36  # of Linux: orphans become children of this process, so it can end them


class ForkServerError(RuntimeError):
    """The warm process does not answer."""


class ForkServer:
    """The warm process, seen from the press. Safe to use from several threads.

    Parameters
    ----------
    libraries
        Top-level names of the libraries that the pages import; the heavy ones are imported.
    environment
        All variables of the warm process, so what the libraries read while they are imported.
    """

    def __init__(self, libraries: Iterable[str], environment: dict[str, str]) -> None:
        wanted = set(libraries)
        modules = [module for name, module in HEAVY.items() if name in wanted]
        ours, theirs = socket.socketpair()
        self.environment = environment
        self._socket = ours
        self._lock = threading.Lock()
        self._answers: dict[int, WarmProcess] = {}
        self._answered = threading.Condition()
        self._alive, self._ready = True, False
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno()), *ALWAYS, *modules],
                pass_fds=[theirs.fileno()],
                env=self.environment,
                cwd="/",  # no library finds a configuration where the press happens to be called
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    @staticmethod
    def possible() -> bool:
        """Whether this platform can fork a process that has imported much."""
        return sys.platform.startswith("linux")

    def wait_ready(self) -> bool:
        """Wait until the libraries are imported; return False if that failed."""
        with self._answered:
            self._answered.wait_for(lambda: self._ready or not self._alive, START_SECONDS)
        return self._ready

    def start(
        self, arguments: list[str], *, env: dict[str, str], cwd: str, stdout: int, stderr: int
    ) -> "WarmProcess":
        """Fork a kernel and return its process.

        Parameters
        ----------
        arguments
            Of ``ipykernel``, such as ``["-f", connection_file]``.
        env
            All variables of the kernel.
        cwd
            Its working folder.
        stdout, stderr
            File descriptors that take what it writes outside of its cells.

        Raises
        ------
        ForkServerError
            If the warm process is gone or does not answer in time.
        """
        process = WarmProcess()
        with self._lock:
            number = len(self._answers)
            self._answers[number] = process
            request = {"number": number, "argv": arguments, "env": env, "cwd": cwd}
            data = json.dumps(request).encode("utf8")
            try:
                socket.send_fds(self._socket, [len(data).to_bytes(4, "big")], [stdout, stderr])
                self._socket.sendall(data)
            except OSError as error:
                raise ForkServerError(str(error)) from error
        with self._answered:
            self._answered.wait_for(lambda: process.pid or not self._alive, START_SECONDS)
        if not process.pid:
            raise ForkServerError("the warm process did not start a kernel")
        return process

    def close(self) -> None:
        """End the warm process and every kernel that is left."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()

    def _listen(self) -> None:
        """Read what the warm process says: kernels that started, kernels that ended."""
        with contextlib.suppress(OSError, ValueError), self._socket.makefile("r") as lines:
            for line in lines:
                with self._answered:
                    self._hear(json.loads(line))
                    self._answered.notify_all()
        with self._answered:
            self._alive = False
            for process in self._answers.values():
                if process.returncode is None:
                    process.returncode = -signal.SIGKILL
            self._answered.notify_all()

    def _hear(self, said: dict[str, Any]) -> None:
        if "number" not in said:
            self._ready = True
        elif "pid" in said:
            self._answers[said["number"]].pid = said["pid"]
        else:
            self._answers[said["number"]].returncode = said["code"]


class WarmProcess:
    """A forked kernel; the part of ``subprocess.Popen`` that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        self.pid = 0
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or ``None`` while the kernel runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code; jupyter_client asks only after ``poll`` has said it is there."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


# In the warm process ---------------------------------------------------------------------------


class _Warm:
    """The loop of the warm process: fork on request, tell when a kernel ends."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.kernels: dict[int, int] = {}
        self.wake, alarm = os.pipe()
        for end in (self.wake, alarm):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(alarm)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> None:
        """Work until the press is gone; then no kernel may stay."""
        self.tell({"ready": True})
        try:
            while True:
                sources: list[Any] = [self.control, self.wake]
                ready, _, _ = select.select(sources, [], [])
                if self.wake in ready:
                    os.read(self.wake, 4096)
                    self.reap()
                if self.control in ready and not self.answer():
                    return
        finally:
            _end_children()

    def answer(self) -> bool:
        """Fork one kernel; return False if the press has hung up."""
        head, handles, _, _ = socket.recv_fds(self.control, 4, 2)
        if not head:
            return False
        left, data = int.from_bytes(head, "big"), b""
        while len(data) < left:
            part = self.control.recv(left - len(data))
            if not part:
                return False
            data += part
        request = json.loads(data)
        pid = os.fork()
        if pid == 0:
            self.control.close()
            _become_kernel(request, handles)
        for handle in handles:
            os.close(handle)
        self.kernels[pid] = request["number"]
        self.tell({"number": request["number"], "pid": pid})
        return True

    def reap(self) -> None:
        """Collect kernels that ended, and what they left behind."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] in self.kernels:
                    code = os.waitstatus_to_exitcode(found[1])
                    self.tell({"number": self.kernels.pop(found[0]), "code": code})

    def tell(self, said: dict[str, Any]) -> None:
        """Send one line to the press."""
        with contextlib.suppress(OSError):
            self.control.sendall(json.dumps(said).encode("utf8") + b"\n")


def _end_children() -> None:
    """Kill every process that this one or its kernels have started."""
    import psutil

    while children := [
        each
        for each in psutil.Process().children(recursive=True)
        if each.status() != psutil.STATUS_ZOMBIE
    ]:
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()


def _become_kernel(request: dict[str, Any], handles: list[int]) -> None:
    """Turn a fresh fork into an ipykernel; never returns."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(handles[0], 1)
        os.dup2(handles[1], 2)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"], JPY_PARENT_PID=str(os.getppid()))
        if "numpy" in sys.modules:  # Python's own generator does so by itself
            sys.modules["numpy"].random.seed()
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=request["argv"])
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _main(arguments: list[str]) -> None:
    sys.path[:] = [each for each in sys.path if each != str(Path(__file__).parent)]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for module in arguments[1:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # no kernel looks for garbage among the libraries, or copies their memory for it
    with socket.socket(fileno=int(arguments[0])) as control:
        _Warm(control).serve()


if __name__ == "__main__":
    _main(sys.argv[1:])
