"""What the project takes from others is pinned; its workflows may do no more than they need."""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTIONS = sorted((ROOT / ".github").rglob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_zizmor_finds_nothing_in_the_workflows():
    program = Path(sysconfig.get_path("scripts"), "zizmor")
    command = [program, "--offline", "--pedantic", "--strict-collection", ROOT / ".github"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_digest_with_its_version_beside(path):
    used = re.findall(r"uses: *(.*)", path.read_text(encoding="utf8"))
    for action in used:
        own = action.startswith("$/")  # of this repository, at the commit that runs
        assert own or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_an_action_is_used_in_one_version():
    used = {
        tuple(action.split("@"))
        for path in ACTIONS
        for action in re.findall(r"uses: *([^$\s]\S*)", path.read_text(encoding="utf8"))
    }
    assert len(dict(used)) == len(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_may_write_installs_nothing(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf8"))
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        if "write" in job["permissions"].values():
            said = " ".join(step.get("run", step.get("uses", "")) for step in job["steps"])
            assert not re.search(r"\bmake\b|\.venv|pip install|npm|prepare", said), name


def test_every_pin_has_hashes_and_names_no_index():
    text = (ROOT / "requirements.txt").read_text(encoding="utf8")
    entries = [each for each in re.split(r"\n(?=\S)", text) if not each.startswith("#")]
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
