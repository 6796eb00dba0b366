"""Who did it, where an English passage says so with "by".

"Addressing the meeting, chaired by Kazakhstan, Bayramov underlined": asked who chaired, a small
reader takes the person who is spoken of. Where a passage names the doer of the deed that is asked
for behind a participle and "by", anyone else in it can hardly be meant, unless the sentence tells
the same deed of them in the active.

This module must not know readers, scores or articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from embeddings.concepts import word_concepts
from embeddings.text import Range, fold_text, sentences, words
from prompts import LANGUAGES

__all__ = ["Deed"]

_REACH = 2  # words behind the question word: "who has chaired", "kim sədrlik edib"
_STEM = 5
_LONGEST_SENTENCE = 600
_NAME = re.compile(r"(?:the )?([A-Z][\w'’-]*(?:,? (?:(?:of|and|the|de|al) )*[A-Z][\w'’-]*)*)")
_BY = re.compile(r"\b([a-z]+)(?:\s+over)?\s+by\s+([^,;:.()\n]{2,60})")


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody is asked for who did it.

    Attributes:
        concepts: of the words right behind the question word, in any of the four languages.
        stems: their first letters, since a participle shares them.
        asked: all words of the question, folded.
    """

    concepts: frozenset[str]
    stems: frozenset[str]
    asked: frozenset[str]

    @classmethod
    def of(cls, said: Sequence[str], behind: int | None) -> Self:
        """Read from the question's folded words.

        Args:
            said: the words.
            behind: the place of the first word behind "who" or "which country"; None where the
                question asks for neither.
        """
        near = [] if behind is None else said[behind : behind + _REACH]
        return cls(
            concepts=frozenset(
                concept
                for word in near
                for language in LANGUAGES
                for concept in word_concepts(word, language)
            ),
            stems=frozenset(word[:_STEM] for word in near if len(word) >= _STEM),
            asked=frozenset(said),
        )

    def doers(self, text: str, language: str) -> tuple[Range, ...]:
        """Whom the passage names as doer of the deed: `[start, end)` code points, in order.

        Args:
            text: the passage.
            language: the passage's; other than English there are none.
        """
        return tuple(match.span(2) for match in self._told(text, language))

    def names(self, text: str, language: str) -> tuple[Range, ...]:
        """The names among the doers: `[start, end)` code points, in order."""
        found = []
        for start, end in self.doers(text, language):
            name = _NAME.match(text, start, end)
            found += [(name.start(1), name.end(1))] if name else []
        return tuple(found)

    def is_anothers(self, text: str, span: Range, language: str) -> bool:
        """Whether the passage names somebody else as the doer than who stands at `span`."""
        told = self._told(text, language)
        if not told or any(m.start() < span[1] and span[0] < m.end() for m in told):
            return False
        deeds = frozenset().union(*(self._same(match[1]) for match in told))
        passive = {match.start(1) for match in _phrases_with_by(text)}
        begin, end = _sentence(text, span[0])
        return not any(
            begin + start not in passive and deeds & self._same(text[begin + start : begin + stop])
            for start, stop in words(text[begin:end])
        )

    def _told(self, text: str, language: str) -> list[re.Match[str]]:
        if language != "en" or not (self.concepts or self.stems):
            return []
        return [
            match
            for match in _phrases_with_by(text)
            if self._same(match[1]) and not self._is_asked_about(match[2])
        ]

    def _same(self, word: str) -> frozenset[str]:
        """The concepts and the stem that a word has in common with the deed."""
        folded = fold_text(word)
        return self.concepts.intersection(word_concepts(folded, "en")) | self.stems.intersection(
            {folded[:_STEM]}
        )

    def _is_asked_about(self, doer: str) -> bool:
        """Whether the question itself names the doer: who else took part is asked then."""
        return any(
            doer[start].isupper() and fold_text(doer[start:end]) in self.asked
            for start, end in words(doer)
        )


@lru_cache(maxsize=16)
def _phrases_with_by(text: str) -> tuple[re.Match[str], ...]:
    return tuple(_BY.finditer(text))


def _sentence(text: str, place: int) -> Range:
    """The sentence around a place; of a long text only what is near is looked at."""
    begin = max(0, place - _LONGEST_SENTENCE)
    near = text[begin : place + _LONGEST_SENTENCE]
    return next(
        (
            (begin + start, begin + end)
            for start, end in sentences(near, "en")
            if begin + start <= place < begin + end
        ),
        (begin, begin + len(near)),
    )
