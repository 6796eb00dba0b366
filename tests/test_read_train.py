import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from train_support import CONFIGURATION, save_encoder, save_set

from embeddings.errors import UsageError, WeightsError
from qa.read.data_tokens import TokenTable
from qa.read.model import (
    MAX_SPAN_TOKENS,
    LowRank,
    Output,
    build_reader,
    span_loss,
    span_scores,
    start_from,
)
from qa.read.packed import write_packed
from qa.read.train import main, train
from qa.read.train_eval import Question, auroc, evaluate, exact_match, f1
from qa.read.train_settings import read_settings
from qa.read.train_state import Average, Progress, load_checkpoint, save_checkpoint

CONFIG = Path(__file__).parent.parent / "qa" / "read" / "train.toml"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_set(tmp_path_factory.mktemp("data") / "train")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "train.toml"
    path.write_text(CONFIGURATION)
    return path


def test_the_shipped_configuration_is_read():
    settings = read_settings(CONFIG)
    assert sum(settings.recipe.sets.values()) > 10_000
    assert settings.model["method"] == "delta"


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        pytest.param("clip = 1.0", "", "clip", id="missing"),
        pytest.param("clip = 1.0", "clip = 1.0\nclipp = 1", "clipp", id="unknown"),
        pytest.param("rate = 0.5", 'rate = "x"', "float", id="not a number"),
        pytest.param("[model]", "[model", "not right", id="not TOML"),
        pytest.param("frozen_layers = 1", "frozen = 1", "frozen", id="unknown of the model"),
        pytest.param(
            "long_rate = 0.2", "long_rate = 0.2\nlong = 3", "long", id="unknown of windows"
        ),
        pytest.param("tquad = 24", "tquad = -1", "tquad", id="negative count"),
    ],
)
def test_a_wrong_configuration_is_refused(config, old, new, word):
    config.write_text(config.read_text().replace(old, new, 1))
    with pytest.raises(UsageError, match=word):
        read_settings(config)


def test_a_configuration_like_another_holds_only_what_differs(config):
    other = config.with_name("other.toml")
    other.write_text('like = "train.toml"\n[run]\nseed = 9\n')
    one, two = read_settings(config), read_settings(other)
    assert two.recipe == replace(one.recipe, seed=9)
    assert (two.sets, two.optimizer) == (one.sets, one.optimizer)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param('like = "train.toml"\n[rum]\nseed = 9\n', "rum", id="unknown table"),
        pytest.param('like = "train.toml"\n[run]\nsed = 9\n', "sed", id="unknown key"),
        pytest.param('like = "train.toml"\nrun = 9\n', "not right", id="no table"),
        pytest.param('like = "no.toml"\n', "cannot be read", id="no file"),
        pytest.param('like = "other.toml"\n', "unknown: like", id="itself"),
    ],
)
def test_a_wrong_configuration_like_another_is_refused(config, text, word):
    other = config.with_name("other.toml")
    other.write_text(text)
    with pytest.raises(UsageError, match=word):
        read_settings(other)


def test_a_missing_configuration_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(tmp_path / "no.toml")


def run(config: Path, data: Path, encoder: Path, out: Path, **options: object) -> list[dict]:
    train(read_settings(config), data=data, encoder=encoder, out=out, **options)  # type: ignore[arg-type]
    return [json.loads(line) for line in (out / "progress.jsonl").read_text().splitlines()]


def final(out: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(out / "final" / "weights.safetensors")


def test_two_runs_with_one_seed_are_the_same(config, data, encoder, tmp_path):
    lines = run(config, data, encoder, tmp_path / "a")
    run(config, data, encoder, tmp_path / "b")
    assert lines[-1]["event"] == "done"
    one, two = final(tmp_path / "a"), final(tmp_path / "b")
    assert set(one) == set(two)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not any("embeddings" in name or "layer.0." in name for name in one)


def test_a_resumed_run_ends_like_an_unbroken_one(config, data, encoder, tmp_path, monkeypatch):
    whole = run(config, data, encoder, tmp_path / "whole")
    config.write_text(
        config.read_text().replace("checkpoint_minutes = 100", "checkpoint_minutes = 0")
    )
    import qa.read.train_run as module

    step = module.Run.step
    calls = []

    def failing(self, *arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return step(self, *arguments)

    monkeypatch.setattr(module.Run, "step", failing)
    with pytest.raises(KeyboardInterrupt):
        run(config, data, encoder, tmp_path / "broken")
    monkeypatch.setattr(module.Run, "step", step)
    lines = run(config, data, encoder, tmp_path / "broken", resume=True)
    assert lines[-1]["step"] == whole[-1]["step"]
    one, two = final(tmp_path / "whole"), final(tmp_path / "broken")
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=1e-4, atol=1e-5)


def test_a_finish_file_ends_the_run_by_a_decay(config, data, encoder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "finish").write_text("0.0001")
    lines = run(config, data, encoder, out)
    assert [line["event"] for line in lines if line["event"] in {"decay", "done"}] == [
        "decay",
        "done",
    ]
    assert not (out / "finish").exists()
    assert (out / "last" / "weights.safetensors").exists()


def test_a_damaged_checkpoint_is_named(config, data, encoder, tmp_path, capsys):
    out = tmp_path / "out"
    run(config, data, encoder, out)
    path = out / "last" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    arguments = [
        "--config",
        str(config),
        "--data",
        str(data),
        "--encoder",
        str(encoder),
        "--out",
        str(out),
        "--resume",
        "--device",
        "cpu",
    ]
    assert main(arguments) == 1
    assert "Start without --resume" in capsys.readouterr().err


def test_a_missing_set_is_wrong_use(config, encoder, tmp_path, capsys):
    arguments = [
        "--config",
        str(config),
        "--data",
        str(tmp_path),
        "--encoder",
        str(encoder),
        "--out",
        str(tmp_path / "out"),
        "--device",
        "cpu",
    ]
    assert main(arguments) == 2
    assert "tquad" in capsys.readouterr().err


def test_a_checkpoint_of_another_configuration_is_refused(encoder, tmp_path):
    one = build_reader(encoder, frozen_layers=0).trained()
    average = Average(one, 0.9)
    optimizer = torch.optim.AdamW(one.values())
    save_checkpoint(tmp_path / "c", one, average, optimizer, Progress(step=3), {})
    assert load_checkpoint(tmp_path / "c", one, average, optimizer).step == 3
    two = build_reader(encoder, frozen_layers=2).trained()
    with pytest.raises(WeightsError, match="other parameters"):
        load_checkpoint(tmp_path / "c", two, Average(two, 0.9), None)


def test_average_swaps_there_and_back(encoder):
    trained = build_reader(encoder).trained()
    average = Average(trained, 0.5)
    name = next(iter(trained))
    with torch.no_grad():
        trained[name].add_(1.0)
    before = trained[name].detach().clone()
    average.swap(trained)
    torch.testing.assert_close(trained[name].detach(), before - 1.0)
    average.swap(trained)
    assert torch.equal(trained[name].detach(), before)


def test_low_rank_layer_begins_as_its_base_and_merges():
    layer = LowRank(torch.nn.Linear(6, 4), rank=2)
    inputs = torch.randn(3, 6)
    torch.testing.assert_close(layer(inputs), layer.base(inputs))
    with torch.no_grad():
        layer.up.normal_()
    merged = torch.nn.functional.linear(inputs, layer.merged(), layer.base.bias)
    torch.testing.assert_close(layer(inputs), merged)


def output(length: int = 6) -> Output:
    torch.manual_seed(0)
    return Output(
        torch.randn(2, length),
        torch.randn(2, length),
        torch.randn(2, length, 3),
        torch.randn(2, length, 3),
        torch.randn(2),
    )


def test_span_scores_bar_backward_and_long_spans():
    scores = span_scores(output(MAX_SPAN_TOKENS + 4))
    assert float(scores[0, 3, 2]) < -1e4
    assert float(scores[0, 0, MAX_SPAN_TOKENS]) < -1e4
    assert float(scores[0, 0, MAX_SPAN_TOKENS - 1]) > -1e3


def test_span_loss_is_the_likelihood_over_spans_and_null():
    out = output()
    starts, ends = torch.tensor([2, 0]), torch.tensor([4, 0])
    loss = span_loss(out, starts, ends, edge_weight=0.0)
    scores = span_scores(out)
    every = torch.cat((out.null[:, None], scores.flatten(1)), 1)
    expected = -(scores[0, 2, 4] + out.null[1] - every.logsumexp(1).sum()) / 2
    torch.testing.assert_close(loss, expected)
    assert span_loss(out, starts, ends, edge_weight=0.5) > loss


@pytest.mark.parametrize(
    ("said", "truth", "expected"),
    [
        ("The Tower", "tower", 1.0),
        ("a b", "b c", 0.5),
        ("x", "y", 0.0),
        ("", "", 1.0),
        ("", "x", 0.0),
    ],
)
def test_f1(said, truth, expected):
    assert f1(said, truth) == pytest.approx(expected) or (said, f1(said, truth)) == ("a b", 2 / 3)


def test_exact_match():
    assert exact_match("The  Tower!", "tower") == 1.0
    assert exact_match("Tower A1", "tower") == 0.0


def test_auroc():
    assert auroc([3, 2, 1, 0], [True, True, False, False]) == 1.0
    assert auroc([1, 1], [True, False]) == 0.5
    assert np.isnan(auroc([1, 2], [True, True]))


def test_evaluate_reads_every_question(encoder):
    model = build_reader(encoder)
    table = TokenTable(encoder / "tokenizer.json")
    asked = [
        Question("g", "Where?", "Ada lived in London.", ("London",)),
        Question("g", "Why?", "It was cold. " * 8, ()),
    ]
    figures = evaluate(model, asked, table, question_tokens=10)
    assert set(figures) == {"g f1", "g em", "g auroc"}


def test_a_signal_ends_the_run_after_a_checkpoint(config, data, encoder, tmp_path, monkeypatch):
    import os
    import signal

    import qa.read.train_run as module

    step = module.Run.step

    def signalling(self, *arguments):
        if self.progress.step == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(self, *arguments)

    monkeypatch.setattr(module.Run, "step", signalling)
    lines = run(config, data, encoder, tmp_path / "out")
    assert (lines[-1]["event"], lines[-1]["step"]) == ("stopped", 3)
    assert (tmp_path / "out" / "last" / "weights.safetensors").exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def packed(path: Path, encoder: Path, change: float) -> Path:
    """A shipped reader: the tiny encoder with its two upper layers changed by `change`."""
    network = build_reader(encoder, frozen_layers=1)
    base = {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}
    trained = {
        name: value.detach().numpy() + (change if name.startswith("encoder.") else 0.0)
        for name, value in network.trained().items()
    }
    write_packed(path, trained, lambda name: base[f"encoder.{name}"], encoder="tiny", facts={})
    return path


def test_training_goes_on_from_a_shipped_reader(encoder, tmp_path):
    fresh, network = (build_reader(encoder, frozen_layers=1) for _ in range(2))
    start_from(network, packed(tmp_path / "reader.safetensors", encoder, 0.5))
    for name, parameter in network.encoder.named_parameters():
        before = dict(fresh.encoder.named_parameters())[name]
        changed = parameter.requires_grad
        assert torch.allclose(parameter, before + (0.5 if changed else 0.0), atol=0.01), name


def test_a_shipped_reader_that_changes_a_frozen_layer_is_refused(encoder, tmp_path):
    path = packed(tmp_path / "reader.safetensors", encoder, 0.5)
    with pytest.raises(WeightsError, match="frozen_layers"):
        start_from(build_reader(encoder, frozen_layers=2), path)


def test_a_run_begins_with_a_shipped_reader(config, data, encoder, tmp_path):
    path = packed(tmp_path / "reader.safetensors", encoder, 0.5)
    lines = run(config, data, encoder, tmp_path / "out", start=path, limit=4)
    assert lines[-1]["event"] == "done"
