"""Reads a request's body within its caps and checks it before anything else sees it.

Checked here: the length (413), the time it takes to arrive (408), the content type (415), and that
it is JSON without NaN, half surrogate pairs or nesting deeper than 200 (400). It is parsed once:
the routes' `ParsedRoute` takes what was parsed here. A long one is parsed beside the event loop,
and a long list of articles piece by piece, since nothing else runs while a parser is at work.

This module must not know what a body is for.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, NoReturn

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.responses import Response
from starlette.types import Receive, Scope

from qa.api.errors import ApiError
from qa.api.threads import beside

__all__ = ["ClientGoneError", "ParsedRoute", "read_body"]

_LONG = 65_536
_BATCH = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"articles"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_NEXT = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_END = re.compile(r"[ \t\r\n]*\][ \t\r\n]*\}[ \t\r\n]*\Z")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class ClientGoneError(Exception):
    """The client went away before its request was complete; nobody waits for a reply."""


async def read_body(scope: Scope, receive: Receive, *, max_bytes: int, timeout_s: float) -> bytes:
    """The whole body, checked.

    Raises:
        ApiError: 400, 408, 413 or 415.
        ClientGoneError: the connection was closed.
    """
    headers = {name.lower(): value for name, value in scope["headers"]}
    _check_length(headers.get(b"content-length", b"0"), max_bytes)
    chunks: list[bytes] = []
    size = 0
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            message = await asyncio.wait_for(receive(), max(deadline - time.monotonic(), 0.001))
        except TimeoutError as error:
            raise ApiError(
                408,
                "body_timeout",
                f"the body did not arrive within {timeout_s:g} s. Send it faster or in parts.",
                headers={"Connection": "close"},
            ) from error
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise _too_long(max_bytes)
        chunks.append(chunk)
        if not message.get("more_body", False):
            break
    body = b"".join(chunks)
    if body:
        _check_type(headers.get(b"content-type", b""))
        parse = partial(_parse, body)
        scope["state"]["json"] = await beside(parse) if len(body) > _LONG else parse()
    return body


class ParsedRoute(APIRoute):
    """A route whose request is not parsed again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a request that knows what was parsed."""
        handle = super().get_route_handler()

        async def handle_parsed(request: Request) -> Response:
            return await handle(_ParsedRequest(request.scope, request.receive))

        return handle_parsed


class _ParsedRequest(Request):
    async def json(self) -> Any:
        state = self.scope.get("state", {})
        return state["json"] if "json" in state else await super().json()


def _check_length(given: bytes, max_bytes: int) -> None:
    if not given.isdigit():
        raise ApiError(400, "bad_content_length", "Content-Length is not a number.")
    if len(given) > 18 or int(given) > max_bytes:
        raise _too_long(max_bytes)


def _check_type(content_type: bytes) -> None:
    kind = content_type.split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise ApiError(
            415, "unsupported_media_type", "the body is not application/json. Send it as JSON."
        )


def _parse(body: bytes) -> Any:
    try:
        batch = _parse_batch(body) if len(body) > _LONG else None
        return _whole(body) if batch is None else {"articles": batch}
    except ValueError as error:
        raise ApiError(
            400, "not_json", f"the body is not JSON that can be used: {error}. Send UTF-8 JSON."
        ) from error


def _whole(text: bytes | str) -> Any:
    return from_json(text, allow_inf_nan=False, cache_strings="none")


def _parse_batch(body: bytes) -> list[Any] | None:
    """The elements of `{"articles": [...]}`; None where the body is anything else, or no JSON.

    An element at a time, so that the event loop gets its turn between two of them.
    """
    begin = _BATCH.match(body)
    if begin is None:
        return None
    text = body.decode("utf-8")
    place = begin.end()  # all ASCII up to here
    scan = json.JSONDecoder(parse_constant=_refuse).raw_decode
    found: list[Any] = []
    try:
        while True:
            element, end = scan(text, place)
            if _HALF.search(text, place, end) is not None:
                element = _whole(text[place:end])  # the other parser lets half a pair pass
            found.append(element)
            following = _NEXT.match(text, end)
            if following is None:
                return found if _END.match(text, end) is not None else None
            place = following.end()
    except (ValueError, RecursionError):
        return None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _too_long(max_bytes: int) -> ApiError:
    return ApiError(
        413,
        "body_too_long",
        f"the body has more than {max_bytes} bytes. Send less, or in several requests.",
        headers={"Connection": "close"},
    )
