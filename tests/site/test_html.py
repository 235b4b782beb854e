"""The Nu HTML Checker, which validates the web's standards, finds no error on any page."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from tests.site.conftest import BOOK

MANIFEST = Path(__file__).parent / "vnu"


@pytest.fixture
def checker(shared_folder):
    """Return the command of the checker, which npm fetches once; skip where it cannot be had."""
    java, npm = shutil.which("java"), shutil.which("npm")
    if java is None or npm is None:
        pytest.skip("the HTML checker needs Java and npm")
    folder = BOOK.build_dir / "vnu"
    jar = folder / "node_modules/vnu-jar/build/dist/vnu.jar"
    lock = MANIFEST / "package-lock.json"
    with FileLock(shared_folder / "vnu.lock"):
        kept = folder / lock.name
        if not jar.is_file() or kept.read_bytes() != lock.read_bytes():
            shutil.copytree(MANIFEST, folder, dirs_exist_ok=True)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"npm cannot fetch the HTML checker: {done.stderr.strip()}")
    return [java, "-Xss4m", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]


def test_every_page_is_valid_html(checker, site):
    done = subprocess.run(
        [*checker, "--errors-only", "--skip-non-html", str(site)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)["messages"]
    assert [
        (Path(error["url"]).name, error.get("lastLine"), error["message"]) for error in found
    ] == []
