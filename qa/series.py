"""Whether an article speaks of another one of a series than the question: COP29, the 79th session.

"How many documents did COP28 adopt?": an article on COP29 that never names COP28 does not say.
Numbered things are codes, letters and a number written as one, and ordinals before what is counted,
which is known across languages by its concept (`embeddings.concepts`).

This module must not know readers, scores or how articles are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from embeddings.concepts import word_concepts
from embeddings.text import fold_text, transliterate
from prompts import LANGUAGES

__all__ = ["Series"]

Member = tuple[str, int]
"""What is counted (letters, or "=" and a concept), and the number."""

_CODE = re.compile(r"\b([^\W\d_]{2,8})[-‑]?(\d{1,3})\b")
_ORDINAL = re.compile(
    r"\b(\d{1,3})(?:st|nd|rd|th|[-‑](?:го|е|й|я|ая|ое|ой|ого|ый|ую|ю|ым|ом|м)|[-‑]?(?:[iıuü]?n)?c[iıuü]"
    r"|\.)(?=\s)((?:\s+[^\W\d_][\w'’-]*){1,5})"
)


@dataclass(frozen=True, slots=True)
class Series:
    """The numbered things that a question names."""

    members: frozenset[Member]

    @classmethod
    def of(cls, question: str) -> Self:
        """Read the question; most name none."""
        return cls(frozenset(_members(question, LANGUAGES)))

    def is_of_another(self, text: str, language: str) -> bool:
        """Whether the text names others of a series, and not the one that is asked about.

        Args:
            text: the article's.
            language: the article's; concepts of other than the four languages are not known.
        """
        if not self.members:
            return False
        told = _told(text, language)
        return any(
            member not in told and any(kind == member[0] for kind, _ in told)
            for member in self.members
        )


@lru_cache(maxsize=64)
def _told(text: str, language: str) -> frozenset[Member]:
    return frozenset(_members(text, (language,)))


def _members(text: str, languages: tuple[str, ...]) -> Iterator[Member]:
    for match in _CODE.finditer(text):
        if match[1].isupper():
            yield transliterate(fold_text(match[1])), int(match[2])
    for match in _ORDINAL.finditer(text):
        for word in match[2].split():
            for language in languages:
                for concept in word_concepts(fold_text(word), language):
                    yield "=" + concept, int(match[1])
