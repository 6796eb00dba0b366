"""Month names of English, Russian, Azerbaijani and Turkish, in all the forms running text uses.

Shared by the lexical terms (a month is the same term in every language) and by the date
parser. This module must not know how dates are written around a month, or what they are for.
"""

from __future__ import annotations

import re
from functools import lru_cache

from embeddings.fold import fold_text

__all__ = ["month_number"]

# Folded: "İyun" and "IYUN" are "iyun" here. A stem takes the endings of its language.
_STEMS: tuple[tuple[int, str], ...] = (
    *((1, s) for s in ("january", "январ", "yanvar", "ocak", "ocağ", "ocag")),
    *((2, s) for s in ("february", "феврал", "fevral", "şubat", "subat")),
    *((3, s) for s in ("march", "март", "mart")),
    *((4, s) for s in ("april", "апрел", "aprel", "nisan")),
    *((5, s) for s in ("may", "мая", "май", "мае", "маю", "маем", "mayis")),
    *((6, s) for s in ("june", "июн", "iyun", "haziran")),
    *((7, s) for s in ("july", "июл", "iyul", "temmuz")),
    *((8, s) for s in ("august", "август", "avqust", "avgust", "ağustos", "agustos")),
    *((9, s) for s in ("september", "сентябр", "sentyabr", "eylül", "eylul")),
    *((10, s) for s in ("october", "октябр", "oktyabr", "ekim")),
    *((11, s) for s in ("november", "ноябр", "noyabr", "kasim")),
    *((12, s) for s in ("december", "декабр", "dekabr", "aralik", "araliğ", "aralig")),
)
_ABBREVIATIONS: dict[str, int] = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9},
    **{"sept": 9, "oct": 10, "nov": 11, "dec": 12},
    **{"янв": 1, "фев": 2, "февр": 2, "мар": 3, "апр": 4, "июн": 6, "июл": 7, "авг": 8},
    **{"сен": 9, "сент": 9, "окт": 10, "ноя": 11, "нояб": 11, "дек": 12},
    **{"yan": 1, "fev": 2, "avq": 8, "sen": 9, "sent": 9, "okt": 10, "noy": 11, "dek": 12},
    **{"oca": 1, "şub": 2, "sub": 2, "nis": 4, "haz": 6, "tem": 7, "ağu": 8, "agu": 8},
    **{"eyl": 9, "eki": 10, "kas": 11, "ara": 12},
}
_ENDINGS = re.compile(
    r"(?:[аеуьяюий]|ом|ем|ём|ями|ях"  # Russian cases
    r"|[ıiuüaə]|(?:[ıiuü]n)?d[aeə](?:n|ki)?|t[ae](?:n|ki)?|[ıiuü]n(?:[aeə])?|[aeə]|s[ıi]"
    r"|[ıiuü]n[dt][aeə]n?|l[aeə]|y[aeə]|d[ıi]r)?"
)


@lru_cache(maxsize=4096)
def month_number(word: str, *, abbreviations: bool = True) -> int | None:
    """The month 1 to 12 that a word names, in any of the four languages, or None.

    Args:
        word: one word without its dot or apostrophe ending; case does not matter.
        abbreviations: also accept "Sept", "сен", "avq". Some are words of their own ("sen" is
            "you" in Azerbaijani and Turkish), so ask for them only beside a day or a year.
    """
    if not 3 <= len(word) <= 16:
        return None
    folded = fold_text(word)
    number = _ABBREVIATIONS.get(folded)
    if number is not None:
        return number if abbreviations else None
    for number, stem in _STEMS:
        if folded.startswith(stem) and _ENDINGS.fullmatch(folded, len(stem)) is not None:
            return number
    return None
