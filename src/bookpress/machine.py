"""The machine and the libraries that pages run on: cores, processor, loopback, versions."""

import functools
import importlib.metadata
import os
import platform
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 3.0
LIBRARIES = (
    "textlib",
    "tensorflow",
    "keras",
    "numpy",
    "scikit-learn",
    "matplotlib",
    "jupyter-book",
)


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def describe() -> dict[str, Any]:
    """Return what a build runs on."""
    return {"cores": cores(), "system": platform.system(), "processor": processor()}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that matter most."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


@functools.cache
def installed() -> list[str]:
    """Return every installed distribution as its folder is called: by name and version.

    Themes, extensions and their own libraries all take part in publishing.
    """
    folders = [Path(place) for place in dict.fromkeys(sys.path) if Path(place).is_dir()]
    found = (path.name for folder in folders for path in folder.iterdir())
    return sorted({name for name in found if name.endswith((".dist-info", ".egg-info"))})


def loopback_problem() -> str:
    """Return why a program cannot talk to another on this machine, or ``""`` if it can.

    Kernels are asked through the loopback interface; without it they start and stay silent.
    """
    try:
        with socket.create_server((LOOPBACK, 0)) as server:
            socket.create_connection(server.getsockname(), ANSWER_SECONDS).close()
    except OSError as error:
        return (
            f"no connection to a kernel is possible: this machine cannot reach itself at "
            f"{LOOPBACK} ({error.strerror or error}). Turn the loopback interface on "
            "('ip link set lo up'), or let the firewall pass it."
        )
    return ""
