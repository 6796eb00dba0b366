"""Holds what the system answered against the gold: a value a case and measure, and why it lost.

A case that a measure cannot judge has no value there (never a zero), and is listed with its reason.
EM and F1 are in percent, as SQuAD gives them; everything else is a share, 0 to 1.

This module must not know how questions are put, nor how values are summed up or shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from qa.evaluate.cases import Case, Gold, Paragraph, TestSet
from qa.evaluate.ranking import RankedQuery, ranking_values
from qa.metrics import normalize_squad, normalize_unicode, overlap_f1, score_text, token_f1
from qa.models import Timings

__all__ = [
    "LOWER_IS_BETTER",
    "RIGHT_F1",
    "CaseResult",
    "Cited",
    "Outcome",
    "Ranked",
    "judge",
    "queries_of",
    "same_answer_groups",
]

RIGHT_F1 = 0.5
"""F1 (Unicode variant) from which an answer counts as right, for calibration, risk and losses."""

LOWER_IS_BETTER = frozenset({"refused_answerable", "ECE", "AURC", "brier"})
_DEPTHS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Cited:
    """Where an answer stands; ranges are `[start, end)` in the article's code points."""

    article: str
    sha256: str
    start: int
    end: int
    sentence: tuple[int, int]
    sentence_text: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage that retrieval returned."""

    article: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question got.

    Attributes:
        text: the best candidate, even when it was withheld; "" when nothing was found.
        confidence: of that candidate; None when nothing was found or nothing was read.
        refused: whether the reply is "no answer".
        read: whether the question was read at all, or only searched for.
        problem: why it was not read; "" when that was not asked for.
        passages: the passages that were read, best first.
        ranking: the passages of a deeper search, best first; ranking measures use these.
    """

    case: Case
    text: str
    confidence: float | None
    refused: bool
    cited: Cited | None
    read: bool = True
    passages: tuple[Ranked, ...] = ()
    ranking: tuple[Ranked, ...] = ()
    timings: Timings | None = None
    problem: str = ""

    @property
    def prediction(self) -> str:
        """What the user sees: the answer's text, or "" for no answer."""
        return "" if self.refused else self.text


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case, judged.

    Attributes:
        values: measure to value; a measure that cannot judge the case is not there.
        right: 1.0 when the best candidate is right, whether or not it was withheld.
        lost_at: "retrieval", "reading" or "threshold" for a wrong reply, else "".
        article_language: of the article that holds the answer; "" when there is none.
        unjudged: kinds of measure that cannot judge it, each with the reason.
    """

    outcome: Outcome
    values: Mapping[str, float]
    right: float
    lost_at: str
    article_language: str
    unjudged: Mapping[str, str] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """The case that was judged."""
        return self.outcome.case

    @property
    def unit(self) -> str:
        """What the bootstrap draws whole: the question in all its languages."""
        return self.case.id if self.case.group is None else f"group {self.case.group}"


def judge(outcomes: Sequence[Outcome], test_set: TestSet, *, retrieves: bool) -> list[CaseResult]:
    """Judge every outcome.

    Args:
        outcomes: one a case.
        test_set: resolved: its paragraphs are the articles that gold and citations name.
        retrieves: False in reading mode, where finding the article is no achievement.

    Raises:
        UsageError: ranking measures are needed and ir-measures is not installed.
    """
    ranked = ranking_values(queries_of(outcomes)) if retrieves else {}
    silence = test_set.has_unanswerable
    results = []
    for outcome in outcomes:
        values: dict[str, float] = dict(ranked.get(outcome.case.id, {}))
        unjudged: dict[str, str] = {}
        if retrieves and not outcome.problem:
            values |= _retrieval_values(outcome, test_set.paragraphs, unjudged)
        forced = _text_values(outcome, values, unjudged)
        if outcome.read and outcome.case.answerable is not None:
            _span_value(outcome, test_set.paragraphs, values, unjudged)
            if retrieves:
                _citation_values(outcome, test_set.paragraphs, values, unjudged)
            if silence:
                _silence_values(outcome, values)
        right = float(forced >= RIGHT_F1)
        results.append(
            CaseResult(
                outcome=outcome,
                values=values,
                right=right,
                lost_at=_lost_at(outcome, bool(right), retrieves),
                article_language=_article_language(outcome.case, test_set.paragraphs),
                unjudged=unjudged,
            )
        )
    return results


def queries_of(outcomes: Sequence[Outcome]) -> list[RankedQuery]:
    """What ranking measures are computed from: articles, each at its best passage."""
    return [
        RankedQuery(
            outcome.case.id,
            dict(outcome.case.relevant),
            list(dict.fromkeys(passage.article for passage in outcome.ranking)),
        )
        for outcome in outcomes
        if outcome.case.relevant and not outcome.problem
    ]


def same_answer_groups(results: Sequence[CaseResult]) -> dict[str, float]:
    """Per group asked in two languages or more: 1.0 when all of its replies say the same.

    Two replies say the same when both are silent, both are right, they quote overlapping ranges
    of one article, or their texts share half of their words (F1, Unicode variant).
    """
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        if result.case.group is not None and result.outcome.read:
            groups.setdefault(result.case.group, []).append(result)
    return {
        group: float(all(_same(one, other) for one, other in combinations(members, 2)))
        for group, members in groups.items()
        if len({member.case.language for member in members}) > 1
    }


def _same(one: CaseResult, other: CaseResult) -> bool:
    if one.outcome.refused or other.outcome.refused:
        return one.outcome.refused and other.outcome.refused
    if one.right and other.right:
        return True
    here, there = one.outcome.cited, other.outcome.cited
    if (
        here is not None
        and there is not None
        and here.sha256 == there.sha256
        and overlap_f1((here.start, here.end), (there.start, there.end)) > 0
    ):
        return True
    words = token_f1(one.outcome.text, other.outcome.text, normalize=normalize_unicode)
    return words >= RIGHT_F1


def _text_values(outcome: Outcome, values: dict[str, float], unjudged: dict[str, str]) -> float:
    """EM and F1 of the reply; returns the F1 (Unicode) of the best candidate, 0 to 1."""
    case = outcome.case
    if outcome.problem:
        unjudged["everything"] = outcome.problem
        return 0.0
    if case.answerable is None:
        unjudged["answers"] = "the test set gives no answers for it"
        return 0.0
    if not outcome.read:
        unjudged["answers"] = "only searched for, not read"
        return 0.0
    golds = [gold.text for gold in case.answers]
    for suffix, normalize in (("", normalize_squad), ("_unicode", normalize_unicode)):
        exact, f1 = score_text(golds, outcome.prediction, normalize=normalize)
        part = "answerable" if case.answerable else "unanswerable"
        for name, value in (("EM", exact), ("F1", f1)):
            values[f"{name}{suffix}"] = 100.0 * value
            values[f"{name}{suffix}_{part}"] = 100.0 * value
    if not case.answerable:
        return 0.0
    _, forced = score_text(golds, outcome.text, normalize=normalize_unicode)
    values["F1_unicode_forced"] = 100.0 * forced
    values["F1_forced"] = 100.0 * score_text(golds, outcome.text)[1]
    return forced


def _span_value(
    outcome: Outcome,
    paragraphs: Mapping[str, Paragraph],
    values: dict[str, float],
    unjudged: dict[str, str],
) -> None:
    case = outcome.case
    if not case.answerable:
        return
    placed = _placed(case)
    if not placed:
        unjudged["spans"] = "its gold has no offsets"
        return
    cited = None if outcome.refused else outcome.cited
    values["span_overlap"] = max(
        (
            overlap_f1((start, end), (cited.start, cited.end))
            for gold, start, end in placed
            if cited is not None and _same_text(gold.article, cited, paragraphs)
        ),
        default=0.0,
    )


def _citation_values(
    outcome: Outcome,
    paragraphs: Mapping[str, Paragraph],
    values: dict[str, float],
    unjudged: dict[str, str],
) -> None:
    case = outcome.case
    cited = None if outcome.refused else outcome.cited
    if case.answerable and not case.relevant:
        unjudged["citations"] = "the test set does not name its article"
        return
    right_articles = {key for key, _ in case.relevant} | set(case.parallel)
    article = cited is not None and any(
        _same_text(key, cited, paragraphs) for key in right_articles
    )
    if cited is not None:
        values["citation_precision"] = float(article)
    if case.answerable:
        values["citation_recall"] = float(article)
    placed = _placed(case)
    # A translation has the answer elsewhere: only the own article's sentence can be judged.
    if case.answerable and (not placed or (article and case.parallel)):
        unjudged["cited sentences"] = (
            "its gold has no offsets" if not placed else "a parallel paragraph may be cited"
        )
        return
    sentence = cited is not None and any(
        start < cited.sentence[1]
        and cited.sentence[0] < end
        and _same_text(gold.article, cited, paragraphs)
        for gold, start, end in placed
    )
    if cited is not None:
        values["citation_sentence_precision"] = float(sentence)
    if case.answerable:
        values["citation_sentence_recall"] = float(sentence)


def _silence_values(outcome: Outcome, values: dict[str, float]) -> None:
    unanswerable = outcome.case.answerable is False
    if outcome.refused:
        values["no_answer_precision"] = float(unanswerable)
    name = "no_answer_recall" if unanswerable else "refused_answerable"
    values[name] = float(outcome.refused)


def _retrieval_values(
    outcome: Outcome, paragraphs: Mapping[str, Paragraph], unjudged: dict[str, str]
) -> dict[str, float]:
    case = outcome.case
    values: dict[str, float] = {}
    if not case.relevant:
        if case.answerable is not False:
            unjudged["retrieval"] = "the test set does not name its article"
        return values
    articles = list(dict.fromkeys(passage.article for passage in outcome.ranking))
    if case.parallel:
        wanted = {key for key, _ in case.relevant} | set(case.parallel)
        for depth in _DEPTHS:
            values[f"any@{depth}"] = float(bool(wanted & set(articles[:depth])))
    if _placed(case):
        for depth in _DEPTHS:
            held = any(_holds(case, passage) for passage in outcome.ranking[:depth])
            values[f"passage_recall@{depth}"] = float(held)
    elif case.answerable:
        unjudged["passages"] = "its gold has no offsets"
    return values


def _lost_at(outcome: Outcome, right: bool, retrieves: bool) -> str:
    case = outcome.case
    if not outcome.read or case.answerable is None:
        return ""
    if not case.answerable:
        return "" if outcome.refused else "threshold"
    if right:
        return "threshold" if outcome.refused else ""
    if not retrieves:
        return "reading"
    keys = {key for key, _ in case.relevant} | set(case.parallel)
    if _placed(case) and not case.parallel:
        found = any(_holds(case, passage) for passage in outcome.passages)
    else:
        found = not keys or any(passage.article in keys for passage in outcome.passages)
    return "reading" if found else "retrieval"


def _placed(case: Case) -> list[tuple[Gold, int, int]]:
    return [
        (gold, gold.start, gold.end)
        for gold in case.answers
        if gold.start is not None and gold.end is not None
    ]


def _holds(case: Case, passage: Ranked) -> bool:
    return any(
        gold.article == passage.article and passage.start <= start and end <= passage.end
        for gold, start, end in _placed(case)
    )


def _same_text(key: str, cited: Cited, paragraphs: Mapping[str, Paragraph]) -> bool:
    """Whether `key` names the cited article or one with the very same text."""
    paragraph = paragraphs.get(key)
    return key == cited.article or (paragraph is not None and paragraph.sha256 == cited.sha256)


def _article_language(case: Case, paragraphs: Mapping[str, Paragraph]) -> str:
    keys = [key for key, _ in case.relevant]
    if not keys and case.own is not None:
        keys = [case.own]
    return paragraphs[keys[0]].language if keys and keys[0] in paragraphs else ""
