"""What stands before every route: request ids, host names, rates, keys, bodies; and after: the log.

Plain ASGI, so that a request is refused before its body is read or parsed, and that the security
headers are on every reply, whoever makes it.

This module must not know what any route does.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embeddings.errors import UsageError
from qa.api.body import ClientGoneError, read_body
from qa.api.errors import ApiError, describe, problem_response
from qa.api.state import Shared
from qa.keys import Scope as KeyScope

__all__ = ["SECURITY_HEADERS", "Guard", "is_loopback", "make_limit"]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PUBLIC = frozenset({"/healthz", "/readyz", "/openapi.json"})
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""What every reply carries, unless it says otherwise."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    return host in _LOOPBACK or re.fullmatch(r"127(\.\d{1,3}){3}", host, re.ASCII) is not None


def make_limit(text: str) -> RateLimitItem:
    """A rate such as "200/second".

    Raises:
        UsageError: it is none.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(
            f"rate_limit {text!r} is not a rate", "Write it as 200/second or 1000/minute."
        ) from error


@dataclass(slots=True)
class _Exchange:
    """One request and the reply to it, as far as they have come."""

    scope: Scope
    method: str
    path: str
    request_id: str
    started: float
    status: int = 0
    sent: int = 0

    @property
    def began(self) -> bool:
        return self.status != 0


class Guard:
    """ASGI middleware around the whole app.

    Args:
        app: what it guards.
        shared: the server's parts.
    """

    def __init__(self, app: ASGIApp, *, shared: Shared) -> None:
        self._app = app
        self._shared = shared
        self._limit = make_limit(shared.settings.rate_limit)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._local = is_loopback(shared.settings.host)
        self._hosts = frozenset(name.lower() for name in shared.settings.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = self._begin(scope)

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                self._dress(exchange, MutableHeaders(scope=message))
            elif message["type"] == "http.response.body" and exchange.method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            self._admit(exchange)
            body = await self._body(exchange, receive)
            await self._app(exchange.scope, _replay(body, receive), reply)
        except ClientGoneError:
            exchange.status = 499
        except Exception as error:
            refusal = describe(error)
            exchange.scope["state"]["error"] = refusal.code
            if refusal.status >= 500 and not isinstance(error, ApiError):
                self._shared.log.error(
                    "failed", request_id=exchange.request_id, path=exchange.path, exc_info=error
                )
            if not exchange.began:
                response = problem_response(
                    refusal, request_id=exchange.request_id, path=exchange.path
                )
                await response(exchange.scope, receive, reply)
        finally:
            self._end(exchange)

    def _begin(self, scope: Scope) -> _Exchange:
        given = _header(scope, b"x-request-id")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        method = scope["method"]
        inner = {**scope, "method": "GET" if method == "HEAD" else method}
        inner["state"] = {**scope.get("state", {}), "request_id": request_id}
        return _Exchange(inner, method, scope["path"], request_id, time.perf_counter())

    def _admit(self, exchange: _Exchange) -> None:
        scope = exchange.scope
        self._check_host(_header(scope, b"host"))
        client = scope.get("client")
        caller = client[0] if client else "unknown"
        key = _bearer(_header(scope, b"authorization"))
        record = self._shared.keyring.check(key) if key is not None else None
        if record is not None:
            caller = f"key:{record.id}"
            exchange.scope["state"]["key_id"] = record.id
        if not self._limiter.hit(self._limit, caller):
            reset = self._limiter.get_window_stats(self._limit, caller).reset_time
            wait_s = max(1, round(reset - time.time()))
            raise ApiError(
                429,
                "too_many_requests",
                f"more than {self._shared.settings.rate_limit}. Try again in {wait_s} s.",
                headers={"Retry-After": str(wait_s)},
            )
        if not self._needs_key(exchange.path):
            return
        if record is None:
            raise ApiError(
                401,
                "key_needed",
                "a valid API key is needed. Send it as: Authorization: Bearer KEY.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        enough = _scopes_enough(exchange.method, exchange.path)
        if not enough & set(record.scopes):
            named = " or ".join(sorted(enough))
            raise ApiError(
                403, "scope_needed", f"this key lacks the scope {named}. Use one that has it."
            )

    def _needs_key(self, path: str) -> bool:
        if path in _PUBLIC or not (path.startswith("/v1/") or path == "/metrics"):
            return False
        return not self._local or bool(self._shared.keyring.records)

    def _check_host(self, given: str) -> None:
        name = re.sub(r":\d*$", "", given).strip("[]").lower()
        if name in self._hosts or (self._local and is_loopback(name)):
            return
        if not self._local and not self._hosts:
            return
        # A page of another site can point a name of its own at this address (DNS rebinding) and
        # would then be of the same origin to the browser.
        raise ApiError(
            421,
            "unknown_host",
            "the request names a host that this server is not. Set MENBE_ALLOWED_HOSTS for it.",
        )

    async def _body(self, exchange: _Exchange, receive: Receive) -> bytes | None:
        if exchange.method not in ("POST", "PUT", "PATCH", "DELETE"):
            return None
        settings = self._shared.settings
        upload = exchange.path == "/v1/articles"
        return await read_body(
            exchange.scope,
            receive,
            max_bytes=settings.max_upload_bytes if upload else settings.max_body_bytes,
            timeout_s=settings.request_timeout_s,
        )

    def _dress(self, exchange: _Exchange, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = exchange.request_id
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)

    def _end(self, exchange: _Exchange) -> None:
        state: dict[str, Any] = exchange.scope["state"]
        seconds = time.perf_counter() - exchange.started
        route = getattr(exchange.scope.get("route"), "path", "none")
        self._shared.telemetry.request(
            route=route, method=_known(exchange.method), status=exchange.status, seconds=seconds
        )
        error = state.get("error")
        if isinstance(error, Exception):
            self._shared.log.error("failed", request_id=exchange.request_id, exc_info=error)
            error = describe(error).code
        self._shared.log.info(
            "request",
            request_id=exchange.request_id,
            method=exchange.method,
            path=exchange.path[:200],
            status=exchange.status,
            ms=round(seconds * 1000, 2),
            **({"key_id": state["key_id"]} if "key_id" in state else {}),
            **({"code": error} if isinstance(error, str) else {}),
            **state.get("notes", {}),
        )


def _scopes_enough(method: str, path: str) -> frozenset[KeyScope]:
    """The scopes of which any one opens the path."""
    if path.startswith("/v1/articles") and method in ("POST", "PUT", "PATCH", "DELETE"):
        return frozenset({"write"})
    if path.startswith("/v1/jobs/"):  # whoever uploads may see what becomes of it
        return frozenset({"read", "write"})
    return frozenset({"read"})


def _known(method: str) -> str:
    usual = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return method if method in usual else "other"


def _bearer(given: str) -> str | None:
    kind, _, key = given.partition(" ")
    return key.strip() if kind.lower() == "bearer" else None


def _header(scope: Scope, wanted: bytes) -> str:
    for name, value in scope["headers"]:
        if name.lower() == wanted:
            return bytes(value).decode("latin-1")
    return ""


def _replay(body: bytes | None, receive: Receive) -> Receive:
    if body is None:
        return receive
    pending = [body]

    async def replay() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replay
