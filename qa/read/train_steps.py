"""A plan's file, read and checked: readers trained one after the other, and means of them.

See `plan.toml` for the one that made the shipped weights. A source of weights is

    "encoder"          the encoder's own layers with the plan's head
    "shipped:PATH"     a packed reader, relative to the folder that the command runs in
    "NAME"             an earlier step's
    ["NAME", …]        the mean of sources

Means are only good of readers that began with the same head (Wortsman et al. 2022, "Model soups"):
so a plan has one `head`, a seed or the path of a packed reader that has it.

This module must not know how a step is run, nor torch.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from embeddings.errors import UsageError

__all__ = ["ENCODER_ITSELF", "SHIPPED", "MeanStep", "Plan", "Source", "TrainStep", "read_plan"]

ENCODER_ITSELF = "encoder"
SHIPPED = "shipped:"
MAX_STEPS = 100_000
MIN_BATCH_TOKENS = 320  # one example of the longest batches

Source = str | tuple["Source", ...]

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainStep:
    """One reader to train.

    Attributes:
        name: of its folder.
        start: what it begins with.
        epochs: of the prepared examples.
        steps: updates.
        learning_rate, head_learning_rate: of the encoder's layers and of the head, at their
            highest; linear up over `warmup_steps`, then linear down to 0 over all steps.
        dropout: share of values dropped, 0 to 1.
        frozen_layers: the lowest layers that stay as they are.
        batch_tokens: of one update, padding included.
        seed: of the examples' order and of dropout.
        teachers: whose mean probabilities are learnt; none: the right spans alone.
        alpha: the teachers' share of the loss, 0 without teachers.
    """

    name: str
    start: Source
    epochs: tuple[int, ...]
    steps: int
    learning_rate: float
    head_learning_rate: float
    warmup_steps: int
    dropout: float
    frozen_layers: int
    batch_tokens: int
    seed: int
    teachers: tuple[Source, ...] = ()
    alpha: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanStep:
    """A reader that is the mean of others, with equal weight."""

    name: str
    mean: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, and the head they begin with: a seed or a packed reader's path."""

    head: int | Path
    steps: tuple[TrainStep | MeanStep, ...]


def read_plan(path: Path) -> Plan:
    """Read and check a plan.

    Raises:
        UsageError: the file cannot be read, lacks a key, has one that is not known or a value that
            cannot be used, or names a reader that is not made by an earlier step.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        odd = sorted(set(raw) - {"head", "defaults", "step"})
        if odd:
            raise ValueError(f"unknown: {', '.join(odd)}")
        steps: list[TrainStep | MeanStep] = []
        for table in raw["step"]:
            steps.append(_step(table, raw.get("defaults", {}), {s.name for s in steps}))
        if not steps or type(raw["head"]) not in (int, str):
            raise ValueError("it has no step, or a head that is neither a seed nor a path")
    except OSError as error:
        raise UsageError(f"the plan {path} cannot be read: {error.strerror}") from None
    except KeyError as error:
        raise UsageError(f"the plan {path} lacks {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"the plan {path} is not right: {error}") from None
    head = raw["head"]
    return Plan(Path(head) if isinstance(head, str) else head, tuple(steps))


def _step(
    own: Mapping[str, Any], defaults: Mapping[str, Any], before: Set[str]
) -> TrainStep | MeanStep:
    name = own["name"]
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == ENCODER_ITSELF:
        raise ValueError(f"{name!r} is no name for a step: letters, digits, _ and -")
    if name in before:
        raise ValueError(f"two steps are called {name}")
    kind: type[TrainStep | MeanStep] = MeanStep if "mean" in own else TrainStep
    given = dict(own) if kind is MeanStep else {**defaults, **own}
    hints = get_type_hints(kind)
    odd = sorted(set(given) - set(hints))
    if odd:
        raise ValueError(f"step {name} does not know: {', '.join(odd)}")
    optional = {"teachers", "alpha"}
    missing = [f.name for f in fields(kind) if f.name not in given and f.name not in optional]
    if missing:
        raise ValueError(f"step {name} lacks: {', '.join(missing)}")
    values = {key: _value(name, key, value, before) for key, value in given.items()}
    step = kind(**values)
    if isinstance(step, TrainStep):
        _check(step)
    return step


def _value(step: str, key: str, value: Any, before: Set[str]) -> Any:
    """A key's value in the type that the step wants."""
    if key == "name":
        return value
    if key in ("start", "teachers", "mean"):
        source = _source(step, value, before)
        if key != "start" and not isinstance(source, tuple):
            raise ValueError(f"step {step}: {key} must be a list")
        return source
    if key == "epochs":
        if not isinstance(value, list) or not value or any(type(v) is not int for v in value):
            raise ValueError(f"step {step}: epochs {value!r} is no list of numbers")
        return tuple(value)
    whole = get_type_hints(TrainStep)[key] is int
    if type(value) is not int and (whole or type(value) is not float):
        raise ValueError(f"step {step}: {key} {value!r} is no {'whole ' if whole else ''}number")
    return value if whole else float(value)


def _source(step: str, value: Any, before: Set[str]) -> Source:
    if isinstance(value, list) and value:
        return tuple(_source(step, one, before) for one in value)
    if not isinstance(value, str):
        raise ValueError(f"step {step}: {value!r} is no source of weights")
    if value != ENCODER_ITSELF and not value.startswith(SHIPPED) and value not in before:
        raise ValueError(f"step {step}: no step before it is called {value!r}")
    return value


def _check(step: TrainStep) -> None:
    limits = {
        "steps": (1, MAX_STEPS),
        "learning_rate": (0.0, 1.0),
        "head_learning_rate": (0.0, 1.0),
        "warmup_steps": (0, MAX_STEPS),
        "dropout": (0.0, 0.9),
        "frozen_layers": (0, 1000),
        "batch_tokens": (MIN_BATCH_TOKENS, 1 << 30),
        "seed": (0, 1 << 31),
        "alpha": (0.0, 1.0),
    }
    for key, (low, high) in limits.items():
        if not low <= getattr(step, key) <= high:
            raise ValueError(
                f"step {step.name}: {key} is {getattr(step, key)}, not {low} to {high}"
            )
    if bool(step.teachers) != (step.alpha > 0):
        raise ValueError(f"step {step.name}: teachers and an alpha above 0 go together")
