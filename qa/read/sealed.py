"""Safetensors files with a seal: a format's version, and a digest of every tensor and note.

Safetensors has neither: a flipped bit in a weight would pass unnoticed, and a file of another
version would be read as what it is not.

This module must not know what the tensors are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import WeightsError

__all__ = ["digest", "read_sealed", "write_sealed"]

Arrays = Mapping[str, NDArray[Any]]

_SEAL = "sha256"


def write_sealed(path: Path, tensors: Arrays, notes: Mapping[str, str], *, version: str) -> None:
    """Write the file; one that is there is replaced when the new one is whole."""
    from safetensors.numpy import save_file

    metadata = {**notes, "format": version}
    metadata[_SEAL] = digest(tensors, metadata)
    fresh = path.with_name(path.name + ".new")
    save_file(dict(tensors), fresh, metadata)
    fresh.replace(path)


def read_sealed(
    path: Path, *, what: str, version: str, remedy: str
) -> tuple[dict[str, NDArray[Any]], dict[str, str], str]:
    """Read and check a file.

    Args:
        path: the file.
        what: what it holds, in the plural, for errors.
        version: of the format that is understood.
        remedy: for errors.

    Returns:
        the tensors, the metadata and the digest.

    Raises:
        WeightsError: it is missing, truncated, altered, without a seal, or of another format.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise WeightsError(f"there are no {what} at {path}", remedy)
    try:
        with safe_open(path, framework="np") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise WeightsError(f"the {what} {path} cannot be read ({error})", remedy) from error
    seal = metadata.pop(_SEAL, "")
    if not seal:
        raise WeightsError(f"{path} holds no {what}", remedy)
    if seal != digest(tensors, metadata):
        raise WeightsError(f"the {what} {path} were altered", remedy)
    if metadata.get("format") != version:
        raise WeightsError(
            f"the {what} {path} have the format {metadata.get('format')!r}, not {version}", remedy
        )
    return tensors, metadata, seal


def digest(tensors: Arrays, metadata: Mapping[str, str]) -> str:
    """SHA-256 of every tensor's name, type, shape and values, and of the metadata."""
    made = hashlib.sha256(json.dumps(dict(sorted(metadata.items()))).encode())
    for part in _parts(tensors):
        made.update(part)
    return made.hexdigest()


def _parts(tensors: Arrays) -> Iterable[bytes]:
    for name in sorted(tensors):
        values = tensors[name]
        yield f"{name} {values.dtype.str} {values.shape}".encode()
        yield np.ascontiguousarray(values).tobytes()
