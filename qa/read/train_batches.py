"""Prepared examples on a device: a batch is put together there, from the numbers of its examples.

Batches have a few fixed shapes, since a captured step has the shape that it was captured with:
every example goes to the shortest of `LENGTHS` that holds it.

This module must not know models, or what a step does with a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from embeddings.errors import UsageError
from qa.read.data_windows import BOS, EOS, PAD
from qa.read.prepared import Prepared

__all__ = ["LENGTHS", "DeviceBatch", "DeviceExamples"]

LENGTHS = (64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 320)
_NEVER = 1 << 30

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DeviceBatch:
    """As `qa.read.data_windows.Batch`, of tensors; `mask` and `passage` are booleans."""

    ids: Tensor
    mask: Tensor
    passage: Tensor
    starts: Tensor
    ends: Tensor


class DeviceExamples:
    """Token ids and places of all examples.

    Attributes:
        lengths: `(examples,)`, tokens of each sequence, special ones included.
        epochs: `(examples,)`.
    """

    def __init__(self, prepared: Prepared, device: str) -> None:
        self._device = device
        sizes = prepared.lengths.astype(np.int64)
        offsets = np.cumsum(sizes) - sizes
        get = prepared.column
        asked = np.minimum(sizes[get("question")], prepared.question_tokens)
        first = get("first")
        skipped = get("skip_end") - get("skip_start")
        window = get("last") - first - skipped
        # Where the first token of the passage would stand, were the window to begin with it.
        shift = asked + 3 - first
        answered = get("gold_start") >= 0
        self.lengths: Numbers = asked + 4 + window
        self.epochs: Numbers = get("epoch")
        columns = (
            offsets[get("question")],
            asked,
            offsets[get("passage")] + first,
            window,
            np.where(skipped > 0, get("skip_start") - first, _NEVER),
            skipped,
            np.where(answered, get("gold_start") + shift, 0),
            np.where(answered, get("gold_end") - 1 + shift, 0),
            self.lengths,
        )
        self._columns = torch.from_numpy(np.stack(columns, axis=1)).to(device)
        self._ids = torch.from_numpy(prepared.ids).to(device)

    def gather(self, chosen: Tensor, length: int) -> DeviceBatch:
        """The batch of some examples; asks the device nothing, so that it can be captured.

        Args:
            chosen: `(batch,)` numbers of examples, int64, on the device.
            length: tokens to pad to; no shorter than any of them.
        """
        columns = self._columns[chosen]  # (batch, 9)
        question, asked, passage, window, skip, skipped, starts, ends, total = (
            columns[:, i : i + 1] for i in range(columns.shape[1])
        )
        place = torch.arange(length, device=self._device)[None]  # (1, length)
        within = place - (asked + 3)  # place in the window
        in_window = (within >= 0) & (within < window)
        in_question = (place >= 1) & (place <= asked)
        source = passage + within + torch.where(within >= skip, skipped, 0)
        source = torch.where(in_window, source, torch.where(in_question, question + place - 1, 0))
        special = torch.where(place == 0, BOS, torch.where(place < total, EOS, PAD))
        ids = torch.where(in_window | in_question, self._ids[source].long(), special)
        return DeviceBatch(ids, place < total, in_window, starts[:, 0], ends[:, 0])

    def schedule(
        self, epochs: Sequence[int], *, batch_tokens: int, seed: int, steps: int
    ) -> list[tuple[int, Numbers]]:
        """Lengths and examples `(batch_tokens // length,)` of each step, in random order.

        What does not fill a batch of its length is left over, at most one batch a length.

        Raises:
            UsageError: the epochs hold too few batches, or an example longer than any batch.
        """
        rng = np.random.default_rng(seed)
        chosen = np.flatnonzero(np.isin(self.epochs, epochs))
        longest = self.lengths[chosen].max(initial=0)
        if longest > LENGTHS[-1]:
            raise UsageError(
                f"an example has {longest} tokens, a batch at most {LENGTHS[-1]}",
                "Prepare with smaller [windows]",
            )
        made: list[tuple[int, Numbers]] = []
        shorter = 0
        for length in LENGTHS:
            part = chosen[(self.lengths[chosen] > shorter) & (self.lengths[chosen] <= length)]
            shorter = length
            part = part[rng.permutation(len(part))]
            size = batch_tokens // length
            made += [(length, part[i : i + size]) for i in range(0, len(part) - size + 1, size)]
        if len(made) < steps:
            raise UsageError(
                f"epochs {', '.join(map(str, epochs))} hold {len(made)} batches of {batch_tokens}"
                f" tokens, {steps} steps are asked for",
                "Name more epochs, or prepare more",
            )
        return [made[i] for i in rng.permutation(len(made))[:steps]]
