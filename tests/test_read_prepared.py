"""Prepared examples: the same batches as without the file, and nothing damaged is trained on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from train_support import CONFIGURATION, save_encoder, save_set

from embeddings.errors import UsageError, WeightsError
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Item, collate
from qa.read.prepare import main, prepare
from qa.read.prepared import Collector, Prepared, read_prepared, tokenizer_mark, write_prepared
from qa.read.train_batches import LENGTHS, DeviceExamples
from qa.read.train_steps import MIN_BATCH_TOKENS

QUESTION_TOKENS = 12
RAIN = "It rained. Ada was in Rome. So."
ITEMS = [
    Item("Where was Ada?", RAIN, 9, 27, ((20, 25),), "answerable", "a"),
    Item("Where was Ada?", RAIN, 0, 31, (), "own", "a", (9, 24)),
    Item("Where was Ada, and why not in Paris?", "No one knew.", 0, 9, (), "retrieved", "b"),
    Item("Who?", RAIN, 9, 20, ((10, 13), (12, 13)), "answerable", "b"),
]  # fmt: skip


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return save_set(tmp_path_factory.mktemp("data") / "train")


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "a.toml"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture
def prepared(encoder) -> Prepared:
    collector = Collector()
    collector.add(ITEMS, TokenTable(encoder / "tokenizer.json"), epoch=3)
    return collector.prepared(
        question_tokens=QUESTION_TOKENS,
        tokenizer=tokenizer_mark(encoder / "tokenizer.json"),
        facts={"of": "a test"},
    )


def test_a_batch_from_the_file_is_the_one_that_items_give(prepared, encoder, tmp_path):
    write_prepared(tmp_path / "p", prepared)
    examples = DeviceExamples(read_prepared(tmp_path / "p"), "cpu")
    table = TokenTable(encoder / "tokenizer.json")
    for chosen in ([0, 1, 2, 3], [2, 0], [3]):
        expected = collate([ITEMS[i] for i in chosen], table, question_tokens=QUESTION_TOKENS)
        length = expected.ids.shape[1]
        batch = examples.gather(torch.tensor(chosen), length)
        for name in ("ids", "mask", "passage", "starts", "ends"):
            assert np.array_equal(getattr(batch, name).numpy(), getattr(expected, name)), name
        assert list(examples.lengths[chosen]) == list(expected.mask.sum(axis=1))


def test_the_file_gives_back_what_was_written(prepared, tmp_path):
    write_prepared(tmp_path / "p", prepared)
    again = read_prepared(tmp_path / "p")
    for name in ("ids", "lengths", "rows"):
        assert np.array_equal(getattr(again, name), getattr(prepared, name))
    nothing = np.zeros(0, np.int32)
    bare = {"ids": nothing, "lengths": nothing, "rows": nothing}
    assert replace(again, **bare) == replace(prepared, **bare)
    assert again.kinds == ("answerable", "own", "retrieved")
    assert again.sets == ("a", "b")
    assert len(again.lengths) == 5, "a text stands in it once"
    assert list(again.column("epoch")) == [3, 3, 3, 3]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)


def other_format(path: Path) -> None:
    from qa.read.sealed import digest

    tensors = load_file(path)
    metadata = {"format": "0", "notes": "{}"}
    save_file(tensors, path, metadata | {"sha256": digest(tensors, metadata)})


def something_else(path: Path) -> None:
    save_file({"ids": np.zeros(3)}, path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(cut, "cannot be read", id="truncated"),
        pytest.param(flip, "were altered", id="a flipped bit"),
        pytest.param(other_format, "format '0', not 1", id="another format"),
        pytest.param(something_else, "holds no prepared examples", id="another file"),
        pytest.param(lambda path: path.unlink(), "no prepared examples at", id="missing"),
    ],
)
def test_what_is_no_sound_file_is_refused(prepared, tmp_path, damage, said):
    write_prepared(tmp_path / "p", prepared)
    damage(tmp_path / "p")
    with pytest.raises(WeightsError, match=said):
        read_prepared(tmp_path / "p")


def test_an_encoder_without_a_tokenizer_is_named(config, data, tmp_path, capsys):
    arguments = ["--config", config, "--epochs", "1", "--data", data,
                 "--encoder", tmp_path / "none", "--out", tmp_path / "e.safetensors"]  # fmt: skip
    assert main([str(a) for a in arguments]) == 1
    assert "tokenizer.json cannot be read" in capsys.readouterr().err
    with pytest.raises(WeightsError, match="there is no tokenizer"):
        TokenTable(tmp_path / "none" / "tokenizer.json")


def test_epochs_are_numbered_through_the_configurations(config, data, encoder, tmp_path):
    other = config.with_name("b.toml")
    other.write_text('like = "a.toml"\n[mix]\ntquad = 5\n[run]\nseed = 8\n')
    out = tmp_path / "examples.safetensors"
    arguments = ["--config", config, "--epochs", "2", "--config", other, "--epochs", "1",
                 "--data", data, "--encoder", encoder, "--out", out]  # fmt: skip
    assert main([str(a) for a in arguments]) == 0
    made = read_prepared(out)
    counts = np.bincount(made.column("epoch"))
    assert len(counts) == 3
    assert counts[0] > 20 > counts[2] >= 5
    assert made.facts["configurations"] == [["a.toml", 2], ["b.toml", 1]]
    assert not out.with_suffix(".lexicon.json").exists(), "nothing is code-switched"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("[windows]\nquestion_tokens = 9\n", "question_tokens", id="questions"),
        pytest.param('[data]\nsets = ["nerel"]\n', "sets", id="sets"),
    ],
)
def test_configurations_that_do_not_go_together_are_refused(
    config, data, encoder, tmp_path, line, said
):
    other = config.with_name("b.toml")
    other.write_text(f'like = "a.toml"\n{line}')
    with pytest.raises(UsageError, match=said):
        prepare([(config, 1), (other, 1)], data=data, encoder=encoder, lexicon=tmp_path / "l.json")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--epochs", "1", "--epochs", "2"], "--epochs 1 2 for 1", id="too many"),
        pytest.param(["--epochs", "0"], "--epochs 0", id="none"),
        pytest.param(["--epochs", "1", "--out", "no/such/file"], "no folder", id="no folder"),
    ],
)
def test_wrong_use_is_one_line(config, data, encoder, tmp_path, capsys, options, said):
    arguments = ["--config", config, "--data", data, "--encoder", encoder,
                 "--out", tmp_path / "p", *options]  # fmt: skip
    assert main([str(a) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_schedule_holds_each_example_once_in_batches_that_hold_it(prepared):
    rows = np.tile(prepared.rows, (300, 1))
    examples = DeviceExamples(replace(prepared, rows=rows), "cpu")
    plan = examples.schedule([3], batch_tokens=640, seed=1, steps=100)
    chosen = np.concatenate([part for _, part in plan])
    assert len(set(chosen.tolist())) == len(chosen)
    assert all(length in LENGTHS and len(part) == 640 // length for length, part in plan)
    assert all(examples.lengths[part].max() <= length for length, part in plan)
    again = examples.schedule([3], batch_tokens=640, seed=1, steps=100)
    assert json.dumps([p.tolist() for _, p in again]) == json.dumps([p.tolist() for _, p in plan])
    with pytest.raises(UsageError, match="epochs 3 hold"):
        examples.schedule([3], batch_tokens=640, seed=1, steps=1000)
    with pytest.raises(UsageError, match="epochs 4 hold 0"):
        examples.schedule([4], batch_tokens=640, seed=1, steps=1)


def test_an_example_longer_than_any_batch_is_named(prepared):
    rows = prepared.rows.copy()
    rows[0, 3] = 400
    examples = DeviceExamples(replace(prepared, rows=rows), "cpu")
    with pytest.raises(UsageError, match="tokens, a batch at most 320"):
        examples.schedule([3], batch_tokens=640, seed=1, steps=1)


def test_a_plan_s_batches_hold_at_least_one_of_the_longest():
    assert LENGTHS[-1] == MIN_BATCH_TOKENS
