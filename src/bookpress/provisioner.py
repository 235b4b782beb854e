"""The plug-in of jupyter_client that gives pages warm kernels.

``jupyter_client`` asks a provisioner to launch a kernel's process. `WarmProvisioner` asks the
press's warm process for a fork where that gives the same kernel, and launches a plain one else.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import default

from bookpress.environment import neutral
from bookpress.fork_server import ForkServer, ForkServerError

NAME = "textlib-warm"
LAUNCHER = ["-m", "ipykernel_launcher"]
# What may differ between the warm process and its forks; anything else a library may have read.
OF_ONE_PAGE = ("TEXTLIB_", "BOOKPRESS_", "JPY_")

_server: ForkServer | None = None


@contextlib.contextmanager
def warm_kernels(libraries: Iterable[str], environment: dict[str, str]) -> Iterator[None]:
    """Within the block, Python kernels that this process starts are warm where possible.

    Parameters
    ----------
    libraries
        Top-level names of the libraries that the pages import.
    environment
        Variables that the press sets for all the kernels.
    """
    global _server
    if not ForkServer.possible():
        yield
        return
    factory = KernelProvisionerFactory.instance()
    value = f"{__name__}:{WarmProvisioner.__name__}"
    factory.provisioners[NAME] = EntryPoint(NAME, value, factory.GROUP_NAME)
    before = factory.default_provisioner_name
    factory.default_provisioner_name = NAME
    server = ForkServer(libraries, {**neutral(os.environ), **environment})
    try:
        _server = server if server.wait_ready() else None
        yield
    finally:
        _server = None
        factory.default_provisioner_name = before
        server.close()


class PageKernelManager(AsyncKernelManager):  # type: ignore[misc]
    """Kernels of this Python's own environment come before an author's of the same name."""

    @default("kernel_spec_manager")
    def _own_first(self) -> KernelSpecManager:
        specs = KernelSpecManager()
        own = str(Path(sys.prefix, "share", "jupyter", "kernels"))
        specs.kernel_dirs = [own, *(each for each in specs.kernel_dirs if each != own)]
        return specs


class WarmProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Launch a kernel as a fork of the warm process, or plainly."""

    warm = False

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch a kernel and return its connection information."""
        server = None if kwargs.pop("plain", False) else _server
        cwd = Path(kwargs.get("cwd") or Path.cwd())
        if server is None or not _suits(server, cmd, kwargs.get("env"), cwd):
            return await super().launch_kernel(cmd, **kwargs)
        try:
            forked = server.start(
                cmd[3:],
                env=dict(kwargs["env"]),
                cwd=str(cwd),
                stdout=_handle(kwargs.get("stdout"), 1),
                stderr=_handle(kwargs.get("stderr"), 2),
            )
        except ForkServerError:
            return await super().launch_kernel(cmd, **kwargs)
        self.warm = True
        self.process = forked  # type: ignore[assignment]
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info


def _suits(server: ForkServer, command: list[str], env: dict[str, str] | None, cwd: Path) -> bool:
    """Whether the command starts an ipykernel of this Python, with what the imports have read."""
    if not env or command[1:3] != LAUNCHER:
        return False
    if (cwd / "matplotlibrc").exists():  # what Matplotlib reads first, when it is imported
        return False
    if Path(command[0]).resolve() != Path(sys.executable).resolve():
        return False
    differing = {*env.items()} ^ {*server.environment.items()}
    return all(name.startswith(OF_ONE_PAGE) for name, _ in differing)


def _handle(stream: Any, default: int) -> int:
    if stream is None or stream == subprocess.DEVNULL:
        return default
    return stream if isinstance(stream, int) else int(stream.fileno())
