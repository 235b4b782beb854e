"""One browser and one server for all tests of the site; each page is visited only once."""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from bookpress.book import Book
from tests.waiting import PATIENCE, wait_for

BOOK = Book.find(Path(__file__))
SITE = BOOK.html_dir
#: The site lives in a folder of its host, as it does when published.
PREFIX = "/book/"
EXTRA = ("genindex", "search", "404")
PAGES = (*(page.name for page in BOOK.pages), *EXTRA)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PHONE_OPTIONS = {"viewport": PHONE, "is_mobile": True, "has_touch": True}


def pytest_collection_modifyitems(items):
    """Mark everything here as a browser test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.site)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """Return a folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def site(shared_folder):
    """Return the folder of the built book; build it first if a page is not there."""
    with FileLock(shared_folder / "site.lock"):
        if not all((SITE / f"{name}.html").is_file() for name in PAGES):
            command = [sys.executable, "-m", "bookpress.command", "build"]
            subprocess.run(command, cwd=BOOK.root, check=True)
    return SITE


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve the site below a prefix, with its own page for what is missing."""

    def translate_path(self, path):
        inner = path.removeprefix(PREFIX) if path.startswith(PREFIX) else "does-not-exist"
        return super().translate_path("/" + inner)

    def send_error(self, code, message=None, explain=None):
        page = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments):
        """Stay quiet."""


@contextlib.contextmanager
def serving(kind=Handler):
    """Serve the site on 127.0.0.1 and give its address."""
    handler = functools.partial(kind, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()


def chromium():
    """Return the Chromium or Chrome of this machine; ``None`` if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextlib.contextmanager
def launching():
    """Give a headless Chromium or Chrome: one of this machine, or Playwright's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=ARGUMENTS, timeout=PATIENCE * 1000
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def base(site):
    """Return the address of the site."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Start one headless browser."""
    from playwright.sync_api import Error

    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(launching())
        except Error as error:
            pytest.fail(f"no Chromium: install it with 'apt install chromium'. {error}")
        yield found


def new_context(browser, **options):
    """Return a fresh browser context: a desktop, unless the options say otherwise."""
    context = browser.new_context(**{"viewport": DESKTOP, **options})
    context.set_default_timeout(PATIENCE * 1000)
    return context


def until(page, expression, arg=None):
    """Wait until something is true in a page, whose policy stops the way of Playwright itself."""
    return wait_for(lambda: page.evaluate(expression, arg))


@pytest.fixture
def open_page(browser, base):
    """Return a function that opens a page in a fresh context, with any options of one.

    ``place`` is the end of the address, such as ``"#results"``; ``script`` runs before all others.
    """
    with contextlib.ExitStack() as stack:

        def open_(name, *, place="", script="", **options):
            context = new_context(browser, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.add_init_script(script)
            page.goto(f"{base}{name}.html{place}")
            return page

        yield open_


@pytest.fixture(scope="session")
def visits(browser, base, shared_folder):
    """Return a function that visits a page once, measures it, and remembers what it found."""
    from tests.site.visit import Visitor, Visits

    visitor = Visitor(browser, base)
    yield Visits(visitor, shared_folder / "visits")
    visitor.close()
