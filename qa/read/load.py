"""Which reader answers, and how its scores become confidences.

This module must not know what is read.
"""

from __future__ import annotations

from pathlib import Path

from embeddings.encoder import Encoder
from qa.read.calibration import Calibration
from qa.read.protocol import Reader
from qa.read.sentence import SentenceReader

__all__ = ["load_reader"]

# Set by hand: a sentence at the null cosine has probability one half.
_SENTENCE = Calibration(
    slope=1.0, intercept=0.0, retrieval_weight=0.0, threshold=0.5, high=0.9, medium=0.7
)


def load_reader(encoder: Encoder, *, cache_dir: Path | None = None) -> tuple[Reader, Calibration]:
    """The reader for this encoder and its calibration."""
    return SentenceReader(encoder), _SENTENCE
