"""Measures of answers: exact match and F1, spans, silence, calibration, intervals, paired tests.

Everything here is a pure function of numbers and strings, so that each can be held against an
independent implementation. Two normalisations stand side by side: SQuAD's own, letter for letter,
for figures that can be compared with published ones; and one that is safe for Unicode and for
Turkic letters, which SQuAD's is not (`"İ".lower()` is two code points, and « or ’ stay). The second
is written here and not taken from the search's folding, so that a change to search can never
move a measure.

This module must not know of questions, articles, stores, files or the service.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CurvePoint",
    "Floats",
    "Interval",
    "PairedTest",
    "ReliabilityBin",
    "area_under_curve",
    "auroc",
    "bootstrap_mean",
    "bootstrap_statistic",
    "brier_score",
    "coverage_at_risk",
    "expected_calibration_error",
    "normalize_squad",
    "normalize_unicode",
    "overlap_f1",
    "paired_test",
    "percentile",
    "precision_recall",
    "reliability_bins",
    "risk_coverage",
    "score_text",
    "token_f1",
]

Floats = NDArray[np.float64]
Normalizer = Callable[[str], str]

_ENGLISH_ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)
_ASCII_PUNCTUATION = frozenset(string.punctuation)
_CONFIDENCE_LEVEL = 0.95
# The Turkic dotless ı and dotted İ, and I itself, meet in i: a word typed in capitals or in
# ASCII is the same word. ё and е are one letter in print.
_LETTERS = str.maketrans({"İ": "i", "I": "i", "ı": "i", "Ё": "е", "ё": "е"})


def normalize_squad(text: str) -> str:
    """Text as SQuAD compares it: lower case, no ASCII punctuation, no a/an/the, single spaces.

    Source: `normalize_answer` of the official evaluation script for SQuAD 2.0.
    """
    bare = "".join(char for char in text.lower() if char not in _ASCII_PUNCTUATION)
    return " ".join(_ENGLISH_ARTICLES.sub(" ", bare).split())


@lru_cache(maxsize=65536)
def normalize_unicode(text: str) -> str:
    """As SQuAD's, but over all of Unicode: every script's punctuation, accents in one form.

    NFKC, İ/I/ı as i, ё as е, case folded, combining dots of a decomposed İ dropped, every
    character of the categories P (punctuation) and Cf (soft hyphens, joiners) removed, the
    English articles removed, runs of white space as one space.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_LETTERS).casefold()
    folded = unicodedata.normalize("NFKC", folded.replace("i\u0307", "i"))
    bare = "".join(c for c in folded if unicodedata.category(c)[0] != "P" and not _is_format(c))
    return " ".join(_ENGLISH_ARTICLES.sub(" ", bare).split())


def _is_format(char: str) -> bool:
    # ASCII symbols that SQuAD drops too ("$", "+", "<"...) are category S, not P.
    return unicodedata.category(char) == "Cf" or char in _ASCII_PUNCTUATION


def token_f1(gold: str, predicted: str, *, normalize: Normalizer = normalize_squad) -> float:
    """F1 of the two bags of words, 0 to 1; both empty is 1, one empty is 0.

    Source: `compute_f1` of the official evaluation script for SQuAD 2.0.
    """
    gold_words = normalize(gold).split()
    predicted_words = normalize(predicted).split()
    if not gold_words or not predicted_words:
        return float(gold_words == predicted_words)
    shared = sum((Counter(gold_words) & Counter(predicted_words)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(predicted_words), shared / len(gold_words)
    return 2 * precision * recall / (precision + recall)


def score_text(
    golds: Sequence[str], predicted: str, *, normalize: Normalizer = normalize_squad
) -> tuple[float, float]:
    """(exact match, F1), each 0 to 1, against the best of the acceptable answers.

    Golds that normalise to nothing are dropped; with none left the only right prediction is the
    empty one. Source: `get_raw_scores` of the official evaluation script for SQuAD 2.0.
    """
    kept = [gold for gold in golds if normalize(gold)]
    if not kept:
        kept = [""]
    exact = max(float(normalize(gold) == normalize(predicted)) for gold in kept)
    return exact, max(token_f1(gold, predicted, normalize=normalize) for gold in kept)


def overlap_f1(gold: tuple[int, int], predicted: tuple[int, int]) -> float:
    """Dice overlap of two ranges `[start, end)` of one article, in characters, 0 to 1."""
    shared = min(gold[1], predicted[1]) - max(gold[0], predicted[0])
    lengths = (gold[1] - gold[0]) + (predicted[1] - predicted[0])
    return 2 * shared / lengths if shared > 0 else 0.0


def precision_recall(
    relevant: Sequence[bool], retrieved: Sequence[bool]
) -> tuple[float | None, float | None]:
    """(precision, recall) of a yes/no decision; None where its denominator is 0.

    Args:
        relevant: what is true, one a case.
        retrieved: what was decided, one a case.
    """
    hits = sum(1 for truth, said in zip(relevant, retrieved, strict=True) if truth and said)
    said_yes, are = sum(map(bool, retrieved)), sum(map(bool, relevant))
    return (hits / said_yes if said_yes else None), (hits / are if are else None)


def auroc(positive: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under the ROC curve: P(score of a positive > of a negative), ties count a half.

    By the rank sum (Mann-Whitney U). None where one of the two classes is missing.
    """
    truth = np.asarray(positive, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    n_positive = int(truth.sum())
    n_negative = truth.size - n_positive
    if not n_positive or not n_negative:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last_rank = np.cumsum(counts)
    ranks = (last_rank - (counts - 1) / 2.0)[inverse]
    rank_sum = float(ranks[truth].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2.0) / (n_positive * n_negative)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Answering only where confidence is at least `threshold`: what is covered, what is wrong.

    `coverage` and `risk` are shares, 0 to 1: of all questions, and of the covered ones.
    """

    threshold: float
    coverage: float
    risk: float


def risk_coverage(confidences: ArrayLike, right: ArrayLike) -> list[CurvePoint]:
    """The risk-coverage curve, by falling threshold and so by growing coverage.

    One point a distinct confidence: no threshold can part equal confidences.
    Source: El-Yaniv and Wiener, JMLR 2010; risk is one minus the mean of `right` (0 to 1).
    """
    points = zip(*_curve(confidences, right), strict=True)
    return [CurvePoint(float(t), float(coverage), float(risk)) for t, coverage, risk in points]


def area_under_curve(confidences: ArrayLike, right: ArrayLike) -> float | None:
    """Area under the risk-coverage curve (AURC, 0 to 1, lower is better); None for no question.

    The mean over the questions of the risk at their confidence; a tie's members all take the
    risk at the tie's end. Source: Geifman and others, ICLR 2019.
    """
    _, coverage, risk = _curve(confidences, right)
    return float((risk * np.diff(coverage, prepend=0.0)).sum()) if risk.size else None


def coverage_at_risk(confidences: ArrayLike, right: ArrayLike, *, risk: float) -> float | None:
    """The largest share of questions that can be answered with at most this risk; 0 if none."""
    _, coverage, risks = _curve(confidences, right)
    if not risks.size:
        return None
    return float(coverage[risks <= risk].max(initial=0.0))


def _curve(confidences: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Thresholds, coverages and risks of the curve, each of shape (distinct confidences,)."""
    values = np.asarray(confidences, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    values, good = values[order], np.asarray(right, dtype=np.float64)[order]
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True)[: values.size])
    covered = np.arange(1.0, values.size + 1.0)
    risks = np.clip(1.0 - np.cumsum(good) / covered, 0.0, 1.0)
    return values[ends], covered[ends] / max(values.size, 1), risks[ends]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose confidence lies in `[low, high)` (the last bin holds 1.0 too)."""

    low: float
    high: float
    n: int
    mean_confidence: float
    share_right: float


def reliability_bins(
    confidences: Sequence[float], right: Sequence[float], *, bins: int = 10
) -> list[ReliabilityBin]:
    """The bins that hold anything, of `bins` equal widths over 0 to 1."""
    values = np.asarray(confidences, dtype=np.float64)
    good = np.asarray(right, dtype=np.float64)
    place = np.clip((values * bins).astype(np.int64), 0, bins - 1)
    found = []
    for number in np.unique(place):
        held = place == number
        mean, share = float(values[held].mean()), float(good[held].mean())
        low, high = float(number) / bins, float(number + 1) / bins
        found.append(ReliabilityBin(low, high, int(held.sum()), mean, share))
    return found


def expected_calibration_error(
    confidences: ArrayLike, right: ArrayLike, *, bins: int = 10
) -> float | None:
    """ECE, 0 to 1: distance of mean confidence and share right, weighted over equal-width bins.

    Source: Guo and others, ICML 2017, equation 3. None without any answer.
    """
    values, good = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    if not values.size:
        return None
    place = np.clip((values * bins).astype(np.int64), 0, bins - 1)
    return float(np.abs(np.bincount(place, weights=values - good)).sum() / values.size)


def brier_score(confidences: ArrayLike, right: ArrayLike) -> float | None:
    """Mean squared distance of confidence and outcome, 0 to 1; None without any answer."""
    gap = np.asarray(confidences, dtype=np.float64) - np.asarray(right, dtype=np.float64)
    return float((gap * gap).mean()) if gap.size else None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value that `percent` of the values lie at or below, interpolated; None if empty."""
    return float(np.percentile(np.asarray(values), percent)) if len(values) else None


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval; both ends belong to it."""

    low: float
    high: float


def bootstrap_mean(
    values: Sequence[float],
    units: Sequence[str],
    *,
    seed: int,
    resamples: int = 1000,
) -> Interval | None:
    """95 % percentile interval of the mean; None without values.

    Whole units are drawn, with replacement: the same question in four languages is one unit, and
    drawing its forms apart would make the interval too narrow.
    """
    if not values:
        return None
    sums, counts = _unit_sums(values, units)
    draws = _draws(len(sums), seed, resamples)
    means = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    return _percentiles(means)


def bootstrap_statistic(
    rows: Sequence[Sequence[float]],
    units: Sequence[str],
    statistic: Callable[[Floats], float | None],
    *,
    seed: int,
    resamples: int = 300,
) -> Interval | None:
    """95 % percentile interval of any statistic of the cases' rows.

    Args:
        rows: one row of numbers a case, shape (n, columns).
        units: the unit each case belongs to; whole units are drawn.
        statistic: from rows, shape (m, columns), to a number, or None where it is not defined.

    Returns:
        None where the statistic was defined on fewer than half of the draws.
    """
    if not rows:
        return None
    table = np.asarray(rows, dtype=np.float64)
    groups: dict[str, list[int]] = {}
    for position, unit in enumerate(units):
        groups.setdefault(unit, []).append(position)
    members = [np.asarray(group) for group in groups.values()]
    alone = len(members) == len(table)
    found = [
        statistic(table[draw if alone else np.concatenate([members[i] for i in draw])])
        for draw in _draws(len(members), seed, resamples)
    ]
    defined = [value for value in found if value is not None]
    return _percentiles(np.asarray(defined)) if 2 * len(defined) >= resamples else None


@dataclass(frozen=True, slots=True)
class PairedTest:
    """What changed between two runs over the same cases.

    Attributes:
        n: cases that both runs judged.
        difference: mean of new minus old.
        interval: 95 % paired-bootstrap interval of the difference.
        p_value: two-sided, by flipping signs at random (an exact zero everywhere gives 1).
    """

    n: int
    difference: float
    interval: Interval
    p_value: float


def paired_test(
    old: Sequence[float],
    new: Sequence[float],
    units: Sequence[str],
    *,
    seed: int,
    resamples: int = 2000,
) -> PairedTest | None:
    """Paired bootstrap and sign-flip permutation over whole units; None without cases.

    Source: Noreen 1989 (approximate randomisation); p is (hits + 1) / (resamples + 1).
    """
    if not old:
        return None
    gaps = [float(after - before) for before, after in zip(old, new, strict=True)]
    sums, counts = _unit_sums(gaps, units)
    mean = float(sums.sum() / counts.sum())
    draws = _draws(len(sums), seed, resamples)
    interval = _percentiles(sums[draws].sum(axis=1) / counts[draws].sum(axis=1))
    signs = np.random.default_rng([seed, 1]).choice((-1.0, 1.0), size=(resamples, len(sums)))
    flipped = np.abs(signs @ sums) / counts.sum()
    hits = int((flipped >= abs(mean) - 1e-12).sum())
    return PairedTest(len(old), mean, interval, (hits + 1) / (resamples + 1))


def _unit_sums(values: Iterable[float], units: Sequence[str]) -> tuple[Floats, Floats]:
    """Per unit, in order of first appearance: the sum of its values and how many they are."""
    number: dict[str, int] = {}
    place = np.asarray([number.setdefault(unit, len(number)) for unit in units])
    sums = np.bincount(place, weights=np.asarray(list(values), dtype=np.float64))
    return sums.astype(np.float64), np.bincount(place).astype(np.float64)


def _draws(n: int, seed: int, resamples: int) -> NDArray[np.int64]:
    """Positions drawn with replacement, shape (resamples, n); the same for the same seed."""
    return np.random.default_rng(seed).integers(0, n, size=(resamples, n), dtype=np.int64)


def _percentiles(values: Floats) -> Interval:
    tail = 50.0 * (1.0 - _CONFIDENCE_LEVEL)
    low, high = np.percentile(values, (tail, 100.0 - tail))
    return Interval(float(low), float(high))
