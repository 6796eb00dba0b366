"""What a training run keeps on disk: weights, moving average, optimizer state, progress.

Everything is safetensors and JSON, written to a new folder that replaces the old one, so that a
run killed at any moment goes on from its last checkpoint. Nothing is pickled.

This module must not know data, schedules or devices.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from embeddings.errors import WeightsError

__all__ = ["Average", "Progress", "load_checkpoint", "save_checkpoint", "save_tensors", "say"]


@dataclass(slots=True)
class Progress:
    """How far a run has come. `active_s` counts processor time a thread, not pauses."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    examples: int = 0
    tokens: int = 0
    active_s: float = 0.0


class Average:
    """An exponential moving average of the trained parameters."""

    def __init__(self, trained: Mapping[str, nn.Parameter], decay: float) -> None:
        self.decay = decay
        self.values = {name: p.detach().clone() for name, p in trained.items()}

    @torch.no_grad()
    def update(self, trained: Mapping[str, nn.Parameter], step: int) -> None:
        """Move towards the parameters; quickly in the first steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        names = list(self.values)
        torch._foreach_lerp_(
            [self.values[n] for n in names], [trained[n].detach() for n in names], 1 - decay
        )

    @torch.no_grad()
    def swap(self, trained: Mapping[str, nn.Parameter]) -> None:
        """Exchange average and parameters; a second call undoes it."""
        for name, value in self.values.items():
            kept = trained[name].detach().clone()
            trained[name].copy_(value)
            value.copy_(kept)


def say(folder: Path, **facts: Any) -> None:
    """One line of progress, to the screen and to `progress.jsonl` in the folder."""
    line = json.dumps(facts, ensure_ascii=False)
    print(line, flush=True)
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write a safetensors file."""
    from safetensors.torch import save_file

    save_file({n: t.detach().cpu().contiguous() for n, t in tensors.items()}, path, metadata)


def save_checkpoint(
    folder: Path,
    trained: Mapping[str, nn.Parameter],
    average: Average,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    facts: Mapping[str, Any],
) -> None:
    """Replace `folder` by a checkpoint of now.

    Args:
        folder: where to; the old one stays until the new one is whole.
        trained: the parameters, by name, in the optimizer's order.
        average: their moving average.
        optimizer: AdamW over exactly these parameters.
        progress: how far the run is.
        facts: written beside it (configuration, encoder).
    """
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_tensors(dict(trained), fresh / "weights.safetensors", {})
    save_tensors(average.values, fresh / "average.safetensors", {})
    # Never empty: safetensors cannot read back a file without tensors.
    moments = {"step": torch.tensor(progress.step)}
    for name, parameter in trained.items():
        for key, value in optimizer.state.get(parameter, {}).items():
            moments[f"{name}|{key}"] = torch.as_tensor(value)
    save_tensors(moments, fresh / "optimizer.safetensors", {})
    (fresh / "progress.json").write_text(
        json.dumps({"progress": asdict(progress), **facts}, indent=1, ensure_ascii=False)
    )
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    fresh.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(
    folder: Path,
    trained: Mapping[str, nn.Parameter],
    average: Average,
    optimizer: torch.optim.Optimizer | None,
) -> Progress:
    """Put a checkpoint back into parameters, average and optimizer.

    Raises:
        WeightsError: a file is missing or damaged, or belongs to another configuration.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not folder.exists():
        old = folder.with_name(folder.name + ".old")
        folder = old if old.exists() else folder
    try:
        weights = load_file(folder / "weights.safetensors")
        values = load_file(folder / "average.safetensors")
        moments = load_file(folder / "optimizer.safetensors")
        kept = json.loads((folder / "progress.json").read_text())["progress"]
        progress = Progress(**kept)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"the checkpoint {folder} cannot be read: {error}", "Start without --resume."
        ) from None
    if set(weights) != set(trained) or set(values) != set(trained):
        raise WeightsError(
            f"the checkpoint {folder} trains other parameters than the configuration",
            "Use the configuration it was made with, or start without --resume.",
        )
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(weights[name])
            average.values[name].copy_(values[name])
    if optimizer is not None:
        for name, parameter in trained.items():
            keys = ("step", "exp_avg", "exp_avg_sq")
            if f"{name}|step" in moments:
                optimizer.state[parameter] = {
                    key: moments[f"{name}|{key}"].to(parameter.device if key != "step" else "cpu")
                    for key in keys
                }
    return progress
