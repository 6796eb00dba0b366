"""Sums judged cases up: means, curves and intervals, by question language, article language, pair.

All randomness comes from one seed, so the same run gives the same numbers.

This module must not know how cases were judged, nor how a summary is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qa.evaluate.judge import CaseResult, same_answer_groups
from qa.metrics import (
    CurvePoint,
    Floats,
    Interval,
    ReliabilityBin,
    area_under_curve,
    auroc,
    bootstrap_mean,
    bootstrap_statistic,
    brier_score,
    coverage_at_risk,
    expected_calibration_error,
    percentile,
    reliability_bins,
    risk_coverage,
)

__all__ = ["MEASURES", "STATISTICS", "Slice", "Summary", "summarize"]

_TEXT = ("EM", "F1", "EM_unicode", "F1_unicode")
MEASURES = (
    *_TEXT,
    *(f"{name}_answerable" for name in _TEXT),
    *(f"{name}_unanswerable" for name in _TEXT),
    "F1_forced",
    "F1_unicode_forced",
    "span_overlap",
    *(f"recall@{depth}" for depth in (1, 3, 5, 10)),
    "MRR",
    "nDCG@10",
    *(f"any@{depth}" for depth in (1, 3, 5, 10)),
    *(f"passage_recall@{depth}" for depth in (1, 3, 5, 10)),
    "citation_precision",
    "citation_recall",
    "citation_sentence_precision",
    "citation_sentence_recall",
    "no_answer_precision",
    "no_answer_recall",
    "refused_answerable",
    "no_answer_AUROC",
    "AURC",
    "coverage_at_risk_20",
    "ECE",
    "brier",
    "same_answer_rate",
)
"""Every measure, in the order it is shown. EM and F1 are percent, the others shares."""

_STAGES = ("encode", "retrieve", "read", "total")


@dataclass(frozen=True, slots=True)
class Slice:
    """The measures of some of the cases.

    Attributes:
        n: cases in the slice, judged or not.
        values: measure to value; a measure that judged no case is not there.
        judged: measure to how many cases (or groups) it judged.
        intervals: 95 % bootstrap intervals, where there is one.
    """

    n: int
    values: Mapping[str, float]
    judged: Mapping[str, int]
    intervals: Mapping[str, Interval]

    def to_dict(self) -> dict[str, Any]:
        """Flat: `n`, each measure, then `judged` and `intervals` ([low, high])."""
        return {
            "n": self.n,
            **{name: round(value, 4) for name, value in self.values.items()},
            "judged": dict(self.judged),
            "intervals": {
                name: [round(span.low, 4), round(span.high, 4)]
                for name, span in self.intervals.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole run, summed up.

    Attributes:
        latency_ms: stage to its 50th and 95th percentile ("p50", "p95").
        lost_at: stage to the number of wrong replies it is to blame for.
        unjudged: "kind of measure: reason" to the ids of the cases it could not judge.
    """

    overall: Slice
    by_question_language: Mapping[str, Slice]
    by_article_language: Mapping[str, Slice]
    by_pair: Mapping[str, Slice]
    curve: Sequence[CurvePoint]
    bins: Sequence[ReliabilityBin]
    latency_ms: Mapping[str, Mapping[str, float]]
    lost_at: Mapping[str, int]
    unjudged: Mapping[str, Sequence[str]]

    def to_dict(self) -> dict[str, Any]:
        """The overall measures flat at the top, then the slices, curves and lists."""
        return {
            **self.overall.to_dict(),
            "units": {"EM*, F1*": "percent", "all others": "share, 0 to 1"},
            "by_question_language": _dicts(self.by_question_language),
            "by_article_language": _dicts(self.by_article_language),
            "by_pair": _dicts(self.by_pair),
            "latency_ms": {stage: dict(value) for stage, value in self.latency_ms.items()},
            "lost_at": dict(self.lost_at),
            "unjudged": {reason: list(ids) for reason, ids in self.unjudged.items()},
            "risk_coverage": [
                [round(p.threshold, 6), round(p.coverage, 6), round(p.risk, 6)] for p in self.curve
            ],
            "reliability": [asdict(each) for each in self.bins],
        }


def summarize(results: Sequence[CaseResult], *, seed: int, resamples: int = 1000) -> Summary:
    """Sum up a run.

    Args:
        results: one a case.
        seed: of the bootstrap.
        resamples: of the means; the curves' statistics take a third of it.
    """
    rated = [result for result in results if _is_rated(result)]
    confidences = [_confidence(result) for result in rated]
    right = [result.right for result in rated]

    made: dict[tuple[int, ...], Slice] = {}

    def part(key: Callable[[CaseResult], str]) -> dict[str, Slice]:
        held: dict[str, list[int]] = {}
        for place, result in enumerate(results):
            held.setdefault(key(result), []).append(place)
        slices = {}
        for name in sorted(held.keys() - {""}):
            # A language and the pair of it with the only other one are often the same cases.
            places = tuple(held[name])
            if places not in made:
                part_of = [results[place] for place in places]
                made[places] = _slice(part_of, seed, resamples, groups=False)
            slices[name] = made[places]
        return slices

    return Summary(
        overall=_slice(results, seed, resamples, groups=True),
        by_question_language=part(lambda result: result.case.language),
        by_article_language=part(lambda result: result.article_language),
        by_pair=part(_pair),
        curve=risk_coverage(confidences, right),
        bins=reliability_bins(confidences, right) if rated else [],
        latency_ms=_latency(results),
        lost_at=_counted([result.lost_at for result in results if result.lost_at]),
        unjudged=_unjudged(results),
    )


def _slice(results: Sequence[CaseResult], seed: int, resamples: int, *, groups: bool) -> Slice:
    values: dict[str, float] = {}
    judged: dict[str, int] = {}
    intervals: dict[str, Interval] = {}

    def put(name: str, found: float | None, n: int, interval: Interval | None) -> None:
        if found is not None:
            values[name], judged[name] = found, n
        if found is not None and interval is not None:
            intervals[name] = interval

    same = same_answer_groups(results) if groups else {}
    for name in MEASURES:
        if name in STATISTICS:
            rows, units = _rows(results)
            statistic = STATISTICS[name]
            found = statistic(np.asarray(rows, dtype=np.float64)) if rows else None
            wide = None
            if found is not None:
                wide = bootstrap_statistic(
                    rows, units, statistic, seed=seed, resamples=max(resamples // 3, 1)
                )
            put(name, found, len(rows), wide)
            continue
        if name == "same_answer_rate":
            numbers, units = list(same.values()), list(same)
        else:
            held = [result for result in results if name in result.values]
            numbers = [result.values[name] for result in held]
            units = [result.unit for result in held]
        if numbers:
            mean = sum(numbers) / len(numbers)
            spread = bootstrap_mean(numbers, units, seed=seed, resamples=resamples)
            put(name, mean, len(numbers), spread)
    return Slice(len(results), values, judged, intervals)


def _is_rated(result: CaseResult) -> bool:
    return result.outcome.read and result.case.answerable is not None


def _confidence(result: CaseResult) -> float:
    """Of the best candidate. Where nothing was found, the system could not be less sure."""
    confidence = result.outcome.confidence
    return 0.0 if confidence is None else confidence


def _rows(results: Sequence[CaseResult]) -> tuple[list[tuple[float, float, float]], list[str]]:
    """(confidence, right, has no answer) and unit of every case with a confidence to judge."""
    rated = [result for result in results if _is_rated(result)]
    rows = [(_confidence(r), r.right, float(r.case.answerable is False)) for r in rated]
    return rows, [result.unit for result in rated]


STATISTICS: Mapping[str, Callable[[Floats], float | None]] = {
    "no_answer_AUROC": lambda rows: auroc(rows[:, 2] > 0, -rows[:, 0]),
    "AURC": lambda rows: area_under_curve(rows[:, 0], rows[:, 1]),
    "coverage_at_risk_20": lambda rows: coverage_at_risk(rows[:, 0], rows[:, 1], risk=0.2),
    "ECE": lambda rows: expected_calibration_error(rows[:, 0], rows[:, 1]),
    "brier": lambda rows: brier_score(rows[:, 0], rows[:, 1]),
}
"""Measures of all cases at once: from rows of (confidence, right, has no answer)."""


def _latency(results: Sequence[CaseResult]) -> dict[str, dict[str, float]]:
    timed = [r.outcome.timings for r in results if r.outcome.timings is not None]
    found: dict[str, dict[str, float]] = {}
    for stage in _STAGES:
        values = [getattr(timings, stage) for timings in timed]
        p50, p95 = percentile(values, 50), percentile(values, 95)
        if p50 is not None and p95 is not None:
            found[stage] = {"p50": round(p50, 2), "p95": round(p95, 2)}
    return found


def _pair(result: CaseResult) -> str:
    article = result.article_language
    return f"{result.case.language}-{article}" if article else ""


def _counted(names: Sequence[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _unjudged(results: Sequence[CaseResult]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for result in results:
        for kind, reason in result.unjudged.items():
            found.setdefault(f"{kind}: {reason}", []).append(result.case.id)
    return found


def _dicts(slices: Mapping[str, Slice]) -> dict[str, dict[str, Any]]:
    return {name: each.to_dict() for name, each in slices.items()}
