"""A few threads that work off calls in their order, and do not keep a process from ending.

The standard library's pool waits at the interpreter's end for whatever its threads do; one call
that hangs would make a server that was told to stop go on for ever.

This module must not know what the calls do.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["Threads", "beside", "carry_out"]

T = TypeVar("T")
_Task = tuple[Future[Any], Callable[[], Any]]


_pauses = 0
_pauses_lock = threading.Lock()


async def beside(call: Callable[[], T]) -> T:
    """What `call` gives, made in another thread: for calls that make very many objects.

    The garbage collector rests meanwhile. It would look through all of them again and again, and
    nothing else runs while it does.
    """

    def run() -> T:
        with _resting_collector():
            return call()

    return await asyncio.to_thread(run)


@contextlib.contextmanager
def _resting_collector() -> Iterator[None]:
    global _pauses
    with _pauses_lock:
        if _pauses == 0 and not gc.isenabled():
            resting = False
        else:
            resting = True
            _pauses += 1
            gc.disable()
    try:
        yield
    finally:
        with _pauses_lock:
            _pauses -= resting
            if resting and _pauses == 0:
                gc.enable()


class Threads:
    """Threads that start with the first call.

    Args:
        count: calls that run at once.
        name: of the threads.
    """

    def __init__(self, count: int, *, name: str) -> None:
        self._count = count
        self._name = name
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Run the call when the ones before it have begun and a thread is free.

        Raises:
            RuntimeError: closed.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("closed")
            self._tasks.put((future, call))
            if len(self._threads) < self._count:
                name = f"{self._name}-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def close(self, timeout_s: float | None = None) -> bool:
        """Take no further call, and wait for those there are; whether they all ended.

        Args:
            timeout_s: longest wait; what has not begun by then never does. None: no limit.
        """
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._threads:
                    self._tasks.put(None)
        until = None if timeout_s is None else time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(None if until is None else max(until - time.monotonic(), 0))
        ended = not any(thread.is_alive() for thread in self._threads)
        if not ended:
            self._drop()
        return ended

    def _drop(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task[0].cancel()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            carry_out(*task)
            del task  # a result must not live until the next call


def carry_out(future: Future[T], call: Callable[[], T]) -> None:
    """Make `future` hold what `call` gives or raises, unless it was cancelled before."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # whoever waits for the future is told
        future.set_exception(error)
    else:
        future.set_result(result)
