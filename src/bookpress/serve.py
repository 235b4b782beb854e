"""Show the book on this machine and build it again when a file changes.

The server listens on 127.0.0.1 only. Pages that are open in a browser load again after a build,
by a few lines that are added to the HTML as it is served, never to the files. Sphinx stays in
memory, so that an edited sentence is shown at once; any other change is a build of its own.
"""

import contextlib
import functools
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from bookpress import checks, parsed
from bookpress import plan as planning
from bookpress.book import Book, BookError, Page
from bookpress.page_cache import PageCache
from bookpress.publish import SphinxProcess, inputs, publish

HOST = "127.0.0.1"
RELOAD_PATH = "/_reload"
SCRIPT_PATH = "/_reload.js"  # a file of its own: pages allow no script inside of them
SCRIPT = b"new EventSource('/_reload').onmessage = () => location.reload();\n"
RELOAD = b'<script src="/_reload.js"></script></body>'
POLL_SECONDS = 0.2
HEARTBEAT_SECONDS = 15.0


class Bell:
    """Rings when a build has finished; every open page listens."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def ring(self) -> None:
        """Tell all listeners."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, heard: int, timeout: float) -> int:
        """Wait for the next ring after number ``heard``; return the number of the last one."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != heard, timeout)
            return self._count

    @property
    def count(self) -> int:
        """How often it has rung."""
        return self._count


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files; add the reloading script to pages; keep no copies in the browser."""

    bell: Bell

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path == RELOAD_PATH:
            with contextlib.suppress(ConnectionError):
                self._listen()
            return
        page = self._page()
        if self.path == SCRIPT_PATH:
            self._answer(SCRIPT, "text/javascript")
        elif page is not None:
            self._answer(page.read_bytes().replace(b"</body>", RELOAD, 1), "text/html")
        else:
            super().do_GET()

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def end_headers(self) -> None:
        """Ask the browser to fetch everything anew each time."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal for builds."""

    def _page(self) -> Path | None:
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path = path / "index.html"
        return path if path.suffix == ".html" and path.is_file() else None

    def _listen(self) -> None:
        """Hold the connection and write a line after each build."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        heard = self.bell.count
        while True:
            now = self.bell.wait(heard, HEARTBEAT_SECONDS)
            self.wfile.write(b"data: built\n\n" if now != heard else b": still here\n\n")
            self.wfile.flush()
            heard = now


def serve(book: Book, *, port: int, pages: tuple[str, ...], console: Console) -> None:
    """Build the book, serve it, and build it again on each change, until Ctrl-C.

    Parameters
    ----------
    book
        The book.
    port
        Port on 127.0.0.1; 0 for any that is free.
    pages
        Words that name the pages to keep built; all pages if empty.
    console
        Where to write.
    """
    bell = Bell()
    with server(book.html_dir, port, bell) as address, Author(book, pages, bell, console) as author:
        seen = changes(book)
        author.build(pages)
        console.print(f"Serving {address}/ (Ctrl-C ends it)", highlight=False)
        with contextlib.suppress(KeyboardInterrupt):
            for changed in seen:
                console.print(f"Changed: {', '.join(sorted(changed))}", highlight=False)
                author.follow(changed)


@contextlib.contextmanager
def server(folder: Path, port: int, bell: Bell) -> Iterator[str]:
    """Serve a folder in the background and give its address."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = type("BoundHandler", (Handler,), {"bell": bell})
    handler: Callable[..., Any] = functools.partial(kind, directory=str(folder))
    with http.server.ThreadingHTTPServer((HOST, port), handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{running.server_address[1]}"
        finally:
            running.shutdown()


def changes(book: Book, *, poll: float = POLL_SECONDS) -> Iterator[set[str]]:
    """Yield the files that changed since this call, relative to the book's root, as they do."""
    return _follow(book, _times(book), poll)


def _follow(book: Book, before: dict[str, int], poll: float) -> Iterator[set[str]]:
    while True:
        now = _times(book)
        if changed := {name for name in {*before, *now} if before.get(name) != now.get(name)}:
            before = now
            yield changed
        time.sleep(poll)


def _times(book: Book) -> dict[str, int]:
    """Return when each source file changed last."""
    times = {}
    for path in inputs(book):
        with contextlib.suppress(OSError):
            times[os.path.relpath(path, book.root)] = path.stat().st_mtime_ns
    return times


class Author:
    """Follows an author's changes; keeps Sphinx in memory between them.

    Parameters
    ----------
    book
        The book.
    pages
        Words that name the pages to keep built; all pages if empty.
    bell
        What to ring when there is something new to see.
    console
        Where to write.
    """

    def __init__(self, book: Book, pages: tuple[str, ...], bell: Bell, console: Console) -> None:
        self._book = book
        self._pages = pages
        self._bell = bell
        self._console = console
        self._sphinx: SphinxProcess | None = None

    def __enter__(self) -> "Author":
        return self

    def __exit__(self, *error: object) -> None:
        self._leave()

    def build(self, pages: tuple[str, ...]) -> None:
        """Build in a process of its own, and start Sphinx anew: the press may have changed."""
        self._leave()
        self._run(*pages)
        self._bell.ring()
        if (self._book.html_dir / "index.html").is_file():
            self._sphinx = SphinxProcess(self._book)
            self._sphinx.ask()  # reads the environment now, not at the first change
            with contextlib.suppress(BookError):  # which the build has said
                parsed.load(Book(self._book.root))
            self._sphinx.answer()

    def follow(self, changed: set[str]) -> None:
        """Show what changed: the text of pages at once, anything else after a build."""
        try:
            pages = _edited(Book(self._book.root), changed)
            if pages and self._sphinx and self._sphinx.alive:
                self._publish(pages)
            else:
                self.build(self._pages or tuple(page.name for page in pages))
        except BookError as error:
            self._console.print(str(error), markup=False, highlight=False)

    def _publish(self, pages: list[Page]) -> None:
        begun = time.perf_counter()
        book = Book(self._book.root)
        fill = PageCache(book).fill
        unknown = [p.name for p in pages if p.executes and fill(p.notebook, p.name) is None]
        if unknown:
            self._run("--no-publish", *unknown)
        shown: list[str] = []

        def show(names: list[str]) -> None:
            self._bell.ring()
            shown.extend(names)
            seconds = time.perf_counter() - begun
            self._console.print(f"Shown after {seconds:.1f} s.", highlight=False)

        published = publish(book, strict=False, sphinx=self._sphinx, written=show)
        if not shown:
            show([])
        for line in (*published.warnings, *checks.of_book(book)):
            self._console.print(str(line), markup=False, highlight=False)
        again = book.select(tuple(page.name for page in pages))
        stale = [state.page.name for state in planning.make(book, again) if not state.fresh]
        if set(stale) - set(unknown):  # for a reason that is not in the page's code
            self.build(tuple(stale))

    def _run(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "bookpress.command", "--root", str(self._book.root)]
        subprocess.run([*command, "build", "--no-strict", *arguments], check=False)

    def _leave(self) -> None:
        if self._sphinx:
            self._sphinx.close()
            self._sphinx = None


def _edited(book: Book, changed: set[str]) -> list[Page]:
    """Return the pages whose own files changed; none (that is, all) if anything else did."""
    files = {os.path.relpath(page.path, book.root): page for page in book.pages}
    return [files[name] for name in sorted(changed)] if changed <= set(files) else []
