"""Folders that are either complete or not there.

A folder is filled as a draft beside its final place and renamed when it is done. Its manifest
lists every file with its size, so that a truncated file is noticed before it is used. A lock
beside the folder makes threads and processes take turns; the system releases it when a process
dies, and whoever writes next sweeps away what the dead left behind.

Examples
--------
>>> with exclusive(folder):  # doctest: +SKIP
...     if not complete(folder, key):  # another may have been faster
...         with draft(folder, key, source="where it comes from") as place:
...             np.save(place / "numbers.npy", numbers)
"""

import contextlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textlib import paths

if TYPE_CHECKING:
    from filelock import BaseFileLock

MANIFEST = "manifest.json"
LAYOUT = 1  # raise when the files inside prepared folders change their meaning
LOCK_TIMEOUT = 3600.0  # seconds to wait for another process that makes the same folder


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
    except (OSError, LookupError, AttributeError):
        return False


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, waiting for another thread or process that holds it.

    Raises
    ------
    textlib.paths.CacheError
        If the lock cannot be created, or is held for longer than `LOCK_TIMEOUT`.
    """
    import filelock

    paths.make_dir(folder.parent)
    lock = _lock(folder)
    try:
        lock.acquire(timeout=LOCK_TIMEOUT)
    except filelock.Timeout as error:
        raise paths.CacheError(
            f"another process has been holding {lock.lock_file!r} for {LOCK_TIMEOUT:.0f} s. "
            "End that process, then try again."
        ) from error
    except OSError as error:
        raise paths.CacheError(paths.advice(Path(lock.lock_file), error)) from error
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
    for leftover in [*_drafts_of(folder), *leftovers(folder.parent)]:
        shutil.rmtree(leftover, ignore_errors=True)
    place = _beside(folder)
    try:
        with paths.explained(folder):
            place.mkdir()  # not tempfile.mkdtemp: its folders are closed to other users
            yield place
            _seal(place, key, facts)
            discard(folder)
            place.rename(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a folder in a way that never shows half of it: rename it, then delete.

    Raises
    ------
    textlib.paths.CacheError
        If the folder cannot be moved away.
    """
    away = _beside(folder)
    with paths.explained(folder), contextlib.suppress(FileNotFoundError):
        folder.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def mark_used(folder: Path) -> None:
    """Note the time at which a folder was last used, where it may be noted."""
    with contextlib.suppress(OSError):
        os.utime(folder)


def leftovers(parent: Path) -> list[Path]:
    """Return the drafts in a folder whose makers have died: nobody holds their locks."""
    return [place for place in _drafts(parent) if _is_free(_final(place))]


def _seal(place: Path, key: str, facts: Mapping[str, Any]) -> None:
    """Flush every file to disk, then write the manifest that makes the folder complete."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    for path in files:
        paths.flush(path)
    manifest = {
        "key": key,
        "layout": LAYOUT,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "files": {path.relative_to(place).as_posix(): path.stat().st_size for path in files},
        **facts,
    }
    target = place / MANIFEST
    target.write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    paths.flush(target)


# A draft's name says what it will become, so that its lock can be found: .part-NAME~RANDOM.


def _beside(folder: Path) -> Path:
    return folder.parent / f"{paths.DRAFT_PREFIX}{folder.name}~{uuid.uuid4().hex[:12]}"


def _final(place: Path) -> Path:
    return place.parent / place.name.removeprefix(paths.DRAFT_PREFIX).rpartition("~")[0]


def _drafts(parent: Path) -> Iterator[Path]:
    return parent.glob(f"{paths.DRAFT_PREFIX}?*~*")


def _drafts_of(folder: Path) -> list[Path]:
    return [place for place in _drafts(folder.parent) if _final(place) == folder]


def _lock(folder: Path) -> "BaseFileLock":
    import filelock

    return filelock.FileLock(str(folder.parent / f".{folder.name}.lock"))


def _is_free(folder: Path) -> bool:
    import filelock

    try:
        with _lock(folder).acquire(timeout=0):
            return True
    except (filelock.Timeout, OSError):
        return False
