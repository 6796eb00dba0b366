"""Server-sent events: how one is written, and how a thread's events reach a streamed reply.

A stream begins with its first event: an error before it is an ordinary reply with its status.
Whoever goes away, or waits longer than a reply may take, ends the computing as well.

This module must not know what the events say.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Any, cast

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from qa.api.body import ClientGoneError
from qa.api.errors import ApiError
from qa.api.work import NobodyWaitsError, Work

__all__ = ["EVENT_STREAM", "Emit", "event", "event_response", "events_of"]

EVENT_STREAM = {
    "text/event-stream": {
        "itemSchema": {
            "type": "object",
            "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
            "required": ["data"],
        }
    }
}
"""OpenAPI's account of a streamed reply."""

_YIELD_S = 0.001

Emit = Callable[[str], None]
"""Called in the worker's thread with one event, written out. It raises when nobody listens."""


def event(data: Any, *, name: str | None = None) -> str:
    """One server-sent event. JSON has no raw line ends, so the data is one line."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name is not None else "") + f"data: {text}\n\n"


def events_of(
    work: Work, call: Callable[[Emit], None], on_error: Callable[[Exception], str]
) -> AsyncIterator[str]:
    """Run `call` in the pool and yield what it emits, as it emits it.

    Args:
        work: the pool; the call is queued now, so that a full queue is an ordinary 503.
        call: emits events; whatever it raises after the first becomes the last event, and what
            it raises before the first is raised here.
        on_error: writes that last event.

    Raises:
        ApiError: 503 when the queue is full; from the first event, when the turn came too late.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | Exception | None] = asyncio.Queue()
    over = threading.Event()
    until = time.monotonic() + work.timeout_s

    def put(item: str | Exception | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it the reply
            loop.call_soon_threadsafe(queue.put_nowait, item)

    def emit(item: str) -> None:
        if over.is_set():
            raise NobodyWaitsError
        put(item)
        # The event loop would wait for its turn until this thread's next calculation lets go.
        time.sleep(_YIELD_S)

    def run() -> None:
        try:
            call(emit)
        except Exception as error:  # it is the reply's, not the pool's
            put(error)
        else:
            put(None)

    def refused(begun: Future[None]) -> None:
        if not begun.cancelled() and (error := begun.exception()) is not None:
            put(cast(ApiError, error))  # `run` lets none out: its turn came too late

    future = work.submit(run)
    future.add_done_callback(refused)

    async def get() -> str | Exception | None:
        try:
            return await asyncio.wait_for(queue.get(), max(until - time.monotonic(), 0))
        except TimeoutError:
            return work.refusal(f"no whole answer within {work.timeout_s:g} s")

    async def drain() -> AsyncIterator[str]:
        begun = False
        try:
            while (item := await get()) is not None:
                if isinstance(item, Exception):
                    if not begun:
                        raise item
                    yield on_error(item)
                    return
                begun = True
                yield item
        finally:
            over.set()
            future.cancel()

    return drain()


def event_response(events: AsyncIterator[str]) -> StreamingResponse:
    """The events as a reply that no proxy holds back."""
    return _Events(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


class _Events(StreamingResponse):
    """Starts with the first event, so that what fails before it can have a status of its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end or the client goes away."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ClientGoneError
            sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self.body_iterator.aclose()  # type: ignore[attr-defined]

    async def _send(self, send: Send) -> None:
        events = aiter(self.body_iterator)
        item = await anext(events, None)
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        while item is not None:
            body = item.encode(self.charset) if isinstance(item, str) else bytes(item)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            item = await anext(events, None)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
