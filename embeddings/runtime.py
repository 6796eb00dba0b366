"""Runs a BERT-like network without torch: its graph, its word table, its tokens, its batches.

The network takes `inputs_embeds`, so that the word table, four fifths of a multilingual encoder,
stays outside as a memory-mapped array that several networks share: the encoder here, and any head
that is trained on top of the same layers. The graph is built from the weights as they stand in
safetensors, operation by operation: OpenVINO's own converter would import torch, and sends usage
statistics over the network.

This module must not know what the outputs mean, nor which texts go in: no prefixes, no pooling
choices of a model family, no cache.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import EncoderError, WeightsError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "SHAPE_MULTIPLE",
    "BertShape",
    "Floats",
    "Network",
    "TextTokenizer",
    "WordTable",
    "import_openvino",
    "length_batches",
    "write_network",
]

Floats = NDArray[np.float32]
Node = Any
"""A node of an OpenVINO graph; the library's own types say no more."""

BATCH_TOKENS = 1024
"""Tokens in one run, padding included. More is not faster on two cores, and a question that
arrives while articles are indexed waits for the run that has begun."""

SHAPE_MULTIPLE = 8
"""Tokens to which a batch is padded: the runtime prepares kernels for each shape it has not seen,
which takes up to 50 ms (4 x 100 tokens: 207 ms the first time, 160 the second)."""

WINDOW_MARGIN = 16
"""A part that begins inside a word may have a few tokens more than it had in the whole text."""

MASKED = 30_000.0
"""Taken from the attention to padding; the weights are stored in half precision, up to 65,504."""


def import_openvino() -> Any:
    """OpenVINO without its usage statistics, which it would send over the network when imported.

    With None in place of its telemetry package it does without.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of a BERT or XLM-RoBERTa encoder that are not seen in its tensors.

    Attributes:
        position_offset: row of the position table for the first token; XLM-RoBERTa's begins
            after its padding index.
    """

    layers: int
    heads: int
    hidden: int
    eps: float
    positions: int
    position_offset: int = 0

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> BertShape:
        """Read a Hugging Face `config.json`.

        Raises:
            EncoderError: another architecture, or a variant of it that is not built here.
        """
        kind = config.get("model_type")
        if kind not in ("bert", "roberta", "xlm-roberta"):
            raise EncoderError(f"the light runtime has no network of type {kind!r}")
        if config.get("hidden_act", "gelu") != "gelu":
            raise EncoderError(f"the light runtime has no {config['hidden_act']!r} activation")
        if config.get("position_embedding_type", "absolute") != "absolute":
            raise EncoderError("the light runtime has absolute positions only")
        offset = 0 if kind == "bert" else int(config.get("pad_token_id", 1)) + 1
        return cls(
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            hidden=int(config["hidden_size"]),
            eps=float(config["layer_norm_eps"]),
            positions=int(config["max_position_embeddings"]) - offset,
            position_offset=offset,
        )


Head = Callable[[Node, Node, Callable[[str], Floats]], Sequence[Node]]
"""Takes the last hidden state (batch, tokens, hidden), the mask as float32 (batch, tokens, 1)
and the function that gives tensors by name; returns the outputs of the network."""


def write_network(
    path: Path, shape: BertShape, tensor: Callable[[str], Floats], head: Head
) -> None:
    """Write the twelve layers and a head as an OpenVINO model, weights in half precision.

    Inputs: `inputs_embeds` float32 (batch, tokens, hidden), `attention_mask` int64
    (batch, tokens), padding on the right.

    Args:
        path: where to write; ends in .xml, the weights come beside it in .bin.
        shape: the sizes.
        tensor: gives a weight by its name in Hugging Face's BertModel, such as
            `encoder.layer.0.output.dense.bias`.
        head: what is built on top of the last layer.

    Raises:
        WeightsError: a weight is missing or does not fit.
    """
    ov = import_openvino()
    try:
        ov.save_model(_graph(shape, tensor, head), path, compress_to_fp16=True)
    except KeyError as error:
        raise WeightsError(f"the weights have no tensor {error}") from error
    except RuntimeError as error:
        raise WeightsError(f"the weights do not fit the network ({error})") from error


def _graph(shape: BertShape, tensor: Callable[[str], Floats], head: Head) -> Any:
    ov = import_openvino()
    op = ov.opset13

    def norm(x: Node, name: str) -> Node:
        centred = op.mvn(x, np.array([-1]), True, shape.eps, "inside_sqrt")
        return centred * op.constant(tensor(f"{name}.weight")) + op.constant(tensor(f"{name}.bias"))

    def dense(x: Node, *names: str) -> Node:
        weight = np.concatenate([tensor(f"{name}.weight") for name in names])
        bias = np.concatenate([tensor(f"{name}.bias") for name in names])
        return op.matmul(x, op.constant(weight), False, True) + op.constant(bias)

    words = op.parameter([-1, -1, shape.hidden], ov.Type.f32, name="inputs_embeds")
    mask = op.parameter([-1, -1], ov.Type.i64, name="attention_mask")
    length = op.gather(op.shape_of(mask), op.constant(np.array([1])), op.constant(np.int64(0)))
    offset = op.constant(np.array([shape.position_offset]))
    one, zero = op.constant(np.array([1])), op.constant(np.array([0]))
    table = op.constant(tensor("embeddings.position_embeddings.weight"))
    positions = op.slice(table, offset, op.add(offset, length), one, zero)  # (tokens, hidden)
    types = op.constant(tensor("embeddings.token_type_embeddings.weight")[0])
    kept = op.convert(mask, "f32")
    unmasked, far = (op.constant(np.array(value, np.float32)) for value in (1.0, MASKED))
    hidden_away = op.unsqueeze((kept - unmasked) * far, np.array([1, 2]))
    split = op.constant(np.array([0, 0, shape.heads, shape.hidden // shape.heads]))
    joined = op.constant(np.array([0, 0, shape.hidden]))
    by_head, by_token = (op.constant(np.array(order)) for order in ([0, 2, 1, 3], [0, 2, 1, 3]))

    x = norm(words + positions + types, "embeddings.LayerNorm")
    for layer in range(shape.layers):
        at = f"encoder.layer.{layer}"
        three = dense(x, *(f"{at}.attention.self.{part}" for part in ("query", "key", "value")))
        query, key, value = (
            op.transpose(op.reshape(part, split, True), by_head)  # (batch, heads, tokens, width)
            for part in op.split(three, op.constant(np.int64(-1)), 3).outputs()
        )
        seen = op.scaled_dot_product_attention(query, key, value, hidden_away)
        together = op.reshape(op.transpose(seen, by_token), joined, True)
        x = norm(x + dense(together, f"{at}.attention.output.dense"),
                 f"{at}.attention.output.LayerNorm")  # fmt: skip
        inner = op.gelu(dense(x, f"{at}.intermediate.dense"), "erf")
        x = norm(x + dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    outputs = head(x, op.unsqueeze(kept, np.array([2])), tensor)
    return ov.Model(list(outputs), [words, mask], "menbe")


@cache
def _single_blas_thread() -> None:
    """Keep numpy's products on one thread, for the whole process.

    OpenBLAS's threads spin for a while after each product, on the cores that the network needs
    next: with them a warm ask took 260 ms, without 160, on two cores. The products here are small.
    torch's MKL keeps its threads: another encoder may run on it.
    """
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)


class Network:
    """A network that was written by `write_network`, ready to run from several threads.

    Each run borrows one of two requests; the runtime queues what is waiting in order of arrival,
    so that a long indexing run delays another thread's question by one batch.

    Raises:
        WeightsError: the files cannot be read as a network.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        ov = import_openvino()
        _single_blas_thread()
        # Pinned threads of two networks, or of two processes, end up on the same core: encoder
        # and reader then ran on one core of two.
        config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        if threads is not None:
            config["INFERENCE_NUM_THREADS"] = threads
        try:
            compiled = ov.Core().compile_model(path, "CPU", config)
        except RuntimeError as error:
            raise WeightsError(f"{path} cannot be read as a network") from error
        self._free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(2):
            self._free.put(compiled.create_infer_request())

    @contextmanager
    def _request(self) -> Iterator[Any]:
        request = self._free.get()
        try:
            yield request
        finally:
            self._free.put(request)

    def run(self, embeddings: Floats, mask: NDArray[np.int64]) -> list[Floats]:
        """The outputs for a batch: embeddings (batch, tokens, hidden), mask (batch, tokens).

        Raises:
            EncoderError: the runtime failed, as when memory is short.
        """
        with self._request() as request:
            try:
                made = request.infer({"inputs_embeds": embeddings, "attention_mask": mask})
            except RuntimeError as error:
                raise EncoderError(
                    f"the network failed on a batch of shape {mask.shape} ({error})",
                    "Check the free memory and try again",
                ) from error
            return [np.array(value, dtype=np.float32) for value in made.values()]


class WordTable:
    """The word embeddings (vocabulary, hidden), read from disk row by row as they are needed."""

    def __init__(self, rows: NDArray[np.floating[Any]]) -> None:
        self._rows = rows

    @classmethod
    def open(cls, path: Path) -> WordTable:
        """Map a .npy file of shape (vocabulary, hidden), float16 or float32.

        Raises:
            WeightsError: the file is missing or something else.
        """
        try:
            rows = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise WeightsError(f"{path} cannot be read as a table of words") from error
        if rows.ndim != 2 or rows.dtype not in (np.float16, np.float32):
            raise WeightsError(f"{path} has {rows.dtype} of shape {rows.shape}, not a word table")
        return cls(rows)

    @property
    def shape(self) -> tuple[int, int]:
        """(vocabulary, hidden)."""
        return self._rows.shape[0], self._rows.shape[1]

    def batch(
        self, ids: Sequence[Sequence[int]], *, multiple: int = 1
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Embeddings (batch, length, hidden) and mask (batch, length), zeros on the right.

        Args:
            ids: of each text.
            multiple: the length is the longest text's, rounded up to a multiple of this. The
                runtime prepares its kernels anew for each shape that it has not seen.
        """
        longest = -(-max(map(len, ids)) // multiple) * multiple
        embeddings = np.zeros((len(ids), longest, self.shape[1]), np.float32)
        mask = np.zeros((len(ids), longest), np.int64)
        for row, tokens in enumerate(ids):
            embeddings[row, : len(tokens)] = self._rows[np.asarray(tokens, np.int64)]
            mask[row, : len(tokens)] = 1
        return embeddings, mask


class TextTokenizer:
    """A `tokenizer.json` without truncation or padding; safe to use from several threads.

    Raises:
        WeightsError: the file is missing or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self.raw: Tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more exact
            raise WeightsError(f"{path} cannot be read as a tokenizer") from error
        self.raw.no_truncation()
        self.raw.no_padding()
        # "</s>" inside an article is text, not the end of the input
        self.raw.encode_special_tokens = True

    def counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, without special ones."""
        return [len(made.ids) for made in self._encode(texts, special=False)]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the special ones, text by text."""
        return [made.ids for made in self._encode(texts, special=True)]

    def windows(self, text: str, most: int) -> list[tuple[str, int]]:
        """`text` cut into parts of at most `most` tokens, each with its number of tokens."""
        tokens = self.counts([text])[0]
        if tokens <= most:
            return [(text, tokens)]
        offsets = self.raw.encode(text, add_special_tokens=False).offsets
        step = max(1, most - min(WINDOW_MARGIN, most // 8))
        firsts = range(0, len(offsets), step)
        cuts = [0, *(offsets[first][0] for first in firsts[1:]), len(text)]
        return [
            (text[cuts[part] : cuts[part + 1]], min(step, len(offsets) - first))
            for part, first in enumerate(firsts)
        ]

    def _encode(self, texts: Sequence[str], *, special: bool) -> list[Any]:
        try:
            return self.raw.encode_batch_fast(list(texts), add_special_tokens=special)
        except TypeError as error:
            wrong = next((text for text in texts if not _is_unicode(text)), None)
            if wrong is None:
                raise
            raise EncoderError(
                f"A text is not Unicode ({wrong[:40]!a}): it holds half of a surrogate pair",
                "Decode it with the encoding it was written in",
            ) from error


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def length_batches(
    lengths: Sequence[int], *, most_tokens: int = BATCH_TOKENS
) -> Iterator[list[int]]:
    """Indices grouped by similar length; longest first, so that memory is at its peak at once.

    A batch padded to its longest member has at most `most_tokens` tokens, or one member; none is
    shorter than seven eighths of the longest, since a batch gains less than a tenth over single
    texts (0.32 to 0.36 ms a token on two AVX2 cores) and padding costs as much as text.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        longest = lengths[batch[0]] if batch else 0
        if batch and ((len(batch) + 1) * longest > most_tokens or 8 * lengths[index] < 7 * longest):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
