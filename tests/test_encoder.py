from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from embeddings import encoder as module
from embeddings.encoder import (
    AGREEMENT,
    LightEncoder,
    SentenceTransformerEncoder,
    export_light,
    load_encoder,
)
from embeddings.errors import EncoderError, WeightsError
from embeddings.modelfolder import find_model, read_model_folder
from embeddings.runtime import BATCH_TOKENS, BertShape, length_batches
from prompts import load_json

HIDDEN, INNER, LAYERS, WORDS, ROWS = 16, 32, 2, 40, 24


def tiny_model(
    folder: Path,
    *,
    kind: str = "bert",
    pooling: str = "mean",
    prompts: dict[str, str] | None = None,
) -> Path:
    """A sentence-transformers folder with random weights; one token a letter."""
    rng = np.random.default_rng(7)

    def random(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    sizes = {"embeddings.LayerNorm": (HIDDEN,)}
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value",
                     "attention.output.dense"):  # fmt: skip
            sizes[f"{at}.{name}"] = (HIDDEN, HIDDEN)
        sizes |= {
            f"{at}.intermediate.dense": (INNER, HIDDEN),
            f"{at}.output.dense": (HIDDEN, INNER),
        }
        sizes |= {f"{at}.{name}.LayerNorm": (HIDDEN,) for name in ("attention.output", "output")}
    tensors = {f"{name}.weight": random(*shape) for name, shape in sizes.items()}
    tensors |= {f"{name}.bias": random(shape[0]) for name, shape in sizes.items()}
    for name, rows in (("word", WORDS), ("position", ROWS + 2), ("token_type", 2)):
        tensors[f"embeddings.{name}_embeddings.weight"] = random(rows, HIDDEN)
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    offset = 0 if kind == "bert" else 2
    files: dict[str, object] = {
        "config.json": {
            "model_type": kind, "vocab_size": WORDS, "hidden_size": HIDDEN, "hidden_act": "gelu",
            "num_hidden_layers": LAYERS, "num_attention_heads": 4, "intermediate_size": INNER,
            "max_position_embeddings": ROWS + 2, "type_vocab_size": 2, "layer_norm_eps": 1e-5,
            "pad_token_id": 1, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": ROWS,
            "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>",
            "cls_token": "<s>", "sep_token": "</s>",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling",
             "type": "sentence_transformers.models.Pooling"},
        ],
        "sentence_bert_config.json": {
            "max_seq_length": ROWS - offset, "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_max_tokens": pooling == "max",
        },
        "config_sentence_transformers.json": {"prompts": {} if prompts is None else prompts},
    }  # fmt: skip
    (folder / "1_Pooling").mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    letters = "abcdefghijklmnopqrstuvwxyz :"
    pieces = [*("<s>", "<pad>", "</s>", "<unk>"), *letters]
    tokenizer = Tokenizer(
        models.WordLevel({piece: index for index, piece in enumerate(pieces)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def light(folder: Path, target: Path) -> LightEncoder:
    target.mkdir()
    export_light(read_model_folder(folder), target)
    return LightEncoder(target, threads=1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LightEncoder:
    root = tmp_path_factory.mktemp("tiny")
    prompts = {"query": "q: ", "passage": "pp: "}
    return light(tiny_model(root / "own", prompts=prompts), root / "light")


def test_limits_leave_room_for_prefix_and_special_tokens(tiny: LightEncoder) -> None:
    assert tiny.dimension == HIDDEN
    assert tiny.max_tokens == ROWS - len("<pp: >")
    assert tiny.count_tokens("abc") == 3
    assert tiny.count_tokens("</s>") == 4  # as text, it ends nothing
    assert tiny.encode_passages(["a" * tiny.max_tokens]).shape == (1, HIDDEN)


def test_a_passage_over_the_limit_is_refused_and_not_cut(tiny: LightEncoder) -> None:
    with pytest.raises(EncoderError, match=r"passage has 19 tokens .* takes 18"):
        tiny.encode_passages(["short", "a" * 19])


def test_a_long_question_is_encoded_in_parts(tiny: LightEncoder) -> None:
    whole, beginning = tiny.encode_questions(["abc def ghi jkl mno pqr stu", "abc def ghi jkl mn"])
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(whole, beginning)  # its end counts


def test_a_question_without_end_is_refused(tiny: LightEncoder) -> None:
    with pytest.raises(EncoderError, match="question has 5000 tokens, too many"):
        tiny.encode_questions(["a" * 5000])


def test_half_a_surrogate_pair_is_named(tiny: LightEncoder) -> None:
    for encode in (tiny.encode_passages, tiny.encode_questions):
        with pytest.raises(EncoderError, match="not Unicode"):
            encode(["fine", "not \ud800 fine"])
    with pytest.raises(EncoderError, match="not Unicode"):
        tiny.count_tokens("\udfff")


def test_nothing_gives_an_empty_matrix(tiny: LightEncoder) -> None:
    for encode in (tiny.encode_passages, tiny.encode_questions):
        assert encode([]).shape == (0, HIDDEN)
        assert np.isfinite(encode([""])).all()


@settings(deadline=None, max_examples=40)
@given(texts=st.lists(st.text("abc xyzé", max_size=18), min_size=1, max_size=90))
def test_neither_order_nor_company_changes_a_vector(texts: list[str], tiny: LightEncoder) -> None:
    together = tiny.encode_passages(texts)
    alone = np.concatenate([tiny.encode_passages([text]) for text in texts])
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    assert np.allclose(together, alone, atol=2e-3)


def test_questions_and_passages_have_their_own_prefixes(tiny: LightEncoder) -> None:
    assert np.allclose(tiny.encode_questions(["abc"]), tiny._encode(["abc"], "q: "), atol=1e-5)
    assert not np.allclose(tiny.encode_questions(["abc"]), tiny.encode_passages(["abc"]))


def test_many_threads_get_their_own_vectors(tiny: LightEncoder) -> None:
    texts = ["abc", "xyz abc", "k", "the fox jumps", "over", "a lazy dog"]
    wanted = {text: tiny.encode_passages([text])[0] for text in texts}
    right: list[bool] = []

    def run(text: str) -> None:
        made = (tiny.encode_passages([text])[0] for _ in range(20))
        right.extend(np.allclose(vector, wanted[text], atol=2e-3) for vector in made)

    threads = [threading.Thread(target=run, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 120


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 600), max_size=60))
def test_batches_hold_everything_once_within_bounds(lengths: list[int]) -> None:
    batches = list(length_batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        held = [lengths[i] for i in batch]
        assert max(held) * len(batch) <= BATCH_TOKENS or len(batch) == 1
        assert 8 * min(held) >= 7 * max(held)


def change(file: str, **values: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / file
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return damage


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no modules": (lambda f: (f / "modules.json").unlink(), "not a sentence-transformers folder"),
    "broken config": (lambda f: (f / "config.json").write_text("{"), "config.json cannot be read"),
    "no config": (lambda f: (f / "config.json").unlink(), "config.json is missing"),
    "pickled weights": (
        lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
        "no weights in safetensors",
    ),
    "truncated weights": (
        lambda f: (f / "model.safetensors").write_bytes(
            (f / "model.safetensors").read_bytes()[:-9]
        ),
        "cannot be read as safetensors",
    ),
    "another tensor": (change("config.json", num_hidden_layers=3), "no tensor"),
    "other sizes": (change("config.json", hidden_size=12), "do not fit"),
    "broken tokenizer": (
        lambda f: (f / "tokenizer.json").write_text("{}"),
        "cannot be read as a tokenizer",
    ),
}


@pytest.mark.parametrize(("damage", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_folder_is_named(
    damage: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    folder = tiny_model(tmp_path / "own")
    damage(folder)
    with pytest.raises(EncoderError, match=message):
        load_encoder(str(folder), cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/model", "~/nowhere", "a b", "../x", ""])
def test_a_folder_that_is_not_there_is_named_without_the_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was used"))
    with pytest.raises(EncoderError, match=r"no encoder folder .* unset it"):
        find_model(name)


def test_a_hub_model_out_of_reach_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError("no network\nat all")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(EncoderError, match="bundled encoder") as caught:
        load_encoder("some/model")
    assert "\n" not in str(caught.value)


FAMILIES = {
    "intfloat/multilingual-e5-large": ("query: ", "passage: "),
    "intfloat/e5-base-v2": ("query: ", "passage: "),
    "BAAI/bge-m3": ("", ""),
    "BAAI/bge-base-en-v1.5": ("Represent this sentence for searching relevant passages: ", ""),
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": ("", ""),
    "thenlper/gte-base": ("", ""),
    "nomic-ai/nomic-embed-text-v1.5": ("search_query: ", "search_document: "),
    "somebody/own-model": ("Q ", "P "),
}


@pytest.mark.parametrize(("name", "expected"), FAMILIES.items(), ids=FAMILIES.keys())
def test_prefixes_by_family_else_the_model_s_own(
    name: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    folder = tiny_model(tmp_path / "x", prompts={"query": "Q ", "document": "P "})
    prefixes = read_model_folder(folder, name=name).prefixes
    assert (prefixes.query, prefixes.passage) == expected


def test_the_instructed_e5_is_not_taken_for_the_plain_one(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "x")
    made = read_model_folder(folder, name="intfloat/multilingual-e5-large-instruct").prefixes
    assert made.query == load_json("encoders.json")["e5-instruct"]["query"]


def test_the_identity_follows_weights_and_prefixes(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "x")
    notes = tmp_path / "notes"
    first = read_model_folder(folder, name="m", notes=notes).identity
    assert read_model_folder(folder, name="m", notes=notes).identity == first
    assert read_model_folder(folder, name="m").identity == first
    change("config_sentence_transformers.json", prompts={"query": "Q "})(folder)
    second = read_model_folder(folder, name="m", notes=notes).identity
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    third = read_model_folder(folder, name="m", notes=notes).identity
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    "config",
    [{"model_type": "deberta"}, {"model_type": "bert", "hidden_act": "relu"},
     {"model_type": "bert", "position_embedding_type": "relative_key"}],
    ids=["architecture", "activation", "positions"],
)  # fmt: skip
def test_other_networks_are_refused_by_the_light_runtime(config: dict[str, object]) -> None:
    with pytest.raises(EncoderError, match="light runtime"):
        BertShape.from_config(config)


def test_a_damaged_export_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not an exported encoder"):
        LightEncoder(tmp_path)
    made = light(tiny_model(tmp_path / "own"), tmp_path / "light").folder
    for name in ("words.npy", "model.xml", "tokenizer.json"):
        kept = (made / name).read_bytes()
        (made / name).write_bytes(kept[:20])
        with pytest.raises(WeightsError, match=name):
            LightEncoder(made)
        (made / name).write_bytes(kept)


@pytest.mark.real
@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_light_and_sentence_transformers_agree(kind: str, pooling: str, tmp_path: Path) -> None:
    folder = tiny_model(
        tmp_path / "own", kind=kind, pooling=pooling, prompts={"query": "q: ", "passage": "p: "}
    )
    full = SentenceTransformerEncoder(folder)
    made = light(folder, tmp_path / "light")
    assert (made.identity, made.dimension, made.max_tokens) == (
        full.identity, full.dimension, full.max_tokens,
    )  # fmt: skip
    texts = ["a", "abc xyz", "the quick fox", "", "zzzz"]
    for ours, theirs in (
        (made.encode_questions(texts), full.encode_questions(texts)),
        (made.encode_passages(texts), full.encode_passages(texts)),
    ):
        assert float((ours * theirs).sum(axis=1).min()) >= AGREEMENT


@pytest.mark.real
def test_a_model_that_is_not_for_the_light_runtime_runs_on_torch(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "own", pooling="max")
    made = load_encoder(str(folder), cache_dir=tmp_path / "cache")
    assert isinstance(made, SentenceTransformerEncoder)
    assert np.allclose(np.linalg.norm(made.encode_passages(["abc", "x"]), axis=1), 1, atol=1e-5)


@pytest.mark.real
def test_another_model_is_exported_once_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = tiny_model(tmp_path / "own"), tmp_path / "cache"
    first = load_encoder(str(folder), cache_dir=cache)
    assert isinstance(first, LightEncoder)
    (first.folder / "words.npy").unlink()  # cut off in place, it would be so for `first` too
    (first.folder / "words.npy").write_bytes(b"")
    mended = load_encoder(str(folder), cache_dir=cache)
    monkeypatch.setattr(module, "_sentence_transformer", lambda _: pytest.fail("checked again"))
    again = load_encoder(str(folder), cache_dir=cache)
    for made in (mended, again):
        assert made.identity == first.identity
        assert np.array_equal(made.encode_questions(["abc"]), first.encode_questions(["abc"]))


@pytest.mark.real
def test_an_export_that_differs_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGREEMENT", 1.1)
    made = load_encoder(str(tiny_model(tmp_path / "own")), cache_dir=tmp_path / "cache")
    assert isinstance(made, SentenceTransformerEncoder)
    assert not list((tmp_path / "cache").glob("light-*"))


@pytest.mark.real
def test_the_bundled_encoder_answers_without_torch(tmp_path: Path) -> None:
    load_encoder()  # exported by now: what follows is what each later start does
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('the network was used')\n"
        "socket.socket.connect = refuse\n"
        "from embeddings.encoder import load_encoder\n"
        "made = load_encoder()\n"
        "cosine = made.encode_questions(['Who chaired the meeting?'])"
        " @ made.encode_passages(['Заседание возглавил министр.', 'Rain fell on the hills.']).T\n"
        "assert cosine[0, 0] > cosine[0, 1], cosine\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'faiss'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_numpys_products_do_not_take_the_networks_cores(tiny: LightEncoder) -> None:
    from threadpoolctl import threadpool_info

    tiny.encode_questions(["Who?"])
    own = [pool for pool in threadpool_info() if "numpy" in pool["filepath"]]
    assert [pool["num_threads"] for pool in own] == [1]


def test_padding_goes_up_to_a_multiple_and_not_beyond_the_limit(tiny: LightEncoder) -> None:
    embeddings, mask = tiny.words.batch([[1, 2, 3], [1]], multiple=8)
    assert embeddings.shape[:2] == mask.shape == (2, 8)
    assert mask.sum(axis=1).tolist() == [3, 1]
    assert not embeddings[1, 1:].any()
