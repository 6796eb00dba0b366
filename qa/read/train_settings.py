"""The training's configuration file, read and checked; see `train.toml` for what each key means.

A file may say `like = "other.toml"`, a file beside it, and then holds only what differs.

This module must not know data, models or torch.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.read.data_windows import Recipe

__all__ = ["Settings", "read_settings"]

_KEYS = {
    "data": {"sets"},
    "negatives": {"rate", "retrieved", "exchanged", "reworded"},
    "code_switch": {"rate", "words", "passages", "dictionaries", "azeri"},
    "windows": {"tokens", "long_tokens", "long_rate", "question_tokens"},
    "model": {"method", "frozen_layers", "rank"},
    "optimizer": {
        "learning_rate",
        "head_learning_rate",
        "weight_decay",
        "batch_tokens",
        "warmup_steps",
        "edge_weight",
        "average_decay",
        "clip",
    },
    "run": {
        "epochs",
        "seed",
        "checkpoint_minutes",
        "evaluate_minutes",
        "evaluate_first_minutes",
        "evaluate_per_group",
    },
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration: which sets, how they are mixed, and the tables as they stand."""

    sets: tuple[str, ...]
    recipe: Recipe
    dictionaries: Path
    model: Mapping[str, Any]
    optimizer: Mapping[str, float]
    run: Mapping[str, float]


def read_settings(path: Path) -> Settings:
    """Read and check a configuration.

    Raises:
        UsageError: the file cannot be read, lacks a key, or has one that is not known.
    """
    try:
        raw = _raw(path)
        unknown = sorted(set(raw) - {*_KEYS, "mix"})
        if unknown:
            raise UsageError(f"{path}: unknown: {', '.join(unknown)}")
        for name, known in _KEYS.items():
            odd = sorted(set(raw[name]) ^ known)
            if odd:
                raise UsageError(f"{path}: [{name}] lacks or does not know: {', '.join(odd)}")
        wrong = [name for name, count in raw["mix"].items() if int(count) < 0]
        if wrong:
            raise UsageError(f"{path}: [mix] has a negative count: {', '.join(wrong)}")
        return Settings(
            sets=tuple(raw["data"]["sets"]),
            recipe=_recipe(raw),
            dictionaries=Path(raw["code_switch"]["dictionaries"]),
            model=dict(raw["model"]),
            optimizer={name: float(value) for name, value in raw["optimizer"].items()},
            run={name: float(value) for name, value in raw["run"].items()},
        )
    except OSError as error:
        raise UsageError(f"the configuration {path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UsageError(f"the configuration {path} is not right: {error!r}") from None


def _raw(path: Path) -> dict[str, Any]:
    """The file's tables, over those of the file that it is like."""
    own = tomllib.loads(path.read_text(encoding="utf-8"))
    like = own.pop("like", None)
    if like is None:
        return own
    # Read once and not again, so that two files that are like each other end in an error.
    base = tomllib.loads((path.parent / like).read_text(encoding="utf-8"))
    return base | {name: base.get(name, {}) | table for name, table in own.items()}


def _recipe(raw: Mapping[str, Any]) -> Recipe:
    windows, negatives = raw["windows"], raw["negatives"]
    return Recipe(
        sets={name: int(count) for name, count in raw["mix"].items()},
        negative_rate=float(negatives["rate"]),
        retrieved_share=float(negatives["retrieved"]),
        exchanged_share=float(negatives["exchanged"]),
        reworded_share=float(negatives["reworded"]),
        window_tokens=(int(windows["tokens"][0]), int(windows["tokens"][1])),
        long_tokens=int(windows["long_tokens"]),
        long_rate=float(windows["long_rate"]),
        question_tokens=int(windows["question_tokens"]),
        batch_tokens=int(raw["optimizer"]["batch_tokens"]),
        seed=int(raw["run"]["seed"]),
        switch_rate=float(raw["code_switch"]["rate"]),
        switch_words=float(raw["code_switch"]["words"]),
        switch_passages=float(raw["code_switch"]["passages"]),
        azeri_rate=float(raw["code_switch"]["azeri"]),
    )
