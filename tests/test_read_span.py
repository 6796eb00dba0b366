"""The reader over passages and its packed weights, with a network that is none."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from read_support import WIDTH, FakeNetwork, head_weights, reader_for, save_letters

from embeddings.encoder import LightEncoder
from embeddings.errors import EncoderError, WeightsError
from embeddings.runtime import TextTokenizer, WordTable
from qa.errors import ReaderError
from qa.read.cut import Similarity, stretches
from qa.read.packed import read_packed, write_packed
from qa.read.span import QUESTION_TOKENS, WINDOW_TOKENS, ReadBudget, load_span_reader


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    base = {"encoder.layer.0.a.weight": rng.normal(size=(6, 4)).astype(np.float32),
            "encoder.layer.0.a.bias": rng.normal(size=6).astype(np.float32),
            "encoder.layer.0.b.bias": np.ones(3, np.float32)}  # fmt: skip
    trained = {f"encoder.{n}": v + 0.01 for n, v in base.items() if ".a." in n}
    trained |= {f"head.{n}": v for n, v in head_weights().items()}
    path = tmp_path / "reader.safetensors"
    write_packed(path, trained, base.__getitem__, encoder="e5-1", facts={"steps": 3})
    return path


def test_packed_weights_come_back(packed):
    reader = read_packed(packed)
    assert reader.encoder == "e5-1"
    assert reader.facts == {"steps": 3}
    assert reader.identity.startswith("span-")
    base = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    np.testing.assert_allclose(
        reader.merged("encoder.layer.0.a.weight", base), base + 0.01, atol=1e-4
    )
    untouched = np.ones(3, np.float16)
    np.testing.assert_array_equal(reader.merged("encoder.layer.0.b.bias", untouched), 1.0)
    assert reader.head["edges.weight"].dtype == np.float32


def test_weights_for_another_shape_are_refused(packed):
    with pytest.raises(WeightsError, match="shape"):
        read_packed(packed).merged("encoder.layer.0.a.weight", np.ones((5, 4), np.float32))


@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped", "empty", "text"])
def test_damaged_weights_say_how_to_restore_them(packed, damage):
    raw = bytearray(packed.read_bytes())
    if damage == "missing":
        packed.unlink()
    elif damage == "truncated":
        packed.write_bytes(raw[: len(raw) // 2])
    elif damage == "flipped":
        raw[-7] ^= 4
        packed.write_bytes(raw)
    else:
        packed.write_bytes(b"" if damage == "empty" else b"hello")
    with pytest.raises(WeightsError, match="Install Menbe again") as caught:
        read_packed(packed)
    assert str(packed) in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(tmp_path_factory, place, bit):
    folder = tmp_path_factory.mktemp("bits")
    path = folder / "r.safetensors"
    write_packed(path, {"head.x": np.arange(5, dtype=np.float32)}, lambda _: np.zeros(1),
                 encoder="e", facts={})  # fmt: skip
    raw = bytearray(path.read_bytes())
    raw[place % len(raw)] ^= 1 << bit
    path.write_bytes(raw)
    with pytest.raises(WeightsError):
        read_packed(path)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    """Every letter is a token."""
    folder = tmp_path_factory.mktemp("tokenizer")
    save_letters(folder)
    return TextTokenizer(folder / "tokenizer.json")


def test_reads_each_passage_in_order(tokenizer):
    reader = reader_for(tokenizer, FakeNetwork())
    passages = ["abc x d y e", "", "abc", "x y"]
    readings = reader.read("who", passages)
    assert reader.identity == "span-test"
    texts = [p[r.spans[0].start : r.spans[0].end] if r.spans else None
             for p, r in zip(passages, readings, strict=True)]  # fmt: skip
    assert texts[0] == "x d y"
    assert texts[1] is None
    assert texts[3] == "x y"
    assert readings[0].spans[0].score == pytest.approx(10.0)
    assert readings[2].spans[0].score < 1.0
    for reading in readings:
        scores = [span.score - reading.null_score for span in reading.spans]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("passage", "across"),
    [("x d\n\na y", False), ("x d\n \t\na y", False), ("x d\na y", True)],
    ids=["blank line", "line of spaces", "one line break"],
)
def test_a_span_ends_with_its_paragraph(tokenizer, passage, across):
    (reading,) = reader_for(tokenizer, FakeNetwork()).read("who", [passage])
    texts = [passage[found.start : found.end] for found in reading.spans]
    assert texts
    assert (passage in texts) == across


@pytest.mark.parametrize("before", [0, 100, 290, 700, 1500])
def test_a_long_passage_is_read_to_its_end(tokenizer, before):
    network = FakeNetwork()
    passage = "ab " * before + "x d y" + " ba" * 300
    (reading,) = reader_for(tokenizer, network).read("who", [passage])
    best = reading.spans[0]
    assert passage[best.start : best.end] == "x d y"
    assert max(network.lengths) <= WINDOW_TOKENS + len("who") + 1 + 4
    assert len(network.lengths) > 1


def test_a_long_question_keeps_its_two_ends(tokenizer):
    network = FakeNetwork()
    reader_for(tokenizer, network).read("a" * 900 + " who", ["x y"])
    assert network.lengths == [QUESTION_TOKENS + 4 + 4]


def test_nothing_to_read(tokenizer):
    assert reader_for(tokenizer, FakeNetwork()).read("who", []) == []


SMALL = ReadBudget(first_tokens=40, further_tokens=80, stretch_tokens=30, clear=9.0, doubtful=-1e9)


def test_a_clear_answer_in_the_likeliest_stretch_ends_reading(tokenizer):
    network = FakeNetwork()
    passages = [
        "cold day. who was x d y then. the end came. " + "all bad cold. " * 9,
        "bad cold den. " * 20,
    ]
    first, second = reader_for(tokenizer, network, budget=SMALL).read("who", passages)
    assert passages[0][first.spans[0].start : first.spans[0].end] == "x d y"
    assert second.spans == ()
    assert sum(network.lengths) < 40 + 3 * 12


def test_more_is_read_while_no_answer_is_clear(tokenizer):
    network = FakeNetwork()
    reader_for(tokenizer, network, budget=SMALL).read(
        "who", ["bobs cold dads. " * 20, "cool dens ends. " * 20]
    )
    read = sum(network.lengths)
    assert 80 < read < 40 + 80 + 12 * len(network.lengths)


def test_the_rest_is_read_while_the_best_answer_is_doubtful(tokenizer):
    passages = ["bobs cold dads. " * 40, "cool dens ends. " * 40]

    def read(**changes):
        network = FakeNetwork()
        reader_for(tokenizer, network, budget=replace(SMALL, **changes)).read("who", passages)
        return sum(network.lengths)

    usual = read()
    assert read(doubtful=1e9, last_tokens=60) > usual + 30
    assert read(doubtful=1e9, last_tokens=60) < read(doubtful=1e9, last_tokens=300)
    assert read(clear=-1e9, doubtful=-1e9) < usual


def test_few_words_are_read_whole(tokenizer):
    network = FakeNetwork()
    readings = reader_for(tokenizer, network, budget=SMALL).read("who", ["a x y.", "", "b."])
    assert [bool(r.spans) for r in readings] == [True, False, True]
    assert len(network.lengths) == 2


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(alphabet="abxy. \n", max_size=200), max_size=5))
def test_budgeted_reading_keeps_order_and_offsets(tokenizer, passages):
    readings = reader_for(tokenizer, FakeNetwork(), budget=SMALL).read("who", passages)
    assert len(readings) == len(passages)
    for passage, reading in zip(passages, readings, strict=True):
        assert all(0 <= s.start < s.end <= len(passage) for s in reading.spans)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=9),
       st.integers(1, 20))  # fmt: skip
def test_stretches_part_the_passage(rows, most):
    edges = np.cumsum([0, *(size for size, _ in rows)]).tolist()
    parts = list(pairwise(edges))
    found = stretches(2, parts, [likeness for _, likeness in rows], most)
    covered = sorted((s.first, s.last) for s in found)
    assert [a for a, _ in covered] == [0, *(b for _, b in covered[:-1])]
    assert covered[-1][1] == edges[-1]
    assert all(s.last - s.first <= most or (s.first, s.last) in parts for s in found)
    assert max(found, key=lambda s: s.promise) is found[0]


def test_likeness_prefers_the_sentence_with_the_questions_words():
    rows = np.random.default_rng(0).normal(size=(60, 16)).astype(np.float32)
    likeness = Similarity(WordTable(rows)).of_sentences(
        [40, 50], [10, 11, 12, 40, 13, 50, 14], [(0, 3), (3, 7)]
    )
    assert likeness[1] == pytest.approx(1.0, abs=1e-5)
    assert likeness[0] < 0.9
    assert Similarity(WordTable(rows)).of_sentences([], [1], [(0, 1)]) == [0.0]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
@example("x\x0cy")
@example("İ x\r\ny \U0001f600")
@example("e\u0301x y\u0301")
def test_spans_hold_in_any_text(tokenizer, passage):
    (reading,) = reader_for(tokenizer, FakeNetwork()).read("who", [passage])
    for span in reading.spans:
        assert 0 <= span.start < span.end <= len(passage)
        assert passage[span.start : span.end].strip() == passage[span.start : span.end]


def test_errors_of_the_runtime_are_the_readers(tokenizer):
    class Failing:
        def run(self, _embeddings, _mask):
            raise EncoderError("the network failed", "Check the free memory")

    with pytest.raises(ReaderError, match="Check the free memory"):
        reader_for(tokenizer, Failing()).read("who", ["x y"])
    with pytest.raises(ReaderError, match="Unicode"):
        reader_for(tokenizer, FakeNetwork()).read("who", ["x \ud800"])
    with pytest.raises(ReaderError, match="too few"):
        reader_for(tokenizer, FakeNetwork(), limit=128)


def test_a_reader_for_another_encoder_is_refused(packed, tmp_path):
    other = SimpleNamespace(identity="other-2", dimension=WIDTH)
    with pytest.raises(ReaderError, match=r"e5-1.*other-2.*MENBE_ENCODER"):
        load_span_reader(other, weights=packed, cache_dir=tmp_path)  # type: ignore[arg-type]


@pytest.mark.real
def test_the_encoders_own_network_gives_the_readers_states(tmp_path):
    """A reader that changes nothing reads with the encoder's own layers."""
    from embeddings.bundled import BUNDLED_NAME, unpack_bundled
    from embeddings.encoder import load_encoder
    from embeddings.modelfolder import open_tensors, read_model_folder

    encoder = load_encoder()
    assert isinstance(encoder, LightEncoder)
    source = unpack_bundled()
    identity = read_model_folder(source, name=BUNDLED_NAME).identity
    with open_tensors(source) as base:
        name = "encoder.layer.11.output.dense.bias"
        trained = {f"encoder.{name}": base(name).astype(np.float32)}
        trained |= {f"head.{n}": w for n, w in head_weights(encoder.dimension).items()}
        write_packed(tmp_path / "r.safetensors", trained, base, encoder=identity, facts={})
    reader = load_span_reader(encoder, weights=tmp_path / "r.safetensors", cache_dir=tmp_path)
    (reading,) = reader.read("Where is Baku?", ["Baku is the capital of Azerbaijan."])
    assert reading.spans
    ids = [encoder.tokenizer.ids(["query: Where is Baku?"])[0]]
    (states,) = reader._network.run(*encoder.words.batch(ids))
    vector = states[0].mean(axis=0)
    (wanted,) = encoder.encode_questions(["Where is Baku?"])
    assert float(vector @ wanted) / float(np.linalg.norm(vector)) > 0.9999


SAMPLE_F1 = 83.3
"""Measured with the weights that ship, on `samples/reading.json`; see their model card."""


@pytest.mark.real
def test_reading_a_fixed_sample_is_no_worse_than_when_the_weights_were_made():
    import json

    from embeddings.encoder import load_encoder
    from qa.metrics import token_f1

    path = Path(__file__).parent / "samples" / "reading.json"
    questions = json.loads(path.read_text(encoding="utf-8"))["questions"]
    reader = load_span_reader(load_encoder())
    scores = []
    for asked in questions:
        (reading,) = reader.read(asked["question"], [asked["passage"]])
        best = reading.spans[0]
        said = asked["passage"][best.start : best.end]
        scores.append(max(token_f1(answer, said) for answer in asked["answers"]))
    reached = 100 * float(np.mean(scores))
    assert reached >= SAMPLE_F1 - 2.0, f"F1 {reached:.1f} on the fixed sample"
