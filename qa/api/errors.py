"""Every error as problem+json (RFC 9457): its status, its code and how it reads.

`ApiError` is the HTTP side's own error. Its `code` is for programs and never changes with the
wording. On the OpenAI-compatible routes the same object also carries OpenAI's `error` member,
which RFC 9457 allows as an extension, so that both kinds of client understand it.

This module must not know any route.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from embeddings.errors import (
    ArticleError,
    MenbeError,
    StoreBusyError,
    StoreFullError,
    UsageError,
)
from qa.api.jobs import JobsFullError
from qa.errors import ArticleNotFoundError, NoStoreError, QuestionError, SavedAnswerError
from qa.schemas import Problem

__all__ = ["RESPONSES", "ApiError", "describe", "install", "problem_response", "responses"]

PROBLEM_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[MenbeError], int], ...] = (
    (ArticleNotFoundError, 404),
    (NoStoreError, 503),
    (JobsFullError, 503),
    (StoreBusyError, 503),
    (StoreFullError, 507),
    (QuestionError, 422),
    (SavedAnswerError, 422),
    (UsageError, 422),
    (ArticleError, 422),
)
_REMEDIES = {
    404: "See /openapi.json for what there is.",
    405: "See the Allow header.",
}
_SHOWN_ERRORS = 20


class ApiError(Exception):
    """A refusal, with its status.

    Args:
        status: 400 to 599.
        code: for programs.
        detail: what was wrong, and the remedy.
        headers: further headers of the reply, such as Retry-After.
        errors: (field, problem) pairs.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers) if headers is not None else {}
        self.errors = tuple(errors)


def describe(error: Exception) -> ApiError:
    """The refusal that an error amounts to; 500 without any detail for one nobody expected."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, MenbeError):
        code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
        for kind, status in _STATUS:
            if isinstance(error, kind):
                headers = {"Retry-After": "1"} if status == 503 else {}
                return ApiError(status, code, str(error), headers=headers)
        return ApiError(500, code, "the server cannot use its store or its models; see its log")
    return ApiError(
        500, "internal_error", "an unexpected error; the server's log has it under the request id"
    )


def problem_response(error: ApiError, *, request_id: str, path: str) -> Response:
    """The refusal as a reply. ASCII only, so that no text given by a client can break it."""
    title = HTTPStatus(error.status).phrase
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
    }
    if error.errors:
        body["errors"] = [{"field": field, "problem": text} for field, text in error.errors]
    if path.startswith(("/v1/chat", "/v1/models", "/v1/embeddings")):
        kind = "server_error" if error.status >= 500 else "invalid_request_error"
        body["error"] = {"message": error.detail, "type": kind, "param": None, "code": error.code}
    return Response(
        json.dumps(body),
        status_code=error.status,
        media_type=PROBLEM_TYPE,
        headers=error.headers,
    )


def install(app: FastAPI) -> None:
    """Make `app` reply to every error with problem+json."""

    def respond(request: Request, error: ApiError, cause: Exception | None = None) -> Response:
        state = request.scope["state"]
        state["error"] = error.code if cause is None else cause  # for the log
        return problem_response(error, request_id=state["request_id"], path=request.url.path)

    async def expected(request: Request, error: Exception) -> Response:
        refusal = describe(error)
        return respond(request, refusal, error if refusal.status >= 500 else None)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it only
        return respond(request, _invalid(error))

    async def routed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it only
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "_")
        remedy = _REMEDIES.get(error.status_code, "")
        if error.status_code != 405:
            return respond(request, ApiError(error.status_code, code, f"{phrase}. {remedy}"))
        headers = {"Allow": _allowed(app, request.url.path)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        return respond(request, ApiError(405, code, f"{phrase}. {remedy}", headers=headers))

    app.add_exception_handler(MenbeError, expected)
    app.add_exception_handler(ApiError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, routed)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's account of the errors that a route can reply with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": _RETRY} if status in (429, 503) else {}),
        }
        for status in statuses
    }


_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
RESPONSES = responses(400, 401, 403, 408, 413, 415, 421, 422, 429, 500, 503)
"""What any route that works can reply with."""

PROBLEM_SCHEMA = Problem.model_json_schema(ref_template="#/components/schemas/{model}")


def _invalid(error: RequestValidationError) -> ApiError:
    fields = []
    for item in error.errors()[:_SHOWN_ERRORS]:
        where = [str(part) for part in item["loc"] if part not in ("body", "query", "one", "many")]
        message = str(item["msg"]).removeprefix("Value error, ")
        fields.append((_printable(".".join(where)), _printable(message)))
    first_field, first = fields[0] if fields else ("", "the request cannot be used")
    detail = f"{first_field}: {first}" if first_field else first
    return ApiError(422, "invalid_request", detail, errors=fields)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")[:500]


def _allowed(app: FastAPI, path: str) -> str:
    paths = app.openapi()["paths"]
    methods = {"OPTIONS"}
    for template, operations in paths.items():
        pattern = re.sub(r"\\\{[^}]*\\\}", ".+", re.escape(template))
        if re.fullmatch(pattern, path):
            methods |= {name.upper() for name in operations}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))
