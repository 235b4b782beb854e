"""A connection that fails says in one line why, and what helps."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from textlib.fetching import download as door
from textlib.fetching.errors import SourceError

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *door.connection.BUNDLES)


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch):
    """Forget the proxies and certificates of this machine, and do not wait between attempts."""
    monkeypatch.setattr(door, "PAUSE", 0.0)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)


@pytest.fixture
def reason(tmp_path):
    """Give a function that downloads from an address and returns why it failed."""

    def fail(address):
        with pytest.raises(SourceError) as caught:
            door.download(address, tmp_path / "file.bin")
        assert not (tmp_path / "file.bin").exists()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return fail


@pytest.fixture
def certificate(tmp_path):
    """Give a certificate for 127.0.0.1 that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-out", str(files[0]), "-keyout", str(files[1]),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return files


@pytest.fixture
def serve():
    """Give a function that serves answers by a handler, by TLS where a certificate is given."""
    running = []

    def start(handler, certificate=None):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return f"127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


class Files(BaseHTTPRequestHandler):
    """A server that has every file."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Refusing(Files):
    """A proxy that lets nothing through."""

    def do_CONNECT(self):
        self.send_error(403)

    def do_GET(self):
        self.send_error(407)


def free_port():
    """Return a port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_plain_server_that_is_asked_for_tls(server, reason):
    found = reason(f"https://127.0.0.1:{server.port}/file.bin")
    assert f"127.0.0.1:{server.port} does not speak TLS" in found
    assert "http://" in found


def test_a_certificate_that_is_not_trusted(serve, certificate, reason, tmp_path, monkeypatch):
    host = serve(Files, certificate)
    found = reason(f"https://{host}/file.bin")
    assert f"certificate of {host} is not trusted" in found
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        assert variable in found
        with monkeypatch.context() as patch:
            patch.setenv(variable, str(certificate[0]))
            path = door.download(f"https://{host}/file.bin", tmp_path / variable)
        assert path.read_bytes() == b"ok"


def test_a_certificate_of_another_host(serve, certificate, reason, monkeypatch):
    port = serve(Files, certificate).rpartition(":")[2]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    found = reason(f"https://localhost:{port}/file.bin")
    assert "Hostname mismatch" in found
    assert "check the address" in found


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
@pytest.mark.parametrize("bundle", ["/no/such/bundle.pem", __file__])
def test_a_bundle_without_certificates(reason, monkeypatch, variable, bundle):
    monkeypatch.setenv(variable, bundle)
    assert f"{variable} names {bundle!r}" in reason("https://127.0.0.1:1/file.bin")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_refuses(serve, reason, monkeypatch, variable):
    proxy = serve(Refusing)
    monkeypatch.setenv(variable, f"http://user:secret@{proxy}")
    found = reason("https://data.example/file.bin")
    assert f"the proxy http://{proxy} of {variable}" in found
    assert "403" in found
    assert "'data.example' in NO_PROXY" in found
    assert "secret" not in found


def test_a_proxy_that_is_not_there(reason, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    found = reason("http://data.example/file.bin")
    assert "of HTTP_PROXY" in found
    assert "refused" in found


def test_a_proxy_that_is_asked_for_tls_and_has_none(serve, reason, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"https://{serve(Refusing)}")
    assert "write its address with http://" in reason("https://data.example/file.bin")


def test_a_proxy_that_answers_in_the_place_of_the_server(serve, reason, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{serve(Refusing)}")
    found = reason("http://data.example/file.bin")
    assert "answered 407" in found
    assert "HTTP_PROXY" in found


def test_a_host_that_no_proxy_lists_is_asked_directly(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    address = server.serve("file.bin", b"ok")
    assert door.download(address, tmp_path / "file.bin").read_bytes() == b"ok"


def test_a_name_that_is_not_known(reason, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = reason("https://data.example/file.bin")
    assert "name of data.example cannot be resolved" in found
    assert "HTTPS_PROXY" in found


def test_a_port_at_which_nobody_listens(reason):
    port = free_port()
    assert f"127.0.0.1:{port} refused the connection" in reason(f"http://127.0.0.1:{port}/x")


def test_a_network_without_a_way(reason, monkeypatch):
    def nowhere(*_, **__):
        raise OSError(door.connection.errno.ENETUNREACH, os.strerror(101))

    monkeypatch.setattr(socket.socket, "connect", nowhere)
    assert "no way leads to 127.0.0.1" in reason("http://127.0.0.1/file.bin")


def test_a_server_that_hangs_up(reason, serve):
    class Rude(Files):
        def do_GET(self):
            self.close_connection = True

    assert "broke the connection off" in reason(f"http://{serve(Rude)}/file.bin")


@pytest.mark.parametrize(
    "address", ["data.example/file.bin", "ftp://data.example/x", "http://", "http://[::1/x"]
)
def test_an_address_that_is_none_is_asked_for_once(reason, address):
    assert reason(address)
