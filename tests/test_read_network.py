"""The captured step's parts against the modules and the optimizer that they stand for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from train_support import save_encoder

from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Item
from qa.read.model import (
    MAX_SPAN_TOKENS,
    Output,
    build_reader,
    log_likelihood,
    span_loss,
    span_losses,
    span_scores,
)
from qa.read.packed import ENCODER
from qa.read.prepared import Collector, tokenizer_mark
from qa.read.train_batches import DeviceExamples
from qa.read.train_graph import (
    BETAS,
    CLIP,
    WEIGHT_DECAY,
    FlatAdamW,
    StepSettings,
    Trainer,
    linear_factors,
)
from qa.read.train_network import forward
from qa.read.train_weights import BaseEncoder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoder"))


def test_the_functions_are_the_network(encoder):
    torch.manual_seed(3)
    network = build_reader(encoder).eval()
    with torch.no_grad():
        for parameter in network.trained().values():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    state = {n.removeprefix(ENCODER): p.detach() for n, p in network.trained().items()}
    fixed = BaseEncoder(encoder, "cpu").fixed
    ids = torch.randint(5, 60, (3, 24))
    mask = (torch.arange(24) < torch.tensor([[24], [17], [9]])).long()
    passage = mask * (torch.arange(24) > 6).long()
    with torch.no_grad():
        expected = network(ids, mask, passage)
        made = forward(state, fixed, ids, mask, passage)
    for name in ("start", "end", "first", "second"):  # at padding the two may differ
        ours, theirs = (getattr(output, name)[mask > 0] for output in (made, expected))
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(made.null, expected.null, rtol=1e-4, atol=1e-4)


def test_frozen_layers_get_no_gradient_and_drop_nothing(encoder):
    base = BaseEncoder(encoder, "cpu")
    state = {n: t.requires_grad_(True) for n, t in base.state(1).items()}
    ids, ones = torch.randint(5, 60, (2, 16)), torch.ones(2, 16)
    forward(state, base.fixed, ids, ones, ones, frozen_layers=2).null.sum().backward()
    assert state["encoder.layer.1.output.dense.weight"].grad is None
    assert state["encoder.layer.2.output.dense.weight"].grad is not None
    torch.manual_seed(0)
    one, two = (forward(state, base.fixed, ids, ones, ones, dropout=0.5) for _ in range(2))
    assert not torch.equal(one.null, two.null)


def by_indexing(output: Output, starts: Tensor, ends: Tensor, *, edge_weight: float) -> Tensor:
    """The loss as it reads in words: the edges of the answerable ones alone."""
    ends = torch.minimum(ends, starts + MAX_SPAN_TOKENS - 1)
    every = torch.cat((output.null.unsqueeze(1), span_scores(output).flatten(1)), dim=1)
    length = output.start.shape[1]
    target = torch.where(starts > 0, 1 + starts * length + ends, torch.zeros_like(starts))
    joint = functional.cross_entropy(every, target)
    answerable = starts > 0
    if edge_weight == 0 or not bool(answerable.any()):
        return joint
    edges = functional.cross_entropy(
        output.start[answerable], starts[answerable]
    ) + functional.cross_entropy(output.end[answerable], ends[answerable])
    return joint + edge_weight * edges * answerable.float().mean()


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        pytest.param([3, 0, 5], [4, 0, 5], id="some answerable"),
        pytest.param([0, 0, 0], [0, 0, 0], id="none answerable"),
        pytest.param([3, 2, 1], [47, 2, 30], id="one too long"),
    ],
)
def test_the_loss_is_what_it_is_by_indexing(starts, ends):
    torch.manual_seed(5)
    shapes = [(3, 48), (3, 48), (3, 48, 4), (3, 48, 4), (3,)]
    output = Output(*(torch.randn(shape) for shape in shapes))
    places = (torch.tensor(starts), torch.tensor(ends))
    loss, joint = span_losses(output, log_likelihood(output), *places, edge_weight=0.3)
    torch.testing.assert_close(loss, by_indexing(output, *places, edge_weight=0.3))
    torch.testing.assert_close(joint, by_indexing(output, *places, edge_weight=0.0))
    torch.testing.assert_close(loss, span_loss(output, *places, edge_weight=0.3))


def test_the_flat_optimizer_is_adamw_with_clipping():
    torch.manual_seed(7)
    first = {
        "encoder.layer.0.output.dense.weight": torch.randn(4, 3),
        "encoder.layer.0.output.dense.bias": torch.randn(4),
        "head.edges.weight": torch.randn(2, 4),
    }
    ours = FlatAdamW(first, steps=10)
    theirs = {n: nn.Parameter(t.clone()) for n, t in first.items()}
    groups = [
        {"params": [p], "weight_decay": WEIGHT_DECAY if p.ndim > 1 else 0.0}
        for p in theirs.values()
    ]
    reference = torch.optim.AdamW(groups, betas=BETAS)
    factors = linear_factors(8, 3)
    ours.reset(factors * 0.1, factors * 0.3)
    for step in range(8):
        size = 5.0 if step % 2 else 0.01  # clipped and not
        ours.zero_grad()
        for name, parameter in theirs.items():
            target = torch.randn(parameter.shape)
            ((ours.tensors[name] - target) ** 2 * size).sum().backward()
            parameter.grad = None
            ((parameter - target) ** 2 * size).sum().backward()
        for group, name in zip(reference.param_groups, theirs, strict=True):
            group["lr"] = float(factors[step]) * (0.3 if name.startswith("head.") else 0.1)
        nn.utils.clip_grad_norm_(theirs.values(), CLIP)
        reference.step()
        ours.update()
        for name, parameter in theirs.items():
            torch.testing.assert_close(ours.tensors[name].detach(), parameter.detach())


def test_the_rate_rises_and_falls_in_straight_lines():
    factors = linear_factors(10, 4).tolist()
    assert factors[0] == pytest.approx(0.25)
    assert factors[3] == pytest.approx(0.7)
    assert factors[9] == pytest.approx(0.1)


class Recorded(TorchDispatchMode):
    """Notes the operations that run."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def test_a_step_asks_the_device_nothing(encoder):
    """What would end a capture: numbers read back, and shapes that depend on values."""
    table, base = TokenTable(encoder / "tokenizer.json"), BaseEncoder(encoder, "cpu")
    collector = Collector()
    item = Item("Where?", "Ada was in Rome.", 0, 13, ((9, 13),), "answerable", "a")
    collector.add([item, replace(item, golds=())], table, epoch=0)
    file = encoder / "tokenizer.json"
    prepared = collector.prepared(question_tokens=9, tokenizer=tokenizer_mark(file), facts={})
    settings = StepSettings(frozen_layers=1, dropout=0.1, teachers=1, alpha=0.5, batch_tokens=128)
    start = base.state(1)
    trainer = Trainer(DeviceExamples(prepared, "cpu"), base.fixed, start, settings, "cpu")
    with Recorded() as recorded:
        trainer._chosen[64] = torch.tensor([0, 1])
        trainer._step(64)
    assert {"lerp_", "native_layer_norm_backward", "index"} <= recorded.names
    barred = {"_local_scalar_dense", "nonzero", "masked_select", "unique2", "is_nonzero", "equal"}
    assert not barred & recorded.names
