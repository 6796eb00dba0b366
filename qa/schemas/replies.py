"""What replies hold. `qa.models` makes them; `tests/test_schemas.py` holds the two together.

This module must not know how a reply comes about.
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from embeddings.articles import Article
from embeddings.records import ArticleSummary
from qa.schemas import examples

__all__ = [
    "AnswerReply",
    "ArticleList",
    "ArticleReply",
    "ArticleSummaryReply",
    "AskReply",
    "CitationCheckReply",
    "CitationReply",
    "ContextReply",
    "FailedArticle",
    "FieldProblem",
    "Health",
    "JobReply",
    "NewerReply",
    "NumberedPassage",
    "OpenAIErrorReply",
    "PassageReply",
    "Problem",
    "Reply",
    "ScoresReply",
    "SearchReply",
    "SentenceReply",
    "TimingsReply",
    "UploadReply",
    "VerifyReply",
    "article_dict",
    "summary_dict",
]


class Reply(BaseModel):
    """What every reply is."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class ScoresReply(Reply):
    """Why something stands where it stands; null: that stage did not see it."""

    dense: float | None = Field(description="Cosine of question and chunk.")
    lexical: float | None = Field(description="BM25.")
    time: float | None = Field(description="Fit of the article's day to the time asked for.")
    fused: float | None
    reader: float | None = Field(description="Margin of the span over “no answer”.")


class SentenceReply(Reply):
    """The sentence that an answer stands in."""

    start: int
    end: int
    text: str


class PassageReply(Reply):
    """A passage that retrieval returned; `text` is the article's `[start, end)`."""

    article_id: str
    chunk_id: str
    title: str | None
    source: str | None
    published_at: date | None
    language: str
    start: int
    end: int
    text: str
    duplicates: list[str] = Field(description="Ids of articles that carry the same story.")
    scores: ScoresReply


class CitationReply(Reply):
    """Where an answer stands: the article's text from `start` to `end` is `quote`."""

    article_id: str
    title: str | None
    source: str | None
    author: str | None
    published_at: date | None
    language: str
    url: str | None
    sha256: str = Field(description="Of the article's text in UTF-8, in hex.")
    start: int
    end: int
    quote: str
    sentence: SentenceReply
    duplicates: list[str] = Field(description="Ids of articles that carry the same story.")
    age_days: int | None


class NewerReply(Reply):
    """An article on the same thing that was published after the cited one."""

    article_id: str
    title: str | None
    source: str | None
    published_at: date


class AnswerReply(Reply):
    """A verbatim quote with a confidence and its citation."""

    text: str
    confidence: float = Field(ge=0, le=1)
    confidence_bucket: Literal["high", "medium", "low"]
    citation: CitationReply
    also: list[CitationReply] = Field(description="Other places that say the same.")
    articles: int = Field(description="Articles that carry the answer, copies among them.")
    independent_reports: int = Field(description="Of these, those that are no copies.")
    newer: list[NewerReply] = Field(
        description="Later articles on the same thing as the cited one, the newest first; at most "
        "3, and none where the cited one has no date."
    )
    scores: ScoresReply


class TimingsReply(Reply):
    """Milliseconds of wall time by stage."""

    encode: float
    retrieve: float
    read: float
    total: float


class SearchReply(Reply):
    """Passages, best first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SEARCH]})

    query_id: str
    question: str
    language: str
    passages: list[PassageReply]
    removed_by_filters: dict[str, int] = Field(description="Articles that each filter removes.")
    offset_unit: Literal["code_points"]
    index_version: str
    timings_ms: TimingsReply
    explain: dict[str, Any] | None = Field(
        default=None, description="Why the passages stand in their order, where it was asked for."
    )


class AskReply(SearchReply):
    """The answer to one question, or an honest silence with its reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ASK]})

    rewritten_question: str | None = Field(
        description="What was asked, where that is not what was typed: a follow-up "
        "completed, missing letters put back, a slip mended. Else null."
    )
    state: Literal["answered", "no_answer"]
    no_answer_reason: Literal["not_in_articles", "no_articles", "filtered_out"] | None
    message: str = Field(description="One sentence in the question's language.")
    answers: list[AnswerReply] = Field(description="Best first; empty when there is no answer.")
    best_confidence: float | None
    disagreement: bool = Field(description="Independent reports contradict one another.")


class NumberedPassage(PassageReply):
    """A passage of a prompt, with the number that it is cited by."""

    number: int
    truncated: bool = Field(description="Whole sentences were left out at its end.")


class ContextReply(Reply):
    """A prompt for a language model, and what stands in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONTEXT]})

    query_id: str
    question: str
    language: str
    prompt: str
    tokens: int
    max_tokens: int
    encoding: str
    passages: list[NumberedPassage]
    left_out: int = Field(description="Passages that the budget had no room for.")
    index_version: str


class CitationCheckReply(Reply):
    """One citation held against the store; `problem` is empty when it holds."""

    article_id: str
    start: int
    end: int
    quote: str
    ok: bool
    problem: str


class VerifyReply(Reply):
    """Every citation of a saved answer, checked."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.VERIFY]})

    ok: bool
    checks: list[CitationCheckReply]


class ArticleSummaryReply(Reply):
    """An article without its text."""

    id: str
    sha256: str
    title: str | None
    source: str | None
    author: str | None
    published_at: date | None
    language: str
    url: str | None


class ArticleReply(ArticleSummaryReply):
    """An article; `excluded` are ranges of its text that are never quoted."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ARTICLE]})

    text: str
    excluded: list[Annotated[list[int], Field(min_length=2, max_length=2)]]


class ArticleList(Reply):
    """A page of the articles that pass the filters, by id."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ARTICLES]})

    total: int
    offset: int
    limit: int
    next_offset: int | None
    articles: list[ArticleSummaryReply]


class FailedArticle(Reply):
    """An article that could not be indexed, and why."""

    article: str = Field(description="Its id, or its place in the upload.")
    problem: str
    remedy: str


class UploadReply(Reply):
    """What an upload did; every article that is not in `failed` is on disk and answerable."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UPLOAD]})

    added: int
    changed: int
    unchanged: int
    ids: list[str]
    failed: list[FailedArticle]


class JobReply(Reply):
    """A long upload: accepted, on disk, and worked off even if the server is killed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB]})

    id: str
    state: Literal["queued", "running", "done", "failed"]
    articles: int = Field(description="In the upload.")
    done: int = Field(description="Indexed so far, or failed.")
    created_at: str
    finished_at: str | None
    result: UploadReply | None = Field(description="When it is done.")
    error: str | None = Field(description="When it failed as a whole.")


class Health(Reply):
    """Whether the server lives, or is ready to answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok", "ready"]


class FieldProblem(Reply):
    """One field that cannot be used."""

    field: str
    problem: str


class OpenAIErrorReply(Reply):
    """The same in OpenAI's form."""

    message: str
    type: Literal["server_error", "invalid_request_error"]
    param: None
    code: str


class Problem(Reply):
    """RFC 9457: what was wrong, and the remedy."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": HTTPStatus(422).phrase,  # which Python words as it knows the RFC
                    "status": 422,
                    "detail": "the question is empty. Type a question.",
                    "code": "question_error",
                    "request_id": "5f0c3a1c9d0e4f7a",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="For programs; does not change with the wording.")
    request_id: str | None = None
    errors: list[FieldProblem] | None = None
    error: OpenAIErrorReply | None = Field(
        default=None, description="On chat, models and embeddings: for clients of OpenAI."
    )


def summary_dict(item: Article | ArticleSummary) -> dict[str, Any]:
    """`ArticleSummaryReply` as JSON values."""
    day = item.published_at
    return {
        "id": item.id,
        "sha256": item.sha256,
        "title": item.title,
        "source": item.source,
        "author": item.author,
        "published_at": None if day is None else day.isoformat(),
        "language": item.language,
        "url": item.url,
    }


def article_dict(article: Article) -> dict[str, Any]:
    """`ArticleReply` as JSON values."""
    excluded = [[start, end] for start, end in article.excluded]
    return {**summary_dict(article), "text": article.text, "excluded": excluded}
