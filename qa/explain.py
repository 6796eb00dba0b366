"""Why the passages stand in their order: every score, every part of it, and what filters removed.

This module must not compute any score: it shows what retrieval and reading kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from qa.retrieve import Retrieved
from qa.timing import Period

__all__ = ["explain"]


def explain(found: Retrieved, removed: Mapping[str, int]) -> dict[str, Any]:
    """For JSON.

    Args:
        found: what retrieval returned; its passages' reader scores are None where none was read.
        removed: articles that each filter removes by itself, by the filter's name.
    """
    period = found.period
    return {
        "terms": list(found.terms),
        "period": None if period is None else _days(period),
        "candidates": found.candidates,
        "allowed_chunks": found.allowed,
        "removed_by_filters": dict(removed),
        "fusion": asdict(found.fusion),
        "passages": [
            {
                "chunk_id": passage.chunk_id,
                **asdict(passage.scores),
                "lexical_share": found.evidence[passage.chunk_id].share,
                "phrase": found.evidence[passage.chunk_id].phrase,
                "other_language": not found.evidence[passage.chunk_id].same_language,
                "stands_for": found.stood_for.get(passage.chunk_id, 0),
            }
            for passage in found.passages
        ],
    }


def _days(period: Period) -> dict[str, str | None]:
    """First and last day; None at an end that is open ("after 2022")."""
    return {
        "from": None if period.first == date.min else period.first.isoformat(),
        "to": None if period.last == date.max else period.last.isoformat(),
    }
