"""Server-sent events: how one is written, and how a thread's events reach a streamed reply.

This module must not know what the events say.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse

from qa.api.work import Work

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

Emit = Callable[[str], None]
"""Called in the worker's thread with one event, written out."""


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
        call: emits events; whatever it raises becomes the last event.
        on_error: writes that last event.

    Raises:
        ApiError: 503 when the queue is full.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def put(item: str | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, item)

    def run() -> None:
        try:
            call(put)
        except Exception as error:  # reported to the client, whose reply has begun already
            put(on_error(error))
        finally:
            put(None)

    work.submit(run)

    async def drain() -> AsyncIterator[str]:
        while (item := await queue.get()) is not None:
            yield item

    return drain()


def event_response(events: AsyncIterator[str]) -> StreamingResponse:
    """The events as a reply that no proxy holds back."""
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
