"""Reads a request's body within its caps and checks it before anything else sees it.

Checked here: the length (413), the time it takes to arrive (408), the content type (415), and that
it is JSON without NaN, half surrogate pairs or nesting deeper than 200 (400).

This module must not know what a body is for.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from pydantic_core import from_json
from starlette.types import Receive, Scope

from qa.api.errors import ApiError

__all__ = ["ClientGoneError", "read_body"]


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
        _check_json(headers.get(b"content-type", b""), body)
    return body


def _check_length(given: bytes, max_bytes: int) -> None:
    if not given.isdigit():
        raise ApiError(400, "bad_content_length", "Content-Length is not a number.")
    if len(given) > 18 or int(given) > max_bytes:
        raise _too_long(max_bytes)


def _check_json(content_type: bytes, body: bytes) -> None:
    kind = content_type.split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise ApiError(
            415, "unsupported_media_type", "the body is not application/json. Send it as JSON."
        )
    try:
        _: Any = from_json(body, allow_inf_nan=False, cache_strings="none")
    except ValueError as error:
        raise ApiError(
            400, "not_json", f"the body is not JSON that can be used: {error}. Send UTF-8 JSON."
        ) from error


def _too_long(max_bytes: int) -> ApiError:
    return ApiError(
        413,
        "body_too_long",
        f"the body has more than {max_bytes} bytes. Send less, or in several requests.",
        headers={"Connection": "close"},
    )
