"""Which stretches of the passages are worth reading first, from the word table alone.

Running the network over eight passages takes many times longer than finding the sentences most
like the question. Each token of the question is matched with its nearest token of the sentence
(ColBERT's MaxSim; Khattab and Zaharia 2020), over the encoder's static word embeddings, which
works across languages too; rare tokens count more.

This module must not know the network, nor what a span is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import WordTable

__all__ = ["Similarity", "Stretch", "stretches"]

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
    promise: float


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
