"""What the stages of answering hand to each other, and the JSON contract they add up to.

All offsets are `[start, end)` in Unicode code points of the article's text, so that
`article.text[start:end] == quote` holds for every citation here. `AskResult.to_dict` is the one
place where the contract's JSON is made: `qa ask --json`, `POST /v1/ask` and `Service.ask` agree
because all three go through it.

This module must not know how anything is found, read or shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from embeddings.text import Range

__all__ = [
    "OFFSET_UNIT",
    "Answer",
    "AskResult",
    "Bucket",
    "Citation",
    "CitationCheck",
    "NewerArticle",
    "NoAnswerReason",
    "Passage",
    "Scores",
    "SearchResult",
    "Sentence",
    "State",
    "Timings",
    "VerifyReport",
]

State = Literal["answered", "no_answer"]
NoAnswerReason = Literal["not_in_articles", "no_articles", "filtered_out"]
Bucket = Literal["high", "medium", "low"]
OFFSET_UNIT = "code_points"


@dataclass(frozen=True, slots=True)
class Scores:
    """Why something stands where it stands. None: that stage did not see it.

    Attributes:
        dense: cosine of question and chunk, -1 to 1.
        lexical: BM25 of the question's terms, higher is better.
        time: how well the article's day fits the time that the question names, -1 to 1; None
            where it names none.
        fused: what the ranking is made by; comparable within one result only.
        reader: the reader's margin of the span over "no answer", comparable across passages.
    """

    dense: float | None = None
    lexical: float | None = None
    time: float | None = None
    fused: float | None = None
    reader: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence an answer stands in; `text == article.text[start:end]`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that retrieval returned.

    Attributes:
        sentences: the chunk's, in article offsets.
        context: what stood beside it in the index; never quoted.
        duplicates: ids of other articles that carry the same story.
    """

    article_id: str
    chunk_id: str
    start: int
    end: int
    text: str
    scores: Scores
    title: str | None
    source: str | None
    published_at: date | None
    language: str
    sentences: tuple[Range, ...]
    context: str = ""
    duplicates: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The passage as the contract has it; dates in ISO 8601."""
        return {
            "article_id": self.article_id,
            "chunk_id": self.chunk_id,
            "title": self.title,
            "source": self.source,
            "published_at": _iso(self.published_at),
            "language": self.language,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "duplicates": list(self.duplicates),
            "scores": asdict(self.scores),
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer stands, so that anyone can check it: `text[start:end] == quote`.

    Attributes:
        sha256: hex digest of the article's whole text in UTF-8.
        duplicates: ids of other articles that carry the same story.
        age_days: whole days from `published_at` to the day of asking; None without a date.
    """

    article_id: str
    title: str | None
    source: str | None
    author: str | None
    published_at: date | None
    language: str
    url: str | None
    sha256: str
    start: int
    end: int
    quote: str
    sentence: Sentence
    duplicates: tuple[str, ...] = ()
    age_days: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The citation as the contract has it; dates in ISO 8601."""
        return {
            **asdict(self),
            "published_at": _iso(self.published_at),
            "duplicates": list(self.duplicates),
        }


@dataclass(frozen=True, slots=True)
class NewerArticle:
    """An article on the same thing that was published after the cited one."""

    article_id: str
    title: str | None
    source: str | None
    published_at: date

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it; the date in ISO 8601."""
        return {**asdict(self), "published_at": self.published_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Answer:
    """A span with a confidence and a citation.

    Attributes:
        text: the quote, verbatim.
        confidence: estimated probability, 0 to 1, that the answer is right.
        also: further citations that say the same thing in other places.
        articles: articles that carry the answer, copies among them.
        independent_reports: of these, those that are no copies of one another.
        newer: later articles on the same thing as `citation`, the newest first; see `qa.newer`.
    """

    text: str
    confidence: float
    confidence_bucket: Bucket
    citation: Citation
    scores: Scores
    also: tuple[Citation, ...] = ()
    articles: int = 1
    independent_reports: int = 1
    newer: tuple[NewerArticle, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer as the contract has it."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "confidence_bucket": self.confidence_bucket,
            "citation": self.citation.to_dict(),
            "also": [citation.to_dict() for citation in self.also],
            "articles": self.articles,
            "independent_reports": self.independent_reports,
            "newer": [article.to_dict() for article in self.newer],
            "scores": asdict(self.scores),
        }


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of wall time by stage."""

    encode: float
    retrieve: float
    read: float
    total: float

    def to_dict(self) -> dict[str, float]:
        """Rounded to a hundredth of a millisecond."""
        return {stage: round(value, 2) for stage, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class AskResult:
    """The answer to one question, or an honest silence with its reason.

    Attributes:
        message: one sentence in the question's language, from `prompts/`.
        answers: best first; empty exactly when `state` is "no_answer".
        passages: the nearest passages, best first, also when there is no answer.
        index_version: the generation that all of this comes from.
        best_confidence: confidence of the best candidate even when it was withheld; None when
            nothing was read. Measures of silence (AUROC, risk-coverage) need it.
        disagreement: independent reports contradict one another; their answers come first, the
            newest ahead.
        explanation: see `qa.explain`; None where it was not asked for.
    """

    query_id: str
    question: str
    language: str
    rewritten_question: str | None
    state: State
    no_answer_reason: NoAnswerReason | None
    message: str
    answers: tuple[Answer, ...]
    passages: tuple[Passage, ...]
    index_version: str
    timings_ms: Timings
    best_confidence: float | None = None
    removed_by_filters: dict[str, int] = field(default_factory=dict)
    disagreement: bool = False
    explanation: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract, keys in its order."""
        return {
            "query_id": self.query_id,
            "question": self.question,
            "language": self.language,
            "rewritten_question": self.rewritten_question,
            "state": self.state,
            "no_answer_reason": self.no_answer_reason,
            "message": self.message,
            "answers": [answer.to_dict() for answer in self.answers],
            "disagreement": self.disagreement,
            "passages": [passage.to_dict() for passage in self.passages],
            "best_confidence": (
                None if self.best_confidence is None else round(self.best_confidence, 4)
            ),
            "removed_by_filters": dict(self.removed_by_filters),
            "offset_unit": OFFSET_UNIT,
            "index_version": self.index_version,
            "timings_ms": self.timings_ms.to_dict(),
            **({} if self.explanation is None else {"explain": self.explanation}),
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages for a question, without reading them."""

    query_id: str
    question: str
    language: str
    passages: tuple[Passage, ...]
    index_version: str
    timings_ms: Timings
    removed_by_filters: dict[str, int] = field(default_factory=dict)
    explanation: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the contract's `AskResult`, less everything about answers."""
        return {
            "query_id": self.query_id,
            "question": self.question,
            "language": self.language,
            "passages": [passage.to_dict() for passage in self.passages],
            "removed_by_filters": dict(self.removed_by_filters),
            "offset_unit": OFFSET_UNIT,
            "index_version": self.index_version,
            "timings_ms": self.timings_ms.to_dict(),
            **({} if self.explanation is None else {"explain": self.explanation}),
        }


@dataclass(frozen=True, slots=True)
class CitationCheck:
    """One citation held against the store. `problem` is empty when it holds."""

    article_id: str
    start: int
    end: int
    quote: str
    ok: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Every citation of a saved answer, checked."""

    checks: tuple[CitationCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether every citation holds. A saved silence, with no citation at all, holds."""
        return all(check.ok for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """`ok`, and one entry a citation."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
