"""The lists of `prompts/offices.json`, folded: offices, and how questions and news name them.

This module must not know questions, passages or what is made of a list.
"""

from __future__ import annotations

from functools import cache

from embeddings.fold import fold_text
from prompts import load_json

__all__ = ["kinds_of_posts", "listed", "named_stems", "patterns", "stems"]


@cache
def listed(kind: str) -> frozenset[str]:
    """One list's words."""
    return frozenset(map(fold_text, load_json("offices.json")[kind]))


@cache
def stems(kind: str) -> tuple[str, ...]:
    """One list's words, each as the beginning of others."""
    return tuple(sorted(listed(kind)))


@cache
def patterns(kind: str) -> tuple[tuple[str, ...], ...]:
    """One list's phrases as words, the longest first."""
    phrases = (tuple(fold_text(each).split()) for each in load_json("offices.json")[kind])
    return tuple(sorted(phrases, key=len, reverse=True))


@cache
def named_stems(kind: str) -> dict[str, tuple[str, ...]]:
    """Of "portfolios" or "ranks", each by its name: how words for it begin."""
    groups = load_json("offices.json")[kind]
    return {name: tuple(map(fold_text, each)) for name, each in groups.items()}


@cache
def kinds_of_posts() -> dict[str, str]:
    """Of what post another one is a kind: a foreign minister is a minister."""
    return dict(load_json("offices.json")["kinds"])
