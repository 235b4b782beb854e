"""Download one file from its address: checked, resumed after a break, or not there at all.

What is stored is the file's own bytes. Some servers declare a ``.gz`` file as an encoding of what
is inside, some encode although they are asked not to; so the bytes are kept as they come, counted
and resumed as such, and decoded at the end where that gives the file that is wanted.
"""

import contextlib
import hashlib
import logging
import sys
import time
from pathlib import Path
from typing import IO, Any

from textlib import paths
from textlib.fetching import connection
from textlib.fetching.errors import IntegrityError, SourceError

logger = logging.getLogger("textlib.datasets")
ATTEMPTS = 4
CHUNK = 1 << 16  # bytes
PAUSE = 0.5  # seconds before the second attempt; doubles with each further one
COMPRESSED = (".gz", ".tgz")  # files that some servers declare as encodings


def download(address: str, target: Path, *, digest: str = "", timeout: float = 30.0) -> Path:
    """Download a file, check its digest, and return its path.

    Parameters
    ----------
    address
        Where the file is.
    target
        Where it goes.
    digest
        The pinned SHA-256, or ``"md5:"`` and an MD5 where the publisher states no better one;
        empty where the content is checked later.
    timeout
        Seconds without any byte after which a server counts as silent.

    Raises
    ------
    SourceError
        If the server cannot be reached, has no such file, or keeps breaking off.
    IntegrityError
        If the file is not the pinned one. It is deleted.
    textlib.paths.CacheError
        If it cannot be written.
    """
    logger.info("downloading %s", address)
    with paths.atomic_write(target) as draft:
        encoding = _persist(_Transfer(address, draft, timeout))
        # Without a digest to go by, a .gz file is not encoded by gzip, but gzip itself.
        itself = not digest and target.suffix in COMPRESSED and encoding.endswith("gzip")
        if encoding and not itself and not _is_pinned(draft, digest):
            _decode(draft, encoding)
        check_digest(draft, digest, address)
    return target


def check_digest(path: Path, digest: str, what: str) -> None:
    """Delete a file and raise if it is not the pinned one; an empty digest pins nothing."""
    if digest and not _is_pinned(path, digest):
        found = digest_of(path, _algorithm(digest))
        path.unlink()
        raise IntegrityError(
            f"{what} has the digest {found}, but {digest} is pinned. It was discarded; do not use "
            "this source until you know why it changed."
        )


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _algorithm(digest: str) -> str:
    return digest.rpartition(":")[0] or "sha256"


def _is_pinned(path: Path, digest: str) -> bool:
    return digest_of(path, _algorithm(digest)) == digest.rpartition(":")[2].lower()


class _CutOffError(Exception):
    """A transfer ended early."""


class _Transfer:
    """The way of one file into a draft. Each call goes on where the one before broke off.

    Servers that honor byte ranges send only what is missing; from others the file starts again.
    """

    def __init__(self, address: str, draft: Path, timeout: float) -> None:
        self.address, self.draft, self.timeout = address, draft, timeout
        self.version = ""  # the server's name for the bytes that the draft has

    def __call__(self) -> str:
        """Write what is missing; return the server's word for how the bytes are encoded."""
        import requests

        have = self.draft.stat().st_size
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if self.version:
                headers["If-Range"] = self.version
        with requests.get(
            self.address,
            headers=headers,
            stream=True,
            timeout=self.timeout,
            verify=connection.certificates(),
        ) as answer:
            if answer.status_code == 416:  # the range starts at or past the end: begin anew
                self.draft.write_bytes(b"")
                raise _CutOffError("the server refused to resume")
            answer.raise_for_status()
            resumed = answer.status_code == 206
            if not resumed:
                tag = answer.headers.get("ETag", "")
                self.version = "" if tag.startswith("W/") else tag
            length = answer.headers.get("Content-Length")
            total = int(length) + (have if resumed else 0) if length else None
            with self.draft.open("ab" if resumed else "wb") as out:
                self._copy(answer, out, total)
            encoding: str = answer.headers.get("Content-Encoding", "").lower()
        size = self.draft.stat().st_size
        if total is not None and size != total:
            raise _CutOffError(f"the server closed after {size:,} of {total:,} bytes")
        return encoding.replace("identity", "")

    def _copy(self, answer: Any, out: IO[bytes], total: int | None) -> None:
        from tqdm import tqdm

        with tqdm(
            total=total,
            initial=out.tell(),
            unit="B",
            unit_scale=True,
            desc=answer.url.rsplit("/", 1)[-1][:30],
            leave=False,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        ) as bar:
            # Not iter_content: it decodes, and then lengths and ranges count other bytes.
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                out.write(chunk)
                bar.update(len(chunk))


def _persist(transfer: _Transfer) -> str:
    """Make up to `ATTEMPTS` attempts; return the server's word for how the bytes are encoded."""
    import requests
    import urllib3

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return transfer()
        except (_CutOffError, requests.RequestException, urllib3.exceptions.HTTPError) as error:
            reason = connection.explain(error, transfer.address)
            if attempt == ATTEMPTS or connection.is_final(error):
                raise SourceError(reason) from error
            logger.info("attempt %d at %s: %s; trying again", attempt, transfer.address, reason)
        time.sleep(PAUSE * 2 ** (attempt - 1))
    raise AssertionError("not reached")


def _decode(draft: Path, encoding: str) -> None:
    """Undo the encoding of a file, unless the server only says that there is one."""
    import urllib3

    if not {*encoding.split(", ")} <= {*urllib3.HTTPResponse.CONTENT_DECODERS}:
        raise SourceError(f"the server encodes the file as {encoding!r}, which nobody asked for")
    with (
        contextlib.suppress(urllib3.exceptions.DecodeError),
        paths.atomic_write(draft) as plain,
        draft.open("rb") as raw,
        plain.open("wb") as out,
    ):
        headers = {"Content-Encoding": encoding}
        body = urllib3.HTTPResponse(raw, headers=headers, preload_content=False)
        out.writelines(body.stream(CHUNK))
