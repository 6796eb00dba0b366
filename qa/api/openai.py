"""OpenAI's wire format: chat completions, models and embeddings, for clients that speak only that.

The last user message is the question and earlier turns are its context. The reply's text is the
quote with its sentence and source; the citations ride in the message's `annotations` and, as the
contract has them, in a top-level `citations`. What changes the form of a reply and is not there
(tools, several choices) is refused; what only steers a language model (temperature, penalties,
token limits) has nothing to steer here and is accepted.

This module must not know how anything is answered or encoded.
"""

from __future__ import annotations

import base64
import time
import uuid
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from embeddings.tokens import count_tokens
from prompts import reply
from qa.api.errors import RESPONSES, ApiError, describe, responses
from qa.api.state import Shared, note, shared
from qa.api.streams import EVENT_STREAM, Emit, event, event_response, events_of
from qa.chat import Conversation
from qa.models import AskResult, Citation
from qa.schemas.requests import Whole

__all__ = ["ChatRequest", "EmbeddingsRequest", "router"]

MODEL = "menbe"
EMBEDDINGS_MODEL = "menbe-embeddings"
_MAX_INPUTS = 256

router = APIRouter(prefix="/v1", tags=["openai"], responses=RESPONSES)
Parts = Annotated[Shared, Depends(shared)]


class Part(BaseModel):
    """A part of a message; only text can be asked."""

    type: Literal["text"]
    text: str


class Message(BaseModel):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The turn's text."""
        if self.content is None or isinstance(self.content, str):
            return self.content if self.content is not None else ""
        return "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """What a stream holds besides the text."""

    include_usage: StrictBool = False


class ChatRequest(BaseModel):
    """OpenAI's request, as far as it has a meaning here."""

    model_config = ConfigDict(
        extra="allow",
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [
                        {"role": "user", "content": "Who chaired the informal CICA meeting?"}
                    ],
                }
            ]
        },
    )

    model: str = Field(max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Whole | None = Field(default=None, ge=1, le=1, description="One choice is all there is.")
    tools: list[Any] | None = Field(default=None, max_length=0, description="There are none.")
    functions: list[Any] | None = Field(default=None, max_length=0)


class EmbeddingsRequest(BaseModel):
    """OpenAI's request; `input_type` says which side of a search the texts are on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"model": EMBEDDINGS_MODEL, "input": ["One text."]}]},
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


@router.get("/models", operation_id="list_models", summary="The models there are")
async def list_models(parts: Parts) -> dict[str, Any]:
    """Reply with one model for chat and one for embeddings."""
    return {"object": "list", "data": [_model(MODEL), _model(EMBEDDINGS_MODEL)]}


@router.get(
    "/models/{model}", operation_id="get_model", summary="One model", responses=responses(404)
)
async def get_model(model: str) -> dict[str, Any]:
    """Reply with the model of that name."""
    return _model(_known(model, MODEL, EMBEDDINGS_MODEL))


@router.post(
    "/chat/completions",
    operation_id="chat_completions",
    summary="Ask in OpenAI's format",
    responses={
        **responses(404),
        200: {"content": EVENT_STREAM},
    },
)
async def chat_completions(asked: ChatRequest, request: Request, parts: Parts) -> dict[str, Any]:
    """Answer the last user message; earlier turns are its context."""
    _known(asked.model, MODEL)
    question, earlier = _question(asked)

    def call() -> AskResult:
        return Conversation.from_messages(
            parts.service, earlier, max_chars=parts.settings.max_question_chars
        ).ask(question)

    head = {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "created": int(time.time()),
        "model": MODEL,
        "system_fingerprint": None,
    }
    base = str(request.base_url)
    if asked.stream:
        usage = asked.stream_options is not None and asked.stream_options.include_usage

        def stream(emit: Emit) -> None:
            for chunk in _chunks(_told(request, parts, call()), asked, base, usage=usage):
                emit(event({**head, "object": "chat.completion.chunk", **chunk}))
            emit(event("[DONE]"))

        return event_response(  # type: ignore[return-value]
            events_of(parts.work, stream, lambda error: _error_event(request, error))
        )
    result = _told(request, parts, await parts.work.run(call))
    content, annotations = _content(result, base)
    message = {"role": "assistant", "content": content, "refusal": None, "annotations": annotations}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        **head,
        "object": "chat.completion",
        "choices": [choice],
        "usage": _usage(asked, content),
        "citations": _citations(result),
        "rewritten_question": result.rewritten_question,
    }


@router.post(
    "/embeddings",
    operation_id="embeddings",
    summary="Encode texts in OpenAI's format",
    responses=responses(404),
)
async def embeddings(asked: EmbeddingsRequest, parts: Parts) -> dict[str, Any]:
    """Reply with one unit vector a text; a text that the encoder would cut is refused."""
    _known(asked.model, EMBEDDINGS_MODEL)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input

    def call() -> tuple[Any, int]:
        encoder = parts.service.encoder()
        if asked.dimensions not in (None, encoder.dimension):
            raise ApiError(
                422,
                "invalid_request",
                f"dimensions: this encoder has {encoder.dimension}. Leave it out.",
            )
        counts = [encoder.count_tokens(text) for text in texts]
        for number, count in enumerate(counts):
            if count > encoder.max_tokens:
                raise ApiError(
                    422,
                    "invalid_request",
                    f"input.{number}: {count} tokens, more than the encoder's "
                    f"{encoder.max_tokens}. Split the text.",
                )
        encode = (
            encoder.encode_passages if asked.input_type == "passage" else encoder.encode_questions
        )
        return encode(texts), sum(counts)

    vectors, tokens = await parts.work.run(call)
    data = [
        {"object": "embedding", "index": number, "embedding": _vector(row, asked.encoding_format)}
        for number, row in enumerate(vectors)
    ]
    return {
        "object": "list",
        "model": EMBEDDINGS_MODEL,
        "data": data,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(row: Any, encoding: str) -> Any:
    if encoding == "base64":
        return base64.b64encode(np.asarray(row, dtype="<f4").tobytes()).decode("ascii")
    return [float(value) for value in row]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "menbe"}


def _known(given: str, *names: str) -> str:
    if given not in names:
        raise ApiError(
            404, "model_not_found", f"there is no such model here. Use {' or '.join(names)}."
        )
    return given


def _question(asked: ChatRequest) -> tuple[str, list[tuple[str, str]]]:
    """The last user message, and (role, text) of the messages before it."""
    users = [place for place, message in enumerate(asked.messages) if message.role == "user"]
    if not users:
        raise ApiError(422, "invalid_request", "messages: none is the user's. Ask something.")
    earlier: list[tuple[str, str]] = [
        (message.role, message.text) for message in asked.messages[: users[-1]]
    ]
    return asked.messages[users[-1]].text, earlier


def _told(request: Request, parts: Shared, result: AskResult) -> AskResult:
    plain = result.to_dict()
    parts.telemetry.question(plain)
    reason = result.no_answer_reason
    note(
        request,
        query_id=result.query_id,
        stages_ms=plain["timings_ms"],
        language=result.language,
        outcome="answered" if reason is None else reason,
        **({"question": result.question} if parts.settings.log_questions else {}),
    )
    return result


def _content(result: AskResult, base: str) -> tuple[str, list[dict[str, Any]]]:
    """The message's text and its annotations, whose indices are into that text."""
    if not result.answers:
        return result.message, []
    answer = result.answers[0]
    text = f"{answer.text}\n\n"
    annotations = []
    for number, citation in enumerate((answer.citation, *answer.also), start=1):
        start = len(text)
        text += f"“{citation.sentence.text}” — {_place(citation)} [{number}]"
        annotations.append(
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": start,
                    "end_index": len(text),
                    "title": citation.article_id if citation.title is None else citation.title,
                    "url": _url(citation, base),
                },
            }
        )
        text += "\n"
    return text.rstrip("\n"), annotations


def _place(citation: Citation) -> str:
    language = citation.language
    source = reply("label.unsourced", language) if citation.source is None else citation.source
    day = citation.published_at
    return f"{source}, {reply('label.undated', language) if day is None else day.isoformat()}"


def _url(citation: Citation, base: str) -> str:
    return f"{base}v1/articles/{citation.article_id}" if citation.url is None else citation.url


def _citations(result: AskResult) -> list[dict[str, Any]]:
    if not result.answers:
        return []
    best = result.answers[0]
    return [citation.to_dict() for citation in (best.citation, *best.also)]


def _usage(asked: ChatRequest, content: str) -> dict[str, int]:
    prompt = sum(count_tokens(message.text) for message in asked.messages)
    completion = count_tokens(content)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _chunks(
    result: AskResult, asked: ChatRequest, base: str, *, usage: bool
) -> list[dict[str, Any]]:
    content, annotations = _content(result, base)

    def choice(delta: dict[str, Any], finish: str | None = None) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]

    chunks: list[dict[str, Any]] = [{"choices": choice({"role": "assistant", "content": ""})}]
    chunks += [{"choices": choice({"content": line})} for line in content.splitlines(keepends=True)]
    chunks.append(
        {
            "choices": choice({"annotations": annotations}, "stop"),
            "citations": _citations(result),
            "rewritten_question": result.rewritten_question,
        }
    )
    if usage:
        chunks.append({"choices": [], "usage": _usage(asked, content)})
    return chunks


def _error_event(request: Request, error: Exception) -> str:
    refusal = describe(error)
    request.scope["state"]["error"] = error if refusal.status >= 500 else refusal.code
    return event({"error": {"message": refusal.detail, "type": refusal.code, "code": refusal.code}})
