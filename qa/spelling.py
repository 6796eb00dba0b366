"""Azerbaijani and Turkish typed on a keyboard without their letters, as they are meant.

"disisleri bakani toplantisina hangi gun katildi" is "dışişleri bakanı toplantısına hangi gün
katıldı": many type so, and encoder and reader, which saw little of it, fail on a third to a half of
such questions. The letters are put back by the encoder's own tokenizer: its unigram language model
(Kudo 2018) knows every piece of a word and how likely it is, so of all spellings of a word the
likeliest is taken, by Viterbi's algorithm over the pieces. What pieces do not know of each other is
vowel harmony; breaking it costs something. Words of the tables count as pieces.

A text with any of those letters is left as it is, but for Azerbaijani typed on a Turkish keyboard,
which has all but "ə". So is one in another language.

This module must not know questions from other texts, nor stores or readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from unicodedata import is_normalized

from embeddings.concepts import spelt_words
from embeddings.encoder import Encoder, LightEncoder
from embeddings.language import function_words
from embeddings.months import month_number
from embeddings.vocabulary import OPENING, Vocabulary, load_vocabulary, lowered
from qa.question import outside_quotes

__all__ = ["LANGUAGES", "Speller", "Spelt", "as_meant", "vocabulary_of"]

LANGUAGES = ("az", "tr")

_Spellings = dict[str, tuple[tuple[float, str], ...]]

_MARKED = "əğıöüşç"
_TO_ASCII = str.maketrans(_MARKED, "egiousc")
_HAS_MARK = re.compile(f"[{_MARKED}ƏĞÖÜŞÇİ]")  # a capital "ı" is a letter of English
_PIECE = re.compile(f"▁?[a-z{_MARKED}]+")
_HAS_SCHWA = re.compile("[əƏ]")
_LETTER = f"[A-Za-z{_MARKED}ƏĞÖÜŞÇİ]"
_WORD = re.compile(rf"(?<![\w'’]){_LETTER}+(?:['’]{_LETTER}+)*(?![\w'’])")
_APOSTROPHES = "'’"

_MOST_LETTERS = 40  # longer words are none
_LONGEST_PIECE = 16
_KNOWN_WORD = -9.0  # log-probability of a word of the tables: that of the thousandth piece
_NE = -6.0
"""Of "nə": more than of "ne", which other languages have and Azerbaijani has not."""
_UNKNOWN_LETTER = -15.0
_LEAST_GAIN, _LEAST_GAIN_OF_ALL = 1.0, 4.0
"""In log-probability, that a word must gain to be changed, and a question to be changed at all, the
latter no more than one a word. Of 213 Turkish questions (TQuAD, THQuAD) that have none of the
letters 4 gain so much, one of them rightly; of others without their letters 94 in 100."""
_BREAK_BETWEEN = 4.0
"""Against vowel harmony between pieces, inside them a quarter. Of the words of 415 Turkish
questions (TQuAD) without their marks 57 % are right as they are; restored without harmony 81, with
2 to 6 between pieces 85, with 1 to 3 inside too 87, with the tables' words 88."""
_BREAK_INSIDE = 1.0
_TURKISH_ALONE = frozenset(
    [
        "hangi",
        "hangisi",
        "nasıl",
        "kaç",
        "kaçıncı",
        "niçin",
        "için",
        "hakkında",
        "kadar",
        "olarak",
        "ancak",
        "bakanı",
        "bakanlığı",
        "başkanı",
        "yapıldı",
        "yaptı",
        "yılında",
    ]
)
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


class Speller:
    """Puts the letters back into words.

    Args:
        vocabulary: the pieces of words.
        words: more of them by language, each with its log-probability.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        words: Mapping[str, Iterable[tuple[str, float]]] = MappingProxyType({}),
    ) -> None:
        self._scores = vocabulary.scores
        self._shared: _Spellings = {}
        self._own: dict[str, _Spellings] = {language: {} for language in LANGUAGES}
        for piece, score in vocabulary.scores.items():
            plain = piece.translate(_TO_ASCII)
            if plain != piece and _PIECE.fullmatch(piece):
                _enter(self._own["az"] if "ə" in piece else self._shared, plain, score, piece)
        for language, listed in words.items():
            for word, score in listed:
                piece = OPENING + word
                _enter(self._own[language], piece.translate(_TO_ASCII), score, piece)

    def respell(self, word: str, language: str, letters: str = _MARKED) -> Respelt:
        """The likeliest spelling of a word of letters and apostrophes.

        Capitals stay where they are; an "I" is "İ" or "I" as the word is spelt.

        Args:
            word: with none of `letters`.
            language: its own.
            letters: those that it may lack.
        """
        typed = OPENING + _lower(word, ascii_only=letters == _MARKED)
        if len(word) > _MOST_LETTERS:
            return Respelt(word, len(word) * _UNKNOWN_LETTER, 0.0)
        score, spelt = self._best(typed, language, letters)
        as_typed = score if spelt == typed else self._best(typed, language, "")[0]
        same_month = month_number(spelt[1:]) is not None or month_number(word) is None
        if score - as_typed < _LEAST_GAIN or not same_month:  # "nisan" is April, "nişan" a mark
            return Respelt(word, as_typed, 0.0)
        places = zip(word, spelt[1:], strict=True)
        made = "".join(_capital(letter) if was.isupper() else letter for was, letter in places)
        return Respelt(made, score, score - as_typed)

    def _best(self, typed: str, language: str, letters: str) -> tuple[float, str]:
        """Viterbi over the places of the word; what is behind depends on the last vowel."""
        late_e = _LATE_E if language == "az" else 0.0
        ways: list[dict[str, tuple[float, str]]] = [{} for _ in range(len(typed) + 1)]
        ways[0][""] = (0.0, "")
        for begin in range(len(typed)):
            for end in range(begin + 1, min(len(typed), begin + _LONGEST_PIECE) + 1):
                for gain, piece in self._pieces(typed[begin:end], language, letters):
                    for last, (score, text) in ways[begin].items():
                        vowel, broken = _harmony(last, piece, late_e)
                        total = (score + gain - broken, text + piece)
                        if vowel not in ways[end] or total > ways[end][vowel]:
                            ways[end][vowel] = total
        return max(ways[-1].values())

    def _pieces(self, typed: str, language: str, letters: str) -> Iterator[tuple[float, str]]:
        if typed in _APOSTROPHES or typed == OPENING:
            yield 0.0, typed
        elif typed in self._scores or len(typed) == 1:
            yield self._scores.get(typed, _UNKNOWN_LETTER), typed
        plain = typed.translate(_TO_ASCII)
        for spellings in (self._shared, self._own[language]):
            for score, piece in spellings.get(plain, ()):
                if all(p == t or p in letters for p, t in zip(piece, typed, strict=True)):
                    yield score, piece


def _lower(word: str, *, ascii_only: bool) -> str:
    return lowered(word if ascii_only else word.replace("I", "ı"))


def _enter(spellings: _Spellings, plain: str, score: float, piece: str) -> None:
    spellings[plain] = (*spellings.get(plain, ()), (score, piece))


def _harmony(last: str, piece: str, late_e: float) -> tuple[str, float]:
    """The last vowel behind a piece, and what the piece's vowels cost behind `last`."""
    cost, weight = 0.0, _BREAK_BETWEEN
    for letter in piece:
        if letter not in _VOWELS:
            continue
        if last:
            cost += weight * _broken(last, letter) + late_e * (letter == "e")
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
        the text itself unless it is Azerbaijani or Turkish without any letter that English lacks,
        or Azerbaijani without "ə".
        Words in quotes stay, and words of capitals alone, which are abbreviations unless all
        words are so.

    Raises:
        EncoderError: the encoder cannot be loaded, or its tokenizer cannot be read.
    """
    letters = _letters_lacking(text, language)
    turkish = language == "tr" and letters == "ə" and (sure or _is_turkish(text))
    if turkish or not letters:
        return Spelt(text, language)
    vocabulary = vocabulary_of(encoder())
    if vocabulary is None:
        return Spelt(text, language)
    speller = _speller(vocabulary)
    shouted = text.upper() == text
    words = outside_quotes(_WORD, text)
    places = [match for match in words if shouted or not _is_abbreviation(match[0])]
    if language == "tr" and not sure and _is_azeri([m[0] for m in places], speller, letters):
        language = "az"
    respelt = [speller.respell(match[0], language, letters) for match in places]
    if language == "az" and places and text[: places[0].end()].strip().lower() == "bes":
        respelt[0] = replace(respelt[0], word=places[0][0][0] + "əs")  # "so", hardly "five"
    if sum(each.gain for each in respelt) < min(_LEAST_GAIN_OF_ALL, len(places)):
        return Spelt(text, language)  # not a letter may be missing
    return Spelt(_exchanged(text, places, [each.word for each in respelt]), language)


def _letters_lacking(text: str, language: str) -> str:
    """The letters that whoever typed a text may not have had: all, "ə" alone, or none."""
    if language not in LANGUAGES or not is_normalized("NFC", text):
        return ""  # marks of their own may stand behind letters
    if not _HAS_MARK.search(text):
        return _MARKED
    return "" if _HAS_SCHWA.search(text) else "ə"


def _is_turkish(text: str) -> bool:
    """Whether a text has a word that is seldom missing in Turkish and none in Azerbaijani."""
    return any(
        _lower(match[0], ascii_only=False) in _TURKISH_ALONE for match in _WORD.finditer(text)
    )


def _is_azeri(words: Sequence[str], speller: Speller, letters: str) -> bool:
    """Whether the letters of Azerbaijani make the words much likelier than those of Turkish.

    Names are in either as they are, so that words with a capital count only if there are no others.
    """
    told = [word for word in words if word.islower()] or words
    azeri, turkish = (
        sum(speller.respell(word, code, letters).score for word in told) for code in LANGUAGES
    )
    return azeri - turkish > _MORE_AZERI * len(told)


def _is_abbreviation(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _exchanged(text: str, places: Iterable[re.Match[str]], words: Iterable[str]) -> str:
    letters = list(text)
    for match, word in zip(places, words, strict=True):
        letters[match.start() : match.end()] = word
    return "".join(letters)


def vocabulary_of(encoder: Encoder) -> Vocabulary | None:
    """The pieces that an encoder's tokenizer knows; None for another than the bundled kind.

    Raises:
        WeightsError: the tokenizer cannot be read.
    """
    if not isinstance(encoder, LightEncoder):
        return None
    return load_vocabulary(encoder.folder / "tokenizer.json")


@lru_cache(maxsize=2)
def _speller(vocabulary: Vocabulary) -> Speller:
    """Kept, since it takes a tenth of a second."""
    return Speller(vocabulary, {code: _table_words(code) for code in LANGUAGES})


def _table_words(language: str) -> Iterator[tuple[str, float]]:
    for word in {*spelt_words(language), *function_words(language)}:
        if word.isalpha():
            yield word, _NE if word == "nə" else _KNOWN_WORD
