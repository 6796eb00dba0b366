"""Folding: one spelling for what is written in many, without losing the way back.

`fold` keeps for each folded character the offset it came from, so that a match in the folded
text can be shown in the original one. `transliterate` goes further, to plain ASCII across
Cyrillic and Latin spellings of names, and gives up offsets.

This module must not know languages, words, articles or questions: it sees characters only.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

__all__ = ["Folded", "fold", "fold_text", "transliterate", "without_surrogates"]

# Sorting a run of combining marks is quadratic in CPython's unicodedata, so no more than this
# many are normalised together. Real text stays below 10.
_MAX_CLUSTER = 32

_QUOTES = dict.fromkeys("«»„“”‟〝〞＂‹›", '"')
_APOSTROPHES = dict.fromkeys("‘’‚‛ʼʹʻʽˈ′`´＇", "'")
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－⁃", "-")
_DROPPED = dict.fromkeys(
    "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufe0e\ufe0f",
    "",
)
# Dotted and dotless i are one letter here: "İSTANBUL", "ISTANBUL" and "ıstanbul" must meet,
# whatever keyboard or case mapping made them.
_LETTERS = {"İ": "i", "I": "i", "ı": "i", "Ё": "е", "ё": "е"}
_FIXED: dict[str, str] = {**_QUOTES, **_APOSTROPHES, **_DASHES, **_DROPPED, **_LETTERS}


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and the way back.

    Attributes:
        text: the folded text.
        offsets: `offsets[i]` is the code point in the original where folded character `i`
            comes from, never decreasing; one more entry than `text` has characters, the last
            being the length of the original. A match `[a, b)` in `text` is
            `[offsets[a], offsets[b])` in the original.
    """

    text: str
    offsets: tuple[int, ...]


def fold(text: str) -> Folded:
    """Fold for matching: case, İ/I/ı, ё/е, quotes, dashes, invisible characters, NFC/NFD.

    Compatibility forms (full-width letters, ligatures, superscripts) fold to the plain ones
    and every kind of space to one space each; newlines stay.
    """
    if text.isascii():
        return Folded(text.lower(), tuple(range(len(text) + 1)))
    pieces: list[str] = []
    offsets: list[int] = []
    for start, cluster in _clusters(text):
        folded = _fold_cluster(cluster)
        pieces.append(folded)
        offsets.extend([start] * len(folded))
    offsets.append(len(text))
    return Folded("".join(pieces), tuple(offsets))


def fold_text(text: str) -> str:
    """The same text as `fold(text).text`, faster, without the offsets."""
    if text.isascii():
        return text.lower()
    if _MAYBE_MARKS.search(text) is None:
        return text.translate(_CHARACTERS)
    return "".join(_fold_cluster(cluster) for _, cluster in _clusters(text))


def transliterate(text: str) -> str:
    """Plain ASCII for Cyrillic and Latin text: "Байрамов", "Bayramow", "Bayramov" are one.

    Spelling is unified where the scripts disagree by rule alone (c and дж are "j", ç and ч
    "ch", ş and ш "sh", x and х "kh", w "v"); what no rule decides, such as ə against a, is
    left to the name forms of `embeddings.terms`. Characters of other scripts are kept.
    """
    folded = fold_text(text)
    for many, one in _DIGRAPHS:
        if many in folded:
            folded = folded.replace(many, one)
    plain = folded.translate(_SCRIPTS)
    return plain if plain.isascii() else _strip_marks(plain)


def without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced one for one by U+FFFD, so offsets stay.

    Libraries written in Rust take no lone surrogates; JSON can bring them.
    """
    if text.isascii():
        return text
    return _SURROGATES.sub("\ufffd", text)


_SURROGATES = re.compile("[\ud800-\udfff]")


class _CharacterTable(dict[int, str]):
    """`str.translate` table that folds a character when it is first met. A cache."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    fixed = _FIXED.get(character)
    if fixed is not None:
        return fixed
    if character.isspace():
        return character if character in "\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029" else " "
    compatible = unicodedata.normalize("NFKC", character)
    folded = "".join(_FIXED.get(c, c) for c in compatible)
    return "".join(_FIXED.get(c, c) for c in folded.casefold())


_CHARACTERS = _CharacterTable()


def _fold_cluster(cluster: str) -> str:
    if len(cluster) == 1:
        return _CHARACTERS[ord(cluster)]
    composed = unicodedata.normalize("NFC", cluster)
    folded = composed.translate(_CHARACTERS)
    if "\u0307" in folded:  # what str.lower() makes of "İ"
        folded = folded.replace("i\u0307", "i")
    if "\u0400" <= folded[:1] <= "\u052f":  # stress marks of dictionaries and encyclopaedias
        folded = folded.replace("\u0301", "").replace("\u0300", "")
    return folded


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield `(start, characters)`: a character with the marks that may compose with it."""
    start = 0
    length = len(text)
    runs = _marks().finditer(text) if _MAYBE_MARKS.search(text) is not None else ()
    for match in runs:
        first, last = match.span()
        base = max(first - 1, start)
        for position in range(start, base):
            yield position, text[position]
        while base < last:
            end = min(base + _MAX_CLUSTER, last)
            yield base, text[base:end]
            base = end
        start = last
    for position in range(start, length):
        yield position, text[position]


# A superset in a few ranges: most texts hold none of these and skip the exact, slower set.
_MAYBE_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f-\u2dff"
    "\u302a-\u302f\u3099\u309a\ua66f-\uabff\ud7b0-\ud7ff\ufb1e\ufe00-\ufe2f\U00010000-\U0010ffff]"
)


@cache
def _marks() -> re.Pattern[str]:
    """Runs of the characters that can compose with the one before them."""
    ranges: list[list[int]] = []
    for code in range(0x300, sys.maxunicode + 1):
        if 0x3400 <= code < 0xA000 or 0x20000 <= code < 0xE0000 or code > 0xE0FFF:
            continue  # ideographs and private use hold no marks; skipping them saves 100 ms
        if unicodedata.category(chr(code)) in {"Mn", "Mc", "Me"} or 0x1160 <= code <= 0x11FF:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return re.compile("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in ranges) + "]+")


# Replaced before single letters: what two or three letters spell, one letter of the table does.
_DIGRAPHS = (
    ("дж", "ҹ"), ("dzh", "ҹ"), ("dj", "ҹ"), ("shch", "ş"), ("sch", "ş"), ("гя", "га"), ("кя", "ка"),
    ("гю", "гу"), ("кю", "ку"), ("ftch", "ftç"),
    ("tch", "ç"), ("ch", "ç"), ("ck", "k"),
)  # fmt: skip

_SCRIPTS = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufie", strict=True)),
        **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya"},
        **{"ъ": "", "ь": "", "ё": "e"},
        # Azerbaijani, Ukrainian, Belarusian, Kazakh, Kyrgyz, Tajik and Serbian letters
        **{"ә": "e", "ғ": "g", "һ": "h", "ј": "y", "ҝ": "g", "ө": "o", "ү": "u", "ҹ": "j"},
        **{"є": "ye", "і": "i", "ї": "yi", "ґ": "g", "ў": "u", "қ": "k", "ң": "n", "ұ": "u"},
        **{"љ": "l", "њ": "n", "ћ": "ch", "ђ": "j", "џ": "j", "ӯ": "u", "ҷ": "j", "ҳ": "h"},
        # Latin letters of Azerbaijani and Turkish, then of their neighbours
        **{"ə": "e", "ğ": "g", "ö": "o", "ü": "u", "ç": "ch", "ş": "sh", "c": "j"},
        **{"w": "v", "x": "kh", "q": "g", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"},
        **{"æ": "ae", "œ": "oe", "č": "ch", "š": "sh", "ž": "zh", "ș": "sh", "ț": "ts"},
    }
)


def _strip_marks(text: str) -> str:
    pieces = (unicodedata.normalize("NFD", cluster) for _, cluster in _clusters(text))
    return unicodedata.normalize("NFC", _marks().sub("", "".join(pieces)))
