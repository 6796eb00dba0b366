"""From what the reader found to answers: merged, cited, ranked, with a calibrated confidence.

Spans that overlap in one article are one find; spans that say the same thing in different places
are one answer with several citations. `qa.read.calibration` makes confidences of the evidence.

This module must not know how passages were found, nor which reader read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from embeddings.articles import Article
from embeddings.text import Range, fold_text, transliterate
from qa.agents import Deed
from qa.bylines import asks_author, find_byline
from qa.cite import cite
from qa.models import Answer, Citation, Passage
from qa.named import Lack, lacking, lacking_here
from qa.plausible import Expectation
from qa.read.calibration import Calibration
from qa.read.protocol import Reading
from qa.series import Series
from qa.stamps import is_stamp
from qa.timing import Period, may_speak_of, named_period

__all__ = ["compose_answers", "same_answer_key"]

_MAX_ALSO = 5
_ANOTHER_YEAR = 9.0
"""Taken, in the reader's margin, from what an article says that is neither from the year asked for
nor names it; a confidence counts about a third of it in log-odds."""
_ANOTHER_OF_SERIES = 9.0
_UNNAMED = 6.0
"""From an article that lacks what the question names and another one of those found has. Of the 148
answers on the seeds none stands in such an article; three, six and nine do equally there."""
_NAMED_NOWHERE = 4.0
"""Where none of the articles found names what a question names ("the crash in Nepal"): less, since
an article may speak of it otherwise."""
_ANOTHER_DEED = 3.0
"""From a passage that lacks what another one names, where the article says who did what is asked:
of two meetings that two countries chaired, the one that the question names."""
_STAMP = 3.0
"""As much as a misfit (see `qa.plausible`): the day of publication for the day of what is told."""
_BYLINE, _NOT_THE_AUTHOR = 2.0, 9.0
"""What the name of a byline is worth to who asks for the writer, and what is taken from others."""
_LEADING = re.compile(r"^(?:the|a|an)\s+")
_POSSESSIVE = re.compile(r"'s\b")


@dataclass(frozen=True, slots=True)
class _Find:
    passage: Passage
    start: int
    end: int
    margin: float
    evidence: float


def compose_answers(
    question: str,
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    articles: Mapping[str, Article],
    *,
    calibration: Calibration,
    max_answers: int,
    today: date | None = None,
) -> tuple[Answer, ...]:
    """Up to `max_answers` different answers, best first; the threshold is not applied here.

    Args:
        question: as it was read; one without any word has no answer.
        passages: as retrieved.
        readings: one a passage, in the same order.
        articles: the passages' articles by id.
        today: the day that sources' ages are counted from.
    """
    answers: list[Answer] = []
    position: dict[str, int] = {}
    kept: dict[str, list[tuple[int, int]]] = {}
    for find in _ranked(question, passages, readings, articles, calibration):
        ranges = kept.setdefault(find.passage.article_id, [])
        if any(find.start < end and start < find.end for start, end in ranges):
            continue
        article = articles[find.passage.article_id]
        citation = cite(article, find.passage, find.start, find.end, today=today)
        if citation is None:
            continue
        key = same_answer_key(citation.quote)
        if key in position:
            ranges.append((find.start, find.end))
            answers[position[key]] = _with_citation(answers[position[key]], citation)
        elif len(answers) < max_answers:
            ranges.append((find.start, find.end))
            position[key] = len(answers)
            answers.append(_answer(find, citation, calibration))
    return tuple(answers)


def same_answer_key(text: str) -> str:
    """Equal for texts that say the same: "Kazakhstan", "Kazakhstan's", "the Kazakhstan".

    Script does not matter either (see `embeddings.text.transliterate`). A text without any letter
    or digit is its own key.
    """
    folded = _LEADING.sub("", _POSSESSIVE.sub("", fold_text(text)))
    key = " ".join(re.findall(r"\w+", transliterate(folded)))
    return key if key else text


@dataclass(frozen=True, slots=True)
class _Doubts:
    """Why what a passage says may be of something else than the question asks about.

    Attributes:
        period: the time that the question names.
        series: the numbered things that it names.
        deed: what it asks for the doer of.
        lacks: what each article lacks that the question names.
        lacks_here: what each passage lacks, where a doer is asked for.
    """

    period: Period | None
    series: Series
    deed: Deed
    lacks: Mapping[str, Lack]
    lacks_here: Mapping[str, Lack]

    @classmethod
    def of(
        cls,
        question: str,
        passages: Sequence[Passage],
        articles: Mapping[str, Article],
        expected: Expectation,
    ) -> Self:
        deed = expected.deed
        return cls(
            period=named_period(question),
            series=Series.of(question),
            deed=deed,
            lacks=lacking(question, [articles[passage.article_id] for passage in passages]),
            lacks_here=lacking_here(question, passages) if deed.concepts or deed.stems else {},
        )

    def against(self, passage: Passage, article: Article) -> float:
        """What to take from the reader's margin of every span of the passage."""
        period, lack = self.period, self.lacks[article.id]
        of_then = period is None or may_speak_of(period, article.published_at, article.text)
        here = self.lacks_here.get(passage.chunk_id, Lack())
        of_deed = here.told > 0 and bool(self.deed.doers(article.text, article.language))
        return (
            _ANOTHER_YEAR * (not of_then)
            + _ANOTHER_OF_SERIES * self.series.is_of_another(article.text, article.language)
            + _UNNAMED * (lack.told > 0)
            + _NAMED_NOWHERE * (lack.untold > 0)
            + _ANOTHER_DEED * of_deed
        )


def _ranked(
    question: str,
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    articles: Mapping[str, Article],
    calibration: Calibration,
) -> list[_Find]:
    expected = Expectation.of(question)
    if not expected.words:
        return []  # "???" asks for nothing
    doubts = _Doubts.of(question, passages, articles, expected)
    by_whom = asks_author(question)
    finds = []
    for passage, reading in zip(passages, readings, strict=True):
        article = articles[passage.article_id]
        against = doubts.against(passage, article)
        spans = [((s.start, s.end), s.score - reading.null_score) for s in reading.spans]
        spans = expected.with_told(passage.text, spans, passage.language)
        worth = expected.margins(
            passage.text, spans, passage.language, within=(article.text, passage.start)
        )
        if by_whom:
            spans, worth = _with_author(passage.text, article.author, spans, worth)
        for ((first, last), margin), value in zip(spans, worth, strict=True):
            start, end = passage.start + first, passage.start + last
            stamp = is_stamp(article.text[start:end], start, article.published_at)
            evidence = calibration.evidence(value - against - _STAMP * stamp, passage.scores.fused)
            finds.append(_Find(passage, start, end, margin, evidence))
    return sorted(
        finds, key=lambda find: (-find.evidence, find.passage.article_id, find.start, find.end)
    )


def _with_author(
    text: str,
    author: str | None,
    spans: Sequence[tuple[Range, float]],
    worth: Sequence[float],
) -> tuple[list[tuple[Range, float]], list[float]]:
    """The spans and what they are worth where the writer is asked for: nobody but the byline's."""
    found = find_byline(text, author)
    others = [value - _NOT_THE_AUTHOR for value in worth]
    if found is None:
        return list(spans), others
    sure = max(_BYLINE, max(worth, default=0.0))
    return [(found, sure), *spans], [sure, *others]


def _answer(find: _Find, citation: Citation, calibration: Calibration) -> Answer:
    confidence = calibration.confidence(find.evidence)
    return Answer(
        text=citation.quote,
        confidence=confidence,
        confidence_bucket=calibration.bucket(confidence),
        citation=citation,
        scores=replace(find.passage.scores, reader=find.margin),
    )


def _with_citation(answer: Answer, citation: Citation) -> Answer:
    if len(answer.also) == _MAX_ALSO:
        return answer
    return replace(answer, also=(*answer.also, citation))
