"""Reads a sentence-transformers folder: its sizes, prefixes, pooling, identity and weights.

This module must not know how a model is run; it imports neither torch nor a runtime.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.cache import file_sha256
from embeddings.errors import EncoderError, WeightsError
from prompts import load_json

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ModelFolder", "Prefixes", "find_model", "open_tensors", "read_model_folder"]

WEIGHTS = "model.safetensors"
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
"""What is fetched of a hub model: no pickled weights, no program code."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What an encoder wants before a question and before a passage; often nothing."""

    query: str
    passage: str


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A sentence-transformers folder, described.

    Attributes:
        path: the folder.
        identity: stands for weights, tokenizer, settings and prefixes; equal only when they are.
        prefixes: before questions and passages.
        limit: the most tokens of one input, special ones and prefix included.
        pooling: "mean" or "cls" when the model is a transformer, that pooling and at most a
            normalisation; None when it has other modules or poolings.
        config: the transformer's config.json.
    """

    path: Path
    identity: str
    prefixes: Prefixes
    limit: int
    pooling: str | None
    config: Mapping[str, Any]


def find_model(name: str) -> Path:
    """The local folder of a model that a person named: a folder, else a model of the hub.

    The hub is asked only for what its local cache lacks, and not at all with HF_HUB_OFFLINE=1.

    Raises:
        EncoderError: there is no such folder, and no such model within reach.
    """
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    if not HUB_NAME.fullmatch(name):
        raise EncoderError(
            f"There is no encoder folder {name!r}",
            "Set MENBE_ENCODER to a sentence-transformers folder or model, or unset it",
        )
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except Exception as error:  # a dozen classes of three libraries: not found, offline, refused
        raise EncoderError(
            f"The encoder {name!r} is neither a folder nor a model that can be fetched"
            f" ({type(error).__name__})",
            "Check the name and the network, or unset MENBE_ENCODER to use the bundled encoder",
        ) from error


def read_model_folder(path: Path, *, name: str = "", notes: Path | None = None) -> ModelFolder:
    """Describe the model in `path`.

    Args:
        path: the folder.
        name: what a person calls the model; its family is recognised by it.
        notes: a folder where the hashes of big files may be remembered.

    Raises:
        EncoderError: it is not a sentence-transformers folder.
        WeightsError: its weights are missing, or only there in a format that runs code.
    """
    if not (path / "modules.json").is_file():
        raise EncoderError(
            f"{path} is not a sentence-transformers folder: it has no modules.json",
            "Save the model with SentenceTransformer.save and name that folder",
        )
    modules = _read(path / "modules.json")
    kinds = [(str(m.get("type", "")).rpartition(".")[2], str(m.get("path", ""))) for m in modules]
    transformer = path / next((place for kind, place in kinds if kind == "Transformer"), "")
    if not any(transformer.glob("*.safetensors")):
        raise WeightsError(
            f"{transformer} has no weights in safetensors",
            "Save the model with safe_serialization=True; other formats can run code",
        )
    config = _read(transformer / "config.json")
    own = _read(path / "config_sentence_transformers.json", missing={})
    prefixes = _prefixes((name, str(config.get("_name_or_path", "")), path.name), own)
    digest = hashlib.sha256(_content_hash(path, notes).encode())
    digest.update(json.dumps([prefixes.query, prefixes.passage]).encode())
    label = re.sub(r"[^\w.-]+", "-", (name or path.name).rstrip("/").rpartition("/")[2])[:60]
    return ModelFolder(
        path=transformer,
        identity=f"{label or 'encoder'}-{digest.hexdigest()[:16]}",
        prefixes=prefixes,
        limit=_limit(transformer, config),
        pooling=_pooling(path, kinds),
        config=config,
    )


@contextmanager
def open_tensors(folder: Path) -> Iterator[Callable[[str], NDArray[Any]]]:
    """Give a function from a tensor's name, as in Hugging Face's BertModel, to its values.

    Raises:
        WeightsError: the file cannot be read. The function raises KeyError for another name.
    """
    from safetensors import SafetensorError, safe_open

    with ExitStack() as stack:
        names: dict[str, tuple[Any, str]] = {}
        for path in sorted(folder.glob("*.safetensors")):
            try:
                file = stack.enter_context(safe_open(path, framework="np"))
            except (OSError, SafetensorError) as error:
                raise WeightsError(
                    f"{path} cannot be read as safetensors", "Fetch or save the model again"
                ) from error
            for key in file.keys():  # noqa: SIM118 - safe_open is no mapping
                plain = re.sub(r"^(bert|roberta)\.", "", key)
                names[plain] = (file, key)

        def tensor(name: str) -> NDArray[Any]:
            file, key = names[name]
            values: NDArray[Any] = file.get_tensor(key)
            return values

        yield tensor


def _read(path: Path, *, missing: Any = None) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise EncoderError(f"{path} is missing", "Fetch or save the model again") from error
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} cannot be read", "Fetch or save the model again") from error


def _prefixes(names: tuple[str, ...], own: Mapping[str, Any]) -> Prefixes:
    """By the family that a name tells, the longest match first; else the model's own prompts."""
    families = load_json("encoders.json")
    for name in names:
        matches = [
            (len(part), family)
            for family in families.values()
            for part in family["match"]
            if part in name.lower()
        ]
        if matches:
            family = max(matches, key=lambda match: match[0])[1]
            return Prefixes(family["query"], family["passage"])
    prompts = own.get("prompts", {})
    return Prefixes(
        str(prompts.get("query", "")),
        str(prompts.get("passage", prompts.get("document", ""))),
    )


def _limit(folder: Path, config: Mapping[str, Any]) -> int:
    """The smallest of the limits that the model's files state."""
    stated = [
        _read(folder / "sentence_bert_config.json", missing={}).get("max_seq_length"),
        _read(folder / "tokenizer_config.json", missing={}).get("model_max_length"),
    ]
    rows = config.get("max_position_embeddings")
    if rows is not None:
        roberta = config.get("model_type") in ("roberta", "xlm-roberta")
        stated.append(rows - (int(config.get("pad_token_id", 1)) + 1 if roberta else 0))
    limits = [int(limit) for limit in stated if limit]
    if not limits:
        raise EncoderError(f"{folder} does not say how many tokens its model takes")
    return min(limits)


def _pooling(path: Path, kinds: list[tuple[str, str]]) -> str | None:
    names = [kind for kind, _ in kinds]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    pooling = _read(path / kinds[1][1] / "config.json")
    modes = {
        key.removeprefix("pooling_mode_")
        for key, on in pooling.items()
        if key.startswith("pooling_mode_") and on is True
    } or {str(pooling.get("pooling_mode", ""))}
    if pooling.get("include_prompt", True) is not True:
        return None
    return {"mean_tokens": "mean", "mean": "mean", "cls_token": "cls", "cls": "cls"}.get(
        modes.pop() if len(modes) == 1 else ""
    )


def _content_hash(path: Path, notes: Path | None) -> str:
    """One hash over the files that decide a vector; remembered by their sizes and times."""
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix in (".safetensors", ".json", ".txt", ".model")
        and file.is_file()
        and not file.name.startswith(".")
        and file.name != "manifest.json"
    )
    stamps = []
    for file in files:
        stat = file.stat()
        stamps.append([file.relative_to(path).as_posix(), stat.st_size, stat.st_mtime_ns,
                       stat.st_ctime_ns, stat.st_ino])  # fmt: skip
    note = None
    if notes is not None:
        place = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
        note = notes / f"hash-{place}.json"
        try:
            known = json.loads(note.read_text(encoding="utf-8"))
            if known["stamps"] == stamps:
                return str(known["hash"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # not remembered yet, or written by something else: hash again
    digest = hashlib.sha256()
    for file, stamp in zip(files, stamps, strict=True):
        digest.update(f"{stamp[0]}\0{file_sha256(file)}\n".encode())
    if note is not None:
        try:
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(json.dumps({"stamps": stamps, "hash": digest.hexdigest()}))
        except OSError:
            pass  # a cache that cannot be written costs the hashing each time, nothing else
    return digest.hexdigest()


def word_rows(values: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """The word table in the precision it is stored in, float16 or float32."""
    return values if values.dtype == np.float16 else values.astype(np.float32)
