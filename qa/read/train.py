"""Trains the reader: `python -m qa.read.train --data DIR --out DIR --encoder DIR`.

The schedule is warm-up, stable, decay: a run can be ended at any moment by a short decay phase
(`--decay-minutes` before `--max-minutes`, or a file named `finish` in the output folder) and
taken up again later from the checkpoint before the decay. Time is active processor time, so a
stopped process (SIGSTOP) loses none.

Written to the output folder: `progress.jsonl` (also printed), `last/` (checkpoint of the stable
phase), `final/` (weights after the decay).

This module must not know the runtime that serves, nor how weights are packed to be shipped.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from embeddings.errors import MenbeError, UsageError
from qa.read.data import load_sets
from qa.read.data_lexicon import QUESTION_WORDS, build_lexicon, load_lexicon
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Item, batches, collate, make_items
from qa.read.model import ReaderNetwork, build_reader, span_loss
from qa.read.train_eval import dev_questions, evaluate
from qa.read.train_settings import Settings, read_settings
from qa.read.train_state import Average, Progress, load_checkpoint, save_checkpoint, save_tensors

__all__ = ["main", "train"]


def _rate(step: int, warmup: int, decay: tuple[int, int] | None) -> float:
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


class _Clock:
    """Seconds of work: processor time a thread on a CPU, wall time beside an accelerator."""

    def __init__(self, device: str) -> None:
        self._cpu = device == "cpu"
        self._last = self._now()

    def _now(self) -> float:
        if self._cpu:
            return time.process_time() / torch.get_num_threads()
        return time.monotonic()

    def lap(self) -> float:
        """Seconds since the last call."""
        now = self._now()
        spent, self._last = now - self._last, now
        return spent


def _has_bfloat16(device: str) -> bool:
    if device != "cpu":
        return bool(torch.cuda.is_bf16_supported())
    capability = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capability.get("avx512_bf16", False) or capability.get("amx_bf16", False))


class _Run:
    """One training run: everything that its steps share."""

    def __init__(
        self,
        settings: Settings,
        encoder: Path,
        out: Path,
        device: str,
        examples: list[Any],
        dev: Path | None,
    ) -> None:
        self.settings, self.out, self.device = settings, out, device
        seed = int(settings.run["seed"])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        self.table = TokenTable(encoder / "tokenizer.json")
        self.examples = examples
        self.lexicon = self._words(encoder)
        self.model: ReaderNetwork = build_reader(encoder, **settings.model).to(device)
        self.model.train()
        self.trained = self.model.trained()
        self.optimizer = self._optimizer()
        self.average = Average(self.trained, settings.optimizer["average_decay"])
        self.progress = Progress()
        self.questions = (
            dev_questions(dev, per_group=int(settings.run["evaluate_per_group"])) if dev else []
        )
        self.autocast = _has_bfloat16(device)

    def _words(self, encoder: Path) -> dict[str, dict[str, str]]:
        """The word list of code-switching: kept in the output folder, made when missing."""
        if self.settings.recipe.switch_rate <= 0:
            return {}
        path = self.out / "lexicon.json"
        if not path.exists():
            texts = {
                language: list(
                    dict.fromkeys(
                        text
                        for e in self.examples
                        if e.passage_language == language == e.question_language
                        for text in (e.question, e.passage)
                    )
                )
                for language in QUESTION_WORDS
            }
            lexicon = build_lexicon(encoder, self.examples, texts)
            path.write_text(json.dumps(lexicon, ensure_ascii=False, indent=0), encoding="utf-8")
        return load_lexicon(path)

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
        line = json.dumps(facts, ensure_ascii=False)
        print(line, flush=True)
        with (self.out / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

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
        factor = _rate(self.progress.step, int(o["warmup_steps"]), decay)
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

    def measure(self) -> None:
        """Read the development sample with the averaged weights."""
        if not self.questions:
            return
        self.average.swap(self.trained)
        figures = evaluate(
            self.model,
            self.questions,
            self.table,
            device=self.device,
            question_tokens=self.settings.recipe.question_tokens,
        )
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


def train(
    settings: Settings,
    *,
    data: Path,
    encoder: Path,
    out: Path,
    dev: Path | None = None,
    resume: bool = False,
    max_minutes: float | None = None,
    decay_minutes: float = 0.0,
    limit: int | None = None,
    device: str = "cpu",
) -> Path:
    """Train and return the folder of the final weights.

    Args:
        settings: the configuration.
        data: folder with one folder a training set.
        encoder: the encoder's folder (config.json, model.safetensors, tokenizer.json).
        out: where checkpoints and progress go.
        dev: development sets: barred from training, sampled for the learning curve.
        resume: go on from `out/last` when it is there.
        max_minutes: active time of the whole run, checkpoints before included; None: all epochs.
        decay_minutes: of these, the last that lower the learning rate to 0.
        limit: at most this many source examples of each set (for tests and small runs).
        device: `cpu` or `cuda`.
    """
    out.mkdir(parents=True, exist_ok=True)
    examples, report = load_sets(data, settings.sets, dev=dev)
    for line in report.lines():
        print(line, flush=True)
    if limit is not None:
        examples = [
            e for s in settings.recipe.sets for e in [x for x in examples if x.set == s][:limit]
        ]
    run = _Run(settings, encoder, out, device, examples, dev)
    if resume and ((out / "last").exists() or (out / "last.old").exists()):
        run.progress = load_checkpoint(out / "last", run.trained, run.average, run.optimizer)
    run.say(
        event="start",
        step=run.progress.step,
        examples=len(examples),
        trained=sum(p.numel() for p in run.trained.values()),
        bfloat16=run.autocast,
    )
    _loop(run, max_minutes, decay_minutes)
    run.measure()
    final = out / "final"
    final.mkdir(exist_ok=True)
    save_tensors(
        run.average.values,
        final / "weights.safetensors",
        {
            "model": json.dumps(dict(settings.model)),
            "step": str(run.progress.step),
            "examples": str(run.progress.examples),
        },
    )
    run.say(event="done", step=run.progress.step, examples=run.progress.examples)
    return final


def _loop(run: _Run, max_minutes: float | None, decay_minutes: float) -> None:
    """Steps until the time, the epochs or the decay are over."""
    kept, settings = run.progress, run.settings
    begun = kept.active_s
    saved = kept.active_s
    next_measure = kept.active_s + 60 * settings.run["evaluate_first_minutes"]
    decay: tuple[int, int] | None = None
    losses: list[float] = []
    clock = _Clock(run.device)
    for count, (epoch, number, group) in enumerate(run.stream(), 1):
        if count == 1:
            clock.lap()
        losses.append(run.step(group, decay))
        kept.epoch, kept.batch = epoch, number + 1
        kept.active_s += clock.lap()
        pace = (kept.active_s - begun) / count
        if kept.step % 20 == 0:
            run.say(
                event="train",
                step=kept.step,
                loss=round(float(np.mean(losses)), 4),
                examples=kept.examples,
                minutes=round(kept.active_s / 60, 2),
                tokens_per_s=round(kept.tokens / max(kept.active_s, 1e-9)),
                at=time.strftime("%H:%M:%S"),
            )
            losses = []
        if decay is None:
            decay = _begin_decay(run, pace, max_minutes, decay_minutes)
        elif kept.step >= sum(decay):
            return
        if max_minutes is not None and decay is None and kept.active_s >= 60 * max_minutes:
            return
        if decay is None and kept.active_s - saved >= 60 * settings.run["checkpoint_minutes"]:
            run.checkpoint()
            saved = kept.active_s
        if kept.active_s >= next_measure:
            run.measure()
            next_measure = kept.active_s + 60 * settings.run["evaluate_minutes"]
        clock.lap()
    run.checkpoint()


def _begin_decay(
    run: _Run, pace: float, max_minutes: float | None, decay_minutes: float
) -> tuple[int, int] | None:
    """First step and length of the decay when its time has come; a checkpoint is kept before.

    A file `finish` in the output folder may hold the minutes of the decay.
    """
    kept = run.progress
    finish = run.out / "finish"
    minutes = decay_minutes
    if finish.exists():
        text = finish.read_text().strip()
        try:
            minutes = float(text) if text else max(decay_minutes, kept.active_s / 60 / 5)
        except ValueError:
            minutes = max(decay_minutes, kept.active_s / 60 / 5)
        finish.unlink()
    elif max_minutes is None or minutes <= 0 or kept.active_s < 60 * (max_minutes - minutes):
        return None
    length = max(1, round(60 * minutes / max(pace, 1e-6)))
    run.checkpoint()
    run.say(event="decay", step=kept.step, steps=length)
    return kept.step, length


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m qa.read.train", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("train.toml"))
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--dev", type=Path, help="folder of the development sets")
    parser.add_argument("--encoder", type=Path, required=True, help="the encoder's folder")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and progress")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--max-minutes", type=float, help="active minutes of the whole run")
    parser.add_argument("--decay-minutes", type=float, default=0.0)
    parser.add_argument("--limit", type=int, help="at most so many examples of each set")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    given = parser.parse_args(arguments)
    device = given.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        train(
            read_settings(given.config),
            data=given.data,
            encoder=given.encoder,
            out=given.out,
            dev=given.dev,
            resume=given.resume,
            max_minutes=given.max_minutes,
            decay_minutes=given.decay_minutes,
            limit=given.limit,
            device=device,
        )
    except MenbeError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
