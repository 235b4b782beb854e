"""Download one file from its address: checked, resumed after a break, or not there at all."""

import logging
import sys
import time
from pathlib import Path
from typing import IO, Any

from textlib.fetching.errors import IntegrityError, SourceError

logger = logging.getLogger("textlib.datasets")
ATTEMPTS = 4
CHUNK = 1 << 16  # bytes
PAUSE = 0.5  # seconds before the second attempt; doubles with each further one


class ResumingDownloader:
    """A pooch downloader that goes on where a broken transfer stopped.

    Servers that honor byte ranges send only what is missing; from others the file starts again.

    Parameters
    ----------
    timeout
        Seconds without any byte after which a server counts as silent.
    """

    def __init__(self, timeout: float = 30.0) -> None:
        self.timeout = timeout

    def __call__(self, address: str, output_file: str | Path | IO[bytes], pooch: Any) -> None:
        """Write the file at ``address`` to ``output_file``, in up to `ATTEMPTS` attempts."""
        import requests

        if not isinstance(output_file, str | Path):
            raise TypeError("this downloader writes to a path, not to an open file.")
        target = Path(output_file)
        target.write_bytes(b"")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._transfer(address, target)
                return
            except requests.HTTPError as error:
                status = error.response.status_code
                if status < 500 or attempt == ATTEMPTS:
                    raise SourceError(f"the server answered {status}") from error
            except (requests.RequestException, _CutOffError) as error:
                if attempt == ATTEMPTS:
                    raise SourceError(_words(error)) from error
            logger.info("attempt %d at %s broke off; trying again", attempt, address)
            time.sleep(PAUSE * 2 ** (attempt - 1))

    def _transfer(self, address: str, target: Path) -> None:
        import requests

        have = target.stat().st_size
        # "identity": lengths and ranges must count the bytes that are stored.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with requests.get(address, headers=headers, stream=True, timeout=self.timeout) as answer:
            if answer.status_code == 416:  # the range starts at or past the end: begin anew
                target.write_bytes(b"")
                raise _CutOffError("the server refused to resume")
            answer.raise_for_status()
            resumed = answer.status_code == 206
            length = answer.headers.get("Content-Length")
            total = int(length) + (have if resumed else 0) if length else None
            with target.open("ab" if resumed else "wb") as out:
                self._copy(answer, out, total)
        size = target.stat().st_size
        if total is not None and size != total:
            raise _CutOffError(f"the server closed after {size:,} of {total:,} bytes")

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
            for chunk in answer.iter_content(CHUNK):
                out.write(chunk)
                bar.update(len(chunk))


class _CutOffError(Exception):
    """A transfer ended early."""


def download(address: str, target: Path, *, digest: str = "", timeout: float = 30.0) -> Path:
    """Download a file, check its digest, and return its path.

    Parameters
    ----------
    address
        Where the file is.
    target
        Where it goes. The folder must exist.
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
    """
    import pooch

    logger.info("downloading %s", address)
    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(
            address,
            known_hash=digest or None,
            path=target.parent,
            fname=target.name,
            downloader=ResumingDownloader(timeout),
        )
    except ValueError as error:  # pooch's word for a wrong digest; its temporary file is gone
        raise IntegrityError(
            f"{address} served a file whose digest is not the pinned {digest}. "
            "It was discarded; do not use this address until you know why it changed."
        ) from error
    return target


def _words(error: Exception) -> str:
    """Return an error of the network in a few words, without a stack of wrapped objects."""
    import requests

    if isinstance(error, requests.Timeout):
        return "the server was silent for too long"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke off"
    return str(error)
