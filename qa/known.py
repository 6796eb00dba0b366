"""What the tables know of words: the countries and the concepts that they name, and where.

This module must not know questions, passages or what is made of a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from embeddings.concepts import concept_names, owner_concepts, phrase_places, word_concepts
from embeddings.terms import words
from embeddings.text import Range
from qa.countries import countries_among

__all__ = ["bare_words", "is_owner", "known_places"]

_APOSTROPHES = ("'", "’")


def bare_words(text: str) -> list[Range]:
    """The words without the endings behind an apostrophe: "Kılıçdaroğlu'nun", "CICA's".

    As `embeddings.terms.words`, `[start, end)` code points. An ending may look like a name:
    "Bayramov'un" is not of the UN.
    """
    return [(a, b) for a, b in words(text) if a == 0 or text[a - 1] not in _APOSTROPHES]


def known_places(said: Sequence[str], languages: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Countries and concepts, each with the places of its first word and behind its last.

    Args:
        said: folded words.
        languages: that they may be in.
    """
    yield from countries_among(said)
    for language in languages:
        yield from phrase_places(said, language)
        for place, word in enumerate(said):
            for concept in word_concepts(word, language):
                yield place, place + 1, concept


def is_owner(name: str) -> bool:
    """Whether what `known_places` gave is a country or an organisation, and no other concept."""
    return name in owner_concepts() or name not in concept_names()  # the rest are countries
