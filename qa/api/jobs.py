"""Uploads: small ones are indexed before the reply, long ones become jobs that survive a kill.

A job is written to disk, whole, before it is acknowledged, and what was done of it is noted batch
by batch; one that is found at the start goes on where it was. One thread writes to the store, in
the order in which it is asked to: short uploads, deletions, and one batch at a time of one job at
a time. So no short upload waits for a long one, and what a later request wrote or deleted is
never undone by a job that was acknowledged before it.

This module must not know of HTTP or of the contract's requests.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from embeddings.build import BuildReport
from embeddings.errors import ArticleError, MenbeError, StoreError
from qa.api.intake import UNEXPECTED, Item, Outcome, index_each, noted, read_each
from qa.api.spool import Kept, Later, Spool
from qa.api.threads import Threads, carry_out

__all__ = ["Job", "Jobs", "JobsFullError", "Outcome"]

State = Literal["queued", "running", "done", "failed"]
T = TypeVar("T")
_BATCH = 8
_READERS = 4  # a web page that is slow to fetch must not hold up the others
_KEPT_DONE = 1000
_KEPT_IDS = 1_000_000


class JobsFullError(MenbeError):
    """Too many uploads wait already."""


@dataclass(slots=True)
class Job:
    """A long upload; times are ISO 8601 in UTC."""

    id: str
    articles: int
    created_at: str
    state: State = "queued"
    done: int = 0
    finished_at: str | None = None
    result: Outcome | None = None
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it."""
        return asdict(self)


class Jobs:
    """The uploads of one server.

    Args:
        folder: where jobs wait on disk.
        add: indexes articles; called from one thread only.
        read: makes articles of records; also told the number of the first one in its upload.
        limit: uploads that may wait.
        on_error: told of what nobody expected.
    """

    def __init__(
        self,
        folder: Path,
        *,
        add: Callable[[Iterable[Item]], BuildReport],
        read: Callable[[Sequence[Any], int], list[Item]],
        limit: int,
        on_error: Callable[[Exception], None],
    ) -> None:
        self._add = add
        self._read = read
        self._limit = limit
        self._on_error = on_error
        self._spool = Spool(folder)
        self._later = Later(folder)
        self._readers = Threads(_READERS, name="read")
        self._runner = Threads(1, name="job")
        self._writer = Threads(1, name="write")
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._pending: dict[str, int] = {}  # jobs that are not over, and their sequence numbers
        self._sequence = 0
        self._short = 0
        self._removals = 0
        self._stopping = threading.Event()

    @property
    def waiting(self) -> int:
        """Uploads that run or wait."""
        return self._short + len(self._pending)

    def get(self, job_id: str) -> Job | None:
        """The job of that id; the last thousand that are over are remembered."""
        return self._jobs.get(job_id)

    def now(self, records: Sequence[Any]) -> Future[Outcome]:
        """Index as soon as the writes that wait already are done.

        Until the writing has begun the future can be cancelled.

        Raises:
            JobsFullError: too many uploads wait.
        """
        promised: Future[Outcome] = Future()
        with self._lock:
            self._admit()
            self._short += 1
        promised.add_done_callback(self._left_short)

        def read() -> None:
            surprises: list[Exception] = []
            items = [] if promised.cancelled() else read_each(self._read, records, 0, surprises)
            self._write(promised, lambda: self._put_short(items, surprises))

        self._hand(promised, read, self._readers)
        return promised

    def remove(self, article_id: str, delete: Callable[[], T]) -> Future[T]:
        """Call `delete`, and let no job that waits bring the article back.

        Raises:
            JobsFullError: too many deletions wait.
        """
        promised: Future[T] = Future()
        with self._lock:
            if self._removals >= self._limit:
                raise JobsFullError(f"{self._removals} deletions wait already", "Try again soon.")
            self._removals += 1
        promised.add_done_callback(self._left_removal)

        def call() -> T:
            result = delete()
            self._overrule([article_id])
            return result

        self._write(promised, call)
        return promised

    def submit(self, records: Sequence[Any]) -> Job:
        """Write the upload to disk and return; it is worked off in the background.

        Raises:
            JobsFullError: too many uploads wait.
            StoreFullError: no space is left for it.
        """
        with self._lock:
            self._admit()
            self._sequence += 1
            kept = Kept(secrets.token_hex(16), self._sequence, _now(), len(records))
            self._pending[kept.id] = kept.sequence
        try:
            self._spool.keep(kept, records)
        except BaseException:
            self._over(kept.id)
            raise
        return self._take_up(kept)

    def resume(self) -> int:
        """Take up what an earlier process left; returns how many jobs that are."""
        waiting = self._spool.waiting(self._on_error)
        highest = self._later.load()
        with self._lock:
            self._sequence = max([highest, 0, *(kept.sequence for kept in waiting)])
            self._pending |= {kept.id: kept.sequence for kept in waiting}
            earliest = min(self._pending.values(), default=None)
        self._later.forget(before=earliest)
        for kept in self._spool.failed():
            last = self._spool.notes(kept.id)[-1:]
            self._remember(_failed_job(kept, last[0] if last else {}))
        for kept in waiting:
            self._take_up(kept)
        return len(waiting)

    def stop(self) -> None:
        """Begin no further batch of a job; the rest goes on at the next start."""
        self._stopping.set()

    def close(self, timeout_s: float | None = None) -> bool:
        """Finish the batch that is being indexed and the short uploads; whether they ended.

        Args:
            timeout_s: longest wait. None: no limit.
        """
        self.stop()
        until = None if timeout_s is None else time.monotonic() + timeout_s
        ended = True
        for threads in (self._readers, self._runner, self._writer):
            left = None if until is None else max(until - time.monotonic(), 0)
            ended = threads.close(left) and ended
        return ended

    # -- the order of writes ------------------------------------------------------------------

    def _admit(self) -> None:
        if self.waiting >= self._limit:
            raise JobsFullError(
                f"{self.waiting} uploads wait already", "Try again when they are done."
            )

    def _write(self, promised: Future[T], call: Callable[[], T]) -> None:
        self._hand(promised, lambda: carry_out(promised, call), self._writer)

    def _hand(self, promised: Future[T], call: Callable[[], None], threads: Threads) -> None:
        try:
            threads.submit(call)
        except RuntimeError:
            if promised.set_running_or_notify_cancel():
                promised.set_exception(JobsFullError("the server is stopping", "Try again soon."))

    def _left_short(self, _: object) -> None:
        with self._lock:
            self._short -= 1

    def _left_removal(self, _: object) -> None:
        with self._lock:
            self._removals -= 1

    def _overrule(self, ids: Sequence[str]) -> None:
        """What was just written or deleted is later than every job that waits."""
        with self._lock:
            if not self._pending or not ids:
                return
            self._sequence += 1
            sequence = self._sequence
        self._later.add(sequence, ids)

    # -- in the writing thread ----------------------------------------------------------------

    def _put_short(self, items: list[Item], surprises: list[Exception]) -> Outcome:
        outcome = Outcome()
        index_each(self._add, items, outcome, surprises)
        if items and len(surprises) == len(items):
            raise surprises[-1]  # nothing came of it, and not by the client's fault
        for error in surprises:
            self._on_error(error)
        outcome.ids = list(dict.fromkeys(outcome.ids))
        self._overrule(outcome.ids)
        return outcome

    def _put_batch(self, items: list[Item], surprises: list[Exception], sequence: int) -> Outcome:
        left = [
            item
            for item in items
            if isinstance(item, ArticleError) or not self._later.overrules(item.id, sequence)
        ]
        outcome = Outcome(unchanged=len(items) - len(left))
        index_each(self._add, left, outcome, surprises)
        for error in surprises:
            self._on_error(error)
        return outcome

    # -- jobs; in a thread of their own -------------------------------------------------------

    def _take_up(self, kept: Kept) -> Job:
        job = Job(kept.id, kept.articles, kept.created_at)
        job.done = noted(self._spool.notes(kept.id), Outcome())
        self._remember(job)
        # Where the server is stopping, the job goes on at the next start.
        self._hand(Future(), partial(self._run, job, kept.sequence), self._runner)
        return job

    def _run(self, job: Job, sequence: int) -> None:
        if self._stopping.is_set():
            return
        job.state = "running"
        outcome = Outcome()
        try:
            job.done = noted(self._spool.notes(job.id), outcome)
            for lines in self._spool.batches(job.id, skip=job.done, size=_BATCH):
                if self._stopping.is_set():
                    job.state = "queued"
                    return
                surprises: list[Exception] = []
                items = read_each(self._read, lines, job.done, surprises)
                promised: Future[Outcome] = Future()
                self._write(promised, partial(self._put_batch, items, surprises, sequence))
                part = promised.result()
                outcome.merge(part)
                job.done += len(lines)
                self._spool.note(job.id, {"done": job.done, **asdict(part)})
            if job.done != job.articles:
                raise StoreError(
                    f"its file holds {job.done} of {job.articles} articles", "Send it again."
                )
            self._spool.remove(job.id)
        except Exception as error:
            if self._stopping.is_set() and isinstance(error, JobsFullError):
                job.state = "queued"
                return
            self._fail(job, error)
            return
        self._over(job.id)
        outcome.ids = list(dict.fromkeys(outcome.ids))
        job.result = outcome
        job.state, job.finished_at = "done", _now()

    def _fail(self, job: Job, error: Exception) -> None:
        self._on_error(error)
        job.error = str(error) if isinstance(error, MenbeError) else UNEXPECTED
        finished_at = _now()
        self._spool.fail(job.id, {"done": job.done, "error": job.error, "finished_at": finished_at})
        self._over(job.id)
        job.state, job.finished_at = "failed", finished_at

    def _over(self, job_id: str) -> None:
        with self._lock:
            del self._pending[job_id]
            earliest = min(self._pending.values(), default=None)
        self._later.forget(before=earliest)

    def _remember(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
            jobs = ids = 0
            for key, one in reversed(list(self._jobs.items())):
                if one.finished_at is not None:
                    jobs += 1
                    ids += 0 if one.result is None else len(one.result.ids)
                    if jobs > _KEPT_DONE or ids > _KEPT_IDS:
                        del self._jobs[key]


def _failed_job(kept: Kept, last: dict[str, Any]) -> Job:
    job = Job(kept.id, kept.articles, kept.created_at, "failed")
    job.done = int(last.get("done", 0))
    job.error = str(last.get("error", UNEXPECTED))
    job.finished_at = str(last.get("finished_at", kept.created_at))
    return job


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
