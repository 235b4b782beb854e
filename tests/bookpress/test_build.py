"""Building the small book: what runs, what is kept, and what a reader of the terminal is told."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bookpress import outputs
from bookpress.page_cache import PageCache
from tests.bookpress.conftest import environment
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow
# The second time, the run comes from the store: the page trained it itself, so nothing is saved.
TRAINING = """
import keras, numpy as np
from textlib import training
x = np.ones((8, 2), "float32")
for _ in range(2):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    training.fit(model, x, x[:, :1], run="part/trained/line")
"""


def test_only_what_changed_is_executed_again(fixture_book):
    fixture_book.page("part/lazy", "from minilib import lazily\nlazily()")
    fixture_book.page("part/star", "from minilib import *\ndraw()")
    everything = {"part/one", "part/two", "part/lazy", "part/star"}
    assert fixture_book.executed() == everything
    assert fixture_book.executed() == set()

    fixture_book.edit("book/part/one.md", "The value is", "In other words, it is")
    assert fixture_book.executed() == set()

    fixture_book.edit("src/minilib/colors.py", "'red'", "'crimson'")
    status = fixture_book.press("status").stdout
    assert "stale  part/one  (module minilib.colors changed)" in status
    assert "fresh  part/two" in status
    assert fixture_book.executed() == {"part/one", "part/star"}

    fixture_book.edit("src/minilib/deep.py", "return 3", "return 4")
    assert fixture_book.executed() == {"part/lazy"}  # the star page never calls what loads it


def test_the_site_shows_the_numbers_and_is_not_made_twice(fixture_book):
    first = fixture_book.press("build")
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout.rstrip().endswith("_build/html/index.html")
    page = fixture_book.root / "_build/html/part/one.html"
    assert "The value is 21." in fixture_book.shown("part/one")
    assert (fixture_book.root / "_build/html/_notebooks/part/one.ipynb").is_file()
    made = page.stat().st_mtime_ns

    second = fixture_book.press("build")
    assert second.returncode == 0
    assert "The site is up to date." in second.stdout
    assert page.stat().st_mtime_ns == made

    # Outputs can change while the page's own file does not; the site must follow.
    fixture_book.edit("src/minilib/__init__.py", "import importlib", "import importlib, json")
    fixture_book.edit("book/part/two.md", "scale.seed(20) + 1", "scale.seed(20) + 2")
    assert fixture_book.press("build").returncode == 0
    assert "The value is 22." in fixture_book.shown("part/two")


def test_the_report_has_every_page_with_its_claims_and_numbers(fixture_book):
    fixture_book.execute()
    report = json.loads((fixture_book.root / "_build/report.json").read_text())
    page = report["pages"][0]
    assert page["name"] == "part/one"
    assert page["state"] == "executed"
    assert page["numbers"] == {"value": "21"}
    assert page["claims"][0]["sentence"] == "it is 20"
    assert page["claims"][0]["holds"] is True
    assert page["seconds"] > 0
    assert "minilib.colors" in page["modules"]
    assert report["totals"]["claims_hold"] == 2


def test_a_page_whose_trainings_are_restored_keeps_the_time_of_training_from_nothing(fixture_book):
    fixture_book.page("part/trained", TRAINING)
    fixture_book.execute("part/trained")
    store = PageCache(fixture_book.book)
    assert store.stamp("part/trained").seconds_saved == 0

    record = next(fixture_book.book.runs_dir.glob("*/run.json"))
    content = json.loads(record.read_text(encoding="utf8"))
    record.write_text(json.dumps({**content, "seconds": 1000.0}), encoding="utf8")
    fixture_book.edit("book/part/trained.md", "range(2)", "range(3)")
    fixture_book.execute("part/trained")
    stamp = store.stamp("part/trained")
    assert stamp.seconds_saved == 1000
    assert stamp.seconds < 1000
    assert stamp.seconds_from_nothing > 1000


def test_every_page_is_made_again_when_the_press_changed(fixture_book, monkeypatch):
    app = SimpleNamespace(srcdir=fixture_book.root / "book")
    env = SimpleNamespace(found_docs={"part/one", "part/two"})

    def outdated():
        return set(outputs._outdated(app, env, set(), set(), set()))

    assert outdated() == env.found_docs
    assert outdated() == set()
    monkeypatch.setattr(outputs, "_digest_of_press", lambda: "of another press")
    assert outdated() == env.found_docs


def test_building_one_page_executes_that_page_and_publishes_what_is_there(fixture_book):
    done = fixture_book.press("build", "part/two")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "] done   part/two" in done.stdout
    assert "part/one" not in done.stdout.split("Publishing")[0]
    assert (fixture_book.root / "_build/html/part/two.html").is_file()


def test_a_failing_cell_is_shown_with_page_line_source_and_traceback(fixture_book):
    path = fixture_book.page("part/bad", "def f(n):\n    return n / 0\n\nf(1)")
    done = fixture_book.press("build", "--no-publish")
    assert done.returncode == 1
    line = path.read_text().splitlines().index("f(1)") + 1
    assert f"{path}:{line}" in done.stdout
    assert "return n / 0" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert "] done   part/one" in done.stdout
    assert "] done   part/two" in done.stdout
    assert fixture_book.book.press_dir.joinpath("stamps/part/bad.json").exists() is False


def test_a_failed_claim_fails_the_build_with_its_sentence_and_numbers(fixture_book):
    code = 'claims.check("big", 1 > 2, "one ({one:d}) beats two", one=1)'
    fixture_book.page("part/bad", code)
    done = fixture_book.press("build", "--no-publish", "part/bad")
    assert done.returncode == 1
    assert "one (1) beats two" in done.stdout
    assert "one = 1" in done.stdout


def test_a_page_that_takes_too_long_is_stopped(fixture_book):
    fixture_book.page("part/slow", "import time\ntime.sleep(3600)")
    fixture_book.edit("book/part/slow.md", "covers: [DLR-slow]", "timeout: 3")
    done = fixture_book.press("build", "--no-publish", "part/slow", "part/one")
    assert done.returncode == 1
    assert "the page took longer than 3 s" in done.stdout
    assert "] done   part/one" in done.stdout


def test_a_kernel_that_dies_and_one_that_is_missing_fail_their_pages_only(fixture_book):
    fixture_book.page("part/dead", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    fixture_book.page("part/none", "x = 1")
    fixture_book.edit("book/part/none.md", "name: python3", "name: no-such-kernel")
    done = fixture_book.press("build", "--no-publish")
    assert done.returncode == 1
    assert "FAILED part/dead: the kernel failed" in done.stdout
    assert "FAILED part/none: there is no kernel named 'no-such-kernel'" in done.stdout
    assert "] done   part/one" in done.stdout
    assert "] done   part/two" in done.stdout


def test_plain_kernels_give_the_same_outputs_as_warm_ones(fixture_book):
    fixture_book.page(
        "part/fork", "import os, sys, json\nprint(json.dumps([__name__, os.getcwd()]))"
    )

    def outputs():
        store = PageCache(fixture_book.book)
        return [cell.outputs for cell in store.outputs(store.stamp("part/fork")).cells]

    fixture_book.execute("--warm", "part/one", "part/fork")
    warm = outputs()
    fixture_book.execute("--no-warm", "--force", "part/fork")
    assert warm == outputs()


def test_warm_kernels_leave_the_libraries_to_no_garbage_collection(fixture_book):
    fixture_book.page(
        "part/frozen", "import gc\nassert gc.isenabled()\nassert gc.get_freeze_count()"
    )
    assert "done   part/frozen" in fixture_book.execute("--warm", "part/one", "part/frozen")


def test_a_caption_that_changed_is_published_without_executing(fixture_book):
    figure = 'from IPython.display import SVG\nSVG(\'<svg width="9" height="9"></svg>\')'
    fixture_book.page("part/figure", figure)
    fixture_book.edit(
        "book/part/figure.md",
        "```{code-cell} python\nfrom",
        "```{code-cell} python\n---\nmystnb:\n  figure: {name: fig, caption: First words}\n"
        "  image: {alt: A line}\n---\nfrom",
    )
    fixture_book.press("build", "part/figure")
    assert "First words" in fixture_book.shown("part/figure")
    fixture_book.edit("book/part/figure.md", "First words", "Better words")
    done = fixture_book.press("build", "part/figure")
    assert "0 to execute" in done.stdout
    assert "WARNING" not in done.stdout
    assert "Better words" in fixture_book.shown("part/figure")


def test_pages_with_the_same_cells_and_other_files_keep_outputs_of_their_own(fixture_book):
    code = "from pathlib import Path\nprint(Path('table.csv').read_text())"
    for folder in ("north", "south"):
        fixture_book.page(f"{folder}/table", code)
        fixture_book.edit(f"book/{folder}/table.md", "covers: [DLR-table]", "files: [table.csv]")
        fixture_book.write(f"book/{folder}/table.csv", f"of the {folder}")
    assert fixture_book.executed("north", "south") == {"north/table", "south/table"}
    assert fixture_book.executed("north", "south") == set()
    done = fixture_book.press("build", "north", "south")
    assert done.returncode == 0, done.stdout + done.stderr
    for folder in ("north", "south"):
        assert f"of the {folder}" in fixture_book.shown(f"{folder}/table")


def test_jupyter_book_by_itself_shows_what_the_press_executed(executed_book):
    command = [Path(sys.executable).parent / "jupyter-book", "build", executed_book.root]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Executing notebook" not in done.stdout
    (page,) = (executed_book.root / "_build/html").rglob("one.html")
    assert ">21<" in page.read_text(encoding="utf8"), done.stdout


def test_a_claim_is_tried_on_several_seeds_and_the_book_stays_untouched(fixture_book):
    code = 'claims.check("small", scale.seed() < 2000, "{s:d} is small", s=scale.seed())'
    fixture_book.page("part/seeds", code)
    done = fixture_book.press("claims", "part/seeds", "--seeds", "3")
    assert done.returncode == 1
    assert "holds  +0  small: 0 is small  [s=0]" in done.stdout
    assert "holds  +1  small: 1000 is small  [s=1000]" in done.stdout
    assert "FAILS  +2  small: 2000 is small  [s=2000]" in done.stdout
    assert "holds  +2  positive" in done.stdout
    assert "never executed" in fixture_book.press("status", "part/seeds").stdout


def test_a_page_executed_on_the_side_says_how_many_of_its_claims_hold(fixture_book):
    code = 'claims.check("big", 1 > 2, "one ({one:d}) beats two", one=1)'
    fixture_book.page("part/bad", code)
    out = fixture_book.root / "out/bad.ipynb"
    done = fixture_book.press("execute", "part/bad", "-o", str(out))
    assert done.returncode == 1
    assert "FAILS  big: one (1) beats two" in done.stdout
    assert "1 of 2 claims hold." in done.stdout
    assert out.is_file()
    fixture_book.edit("book/part/bad.md", "1 > 2", "1 > 0")
    done = fixture_book.press("execute", "part/bad", "-o", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 claims hold." in done.stdout


def test_a_page_executed_on_the_side_shows_its_slow_cells_and_can_train_anew(fixture_book):
    code = 'import os, time\ntime.sleep(0.6)\nprint("store", os.environ["TEXTLIB_RUNS"])'
    page = fixture_book.page("part/slow", code)
    first = "from textlib import claims, scale"
    line = 1 + page.read_text(encoding="utf-8").splitlines().index(first)
    out = fixture_book.root / "out/slow.ipynb"
    done = fixture_book.press("execute", "part/slow", "-o", str(out))
    assert re.search(rf"\d+\.\d s  line {line}: {first}", done.stdout), done.stdout
    store = str(fixture_book.root / "_build/runs")
    assert f"store {store}" in out.read_text(encoding="utf-8")
    done = fixture_book.press("execute", "part/slow", "-o", str(out), "--fresh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"store {store}" not in out.read_text(encoding="utf-8")


def test_without_npm_demos_stay_static_and_the_build_says_so(fixture_book, monkeypatch, tmp_path):
    picture = {"type": "float32", "shape": [1, 8, 8, 1], "data": ""}
    place = {"type": "float32", "shape": [1, 2], "data": ""}
    payload = {
        "name": "toy",
        "kind": "latent",
        "settings": {"range": [-1, 1]},
        "arrays": {},
        "pictures": {},
        "model": "",
        "sample": {"inputs": {"input": place}, "outputs": [{"output": picture}]},
        "states": {},
    }
    code = (
        "from IPython.display import display\nfrom textlib import demos\n"
        f"display({{demos.MIME: {payload}}}, raw=True)"
    )
    static = "\n```{demo} toy\nHere is a picture instead.\n```\n"
    fixture_book.page("part/demo", code, extra=static)
    extension = "extra_extensions: [bookpress.outputs, "
    fixture_book.edit("_config.yml", extension, f"{extension}bookpress.site.demo, ")
    fixture_book.write("web/package-lock.json", "{}")
    monkeypatch.setenv("PATH", str(tmp_path))
    for _ in range(2):  # the second time nothing is published, and the note stays
        done = fixture_book.press("build", "part/demo")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "note: live demos stay static figures: there is no npm" in done.stdout
    shown = fixture_book.shown("part/demo")
    assert "built without the runtime" in shown
    assert "Here is a picture instead." in shown

    fixture_book.edit("book/part/demo.md", "{demo} toy", "{demo} other")
    done = fixture_book.press("build", "part/demo", "--strict")
    assert done.returncode == 1
    assert "the demo 'other': no cell of the page publishes it" in done.stdout
