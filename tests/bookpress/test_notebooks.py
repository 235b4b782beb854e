"""The published notebooks: valid, plain, and able to run where only they are."""

import ast
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tomllib
import venv
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import textlib
from bookpress import notebooks
from bookpress.book import Book, BookError
from bookpress.repository import Repository
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
MYST_ONLY = ("{glue:", "{ref}", "{numref}", "{cite", "```{", ":::{", "{doc}`", "{term}`", "{eq}`")


def read(path):
    """Return a notebook and check it against the format."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def text_of(notebook):
    """Return the Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def of_the_book(tmp_path_factory):
    """Write the notebooks of the real book."""
    return notebooks.write(Book.find(ROOT), folder=tmp_path_factory.mktemp("notebooks"))


def test_every_page_that_runs_has_a_valid_notebook_without_myst(of_the_book):
    pages = [page for page in Book.find(ROOT).pages if page.executes]
    assert len(of_the_book) == len(pages)
    for path in of_the_book:
        text = text_of(read(path))
        for mark in MYST_ONLY:
            assert mark not in text, f"{mark} is left in {path.name}"


def test_the_code_of_the_page_is_intact(of_the_book):
    for page, path in zip(
        [p for p in Book.find(ROOT).pages if p.executes], of_the_book, strict=True
    ):
        cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
        answers = [cell for cell in cells if "answer" in cell.metadata.get("tags", ())]
        code = [cell.source for cell in cells if cell not in answers][1:]
        plain = [
            source.split("\n", 1)[1] if source.startswith("# @title") else source for source in code
        ]
        assert plain == [cell.source for cell in page.cells], page.name


def test_figures_exercises_and_solutions_read_well(fixture_book):
    extra = """
```{code-cell} python
---
mystnb:
  figure: {name: fig-line, caption: A line.}
---
1
```

{numref}`fig-line` shows it.

```{exercise}
:label: ex-one
Do it.
```

```{solution-start} ex-one
```

```{code-cell} python
done = True
```

It is done.

```{code-cell} python
---
mystnb:
  figure: {name: fig-done, caption: It shows.}
---
done
```

```{solution-end}
```

After it.

```{solution-start} ex-one
```

First words.

```{code-cell} python
2
```

```{solution-end}
```
"""
    fixture_book.page("part/one", "x = 1", extra=extra)
    folder = fixture_book.root / "out"
    notebook = read(notebooks.write(fixture_book.book, folder=folder)[0])
    text = text_of(notebook)
    assert '<a id="fig-line"></a>\n\n**Figure 1.** A line.' in text
    assert "[Figure 1](#fig-line) shows it." in text
    assert "**Solution of exercise 1** (unfold the cells below)" in text
    solution = next(cell for cell in notebook.cells if "done = True" in cell.source)
    assert solution.source == "# @title Solution of exercise 1\ndone = True"
    assert solution.metadata.jupyter == {"source_hidden": True}
    assert solution.metadata.cellView == "form"
    folded = "<details><summary><b>{}</b></summary>\n\n{}\n\n</details>"
    assert folded.format("Solution of exercise 1, continued", "It is done.") in text
    assert '<a id="fig-done"></a>\n\n' + folded.format("Figure 2", "It shows.") in text
    last = "After it.\n\n" + folded.format("Solution of exercise 1", "First words.")
    assert [cell.source for cell in notebook.cells[-2:-1]] == [last]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```{qiuz}\n```\n", "unknown directive 'qiuz'; did you mean 'quiz'"),
        ("```{figure} a.png\n:name\n```\n", "{figure} Invalid options"),
        ("See {reff}`x`.\n", "unknown role 'reff'; did you mean 'ref'"),
    ],
)
def test_what_no_notebook_can_show_is_named_with_page_and_line(fixture_book, text, reason):
    path = fixture_book.page("part/one", "x = 1", extra="\nWords\n\n" + text)
    line = path.read_text().split("\n").index(text.split("\n")[0]) + 1
    done = fixture_book.press("notebooks")
    assert done.returncode == 1
    assert f"{path}:{line}: {reason}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_page_that_no_notebook_can_show_does_not_execute(fixture_book):
    fixture_book.page("part/one", "x = 1", extra="\n```{qiuz}\n```\n")
    done = fixture_book.press("build")
    assert done.returncode == 1
    assert "unknown directive 'qiuz'; did you mean 'quiz'" in done.stderr
    assert "start " not in done.stdout


def test_headings_formulas_and_blocks_in_blocks_can_be_referred_to(fixture_book):
    extra = """
(sec-here)=
% a comment
## The heading

$$ a = b $$ (eq-one)

:::{note}
```{math}
:label: eq-two
c = d
```
:::

In {ref}`sec-here`, {eq}`eq-one` and {eq}`eq-two`.
"""
    fixture_book.page("part/one", "x = 1", extra=extra)
    path = notebooks.write(fixture_book.book, folder=fixture_book.root / "out")[0]
    text = text_of(read(path))
    assert "In [The heading](#sec-here), (1) and (2)." in text
    assert r"$$ a = b \tag{1}$$" in text
    assert r"> c = d \tag{2}" in text


def test_the_branch_has_what_binder_needs_and_links_follow_from_one_setting(fixture_book):
    folder = fixture_book.root / "out"
    notebooks.write(fixture_book.book, folder=folder)
    assert "git+https://github.com/owner/fixture@main" in (folder / "requirements.txt").read_text()
    readme = (folder / "README.md").read_text()
    colab = "https://colab.research.google.com/github/owner/fixture/blob/notebooks/part/one.ipynb"
    assert colab in readme
    repository = Repository.of(fixture_book.book)
    assert repository.binder("part/one").startswith(
        "https://mybinder.org/v2/gh/owner/fixture/notebooks"
    )


def test_without_an_address_the_error_names_the_setting(fixture_book):
    fixture_book.edit("_config.yml", "https://github.com/owner/fixture", "")
    with pytest.raises(BookError, match="repository"):
        Repository.of(fixture_book.book)


def test_a_notebook_of_a_page_that_is_gone_is_removed_and_an_unchanged_one_not_touched(
    fixture_book,
):
    folder = fixture_book.root / "out"
    kept, gone = notebooks.write(fixture_book.book, folder=folder)
    before = kept.stat().st_mtime_ns
    fixture_book.edit("_toc.yml", "  - file: book/part/two\n", "")
    assert notebooks.write(fixture_book.book, folder=folder) == [kept]
    assert not gone.exists()
    assert kept.stat().st_mtime_ns == before


def test_what_others_put_into_the_folder_stays(fixture_book):
    folder = fixture_book.root / "out"
    theirs = [folder / name for name in ("part/own.ipynb", "notes.ipynb", "data.csv")]
    for _ in range(2):
        for path in theirs:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")
        notebooks.write(fixture_book.book, folder=folder)
    assert all(path.read_text() == "{}" for path in theirs)


@pytest.mark.parametrize("name", ["README.md", "part/one.ipynb", "requirements.txt"])
def test_a_file_of_others_is_not_replaced(fixture_book, name):
    path = fixture_book.root / "out" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff mine")
    with pytest.raises(BookError, match=name):
        notebooks.write(fixture_book.book, folder=fixture_book.root / "out")
    assert path.read_bytes() == b"\xff mine"
    assert [each for each in path.parent.rglob("*") if each.is_file()] == [path]


def test_what_lies_outside_of_the_folder_is_not_removed_whatever_its_list_says(fixture_book):
    folder = fixture_book.root / "out"
    notebooks.write(fixture_book.book, folder=folder)
    outside = fixture_book.write("mine.ipynb", "{}")
    (folder / notebooks.MANIFEST).write_text(f"../mine.ipynb\n{outside}\n")
    with contextlib.suppress(BookError):
        notebooks.write(fixture_book.book, folder=folder)
    assert outside.exists()


def test_the_folder_of_the_book_has_nothing_of_others(fixture_book):
    old = fixture_book.book.notebooks_dir / "part/old.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("{}")
    notebooks.write(fixture_book.book)
    assert not old.exists()


# A fresh environment -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the package's wheel, without network."""
    folder = tmp_path_factory.mktemp("wheel")
    code = (
        "import os, sys; os.chdir(sys.argv[1]); import hatchling.build as build; "
        "print(build.build_wheel(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), str(folder)], capture_output=True, text=True
    )
    if "No module named 'hatchling'" in done.stderr:
        pytest.skip("hatchling, which builds the wheel, is not installed")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def closure(names):
    """Return the distributions that pip would install for some, as this environment has them."""
    found, waiting = {}, list(names)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and name not in found:
            found[name] = metadata.distribution(name)
            waiting += found[name].requires or ()
    return found


def project():
    """Return what the package says of itself."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]


def base_requirements():
    """Return what the package itself asks for, without extras."""
    return project()["dependencies"]


@pytest.fixture(scope="module")
def fresh_python(tmp_path_factory):
    """Make an environment with what the package asks for, but not the package.

    The libraries are links to those of this environment: what ``pip install`` would bring, and
    nothing else.
    """
    folder = tmp_path_factory.mktemp("fresh")
    libraries = folder / "libraries/site-packages"  # by which name libraries are known
    libraries.mkdir(parents=True)
    for found in closure([*base_requirements(), "ipykernel", "nbclient"]).values():
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            source = Path(found.locate_file(top))
            if source.exists() and not (libraries / top).exists():
                (libraries / top).symlink_to(source)
    venv.create(folder / "venv", symlinks=True)  # its pip is the one that the package asks for
    python = folder / "venv/bin/python"
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = subprocess.check_output([python, "-c", ask], text=True).strip()
    Path(site, "libraries.pth").write_text(f"{libraries}\n")
    return python


def own_environment():
    """Return the variables for a Python that sees only its own libraries, and no registry."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**kept, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run_notebook(python, path, folder):
    """Run a notebook from top to bottom where only its first cell may install something."""
    done = subprocess.run(
        [python, "-c", RUN, str(path), str(folder)],
        capture_output=True,
        text=True,
        env=own_environment(),
        cwd=folder,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return json.dumps(json.loads(path.read_text(encoding="utf8"))["cells"])


def test_everything_that_a_page_imports_comes_with_the_package():
    homes = metadata.packages_distributions()
    optional = project()["optional-dependencies"]
    for page in Book.find(ROOT).pages:
        if page.executes:
            extras = itertools.chain(*(optional[extra] for extra in page.settings.extras))
            asked = [Requirement(text).name for text in [*base_requirements(), *extras]]
            base = {canonicalize_name(name) for name in asked}
            for name in imported(page) - set(sys.stdlib_module_names) - {"textlib"}:
                found = {canonicalize_name(home) for home in homes.get(name, ())}
                assert found & base, f"{page.name} imports {name}; pyproject.toml lacks it"


@pytest.mark.parametrize(
    ("package", "asked"),
    [
        (None, "textlib[search] @ git+"),
        ("textlib==1.0", "textlib[search]==1.0"),
        ("dist/textlib-1.0-py3-none-any.whl", "dist/textlib-1.0-py3-none-any.whl[search]"),
    ],
)
def test_the_first_cell_installs_the_optional_parts_that_a_page_names(
    fixture_book, tmp_path, package, asked
):
    fixture_book.page("part/one", "1")
    fixture_book.edit("book/part/one.md", "textlib: {", "textlib: {extras: [search], ")
    made = notebooks.write(fixture_book.book, package=package, folder=tmp_path / "out")
    assert f'%pip install --quiet "{asked}' in read(made[0]).cells[0].source


def imported(page):
    """Return the top-level modules that the cells of a page import."""
    transform = TransformerManager().transform_cell
    names = set()
    for cell in page.cells:
        for node in ast.walk(ast.parse(transform(cell.source))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {name.partition(".")[0] for name in names}


RUN = """
import sys, nbformat
from nbclient import NotebookClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
notebook = nbformat.read(sys.argv[1], as_version=4)
spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"])
manager = AsyncKernelManager()
manager._kernel_spec = spec
NotebookClient(notebook, km=manager, timeout=None).execute(cwd=sys.argv[2])
manager.shutdown_kernel(now=True)
nbformat.write(notebook, sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="links to the libraries")
def test_a_notebook_runs_where_only_its_first_cell_installs_the_package(
    fixture_book, wheel, fresh_python, tmp_path
):
    absent = [fresh_python, "-c", "import textlib"]
    done = subprocess.run(absent, capture_output=True, cwd=tmp_path, env=own_environment())
    assert done.returncode != 0
    fixture_book.page("part/one", "import textlib\nprint(textlib.__file__)")
    made = notebooks.write(fixture_book.book, package=str(wheel), folder=tmp_path / "out")
    outputs = run_notebook(fresh_python, made[0], tmp_path)
    assert str(fresh_python.parents[1]) in outputs
    assert str(Path(textlib.__file__).parent) not in outputs
    assert "Claim holds" in outputs


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(os.name != "posix", reason="links to the libraries")
def test_a_chapter_of_the_book_runs_as_a_notebook_in_a_fresh_environment(
    wheel, fresh_python, tmp_path
):
    book = Book.find(ROOT)
    notebooks.write(book, package=str(wheel), folder=tmp_path / "out")
    path = tmp_path / "out" / "start/how-this-book-works.ipynb"
    outputs = run_notebook(fresh_python, path, tmp_path)
    count = sum(cell.source.count("claims.check(") for cell in read(path).cells)
    assert outputs.count("Claim holds") >= count > 0
