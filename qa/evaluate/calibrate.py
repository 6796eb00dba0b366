"""Turns a reader's margins into probabilities, and probabilities into answer-or-silence.

Pure fitting on numbers: Platt's two parameters on a margin, one temperature on a probability, and
a threshold. `qa eval --calibrate` uses it on a user's own test set, the reader's training on held
data.

This module must not know what a reader, a question or a test set is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qa.metrics import Floats
from qa.read.refit import ALL, LanguageFit, Platt

__all__ = [
    "MIN_QUESTIONS",
    "calibrate",
    "fit_platt",
    "fit_temperature",
    "fit_threshold",
    "logit",
]

MIN_QUESTIONS = 50
_EPSILON = 1e-6
_NEWTON_STEPS = 100


def logit(probability: float) -> float:
    """The log-odds, `sigmoid`'s inverse; 0 and 1 are moved inside by a millionth."""
    kept = min(max(probability, _EPSILON), 1.0 - _EPSILON)
    return math.log(kept / (1.0 - kept))


def fit_platt(margins: Sequence[float], right: Sequence[bool]) -> Platt:
    """The two parameters by maximum likelihood, with Platt's smoothed targets.

    The slope never goes below 0: a confidence that falls as evidence grows is no confidence.
    Source: Platt 1999; Newton's steps as in Lin, Lin and Weng 2007.

    Raises:
        ValueError: no margins, or as many outcomes as margins are not given.
    """
    x = np.asarray(margins, dtype=np.float64)
    truth = np.asarray(right, dtype=bool)
    if x.size == 0 or x.size != truth.size:
        raise ValueError(f"{x.size} margins and {truth.size} outcomes cannot be fitted")
    n_right = int(truth.sum())
    high, low = (n_right + 1.0) / (n_right + 2.0), 1.0 / (truth.size - n_right + 2.0)
    target = np.where(truth, high, low)
    prior = logit(float(target.mean()))
    slope, offset = _newton(x, target, 0.0, prior)
    if slope < 0:
        return Platt(0.0, prior)
    return Platt(slope, offset)


def fit_temperature(logits: Sequence[float], right: Sequence[bool]) -> float:
    """The temperature T > 0 that makes sigmoid(logit / T) most likely.

    Source: Guo and others, ICML 2017, section 4.2. Golden-section search over log T in
    [-3, 3]: the likelihood has one maximum in 1/T.
    """
    x = np.asarray(logits, dtype=np.float64)
    y = np.asarray(right, dtype=np.float64)

    def loss(log_t: float) -> float:
        return _log_loss(x / math.exp(log_t), y)

    low, high = -3.0, 3.0
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    for _ in range(60):
        left, right_ = high - golden * (high - low), low + golden * (high - low)
        if loss(left) <= loss(right_):
            high = right_
        else:
            low = left
    return math.exp((low + high) / 2.0)


def fit_threshold(
    confidences: Sequence[float], scores: Sequence[float], answerable: Sequence[bool]
) -> float:
    """The confidence below which silence scores better, by SQuAD 2.0's sum.

    An answer given earns its `scores` value (its F1, 0 where the question has none); silence
    earns 1 for an unanswerable question and 0 for an answerable one. The threshold lies midway
    between the two confidences it parts; of equal ones the lowest wins: answer when in doubt.
    Source: `find_best_thresh` of the official evaluation script for SQuAD 2.0.
    """
    rows = sorted(zip(confidences, scores, answerable, strict=True), key=lambda row: -row[0])
    total = sum(1.0 for _, _, can in rows if not can)
    best, threshold = total, 1.0
    for place, (confidence, score, can) in enumerate(rows):
        total += score if can else -1.0
        following = rows[place + 1][0] if place + 1 < len(rows) else 0.0
        if following == confidence and place + 1 < len(rows):
            continue
        if total >= best:
            best, threshold = total, (confidence + following) / 2.0
    return threshold


def calibrate(
    languages: Sequence[str],
    confidences: Sequence[float],
    scores: Sequence[float],
    answerable: Sequence[bool],
    *,
    right_at: float,
    min_questions: int = MIN_QUESTIONS,
) -> list[LanguageFit]:
    """Fits for all together ("*") and for each language that has `min_questions`.

    Args:
        languages: the question's language, one a case.
        confidences: of the best candidate, 0 to 1, whether or not it was withheld.
        scores: that candidate's F1, 0 to 1; 0 for an unanswerable question.
        answerable: whether the articles hold an answer.
        right_at: the F1 from which an answer counts as right.
    """
    found = []
    for language in (ALL, *sorted(set(languages))):
        held = [i for i, each in enumerate(languages) if language in (ALL, each)]
        if not held or (language != ALL and len(held) < min_questions):
            continue
        can = [answerable[i] for i in held]
        margins = [logit(confidences[i]) for i in held]
        platt = fit_platt(margins, [scores[i] >= right_at for i in held])
        mapped = [platt.probability(margin) for margin in margins]
        threshold = fit_threshold(mapped, [scores[i] for i in held], can)
        # Without unanswerable questions nothing says when to be silent.
        if all(can):
            threshold = 0.0
        found.append(LanguageFit(language, len(held), can.count(False), platt, threshold))
    return found


def _newton(x: Floats, target: Floats, slope: float, offset: float) -> tuple[float, float]:
    """Newton's method with backtracking on the log loss of sigmoid(slope * x + offset)."""
    loss = _log_loss(slope * x + offset, target)
    for _ in range(_NEWTON_STEPS):
        p = _sigmoids(slope * x + offset)
        weight = p * (1.0 - p)
        a, b = float((weight * x * x).sum()) + 1e-9, float((weight * x).sum())
        d = float(weight.sum()) + 1e-9
        g_slope, g_offset = float(((p - target) * x).sum()), float((p - target).sum())
        if abs(g_slope) < 1e-7 and abs(g_offset) < 1e-7:
            break
        det = a * d - b * b
        if det <= 0:
            break
        step_slope = (d * g_slope - b * g_offset) / det
        step_offset = (a * g_offset - b * g_slope) / det
        scale = 1.0
        while scale > 1e-9:
            tried = (slope - scale * step_slope, offset - scale * step_offset)
            new_loss = _log_loss(tried[0] * x + tried[1], target)
            if new_loss < loss:
                slope, offset, loss = *tried, new_loss
                break
            scale /= 2.0
        else:
            break
    return slope, offset


def _log_loss(z: Floats, target: Floats) -> float:
    return float((np.logaddexp(0.0, z) - target * z).sum())


def _sigmoids(z: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -z)), dtype=np.float64)
