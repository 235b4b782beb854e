"""How pages run, whoever asks: data first, warm kernels where they pay, neutral surroundings."""

import contextlib
import itertools
import json
import re
import socket

import psutil
import pytest
from jupyter_client.connect import LocalPortCache

from bookpress import machine, plan, running
from bookpress.book import BookError
from bookpress.page_cache import PageCache
from bookpress.records import make
from bookpress.running import RunOptions
from bookpress.trial import trials
from textlib import datasets

WAYS = {
    "claims": lambda book: list(trials(book, ("part",), RunOptions())),
    "records": lambda book: [outcome for outcome, _ in make(book, ("part",), RunOptions())],
}


@pytest.fixture
def ran(monkeypatch):
    """Let nothing run; give the tasks that would have."""
    seen = []

    def run(tasks, **options):
        seen.extend(tasks)
        return []

    monkeypatch.setattr(running, "_run", run)
    return seen


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_data_are_fetched_before_a_page_runs(fixture_book, monkeypatch, ran, way):
    fixture_book.edit("book/part/one.md", "covers: [DLR-one]", "data: [mnist]")
    asked = []

    def fetch(name):
        asked.append(name)
        raise OSError("no line")

    monkeypatch.setattr(datasets, "fetch", fetch)
    failures = [outcome.failure for outcome in way(fixture_book.book)]
    assert asked == ["mnist"]
    assert {failure.kind for failure in failures} == {"data"}
    assert "its data mnist cannot be had: no line" in failures[0].error
    assert {task.page for task in ran} == {"part/two"}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_several_pages_get_warm_kernels_whoever_runs_them(fixture_book, monkeypatch, ran, way):
    used = []

    @contextlib.contextmanager
    def warm_kernels(libraries, environment):
        used.append(environment)
        yield

    monkeypatch.setattr("bookpress.provisioner.warm_kernels", warm_kernels)
    way(fixture_book.book)
    assert len(used) == 1
    assert all(task.environment["KERAS_HOME"] == used[0]["KERAS_HOME"] for task in ran)


def test_pages_without_code_are_named_where_code_is_asked_for(fixture_book):
    with pytest.raises(BookError, match="no code to execute in index"):
        plan.of_code(fixture_book.book, ("index",), scale="quick")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("execute", "index", "-o", "x.ipynb"), 1, "Error: no code to execute in index"),
        (("claims", "index"), 1, "Error: no code to execute in index"),
        (("records", "run", "index"), 1, "Error: no code to execute in index"),
        (("execute", "part", "-o", "x.ipynb"), 1, "Error: 'part' is 2 pages"),
        (("execute", "part/one", "-o", "book/index.md/x.ipynb"), 1, "Error: cannot write"),
        (("build", "--timeout", "0"), 2, "0.0 is not in the range x>0"),
        (("claims", "part/one", "--timeout", "-1"), 2, "is not in the range x>0"),
    ],
)
def test_what_cannot_be_executed_is_one_line(fixture_book, arguments, code, said):
    done = fixture_book.press(*arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_a_machine_that_cannot_reach_itself_says_so_at_once(fixture_book, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(machine.socket, "create_connection", refuse)
    book = fixture_book.book
    (state,) = plan.make(book, book.select(("part/one",)))
    (task,) = running.tasks(book, [state], RunOptions(), jobs=1)
    (outcome,) = running.run(book, [task], RunOptions(), jobs=1)
    assert outcome.failure.kind == "kernel"
    assert "cannot reach itself at 127.0.0.1 (Network is unreachable)" in outcome.failure.error


@pytest.mark.slow
def test_a_port_that_another_program_takes_first_does_not_fail_the_page(fixture_book, monkeypatch):
    book = fixture_book.book
    find, asked = LocalPortCache.find_available_port, []

    def race(cache, ip):
        asked.append(ip)
        return taken if len(asked) == 1 else find(cache, ip)

    monkeypatch.setattr(LocalPortCache, "find_available_port", race)
    (state,) = plan.make(book, book.select(("part/one",)))
    (task,) = running.tasks(book, [state], RunOptions(), jobs=1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        (outcome,) = running.run(book, [task], RunOptions(), jobs=1)
    assert outcome.state == "executed", outcome.failure
    assert len(asked) == 10


def test_a_machine_with_loopback_has_no_problem_with_it():
    assert machine.loopback_problem() == ""


def printed(fixture, name):
    """Return what a stored page printed."""
    store = PageCache(fixture.book)
    cells = store.outputs(store.stamp(name)).cells
    outputs = itertools.chain.from_iterable(cell.outputs for cell in cells)
    return "".join(output.get("text", "") for output in outputs)


PERSONAL = """
import os, sys
import keras, matplotlib
print(keras.config.floatx(), keras.config.image_data_format())
print(matplotlib.rcParams["lines.linewidth"])
print("started" in globals(), "started" in vars(__import__("builtins")))
print(os.environ.get("COLUMNS"), os.environ.get("TF_USE_LEGACY_KERAS"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("warmth", ["--warm", "--no-warm"])
def test_what_an_author_has_at_home_changes_nothing(fixture_book, tmp_path, monkeypatch, warmth):
    fixture_book.page("part/home", PERSONAL)
    pages = ("part/home", "part/one")
    fixture_book.execute(warmth, *pages)
    neutral = printed(fixture_book, "part/home")
    assert neutral.startswith("float32 channels_last\n1.5\nFalse False\n")

    home = tmp_path / "home"
    start = "import builtins\nbuiltins.started = started = True\n"
    files = {
        ".keras/keras.json": json.dumps(
            {"floatx": "float16", "image_data_format": "channels_first", "epsilon": 1e-7}
        ),
        ".config/matplotlib/matplotlibrc": "lines.linewidth: 9\n",
        ".ipython/profile_default/startup/00.py": start,
        "start.py": start,
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KERAS_HOME", str(home / ".keras"))
    monkeypatch.setenv("MPLCONFIGDIR", str(home / ".config/matplotlib"))
    monkeypatch.setenv("IPYTHONDIR", str(home / ".ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(home / "start.py"))
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    fixture_book.execute(warmth, "--force", *pages)
    assert printed(fixture_book, "part/home") == neutral


@pytest.mark.slow
def test_variables_that_libraries_have_read_give_the_same_in_warm_and_plain_kernels(fixture_book):
    changes = {
        "item": "os.environ['MPLBACKEND'] = 'svg'",
        "magic": "%env MPLBACKEND=svg",
        "call": "os.putenv('MPLBACKEND', 'svg'); os.environ.update(MPLBACKEND='svg')",
    }
    for name, change in changes.items():
        code = f"import os\n{change}\nimport matplotlib\nprint(matplotlib.get_backend())"
        fixture_book.page(f"part/{name}", code)
    assert len(fixture_book.executed("--warm")) == 5
    for name in changes:
        assert printed(fixture_book, f"part/{name}").endswith("svg\n")


@pytest.mark.slow
def test_pages_that_set_no_seed_draw_other_numbers_each(fixture_book):
    for name in ("part/one", "part/two"):
        fixture_book.page(name, "import numpy\nprint(numpy.random.rand())")
    fixture_book.execute("--warm")
    assert printed(fixture_book, "part/one") != printed(fixture_book, "part/two")


@pytest.mark.slow
def test_a_matplotlibrc_counts_beside_its_page_and_not_where_the_press_is_called(
    fixture_book, tmp_path, monkeypatch
):
    code = "import matplotlib\nprint(matplotlib.rcParams['lines.linewidth'])"
    fixture_book.page("styled/lines", code)
    fixture_book.page("part/lines", code)
    fixture_book.write("book/styled/matplotlibrc", "lines.linewidth: 9")
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 5")
    monkeypatch.chdir(tmp_path)
    fixture_book.execute("--warm", "styled/lines", "part/lines")
    assert printed(fixture_book, "styled/lines") == "9.0\n"
    assert printed(fixture_book, "part/lines") == "1.5\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        r'import matplotlib.pyplot as plt; plt.title(r"$\bad{x}$")',
        "class Bad:\n    def _repr_html_(self):\n        return 1 / 0\nBad()",
        "get_ipython().events.register('post_execute', lambda: 1 / 0)",
    ],
    ids=["figure", "result", "event"],
)
def test_an_error_that_a_cell_shows_fails_the_page_under_its_name(fixture_book, code):
    path = fixture_book.page("part/shown", code)
    done = fixture_book.press("build", "--no-publish", "part/shown")
    assert done.returncode == 1, done.stdout
    first = path.read_text().splitlines().index("from textlib import claims, scale") + 1
    line = int(re.search(rf"{path}:(\d+)", done.stdout)[1])
    assert first <= line <= first + 1 + code.count("\n"), done.stdout
    assert re.search("FAILED part/shown: (ValueError|ZeroDivisionError): .", done.stdout)


@pytest.mark.slow
def test_an_error_that_a_tag_allows_is_shown(fixture_book):
    fixture_book.page("part/shown", "1 / 0")
    fixture_book.edit(
        "book/part/shown.md",
        "```{code-cell} python\nfrom",
        "```{code-cell} python\n:tags: [raises-exception]\nfrom",
    )
    fixture_book.execute("part/shown")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["", "ascii"])
def test_umlauts_in_names_claims_and_output_work_in_the_plainest_locale(
    fixture_book, monkeypatch, encoding
):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    code = 'print("größer")\nclaims.check("größe", 1 > 2, "Größe über Maß")'
    fixture_book.page("part/übung", code)
    done = fixture_book.press("build", "--no-publish", "part/übung")
    assert done.returncode == 1
    assert "FAILED part/übung: ClaimError: " in done.stdout
    assert "Größe über Maß" in done.stdout
    assert "Traceback (most recent call last)" not in done.stderr
    fixture_book.edit("book/part/übung.md", "1 > 2", "2 > 1")
    fixture_book.execute("part/übung")
    assert printed(fixture_book, "part/übung") == "größer\n"


def alive(pid):
    """Whether a process runs; what no parent has collected yet does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


LEAVE = """
import subprocess, sys
wait = [sys.executable, "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(wait, start_new_session=True)
orphan = subprocess.run(
    ["sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"], capture_output=True, start_new_session=True
)
open("left.txt", "w").write(f"{child.pid} {int(orphan.stdout)}")
"""


@pytest.mark.slow
@pytest.mark.parametrize("warmth", ["--warm", "--no-warm"])
@pytest.mark.parametrize("end", ["", "1 / 0"], ids=["done", "failed"])
def test_nothing_that_a_page_started_survives_it(fixture_book, warmth, end):
    fixture_book.page("part/leaves", LEAVE + end)
    done = fixture_book.press("build", "--no-publish", warmth, "part/leaves", "part/one")
    assert done.returncode == (1 if end else 0), done.stdout
    left = (fixture_book.root / "book/part/left.txt").read_text().split()
    assert not [pid for pid in left if alive(int(pid))]
