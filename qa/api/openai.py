"""OpenAI's wire format: chat completions, models and embeddings, for clients that speak only that.

The last user message is the question and earlier turns are its context. The reply's text is the
quote with its sentence and source; the citations ride in the message's `annotations` and, as the
contract has them, in a top-level `citations`.

This module must not know how anything is answered or encoded.
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from embeddings.tokens import count_tokens
from prompts import reply
from qa.api.errors import RESPONSES, ApiError, describe, responses
from qa.api.state import Shared, note, shared
from qa.api.streams import EVENT_STREAM, Emit, event, event_response, events_of
from qa.chat import Conversation
from qa.models import AskResult, Citation
from qa.question import checked_question
from qa.schemas import (
    ChatReply,
    ChatRequest,
    EmbeddingsReply,
    EmbeddingsRequest,
    ModelList,
    ModelReply,
)

__all__ = ["router"]

MODEL = "menbe"
EMBEDDINGS_MODEL = "menbe-embeddings"

router = APIRouter(prefix="/v1", tags=["openai"], responses=RESPONSES)
Parts = Annotated[Shared, Depends(shared)]


@router.get(
    "/models",
    operation_id="list_models",
    summary="The models there are",
    response_model=ModelList,
)
async def list_models() -> dict[str, Any]:
    """Reply with one model for chat and one for embeddings."""
    return {"object": "list", "data": [_model(MODEL), _model(EMBEDDINGS_MODEL)]}


@router.get(
    "/models/{model}",
    operation_id="get_model",
    summary="One model",
    response_model=ModelReply,
    responses=responses(404),
)
async def get_model(model: str) -> dict[str, Any]:
    """Reply with the model of that name."""
    return _model(_known(model, MODEL, EMBEDDINGS_MODEL))


@router.post(
    "/chat/completions",
    operation_id="chat_completions",
    summary="Ask in OpenAI's format",
    response_model=ChatReply,
    responses={
        **responses(404),
        200: {"description": "An answer, or why there is none", "content": EVENT_STREAM},
    },
)
async def chat_completions(asked: ChatRequest, request: Request, parts: Parts) -> Response:
    """Answer the last user message; earlier turns are its context."""
    _known(asked.model, MODEL)
    question, earlier = _question(asked, parts.settings.max_question_chars)

    def call(check: Callable[[], None] = lambda: None) -> AskResult:
        return Conversation.from_messages(
            parts.service, earlier, max_chars=parts.settings.max_question_chars
        ).ask(question, on_passages=lambda _: check())

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

        return event_response(
            events_of(parts.work, stream, lambda error: _error_event(request, error))
        )
    result = _told(request, parts, await parts.work.run_while_wanted(call))
    content, annotations = _content(result, base)
    message = {"role": "assistant", "content": content, "refusal": None, "annotations": annotations}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return JSONResponse(
        {
            **head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(asked, content),
            "citations": _citations(result),
            "rewritten_question": result.rewritten_question,
        }
    )


@router.post(
    "/embeddings",
    operation_id="embeddings",
    summary="Encode texts in OpenAI's format",
    response_model=EmbeddingsReply,
    responses=responses(404),
)
async def embeddings(asked: EmbeddingsRequest, parts: Parts) -> Response:
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
    return JSONResponse(
        {
            "object": "list",
            "model": EMBEDDINGS_MODEL,
            "data": data,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


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


def _question(asked: ChatRequest, max_chars: int) -> tuple[str, list[tuple[str, str]]]:
    """The last user message, and (role, text) of the messages before it.

    It is checked here, since a stream that has begun can no longer be refused.

    Raises:
        ApiError: there is none.
        QuestionError: it cannot be asked.
    """
    users = [place for place, message in enumerate(asked.messages) if message.role == "user"]
    if not users:
        raise ApiError(422, "invalid_request", "messages: none is the user's. Ask something.")
    earlier: list[tuple[str, str]] = [
        (message.role, message.as_text) for message in asked.messages[: users[-1]]
    ]
    question = checked_question(asked.messages[users[-1]].as_text, max_chars=max_chars)
    return question, earlier


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
    if citation.url is not None:
        return citation.url
    return f"{base}v1/articles/{quote(citation.article_id, safe='')}"


def _citations(result: AskResult) -> list[dict[str, Any]]:
    if not result.answers:
        return []
    best = result.answers[0]
    return [citation.to_dict() for citation in (best.citation, *best.also)]


def _usage(asked: ChatRequest, content: str) -> dict[str, int]:
    prompt = sum(count_tokens(message.as_text) for message in asked.messages)
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
