"""Why a connection failed, in one line, and what helps.

The libraries underneath wrap the true error three times and print all of it. Here the innermost
known cause decides: the proxy, the certificate, TLS, the name, the port, or silence.
"""

import errno
import http.client
import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from textlib.fetching.errors import SourceError

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")  # the first that is set counts
# OpenSSL's codes for a certificate that is good in itself: of another time, or of another host.
REMEDIES = {
    **dict.fromkeys((9, 10), "check the clock of this machine"),
    **dict.fromkeys((62, 64), "check the address"),
}
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def certificates() -> str | bool:
    """Return the trusted certificates that the environment names, or True for the usual ones.

    Raises
    ------
    SourceError
        If there are none; the message names the variable.
    """
    variable = next((name for name in BUNDLES if os.environ.get(name)), None)
    if variable is None:
        return True
    path = os.environ[variable]
    kind = "capath" if Path(path).is_dir() else "cafile"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{kind: path})
    except OSError as error:
        raise SourceError(
            f"{variable} names {path!r}, where no trusted certificates are "
            f"({error.strerror or _first_line(error)}); unset it, or point it to a PEM file"
        ) from error
    return path


def is_final(error: Exception) -> bool:
    """Say whether the same request would fail again in the same way."""
    import requests

    if isinstance(error, requests.HTTPError):
        return bool(error.response.status_code < 500)
    lasting = (requests.exceptions.SSLError, requests.exceptions.ProxyError, ValueError)
    return isinstance(error, lasting)  # ValueError: an address that is none


def explain(error: Exception, address: str) -> str:
    """Return the cause of a failed request in one line, with the remedy.

    Parameters
    ----------
    error
        What requests or urllib3 raised.
    address
        What was asked for.
    """
    import requests
    import urllib3

    address = getattr(getattr(error, "request", None), "url", None) or address
    host = address.partition("//")[2].partition("/")[0].rpartition("@")[2] or address
    proxy, variable = _proxy(address)
    causes = list(_chain(error))
    if isinstance(error, requests.HTTPError):
        words = f"the server answered {error.response.status_code}"
    elif any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes):
        return _of_proxy(causes, proxy, variable, host)
    else:
        known = (_words(cause, host, address) for cause in reversed(causes))
        words = next((found for found in known if found), "") or _first_line(causes[-1])
    return f"{words} (asked through the proxy {proxy} of {variable})" if proxy else words


def _words(cause: BaseException, host: str, address: str) -> str:
    """Return what one known cause means; empty for an unknown one."""
    import requests
    import urllib3

    if isinstance(cause, ssl.SSLError):
        return _of_tls(cause, host)
    if isinstance(cause, socket.gaierror):
        variable = f"{_scheme(address).upper()}_PROXY"
        return (
            f"the name of {host} cannot be resolved ({cause.strerror}); check the address and that "
            f"this machine is online, or set {variable} if its network asks for a proxy"
        )
    if isinstance(cause, ConnectionRefusedError):
        return f"{host} refused the connection: no server listens there"
    if isinstance(cause, OSError) and cause.errno in UNREACHABLE:
        return f"no way leads to {host} ({cause.strerror}); check that this machine is online"
    broken = (ConnectionError, http.client.HTTPException, urllib3.exceptions.ProtocolError)
    if isinstance(cause, broken):
        return f"{host} broke the connection off"
    late = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if isinstance(cause, late) and not isinstance(cause, urllib3.exceptions.NewConnectionError):
        return f"{host} was silent for too long"
    return ""


def _of_tls(cause: ssl.SSLError, host: str) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        remedy = REMEDIES.get(
            cause.verify_code,
            "if a proxy of your network signs it, point REQUESTS_CA_BUNDLE or SSL_CERT_FILE to a "
            "file with its certificate",
        )
        reason = cause.verify_message.rstrip(".")
        return f"the certificate of {host} is not trusted ({reason}); {remedy}"
    if cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return f"{host} does not speak TLS there; perhaps its address begins with http://"
    return f"TLS with {host} failed ({cause.reason or _first_line(cause)})"


def _of_proxy(causes: list[BaseException], proxy: str, variable: str, host: str) -> str:
    """Word that a proxy could not be reached, or would not let a request through."""
    last = causes[-1]
    reason = getattr(last, "strerror", None) or _first_line(last)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        reason = "it does not speak TLS; write its address with http://"
    return (
        f"the proxy {proxy} of {variable} did not let the request through ({reason}); correct "
        f"{variable}, or list {host.partition(':')[0]!r} in NO_PROXY"
    )


def _proxy(address: str) -> tuple[str, str]:
    """Return the proxy for an address, without its password, and the variable that names it."""
    import requests

    try:
        chosen = requests.utils.select_proxy(address, requests.utils.get_environ_proxies(address))
    except ValueError:  # the address is none
        chosen = None
    if not chosen:
        return "", ""
    names = (f"{_scheme(address)}_proxy", "all_proxy")
    variables = [variable for name in names for variable in (name, name.upper())]
    named = [variable for variable in variables if os.environ.get(variable) == chosen]
    return re.sub(r"[^/@]*@", "", chosen), (named or ["the system's settings"])[0]


def _scheme(address: str) -> str:
    return address.partition(":")[0].lower()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and, from the outside in, all that it wraps."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
