"""The HTTP contract: what requests may hold, what replies hold, with examples for OpenAPI.

Requests refuse unknown fields, so that a misspelt one is not silently ignored. Replies are made by
`qa.models` and described here; `tests/test_schemas.py` holds the two against each other.

This module must not know how a request is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, JsonValue, Tag

from embeddings.articles import Article
from embeddings.errors import UsageError
from embeddings.records import ArticleSummary
from qa.filters import check_language, parse_day

__all__ = [
    "ArticleBatch",
    "ArticleIn",
    "ArticleList",
    "ArticleReply",
    "AskReply",
    "AskRequest",
    "ContextReply",
    "ContextRequest",
    "Day",
    "FiltersIn",
    "Health",
    "JobReply",
    "LanguageCode",
    "Problem",
    "SearchReply",
    "SearchRequest",
    "SourceName",
    "Upload",
    "UploadReply",
    "VerifyReply",
    "article_dict",
    "summary_dict",
]


def _day(value: object) -> date | None:
    if value is None or (isinstance(value, date) and not hasattr(value, "hour")):
        return value
    if not isinstance(value, str):
        raise ValueError("a date is written as text, such as 2024-04-17")
    try:
        return parse_day("date", value)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _language(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return check_language(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


Day = Annotated[date, BeforeValidator(_day)]
LanguageCode = Annotated[
    str,
    BeforeValidator(_language),
    Field(
        description="ISO 639-1, in two letters.",
        examples=["en"],
        json_schema_extra={"minLength": 2, "maxLength": 3},
    ),
]
SourceName = Annotated[str, Field(min_length=1, max_length=300)]
Line = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Reply(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


# -- requests -------------------------------------------------------------------------------------


class FiltersIn(_Request):
    """Which articles count. All that is given must hold."""

    date_from: Day | None = Field(default=None, description="Published on or after.")
    date_to: Day | None = Field(default=None, description="Published on or before.")
    as_of: Day | None = Field(
        default=None, description="Answer as the articles stood on that day.", examples=[None]
    )
    sources: list[SourceName] = Field(
        default=[], max_length=100, description="Any of these; case does not matter."
    )
    languages: list[LanguageCode] = Field(
        default=[], max_length=100, description="Articles in any of these."
    )
    undated: bool = Field(
        default=True, description="Keep articles without a date when a date is asked for."
    )


_QUESTION = Field(
    min_length=1,
    description="One question, in any language.",
    examples=["Who chaired the informal CICA meeting?"],
)
_TOP_K = Field(default=None, ge=1, le=100, description="Passages to use.")
_EXAMPLE: dict[str, JsonValue] = {"question": "Who chaired the informal CICA meeting?"}


class SearchRequest(_Request):
    """A search for passages."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "top_k": 3}]})

    question: str = _QUESTION
    filters: FiltersIn | None = None
    top_k: int | None = _TOP_K
    language: LanguageCode | None = Field(
        default=None, description="Of the question; detected where it is not given."
    )


class AskRequest(SearchRequest):
    """A question to answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE,
                {
                    "question": "Кто является генеральным секретарём ОБСЕ?",
                    "filters": {"date_from": "2022-01-01", "languages": ["en", "ru"]},
                    "max_answers": 3,
                },
            ]
        }
    )

    max_answers: int | None = Field(default=None, ge=1, le=20, description="Different answers.")
    always_answer: bool = Field(default=False, description="Never reply “no answer”.")
    stream: bool = Field(
        default=False, description="Reply with server-sent events: passages, answers, done."
    )


class ContextRequest(SearchRequest):
    """A question whose passages somebody's language model shall answer from."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "max_tokens": 1500}]})

    max_tokens: int = Field(
        default=2000, ge=1, le=1_000_000, description="Longest prompt, in tokens of `encoding`."
    )
    encoding: str = Field(
        default="cl100k_base", max_length=50, description="A tiktoken encoding that is offline."
    )


class ArticleIn(_Request):
    """An article to add. What is not given is read from the text where the text states it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "kmo-2022-09-22",
                    "title": "Minister meets his colleague",
                    "text": "Bayramov met Kazakbayev in New York on Thursday.",
                    "source": "Example Agency",
                    "published_at": "2022-09-22",
                }
            ]
        }
    )

    id: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[^\s\x00-\x20\x7f]+$",
        description="Posting the same id again replaces the article. None: made from the text.",
    )
    text: str | None = Field(
        default=None, min_length=1, max_length=2_000_000, description="Kept as it is."
    )
    fetch_url: str | None = Field(
        default=None,
        max_length=2000,
        description="A public web page to take the text from, where the server allows it.",
    )
    title: Line | None = None
    source: Line | None = None
    author: Line | None = None
    published_at: Day | None = None
    language: LanguageCode | None = None
    url: str | None = Field(
        default=None,
        max_length=2000,
        pattern=r"^https?://[^\s\x00-\x20\x7f<>\"]+$",
        description="Where it was published.",
    )


class ArticleBatch(_Request):
    """Articles to add."""

    articles: list[ArticleIn] = Field(min_length=1, max_length=100_000)


def _upload_kind(value: object) -> str:
    many = "articles" in value if isinstance(value, Mapping) else isinstance(value, ArticleBatch)
    return "many" if many else "one"


Upload = Annotated[
    Annotated[ArticleIn, Tag("one")] | Annotated[ArticleBatch, Tag("many")],
    Discriminator(_upload_kind),
]
"""One article, or `{"articles": […]}`."""


# -- replies --------------------------------------------------------------------------------------


class ScoresReply(_Reply):
    """Why something stands where it stands; null: that stage did not see it."""

    dense: float | None = Field(description="Cosine of question and chunk.")
    lexical: float | None = Field(description="BM25.")
    fused: float | None
    reader: float | None = Field(description="Margin of the span over “no answer”.")


class SentenceReply(_Reply):
    """The sentence that an answer stands in."""

    start: int
    end: int
    text: str


class PassageReply(_Reply):
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
    scores: ScoresReply


class CitationReply(_Reply):
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


class AnswerReply(_Reply):
    """A verbatim quote with a confidence and its citation."""

    text: str
    confidence: float = Field(ge=0, le=1)
    confidence_bucket: Literal["high", "medium", "low"]
    citation: CitationReply
    also: list[CitationReply] = Field(description="Other places that say the same.")
    scores: ScoresReply


class TimingsReply(_Reply):
    """Milliseconds of wall time by stage."""

    encode: float
    retrieve: float
    read: float
    total: float


class SearchReply(_Reply):
    """Passages, best first."""

    query_id: str
    question: str
    language: str
    passages: list[PassageReply]
    removed_by_filters: dict[str, int] = Field(description="Articles that each filter removes.")
    offset_unit: Literal["code_points"]
    index_version: str
    timings_ms: TimingsReply


class AskReply(SearchReply):
    """The answer to one question, or an honest silence with its reason."""

    rewritten_question: str | None
    state: Literal["answered", "no_answer"]
    no_answer_reason: Literal["not_in_articles", "no_articles", "filtered_out"] | None
    message: str = Field(description="One sentence in the question's language.")
    answers: list[AnswerReply] = Field(description="Best first; empty when there is no answer.")
    best_confidence: float | None


class NumberedPassage(PassageReply):
    """A passage of a prompt, with the number that it is cited by."""

    number: int
    truncated: bool = Field(description="Whole sentences were left out at its end.")


class ContextReply(_Reply):
    """A prompt for a language model, and what stands in it."""

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


class CitationCheckReply(_Reply):
    """One citation held against the store; `problem` is empty when it holds."""

    article_id: str
    start: int
    end: int
    quote: str
    ok: bool
    problem: str


class VerifyReply(_Reply):
    """Every citation of a saved answer, checked."""

    ok: bool
    checks: list[CitationCheckReply]


class ArticleSummaryReply(_Reply):
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

    text: str
    excluded: list[Annotated[list[int], Field(min_length=2, max_length=2)]]


class ArticleList(_Reply):
    """A page of the articles that pass the filters, by id."""

    total: int
    offset: int
    limit: int
    next_offset: int | None
    articles: list[ArticleSummaryReply]


class FailedArticle(_Reply):
    """An article that could not be indexed, and why."""

    article: str = Field(description="Its id, or its place in the upload.")
    problem: str
    remedy: str


class UploadReply(_Reply):
    """What an upload did; every article that is not in `failed` is on disk and answerable."""

    added: int
    changed: int
    unchanged: int
    ids: list[str]
    failed: list[FailedArticle]


class JobReply(_Reply):
    """A long upload: accepted, on disk, and worked off even if the server is killed."""

    id: str
    state: Literal["queued", "running", "done", "failed"]
    articles: int = Field(description="In the upload.")
    done: int = Field(description="Indexed so far, or failed.")
    created_at: str
    finished_at: str | None
    result: UploadReply | None = Field(description="When it is done.")
    error: str | None = Field(description="When it failed as a whole.")


class Health(_Reply):
    """Whether the server lives, or is ready to answer."""

    status: Literal["ok", "ready"]


class FieldProblem(_Reply):
    """One field that cannot be used."""

    field: str
    problem: str


class Problem(_Reply):
    """RFC 9457: what was wrong, and the remedy."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Content",
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
