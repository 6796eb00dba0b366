"""The reader as plain functions over tensors by name, in place of modules.

A step that is captured as a graph may not ask the device anything, and the trained tensors are
views of one flat vector. `qa.read.model.ReaderNetwork` is the same function; a test holds both to
the same numbers.

This module must not know files' formats beyond the encoder's folder, data, or how it is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from qa.read.model import Head, Output
from qa.read.packed import HEAD

__all__ = ["LAYER", "Embeddings", "State", "forward", "layer_of"]

State = dict[str, Tensor]
"""Tensors by name: `encoder.layer.…` as in Hugging Face's BertModel, and `head.…`."""

LAYER = "encoder.layer."


def layer_of(name: str) -> int | None:
    """The layer's number of one of the encoder's tensors, from 0; None for one of the head."""
    return int(name.removeprefix(LAYER).split(".")[0]) if name.startswith(LAYER) else None


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What is never trained, and the encoder's sizes.

    Attributes:
        words: `(vocabulary, width)`, half precision on an accelerator.
        places: `(positions, width)`, positions with the only token type added.
        weight, bias: `(width,)`, of the layer norm.
        layers, heads, epsilon: sizes, as in config.json.
        head: its shapes; its own weights are not used.
    """

    words: Tensor
    places: Tensor
    weight: Tensor
    bias: Tensor
    layers: int
    heads: int
    epsilon: float
    head: Head

    @classmethod
    def of(
        cls, config: Mapping[str, Any], base: Callable[[str], NDArray[Any]], device: str
    ) -> Embeddings:
        """From the encoder's configuration and a function that gives its tensors by name."""

        def get(name: str) -> Tensor:
            return torch.from_numpy(base(f"embeddings.{name}")).to(device).float()

        words = torch.from_numpy(base("embeddings.word_embeddings.weight")).to(device)
        return cls(
            words=words.float() if device == "cpu" else words.half(),
            places=get("position_embeddings.weight") + get("token_type_embeddings.weight")[0],
            weight=get("LayerNorm.weight"),
            bias=get("LayerNorm.bias"),
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config["layer_norm_eps"]),
            head=Head(int(config["hidden_size"])),
        )


def forward(
    state: State,
    fixed: Embeddings,
    ids: Tensor,
    mask: Tensor,
    passage: Tensor,
    *,
    dropout: float = 0.0,
    frozen_layers: int = 0,
) -> Output:
    """Scores of a batch, as `ReaderNetwork` gives them.

    Args:
        state: the encoder's layers and the head.
        fixed: the rest of the encoder.
        ids, mask, passage: `(batch, length)`.
        dropout: share of values that a trained layer drops.
        frozen_layers: the lowest so many layers drop nothing and pass no gradient on.
    """
    device = ids.device.type
    # Without the cache: it would keep casts of one step's weights for the replays of later ones.
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda", cache_enabled=False):
        states = _encode(state, fixed, ids, mask, dropout, frozen_layers)
    head = {n.removeprefix(HEAD): t for n, t in state.items() if n.startswith(HEAD)}
    return Output(*functional_call(fixed.head, head, (states.float(), passage), strict=True))


def _encode(
    state: State, fixed: Embeddings, ids: Tensor, mask: Tensor, dropout: float, frozen_layers: int
) -> Tensor:
    """The last layer's states `(batch, length, width)`."""
    seen = mask[:, None, None, :].bool()  # (batch, 1, 1, length)
    states = fixed.words[ids].float() + fixed.places[: ids.shape[1]]
    shape = (states.shape[-1],)
    states = functional.layer_norm(states, shape, fixed.weight, fixed.bias, fixed.epsilon)
    states = functional.dropout(states, dropout, dropout > 0)
    for number in range(fixed.layers):
        trained = number >= frozen_layers
        with torch.set_grad_enabled(torch.is_grad_enabled() and trained):
            states = _layer(state, fixed, number, states, seen, dropout if trained else 0.0)
    return states


def _layer(
    state: State, fixed: Embeddings, number: int, states: Tensor, seen: Tensor, dropout: float
) -> Tensor:
    """One layer: attention, then the two dense ones, each added to its input and normed."""
    batch, length, width = states.shape

    def get(name: str) -> tuple[Tensor, Tensor]:
        start = f"{LAYER}{number}.{name}"
        return state[f"{start}.weight"], state[f"{start}.bias"]

    def dense(name: str, values: Tensor) -> Tensor:
        return functional.linear(values, *get(name))

    def added(name: str, before: Tensor, values: Tensor) -> Tensor:
        values = functional.dropout(values, dropout, dropout > 0)
        weight, bias = get(f"{name}.LayerNorm")
        return functional.layer_norm(before + values, (width,), weight, bias, fixed.epsilon)

    query, key, value = (  # each (batch, heads, length, width / heads)
        dense(f"attention.self.{name}", states)
        .view(batch, length, fixed.heads, width // fixed.heads)
        .transpose(1, 2)
        for name in ("query", "key", "value")
    )
    context = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=seen, dropout_p=dropout
    )
    context = context.transpose(1, 2).reshape(batch, length, width)
    states = added("attention.output", states, dense("attention.output.dense", context))
    inner = functional.gelu(dense("intermediate.dense", states))
    return added("output", states, dense("output.dense", inner))
