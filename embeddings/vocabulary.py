"""The pieces of words that a tokenizer knows, and how likely it holds each to be.

Of the tokenizers only those by SentencePiece's unigram model (Kudo 2018) have probabilities.

This module must not know what the pieces are used for.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from embeddings.errors import WeightsError

__all__ = ["OPENING", "Vocabulary", "load_vocabulary", "lowered", "read_pieces"]

OPENING = "▁"
"""In front of a piece that begins a word."""

_LETTERS = re.compile(r"▁?[a-zà-öø-ÿа-яёəğıöüşç]+")
_LONGEST = 16
_UNKNOWN = -15.0  # of a letter that is no piece: as rare as the rarest


class Vocabulary:
    """Pieces of lower-case Latin and Cyrillic letters, by natural log-probability.

    Args:
        pieces: each with its log-probability; of two that differ in capitals the likelier counts.

    Attributes:
        scores: the log-probabilities, "▁" in front of a piece that begins a word.
    """

    def __init__(self, pieces: Iterable[tuple[str, float]]) -> None:
        self.scores: dict[str, float] = {}
        for piece, score in pieces:
            lower = lowered(piece)
            if _LETTERS.fullmatch(lower):
                self.scores[lower] = max(score, self.scores.get(lower, score))

    def is_word(self, word: str) -> bool:
        """Whether a lower-case word is one piece."""
        return OPENING + word in self.scores

    def likelihood(self, word: str) -> float:
        """Log-probability of the likeliest way to put a lower-case word together (Viterbi)."""
        text = OPENING + word
        best = [0.0] + [float("-inf")] * len(text)
        for begin in range(len(text)):
            for end in range(begin + 1, min(len(text), begin + _LONGEST) + 1):
                score = self.scores.get(text[begin:end])
                if score is None and end == begin + 1:
                    score = _UNKNOWN
                if score is not None:
                    best[end] = max(best[end], best[begin] + score)
        return best[-1]


def lowered(text: str) -> str:
    """Small letters, as many as there were: Python makes two of "İ"."""
    return text.replace("İ", "i").lower()


@lru_cache(maxsize=2)
def load_vocabulary(path: Path) -> Vocabulary | None:
    """The vocabulary of a `tokenizer.json`; kept, since reading takes half a second.

    Returns:
        None for a tokenizer without probabilities.

    Raises:
        WeightsError: as `read_pieces`.
    """
    with _without_collecting():
        pieces = read_pieces(path)
        return Vocabulary(pieces) if pieces else None


@contextmanager
def _without_collecting() -> Iterator[None]:
    """So many small objects at once would set off the collector, which takes as long as reading."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def read_pieces(path: Path) -> list[tuple[str, float]]:
    """Every piece and its natural log-probability.

    Args:
        path: a `tokenizer.json` of the library tokenizers.

    Returns:
        nothing for a tokenizer of another kind.

    Raises:
        WeightsError: the file is missing or is no such file.
    """
    try:
        model = json.loads(path.read_text(encoding="utf-8"))["model"]
        if model["type"] != "Unigram":
            return []
        return [(str(piece), float(score)) for piece, score in model["vocab"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path} cannot be read as a tokenizer", "Delete its folder and run again"
        ) from error
