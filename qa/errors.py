"""The errors of questions, answers and readers; they continue the tree in `embeddings.errors`.

    MenbeError
    ├── QuestionError        the question itself cannot be asked: empty, too long, not text
    ├── ReaderError          the reader cannot be loaded or run
    ├── NoStoreError         there is no store yet at the place named
    ├── ArticleNotFoundError the store has no article of that id
    ├── SavedAnswerError     a file given to `verify` is not a saved answer
    └── TestSetError         a test set cannot be read, or its gold is not in its article

This module must not know how any of them is shown: exit codes are the command line's, status
codes the HTTP API's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from embeddings.errors import MenbeError

__all__ = [
    "ArticleNotFoundError",
    "NoStoreError",
    "QuestionError",
    "ReaderError",
    "SavedAnswerError",
    "TestSetError",
]


class QuestionError(MenbeError):
    """The question itself cannot be asked."""


class ReaderError(MenbeError):
    """The reader cannot be loaded or run."""


class NoStoreError(MenbeError):
    """There is no store yet at the place named."""

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The error for `folder`, with the remedy."""
        return cls(
            f"there is no store at {folder}",
            "Make one with: qa index PATH, or name another with --store DIR.",
        )


class ArticleNotFoundError(MenbeError):
    """The store has no article of that id."""


class SavedAnswerError(MenbeError):
    """A file given to `verify` is not a saved answer."""


class TestSetError(MenbeError):
    """A test set cannot be read, or its gold answers are not in their articles."""

    __test__ = False  # the name would make pytest collect it
