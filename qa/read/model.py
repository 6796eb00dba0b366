"""The reader as a torch module, for training and export: encoder, span head, null score.

The encoder is the bundled one with its embeddings frozen; what is trained is a delta of its
upper layers (or low-rank adapters beside every linear layer) and a small head. A span's score
is `start[s] + end[e] + first[s]·second[e]`, and the null score stands in the same softmax, so
that score minus null is a log-odds which can be compared across passages.

The joint objective over all spans follows Fajcik et al. 2021, "Rethinking the Objectives of
Extractive Question Answering"; the null beside the spans is BERT's for SQuAD 2 (Devlin et al.
2019), here read from the first token and the expected start together.

This module must not know data sets, files of checkpoints, or the runtime that serves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from embeddings.errors import WeightsError
from qa.read.packed import ENCODER, HEAD, read_packed

__all__ = [
    "MAX_SPAN_TOKENS",
    "LowRank",
    "Output",
    "ReaderNetwork",
    "build_reader",
    "log_likelihood",
    "span_loss",
    "span_losses",
    "span_scores",
    "start_from",
]

MAX_SPAN_TOKENS = 40
_MASKED = -1e4
_PAIR = 64


@dataclass(frozen=True, slots=True)
class Output:
    """Of one batch: `start`, `end` `(batch, length)` with positions outside the passage near
    -1e4; `first`, `second` `(batch, length, 64)`; `null` `(batch,)`.
    """

    start: Tensor
    end: Tensor
    first: Tensor
    second: Tensor
    null: Tensor


class LowRank(nn.Module):
    """A frozen linear layer with a low-rank update beside it (Hu et al. 2021, LoRA)."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, inputs: Tensor) -> Tensor:
        """`(…, in)` to `(…, out)`."""
        added: Tensor = functional.linear(functional.linear(inputs, self.down), self.up)
        return self.base(inputs) + added  # type: ignore[no-any-return]

    def merged(self) -> Tensor:
        """The weight `(out, in)` that does the same alone."""
        return self.base.weight + self.up @ self.down


class Head(nn.Module):
    """Span scores and null score from the last layer's states."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.edges = nn.Linear(width, 2)
        self.pair = nn.Linear(width, 2 * _PAIR)
        self.null_hidden = nn.Linear(2 * width, width)
        self.null = nn.Linear(width, 1)
        for layer in (self.edges, self.pair, self.null_hidden, self.null):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, states: Tensor, passage: Tensor) -> tuple[Tensor, ...]:
        """`states` `(batch, length, width)`, `passage` `(batch, length)` of 0 and 1."""
        outside = (1.0 - passage.to(states.dtype)) * _MASKED
        edges = self.edges(states)  # (batch, length, 2)
        start = edges[..., 0] + outside
        end = edges[..., 1] + outside
        first, second = self.pair(states).split(_PAIR, dim=-1)
        weights = start.softmax(dim=-1).unsqueeze(1)  # (batch, 1, length)
        expected = (weights @ states).squeeze(1)  # (batch, width)
        hidden = functional.gelu(self.null_hidden(torch.cat((states[:, 0], expected), dim=-1)))
        null = self.null(hidden).squeeze(-1)
        return start, end, first / math.sqrt(_PAIR), second, null


class ReaderNetwork(nn.Module):
    """Encoder and head.

    Args:
        encoder: a `BertModel` without pooling layer; its embeddings are frozen here.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = Head(encoder.config.hidden_size)

    def forward(self, ids: Tensor, mask: Tensor, passage: Tensor) -> Output:
        """All arguments `(batch, length)`; see `qa.read.data_windows.Batch`."""
        # Without padding the attention needs no mask, which is faster.
        attention = None if bool(mask.all()) else mask
        states = self.encoder(input_ids=ids, attention_mask=attention).last_hidden_state
        # bfloat16 keeps three digits, too few for scores that are compared with each other.
        with torch.autocast(states.device.type, enabled=False):
            return Output(*self.head(states.float(), passage))

    def trained(self) -> dict[str, nn.Parameter]:
        """What training changes, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def build_reader(
    encoder_folder: Path,
    *,
    method: Literal["delta", "lora"] = "delta",
    frozen_layers: int = 0,
    rank: int = 32,
) -> ReaderNetwork:
    """A reader to train, from the encoder's folder.

    Args:
        encoder_folder: a Hugging Face folder with the encoder's weights.
        method: `delta` trains the layers themselves, `lora` low-rank updates beside them.
        frozen_layers: the lowest layers that stay as they are.
        rank: of the low-rank updates.
    """
    from transformers import BertModel

    encoder = BertModel.from_pretrained(
        str(encoder_folder),
        add_pooling_layer=False,
        attn_implementation="sdpa",
        dtype=torch.float32,
    )
    # One pass over scarce data: dropout costs a tenth of the time and was not needed.
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    encoder.config.attention_probs_dropout_prob = 0.0
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad_(False)
    for number, layer in enumerate(encoder.encoder.layer):
        if number < frozen_layers or method == "lora":
            for parameter in layer.parameters():
                parameter.requires_grad_(False)
        if number >= frozen_layers and method == "lora":
            _add_low_rank(layer, rank)
    return ReaderNetwork(encoder)


def _add_low_rank(layer: nn.Module, rank: int) -> None:
    for module in list(layer.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and not isinstance(module, LowRank):
                setattr(module, name, LowRank(child, rank))


def start_from(network: ReaderNetwork, packed: Path) -> None:
    """Begin where a shipped reader ended: its differences and head, put into a fresh network.

    Args:
        network: as `build_reader` made it, with the method `delta`.
        packed: the shipped .safetensors file.

    Raises:
        WeightsError: the file is missing or damaged, or changes layers that are frozen here.
    """
    reader = read_packed(packed)
    trained = network.trained()
    with torch.no_grad():
        for name in reader.changed:
            parameter = trained.get(ENCODER + name)
            if parameter is None:
                raise WeightsError(
                    f"{packed} changes {name}, which this configuration keeps frozen",
                    "Lower frozen_layers, and use the method delta",
                )
            parameter.copy_(torch.from_numpy(reader.merged(name, parameter.numpy())))
        for name, values in reader.head.items():
            trained[HEAD + name].copy_(torch.from_numpy(values))


def span_scores(output: Output) -> Tensor:
    """Scores `(batch, length, length)` of every span; impossible ones near -1e4 or below."""
    length = output.start.shape[1]
    scores = output.start.unsqueeze(2) + output.end.unsqueeze(1)
    scores = scores + output.first @ output.second.transpose(1, 2)
    place = torch.arange(length, device=scores.device)
    width = place.unsqueeze(0) - place.unsqueeze(1)  # [s, e] = e - s
    return scores.masked_fill((width < 0) | (width >= MAX_SPAN_TOKENS), 2 * _MASKED)


def log_likelihood(output: Output) -> Tensor:
    """Log-probabilities `(batch, 1 + length * length)` of null and of every span."""
    scores = span_scores(output).flatten(1)
    return torch.cat((output.null.unsqueeze(1), scores), 1).log_softmax(1)


def span_loss(output: Output, starts: Tensor, ends: Tensor, *, edge_weight: float) -> Tensor:
    """The loss of `span_losses` where the likelihood is not needed for anything else."""
    likelihood = log_likelihood(output)
    return span_losses(output, likelihood, starts, ends, edge_weight=edge_weight)[0]


def span_losses(
    output: Output, likelihood: Tensor, starts: Tensor, ends: Tensor, *, edge_weight: float
) -> tuple[Tensor, Tensor]:
    """Mean negative log-likelihood of the right span, or of null where `starts` is 0.

    It asks the device for no number, so that a step with it can be captured.

    Args:
        output: of the batch.
        likelihood: `log_likelihood` of it.
        starts: `(batch,)` first token of the right span, 0 for none.
        ends: `(batch,)` its last token.
        edge_weight: weight of the separate start and end losses of the answerable ones, which
            teach faster than the joint one at first.

    Returns:
        the loss, and the joint part of it alone.
    """
    ends = torch.minimum(ends, starts + MAX_SPAN_TOKENS - 1)
    has = starts > 0
    target = torch.where(has, 1 + starts * output.start.shape[1] + ends, torch.zeros_like(starts))
    joint = -likelihood.gather(1, target[:, None]).mean()
    apart = partial(functional.cross_entropy, reduction="none")
    edges = (apart(output.start, starts) + apart(output.end, ends)) * has.float()
    return joint + edge_weight * edges.mean(), joint
