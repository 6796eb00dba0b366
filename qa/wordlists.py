"""Lists of words and phrases, with a star for any ending, looked up in folded words.

This module must not know what is listed, nor what for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from embeddings.fold import fold_text

__all__ = ["Wordlist"]

_KEY = 2


@dataclass(frozen=True, slots=True)
class Wordlist:
    """A list as `prompts/answer_kinds.json` has them: "when", "year*", "which date*".

    Attributes:
        words: single words, folded.
        stems: what single words begin with.
        phrases: of several words, by the first letters of the first.
    """

    words: frozenset[str]
    stems: tuple[str, ...]
    phrases: dict[str, tuple[tuple[str, ...], ...]]

    @classmethod
    def of(cls, listed: Iterable[str]) -> Self:
        """Read a list; phrases have words of two letters or more in front."""
        words: set[str] = set()
        stems: set[str] = set()
        phrases: dict[str, list[tuple[str, ...]]] = {}
        for each in listed:
            parts = tuple(fold_text(part) for part in each.split())
            if len(parts) > 1:
                phrases.setdefault(parts[0][:_KEY], []).append(parts)
            elif parts[0].endswith("*"):
                stems.add(parts[0][:-1])
            else:
                words.add(parts[0])
        return cls(
            frozenset(words),
            tuple(sorted(stems)),
            {key: tuple(found) for key, found in phrases.items()},
        )

    def behind(self, said: Sequence[str]) -> Iterator[int]:
        """The place behind each word or phrase of the list among folded words, from the left."""
        for at, word in enumerate(said):
            if word in self.words or word.startswith(self.stems):
                yield at + 1
            for parts in self.phrases.get(word[:_KEY], ()):
                if len(parts) <= len(said) - at and all(map(_is, parts, said[at:])):
                    yield at + len(parts)

    def is_in(self, said: Sequence[str]) -> bool:
        """Whether anything of the list stands among folded words."""
        return any(self.behind(said))


def _is(part: str, word: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part
