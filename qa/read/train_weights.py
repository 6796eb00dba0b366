"""Weights of readers as tensors by name: from the encoder, from packed files, as means, and back.

This module must not know plans, examples, or how weights are trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from embeddings.bundled import BUNDLED_NAME
from embeddings.errors import WeightsError
from embeddings.modelfolder import open_tensors, read_model_folder
from qa.read.packed import ENCODER, HEAD, read_packed, write_packed
from qa.read.train_network import LAYER, Embeddings, State

__all__ = ["BaseEncoder", "mean_of"]

_PARTS = (
    *("attention.self.query", "attention.self.key", "attention.self.value"),
    *("attention.output.dense", "attention.output.LayerNorm"),
    *("intermediate.dense", "output.dense", "output.LayerNorm"),
)
_HEAD_SPREAD = 0.02


class BaseEncoder:
    """The encoder that readers begin with and are packed against.

    Attributes:
        identity: stands for it.
        fixed: what no reader changes, on the device.

    Args:
        folder: a sentence-transformers folder.
        device: where states go.

    Raises:
        EncoderError: it is no such folder.
        WeightsError: its weights are missing or cannot be read.
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._device = device
        model = read_model_folder(folder, name=BUNDLED_NAME)
        self.identity = model.identity
        with open_tensors(model.path) as base:
            self.fixed = Embeddings.of(model.config, base, device)
            self._layers: dict[str, NDArray[np.float32]] = {
                name: base(name).astype(np.float32)
                for number in range(self.fixed.layers)
                for part in _PARTS
                for name in (f"{LAYER}{number}.{part}.weight", f"{LAYER}{number}.{part}.bias")
            }

    def state(self, head: int | Path) -> State:
        """The encoder's own layers with a new head (of a seed) or that of a packed reader."""
        state = {n: torch.from_numpy(v).to(self._device).clone() for n, v in self._layers.items()}
        if isinstance(head, Path):
            return state | {n: t for n, t in self.read(head).items() if n.startswith(HEAD)}
        generator = torch.Generator().manual_seed(head)
        for name, like in self.fixed.head.named_parameters():
            if name.endswith("bias"):
                made = torch.zeros(like.shape)
            else:
                made = torch.randn(like.shape, generator=generator) * _HEAD_SPREAD
            state[HEAD + name] = made.to(self._device)
        return state

    def read(self, path: Path) -> State:
        """A packed reader's layers and head.

        Raises:
            WeightsError: it cannot be read, or belongs to another encoder.
        """
        reader = read_packed(path)
        if reader.encoder != self.identity or set(reader.changed) - set(self._layers):
            raise WeightsError(
                f"{path} belongs to the encoder {reader.encoder}, not to {self.identity}",
                "Use readers of one encoder",
            )
        arrays = {name: reader.merged(name, own) for name, own in self._layers.items()}
        arrays |= {HEAD + name: values for name, values in reader.head.items()}
        return {name: torch.from_numpy(v).to(self._device) for name, v in arrays.items()}

    def write(self, state: State, path: Path, facts: Mapping[str, Any]) -> None:
        """Pack a reader, what it did not change left out; the file appears when it is whole."""
        arrays: dict[str, NDArray[np.float32]] = {}
        for name, tensor in state.items():
            values = tensor.float().cpu().numpy()
            if name.startswith(HEAD):
                arrays[name] = values
            elif not np.array_equal(values, self._layers[name]):
                arrays[ENCODER + name] = values
        path.parent.mkdir(parents=True, exist_ok=True)
        write_packed(path, arrays, self._layers.__getitem__, encoder=self.identity, facts=facts)


def mean_of(states: Sequence[State]) -> State:
    """The mean with equal weights; of one state, that one."""
    return {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}
