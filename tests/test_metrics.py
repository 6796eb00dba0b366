"""Each measure against an independent implementation, written out here from its definition."""

from __future__ import annotations

import math
import random
import re
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.metrics import (
    area_under_curve,
    auroc,
    bootstrap_mean,
    bootstrap_statistic,
    brier_score,
    coverage_at_risk,
    expected_calibration_error,
    normalize_squad,
    normalize_unicode,
    overlap_f1,
    paired_test,
    percentile,
    precision_recall,
    reliability_bins,
    risk_coverage,
    score_text,
    token_f1,
)

WORDS = st.lists(
    st.sampled_from(["the", "a", "Baku", "İstanbul", "42", "ёж", "—", "'s", "an.", "$5"]),
    max_size=7,
).map(" ".join)
SHARES = st.floats(0.0, 1.0, allow_nan=False)
SETTINGS = settings(deadline=None, max_examples=60)


# -- SQuAD 2.0's rules, written out once more, step by step -------------------------------------


def official_normal(text: str) -> str:
    lowered = text.lower()
    without_punctuation = ""
    for char in lowered:
        if char not in string.punctuation:
            without_punctuation += char
    without_articles = re.sub(r"\b(a|an|the)\b", " ", without_punctuation)
    return " ".join(without_articles.split())


def official_f1(gold: str, predicted: str) -> float:
    gold_words = official_normal(gold).split() if gold else []
    predicted_words = official_normal(predicted).split() if predicted else []
    if len(gold_words) == 0 or len(predicted_words) == 0:
        return float(gold_words == predicted_words)
    rest = list(gold_words)
    same = 0
    for word in predicted_words:
        if word in rest:
            rest.remove(word)
            same += 1
    if same == 0:
        return 0.0
    precision = same / len(predicted_words)
    recall = same / len(gold_words)
    return 2 * precision * recall / (precision + recall)


def official_scores(golds: list[str], predicted: str) -> tuple[float, float]:
    kept = [gold for gold in golds if official_normal(gold)]
    if not kept:
        kept = [""]
    exact = max(float(official_normal(gold) == official_normal(predicted)) for gold in kept)
    return exact, max(official_f1(gold, predicted) for gold in kept)


@pytest.mark.parametrize(
    ("golds", "predicted", "exact", "f1"),
    [
        pytest.param(["Kazakhstan"], "kazakhstan", 1.0, 1.0, id="case"),
        pytest.param(["the Kazakhstan"], "Kazakhstan", 1.0, 1.0, id="english article"),
        pytest.param(["Kazakhstan."], "Kazakhstan", 1.0, 1.0, id="ascii punctuation"),
        pytest.param(["«Баку»"], "Баку", 0.0, 0.0, id="other punctuation stays"),
        pytest.param(["İstanbul"], "istanbul", 0.0, 0.0, id="dotted I is two characters"),
        pytest.param(["Jeyhun Bayramov"], "Bayramov", 0.0, 2 / 3, id="half of two words"),
        pytest.param(["a b c", "x"], "x", 1.0, 1.0, id="best of several"),
        pytest.param(["x x y"], "x x x", 0.0, 2 / 3, id="repeated words count as often"),
        pytest.param([], "", 1.0, 1.0, id="silence where there is no answer"),
        pytest.param([], "Baku", 0.0, 0.0, id="answer where there is none"),
        pytest.param(["Baku"], "", 0.0, 0.0, id="silence where there is an answer"),
        pytest.param(["the", "!"], "", 1.0, 1.0, id="golds that normalise to nothing"),
        pytest.param(["the"], "Baku", 0.0, 0.0, id="gold of nothing against an answer"),
        pytest.param(["Baku"], "the", 0.0, 0.0, id="answer that normalises to nothing"),
        pytest.param(["10,000"], "10000", 1.0, 1.0, id="comma inside a number"),
        pytest.param(["7-10"], "710", 1.0, 1.0, id="hyphen is dropped, not parted"),
        pytest.param(["a  b\tc"], "b c", 1.0, 1.0, id="white space"),
    ],
)
def test_squad_case_by_case(golds: list[str], predicted: str, exact: float, f1: float) -> None:
    assert score_text(golds, predicted) == pytest.approx((exact, f1))
    assert official_scores(golds, predicted) == pytest.approx((exact, f1))


@SETTINGS
@given(st.lists(WORDS, max_size=3), WORDS)
def test_squad_agrees_with_the_rules_written_out(golds: list[str], predicted: str) -> None:
    assert score_text(golds, predicted) == pytest.approx(official_scores(golds, predicted))


@SETTINGS
@given(st.text(max_size=40))
def test_squad_normalisation_of_any_text(text: str) -> None:
    assert normalize_squad(text) == official_normal(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İSTANBUL", "istanbul"),
        ("I\u0307stanbul", "İstanbul"),
        ("ISPARTA", "ısparta"),
        ("Ёлка", "елка"),
        ("«Баку»", "Баку"),
        ("Türkiye’nin", "Türkiye'nin"),
        ("soft\u00adhyphen", "softhyphen"),
        ("Azərbaycan", "azərbaycan"),
        ("10–12", "10—12"),
        ("caf\u00e9", "cafe\u0301"),
        ("the Caspian", "Caspian"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_unicode_normalisation_brings_together(one: str, other: str) -> None:
    assert normalize_unicode(one) == normalize_unicode(other) != ""


def test_unicode_normalisation_keeps_apart_what_differs() -> None:
    assert normalize_unicode("Bakı şəhəri") != normalize_unicode("Baku sehri")
    assert normalize_unicode("й") != normalize_unicode("и")


@SETTINGS
@given(st.text(max_size=40))
def test_unicode_normalisation_is_stable(text: str) -> None:
    once = normalize_unicode(text)
    assert normalize_unicode(once) == once


@SETTINGS
@given(WORDS, WORDS)
def test_f1_is_symmetric_and_bounded(one: str, other: str) -> None:
    for normalize in (normalize_squad, normalize_unicode):
        value = token_f1(one, other, normalize=normalize)
        assert 0.0 <= value <= 1.0
        assert value == pytest.approx(token_f1(other, one, normalize=normalize))
        assert token_f1(one, one, normalize=normalize) == 1.0


@SETTINGS
@given(
    st.tuples(st.integers(0, 30), st.integers(1, 9)),
    st.tuples(st.integers(0, 30), st.integers(1, 9)),
)
def test_span_overlap_counts_characters(one: tuple[int, int], other: tuple[int, int]) -> None:
    a, b = (one[0], sum(one)), (other[0], sum(other))
    shared = len(set(range(*a)) & set(range(*b)))
    assert overlap_f1(a, b) == pytest.approx(2 * shared / (one[1] + other[1]))


def test_precision_and_recall_have_no_value_without_a_denominator() -> None:
    assert precision_recall([True, False, True], [True, True, False]) == (0.5, 0.5)
    assert precision_recall([True], [False]) == (None, 0.0)
    assert precision_recall([False], [True]) == (0.0, None)


# -- curves --------------------------------------------------------------------------------------


@SETTINGS
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=25))
def test_auroc_is_the_rank_statistic(rows: list[tuple[bool, int]]) -> None:
    positive = [score for truth, score in rows if truth]
    negative = [score for truth, score in rows if not truth]
    found = auroc([truth for truth, _ in rows], [float(score) for _, score in rows])
    if not positive or not negative:
        assert found is None
        return
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    assert found == pytest.approx(wins / (len(positive) * len(negative)))


@SETTINGS
@given(st.lists(st.tuples(SHARES, st.booleans()), min_size=1, max_size=30))
def test_risk_coverage_by_brute_force(rows: list[tuple[float, bool]]) -> None:
    confidences, right = [c for c, _ in rows], [float(r) for _, r in rows]
    curve = risk_coverage(confidences, right)
    assert [p.coverage for p in curve] == sorted({p.coverage for p in curve})
    assert curve[-1].coverage == 1.0
    for point in curve:
        kept = [r for c, r in rows if c >= point.threshold]
        assert point.coverage == pytest.approx(len(kept) / len(rows))
        assert point.risk == pytest.approx(1 - sum(kept) / len(kept))
    area = area_under_curve(confidences, right)
    assert area is not None
    assert 0.0 <= area <= 1.0
    by_question = [next(p.risk for p in curve if p.threshold == c) for c in confidences]
    assert area == pytest.approx(sum(by_question) / len(rows))


def test_risk_coverage_of_nothing() -> None:
    assert risk_coverage([], []) == []
    assert area_under_curve([], []) is None
    assert coverage_at_risk([], [], risk=0.2) is None


def test_coverage_at_risk() -> None:
    rows = ([0.9, 0.8, 0.7, 0.6], [1.0, 1.0, 0.0, 1.0])
    assert coverage_at_risk(*rows, risk=0.0) == 0.5
    assert coverage_at_risk(*rows, risk=0.25) == 1.0
    assert coverage_at_risk([0.5], [0.0], risk=0.1) == 0.0


@SETTINGS
@given(st.lists(st.tuples(SHARES, st.booleans()), min_size=1, max_size=40))
def test_ece_by_brute_force(rows: list[tuple[float, bool]]) -> None:
    confidences, right = [c for c, _ in rows], [float(r) for _, r in rows]
    total = 0.0
    for number in range(10):
        held = [(c, r) for c, r in rows if min(int(c * 10), 9) == number]
        if held:
            gap = abs(sum(c for c, _ in held) - sum(r for _, r in held))
            total += gap
    found = expected_calibration_error(confidences, right)
    assert found == pytest.approx(total / len(rows))
    assert found is not None
    assert 0.0 <= found <= 1.0
    assert sum(each.n for each in reliability_bins(confidences, right)) == len(rows)
    brier = brier_score(confidences, right)
    assert brier == pytest.approx(sum((c - r) ** 2 for c, r in rows) / len(rows))


def test_measures_of_nothing_are_none_and_not_zero() -> None:
    assert expected_calibration_error([], []) is None
    assert brier_score([], []) is None
    assert percentile([], 50) is None
    assert bootstrap_mean([], [], seed=0) is None
    assert paired_test([], [], [], seed=0) is None
    assert bootstrap_statistic([], [], lambda rows: 0.0, seed=0) is None


# -- intervals and tests -------------------------------------------------------------------------


def test_bootstrap_is_the_same_for_the_same_seed_and_holds_the_mean() -> None:
    values = [float(value % 3) for value in range(60)]
    units = [str(place) for place in range(60)]
    first = bootstrap_mean(values, units, seed=7)
    assert first == bootstrap_mean(values, units, seed=7)
    assert first != bootstrap_mean(values, units, seed=8)
    assert first is not None
    assert first.low < 1.0 < first.high


def test_bootstrap_interval_is_as_wide_as_the_normal_one() -> None:
    values = [float(value) for value in np.random.default_rng(0).normal(5.0, 2.0, 400)]
    found = bootstrap_mean(values, [str(i) for i in range(400)], seed=1, resamples=4000)
    assert found is not None
    width = 2 * 1.96 * float(np.std(values)) / math.sqrt(400)
    assert found.high - found.low == pytest.approx(width, rel=0.1)


def test_bootstrap_draws_whole_units() -> None:
    values = [0.0] * 4 + [1.0] * 4
    together = bootstrap_mean(values, ["a"] * 4 + ["b"] * 4, seed=0)
    apart = bootstrap_mean(values, list("abcdefgh"), seed=0)
    assert together is not None
    assert apart is not None
    assert (together.low, together.high) == (0.0, 1.0)
    assert apart.low > 0.0


def test_bootstrap_of_a_statistic_agrees_with_that_of_the_mean() -> None:
    values = [float(value % 5) for value in range(50)]
    units = [str(place) for place in range(50)]
    rows = [[value] for value in values]
    by_rows = bootstrap_statistic(
        rows, units, lambda table: float(table.mean()), seed=3, resamples=500
    )
    assert by_rows == bootstrap_mean(values, units, seed=3, resamples=500)
    assert bootstrap_statistic(rows, units, lambda table: None, seed=3) is None


def test_paired_test_sees_a_real_change_and_no_false_one() -> None:
    generator = random.Random(1)
    old = [generator.random() for _ in range(100)]
    units = [str(place) for place in range(100)]
    same = paired_test(old, list(old), units, seed=0)
    assert same is not None
    assert (same.difference, same.p_value) == (0.0, 1.0)
    better = paired_test(
        old, [value + 0.1 + generator.random() / 50 for value in old], units, seed=0
    )
    assert better is not None
    assert better.interval.low > 0.0
    assert better.p_value < 0.01
    noise = paired_test(old, [value + generator.uniform(-0.1, 0.1) for value in old], units, seed=0)
    assert noise is not None
    assert noise.interval.low < noise.difference < noise.interval.high
