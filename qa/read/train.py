"""Trains the reader: `python -m qa.read.train --data DIR --out DIR --encoder DIR`.

The schedule is warm-up, stable, decay: a run can be ended at any moment by a short decay phase
(`--decay-minutes` before `--max-minutes`, or a file named `finish` in the output folder) and
taken up again later from the checkpoint before the decay. Time is active processor time, so a
stopped process (SIGSTOP) loses none. SIGTERM ends it after a checkpoint.

Written to the output folder: `progress.jsonl` (also printed), `last/` (checkpoint of the stable
phase), `final/` (weights after the decay).

This module must not know the runtime that serves, nor how weights are packed to be shipped.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from qa.read.command import DEVICES, device_of, exit_code
from qa.read.data import held_out, load_sets
from qa.read.train_run import Run
from qa.read.train_settings import Settings, read_settings
from qa.read.train_state import load_checkpoint

__all__ = ["main", "train"]


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
    start: Path | None = None,
) -> Path | None:
    """Train and return the folder of the final weights; None when a signal stopped it before.

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
        start: a shipped reader to begin with instead of the encoder's own layers.
    """
    out.mkdir(parents=True, exist_ok=True)
    examples, report = load_sets(data, settings.sets, dev=dev)
    examples = [example for example in examples if not held_out(example)]
    for line in report.lines():
        print(line, flush=True)
    if limit is not None:
        examples = [
            e for s in settings.recipe.sets for e in [x for x in examples if x.set == s][:limit]
        ]
    run = Run(settings, encoder, out, device, examples, dev, start)
    if resume and ((out / "last").exists() or (out / "last.old").exists()):
        run.progress = load_checkpoint(out / "last", run.trained, run.average, run.optimizer)
    run.say(
        event="start",
        step=run.progress.step,
        examples=len(examples),
        trained=sum(p.numel() for p in run.trained.values()),
        bfloat16=run.autocast,
    )
    with _stop_signal() as stopped:
        ending = _loop(run, max_minutes, decay_minutes, stopped)
    if ending == "stopped":
        run.say(event="stopped", step=run.progress.step)
        return None
    # After a decay the last weights are the best; before one, their average is.
    return run.finish(averaged=ending != "decayed")


@contextmanager
def _stop_signal() -> Iterator[list[int]]:
    """Collects SIGTERM and SIGINT, so that the step can end and be kept; a second one kills."""
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def note(number: int, _frame: object) -> None:
        caught.append(number)
        signal.signal(number, kept[signal.Signals(number)])

    for number in kept:
        signal.signal(number, note)
    try:
        yield caught
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _loop(
    run: Run, max_minutes: float | None, decay_minutes: float, stopped: list[int]
) -> Literal["ended", "decayed", "stopped"]:
    """Steps until the time, the epochs or the decay are over, or a signal comes."""
    kept, settings = run.progress, run.settings
    begun = kept.active_s
    saved = kept.active_s
    next_measure = 60 * settings.run["evaluate_first_minutes"]
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
            return "decayed"
        if decay is None and stopped:
            run.checkpoint()
            return "stopped"
        if max_minutes is not None and decay is None and kept.active_s >= 60 * max_minutes:
            break
        if decay is None and kept.active_s - saved >= 60 * settings.run["checkpoint_minutes"]:
            run.checkpoint()
            saved = kept.active_s
        if kept.active_s >= next_measure:
            run.measure()
            next_measure = kept.active_s + 60 * settings.run["evaluate_minutes"]
        clock.lap()
    if decay is None:
        run.checkpoint()
    return "ended" if decay is None else "decayed"


def _begin_decay(
    run: Run, pace: float, max_minutes: float | None, decay_minutes: float
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
    parser.add_argument("--start", type=Path, help="a shipped reader (.safetensors) to go on from")
    parser.add_argument("--max-minutes", type=float, help="active minutes of the whole run")
    parser.add_argument("--decay-minutes", type=float, default=0.0)
    parser.add_argument("--limit", type=int, help="at most so many examples of each set")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    given = parser.parse_args(arguments)
    return exit_code(
        lambda: train(
            read_settings(given.config),
            data=given.data,
            encoder=given.encoder,
            out=given.out,
            dev=given.dev,
            resume=given.resume,
            max_minutes=given.max_minutes,
            decay_minutes=given.decay_minutes,
            limit=given.limit,
            device=device_of(given.device),
            start=given.start,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
