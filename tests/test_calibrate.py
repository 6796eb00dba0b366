"""Fitting: what was put in is found again, and a threshold is the best there is."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.evaluate.calibrate import (
    calibrate,
    fit_platt,
    fit_temperature,
    fit_threshold,
    logit,
)
from qa.read.calibration import sigmoid

SHARES = st.floats(0.0, 1.0, allow_nan=False)
SETTINGS = settings(deadline=None, max_examples=60)


def test_platt_finds_the_two_parameters_again() -> None:
    generator = np.random.default_rng(0)
    margins = generator.normal(0.0, 2.0, 20_000)
    right = generator.random(20_000) < 1 / (1 + np.exp(-(1.5 * margins - 0.7)))
    fitted = fit_platt(margins.tolist(), right.tolist())
    assert fitted.slope == pytest.approx(1.5, abs=0.08)
    assert fitted.offset == pytest.approx(-0.7, abs=0.06)


@pytest.mark.parametrize("right", [[True] * 5, [False] * 5, [True, True, False, False, False]])
def test_platt_stays_finite_where_classes_part_or_are_missing(right: list[bool]) -> None:
    fitted = fit_platt([5.0, 4.0, -1.0, -2.0, -3.0], right)
    values = [fitted.probability(margin) for margin in (-50.0, 0.0, 50.0)]
    assert all(0.0 <= value <= 1.0 for value in values)
    assert values == sorted(values)


def test_platt_never_falls_with_evidence() -> None:
    assert fit_platt([1.0, 2.0, 3.0, 4.0], [True, True, False, False]).slope == 0.0


def test_platt_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="0 margins"):
        fit_platt([], [])


def test_temperature_is_found_again() -> None:
    generator = np.random.default_rng(2)
    logits = generator.normal(0.0, 3.0, 20_000)
    right = generator.random(20_000) < 1 / (1 + np.exp(-logits / 2.5))
    assert fit_temperature(logits.tolist(), right.tolist()) == pytest.approx(2.5, rel=0.08)


@SETTINGS
@given(st.lists(st.tuples(SHARES, SHARES, st.booleans()), min_size=1, max_size=15))
def test_threshold_is_the_best_there_is(rows: list[tuple[float, float, bool]]) -> None:
    rows = [(c, score if can else 0.0, can) for c, score, can in rows]

    def total(threshold: float) -> float:
        given_ = sum(s for c, s, can in rows if c >= threshold and can)
        return given_ + sum(1.0 for c, _, can in rows if c < threshold and not can)

    confidences, scores, answerable = (list(column) for column in zip(*rows, strict=True))
    found = fit_threshold(confidences, scores, answerable)
    tried = [0.0, 1.1, *confidences]
    if all(c < 1.0 for c in confidences):
        assert total(found) == pytest.approx(max(total(each) for each in tried))


def test_calibrate_fits_languages_with_enough_questions() -> None:
    generator = random.Random(0)
    languages, confidences, scores, answerable = [], [], [], []
    for place in range(200):
        can = place % 3 != 0
        languages.append("ru" if place % 10 == 0 else "en")
        confidences.append(generator.uniform(0.4, 0.9) if can else generator.uniform(0.1, 0.5))
        scores.append(1.0 if can else 0.0)
        answerable.append(can)
    found = calibrate(languages, confidences, scores, answerable, right_at=0.5)
    assert [each.language for each in found] == ["*", "en"]
    assert found[0].n == 200
    assert found[0].unanswerable == 67
    assert found[0].platt.slope > 0
    low = found[0].platt.probability(logit(0.2))
    assert low < found[0].threshold < found[0].platt.probability(logit(0.8))


def test_calibrate_is_never_silent_without_unanswerable_questions() -> None:
    found = calibrate(
        ["en"] * 4, [0.2, 0.4, 0.6, 0.8], [0.0, 1.0, 1.0, 1.0], [True] * 4, right_at=0.5
    )
    assert found[0].threshold == 0.0


@SETTINGS
@given(st.floats(-600, 600))
def test_sigmoid_and_logit(value: float) -> None:
    assert 0.0 <= sigmoid(value) <= 1.0
    if abs(value) < 10:
        assert logit(sigmoid(value)) == pytest.approx(value, abs=1e-6)
