"""One training run: model, optimizer, data and what a step does with them.

This module must not know when a run begins, pauses or ends: `qa.read.train` decides that.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from qa.read.data import Example
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Item, batches, collate, make_items
from qa.read.data_words import word_list
from qa.read.model import ReaderNetwork, build_reader, span_loss, start_from
from qa.read.train_eval import dev_questions, evaluate
from qa.read.train_settings import Settings
from qa.read.train_state import Average, Progress, save_checkpoint, save_tensors, say

__all__ = ["Run", "learning_rate_factor"]


def learning_rate_factor(step: int, warmup: int, decay: tuple[int, int] | None) -> float:
    """The learning rate's factor: linear warm-up, 1, and 1 - sqrt over the decay.

    Args:
        step: from 0.
        warmup: its steps.
        decay: first step of the decay and its length, once it has begun (the shape follows
            Hägele et al. 2024, "Scaling Laws and Compute-Optimal Training Beyond Fixed
            Training Durations").
    """
    up = min(1.0, (step + 1) / max(1, warmup))
    if decay is None:
        return up
    first, length = decay
    return up * max(0.0, 1.0 - math.sqrt(min(1.0, (step - first + 1) / max(1, length))))


def _has_bfloat16(device: str) -> bool:
    if device != "cpu":
        return bool(torch.cuda.is_bf16_supported())
    capability = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capability.get("avx512_bf16", False) or capability.get("amx_bf16", False))


class Run:
    """One training run: everything that its steps share."""

    def __init__(
        self,
        settings: Settings,
        encoder: Path,
        out: Path,
        device: str,
        examples: list[Example],
        dev: Path | None,
        start: Path | None = None,
    ) -> None:
        self.settings, self.out, self.device = settings, out, device
        seed = int(settings.run["seed"])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        self.table = TokenTable(encoder / "tokenizer.json")
        self.examples = examples
        self.lexicon: dict[str, dict[str, str]] = {}
        if settings.recipe.switch_rate > 0:
            self.lexicon = word_list(
                out / "lexicon.json", examples, encoder=encoder, dictionaries=settings.dictionaries
            )
        self.model: ReaderNetwork = build_reader(encoder, **settings.model).to(device)
        if start is not None:
            start_from(self.model, start)
        self.model.train()
        self.trained = self.model.trained()
        self.optimizer = self._optimizer()
        self.average = Average(self.trained, settings.optimizer["average_decay"])
        self.progress = Progress()
        self.questions = (
            dev_questions(dev, per_group=int(settings.run["evaluate_per_group"])) if dev else []
        )
        self.autocast = _has_bfloat16(device)

    def _optimizer(self) -> torch.optim.AdamW:
        o = self.settings.optimizer
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in self.trained.items():
            key = (name.startswith("head."), parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
        return torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "base": o["head_learning_rate"] if head else o["learning_rate"],
                    "weight_decay": o["weight_decay"] if matrix else 0.0,
                }
                for (head, matrix), parameters in groups.items()
            ],
            lr=o["learning_rate"],
            betas=(0.9, 0.98),
            fused=True,
        )

    def say(self, **facts: Any) -> None:
        """One line of progress, to the screen and to `progress.jsonl`."""
        say(self.out, **facts)

    def stream(self) -> Iterator[tuple[int, int, list[Item]]]:
        """`(epoch, batch, items)` from where the progress stands."""
        first = self.progress.batch
        for epoch in range(self.progress.epoch, int(self.settings.run["epochs"])):
            items = make_items(
                self.examples,
                self.table,
                self.settings.recipe,
                epoch=epoch,
                lexicon=self.lexicon,
            )
            kinds = {k: sum(i.kind == k for i in items) for k in sorted({i.kind for i in items})}
            self.say(event="epoch", epoch=epoch, items=len(items), kinds=kinds)
            for number, group in enumerate(
                batches(items, self.table, self.settings.recipe, epoch=epoch)
            ):
                if number >= first:
                    yield epoch, number, group
            first = 0

    def _precision(self) -> AbstractContextManager[Any]:
        if self.autocast:
            return torch.autocast(self.device, dtype=torch.bfloat16)
        return nullcontext()

    def step(self, group: Sequence[Item], decay: tuple[int, int] | None) -> float:
        """One update; returns the loss."""
        o = self.settings.optimizer
        factor = learning_rate_factor(self.progress.step, int(o["warmup_steps"]), decay)
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = parameters["base"] * factor
        batch = collate(group, self.table, question_tokens=self.settings.recipe.question_tokens)
        arrays = (batch.ids, batch.mask, batch.passage, batch.starts, batch.ends)
        ids, mask, passage, starts, ends = (torch.from_numpy(a).to(self.device) for a in arrays)
        with self._precision():
            output = self.model(ids, mask, passage)
        loss = span_loss(output, starts, ends, edge_weight=o["edge_weight"])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(list(self.trained.values()), o["clip"])
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.trained, self.progress.step)
        self.progress.step += 1
        self.progress.examples += len(group)
        self.progress.tokens += int(batch.mask.sum())
        return float(loss.detach())

    def measure(self, *, averaged: bool = True) -> None:
        """Read the development sample, with the averaged weights or the last ones."""
        if not self.questions:
            return
        if averaged:
            self.average.swap(self.trained)
        self.model.eval()
        figures = evaluate(
            self.model,
            self.questions,
            self.table,
            device=self.device,
            question_tokens=self.settings.recipe.question_tokens,
        )
        self.model.train()
        if averaged:
            self.average.swap(self.trained)
        self.say(
            event="dev",
            step=self.progress.step,
            examples=self.progress.examples,
            minutes=round(self.progress.active_s / 60, 1),
            **figures,
        )

    def checkpoint(self) -> None:
        """Save everything needed to go on."""
        facts = {
            "model": dict(self.settings.model),
            "optimizer": dict(self.settings.optimizer),
        }
        save_checkpoint(
            self.out / "last", self.trained, self.average, self.optimizer, self.progress, facts
        )

    def finish(self, *, averaged: bool) -> Path:
        """Measure and write the final weights; returns their folder."""
        self.measure(averaged=averaged)
        final = self.out / "final"
        final.mkdir(exist_ok=True)
        notes = {
            "model": json.dumps(dict(self.settings.model)),
            "step": str(self.progress.step),
            "examples": str(self.progress.examples),
        }
        values = self.average.values if averaged else dict(self.trained)
        save_tensors(values, final / "weights.safetensors", notes)
        self.say(event="done", step=self.progress.step, examples=self.progress.examples)
        return final
