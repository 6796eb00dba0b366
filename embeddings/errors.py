"""Every error that Menbe raises on purpose.

    MenbeError                     one line: what was wrong, and the remedy
    ├── UsageError                 an option or argument has a value that cannot be used
    ├── ArticleError               one article cannot be read; the others of the run go on
    ├── EncoderError               the encoder cannot be loaded or run
    │   └── WeightsError           a weight file is missing, truncated or altered
    ├── StoreError                 the store cannot be opened, read or written
    │   ├── NotAStoreError         the folder or file is something else
    │   ├── StoreVersionError      written by another version of Menbe
    │   ├── StoreBusyError         another process is writing
    │   ├── StoreFullError         no space left on the device; nothing was changed
    │   └── EncoderMismatchError   the store's vectors come from another encoder
    └── IndexFileError             an index file is missing, damaged or stale

`qa.errors` adds the errors of questions and answers to the same tree. Errors of other
libraries are translated into these where those libraries are called and nowhere else.

This module must not know anything: it imports nothing of the project.
"""

from __future__ import annotations

__all__ = [
    "ArticleError",
    "EncoderError",
    "EncoderMismatchError",
    "IndexFileError",
    "MenbeError",
    "NotAStoreError",
    "StoreBusyError",
    "StoreError",
    "StoreFullError",
    "StoreVersionError",
    "UsageError",
    "WeightsError",
]


class MenbeError(Exception):
    """Base of all. `str(error)` is one line: `problem` and, when there is one, `remedy`.

    Args:
        problem: what was wrong, with the value or the name of the thing.
        remedy: what a person can do about it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = " ".join(problem.split())
        self.remedy = " ".join(remedy.split())
        super().__init__(f"{self.problem}. {self.remedy}" if self.remedy else self.problem)


class UsageError(MenbeError):
    """An option or argument has a value that cannot be used."""


class ArticleError(MenbeError):
    """One article cannot be read.

    Args:
        origin: the file (with `:line` for a record of a .jsonl) or the id it came under.
        problem: what was wrong with it.
        remedy: what a person can do about it.
    """

    def __init__(self, origin: str, problem: str, remedy: str = "") -> None:
        self.origin = origin
        super().__init__(f"{origin}: {problem}", remedy)


class EncoderError(MenbeError):
    """The encoder cannot be loaded or run."""


class WeightsError(EncoderError):
    """A weight file is missing, truncated or altered."""


class StoreError(MenbeError):
    """The store cannot be opened, read or written."""


class NotAStoreError(StoreError):
    """The folder or file given as a store is something else."""


class StoreVersionError(StoreError):
    """The store was written by another version of Menbe and cannot be migrated."""


class StoreBusyError(StoreError):
    """Another process is writing to the store."""


class StoreFullError(StoreError):
    """No space is left on the device; the write was rolled back."""


class EncoderMismatchError(StoreError):
    """The store's vectors come from another encoder than the one in use."""


class IndexFileError(MenbeError):
    """An index file is missing, damaged or stale; it can be rebuilt from the store."""
