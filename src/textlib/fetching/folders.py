"""Folders of the cache that are either complete or not there.

A folder is filled as a draft beside its final place and renamed when it is done. Its manifest
lists every file with its size, so that a truncated file is noticed before it is used. A lock
beside the folder makes two processes take turns; the system releases it when a process dies.
"""

import contextlib
import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textlib import paths

MANIFEST = "manifest.json"
DRAFT_PREFIX = ".part-"
LAYOUT = 1  # raise when the files inside prepared folders change their meaning
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)
LOCK_TIMEOUT = 3600.0  # seconds to wait for another process that fetches the same thing


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder, or None if there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def complete(folder: Path, key: str) -> bool:
    """Say whether a folder is the one for ``key`` and holds every file at its full size."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("key") != key or manifest.get("layout") != LAYOUT:
        return False
    try:
        return all(
            (folder / name).stat().st_size == size for name, size in manifest["files"].items()
        )
    except OSError:
        return False


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, waiting for another process that holds it.

    Raises
    ------
    textlib.paths.CacheError
        If the lock cannot be created, or is held for longer than `LOCK_TIMEOUT`.
    """
    import filelock

    paths.make_dir(folder.parent)
    lock_path = folder.parent / f".{folder.name}.lock"
    lock = filelock.FileLock(str(lock_path))
    try:
        lock.acquire(timeout=LOCK_TIMEOUT)
    except filelock.Timeout as error:
        raise paths.CacheError(
            f"another process has been holding {str(lock_path)!r} for {LOCK_TIMEOUT:.0f} s. "
            "End that process, then try again."
        ) from error
    except OSError as error:
        raise paths.CacheError(paths.advice(lock_path, error)) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def draft(folder: Path, key: str, **facts: Any) -> Iterator[Path]:
    """Give an empty folder that becomes ``folder`` when the block ends well.

    Hold the lock (`exclusive`) around this. What killed processes left behind is swept first.

    Parameters
    ----------
    folder
        The final place. An older folder there is replaced.
    key
        What `complete` will ask for.
    facts
        More entries for the manifest; a mapping given here may be filled inside the block.

    Raises
    ------
    textlib.paths.CacheError
        If the disk is full or the cache is read-only. Nothing is left behind.
    """
    _sweep(folder)
    try:
        place = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_draft_prefix(folder)))
    except OSError as error:
        raise paths.CacheError(paths.advice(folder.parent, error)) from error
    try:
        yield place
        _seal(place, key, facts)
        discard(folder)
        place.rename(folder)
    except paths.CacheError:
        raise
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise  # about the data, not about the place where they are written
        raise paths.CacheError(paths.advice(folder, error)) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a folder in a way that never shows half of it: rename it, then delete."""
    if not folder.exists():
        return
    away = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_draft_prefix(folder)))
    folder.rename(away / "old")
    shutil.rmtree(away, ignore_errors=True)


def _seal(place: Path, key: str, facts: Mapping[str, Any]) -> None:
    """Flush every file to disk, then write the manifest that makes the folder complete."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    for path in files:
        _flush(path)
    manifest = {
        "key": key,
        "layout": LAYOUT,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "files": {path.relative_to(place).as_posix(): path.stat().st_size for path in files},
        **facts,
    }
    target = place / MANIFEST
    target.write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    _flush(target)
    place.chmod(0o755)


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _sweep(folder: Path) -> None:
    for leftover in folder.parent.glob(f"{_draft_prefix(folder)}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _draft_prefix(folder: Path) -> str:
    # No key holds a tilde, so the sweep of "mnist" never takes a draft of "mnist-small" away.
    return f"{DRAFT_PREFIX}{folder.name}~"
