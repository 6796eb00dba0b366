"""The seam between reading and everything else: what a reader is given and what it returns.

A reader sees one question and the texts of passages. It must not know of articles, stores,
filters or languages: offsets are into the passage text it was given, and the caller moves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Reader", "Reading", "ScoredSpan"]


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """A candidate answer: `passage[start:end]`, in code points.

    `score` is comparable across passages of one question (not normalised within one), and is on
    the same scale as `Reading.null_score`: their difference is the evidence for this span.
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one passage, best span first; empty where nothing can be a span."""

    spans: tuple[ScoredSpan, ...]
    null_score: float


class Reader(Protocol):
    """Finds answers' spans in passages."""

    @property
    def identity(self) -> str:
        """Names the reader and its weights; part of what a measurement was made with."""
        ...

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """One `Reading` a passage, in the order given.

        Raises:
            ReaderError: the reader cannot run.
        """
        ...
