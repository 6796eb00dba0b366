"""What a reader's evidence is worth as a probability, and when that is enough for an answer.

Confidence is Platt's: `1 / (1 + exp(-(slope * evidence + intercept)))`, the evidence being the
reader's margin over "no answer" and a share of the retrieval score (Platt 1999, "Probabilistic
Outputs for Support Vector Machines").

This module must not know which reader it is for, nor how its numbers were fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import sha256

from qa.models import Bucket

__all__ = ["Calibration", "sigmoid"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How evidence becomes a probability, and when a probability is enough.

    Attributes:
        slope, intercept: Platt's two parameters, for the reader's margin.
        retrieval_weight: what a unit of the fused retrieval score above `retrieval_centre` adds
            to the margin.
        retrieval_centre: the fused score of a usual best passage.
        threshold: confidence below which the reply is "no answer".
        high, medium: lowest confidence of those buckets.
    """

    slope: float
    intercept: float
    retrieval_weight: float
    threshold: float
    high: float
    medium: float
    retrieval_centre: float = 0.0

    @property
    def identity(self) -> str:
        """Names what confidences are made of: the same for equal ones, whatever the threshold."""
        parts = (self.slope, self.intercept, self.retrieval_weight, self.retrieval_centre)
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def evidence(self, margin: float, fused: float | None) -> float:
        """What ranks spans: the reader's margin, and how well their passage was retrieved.

        A passage that was not retrieved (`fused` is None) is judged by the margin alone.
        """
        if fused is None:
            return margin
        return margin + self.retrieval_weight * (fused - self.retrieval_centre)

    def confidence(self, evidence: float) -> float:
        """Probability, 0 to 1, that the answer is right."""
        return sigmoid(self.slope * evidence + self.intercept)

    def bucket(self, confidence: float) -> Bucket:
        """The word for a confidence."""
        if confidence >= self.high:
            return "high"
        return "medium" if confidence >= self.medium else "low"


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value) without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    power = math.exp(value)
    return power / (1.0 + power)
