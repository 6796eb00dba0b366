"""Generations: the index on disk, each one whole, verified, and replaceable from the store.

    index/CURRENT                    the name of the generation in use
    index/gen-<sequence>-<mark>/     vectors.faiss, rowids.npy, checksums.npy, manifest.json

A generation is built in a folder that nothing points to, every file and the folder are forced to
the disk, and then the pointer is replaced; a crash at any moment leaves the old one or the new
one. One older generation is kept. The manifest holds the sha256 of every file and the store's
version; what does not fit is never served: what is still right of it is kept, row by row, and the
rest comes from the store.

This module must not know how vectors are searched or encoded.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.database import INDEX, fsync, os_error
from embeddings.errors import IndexFileError, StoreError
from embeddings.index import FaissIndex
from embeddings.store import Snapshot, Store

__all__ = ["Generation", "check_index", "open_generation", "refresh", "save_generation"]

Warn = Callable[[str], None]
_POINTER = "CURRENT"
_MANIFEST = "manifest.json"
_FORMAT = 1
_NAME = re.compile(r"gen-[0-9]{1,20}-[0-9a-f]{1,32}", re.ASCII)
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Generation:
    """An index and the moment of the store that it is an image of.

    Attributes:
        version: names the moment, `Store.version`.
        index: the vectors of every chunk of that moment, and no other.
        sequence: how many writes the store had seen.
    """

    version: str
    index: FaissIndex
    sequence: int


def open_generation(
    store: Store, *, rebuild: bool = True, save: bool = True, warn: Warn | None = None
) -> Generation:
    """The generation of the store as it stands now.

    Read from disk when it fits the store and its checksums hold; otherwise made from the store,
    with whatever rows of the one on disk are still right, and saved.

    Args:
        store: where the vectors come from.
        rebuild: False to refuse instead of making it from the store.
        save: whether a new one is written to disk. A folder that cannot be written to, or
            another process writing, is no error: the generation is then kept in memory only.
        warn: told in one line when a file was damaged or could not be written.

    Raises:
        IndexFileError: `rebuild` is False and there is no generation that fits.
        StoreError: the store cannot be read.
    """
    tell = _silent if warn is None else warn
    base: Generation | None = None
    try:
        base = _load_current(store)
    except IndexFileError as error:
        if not rebuild:
            raise
        if (store.path / INDEX).exists():
            tell(str(error))
    with store.snapshot() as snapshot:
        generation = _follow(base, snapshot)
    if generation is base:
        return generation
    if not rebuild:
        raise IndexFileError(f"the index of {store.path} is stale", "Run `qa doctor --repair`.")
    if save and not store.read_only:
        try:
            save_generation(store, generation)
        except StoreError as error:
            tell(f"the index is kept in memory only: {error}")
    return generation


def refresh(generation: Generation, snapshot: Snapshot) -> Generation:
    """The generation of the snapshot's moment: the same one when nothing was written since.

    Only what changed is read from the store, in memory only. Searching what comes back, and
    asking the same snapshot for terms, chunks and articles, makes an answer of one moment.

    Raises:
        StoreError: the store cannot be read.
    """
    return _follow(generation, snapshot)


def save_generation(store: Store, generation: Generation) -> Path:
    """Write a generation to disk and point to it; the folder. Older ones but one are removed.

    Raises:
        StoreBusyError: another process is writing.
        StoreFullError: no space is left; the old generation stays in use.
        StoreError: the folder cannot be written to.
    """
    home = store.path / INDEX
    name = f"gen-{generation.sequence}-{secrets.token_hex(4)}"
    with store.writing():
        try:
            home.mkdir(exist_ok=True)
            (home / name).mkdir()
            _write_files(home / name, store, generation)
            _point(home, name)
        except BaseException as error:
            shutil.rmtree(home / name, ignore_errors=True)
            if isinstance(error, OSError):
                raise os_error(home, error) from error
            raise
        _remove_old(home, keep=name)
    return home / name


def check_index(store: Store) -> list[str]:
    """What is wrong with the index on disk, one line each; empty when it fits the store."""
    try:
        generation = _load_current(store)
    except IndexFileError as error:
        return [str(error)]
    if generation.version != store.version:
        return [f"the index of {store.path} is of an older state of the store"]
    return []


def _follow(base: Generation | None, snapshot: Snapshot) -> Generation:
    """`base` brought to the snapshot's moment; `base` itself when it is there already."""
    version = snapshot.version
    if base is not None and base.version == version:
        return base
    rowids, checksums = snapshot.chunk_marks()
    kept = np.zeros(0, dtype=np.int64)
    if base is not None:
        old = base.index
        # A row and its checksum together never come to mean another vector.
        places = np.searchsorted(old.rowids, rowids)
        places[places == old.count] = 0
        same = (
            (old.rowids[places] == rowids) & (old.checksums[places] == checksums)
            if old.count
            else np.zeros(len(rowids), dtype=bool)
        )
        kept = places[same]
    else:
        same = np.zeros(len(rowids), dtype=bool)
    _, fresh = snapshot.vectors(rowids[~same])
    matrix = np.empty((len(rowids), fresh.shape[1]), dtype=np.float32)
    matrix[~same] = fresh
    if base is not None and len(kept):
        matrix[same] = base.index.vectors[kept]
    return Generation(
        version=version,
        index=FaissIndex.build(rowids, matrix, checksums),
        sequence=snapshot.sequence,
    )


def _load_current(store: Store) -> Generation:
    home = store.path / INDEX
    try:
        name = (home / _POINTER).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(home, "its pointer cannot be read") from error
    if not _NAME.fullmatch(name):
        raise _damaged(home, "its pointer names no generation")
    folder = home / name
    manifest = _read_manifest(folder)
    if manifest["store_id"] != store.store_id or manifest["encoder"] != store.encoder_identity:
        raise _damaged(folder, "it belongs to another store")

    def verify(path: Path) -> None:
        wanted = manifest["files"].get(path.name)
        try:
            found = _sha256(path)
        except OSError as error:
            raise _damaged(path, "it cannot be read") from error
        if wanted != found:
            raise _damaged(path, "its sha256 does not fit the manifest")

    index = FaissIndex.load(folder, verify=verify)
    if index.count != manifest["count"] or index.dimension != store.dimension:
        raise _damaged(folder, "its size does not fit the manifest")
    return Generation(manifest["version"], index, manifest["sequence"])


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        raw = json.loads((folder / _MANIFEST).read_text("utf-8"))
        body = raw["manifest"]
        fits = raw["sha256"] == _digest(body) and body["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(folder, "its manifest cannot be read") from error
    if not fits:
        raise _damaged(folder, "its manifest does not fit its own checksum")
    manifest: dict[str, Any] = body
    return manifest


def _write_files(folder: Path, store: Store, generation: Generation) -> None:
    names = generation.index.save(folder)
    manifest = {
        "format": _FORMAT,
        "store_id": store.store_id,
        "encoder": store.encoder_identity,
        "version": generation.version,
        "sequence": generation.sequence,
        "count": generation.index.count,
        "dimension": generation.index.dimension,
        "files": {name: _sha256(folder / name) for name in names},
    }
    text = json.dumps({"sha256": _digest(manifest), "manifest": manifest}, indent=1)
    (folder / _MANIFEST).write_text(text, "utf-8")
    for name in (*names, _MANIFEST):
        fsync(folder / name)
    fsync(folder)
    fsync(folder.parent)


def _point(home: Path, name: str) -> None:
    draft = home / f"{_POINTER}.new"
    draft.write_text(f"{name}\n", "ascii")
    fsync(draft)
    draft.replace(home / _POINTER)
    fsync(home)


def _remove_old(home: Path, *, keep: str) -> None:
    """Remove what no pointer needs: older generations but one, and what a crash left behind."""
    folders = [entry for entry in home.iterdir() if _NAME.fullmatch(entry.name)]
    older = sorted(
        (folder for folder in folders if folder.name != keep),
        key=lambda folder: ((folder / _MANIFEST).exists(), folder.stat().st_mtime_ns),
        reverse=True,
    )
    for folder in older[_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path, reason: str) -> IndexFileError:
    return IndexFileError(
        f"the index at {path} cannot be used: {reason}", "It is rebuilt from the store."
    )


def _silent(_: str) -> None:
    """Tell nobody."""
