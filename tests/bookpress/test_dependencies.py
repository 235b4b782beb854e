"""What a page depends on: seen while it runs, and compared with what a fresh execution changes."""

import itertools
import json
import shutil

import pytest

from bookpress import plan
from bookpress.page_cache import PageCache
from bookpress.running import RunOptions
from bookpress.trial import trials
from tests.bookpress.conftest import Fixture

pytestmark = pytest.mark.slow

# A package whose names are loaded when they are asked for, with a stub that says where they are.
STUBLIB = {
    "__init__.py": """
        import lazy_loader

        __getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
        """,
    "__init__.pyi": "from .areas import area as area\nfrom .words import word as word\n",
    "areas.py": "from stublib.units import UNIT\n\ndef area():\n    return 2 * UNIT\n",
    "units.py": "UNIT = 3\n",
    "words.py": '''
        """Words."""
        import json
        from pathlib import Path

        def word():
            # Read from a file beside this one.
            return json.loads(Path(__file__).with_name("words.json").read_text())["word"]
        ''',
    "words.json": '{"word": "noun"}',
    "unused.py": "NOTHING = 0\n",
}
PAGES = {
    "images": "import minilib.images\nprint(minilib.images.draw())",
    "curve": "from minilib import curve\nprint(curve())",
    "timed": "%%time\nfrom minilib import lazily\nprint(lazily())",
    "star": "from minilib import *\nprint(draw(), curve(), lazily())",
    "area": "import stublib\nprint(stublib.area())",
    "word": "from stublib import word\nprint(word())",
    "names": "from stublib import *\nprint(area(), word(), 'NOTHING' in globals())",
    "file": "print(open('tables/one.csv').read())",
    "folder": "import os\nprint(sorted(os.listdir('tables')))",
    "local": "import helper\nprint(helper.HELP)",
    "shown": "from textlib import show_source\nfrom stublib import area\n"
    "print(area())\nshow_source(area)",
    "other": "import subprocess, sys\ncode = 'import minilib.colors as c; print(c.RED)'\n"
    "print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout)",
    "shell": "!python -c 'import minilib.colors as c; print(c.RED)'",
    "spawned": "import multiprocessing\nfrom minilib import lazily\n"
    "with multiprocessing.get_context('spawn').Pool(1) as pool:\n    print(pool.apply(lazily))",
}
UNSEEN = {"other", "shell", "spawned"}
EDITS = {
    "module": ("src/minilib/images.py", "return RED", "return RED.upper()"),
    "module behind a module": ("src/minilib/colors.py", "'red'", "'crimson'"),
    "module loaded in a function": ("src/minilib/deep.py", "return 3", "return 4"),
    "module behind a lazy name": ("src/stublib/units.py", "3", "5"),
    "comment": ("src/stublib/words.py", "# Read from", "# It is read from"),
    "docstring": ("src/stublib/words.py", "Words.", "More words."),
    "comment that is shown": ("src/stublib/areas.py", "    return", "    # Twice.\n    return"),
    "module that no page loads": ("src/stublib/unused.py", "0", "1"),
    "data file of a package": ("src/stublib/words.json", "noun", "verb"),
    "new lazy name": (
        "src/stublib/__init__.pyi",
        "from .words",
        "from .unused import NOTHING as NOTHING\nfrom .words",
    ),
    "file": ("book/part/tables/one.csv", "1,2", "3,4"),
    "new file in a folder": ("book/part/tables/two.csv", "", "5,6"),
    "module beside the page": ("book/part/helper.py", "help", "advice"),
}  # fmt: skip


def write_all(fixture):
    """Write the pages and what they use, in the place of the fixture's own pages."""
    fixture.pages.clear()
    for name, text in STUBLIB.items():
        fixture.write(f"src/stublib/{name}", text)
    fixture.write("book/part/tables/one.csv", "1,2")
    fixture.write("book/part/helper.py", "HELP = 'help'\n")
    for name, code in PAGES.items():
        page = fixture.page(f"part/{name}", code)
        if code.startswith("%%"):
            text = page.read_text(encoding="utf8")
            page.write_text(text.replace("from textlib import claims, scale\n%%", "%%"))
            fixture.edit(
                f"book/part/{name}.md",
                "claims.number",
                "from textlib import claims, scale\nclaims.number",
            )


@pytest.fixture(scope="session")
def observed_once(tmp_path_factory):
    """Execute the pages once, to be copied."""
    made = Fixture(tmp_path_factory.mktemp("observed") / "book")
    write_all(made)
    made.execute()
    return made.root


@pytest.fixture
def observed(observed_once, tmp_path):
    """Give a book of one's own whose pages are stored with what they used."""
    root = tmp_path / "book"
    shutil.copytree(observed_once, root, copy_function=shutil.copy2)
    fixture = Fixture.__new__(Fixture)
    fixture.root, fixture.pages = root, [f"part/{name}" for name in PAGES]
    return fixture


def stale(fixture):
    """Return the stale pages with the reasons."""
    states = plan.make(fixture.book, fixture.book.pages)
    return {state.page.name.split("/")[1]: state.reasons for state in states if not state.fresh}


def edit(fixture, file, before, after):
    """Change a file, or write a new one."""
    if before:
        fixture.edit(file, before, after)
    else:
        fixture.write(file, after)


def texts(notebook):
    """Return what the code cells of a notebook show; times apart, which differ each time."""
    outputs = itertools.chain.from_iterable(
        cell.outputs for cell in notebook.cells if cell.cell_type == "code"
    )
    found = [
        output.get("text") or json.dumps(output.get("data"), sort_keys=True) for output in outputs
    ]
    lines = "\n".join(found).splitlines()
    return [line for line in lines if not line.startswith(("CPU times", "Wall time"))]


@pytest.mark.parametrize("name", EDITS)
def test_just_the_pages_are_stale_that_a_fresh_execution_would_change(observed, name):
    assert stale(observed) == {}
    edit(observed, *EDITS[name])
    store = PageCache(observed.book)
    ran = list(trials(observed.book, (), RunOptions(), seeds=1))
    assert [outcome.failure for outcome in ran if outcome.failure] == []
    changed = {
        outcome.page.split("/")[1]
        for outcome in ran
        if texts(outcome.notebook) != texts(store.outputs(store.stamp(outcome.page)))
    }
    # What another process loads cannot be seen: such a page depends on all modules.
    of_packages = (
        EDITS[name][0].startswith("src/") and "comment" not in name and name != "docstring"
    )
    assert set(stale(observed)) == changed | (UNSEEN if of_packages else set())
