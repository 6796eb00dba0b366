"""OpenAI's wire format: what chat, models and embeddings take, and what they tell.

What changes the form of a reply and is not there (tools, several choices, other formats than text)
is refused; what only steers a language model (temperature, penalties, token limits) has nothing to
steer here and is accepted.

This module must not know how a request is carried out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from qa.schemas import examples
from qa.schemas.replies import CitationReply, Reply
from qa.schemas.requests import Whole

__all__ = [
    "AnnotationReply",
    "ChatChoiceReply",
    "ChatMessage",
    "ChatMessageReply",
    "ChatPart",
    "ChatReply",
    "ChatRequest",
    "ChatUsageReply",
    "EmbeddingReply",
    "EmbeddingsReply",
    "EmbeddingsRequest",
    "EmbeddingsUsageReply",
    "ModelList",
    "ModelReply",
    "ResponseFormat",
    "StreamOptions",
    "UrlCitationReply",
]

_MAX_INPUTS = 256


class ChatPart(BaseModel):
    """A part of a message; only text can be asked."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ChatPart] | None = None

    @property
    def as_text(self) -> str:
        """The turn's text."""
        if self.content is None or isinstance(self.content, str):
            return self.content if self.content is not None else ""
        return "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """What a stream holds besides the text."""

    include_usage: StrictBool = False


class ResponseFormat(BaseModel):
    """The form of the answer's text, which is that of the articles."""

    type: Literal["text"]


class ChatRequest(BaseModel):
    """OpenAI's request, as far as it has a meaning here."""

    model_config = ConfigDict(
        extra="allow",
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {
                    "model": "menbe",
                    "messages": [
                        {"role": "user", "content": "Who chaired the informal CICA meeting?"}
                    ],
                }
            ]
        },
    )

    model: str = Field(max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Whole | None = Field(default=None, ge=1, le=1, description="One choice is all there is.")
    tools: list[Any] | None = Field(default=None, max_length=0, description="There are none.")
    functions: list[Any] | None = Field(default=None, max_length=0)
    response_format: ResponseFormat | None = Field(
        default=None, description="Text; the articles have no other form."
    )
    modalities: list[Literal["text"]] | None = Field(default=None, description="Text alone.")
    logprobs: Literal[False] | None = Field(
        default=None, description="There are none: no token is drawn here."
    )
    top_logprobs: Whole | None = Field(default=None, ge=0, le=0)


class EmbeddingsRequest(BaseModel):
    """OpenAI's request; `input_type` says which side of a search the texts are on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"model": "menbe-embeddings", "input": ["One text."]}]},
    )

    model: str = Field(max_length=200)
    input: (
        Annotated[str, Field(min_length=1)]
        | Annotated[
            list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=_MAX_INPUTS)
        ]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Whole | None = Field(default=None, ge=1, le=100_000)
    input_type: Literal["passage", "question"] = "passage"
    user: str | None = Field(default=None, description="Accepted for compatibility; not used.")


class ModelReply(Reply):
    """A model that can be named in a request."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MODEL]})

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(Reply):
    """Every model there is."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MODELS]})

    object: Literal["list"]
    data: list[ModelReply]


class UrlCitationReply(Reply):
    """Where a part of the message's text comes from."""

    start_index: int
    end_index: int
    title: str
    url: str = Field(description="Of the article as it was published, else of it on this server.")


class AnnotationReply(Reply):
    """A citation as OpenAI writes it; its indices are into the message's text."""

    type: Literal["url_citation"]
    url_citation: UrlCitationReply


class ChatMessageReply(Reply):
    """The quote with its sentence and source, or the sentence that says there is no answer."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[AnnotationReply]


class ChatChoiceReply(Reply):
    """The one choice."""

    index: int
    message: ChatMessageReply
    logprobs: None
    finish_reason: Literal["stop"]


class ChatUsageReply(Reply):
    """Tokens of cl100k_base; nothing is charged by them here."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatReply(Reply):
    """An answer in OpenAI's form, with the contract's citations beside it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHAT]})

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: None
    choices: list[ChatChoiceReply]
    usage: ChatUsageReply
    citations: list[CitationReply] = Field(description="Of the answer; empty where there is none.")
    rewritten_question: str | None = Field(
        description="What was asked, where that is not what was typed: a follow-up "
        "completed, missing letters put back, a slip mended. Else null."
    )


class EmbeddingReply(Reply):
    """One text's unit vector."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str = Field(
        description="Numbers; with `base64`, little-endian 32-bit floats."
    )


class EmbeddingsUsageReply(Reply):
    """Tokens of the encoder."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsReply(Reply):
    """One vector a text, in the order of the texts."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.EMBEDDINGS]})

    object: Literal["list"]
    model: str
    data: list[EmbeddingReply]
    usage: EmbeddingsUsageReply
