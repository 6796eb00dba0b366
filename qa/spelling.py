"""Azerbaijani and Turkish typed on a keyboard without their letters, as they are meant.

"disisleri bakani toplantisina hangi gun katildi" is "dışişleri bakanı toplantısına hangi gün
katıldı": many type so, and encoder and reader, which saw little of it, fail on a third of such
questions. The letters are put back by the encoder's own tokenizer: its unigram language model
(Kudo 2018) knows every piece of a word and how likely it is, so of all spellings of a word the
likeliest is taken, by Viterbi's algorithm over the pieces. What pieces do not know of each other
is vowel harmony; breaking it costs something. Words of the tables count as pieces.

A text with any of those letters is left as it is. So is one in another language.

This module must not know questions from other texts, nor stores or readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from embeddings.concepts import spelt_words
from embeddings.encoder import Encoder, LightEncoder
from embeddings.language import function_words
from embeddings.months import month_number
from embeddings.vocabulary import read_pieces

__all__ = ["LANGUAGES", "Spelt", "WordSpeller", "as_meant"]

LANGUAGES = ("az", "tr")

_MARKED = "əğıöüşç"
_TO_ASCII = str.maketrans(_MARKED, "egiousc")
_HAS_MARK = re.compile(f"[{_MARKED}ƏĞÖÜŞÇİ]")  # a capital "ı" is a letter of English
_PIECE = re.compile(f"▁?[a-z{_MARKED}]+")
_WORD = re.compile(r"(?<![\w'’])[A-Za-z]+(?:['’][A-Za-z]+)*(?![\w'’])")
_OPENING = "▁"  # before a piece that begins a word
_APOSTROPHES = "'’"

_MOST_LETTERS = 40  # longer words are none
_LONGEST_PIECE = 16
_SPELLINGS = 6  # of one piece without marks; the rest are rare
_KNOWN_WORD = -9.0  # log-probability of a word of the tables: that of the thousandth piece
_NE = -6.0
"""Of "nə": more than of "ne", which other languages have and Azerbaijani has not."""
_UNKNOWN_LETTER = -15.0
_LEAST_GAIN, _LEAST_GAIN_OF_ALL = 1.0, 4.0
"""In log-probability, that a word must gain to be changed, and a question to be changed at all. Of
219 Turkish questions (TQuAD, THQuAD) that have none of the letters 3 in 100 gain so much, of others
without their letters 94."""
_BREAK_BETWEEN = 4.0
"""Against vowel harmony between pieces, inside them a quarter. Of the words of 415 Turkish
questions (TQuAD) without their marks 57 % are right as they are; restored without harmony 81, with
2 to 6 between pieces 85, with 1 to 3 inside too 87, with the tables' words 88."""
_BREAK_INSIDE = 1.0
_LATE_E = 4.0  # Azerbaijani has "e" in first syllables, else "ə"
_BACK, _ROUND, _HIGH = frozenset("aıou"), frozenset("ouöü"), frozenset("ıiuü")
_VOWELS = frozenset("aıoueəiöü")
_MORE_AZERI = 0.5
"""A word on average, in log-probability: how much likelier the letters of Azerbaijani must make a
text that was taken for Turkish. Of 400 Turkish questions (TQuAD, THQuAD) 1 in 100 is so, of 81
Azerbaijani ones 77, among them all 16 that were taken for Turkish before."""


@dataclass(frozen=True, slots=True)
class Spelt:
    """A text and the language it is in."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Respelt:
    """A word as it is likeliest spelt, as long as before.

    Attributes:
        score: its log-probability, for comparing only.
        gain: how much more that is than of the word as it was typed; 0 for the same word.
    """

    word: str
    score: float
    gain: float


class WordSpeller:
    """Puts the letters back into words of one language.

    Args:
        language: "az" or "tr".
        pieces: each with its log-probability, "▁" in front of one that begins a word.
    """

    def __init__(self, language: str, pieces: Iterable[tuple[str, float]]) -> None:
        self._late_e = _LATE_E if language == "az" else 0.0
        found: dict[str, list[tuple[float, str]]] = {}
        for piece, score in pieces:
            if _PIECE.fullmatch(piece) and (language == "az" or "ə" not in piece):
                found.setdefault(piece.translate(_TO_ASCII), []).append((score, piece))
        self._spellings = {
            plain: tuple(sorted(each, reverse=True)[:_SPELLINGS]) for plain, each in found.items()
        }

    def respell(self, word: str) -> Respelt:
        """The likeliest spelling of a word of ASCII letters and apostrophes.

        Capitals stay where they are; an "I" is "İ" or "I" as the word is spelt.
        """
        plain = _OPENING + word.lower()
        if len(word) > _MOST_LETTERS:
            return Respelt(word, len(word) * _UNKNOWN_LETTER, 0.0)
        score, spelt = self._best(plain)
        as_typed = score if spelt == plain else self._best(plain, marked=False)[0]
        same_month = month_number(spelt[1:]) is not None or month_number(word) is None
        if score - as_typed < _LEAST_GAIN or not same_month:  # "nisan" is April, "nişan" a mark
            return Respelt(word, as_typed, 0.0)
        letters = zip(word, spelt[1:], strict=True)
        made = "".join(_capital(s) if w.isupper() else s for w, s in letters)
        return Respelt(made, score, score - as_typed)

    def _best(self, plain: str, *, marked: bool = True) -> tuple[float, str]:
        """Viterbi over the places of the word; what is behind depends on the last vowel."""
        ways: list[dict[str, tuple[float, str]]] = [{} for _ in range(len(plain) + 1)]
        ways[0][""] = (0.0, "")
        for begin in range(len(plain)):
            for end in range(begin + 1, min(len(plain), begin + _LONGEST_PIECE) + 1):
                for cost, piece in self._pieces(plain[begin:end]):
                    if not marked and piece != plain[begin:end]:
                        continue
                    for last, (score, text) in ways[begin].items():
                        vowel, broken = self._harmony(last, piece)
                        total = (score + cost - broken, text + piece)
                        if vowel not in ways[end] or total > ways[end][vowel]:
                            ways[end][vowel] = total
        return max(ways[-1].values())

    def _pieces(self, plain: str) -> tuple[tuple[float, str], ...]:
        if plain in _APOSTROPHES or plain == _OPENING:
            return ((0.0, plain),)
        known = self._spellings.get(plain, ())
        if len(plain) > 1 or any(piece == plain for _, piece in known):
            return known
        return (*known, (_UNKNOWN_LETTER, plain))

    def _harmony(self, last: str, piece: str) -> tuple[str, float]:
        """The last vowel behind a piece, and what the piece's vowels cost behind `last`."""
        cost, weight = 0.0, _BREAK_BETWEEN
        for letter in piece:
            if letter not in _VOWELS:
                continue
            if last:
                cost += weight * _broken(last, letter) + self._late_e * (letter == "e")
            last, weight = letter, _BREAK_INSIDE
        return last, cost


def _broken(last: str, vowel: str) -> float:
    """How much a vowel breaks harmony with the one before: 1 for backness, a half for rounding."""
    if vowel not in _HIGH and vowel not in "aə":
        return 0.0
    if (vowel in _BACK) != (last in _BACK):
        return 1.0
    return 0.5 * (vowel in _HIGH and (vowel in _ROUND) != (last in _ROUND))


def _capital(letter: str) -> str:
    return "İ" if letter == "i" else letter.upper()


def as_meant(
    text: str, language: str, encoder: Callable[[], Encoder], *, sure: bool = False
) -> Spelt:
    """The text with the letters that it was typed without.

    Args:
        text: a question, of any language.
        language: that it was taken for.
        encoder: gives the encoder whose tokenizer is asked, if it has to be; one of another than
            the bundled kind knows nothing.
        sure: the language is known, and is not to be told anew from the spelling.

    Returns:
        the text itself unless it is Azerbaijani or Turkish without any letter that English lacks.
        Words of capitals alone are abbreviations and stay, unless all words are so.

    Raises:
        EncoderError: the encoder cannot be loaded, or its tokenizer cannot be read.
    """
    if language not in LANGUAGES or _HAS_MARK.search(text):
        return Spelt(text, language)
    loaded = encoder()
    spellers = _spellers(loaded.folder) if isinstance(loaded, LightEncoder) else {}
    if not spellers:
        return Spelt(text, language)
    shouted = text.upper() == text
    places = [m for m in _WORD.finditer(text) if shouted or not _is_abbreviation(m[0])]
    if not places:
        return Spelt(text, language)
    if language == "tr" and not sure and _is_azeri([m[0] for m in places], spellers):
        language = "az"
    respelt = [spellers[language].respell(match[0]) for match in places]
    if sum(each.gain for each in respelt) < _LEAST_GAIN_OF_ALL:
        return Spelt(text, language)  # not a letter may be missing
    return Spelt(_exchanged(text, places, [each.word for each in respelt]), language)


def _is_azeri(words: Sequence[str], spellers: Mapping[str, WordSpeller]) -> bool:
    """Whether the letters of Azerbaijani make the words much likelier than those of Turkish.

    Names are in either as they are, so that words with a capital count only if there are no others.
    """
    told = [word for word in words if word.islower()] or words
    more = (
        spellers["az"].respell(word).score - spellers["tr"].respell(word).score for word in told
    )
    return sum(more) > _MORE_AZERI * len(told)


def _is_abbreviation(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _exchanged(text: str, places: Iterable[re.Match[str]], words: Iterable[str]) -> str:
    letters = list(text)
    for match, word in zip(places, words, strict=True):
        letters[match.start() : match.end()] = word
    return "".join(letters)


@lru_cache(maxsize=2)
def _spellers(folder: Path) -> Mapping[str, WordSpeller]:
    """By language, of one encoder; kept, since reading the pieces takes half a second."""
    pieces = read_pieces(folder / "tokenizer.json")
    if not pieces:
        return {}
    return {code: WordSpeller(code, [*pieces, *_table_words(code)]) for code in LANGUAGES}


def _table_words(language: str) -> Iterator[tuple[str, float]]:
    for word in {*spelt_words(language), *function_words(language)}:
        if word.isalpha():
            yield _OPENING + word, _NE if word == "nə" else _KNOWN_WORD
