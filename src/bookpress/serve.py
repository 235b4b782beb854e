"""Show the book on this machine and build it again when a file changes.

The server listens on 127.0.0.1 only. Pages that are open in a browser load again after a build,
by a few lines that are added to the HTML as it is served, never to the files.
"""

import contextlib
import functools
import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from bookpress.book import Book, page_name

HOST = "127.0.0.1"
RELOAD_PATH = "/_reload"
RELOAD = (
    b"<script>(()=>{const s=new EventSource('/_reload');"
    b"s.onmessage=()=>location.reload()})()</script></body>"
)
POLL_SECONDS = 0.7
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
        if page is None:
            super().do_GET()
            return
        content = page.read_bytes().replace(b"</body>", RELOAD, 1)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
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
    with server(book.html_dir, port, bell) as address:
        _build(book, pages, bell)
        console.print(f"Serving {address}/ (Ctrl-C ends it)", highlight=False)
        with contextlib.suppress(KeyboardInterrupt):
            for changed in changes(book):
                console.print(f"Changed: {', '.join(sorted(changed))}", highlight=False)
                _build(book, pages or _pages_of(book, changed), bell)


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
    """Yield the files that changed, relative to the book's root, whenever some have."""
    before = _times(book)
    while True:
        time.sleep(poll)
        now = _times(book)
        changed = {name for name in {*before, *now} if before.get(name) != now.get(name)}
        before = now
        if changed:
            yield changed


def _times(book: Book) -> dict[str, int]:
    """Return when each source file changed last."""
    files = [book.root / "_config.yml", book.root / "_toc.yml"]
    for folder in (book.source, book.root / "src"):
        files += [path for path in folder.rglob("*") if path.suffix not in {".pyc", ""}]
    times = {}
    for path in files:
        if "_build" not in path.parts:
            with contextlib.suppress(OSError):
                times[path.relative_to(book.root).as_posix()] = path.stat().st_mtime_ns
    return times


def _pages_of(book: Book, changed: set[str]) -> tuple[str, ...]:
    """Return the pages whose own files changed; none (that is, all) if anything else did."""
    known = {page.name for page in book.pages}
    names = {page_name(name) for name in changed}
    return tuple(sorted(names)) if names <= known else ()


def _build(book: Book, pages: tuple[str, ...], bell: Bell) -> None:
    """Build in a process of its own, so that changed modules of the press count as well."""
    command = [sys.executable, "-m", "bookpress.command", "--root", str(book.root)]
    subprocess.run([*command, "build", "--no-strict", *pages], check=False)
    bell.ring()
