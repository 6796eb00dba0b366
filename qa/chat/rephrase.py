"""Fragments that ask without a question word: "Anyone else?" is "who else?".

This module must not know the conversation, or how what it makes is completed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qa.chat.countries import country_of
from qa.chat.lexicon import Lexicon, Word, split

__all__ = ["rephrased"]

_ANY = "*"


def rephrased(text: str, words: Lexicon, attested: Collection[str]) -> str:
    """`text` with a question word, or as it is.

    Args:
        attested: keys of words that the conversation has as names.
    """
    spoken = split(text)
    start = 0
    while start < len(spoken) and spoken[start].key in words.connectors - words.other:
        start += 1
    rest = spoken[start:]
    for phrase, asked in words.rephrased:
        for noun in _matched(phrase, asked, rest, words):
            return f"{text[: rest[0].start]}{asked.replace(_ANY, noun)}?"
    return _what_about(text, rest, words, attested)


def _matched(phrase: Sequence[str], asked: str, rest: Sequence[Word], words: Lexicon) -> list[str]:
    """What stands for the noun of `asked`, "" where it has none; nothing where it does not fit."""
    keys = tuple(word.key for word in rest)
    if _ANY not in asked:
        return [""] if keys == tuple(phrase) else []
    fits = len(keys) == len(phrase) + 1 and keys[:-1] == tuple(phrase)
    return [rest[-1].text] if fits and words.noun(rest[-1]) is not None else []


def _what_about(text: str, rest: Sequence[Word], words: Lexicon, attested: Collection[str]) -> str:
    """ "Qırğızıstan necə?" is "bəs Qırğızıstan?" where the name is known to be one."""
    after = {"az": ("nece", "bəs"), "tr": ("nasil", "peki ya")}.get(words.language)
    if after is None or not 2 <= len(rest) <= 3 or rest[-1].key != after[0]:
        return text
    name = text[rest[0].start : rest[-2].end]
    known = country_of(name, words.language) is not None or rest[-2].key in attested
    return f"{after[1]} {name}?" if known and rest[0].capital else text
