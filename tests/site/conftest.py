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
            subprocess.run(command, cwd=BOOK.root, check=True, timeout=3600)
    return SITE


class _Handler(http.server.SimpleHTTPRequestHandler):
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


@pytest.fixture(scope="session")
def base(site):
    """Serve the site on 127.0.0.1 and return its address."""
    handler = functools.partial(_Handler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    server.server_close()


def chromium():
    """Return the path of a Chromium or Chrome on this machine, or None for Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser():
    """Start one headless browser."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        except Error as error:
            pytest.fail(f"no Chromium: install it with 'apt install chromium'. {error}")
        yield found
        found.close()


@pytest.fixture
def open_page(browser, base):
    """Return a function that opens a page in a fresh context, with any options of one."""
    with contextlib.ExitStack() as stack:

        def open_(name, **options):
            options.setdefault("viewport", DESKTOP)
            context = browser.new_context(**options)
            stack.callback(context.close)
            page = context.new_page()
            page.goto(f"{base}{name}.html")
            return page

        yield open_


@pytest.fixture(scope="session")
def visitor(browser, base):
    """Return a phone and a desktop that measure what they visit."""
    from tests.site.visit import Visitor

    found = Visitor(browser, base)
    yield found
    found.close()


@pytest.fixture(scope="session")
def visits(visitor, shared_folder):
    """Return a function that visits a page once, measures it, and remembers what it found."""
    from tests.site.visit import Visits

    return Visits(visitor, shared_folder / "visits")
