"""One question over one passage: the record that every training set becomes.

This module must not know where records come from, nor what is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Example"]

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Example:
    """One question over one passage.

    `answers` are `[start, end)` code-point ranges of `passage`, the one to learn first; empty
    when the passage does not answer the question. `key` is the same for the same question in
    several languages (MLQA), else equal to `id`.
    """

    id: str
    set: str
    question_language: str
    passage_language: str
    question: str
    passage: str
    answers: tuple[Range, ...]
    key: str = ""
