"""Concepts: words of the news that share no letters across the four languages, under one name.

"chaired", "председательствовал", "sədrlik etdi" and "başkanlık etti" are the concept "chair";
"OSCE", "ОБСЕ", "ATƏT" and "AGİT" are another. Names that are spelt alike meet by their script-free
form (`embeddings.terms.name_forms`); these do not, and without them a question shares no term with
an article in another language but names and numbers. The table is `prompts/concepts.txt`.

This module must not know what terms look like, nor what they are compared for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from embeddings.fold import fold_text
from prompts import load_text

__all__ = ["phrase_concepts", "word_concepts"]

_LANGUAGES = ("en", "ru", "az", "tr")  # the order of the table's columns
_MIN_STEM = 2
# Azerbaijani and Turkish are also typed without their own letters: "gorusub" is "görüşüb".
_PLAIN = str.maketrans("əğöüşçâîûé", "egouscaiue")


@dataclass(frozen=True, slots=True)
class _Forms:
    """One language's column of the table.

    Attributes:
        words: concepts by a whole word.
        stems: concepts by the beginning of a word.
        phrases: by the first two letters of a phrase's first word: its words, with a star where
            any ending may follow, and its concept.
    """

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stems: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)


@lru_cache(maxsize=1 << 16)
def word_concepts(word: str, language: str) -> tuple[str, ...]:
    """The concepts that one word names: of the longest form that fits it, often none.

    Args:
        word: one word; case and, in Azerbaijani and Turkish, missing marks do not matter.
        language: the word's; other than the four languages have no concepts.
    """
    forms = _table().get(language)
    if forms is None:
        return ()
    plain = _plain(word, language)
    whole = forms.words.get(plain)
    if whole is not None:
        return whole
    lengths = range(len(plain), _MIN_STEM - 1, -1)
    return next((forms.stems[plain[:n]] for n in lengths if plain[:n] in forms.stems), ())


def phrase_concepts(words: Sequence[str], language: str) -> list[str]:
    """The concepts that are named by several words in a row, in order, repeats kept."""
    forms = _table().get(language)
    if forms is None:
        return []
    plain = [_plain(word, language) for word in words]
    return [
        concept
        for place, word in enumerate(plain)
        for phrase, concept in forms.phrases.get(word[:_MIN_STEM], ())
        if _stands(phrase, plain, place)
    ]


def _stands(phrase: tuple[str, ...], words: Sequence[str], place: int) -> bool:
    if place + len(phrase) > len(words):
        return False
    return all(
        word.startswith(form[:-1]) if form.endswith("*") else word == form
        for form, word in zip(phrase, words[place : place + len(phrase)], strict=True)
    )


@cache
def _table() -> dict[str, _Forms]:
    table = {language: _Forms() for language in _LANGUAGES}
    for line in load_text("concepts.txt").splitlines():
        if not line or line.startswith("#"):
            continue
        columns = line.split("|")
        concept = columns[0].split(",")[0].replace("*", "").strip().replace(" ", "-")
        for language, column in zip(_LANGUAGES, columns, strict=True):
            for form in column.split(","):
                _enter(table[language], _plain(form.strip(), language), concept)
    return table


def _enter(forms: _Forms, form: str, concept: str) -> None:
    words = tuple(form.split())
    if len(words) > 1:
        forms.phrases.setdefault(words[0][:_MIN_STEM], []).append((words, concept))
        return
    kept = forms.stems if form.endswith("*") else forms.words
    form = form.removesuffix("*")
    kept[form] = tuple(dict.fromkeys((*kept.get(form, ()), concept)))


@lru_cache(maxsize=1 << 16)
def _plain(word: str, language: str) -> str:
    folded = fold_text(word)
    return folded.translate(_PLAIN) if language in {"az", "tr"} else folded
