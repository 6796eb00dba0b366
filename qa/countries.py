"""Countries by name, in any of the four languages and with any ending.

Wide rather than exact, "Iranian" and "иранского" are Iran: what is looked up are a span and the few
words beside a name, not whole texts. Which form of a word is a country's exactly is another
question (`qa.chat.countries`). The names are `prompts/countries.txt`.

This module must not know questions, spans or articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from embeddings.fold import fold_text
from embeddings.terms import words
from prompts import load_text

__all__ = ["countries_among"]

_KEY = 3
# Behind a short stem: "Индия" is not the beginning of "индекс".
_RUSSIAN_ENDING = re.compile(r"(?!ый)[аеийоуыьэюя]{1,3}м?")
_NO_COUNTRY = ("maliyy", "maliye")  # finance, not Mali
_RUSSIAN_VOWELS = "аеийоуыьэюя"


def countries_among(said: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """The countries that folded words name: the first word, behind the last, the English name."""
    for place, word in enumerate(said):
        for parts, country in _names().get(word[:_KEY], ()):
            if place + len(parts) <= len(said) and all(map(_is, parts, said[place:])):
                yield place, place + len(parts), country


def _is(part: str, word: str) -> bool:
    if not part.endswith("*"):
        return word == part
    stem = part[:-1]
    if word.startswith(_NO_COUNTRY):
        return False
    return word.startswith(stem) and (
        len(stem) > _KEY or _RUSSIAN_ENDING.fullmatch(word, len(stem)) is not None
    )


@cache
def _names() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Names by their first letters: the words, with a star where any ending may follow."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for line in load_text("countries.txt").splitlines():
        if line.startswith("#"):
            continue
        columns = line.split("|")
        country = columns[0].split(",")[0].strip()
        for language, column in enumerate(columns):
            for name in column.split(","):
                parts = [fold_text(name[start:end]) for start, end in words(name)]
                starred = tuple(_with_any_ending(part, russian=language == 1) for part in parts)
                found.setdefault(parts[0][:_KEY], []).append((starred, country))
    return {key: tuple(names) for key, names in found.items()}


def _with_any_ending(word: str, *, russian: bool) -> str:
    if len(word) <= _KEY:
        return word
    return word.rstrip(_RUSSIAN_VOWELS) + "*" if russian else word + "*"
