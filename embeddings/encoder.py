"""Text to vectors: what every encoder offers, its two implementations, and how one is chosen.

`SentenceTransformerEncoder` runs any sentence-transformers model, on torch. `LightEncoder` runs
the same network without torch, from a folder that is exported once and checked against the
original when it is. Vectors are float32 rows of unit length, so that a dot product is a cosine.

This module must not know what is encoded: neither articles, nor questions beyond their text, nor
what the vectors are searched with. It is the only importer of sentence-transformers.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import gcd
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.bundled import BUNDLED_NAME, bundled_identity, unpack_bundled
from embeddings.cache import Progress, cache_root, ensure_folder
from embeddings.errors import EncoderError, WeightsError
from embeddings.modelfolder import (
    ModelFolder,
    Prefixes,
    find_model,
    open_tensors,
    read_model_folder,
    word_rows,
)
from embeddings.runtime import (
    SHAPE_MULTIPLE,
    BertShape,
    Network,
    TextTokenizer,
    WordTable,
    import_openvino,
    length_batches,
    write_network,
)

__all__ = [
    "Encoder",
    "FloatMatrix",
    "LightEncoder",
    "SentenceTransformerEncoder",
    "export_light",
    "load_encoder",
]

FloatMatrix = NDArray[np.float32]
"""(n, dimension), float32."""

LIGHT = 1
"""Counted up when an export changes, so that old ones are left alone."""

QUESTION_WINDOWS = 8
AGREEMENT = 0.999
"""The least cosine between a vector of the light runtime and of sentence-transformers."""

CHECK_TEXTS = (
    "Who chaired the meeting?",
    "Кто возглавил заседание и что на нём решили?",
    "Azərbaycan Respublikasının xarici işlər naziri kimdir?",
    "Toplantıya kim başkanlık etti?",
    "42",
    "The two ministers discussed regional security, trade and transport. " * 12,
    "Министры обсудили безопасность, торговлю и транспорт в регионе. " * 5,
)
"""Two scripts, four languages, one token to some two hundred: a batch with much padding."""


class Encoder(Protocol):
    """What makes vectors of texts. Safe to use from several threads."""

    @property
    def identity(self) -> str:
        """Stands for weights, tokenizer and prefixes; stored with the vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """The most tokens, as `count_tokens` counts, of a passage; prefix and special tokens
        have their room beside it."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, without special ones and without a prefix."""
        ...

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Unit rows (n, dimension), in the order of `texts`.

        A question longer than `max_tokens` is encoded in as many parts as it needs, up to
        eight, and its vector is their mean by length: nothing of it is cut off.

        Raises:
            EncoderError: a question needs more parts, is no Unicode, or the runtime failed.
        """
        ...

    def encode_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Unit rows (n, dimension), in the order of `texts`.

        Raises:
            EncoderError: a passage is longer than `max_tokens`, is no Unicode, or the runtime
                failed.
        """
        ...


class _TokenEncoder(ABC):
    """What both encoders do with tokens: limits, and long questions in parts."""

    def __init__(
        self, *, identity: str, dimension: int, limit: int, prefixes: Prefixes,
        tokenizer: TextTokenizer,
    ) -> None:  # fmt: skip
        self.identity = identity
        self.dimension = dimension
        self.prefixes = prefixes
        self.tokenizer = tokenizer
        self.limit = limit
        longest = max(tokenizer.ids([prefixes.query, prefixes.passage]), key=len)
        self.max_tokens = limit - len(longest)
        if self.max_tokens < 1:
            raise EncoderError(f"{identity} takes {limit} tokens, which its prefix fills")

    @abstractmethod
    def _encode(self, texts: Sequence[str], prefix: str) -> FloatMatrix:
        """Unit rows of texts that are within the limit, `prefix` put before each."""

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, without special ones and without a prefix."""
        return self.tokenizer.counts([text])[0]

    def encode_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """See `Encoder.encode_passages`."""
        for text, tokens in zip(texts, self.tokenizer.counts(texts), strict=True):
            if tokens > self.max_tokens:
                raise EncoderError(
                    f"A passage has {tokens} tokens ({text[:40]!r}…); the encoder takes"
                    f" {self.max_tokens}",
                    "Lower the chunk budget",
                )
        return self._encode(texts, self.prefixes.passage)

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """See `Encoder.encode_questions`."""
        parts: list[tuple[int, str, int]] = []
        for row, text in enumerate(texts):
            windows = self.tokenizer.windows(text, self.max_tokens)
            if len(windows) > QUESTION_WINDOWS:
                raise EncoderError(
                    f"The question has {sum(tokens for _, tokens in windows)} tokens, too many"
                    f" for {QUESTION_WINDOWS} parts of up to {self.max_tokens}",
                    "Ask a shorter question",
                )
            parts.extend((row, window, max(tokens, 1)) for window, tokens in windows)
        made = self._encode([window for _, window, _ in parts], self.prefixes.query)
        if len(parts) == len(texts):
            return made
        sums = np.zeros((len(texts), self.dimension), np.float32)
        for (row, _, tokens), vector in zip(parts, made, strict=True):
            sums[row] += np.float32(tokens) * vector
        return _unit(sums)


class LightEncoder(_TokenEncoder):
    """An encoder from a folder that `export_light` wrote; imports no torch.

    Raises:
        WeightsError: the folder is not such a folder, or a file of it cannot be read.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        import_openvino()  # before the thread, where an import would be half as fast
        try:
            facts = json.loads((folder / "light.json").read_text(encoding="utf-8"))
            identity, dimension = str(facts["identity"]), int(facts["dimension"])
            limit, prefixes = int(facts["limit"]), Prefixes(facts["query"], facts["passage"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(
                f"{folder} is not an exported encoder", "Delete the folder and run again"
            ) from error
        with ThreadPoolExecutor(1) as other:  # compiling and reading the tokenizer take alike
            network = other.submit(Network, folder / "model.xml", threads=threads)
            tokenizer = TextTokenizer(folder / "tokenizer.json")
            self.network = network.result()
        self.folder = folder
        self.words = WordTable.open(folder / "words.npy")
        super().__init__(
            identity=identity, dimension=dimension, limit=limit, prefixes=prefixes,
            tokenizer=tokenizer,
        )  # fmt: skip

    def _encode(self, texts: Sequence[str], prefix: str) -> FloatMatrix:
        ids = self.tokenizer.ids([prefix + text for text in texts])
        lengths = [len(tokens) for tokens in ids]
        if max(lengths, default=0) > self.limit:
            raise EncoderError(f"An input has {max(lengths)} tokens of at most {self.limit}")
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for batch in length_batches(lengths):
            chosen = [ids[row] for row in batch]
            inputs = self.words.batch(chosen, multiple=gcd(SHAPE_MULTIPLE, self.limit))
            vectors[batch] = self.network.run(*inputs)[0]
        return _finite(vectors, self.identity)


class SentenceTransformerEncoder(_TokenEncoder):
    """Any sentence-transformers folder or hub model, run by torch; one run at a time.

    Raises:
        EncoderError: there is no such model, or it cannot be loaded.
    """

    def __init__(self, folder_or_name: str | Path, *, notes: Path | None = None) -> None:
        name = str(folder_or_name)
        root = find_model(name)
        model = read_model_folder(root, name=name, notes=notes)
        self._model = _sentence_transformer(root)
        self._lock = Lock()  # torch models keep state while they run
        super().__init__(
            identity=model.identity,
            dimension=len(self._model.encode("", normalize_embeddings=True)),
            limit=min(model.limit, int(self._model.max_seq_length or model.limit)),
            prefixes=model.prefixes,
            tokenizer=TextTokenizer(model.path / "tokenizer.json"),
        )

    def _encode(self, texts: Sequence[str], prefix: str) -> FloatMatrix:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        with self._lock:
            try:
                made = self._model.encode(
                    list(texts), prompt=prefix, batch_size=8, normalize_embeddings=True,
                    convert_to_numpy=True, show_progress_bar=False,
                )  # fmt: skip
            except RuntimeError as error:
                raise EncoderError(
                    f"{self.identity} failed on {len(texts)} texts ({error})",
                    "Check the free memory and try again",
                ) from error
        return _finite(_unit(np.asarray(made, np.float32)), self.identity)


def load_encoder(
    name: str | None = None, *, cache_dir: Path | None = None, progress: Progress | None = None
) -> Encoder:
    """The encoder that `name` means: None for the bundled one, else a folder or a hub model.

    On first use the bundled encoder is unpacked; it and every model that the light runtime can
    run is exported and checked there; both are kept in the cache folder and made again when a
    file of theirs was damaged. Other models run on torch.

    Args:
        name: None, a sentence-transformers folder, or the name of a model of the hub, which is
            the only case in which anything is fetched.
        cache_dir: where exports are kept; without it see `embeddings.cache.cache_root`.
        progress: told what is being done and how far it is.

    Raises:
        EncoderError: no such model, it cannot be loaded, or its export gives other vectors.
        WeightsError: weights are missing, truncated or altered.
    """
    root = cache_root(cache_dir)
    if name is None:
        light = root / f"light-{LIGHT}-{bundled_identity()}"

        def fill(folder: Path) -> None:
            source = unpack_bundled(cache_dir=cache_dir, progress=progress)
            _export_checked(read_model_folder(source, name=BUNDLED_NAME), source, folder, progress)

        return LightEncoder(ensure_folder(light, fill, needed_bytes=500_000_000))
    folder = find_model(name)
    model = read_model_folder(folder, name=name, notes=root)
    try:
        _light_shape(model)
        light = ensure_folder(
            root / f"light-{LIGHT}-{model.identity}",
            lambda target: _export_checked(model, folder, target, progress),
            needed_bytes=sum(f.stat().st_size for f in model.path.glob("*.safetensors")),
        )
        return LightEncoder(light)
    except _NotLightError:
        return SentenceTransformerEncoder(name, notes=root)


class _NotLightError(EncoderError):
    """The light runtime cannot run this model, or not to the same vectors."""


def _light_shape(model: ModelFolder) -> BertShape:
    if model.pooling is None or not (model.path / "tokenizer.json").is_file():
        raise _NotLightError(f"{model.identity} has other modules than the light runtime")
    try:
        return BertShape.from_config(model.config)
    except (EncoderError, KeyError, TypeError, ValueError) as error:
        raise _NotLightError(str(error)) from error


def export_light(model: ModelFolder, folder: Path) -> None:
    """Write the files that `LightEncoder` reads into `folder`, which is there and empty.

    Raises:
        EncoderError: the light runtime has no such network.
        WeightsError: a weight is missing or does not fit.
    """
    shape = _light_shape(model)
    cls = model.pooling == "cls"

    def head(hidden: Any, kept: Any, _tensor: Any) -> list[Any]:
        op = import_openvino().opset13
        if cls:
            pooled = op.gather(hidden, op.constant(np.int64(0)), op.constant(np.int64(1)))
        else:  # the mean's divisor falls out when the length is made one
            pooled = op.reduce_sum(hidden * kept, op.constant(np.array([1])))
        return [op.normalize_l2(pooled, op.constant(np.array([1])), 1e-12, "max")]

    with open_tensors(model.path) as tensor:
        write_network(
            folder / "model.xml", shape, lambda name: tensor(name).astype(np.float32), head
        )
        words = word_rows(tensor("embeddings.word_embeddings.weight"))
        np.save(folder / "words.npy", words, allow_pickle=False)
    (folder / "tokenizer.json").write_bytes((model.path / "tokenizer.json").read_bytes())
    facts = {
        "identity": model.identity, "dimension": shape.hidden,
        "limit": min(model.limit, shape.positions),
        "query": model.prefixes.query, "passage": model.prefixes.passage,
    }  # fmt: skip
    (folder / "light.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def _export_checked(
    model: ModelFolder, source: Path, folder: Path, progress: Progress | None
) -> None:
    """Export and compare with sentence-transformers; nothing is published unless they agree."""
    report = progress if progress is not None else (lambda _task, _part: None)
    task = f"Preparing the encoder {model.identity}"
    report(task, 0.0)
    export_light(model, folder)
    report(task, 0.2)
    light = LightEncoder(folder)
    report(task, 0.3)
    full = _sentence_transformer(source)
    report(task, 0.8)
    texts = [light.tokenizer.windows(text, light.max_tokens)[0][0] for text in CHECK_TEXTS]
    worst = 1.0
    for prefix in {model.prefixes.query, model.prefixes.passage}:
        wanted = full.encode(texts, prompt=prefix, normalize_embeddings=True)
        made = light._encode(texts, prefix)
        worst = min(worst, float((made * wanted).sum(axis=1).min()))
    if not worst >= AGREEMENT:
        raise _NotLightError(
            f"The export of {model.identity} gives other vectors (cosine {worst:.4f})",
            "Report the processor and the versions of openvino and sentence-transformers",
        )
    report(task, 1.0)


def _sentence_transformer(folder: Path) -> Any:
    """Load a local folder with torch: no network, no code of the model's, no pickled weights."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )  # fmt: skip
    except Exception as error:  # anything may be wrong with a folder that a person named
        raise EncoderError(
            f"{folder} cannot be loaded by sentence-transformers ({type(error).__name__}: {error})",
            "Save the model again, or unset MENBE_ENCODER to use the bundled encoder",
        ) from error


def _unit(vectors: FloatMatrix) -> FloatMatrix:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)


def _finite(vectors: FloatMatrix, identity: str) -> FloatMatrix:
    if not np.isfinite(vectors).all():
        raise EncoderError(
            f"{identity} made a vector that is not a number", "Check the model's weights"
        )
    return vectors
