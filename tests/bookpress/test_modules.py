"""What a page uses is found by reading: direct, transitive, lazy and star imports, registries."""

import textwrap

import pytest

from bookpress.modules import Workshop


@pytest.fixture
def workshop(tmp_path):
    """Return a function that makes a package ``lib`` from sources and asks what code uses."""

    def make(files, code, names=()):
        folder = tmp_path / "lib"
        for name, text in {"__init__.py": "", **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        uses = Workshop({"lib": folder}).uses([textwrap.dedent(code)], names)
        return {module.removeprefix("lib.") for module in uses.modules}

    return make


PLOTS = {
    "plots/__init__.py": "from lib.plots.curves import curve\nfrom lib.plots.images import grid\n"
    "__all__ = ['curve', 'grid']\n",
    "plots/curves.py": "def curve(): ...\n",
    "plots/images.py": "from lib.colors import RED\ndef grid(): ...\n",
    "colors.py": "RED = 1\n",
}


@pytest.mark.parametrize(
    "code",
    [
        "import lib.plots.images",
        "from lib.plots import images",
        "from lib.plots.images import grid",
        "from lib.plots import grid",
        "from lib import plots\nplots.grid()",
        "import lib as book\nbook.plots.grid()",
        "import lib.plots as p\nf = p.grid",
        "from lib.plots import *\ngrid()",
        "from lib.plots.images import *",
        "import lib.plots\nshow(lib.plots)",
        "def later():\n    from lib.plots import grid\n    return grid",
        "import importlib\nimportlib.import_module('lib.plots.images')",
        "%matplotlib inline\nfrom lib.plots import grid\n!ls",
    ],
)
def test_every_way_to_use_a_module_and_what_it_uses_is_found(workshop, code):
    assert {"plots.images", "colors"} <= workshop(PLOTS, code)


@pytest.mark.parametrize(
    "code",
    [
        "from lib.plots import curve",
        "from lib import plots\nplots.curve()",
        "import lib.plots.curves",
        "text = 'lib.plots.images'",
    ],
)
def test_a_package_that_passes_names_on_does_not_tie_its_users_together(workshop, code):
    assert not {"plots.images", "colors"} & workshop(PLOTS, code)


def test_lazy_names_lead_to_the_module_that_defines_them(workshop):
    lazy = """
        import importlib
        _HOMES = {"curve": "curves", "grid": "lib.images"}
        def __getattr__(name):
            return getattr(importlib.import_module(_HOMES[name]), name)
        """
    files = {"__init__.py": lazy, "curves.py": "def curve(): ...", "images.py": "def grid(): ..."}
    assert workshop(files, "from lib import grid") == {"lib", "images"}
    assert workshop(files, "import lib\nlib.curve()") == {"lib", "curves"}


def test_names_of_a_stub_lead_to_the_module_that_defines_them(workshop):
    files = {
        "__init__.py": "import lazy_loader\n"
        "__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n",
        "__init__.pyi": "from . import plots as plots\nfrom .curves import curve as curve\n",
        "curves.py": "from lib.colors import RED\ndef curve(): ...\n",
        "colors.py": "RED = 1\n",
        "plots.py": "",
    }
    for code in ("from lib import curve", "import lib\nlib.curve()", "from lib import *\ncurve()"):
        assert {"lib", "curves", "colors"} <= workshop(files, code)
    assert workshop(files, "from lib import plots") == {"lib", "plots"}


def test_a_lazy_name_that_no_table_has_means_the_whole_package(workshop):
    lazy = "def __getattr__(name):\n    return compute(name)\n"
    files = {"__init__.py": lazy, "curves.py": "", "images.py": ""}
    assert workshop(files, "from lib import whatever") == {"lib", "curves", "images"}


def test_an_import_for_its_side_effect_counts_for_every_user(workshop):
    files = {
        "__init__.py": "from lib.effects import helper\nfrom lib.plain import calm\n",
        "effects.py": "print('side effect')\ndef helper(): ...\n",
        "plain.py": "def calm(): ...\n",
    }
    assert workshop(files, "from lib import calm") == {"lib", "effects", "plain"}


REGISTRY = {
    "__init__.py": "",
    "sets/__init__.py": "from lib.sets.registry import load, names\n",
    "sets/registry.py": """
        import importlib
        def register(info): ...
        def load(name):
            for family in FAMILIES:
                importlib.import_module(f"lib.sets.{family}")
        def names(): ...
        """,
    "sets/images.py": "from lib.sets.registry import register\nregister(Info(name='mnist'))\n",
    "sets/text.py": "from lib.sets.registry import register\nregister(Info(name='imdb'))\n",
}


def test_a_registry_brings_in_what_the_page_asks_for_by_name(workshop):
    used = workshop(REGISTRY, "from lib import sets\nsets.load('mnist')")
    assert "sets.images" in used
    assert "sets.text" not in used


def test_a_name_from_the_front_matter_counts_as_asked_for(workshop):
    assert "sets.text" in workshop(REGISTRY, "from lib import sets\nsets.load(x)", ["imdb"])


def test_listing_a_registry_uses_all_of_it(workshop):
    used = workshop(REGISTRY, "from lib import sets\nprint(sets.names())")
    assert {"sets.images", "sets.text"} <= used


def test_imports_for_type_checkers_do_not_count(workshop):
    files = {"a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lib.b\n"}
    assert workshop({**files, "b.py": ""}, "import lib.a") == {"lib", "a"}


def test_code_that_cannot_be_parsed_uses_everything(workshop):
    assert workshop(PLOTS, "import lib ???") >= {"plots.images", "plots.curves"}


def test_relative_imports_and_cycles_are_followed(workshop):
    files = {
        "a/__init__.py": "",
        "a/one.py": "from . import two\nfrom ..c import z\n",
        "a/two.py": "from .one import *\n",
        "c.py": "z = 1\n",
    }
    assert workshop(files, "import lib.a.two") == {"lib", "a", "a.one", "a.two", "c"}


def test_data_files_beside_a_package_belong_to_it(tmp_path):
    (tmp_path / "__init__.py").write_text("")
    style = tmp_path / "book.mplstyle"
    style.write_text("a: 1")
    before = Workshop({"lib": tmp_path}).digest("lib")
    style.write_text("a: 2")
    assert Workshop({"lib": tmp_path}).digest("lib") != before


def test_the_book_is_read_as_expected():
    from pathlib import Path

    import textlib

    shop = Workshop({"textlib": Path(textlib.__file__).parent})
    code = "from textlib import datasets, plotting\ndatasets.load('mnist')\nplotting.image_grid(x)"
    uses = shop.uses([code])
    assert {"textlib.datasets.catalog.images", "textlib.plotting.images"} <= uses.modules
    assert not {"textlib.datasets.catalog.text", "textlib.plotting.matrices"} & uses.modules
    assert uses.data == {"mnist"}
    trained = shop.uses(["from textlib import training\ntraining.fit(model)"]).modules
    assert "textlib.training.fitting" in trained
    assert not {"textlib.training.loops", "textlib.training.schedules"} & trained
    assert not any(module.startswith("bookpress") for module in uses.modules)
