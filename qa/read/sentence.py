"""The reader that needs no training: the nearest sentence and, inside it, the shortest range that
answers nearly as well.

It stands in where the trained reader cannot: it works with any encoder. A range is a run of
clauses, cut at commas, dashes, colons and semicolons, so no word is ever cut. A clause that says
nothing beyond the question is no answer.

This module must not know of stores, articles or filters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from embeddings.encoder import Encoder, FloatMatrix
from embeddings.text import Range, detect_language, sentences, terms
from qa.read.protocol import Reading, ScoredSpan

__all__ = ["SentenceReader"]

_BOUNDARY = re.compile(r"[,;:]\s+|\s[—–-]\s")
_SENTENCES_ENCODED = 12
_NEARLY = 0.015
_NULL_COSINE = 0.84
_SCALE = 60.0
_TERM_WEIGHT = 0.04


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: int
    start: int
    end: int
    overlap: float


class SentenceReader:
    """Scores sentences by cosine with the question plus the share of its terms that they hold.

    The numbers at the head of the module are set by hand for the bundled encoder, whose cosines
    of unrelated sentences lie near 0.8: `null_score` is the score of a sentence at 0.84.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def identity(self) -> str:
        """The kind of reader and the encoder below it."""
        return f"sentence:{self._encoder.identity}"

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """One `Reading` a passage; only the sentences likeliest by shared terms are encoded.

        Raises:
            EncoderError: a text cannot be encoded.
        """
        asked = frozenset(terms(question, detect_language(question, default="en")))
        candidates = self._candidates(asked, passages)
        spans: list[list[ScoredSpan]] = [[] for _ in passages]
        if candidates:
            vector = self._encoder.encode_questions([question])[0]
            texts = [passages[item.passage][item.start : item.end] for item in candidates]
            cosines = self._encoder.encode_passages(texts) @ vector
            scores = [
                float(cosine) + _TERM_WEIGHT * item.overlap
                for cosine, item in zip(cosines, candidates, strict=True)
            ]
            best = max(range(len(scores)), key=lambda index: (scores[index], -index))
            for index, (score, item) in enumerate(zip(scores, candidates, strict=True)):
                start, end = item.start, item.end
                if index == best:
                    text = passages[item.passage]
                    start, end = self._shortest(
                        vector, text, (start, end), float(cosines[index]), asked
                    )
                spans[item.passage].append(ScoredSpan(start, end, score * _SCALE))
        null = _NULL_COSINE * _SCALE
        return [
            Reading(tuple(sorted(found, key=lambda span: (-span.score, span.start))), null)
            for found in spans
        ]

    def _candidates(self, wanted: frozenset[str], passages: Sequence[str]) -> list[_Sentence]:
        found: list[_Sentence] = []
        for number, text in enumerate(passages):
            language = detect_language(text, default="en")
            for start, end in sentences(text, language):
                held = wanted & set(terms(text[start:end], language))
                found.append(_Sentence(number, start, end, len(held) / max(len(wanted), 1)))
        # Passages come best first, so among equal overlaps the better passage's sentences win.
        return sorted(found, key=lambda item: (-item.overlap, item.passage))[:_SENTENCES_ENCODED]

    def _shortest(
        self,
        vector: FloatMatrix,
        text: str,
        sentence: Range,
        cosine: float,
        asked: frozenset[str],
    ) -> Range:
        language = detect_language(text, default="en")
        ranges = [
            (a, b)
            for a, b in _clause_runs(text, sentence)
            if set(terms(text[a:b], language)) - asked
        ]
        if not ranges:
            return sentence
        cosines = self._encoder.encode_passages([text[a:b] for a, b in ranges]) @ vector
        close = [
            item for item, value in zip(ranges, cosines, strict=True) if value >= cosine - _NEARLY
        ]
        return min(close, key=lambda item: (item[1] - item[0], item[0]), default=sentence)


def _clause_runs(text: str, sentence: Range, *, limit: int = 16) -> list[Range]:
    """Single clauses and pairs of neighbours inside `sentence`, none of them the whole of it."""
    start, end = sentence
    cuts = [start]
    ends = []
    for match in _BOUNDARY.finditer(text, start, end):
        ends.append(match.start())
        cuts.append(match.end())
    ends.append(end)
    clauses = [(a, b) for a, b in zip(cuts, ends, strict=True) if text[a:b].strip()]
    pairs = [(a[0], b[1]) for a, b in pairwise(clauses)]
    runs = [item for item in clauses + pairs if item != sentence]
    return runs[:limit]
