"""The routes that answer: ask, search, context and verify.

This module must not know how anything is answered.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from qa.api.body import ParsedRoute
from qa.api.errors import RESPONSES, ApiError, describe
from qa.api.state import Shared, filters_of, note, shared
from qa.api.streams import EVENT_STREAM, Emit, event, event_response, events_of
from qa.chat import Conversation
from qa.context import build_context
from qa.models import AskResult, Passage
from qa.question import checked_question
from qa.schemas import (
    AskReply,
    AskRequest,
    ContextReply,
    ContextRequest,
    Day,
    FiltersIn,
    LanguageCode,
    SearchReply,
    SearchRequest,
    SourceName,
    VerifyReply,
)

if TYPE_CHECKING:
    from qa.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["questions"], responses=RESPONSES, route_class=ParsedRoute)
Parts = Annotated[Shared, Depends(shared)]


@router.post(
    "/ask",
    operation_id="ask",
    summary="Answer a question from the articles, with verbatim quotes",
    response_model=AskReply,
    responses={
        200: {"description": "Answers, or no answer with its reason", "content": EVENT_STREAM}
    },
)
async def ask(asked: AskRequest, request: Request, parts: Parts) -> Response:
    """Reply with the contract's JSON, or, with `"stream": true`, with server-sent events.

    With a `conversation`, a follow-up is completed from it before it is asked. Azerbaijani and
    Turkish typed without their letters get them back, and slips of the keyboard are mended, but
    for what stands in quotes. The reply's `rewritten_question` tells what was asked then, and is
    null where that is what was typed.

    The events are `passages`, `answers` and `done`; their data together is the plain reply. An
    error before the first event is an ordinary reply with its status; one after it is an event
    `error` whose data is the problem.
    """
    checked_question(asked.question, max_chars=parts.settings.max_question_chars)
    call = partial(
        _answer,
        parts.service,
        asked,
        _earlier(asked, parts.settings.max_question_chars),
        filters=filters_of(asked.filters),
        language=asked.language,
        top_k=asked.top_k,
        max_answers=asked.max_answers,
        always_answer=asked.always_answer,
        explain=asked.explain,
    )
    if not asked.stream:
        result = await parts.work.run_while_wanted(
            lambda check: call(on_passages=lambda _: check())
        )
        return JSONResponse(_told(request, parts, result.to_dict()))

    def stream(emit: Emit) -> None:
        sent: list[bool] = []

        def passages(found: tuple[Passage, ...]) -> None:
            sent.append(True)
            shown = [passage.to_dict() for passage in found]
            emit(event({"passages": shown}, name="passages"))

        result: AskResult = call(on_passages=passages)
        if not sent:
            passages(result.passages)
        reply = _told(request, parts, result.to_dict())
        answers = {name: reply[name] for name in _ANSWER_FIELDS}
        rest = {name: reply[name] for name in reply if name not in {*answers, "passages"}}
        emit(event(answers, name="answers"))
        emit(event(rest, name="done"))

    return event_response(events_of(parts.work, stream, partial(_error_event, request)))


_ANSWER_FIELDS = (
    "state",
    "no_answer_reason",
    "message",
    "answers",
    "disagreement",
    "best_confidence",
    "language",
)


def _answer(
    service: Service, asked: AskRequest, earlier: list[tuple[str, str]], **options: Any
) -> AskResult:
    talk = Conversation.from_messages(
        service, earlier, max_chars=service.settings.max_question_chars
    )
    return talk.ask(asked.question, **options)


def _earlier(asked: AskRequest, max_chars: int) -> list[tuple[str, str]]:
    """The conversation as (role, text).

    Raises:
        ApiError: a question of it is longer than any that is answered.
    """
    for place, turn in enumerate(asked.conversation):
        if turn.role == "user" and len(turn.content) > max_chars:
            raise ApiError(
                422,
                "invalid_request",
                f"conversation.{place}.content: a question of {len(turn.content)} characters, "
                f"more than {max_chars}. Leave it out.",
            )
    return [(turn.role, turn.content) for turn in asked.conversation]


@router.post(
    "/search",
    operation_id="search",
    summary="Find passages, without reading them",
    response_model=SearchReply,
)
async def search(asked: SearchRequest, request: Request, parts: Parts) -> Response:
    """Reply with the passages nearest to the question, best first."""
    return await _search(asked, request, parts)


@router.get(
    "/search",
    operation_id="search_by_query",
    summary="Find passages: the same with query parameters",
    response_model=SearchReply,
)
async def search_by_query(
    request: Request,
    parts: Parts,
    question: Annotated[str, Query(min_length=1, max_length=100_000)],
    top_k: Annotated[int | None, Query(ge=1, le=100)] = None,
    language: Annotated[LanguageCode | None, Query()] = None,
    date_from: Annotated[Day | None, Query()] = None,
    date_to: Annotated[Day | None, Query()] = None,
    as_of: Annotated[Day | None, Query()] = None,
    source: Annotated[list[SourceName], Query(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
    article_language: Annotated[list[LanguageCode], Query(max_length=100)] = [],  # noqa: B006
    undated: bool = True,
    explain: Annotated[
        bool, Query(description="Say why the passages stand in their order.")
    ] = False,
) -> Response:
    """Reply with the passages nearest to the question, best first."""
    filters = FiltersIn(
        date_from=date_from,
        date_to=date_to,
        as_of=as_of,
        sources=source,
        languages=article_language,
        undated=undated,
    )
    asked = SearchRequest(
        question=question, top_k=top_k, language=language, filters=filters, explain=explain
    )
    return await _search(asked, request, parts)


async def _search(asked: SearchRequest, request: Request, parts: Shared) -> Response:
    filters = filters_of(asked.filters)
    result = await parts.lookups.run(
        partial(
            parts.service.search,
            asked.question,
            filters=filters,
            language=asked.language,
            top_k=asked.top_k,
            explain=asked.explain,
        )
    )
    return JSONResponse(_told(request, parts, result.to_dict()))


@router.post(
    "/context",
    operation_id="context",
    summary="Make a grounded prompt for a language model",
    response_model=ContextReply,
)
async def context(asked: ContextRequest, request: Request, parts: Parts) -> Response:
    """Reply with a prompt of numbered passages that keeps within `max_tokens`."""
    filters = filters_of(asked.filters)

    def call() -> dict[str, Any]:
        result = parts.service.search(
            asked.question, filters=filters, language=asked.language, top_k=asked.top_k
        )
        _told(request, parts, result.to_dict())
        return build_context(result, max_tokens=asked.max_tokens, encoding=asked.encoding).to_dict()

    return JSONResponse(await parts.lookups.run(call))


@router.post(
    "/verify",
    operation_id="verify",
    summary="Check that every citation of a saved answer still holds",
    response_model=VerifyReply,
)
async def verify(
    saved: Annotated[
        dict[str, Any],
        Body(description="A reply of /v1/ask, as it was saved.", examples=[{"answers": []}]),
    ],
    parts: Parts,
) -> Response:
    """Look each article up by id and sha256 and compare the quote with its text."""
    report = await parts.lookups.run(partial(parts.service.verify, saved))
    return JSONResponse(report.to_dict())


def _told(request: Request, parts: Shared, reply: dict[str, Any]) -> dict[str, Any]:
    parts.telemetry.question(reply)
    facts = {"stages_ms": reply["timings_ms"], "language": reply["language"]}
    if "state" in reply:
        reason = reply["no_answer_reason"]
        facts["outcome"] = "answered" if reason is None else reason
    if parts.settings.log_questions:
        facts["question"] = reply["question"]
    note(request, query_id=reply["query_id"], **facts)
    return reply


def _error_event(request: Request, error: Exception) -> str:
    refusal = describe(error)
    request.scope["state"]["error"] = error if refusal.status >= 500 else refusal.code
    problem = {
        "type": "about:blank",
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": request.scope["state"]["request_id"],
    }
    return event(problem, name="error")
