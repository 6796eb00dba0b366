"""What long uploads keep on disk, so that a killed server takes them up where it was.

    jobs/<id>.jsonl      an upload: a head, then a line a record; whole before it is acknowledged
    jobs/<id>.progress   a line a batch that was indexed, with what became of it
    jobs/<id>.failed     an upload that failed as a whole; kept for a person, never taken up again.
                         Renamed to <id>.jsonl it is, at the next start.
    jobs/<name>.damaged  what could not be read
    jobs/later.jsonl     what was written or deleted after an upload that still waits

A record that waits and was overruled by a later request must not be indexed any more: it would
undo what was acknowledged, or bring back what was deleted. Sequence numbers say what was later.

This module must not know of articles beyond their ids, nor how they are indexed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from embeddings.database import fsync
from embeddings.errors import StoreError, StoreFullError

__all__ = ["Kept", "Later", "Spool"]

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LATER = "later.jsonl"

Tell = Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """The head of an upload; `sequence` orders it among all writes of its time."""

    id: str
    sequence: int
    created_at: str
    articles: int


class Spool:
    """The uploads in a folder, which need not exist yet.

    Args:
        folder: of this class and `Later` only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, kept: Kept, records: Iterable[Any]) -> None:
        """Write an upload; when the call returns, it survives a crash.

        Raises:
            StoreFullError: no space is left for it.
        """

        def lines() -> Iterator[str]:
            yield json.dumps(asdict(kept))
            for record in records:
                yield json.dumps(record)

        _write(self._folder / f"{kept.id}.jsonl", lines())

    def waiting(self, tell: Tell) -> list[Kept]:
        """The uploads that wait, the earliest first. A damaged one is told of and set aside."""
        self._tidy()
        self._convert(tell)
        found = []
        for path in self._named(".jsonl"):
            try:
                found.append(_head(path))
            except (OSError, ValueError, TypeError, RecursionError) as error:
                _set_aside(path, error, tell)
        return sorted(found, key=lambda kept: kept.sequence)

    def failed(self) -> list[Kept]:
        """The uploads that failed as a whole."""
        found = []
        for path in self._named(".failed"):
            with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
                found.append(_head(path))
        return sorted(found, key=lambda kept: kept.created_at)

    def batches(self, job_id: str, *, skip: int, size: int) -> Iterator[list[str]]:
        """The upload's records from number `skip` on, each as its JSON, `size` at a time.

        Raises:
            OSError: the file cannot be read.
        """
        with (self._folder / f"{job_id}.jsonl").open(encoding="utf-8", errors="replace") as file:
            lines = islice(file, 1 + skip, None)
            while batch := list(islice(lines, size)):
                yield batch

    def note(self, job_id: str, entry: dict[str, Any]) -> None:
        """Add to the upload's progress. Lost progress costs time only, so it is not forced to
        the disk and a full disk is no error."""
        with (
            contextlib.suppress(OSError),
            (self._folder / f"{job_id}.progress").open("a", encoding="utf-8") as file,
        ):
            # After a torn line the next one must begin anew.
            file.write("\n" + json.dumps(entry))

    def notes(self, job_id: str) -> list[dict[str, Any]]:
        """The upload's progress, as it was noted."""
        found = []
        with contextlib.suppress(OSError):
            text = (self._folder / f"{job_id}.progress").read_text("utf-8", errors="replace")
            for line in text.split("\n"):
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                    if isinstance(entry, dict):
                        found.append(entry)
        return found

    def remove(self, job_id: str) -> None:
        """Forget an upload that is done."""
        (self._folder / f"{job_id}.jsonl").unlink(missing_ok=True)
        fsync(self._folder)
        (self._folder / f"{job_id}.progress").unlink(missing_ok=True)

    def fail(self, job_id: str, entry: dict[str, Any]) -> None:
        """Mark an upload as failed."""
        self.note(job_id, entry)
        path = self._folder / f"{job_id}.jsonl"
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".failed"))
            fsync(self._folder)

    def _named(self, suffix: str) -> list[Path]:
        paths = self._folder.glob(f"*{suffix}") if self._folder.is_dir() else ()
        return sorted(path for path in paths if _ID.fullmatch(path.stem))

    def _tidy(self) -> None:
        """Remove what a crash left half written, and the progress of uploads that are gone."""
        orphans = [
            path
            for path in self._named(".progress")
            if not any(path.with_suffix(kind).exists() for kind in (".jsonl", ".json", ".failed"))
        ]
        halves = self._folder.glob("*.partial") if self._folder.is_dir() else ()
        for path in (*orphans, *halves):
            with contextlib.suppress(OSError):
                path.unlink()

    def _convert(self, tell: Tell) -> None:
        """Uploads that an earlier version kept, one JSON value each, which knew no sequence."""
        for number, path in enumerate(
            sorted(self._named(".json"), key=lambda path: path.stat().st_mtime_ns)
        ):
            try:
                old = json.loads(path.read_text(encoding="utf-8"))
                records = list(old["records"])
                kept = Kept(path.stem, number - 1_000_000, str(old["created_at"]), len(records))
            except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
                _set_aside(path, error, tell)
                continue
            self.keep(kept, records)
            path.unlink()


class Later:
    """Which articles were written or deleted after an upload that still waits.

    Args:
        folder: as of `Spool`.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _LATER
        self._lock = threading.Lock()
        self._of: dict[str, int] = {}

    def load(self) -> int:
        """Read what an earlier process left; the highest sequence number there is."""
        with self._lock, contextlib.suppress(OSError):
            for line in self._path.read_text("utf-8", errors="replace").split("\n"):
                with contextlib.suppress(ValueError, TypeError):
                    sequence, ids = json.loads(line)
                    self._of |= dict.fromkeys(ids, int(sequence))
        return max(self._of.values(), default=0)

    def add(self, sequence: int, ids: Sequence[str]) -> None:
        """These articles are as of `sequence`; when the call returns, that survives a crash.

        Raises:
            StoreFullError: no space is left to write it down.
        """
        with self._lock:
            self._of |= dict.fromkeys(ids, sequence)
            try:
                self._path.parent.mkdir(exist_ok=True)  # the job's own file may come later
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("\n" + json.dumps([sequence, list(ids)]))
                    file.flush()
                    os.fsync(file.fileno())
                fsync(self._path.parent)
            except OSError as error:
                raise _full(error) from error

    def overrules(self, article_id: str, sequence: int) -> bool:
        """Whether the article is of a later time than `sequence`."""
        return self._of.get(article_id, sequence) > sequence

    def forget(self, *, before: int | None) -> None:
        """Drop what no upload from `before` on can need; None: no upload waits."""
        with self._lock:
            left = {
                article_id: sequence
                for article_id, sequence in self._of.items()
                if before is not None and sequence > before
            }
            if len(left) == len(self._of) and left:
                return
            self._of = left
            with contextlib.suppress(OSError, StoreFullError):
                if left:
                    _write(self._path, (json.dumps([left[one], [one]]) for one in left))
                else:
                    self._path.unlink(missing_ok=True)


def _head(path: Path) -> Kept:
    with path.open(encoding="utf-8") as file:
        head = Kept(**json.loads(file.readline()))
    if not (isinstance(head.sequence, int) and isinstance(head.articles, int)):
        raise ValueError("its head holds no numbers")
    if head.id != path.stem:
        raise ValueError("its head is of another upload")
    return head


def _set_aside(path: Path, error: Exception, tell: Tell) -> None:
    aside = path.with_suffix(f"{path.suffix}.damaged")
    with contextlib.suppress(OSError):
        path.replace(aside)
    named = StoreError(
        f"the kept upload {path} cannot be read ({error})",
        f"It was set aside as {aside.name}; send its articles again.",
    )
    named.__cause__ = error
    tell(named)


def _write(path: Path, lines: Iterable[str]) -> None:
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        fsync(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise _full(error) from error


def _full(error: OSError) -> StoreFullError:
    return StoreFullError(
        f"the upload cannot be kept: {error.strerror}", "Free some space on the disk."
    )
