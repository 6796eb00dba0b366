"""What requests may hold. Unknown fields are refused, so that none is silently ignored.

This module must not know how a request is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StrictBool,
    Tag,
)

from embeddings.errors import UsageError
from qa.filters import check_language, parse_day

__all__ = [
    "ArticleBatch",
    "ArticleIn",
    "AskRequest",
    "ContextRequest",
    "Day",
    "FiltersIn",
    "LanguageCode",
    "Line",
    "SearchRequest",
    "SourceName",
    "TurnIn",
    "Upload",
    "Whole",
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


def _number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("a number is not written as text or as true")
    return value


Whole = Annotated[int, BeforeValidator(_number)]
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
    undated: StrictBool = Field(
        default=True, description="Keep articles without a date when a date is asked for."
    )


_QUESTION = Field(
    min_length=1,
    max_length=100_000,  # no setting allows more
    description="One question, in any language.",
    examples=["Who chaired the informal CICA meeting?"],
)
_TOP_K = Field(default=None, ge=1, le=100, description="Passages to use.")
_EXAMPLE: dict[str, JsonValue] = {"question": "Who chaired the informal CICA meeting?"}


class TurnIn(_Request):
    """An earlier turn of a conversation: a question, or what was answered to it."""

    role: Literal["user", "assistant"]
    content: str = Field(
        min_length=1,
        max_length=20_000,
        description="A question as it was typed, or the answer's text: a quote alone, or a quote "
        "and, on the next line, its sentence.",
    )


class _QuestionRequest(_Request):
    question: str = _QUESTION
    filters: FiltersIn | None = None
    top_k: Whole | None = _TOP_K
    language: LanguageCode | None = Field(
        default=None, description="Of the question; detected where it is not given."
    )


class SearchRequest(_QuestionRequest):
    """A search for passages."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "top_k": 3}]})

    explain: StrictBool = Field(
        default=False, description="Say why the passages stand in their order."
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
                {
                    "question": "And when?",
                    "conversation": [
                        {"role": "user", "content": "Who chaired the informal CICA meeting?"},
                        {"role": "assistant", "content": "Kazakhstan"},
                    ],
                },
            ]
        }
    )

    max_answers: Whole | None = Field(default=None, ge=1, le=20, description="Different answers.")
    always_answer: StrictBool = Field(default=False, description="Never reply “no answer”.")
    conversation: list[TurnIn] = Field(
        default=[],
        max_length=200,
        description="Earlier turns, the oldest first; the last 20 questions count. A follow-up is "
        "completed from them, and `rewritten_question` tells what was asked. Without any, nothing "
        "is completed.",
    )
    stream: StrictBool = Field(
        default=False, description="Reply with server-sent events: passages, answers, done."
    )


class ContextRequest(_QuestionRequest):
    """A question whose passages somebody's language model shall answer from."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "max_tokens": 1500}]})

    max_tokens: Whole = Field(
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
