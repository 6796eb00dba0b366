"""Whether two articles carry the same story: republished, or translated.

Republished: most of the shorter article's runs of four words stand in the other too (containment
of shingles, Broder 1997, "On the resemblance and containment of documents"). The sets are compared
whole: only the few articles that one question finds are ever compared, so that MinHash, which
estimates the same number in order to search millions, would cost more and be less exact.

Translated: the mean vectors of both are close, and names, numbers and dates, in their script-free
form, are shared.

This module must not know questions, passages or the store.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from embeddings.text import Range, is_shared, terms

__all__ = [
    "CLOSE_COSINE",
    "Shingles",
    "containment",
    "is_republished",
    "is_translated",
    "kept_text",
    "shared_terms",
    "shingles",
]

Shingles = frozenset[tuple[str, ...]]
_WORD = re.compile(r"[^\W_]+")
_MIN_SHINGLES = 12
"""Fewer are a sentence or two, which two reports may well have in common."""
_REPUBLISHED = 0.5
CLOSE_COSINE = 0.84
"""Translations of XQuAD's paragraphs among en, ru and tr are never farther apart than this."""
_MIN_SHARED = 20
"""Terms of the shorter article; fewer are a sentence or two."""
_SHARED_WEIGHT = 0.3
_TRANSLATED = 0.96
_LEAST_SHARE = 0.3
"""Means of news articles on one minister's meetings are as close (0.90 to 0.96) as translations;
what tells them apart is the share: 0.09 to 0.23 between the seeds' different stories."""


def kept_text(text: str, excluded: Sequence[Range]) -> str:
    """A text without its excluded ranges (sorted, disjoint): what sites add is no story."""
    kept, at = [], 0
    for start, end in excluded:
        kept.append(text[at:start])
        at = end
    return " ".join([*kept, text[at:]])


def shingles(text: str) -> Shingles:
    """The runs of four words of a text, without case."""
    words = _WORD.findall(text.casefold())
    return frozenset(zip(words, words[1:], words[2:], words[3:], strict=False))


def containment(one: Shingles, other: Shingles) -> float:
    """The share of the smaller set that the other holds, 0 to 1; 0 where it is too small."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller >= _MIN_SHINGLES else 0.0


def is_republished(one: Shingles, other: Shingles) -> bool:
    """Whether two articles' shingles are those of one text, added to, cut or edited a little."""
    return containment(one, other) >= _REPUBLISHED


def shared_terms(text: str, language: str) -> frozenset[str]:
    """The terms that do not depend on language: script-free forms, concepts, numbers, dates."""
    return frozenset(term for term in terms(text, language) if is_shared(term))


def is_translated(cosine: float, one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two articles of different languages are translations of one text.

    `cosine + 0.3 * share >= 0.96` and `share >= 0.3`, the share being that of the smaller set of
    `shared_terms` which both have; `tests/benchmarks/README.md` counts what the first of the two
    finds among XQuAD's paragraphs.

    Args:
        cosine: of the means of both articles' chunk vectors.
        one, other: their `shared_terms`.
    """
    smaller = min(len(one), len(other))
    if smaller < _MIN_SHARED:
        return False
    share = len(one & other) / smaller
    if cosine < CLOSE_COSINE or share < _LEAST_SHARE:
        return False
    return cosine + _SHARED_WEIGHT * share >= _TRANSLATED
