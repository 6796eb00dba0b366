"""Where passages are cut, and which stretches are worth reading first, from the word table alone.

Running the network over eight passages takes many times longer than finding the sentences most
like the question. Each token of the question is matched with its nearest token of the sentence
(ColBERT's MaxSim; Khattab and Zaharia 2020), over the encoder's static word embeddings, which
works across languages too; rare tokens count more.

This module must not know the network, nor what a span is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import WordTable
from embeddings.text import sentences

__all__ = ["Similarity", "Stretch", "sentence_tokens", "stretches", "take", "windows"]

Range = tuple[int, int]
Floats = NDArray[np.float32]

_SAMPLE = slice(4, 20_004, 7)
_COMMON = 1.3
_LEAST_WEIGHT = 0.3
_RANK_COST = 0.015
"""What a place further down among the passages costs; cosines of good sentences are near 0.6."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens `[first, last)` of passage number `passage`, and how promising they are."""

    passage: int
    first: int
    last: int
    promise: float = 0.0


class Similarity:
    """Compares token lists by the static embeddings of a word table."""

    def __init__(self, words: WordTable) -> None:
        self._words = words
        sample = np.arange(*_SAMPLE.indices(words.shape[0]))
        centre = self._rows(sample.tolist()).mean(axis=0)
        self._centre: Floats = np.asarray(centre, np.float32)  # (width,)

    def _rows(self, ids: Sequence[int]) -> Floats:
        rows: Floats = self._words.batch([ids])[0][0]
        return rows

    def unit(self, ids: Sequence[int]) -> Floats:
        """Centred unit rows `(tokens, width)`."""
        rows = self._rows(ids) - self._centre
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(norms, 1e-6), np.float32)

    def of_sentences(
        self, question: Sequence[int], tokens: Sequence[int], sentences: Sequence[Range]
    ) -> list[float]:
        """For each token range of a passage its likeness to the question, about 0 to 1."""
        if not question or not tokens:
            return [0.0] * len(sentences)
        # The vocabulary is ordered by frequency, so that a token's id tells how rare it is.
        weights = np.maximum(np.log(np.maximum(question, 1)) - _COMMON, _LEAST_WEIGHT)
        weights = weights / weights.sum()
        cosines = self.unit(question) @ self.unit(tokens).T  # (question, tokens)
        return [float(weights @ cosines[:, a:b].max(axis=1)) for a, b in sentences]


def windows(number: int, count: int, most_tokens: int, overlap: int) -> Iterator[Stretch]:
    """Windows over a whole passage that overlap, the last one as long as the others.

    Args:
        number: of the passage.
        count: tokens of the passage; without any there is no window.
        most_tokens: of a window.
        overlap: tokens that a window shares with the next at least; below `most_tokens`.
    """
    for first in range(0, max(1, count - overlap), most_tokens - overlap):
        last = min(count, first + most_tokens)
        begin = max(0, min(first, last - most_tokens))
        if last > begin:
            yield Stretch(number, begin, last)


def sentence_tokens(passage: str, starts: Sequence[int], most_tokens: int) -> list[Range]:
    """Sentences as token ranges that cover the passage.

    Args:
        passage: the text.
        starts: the code point at which each of its tokens begins.
        most_tokens: of a range; longer sentences are cut.
    """
    edges = {0, len(starts)}
    # The rules for an unknown language are near enough: only where to cut is decided here.
    edges |= {bisect_left(starts, begin) for begin, _ in sentences(passage, "und")}
    found = []
    for first, last in pairwise(sorted(edges)):
        found += [(at, min(at + most_tokens, last)) for at in range(first, last, most_tokens)]
    return found


def take(queue: Sequence[Stretch], tokens: int) -> tuple[list[Stretch], list[Stretch]]:
    """The first stretches, at least one, of about `tokens` tokens together, and the rest."""
    spent = 0
    for place, stretch in enumerate(queue):
        size = stretch.last - stretch.first
        if place and spent + size > tokens:
            return list(queue[:place]), list(queue[place:])
        spent += size
    return list(queue), []


def stretches(
    number: int, sentences: Sequence[Range], likeness: Sequence[float], most_tokens: int
) -> list[Stretch]:
    """A passage cut into runs of sentences of at most `most_tokens`, best first.

    The likeliest sentence takes its neighbours along, the likelier side first, because a
    sentence often needs the one before it to be understood; then the likeliest of the rest.

    Args:
        number: of the passage among those retrieved, 0 the best.
        sentences: token ranges that cover the passage.
        likeness: one a sentence.
        most_tokens: of a stretch; one sentence that is longer is a stretch alone.
    """
    left = set(range(len(sentences)))
    found = []
    while left:
        best = max(left, key=lambda i: (likeness[i], -i))
        low, high = _grown(sentences, likeness, best, left, most_tokens)
        left -= set(range(low, high + 1))
        promise = likeness[best] - _RANK_COST * number
        found.append(Stretch(number, sentences[low][0], sentences[high][1], promise))
    return found


def _grown(
    sentences: Sequence[Range],
    likeness: Sequence[float],
    best: int,
    left: set[int],
    most_tokens: int,
) -> Range:
    """First and last sentence of the run around `best`."""
    low = high = best
    while True:
        sides = [
            side
            for side in (low - 1, high + 1)
            if side in left
            and sentences[max(high, side)][1] - sentences[min(low, side)][0] <= most_tokens
        ]
        if not sides:
            return low, high
        side = max(sides, key=lambda i: likeness[i])
        low, high = min(low, side), max(high, side)
