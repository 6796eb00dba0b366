"""The reader's weights as they ship: a small difference from the encoder's own, in one file.

A matrix is stored as its difference from the encoder's, in int8 with one float32 scale a row;
a vector (bias, layer norm) as its difference in float16; the head as float16. The metadata names
the encoder that all this is added to; the file is sealed (`qa.read.sealed`).

This module must not know how the reader is trained or run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import WeightsError
from qa.read.sealed import read_sealed, write_sealed

__all__ = ["ENCODER", "FORMAT", "HEAD", "PackedReader", "read_packed", "write_packed"]

FORMAT = "1"
ENCODER = "encoder."
HEAD = "head."
RESTORE = (
    "Install Menbe again (pip install --force-reinstall --no-deps menbe), or in a checkout:"
    " git checkout -- qa/read/weights"
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PackedReader:
    """What the file holds.

    Attributes:
        identity: stands for the weights.
        encoder: identity of the encoder that they belong to.
        facts: what the training wrote down (steps, examples, figures).
        head: the head's tensors by name, float32.
    """

    identity: str
    encoder: str
    facts: Mapping[str, Any]
    head: Mapping[str, Floats]
    _tensors: Mapping[str, NDArray[Any]]

    @property
    def changed(self) -> tuple[str, ...]:
        """Names (as in Hugging Face's BertModel) of the encoder's tensors that it changes."""
        return tuple(n.removeprefix("delta.") for n in self._tensors if n.startswith("delta."))

    def merged(self, name: str, base: NDArray[Any]) -> Floats:
        """The reader's tensor `name` (as in Hugging Face's BertModel), from the encoder's.

        Raises:
            WeightsError: the difference has another shape than the encoder's tensor.
        """
        kept = base.astype(np.float32)
        change = self._tensors.get(f"delta.{name}")
        if change is None:
            return kept
        if change.shape != base.shape:
            raise WeightsError(
                f"the reader's {name} has the shape {change.shape}, the encoder's {base.shape}",
                RESTORE,
            )
        added = change.astype(np.float32)
        scale = self._tensors.get(f"scale.{name}")
        if scale is not None:
            added *= scale.astype(np.float32)[:, None]
        return np.asarray(kept + added, np.float32)


def write_packed(
    path: Path,
    trained: Mapping[str, Floats],
    base: Callable[[str], NDArray[Any]],
    *,
    encoder: str,
    facts: Mapping[str, Any],
) -> None:
    """Write a trained reader.

    Args:
        path: the .safetensors file.
        trained: tensors by name; `encoder.…` as in Hugging Face's BertModel, and `head.…`.
        base: gives the encoder's own tensor by its name without `encoder.`.
        encoder: the encoder's identity.
        facts: what is to be known about the training; must be JSON.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for name, values in trained.items():
        if name.startswith(HEAD):
            tensors[name] = values.astype(np.float16)
            continue
        plain = name.removeprefix(ENCODER)
        change = values.astype(np.float32) - base(plain).astype(np.float32)
        if change.ndim == 2:
            scale = np.maximum(np.abs(change).max(axis=1), 1e-12) / 127.0
            tensors[f"delta.{plain}"] = np.rint(change / scale[:, None]).astype(np.int8)
            tensors[f"scale.{plain}"] = scale.astype(np.float32)
        else:
            tensors[f"delta.{plain}"] = change.astype(np.float16)
    notes = {
        "encoder": encoder,
        "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
    }
    write_sealed(path, tensors, notes, version=FORMAT)


def read_packed(path: Path) -> PackedReader:
    """Read and check a packed reader.

    Raises:
        WeightsError: the file is missing, truncated, altered, or of another format.
    """
    tensors, metadata, seal = read_sealed(
        path, what="reader's weights", version=FORMAT, remedy=RESTORE
    )
    head = {
        name.removeprefix(HEAD): values.astype(np.float32)
        for name, values in tensors.items()
        if name.startswith(HEAD)
    }
    return PackedReader(
        identity=f"span-{seal[:16]}",
        encoder=metadata["encoder"],
        facts=json.loads(metadata["facts"]),
        head=head,
        _tensors=tensors,
    )
