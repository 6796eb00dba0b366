"""Small stand-ins for the models, so that unit tests run in milliseconds.

`FakeEncoder` hashes words to directions: texts that share words are near each other, and the same
text always gives the same vector. `FakeReader` finds capitalised words and numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from embeddings.encoder import FloatMatrix
from embeddings.text import fold_text
from qa.read.calibration import Calibration
from qa.read.protocol import Reading, ScoredSpan

CALIBRATION = Calibration(
    slope=1.0, intercept=0.0, retrieval_weight=0.0, threshold=0.5, high=0.8, medium=0.6
)


class FakeEncoder:
    """A bag of hashed words; 64 dimensions, unit rows."""

    identity = "fake-encoder-64"
    dimension = 64
    max_tokens = 512

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> FloatMatrix:
        rows = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", fold_text(text)):
                digest = hashlib.sha256(word[:6].encode()).digest()
                row[digest[0] % self.dimension] += 1.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class FakeReader:
    """Every capitalised word or number that is not in the question; score 2 less its position."""

    identity = "fake-reader"

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        asked = set(re.findall(r"\w+", question.lower()))
        readings = []
        for text in passages:
            spans = [
                ScoredSpan(match.start(), match.end(), 2.0 - match.start() / 1000)
                for match in re.finditer(r"\b(?:[^\W\d_a-z]\w+|\d+)\b", text)
                if match.group().lower() not in asked
            ]
            readings.append(Reading(tuple(spans[:5]), 0.0))
        return readings
