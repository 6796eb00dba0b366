"""How many independent reports carry an answer, and whether independent reports contradict it.

Copies of one story are one report, in whatever language. Reports disagree when they give
different values of one kind (numbers, dates or names) in sentences that speak of the same thing.

This module must not know how answers were found, nor how confident is confident enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from embeddings.copies import shared_terms
from embeddings.dates import find_dates
from qa.models import Answer

__all__ = ["opposed", "side_by_side", "with_support"]

_LEAST_CONFIDENCE = 0.5  # of the best answer's
_SAME_THING = 0.5  # share of the shorter sentence's names and numbers
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d+)*")
_WORD = re.compile(r"[^\W_]+")
_MAX_NAME_WORDS = 5


def with_support(answer: Answer) -> Answer:
    """The answer with its counts of articles and of independent reports."""
    stories: list[set[str]] = []
    for citation in (answer.citation, *answer.also):
        story = {citation.article_id, *citation.duplicates}
        apart = [other for other in stories if not other & story]
        stories = [*apart, story.union(*(other for other in stories if other & story))]
    return replace(answer, articles=len(set().union(*stories)), independent_reports=len(stories))


def side_by_side(answers: Sequence[Answer]) -> tuple[tuple[Answer, ...], bool]:
    """The answers, and whether independent reports contradict the first.

    Where they do, the first and its contradictions come first, the newest source ahead; undated
    ones follow.

    Args:
        answers: confident enough, best first.
    """
    against = [other for other in answers[1:] if _contradicts(answers[0], other)]
    if not against:
        return tuple(answers), False
    together = sorted(
        [answers[0], *against],
        key=lambda each: each.citation.published_at or date.min,
        reverse=True,
    )
    return (*together, *(each for each in answers if each not in together)), True


def opposed(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Of what `side_by_side` gave, the answers that contradict one another, in its order."""
    if not answers:
        return ()
    best = max(answers, key=lambda each: each.confidence)
    against = [each for each in answers if each is best or _contradicts(best, each)]
    return tuple(against) if len(against) > 1 else ()


def _contradicts(best: Answer, other: Answer) -> bool:
    kind = _kind(best)
    if kind is None or kind != _kind(other) or _values(best, kind) & _values(other, kind):
        return False
    if other.confidence < _LEAST_CONFIDENCE * best.confidence:
        return False
    if _articles(best) & _articles(other):
        return False
    one, two = _surroundings(best), _surroundings(other)
    smaller = min(len(one), len(two))
    return smaller > 0 and len(one & two) >= _SAME_THING * smaller


def _articles(answer: Answer) -> set[str]:
    return {
        each
        for citation in (answer.citation, *answer.also)
        for each in (citation.article_id, *citation.duplicates)
    }


def _kind(answer: Answer) -> Literal["date", "number", "name"] | None:
    if find_dates(answer.text, yearless=True):
        return "date"
    if _NUMBER.search(answer.text):
        return "number"
    words = _WORD.findall(answer.text)
    named = 0 < len(words) <= _MAX_NAME_WORDS and all(word[0].isupper() for word in words)
    return "name" if named else None


def _values(answer: Answer, kind: str) -> frozenset[object]:
    """What must differ: any value in common, or a name that is part of the other, is agreement."""
    if kind == "date":
        return frozenset(
            (each.month, each.day) if each.month is not None else each.year
            for each in find_dates(answer.text, yearless=True)
        )
    if kind == "number":
        return frozenset(re.sub(r"\D", "", each) for each in _NUMBER.findall(answer.text))
    return frozenset(shared_terms(answer.text, answer.citation.language))


def _surroundings(answer: Answer) -> frozenset[str]:
    """Names and numbers of the sentence, without the answer's own."""
    citation = answer.citation
    sentence = shared_terms(citation.sentence.text, citation.language)
    return sentence - shared_terms(answer.text, citation.language)
