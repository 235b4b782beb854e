"""A cache of one's own, and a local web server that misbehaves on request."""

import dataclasses
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Give the test an empty cache and return its data folder."""
    monkeypatch.setenv("TEXTLIB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


@dataclasses.dataclass
class Behavior:
    """What the server does with one file, request after request."""

    body: bytes
    cut_after: list[int | None] = dataclasses.field(default_factory=list)  # bytes, per request
    statuses: list[int] = dataclasses.field(default_factory=list)
    ranges: bool = True
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    stall: threading.Event | None = None  # hang until this is set
    trickle: float = 0.0  # seconds between chunks
    requests: list[dict[str, str]] = dataclasses.field(default_factory=list)


class Server:
    """Files by path; `address(path)` is where a client finds them."""

    def __init__(self, port):
        self.port = port
        self.files: dict[str, Behavior] = {}

    def serve(self, path, body, **behavior):
        self.files[path] = Behavior(body, **behavior)
        return f"http://127.0.0.1:{self.port}/{path}"


class Handler(BaseHTTPRequestHandler):
    """Answers as the `Behavior` of the file says."""

    files: Server

    def do_GET(self):
        behavior = self.files.files.get(self.path.lstrip("/"))
        if behavior is None:
            self.send_error(404)
            return
        behavior.requests.append(dict(self.headers))
        if behavior.statuses and (status := behavior.statuses.pop(0)) != 200:
            self.send_error(status)
            return
        self.answer(behavior, self.headers.get("Range") if behavior.ranges else None)

    def answer(self, behavior, wanted):
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        total = len(behavior.body)
        if wanted and start >= total:
            self.send_error(416)
            return
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.send_header("Content-Length", str(total - start))
        for name, value in behavior.headers.items():
            self.send_header(name, value)
        self.end_headers()
        cut = behavior.cut_after.pop(0) if behavior.cut_after else None
        self.send_body(behavior.body[start:][:cut], behavior)

    def send_body(self, body, behavior):
        if behavior.stall is not None:
            behavior.stall.wait()
        step = max(1, len(body) // 4) if behavior.trickle else max(1, len(body))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            if behavior.trickle:
                threading.Event().wait(behavior.trickle)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """Run a web server on this machine for one test."""
    handler = type("OwnHandler", (Handler,), {})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.files = Server(http.server_port)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield handler.files
    http.shutdown()
    http.server_close()


def sha256(body):
    """Return the digest that the data door pins."""
    return hashlib.sha256(body).hexdigest()
