"""Setting up says how far it is, and why it failed."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1] / ".ci/setup"
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin"; cp pip "$3/bin/python"; fi
"""
PIP = """#!/bin/sh
echo "Collecting a==1"; echo "Collecting b==2"; echo "what pip says"
exit {code}
"""


@pytest.fixture
def set_up(tmp_path):
    """Return a function that sets up with a pip which ends in one way or another."""

    def run(code):
        (tmp_path / "requirements.txt").write_text("a==1 \\\n    --hash=sha256:0\nb==2\n")
        for name, text in (("python", PYTHON), ("pip", PIP.format(code=code))):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(stat.S_IRWXU)
        tools = tmp_path / "tools"  # without uv, whatever this machine has
        tools.mkdir()
        for name in ("sh", "grep", "sleep", "tail", "rm", "mkdir", "cp"):
            (tools / name).symlink_to(shutil.which(name))
        command = ["sh", str(SETUP), "venv", "./python"]
        here = {**os.environ, "PATH": str(tools)}
        return subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, text=True)

    return run


def test_it_says_what_it_fetches_and_how_much_it_has(set_up):
    done = set_up(0)
    assert done.returncode == 0, done.stderr
    assert "2 libraries" in done.stdout
    assert "of at most 2" in done.stdout
    assert done.stdout.endswith("The libraries are there.\n")


def test_when_it_fails_it_shows_what_pip_said_and_where_all_of_it_is(set_up):
    done = set_up(1)
    assert done.returncode == 1
    assert "what pip says" in done.stderr
    assert "venv.log" in done.stderr
