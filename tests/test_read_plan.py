"""A plan from its file to the readers: trained, taken the mean of, distilled, gone on with."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from train_support import CONFIGURATION, save_encoder, save_set

from embeddings.errors import UsageError, WeightsError
from qa.read import train_graph
from qa.read.packed import PackedReader, read_packed
from qa.read.prepare import main as prepare_main
from qa.read.prepared import read_prepared, write_prepared
from qa.read.train_graph import Trainer
from qa.read.train_plan import main
from qa.read.train_steps import MeanStep, TrainStep, read_plan
from qa.read.train_weights import BaseEncoder, mean_of

SHIPPED_PLAN = Path(__file__).parent.parent / "qa" / "read" / "plan.toml"
PLAN = """
head = 4
[defaults]
steps = 6
learning_rate = 2e-3
head_learning_rate = 3e-3
warmup_steps = 2
dropout = 0.1
frozen_layers = 1
batch_tokens = 400
epochs = [0, 1]
[[step]]
name = "one"
start = "encoder"
seed = 1
[[step]]
name = "two"
start = "encoder"
epochs = [2]
seed = 2
[[step]]
name = "student"
start = ["one", "two"]
teachers = [["one", "two"], "two"]
alpha = 0.8
epochs = [1, 2]
seed = 3
[[step]]
name = "all"
mean = ["one", ["two", "student"]]
"""


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def examples(tmp_path_factory, encoder) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    data = save_set(folder / "train")
    (folder / "a.toml").write_text(CONFIGURATION)
    arguments = ["--config", folder / "a.toml", "--epochs", "3", "--data", data,
                 "--encoder", encoder, "--out", folder / "e.safetensors"]  # fmt: skip
    assert prepare_main([str(a) for a in arguments]) == 0
    return folder / "e.safetensors"


@pytest.fixture
def plan(tmp_path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def dev(tmp_path) -> Path:
    (tmp_path / "dev" / "m2qa").mkdir(parents=True)
    rows = [
        {"question": "Where?", "context": "Ada was in Rome.", "answers": {"text": ["Rome"]}},
        {"question": "Why?", "context": "It was cold.", "answers": {"text": []}},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "dev" / "m2qa" / "news.json").write_text(text)
    return tmp_path / "dev"


def arguments(plan: Path, examples: Path, encoder: Path, out: Path, *more: object) -> list[str]:
    given = ["--plan", plan, "--prepared", examples, "--encoder", encoder, "--out", out,
             "--device", "cpu", *more]  # fmt: skip
    return [str(a) for a in given]


def lines(out: Path, event: str) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in (out / "progress.jsonl").read_text().splitlines()]
    return [row for row in rows if row["event"] == event]


def reader(out: Path, name: str) -> PackedReader:
    return read_packed(out / name / "reader.safetensors")


def test_a_plan_runs_to_its_last_mean(plan, examples, encoder, dev, tmp_path):
    out = tmp_path / "out"
    assert main(arguments(plan, examples, encoder, out, "--dev", dev)) == 0
    assert [row["name"] for row in lines(out, "done")] == ["one", "two", "student", "all"]
    assert all(math.isfinite(row["loss"]) for row in lines(out, "train"))
    assert set(lines(out, "dev")[0]) >= {"m2qa tr f1", "m2qa tr em", "m2qa tr auroc"}
    one = reader(out, "one")
    assert (one.facts["steps"], one.facts["examples"]) == (6, lines(out, "train")[0]["examples"])
    assert one.facts["plan"]["learning_rate"] == 2e-3
    assert not any("layer.0." in name for name in one.changed), "the lowest layer is frozen"
    base = BaseEncoder(encoder, "cpu")
    states = {
        n: base.read(out / n / "reader.safetensors") for n in ("one", "two", "student", "all")
    }
    expected = mean_of([states["one"], mean_of([states["two"], states["student"]])])
    for name, tensor in states["all"].items():
        assert np.allclose(tensor, expected[name], atol=2e-4), name


def test_a_plan_can_be_gone_on_with(plan, examples, encoder, tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main(arguments(plan, examples, encoder, whole)) == 0
    train = Trainer.train
    calls = []

    def failing(self, *positional, **named):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train(self, *positional, **named)

    monkeypatch.setattr(Trainer, "train", failing)
    with pytest.raises(KeyboardInterrupt):
        main(arguments(plan, examples, encoder, broken))
    assert main(arguments(plan, examples, encoder, broken)) == 0
    assert [row["name"] for row in lines(broken, "there already")] == ["one"]
    assert len(calls) == 4
    for name in ("one", "two", "student", "all"):
        assert reader(broken, name).identity == reader(whole, name).identity


def test_a_reader_of_other_settings_is_not_taken_for_the_step_s(
    plan, examples, encoder, tmp_path, capsys
):
    out = tmp_path / "out"
    assert main(arguments(plan, examples, encoder, out, "--limit-steps", 2)) == 0
    assert reader(out, "one").facts["steps"] == 2
    assert main(arguments(plan, examples, encoder, out)) == 2
    assert "other settings" in capsys.readouterr().err


def test_training_lowers_the_loss(plan, examples, encoder, tmp_path, monkeypatch):
    text = PLAN[: PLAN.index('[[step]]\nname = "two"')]
    text = text.replace("steps = 6", "steps = 60").replace("epochs = [0, 1]", "epochs = [0, 1, 2]")
    plan.write_text(text.replace("dropout = 0.1", "dropout = 0.0"))
    made = read_prepared(examples)
    many = tmp_path / "many.safetensors"
    write_prepared(many, replace(made, rows=np.tile(made.rows, (8, 1))))
    monkeypatch.setattr(train_graph, "SAY_EVERY", 20)
    assert main(arguments(plan, many, encoder, tmp_path / "out")) == 0
    losses = [row["loss"] for row in lines(tmp_path / "out", "train")]
    assert len(losses) == 3
    assert losses[-1] < 0.8 * losses[0]


def test_a_step_begins_with_a_packed_reader_and_its_head(plan, examples, encoder, tmp_path):
    out = tmp_path / "out"
    first = PLAN[: PLAN.index('[[step]]\nname = "two"')]
    plan.write_text(first)
    assert main(arguments(plan, examples, encoder, out)) == 0
    before = out / "one" / "reader.safetensors"
    text = (
        first.replace("head = 4", f'head = "{before}"') + '[[step]]\nname = "same"\nmean = [{}]\n'
    )
    for source, changed in ((f"shipped:{before}", True), ("encoder", False)):
        plan.write_text(text.replace('name = "one"', 'name = "new"').format(json.dumps(source)))
        other = tmp_path / source.partition(":")[0]
        assert main(arguments(plan, examples, encoder, other, "--limit-steps", 1)) == 0
        made, known = reader(other, "same"), read_packed(before)
        assert set(made.changed) == (set(known.changed) if changed else set())
        assert all(np.array_equal(made.head[n], known.head[n]) for n in known.head)


def test_readers_and_examples_of_another_encoder_are_refused(
    plan, examples, encoder, tmp_path, capsys
):
    other = save_encoder(tmp_path)
    (other / "modules.json").write_text((other / "modules.json").read_text() + " ")
    out = tmp_path / "out"
    assert main(arguments(plan, examples, encoder, out, "--limit-steps", 1)) == 0
    with pytest.raises(WeightsError, match="belongs to the encoder"):
        BaseEncoder(other, "cpu").read(out / "one" / "reader.safetensors")
    (other / "tokenizer.json").write_text((other / "tokenizer.json").read_text() + " ")
    assert main(arguments(plan, examples, other, out)) == 2
    assert "another tokenizer" in capsys.readouterr().err


def test_the_shipped_plan_is_read():
    plan = read_plan(SHIPPED_PLAN)
    trained = [step for step in plan.steps if isinstance(step, TrainStep)]
    assert [step.name for step in trained] == ["R1", "R4", "R2", "R5", "R3", "D1", "D2"]
    assert plan.steps[-1] == MeanStep(
        name="shipped", mean=("S", "D1", "D2", "shipped:before.safetensors")
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("head = 4", "head = 4.5", "head", id="no head"),
        pytest.param("head = 4", "", "lacks 'head'", id="head is missing"),
        pytest.param("head = 4", "head = 4\nhat = 1", "unknown: hat", id="unknown table"),
        pytest.param("steps = 6", "steps = 6\nstepps = 7", "one does not know: stepps", id="key"),
        pytest.param("seed = 1", "", "step one lacks: seed", id="missing key"),
        pytest.param("seed = 1", "seed = 1.5", "seed 1.5 is no whole number", id="not whole"),
        pytest.param("dropout = 0.1", 'dropout = "0"', "is no number", id="not a number"),
        pytest.param("dropout = 0.1", "dropout = 1.5", "dropout is 1.5, not", id="too much"),
        pytest.param("batch_tokens = 400", "batch_tokens = 40", "not 320", id="small batch"),
        pytest.param("epochs = [2]", "epochs = []", "epochs", id="no epochs"),
        pytest.param('name = "two"', 'name = "one"', "two steps are called one", id="twice"),
        pytest.param('name = "one"', 'name = "../one"', "no name for a step", id="a path"),
        pytest.param('["one", "two"], "two"', '["one", "tow"]', "'tow'", id="unknown name"),
        pytest.param('start = "encoder"', 'start = "student"', "'student'", id="comes later"),
        pytest.param('["one", "two"], "two"', '"all"', "'all'", id="teacher comes later"),
        pytest.param('[["one", "two"], "two"]', '"two"', "must be a list", id="no list"),
        pytest.param("alpha = 0.8", "alpha = 0.0", "go together", id="teachers without weight"),
        pytest.param("alpha = 0.8", "alpha = 0.8\nmean = []", "does not know", id="both kinds"),
        pytest.param("[defaults]", "[defaults", "not right", id="no TOML"),
        pytest.param("[[step]]", "[[steps]]", "unknown: steps", id="no step"),
    ],
)
def test_a_wrong_plan_is_one_line(plan, examples, encoder, tmp_path, capsys, old, new, said):
    changed = PLAN.replace(old, new) if old == "[[step]]" else PLAN.replace(old, new, 1)
    assert changed != PLAN
    plan.write_text(changed)
    assert main(arguments(plan, examples, encoder, tmp_path / "out")) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_missing_plan_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_plan(tmp_path / "no.toml")
