"""Trains the readers of a plan in order: `python -m qa.read.train_plan --plan FILE …`.

    python -m qa.read.train_plan --plan qa/read/plan.toml --prepared EXAMPLES.safetensors \\
        --encoder ENCODER --out DIR [--dev DATA/dev]

Each step is measured on a sample of the development sets and written, packed as it would ship, to
DIR/NAME/reader.safetensors; what a later step takes from it is read from there. A step whose file
is there is not run again, so that a plan that was stopped goes on when it is started again.
Progress is printed and kept in DIR/progress.jsonl. Examples come from `qa.read.prepare`.

This module must not know how a step works, nor how weights are packed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.read.command import DEVICES, device_of, exit_code
from qa.read.data_tokens import TokenTable
from qa.read.packed import read_packed
from qa.read.prepared import Prepared, read_prepared, tokenizer_mark
from qa.read.train_batches import DeviceExamples
from qa.read.train_eval import dev_questions, evaluate
from qa.read.train_graph import StepSettings, Trainer, linear_factors
from qa.read.train_network import State, forward
from qa.read.train_state import say
from qa.read.train_steps import (
    ENCODER_ITSELF,
    SHIPPED,
    MeanStep,
    Plan,
    Source,
    TrainStep,
    read_plan,
)
from qa.read.train_weights import BaseEncoder, mean_of

__all__ = ["main", "run_plan"]

FILE = "reader.safetensors"
_PER_GROUP = 200


def run_plan(
    plan: Plan,
    prepared: Prepared,
    *,
    encoder: Path,
    out: Path,
    dev: Path | None = None,
    device: str = "cpu",
    limit_steps: int | None = None,
) -> None:
    """Run the steps whose readers are not in `out` yet.

    Args:
        plan: the steps.
        prepared: the examples that they are trained on.
        encoder: the encoder's folder.
        out: the folder for one folder a step.
        dev: development sets to measure on.
        device: `cpu` or `cuda`.
        limit_steps: at most so many updates of each step, to try a plan.

    Raises:
        UsageError: the examples do not go with the encoder or are too few for a step, or a
            reader in `out` was made by other settings.
        WeightsError: a reader that a step begins with cannot be read.
    """
    tokenizer = encoder / "tokenizer.json"
    if tokenizer_mark(tokenizer) != prepared.tokenizer:
        raise UsageError(
            f"the examples were prepared with another tokenizer than {tokenizer}",
            "Prepare them with this encoder",
        )
    out.mkdir(parents=True, exist_ok=True)
    run = _PlanRun(plan, prepared, encoder, out, dev, device)
    for step in plan.steps:
        if limit_steps is not None and isinstance(step, TrainStep):
            step = replace(step, steps=min(step.steps, limit_steps))
        run.step(step)


class _PlanRun:
    """What the steps of a plan share."""

    def __init__(
        self,
        plan: Plan,
        prepared: Prepared,
        encoder: Path,
        out: Path,
        dev: Path | None,
        device: str,
    ) -> None:
        self._plan, self._out, self._device = plan, out, device
        self._base = BaseEncoder(encoder, device)
        self._examples = DeviceExamples(prepared, device)
        self._question_tokens = prepared.question_tokens
        self._table = TokenTable(encoder / "tokenizer.json")
        self._questions = dev_questions(dev, per_group=_PER_GROUP) if dev else []
        self._trainer: tuple[StepSettings, Trainer] | None = None

    def step(self, step: TrainStep | MeanStep) -> None:
        """Make one reader, unless it is there."""
        path = self._out / step.name / FILE
        # As JSON gives it back, to be compared with what a file says that it was made by.
        settings = json.loads(json.dumps(asdict(step)))
        if path.exists():
            if read_packed(path).facts.get("plan") != settings:
                raise UsageError(
                    f"{path} was made by other settings than the plan's step {step.name}",
                    "Remove its folder, or give another --out",
                )
            self._say(event="there already", name=step.name)
            return
        begun = time.monotonic()
        if isinstance(step, MeanStep):
            state, facts = self._state(step.mean), {"plan": settings}
        else:
            state, examples = self._train(step)
            facts = {"plan": settings, "steps": step.steps, "examples": examples}
        self._base.write(state, path, facts)
        self._say(event="done", name=step.name, seconds=round(time.monotonic() - begun, 1))
        if self._questions:
            # What was written, not what was trained: packing rounds.
            self._say(event="dev", name=step.name, **self._figures(self._base.read(path)))

    def _train(self, step: TrainStep) -> tuple[State, int]:
        schedule = self._examples.schedule(
            step.epochs, batch_tokens=step.batch_tokens, seed=step.seed, steps=step.steps
        )
        start, teachers = self._state(step.start), [self._state(t) for t in step.teachers]
        settings = StepSettings(
            step.frozen_layers, step.dropout, len(teachers), step.alpha, step.batch_tokens
        )
        if self._trainer is None or self._trainer[0] != settings:
            self._trainer = None  # its buffers go before others come
            trainer = Trainer(self._examples, self._base.fixed, start, settings, self._device)
            self._trainer = (settings, trainer)
        factors = linear_factors(step.steps, step.warmup_steps)
        state = self._trainer[1].train(
            schedule,
            start,
            teachers,
            rates=(factors * step.learning_rate, factors * step.head_learning_rate),
            seed=step.seed,
            say=lambda facts: self._say(event="train", name=step.name, **facts),
        )
        return state, sum(len(chosen) for _, chosen in schedule)

    def _state(self, source: Source) -> State:
        """The weights that a source of the plan names."""
        if isinstance(source, tuple):
            return mean_of([self._state(one) for one in source])
        if source == ENCODER_ITSELF:
            return self._base.state(self._plan.head)
        if source.startswith(SHIPPED):
            return self._base.read(Path(source.removeprefix(SHIPPED)))
        return self._base.read(self._out / source / FILE)

    def _figures(self, state: State) -> dict[str, float]:
        return evaluate(
            partial(forward, state, self._base.fixed),
            self._questions,
            self._table,
            question_tokens=self._question_tokens,
            device=self._device,
        )

    def _say(self, **facts: Any) -> None:
        say(self._out, **facts, at=time.strftime("%H:%M:%S"))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m qa.read.train_plan",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plan", type=Path, default=Path(__file__).with_name("plan.toml"))
    parser.add_argument("--prepared", type=Path, required=True, help="file of qa.read.prepare")
    parser.add_argument("--encoder", type=Path, required=True, help="the encoder's folder")
    parser.add_argument("--out", type=Path, required=True, help="one folder a step")
    parser.add_argument("--dev", type=Path, help="folder of the development sets")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--limit-steps", type=int, help="at most so many updates a step")
    given = parser.parse_args(arguments)

    def run() -> None:
        if given.limit_steps is not None and given.limit_steps < 1:
            raise UsageError(f"--limit-steps {given.limit_steps} is less than 1")
        run_plan(
            read_plan(given.plan),
            read_prepared(given.prepared),
            encoder=given.encoder,
            out=given.out,
            dev=given.dev,
            device=device_of(given.device),
            limit_steps=given.limit_steps,
        )

    return exit_code(run)


if __name__ == "__main__":
    sys.exit(main())
