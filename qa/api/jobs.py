"""Uploads: small ones are indexed before the reply, long ones become jobs that survive a kill.

A job is written to disk, whole, before it is acknowledged, and removed when it is done; one that
is found at the start is worked off again, which costs nothing for the articles already indexed.
One thread writes, so uploads do not fight over the store.

This module must not know of HTTP or of the contract's requests.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from embeddings.articles import Article
from embeddings.build import BuildReport
from embeddings.errors import ArticleError, MenbeError, StoreFullError

__all__ = ["Job", "Jobs", "JobsFullError", "Outcome"]

State = Literal["queued", "running", "done", "failed"]
Item = Article | ArticleError
_BATCH = 8
_KEPT_DONE = 1000
_JOB_FILE = re.compile(r"[0-9a-f]{32}\.json", re.ASCII)


class JobsFullError(MenbeError):
    """Too many uploads wait already."""


@dataclass(slots=True)
class Outcome:
    """What became of an upload's articles, added up over its batches."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ids: list[str] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def add(self, items: Sequence[Item], report: BuildReport) -> None:
        """Add one batch."""
        self.added += report.added
        self.changed += report.changed
        self.unchanged += report.unchanged
        self.failed += [
            {
                "article": error.origin.removeprefix("api:"),
                "problem": error.problem.removeprefix(f"{error.origin}: "),
                "remedy": error.remedy,
            }
            for error in report.failed
        ]
        bad = {error.origin for error in report.failed}
        self.ids += [
            item.id for item in items if isinstance(item, Article) and item.origin not in bad
        ]


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
        self._folder = folder
        self._add = add
        self._read = read
        self._limit = limit
        self._on_error = on_error
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="upload")
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting = 0
        self._stopping = threading.Event()

    @property
    def waiting(self) -> int:
        """Uploads that run or wait."""
        return self._waiting

    def get(self, job_id: str) -> Job | None:
        """The job of that id; the last thousand that are done are remembered."""
        return self._jobs.get(job_id)

    def now(self, records: Sequence[Any]) -> Future[Outcome]:
        """Index as soon as the batches that wait already are done.

        Raises:
            JobsFullError: too many uploads wait.
        """
        return self._submit(lambda: self._index(records))

    def submit(self, records: Sequence[Any]) -> Job:
        """Write the upload to disk and return; it is worked off in the background.

        Raises:
            JobsFullError: too many uploads wait.
            StoreFullError: no space is left for it.
        """
        job = Job(secrets.token_hex(16), len(records), _now())
        with self._lock:
            if self._waiting >= self._limit:
                raise _full(self._waiting)
        self._save(job, records)
        self._remember(job)
        self._submit(lambda: self._begin(job), forced=True)
        return job

    def resume(self) -> int:
        """Take up what an earlier process left; returns how many jobs that are."""
        found = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        names = [path for path in found if _JOB_FILE.fullmatch(path.name)]
        for path in sorted(names, key=lambda path: path.stat().st_mtime_ns):
            head = json.loads(path.read_text(encoding="utf-8"))
            job = Job(path.stem, len(head["records"]), head["created_at"])
            self._remember(job)
            self._submit(lambda job=job: self._begin(job), forced=True)  # type: ignore[misc]
        return len(names)

    def close(self) -> None:
        """Finish the batch that is being indexed; the rest of a job goes on at the next start."""
        self._stopping.set()
        self._pool.shutdown(wait=True)

    def _submit(self, call: Callable[[], Any], *, forced: bool = False) -> Future[Any]:
        with self._lock:
            if self._waiting >= self._limit and not forced:
                raise _full(self._waiting)
            self._waiting += 1
        try:
            future = self._pool.submit(call)
        except RuntimeError as error:
            self._finished(None)
            raise JobsFullError("the server is stopping", "Try again soon.") from error
        future.add_done_callback(self._finished)
        return future

    def _finished(self, _: object) -> None:
        with self._lock:
            self._waiting -= 1

    def _begin(self, job: Job) -> None:
        """Read the upload from disk, then work it off a batch at a time."""
        if self._stopping.is_set():
            return
        try:
            saved = json.loads(self._path(job).read_text(encoding="utf-8"))
            job.state = "running"
            self._step(job, saved["records"], Outcome(), 0)
        except Exception as error:
            self._fail(job, error)

    def _step(self, job: Job, records: list[Any], outcome: Outcome, first: int) -> None:
        """Index one batch; the rest queues up again, so that no short upload waits for it all."""
        if self._stopping.is_set():
            job.state = "queued"
            return
        try:
            items = self._read(records[first : first + _BATCH], first)
            outcome.add(items, self._add(items))
        except Exception as error:
            self._fail(job, error)
            return
        job.done = min(first + _BATCH, len(records))
        if job.done < len(records):
            with contextlib.suppress(JobsFullError):  # stopping: it goes on at the next start
                self._submit(lambda: self._step(job, records, outcome, job.done), forced=True)
            return
        job.result = outcome
        job.state, job.finished_at = "done", _now()
        self._path(job).unlink(missing_ok=True)

    def _fail(self, job: Job, error: Exception) -> None:
        known = isinstance(error, MenbeError)
        job.error = str(error) if known else "an unexpected error; see the server's log"
        job.state, job.finished_at = "failed", _now()
        self._on_error(error)
        if not known:
            self._path(job).unlink(missing_ok=True)  # it would fail at every start

    def _index(self, records: Sequence[Any]) -> Outcome:
        outcome = Outcome()
        items = self._read(records, 0)
        outcome.add(items, self._add(items))
        return outcome

    def _remember(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
            done = [key for key, one in self._jobs.items() if one.finished_at is not None]
            for key in done[: max(len(done) - _KEPT_DONE, 0)]:
                del self._jobs[key]

    def _path(self, job: Job) -> Path:
        return self._folder / f"{job.id}.json"

    def _save(self, job: Job, records: Sequence[Any]) -> None:
        path = self._path(job)
        partial = path.with_suffix(".partial")
        body = json.dumps({"created_at": job.created_at, "records": list(records)})
        try:
            self._folder.mkdir(exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StoreFullError(
                f"the upload cannot be kept: {error.strerror}", "Free some space on the disk."
            ) from error


def _full(waiting: int) -> JobsFullError:
    return JobsFullError(f"{waiting} uploads wait already", "Try again when they are done.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
