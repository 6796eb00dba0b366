"""Folders in the user's cache that are either whole or absent: written aside, checked, shared.

A folder is filled under a temporary name beside its destination, gets a `manifest.json` with
the size and sha256 of each file, is flushed to the disk and only then renamed, so that a reader
never sees half of one. An advisory lock makes other processes wait for the first one's work.

This module must not know what the files mean: neither models nor weights.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings.errors import EncoderError, WeightsError

__all__ = ["Progress", "cache_root", "check_folder", "ensure_folder", "file_sha256"]

Progress = Callable[[str, float], None]
"""Called with what is being done, in a few words, and the part of it done, 0 to 1."""

MANIFEST = "manifest.json"
CHECKED = ".checked.json"
TEMPORARY = ".tmp-"


def cache_root(cache_dir: Path | None = None) -> Path:
    """`cache_dir`, else `MENBE_CACHE`, else `XDG_CACHE_HOME/menbe`, else `~/.cache/menbe`."""
    if cache_dir is not None:
        return cache_dir
    named = os.environ.get("MENBE_CACHE")
    if named:
        return Path(named).expanduser()
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg).expanduser() if xdg else Path.home() / ".cache") / "menbe"


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_folder(folder: Path) -> str:
    """Compare each file of `folder` with its manifest.

    The sizes are compared each time. A file is read and hashed when its size, inode, times of
    change or the manifest are not those of the last successful check: hashing 240 MB takes a
    quarter of a second, which every start of the command line would pay. The time of inode change
    (`ctime`) is part of that, since a program cannot set it back as it can `mtime`.

    Returns:
        The sha256 of the manifest, which stands for all that is in the folder.

    Raises:
        WeightsError: a file is missing, has another size or another content, or there is no
            readable manifest.
    """
    remedy = f"Delete {folder} and run the command again"
    try:
        raw = (folder / MANIFEST).read_bytes()
        wanted = {
            str(name): (int(entry["size"]), str(entry["sha256"]))
            for name, entry in json.loads(raw)["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{folder / MANIFEST} is missing or unreadable", remedy) from error
    identity = hashlib.sha256(raw).hexdigest()
    known = _last_check(folder, identity)
    stamps: dict[str, list[int]] = {}
    for name, (size, sha256) in wanted.items():
        path = folder / name
        try:
            stat = path.stat()
            stamps[name] = [stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns]
            if stat.st_size != size:
                raise WeightsError(f"{path} has {stat.st_size} bytes instead of {size}", remedy)
            if known.get(name) != stamps[name] and file_sha256(path) != sha256:
                raise WeightsError(f"{path} was altered: its sha256 is not the one noted", remedy)
        except OSError as error:
            raise WeightsError(f"{path} cannot be read ({error.strerror})", remedy) from error
    if known != stamps:
        _note_check(folder, identity, stamps)
    return identity


def ensure_folder(
    folder: Path,
    fill: Callable[[Path], None],
    *,
    needed_bytes: int,
    checked: Callable[[Path], object] = check_folder,
) -> Path:
    """Return `folder`, whole; make it with `fill` when it is missing or damaged.

    Two processes may call this at once for the same folder: one fills, the other waits.

    Args:
        folder: the destination.
        fill: writes the files into the empty folder it is given; everything it raises passes.
        needed_bytes: about what `fill` writes, for the message when the disk is full.
        checked: raises `WeightsError` when the folder cannot be used.

    Raises:
        EncoderError: the folder cannot be written.
    """
    if _is_sound(folder, checked):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(f".{folder.name}.lock")):
            if not _is_sound(folder, checked):
                _replace(folder, fill)
    except OSError as error:
        raise _write_error(folder, error, needed_bytes) from error
    checked(folder)
    return folder


def _is_sound(folder: Path, checked: Callable[[Path], object]) -> bool:
    try:
        checked(folder)
    except WeightsError:
        return False
    return True


def _replace(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a temporary folder and put it where `folder` is; the lock is held."""
    prefix = f".{folder.name}{TEMPORARY}"
    for left in folder.parent.glob(prefix + "*"):
        shutil.rmtree(left, ignore_errors=True)  # of a process that was killed
    temporary = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        content = temporary / "new"
        content.mkdir()
        fill(content)
        _write_manifest(content)
        if folder.is_dir() and not folder.is_symlink():
            folder.replace(temporary / "old")
        elif folder.is_symlink() or folder.exists():
            folder.unlink()
        content.replace(folder)
        _flush(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = {
        path.relative_to(folder).as_posix(): {
            "size": path.stat().st_size,
            "sha256": file_sha256(path),
        }
        for path in files
    }
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({"format": 1, "files": entries}, indent=1), encoding="utf-8")
    for path in [*files, manifest, *{path.parent for path in files}, folder]:
        _flush(path)


def _flush(path: Path) -> None:
    """Make a file's content, or a folder's list of names, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, also by a kill
        yield


def _last_check(folder: Path, identity: str) -> dict[str, list[int]]:
    try:
        note = json.loads((folder / CHECKED).read_text(encoding="utf-8"))
        return dict(note["files"]) if note["manifest"] == identity else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _note_check(folder: Path, identity: str, stamps: dict[str, list[int]]) -> None:
    """Remember a successful check; a cache that cannot be written is checked each time."""
    note = json.dumps({"manifest": identity, "files": stamps})
    try:
        handle, name = tempfile.mkstemp(prefix=CHECKED, dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(note)
            Path(name).replace(folder / CHECKED)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return


def _write_error(folder: Path, error: OSError, needed_bytes: int) -> EncoderError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EncoderError(
            f"No space left for {folder}",
            f"Free {needed_bytes // 1_000_000} MB there, or name another folder in MENBE_CACHE",
        )
    return EncoderError(
        f"{folder} cannot be written ({error.strerror})",
        "Name a folder that can be written in MENBE_CACHE",
    )
