"""A connection before it is a request: a header that comes too slowly, and bytes that are no HTTP.

uvicorn waits for ever for the end of a header, so that anyone could hold its connections with a
few bytes; and it refuses what is no HTTP in plain text, unlike every other refusal here. Neither
reaches the app, so both are dealt with where the bytes are parsed.

This module must not know any route, nor what stands before them.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from qa.api.errors import ApiError, problem_response
from qa.api.guard import SECURITY_HEADERS
from qa.api.state import Shared

__all__ = ["make_protocol"]

_SHOWN = 200


def make_protocol(shared: Shared) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol for a server with these parts; for `uvicorn.Config(http=…)`."""
    return type("Protocol", (_Protocol,), {"shared": shared})


class _Protocol(H11Protocol):
    shared: Shared
    _timer: asyncio.TimerHandle | None = None
    _began: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        """Time what the client sends while nothing is answered; more bytes do not start it anew.

        That is a header, or the rest of a body that was replied to unread. Between two requests
        uvicorn's own timer runs, which the first byte stops.
        """
        if self._answering or self.timeout_keep_alive_task is not None:
            self._unwatch()
        elif self._timer is None and not self.transport.is_closing():
            self._began = time.perf_counter()
            self._timer = self.loop.call_later(self.shared.settings.request_timeout_s, self._late)

    def _unwatch(self) -> None:
        self._began = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self.conn.their_state is not h11.IDLE or not self.conn.trailing_data[0]:
            self.transport.close()  # nothing to reply to: no byte of a request, or it has its reply
            return
        limit_s = self.shared.settings.request_timeout_s
        detail = f"the request's header did not arrive within {limit_s:g} s. Send it at once."
        self._refuse(ApiError(408, "header_timeout", detail))

    def send_400_response(self, msg: str) -> None:
        """uvicorn's hook for bytes that are no HTTP; `msg` says no more than that."""
        error = sys.exception()  # it is called where the error is caught
        reason, status = msg, 400
        if isinstance(error, h11.RemoteProtocolError):
            reason = str(error)[:_SHOWN].encode("ascii", "replace").decode("ascii")
            status = error.error_status_hint
        detail = f"this is not HTTP that can be read: {reason}. Send a request as RFC 9112 has it."
        self._refuse(ApiError(status, "bad_http", detail))

    def _refuse(self, error: ApiError) -> None:
        """Reply, where a reply has not begun, and close the connection."""
        seconds = 0.0 if self._began is None else time.perf_counter() - self._began
        self._unwatch()
        if self._answering:  # it waits for a body that will never be whole
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            request_id = secrets.token_hex(8)
            self._reply(error, request_id)
            self._tell(error, request_id, seconds)
        self.transport.close()

    def _reply(self, error: ApiError, request_id: str) -> None:
        response = problem_response(error, request_id=request_id, path="")
        extra = {**SECURITY_HEADERS, "X-Request-Id": request_id, "Connection": "close"}
        headers = [(name.encode(), value.encode()) for name, value in extra.items()]
        events = (
            h11.Response(status_code=error.status, headers=[*response.raw_headers, *headers]),
            h11.Data(data=bytes(response.body)),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")

    def _tell(self, error: ApiError, request_id: str, seconds: float) -> None:
        self.shared.telemetry.request(
            route="none", method="other", status=error.status, seconds=seconds
        )
        self.shared.log.info(
            "request",
            request_id=request_id,
            status=error.status,
            ms=round(seconds * 1000, 2),
            code=error.code,
        )
