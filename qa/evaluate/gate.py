"""Compares two runs case by case, and decides whether a run may pass.

A regression is a difference whose whole 95 % paired-bootstrap interval lies on the wrong side of
zero: chance alone does not fail the gate.

This module must not know how a run was made, nor how a comparison is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.errors import UsageError
from qa.evaluate.conversations import RATES
from qa.evaluate.judge import LOWER_IS_BETTER
from qa.evaluate.summary import MEASURES, STATISTICS
from qa.metrics import Floats, Interval, PairedTest, bootstrap_statistic, paired_test

__all__ = [
    "Change",
    "Comparison",
    "Floor",
    "below_floor",
    "compare",
    "load_run",
    "parse_floor",
    "regressions",
]

_REMEDY = "Give a file that qa eval --json or --report wrote."
_GATED = (
    "EM",
    "F1",
    "EM_unicode",
    "F1_unicode",
    "recall@1",
    "recall@5",
    "MRR",
    "nDCG@10",
    "any@3",
    "passage_recall@5",
    "citation_precision",
    "citation_recall",
    "no_answer_recall",
    "refused_answerable",
    "no_answer_AUROC",
    "AURC",
)
_PERCENT = ("EM", "F1")
_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Floor:
    """The least a measure may be."""

    measure: str
    least: float


@dataclass(frozen=True, slots=True)
class Change:
    """One measure in two runs, over the cases that both judged.

    `test` holds new minus old; `regressed` says that it is worse beyond chance.
    """

    measure: str
    old: float
    new: float
    test: PairedTest
    regressed: bool
    improved: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        common: cases that both runs hold.
        only_old, only_new: ids that one of them lacks.
        gained, lost: ids that became right, or wrong.
        same_test_set: whether both measured the very same files.
    """

    common: int
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    changes: tuple[Change, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    same_test_set: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def parse_floor(given: str) -> Floor:
    """A floor from "f1=75" (the measure's name in any case).

    Raises:
        UsageError: it is not of that form, names no measure, or cannot be reached at all.
    """
    name, equals, number = given.partition("=")
    names = {measure.lower(): measure for measure in (*RATES, *MEASURES)}
    measure = names.get(name.strip().lower())
    if not equals or measure is None:
        raise UsageError(
            f"--fail-under {given!r} names no measure",
            f"Write it as f1=75; measures are {', '.join(MEASURES[:4])}, recall@1, MRR and more.",
        )
    if measure in LOWER_IS_BETTER:
        raise UsageError(
            f"--fail-under {given!r}: {measure} is better when lower", "Use --no-worse-than."
        )
    most = 100.0 if measure.upper().startswith(_PERCENT) else 1.0
    try:
        least = float(number)
    except ValueError:
        least = float("nan")
    if not 0.0 <= least <= most:
        raise UsageError(
            f"--fail-under {given!r}: {measure} lies between 0 and {most:g}",
            f"Write it as {name.strip()}={0.75 * most:g}.",
        )
    return Floor(measure, least)


def below_floor(run: Mapping[str, Any], floors: Sequence[Floor]) -> list[str]:
    """One line for each floor that the run lies below, or that it did not measure."""
    lines = []
    for floor in floors:
        value = run.get(floor.measure)
        if value is None:
            lines.append(f"{floor.measure} was not measured, so it is not at least {floor.least:g}")
        elif value < floor.least:
            lines.append(f"{floor.measure} is {value:g}, below {floor.least:g}")
    return lines


def load_run(path: Path) -> dict[str, Any]:
    """A run that was saved before.

    Raises:
        UsageError: the file cannot be read or is not a saved run.
    """
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", _REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", _REMEDY) from error
    cases = run.get("cases") if isinstance(run, dict) else None
    if not isinstance(cases, dict) or not all(_is_case(each) for each in cases.values()):
        raise UsageError(f"{path} is not a saved run of qa eval", _REMEDY)
    return dict(run)


def _is_case(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("values"), dict)
        and all(isinstance(value, int | float) for value in record["values"].values())
        and isinstance(record.get("unit"), str)
        and isinstance(record.get("right"), int | float)
        and isinstance(record.get("confidence"), int | float | None)
        and isinstance(record.get("language"), str)
    )


def compare(old: Mapping[str, Any], new: Mapping[str, Any], *, seed: int = 0) -> Comparison:
    """Compare two saved runs (`Run.to_dict`), case by case.

    Raises:
        UsageError: they have no case in common.
    """
    before, after = old["cases"], new["cases"]
    common = [key for key in after if key in before]
    if not common:
        raise UsageError(
            "the two runs have no question in common", "Compare runs of the same test set."
        )
    pairs = [(before[key], after[key]) for key in common]
    changes = [
        _statistic_change(name, pairs, seed)
        if name in STATISTICS
        else _mean_change(name, pairs, seed)
        for name in MEASURES
    ]
    gained = [key for key in common if _good(after[key]) and not _good(before[key])]
    lost = [key for key in common if _good(before[key]) and not _good(after[key])]
    return Comparison(
        common=len(common),
        only_old=tuple(key for key in before if key not in after),
        only_new=tuple(key for key in after if key not in before),
        changes=tuple(change for change in changes if change is not None),
        gained=tuple(gained),
        lost=tuple(lost),
        same_test_set=_test_set(old) == _test_set(new),
    )


def regressions(comparison: Comparison) -> list[str]:
    """One line for each gated measure that is worse beyond its interval."""
    return [
        f"{change.measure} fell from {change.old:.4g} to {change.new:.4g} "
        f"(difference {change.test.difference:+.4g}, 95 % interval "
        f"{change.test.interval.low:+.4g} to {change.test.interval.high:+.4g})"
        if change.measure not in LOWER_IS_BETTER
        else f"{change.measure} rose from {change.old:.4g} to {change.new:.4g} (lower is better)"
        for change in comparison.changes
        if change.regressed and change.measure in _GATED
    ]


def _good(case: Mapping[str, Any]) -> bool:
    """Whether the reply was right as the user got it, silence included."""
    if case.get("answerable") is None:
        return bool(case["values"].get("recall@1", 0.0))
    return not case.get("lost_at")


def _test_set(run: Mapping[str, Any]) -> Any:
    versions = run.get("versions")
    return versions.get("test_set_sha256") if isinstance(versions, Mapping) else None


def _mean_change(name: str, pairs: Sequence[tuple[Any, Any]], seed: int) -> Change | None:
    both = [(a, b) for a, b in pairs if name in a["values"] and name in b["values"]]
    before = [float(a["values"][name]) for a, _ in both]
    after = [float(b["values"][name]) for _, b in both]
    test = paired_test(before, after, [b["unit"] for _, b in both], seed=seed)
    if test is None:
        return None
    return _change(name, sum(before) / len(both), sum(after) / len(both), test)


def _statistic_change(name: str, pairs: Sequence[tuple[Any, Any]], seed: int) -> Change | None:
    """The same for a statistic of all cases at once; it has no permutation test, so p is nan."""
    rated = [(a, b) for a, b in pairs if _rated(a) and _rated(b)]
    statistic = STATISTICS[name]
    rows = [[*_row(a), *_row(b)] for a, b in rated]
    if not rows:
        return None
    table = np.asarray(rows, dtype=np.float64)
    old, new = statistic(table[:, :3]), statistic(table[:, 3:])
    if old is None or new is None:
        return None
    units = [b["unit"] for _, b in rated]
    gap = _gap(statistic)
    interval = bootstrap_statistic(rows, units, gap, seed=seed, resamples=_RESAMPLES)
    if interval is None:
        return None
    return _change(name, old, new, PairedTest(len(rows), new - old, interval, float("nan")))


def _gap(statistic: Callable[[Floats], float | None]) -> Callable[[Floats], float | None]:
    def gap(rows: Floats) -> float | None:
        old, new = statistic(rows[:, :3]), statistic(rows[:, 3:])
        return None if old is None or new is None else new - old

    return gap


def _rated(case: Mapping[str, Any]) -> bool:
    return bool(case.get("read")) and case.get("answerable") is not None


def _row(case: Mapping[str, Any]) -> tuple[float, float, float]:
    confidence = case["confidence"]
    return (
        0.0 if confidence is None else float(confidence),
        float(case["right"]),
        float(case["answerable"] is False),
    )


def _change(name: str, old: float, new: float, test: PairedTest) -> Change:
    worse = _beyond(test.interval, up=name in LOWER_IS_BETTER)
    better = _beyond(test.interval, up=name not in LOWER_IS_BETTER)
    return Change(name, old, new, test, worse, better)


def _beyond(interval: Interval, *, up: bool) -> bool:
    # Rounding in saved files moves values by up to 1e-6.
    return interval.low > 2e-6 if up else interval.high < -2e-6
