"""The pieces of words that a tokenizer knows, and how likely it holds each to be.

Of the tokenizers only those by SentencePiece's unigram model (Kudo 2018) have probabilities.

This module must not know what the pieces are used for.
"""

from __future__ import annotations

import json
from pathlib import Path

from embeddings.errors import WeightsError

__all__ = ["read_pieces"]


def read_pieces(path: Path) -> list[tuple[str, float]]:
    """Every piece and its natural log-probability, "▁" for a space in front.

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
