"""Runs the service's calls, which block and compute, in a few threads with a bounded queue.

What does not fit into the queue is refused at once with 503 and a Retry-After, and so is what
waited too long when its turn comes: memory stays flat under overload, whoever waits waits for a
bounded time, and a client that comes back at once cannot do so more often than that.

This module must not know what the calls do.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from qa.api.errors import ApiError
from qa.api.threads import Threads

__all__ = ["NobodyWaitsError", "Work"]

T = TypeVar("T")
_SMOOTHING = 0.2


class NobodyWaitsError(Exception):
    """The reply is over; what would still be computed is for nobody."""


class Work:
    """A bounded pool.

    Args:
        workers: calls that run at once.
        queue_limit: calls that may wait.
        timeout_s: longest time from asking to the reply.
        queue_wait_s: a call that waited longer for its turn is refused instead of begun.
        name: of the threads.
    """

    def __init__(
        self,
        *,
        workers: int,
        queue_limit: int,
        timeout_s: float,
        queue_wait_s: float = math.inf,
        name: str = "answer",
    ) -> None:
        self._pool = Threads(workers, name=name)
        self._workers = workers
        self._room = workers + queue_limit
        self.timeout_s = timeout_s
        self._queue_wait_s = queue_wait_s
        self._lock = threading.Lock()
        self._pending = 0
        self._mean_s = 0.1

    @property
    def pending(self) -> int:
        """Calls that run or wait."""
        return self._pending

    @property
    def waiting(self) -> int:
        """Calls that wait."""
        return max(self._pending - self._workers, 0)

    async def run(self, call: Callable[[], T]) -> T:
        """The call's result.

        Raises:
            ApiError: 503 when the queue is full, the wait was too long or the time is up.
        """
        return await self.within(self.submit(call), "no answer within {seconds:g} s")

    async def run_while_wanted(self, call: Callable[[Callable[[], None]], T]) -> T:
        """As `run`, of a call in steps: what it is given raises once nobody waits any more.

        Raises:
            ApiError: as `run`.
        """
        over = threading.Event()

        def check() -> None:
            if over.is_set():
                raise NobodyWaitsError

        try:
            return await self.run(partial(call, check))
        finally:
            over.set()

    async def within(self, future: Future[T], problem: str) -> T:
        """The result of something that was begun elsewhere or here, which may take its time.

        Args:
            future: cancelled when the time is up, or when nobody waits any more.
            problem: what to say then; "{seconds}" in it is the time.

        Raises:
            ApiError: 503 when the time is up.
        """
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.timeout_s)
        except TimeoutError as error:
            future.cancel()
            raise self.refusal(problem.format(seconds=self.timeout_s)) from error

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Start the call as soon as a thread is free.

        The future's exception is an ApiError, 503, when that took too long.

        Raises:
            ApiError: 503 when the queue is full.
        """
        with self._lock:
            if self._pending >= self._room:
                raise self.refusal("the queue of questions is full")
            self._pending += 1
        try:
            future = self._pool.submit(partial(self._timed, call, time.monotonic()))
        except RuntimeError as error:
            self._done(None)
            raise ApiError(
                503, "stopping", "the server is stopping. Try again soon.",
                headers={"Retry-After": "5"},
            ) from error  # fmt: skip
        future.add_done_callback(self._done)
        return future

    def close(self, timeout_s: float | None = None) -> bool:
        """Finish what was begun; refuse everything else. Whether it all ended.

        Args:
            timeout_s: longest wait. None: no limit.
        """
        return self._pool.close(timeout_s)

    def _timed(self, call: Callable[[], T], asked: float) -> T:
        if time.monotonic() - asked > self._queue_wait_s:
            raise self.refusal(f"the turn did not come within {self._queue_wait_s:g} s")
        started = time.perf_counter()
        try:
            return call()
        finally:
            took = time.perf_counter() - started
            self._mean_s += _SMOOTHING * (took - self._mean_s)

    def _done(self, _: object) -> None:
        with self._lock:
            self._pending -= 1

    def refusal(self, problem: str) -> ApiError:
        """A 503 that says when to come back."""
        wait_s = max(1, math.ceil(self._pending * self._mean_s / self._workers))
        return ApiError(
            503,
            "overloaded",
            f"{problem}. Try again in {wait_s} s.",
            headers={"Retry-After": str(wait_s)},
        )
