"""Puts what the stages found into the contract's results, with a sentence in the asker's language.

This module must not know how anything was found.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prompts import reply
from qa.disagree import side_by_side, with_support
from qa.explain import explain
from qa.models import Answer, AskResult, NoAnswerReason, SearchResult, Timings
from qa.newer import with_newer
from qa.read.protocol import Reading
from qa.retrieve import Retrieved
from qa.spelling import Spelt
from qa.wording import filters_in_words

__all__ = ["Asked", "answered_or_silent", "searched", "silent", "with_reader_scores"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on its way through the stages.

    Attributes:
        question: as it was asked, stripped.
        meant: as it was read, the same or spelt as it is meant, and its language.
        found: what retrieval returned.
        index_version: the generation it came from.
        removed: articles that each filter removes by itself, by the filter's name.
        started: `time.perf_counter()` when the question came.
        explain: whether the result shall say why the passages stand in their order.
    """

    question: str
    meant: Spelt
    found: Retrieved
    index_version: str
    removed: Mapping[str, int]
    started: float
    explain: bool = False


def answered_or_silent(
    asked: Asked, candidates: tuple[Answer, ...], *, threshold: float, read_ms: float
) -> AskResult:
    """The candidates that are confident enough; when none is, "not_in_articles".

    Args:
        candidates: best first.
        threshold: lowest confidence that is an answer, 0 to 1.
        read_ms: what reading took.
    """
    known = asked.found.articles
    confident = [with_support(one, known) for one in candidates if one.confidence >= threshold]
    if not confident:
        return silent(asked, "not_in_articles", candidates=candidates, read_ms=read_ms)
    answers, disagreement = side_by_side(
        confident, question=asked.meant.text, passages=asked.found.passages
    )
    answers = with_newer(answers, asked.found.passages, question=asked.meant.text)
    best = answers[0].citation
    named = next(name for name in (best.source, best.title, best.article_id) if name is not None)
    return AskResult(
        query_id=uuid.uuid4().hex,
        question=asked.question,
        language=asked.meant.language,
        rewritten_question=_rewritten(asked),
        state="answered",
        no_answer_reason=None,
        message=reply("answered", asked.meant.language, source=named),
        answers=answers,
        passages=asked.found.passages,
        index_version=asked.index_version,
        timings_ms=_timings(asked, read_ms),
        best_confidence=confident[0].confidence,
        removed_by_filters=dict(asked.removed),
        disagreement=disagreement,
        explanation=_explanation(asked),
    )


def with_reader_scores(found: Retrieved, readings: Sequence[Reading]) -> Retrieved:
    """The passages with the reader's best margin over "no answer" in each."""
    passages = tuple(
        replace(passage, scores=replace(passage.scores, reader=_margin(reading)))
        for passage, reading in zip(found.passages, readings, strict=True)
    )
    return replace(found, passages=passages)


def _margin(reading: Reading) -> float | None:
    if not reading.spans:
        return None
    return max(span.score for span in reading.spans) - reading.null_score


def silent(
    asked: Asked,
    reason: NoAnswerReason,
    *,
    candidates: tuple[Answer, ...] = (),
    read_ms: float = 0.0,
) -> AskResult:
    """No answer, for `reason`; the nearest passages are kept, and are not an answer."""
    language = asked.meant.language
    return AskResult(
        query_id=uuid.uuid4().hex,
        question=asked.question,
        language=asked.meant.language,
        rewritten_question=_rewritten(asked),
        state="no_answer",
        no_answer_reason=reason,
        message=reply(reason, language, filters=filters_in_words(asked.removed, language)),
        answers=(),
        passages=asked.found.passages,
        index_version=asked.index_version,
        timings_ms=_timings(asked, read_ms),
        best_confidence=candidates[0].confidence if candidates else None,
        removed_by_filters=dict(asked.removed),
        explanation=_explanation(asked),
    )


def searched(asked: Asked) -> SearchResult:
    """The passages alone."""
    return SearchResult(
        query_id=uuid.uuid4().hex,
        question=asked.question,
        language=asked.meant.language,
        passages=asked.found.passages,
        index_version=asked.index_version,
        timings_ms=_timings(asked, 0.0),
        removed_by_filters=dict(asked.removed),
        explanation=_explanation(asked),
    )


def _rewritten(asked: Asked) -> str | None:
    return None if asked.meant.text == asked.question else asked.meant.text


def _explanation(asked: Asked) -> dict[str, Any] | None:
    return explain(asked.found, asked.removed) if asked.explain else None


def _timings(asked: Asked, read_ms: float) -> Timings:
    return Timings(
        encode=asked.found.encode_ms,
        retrieve=asked.found.retrieve_ms,
        read=read_ms,
        total=(time.perf_counter() - asked.started) * 1000,
    )
