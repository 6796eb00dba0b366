"""Dates in running text and in date lines, in English, Russian, Azerbaijani and Turkish.

One pass over the tokens of a text tries a few fixed shapes at each (`embeddings.datewords`), so
time is linear in the length of the text. A date is never completed from what is not written:
"25 сен" has no year and so is not a day in the calendar; "03/04/2024" is April in one country and
March in another, so it is neither.

This module must not know articles, questions, or today's date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from embeddings.datewords import calendar_day, match_at, read_tokens
from embeddings.fold import fold

__all__ = ["FoundDate", "find_dates", "parse_date"]

_LONGEST_EXPRESSION = 2000  # characters of a date line that `parse_date` looks at
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as far as a text states it.

    Attributes:
        start, end: code points `[start, end)` of the text.
        year: None only where `find_dates` was asked for dates without a year.
        month: 1 to 12, or None where only the year is stated.
        day: 1 to 31, or None where no single day is stated.
    """

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None

    def as_date(self) -> date | None:
        """The day in the calendar, or None unless year, month and day are all stated."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)


def parse_date(text: str, *, relative_to: date | None = None) -> date | None:
    """The one day that a date expression or date line states, or None if that is not certain.

    Understands "12 aprel 2026-cı ildə", "24 сентября 2021 года", "12 Nisan 2026'da",
    "Sept. 22, 2022", "22.09.2022", ISO dates and times, each also inside other words, as long
    as no second date stands beside it.

    Args:
        text: the expression.
        relative_to: the day from which "3 gün əvvəl", "yesterday" or "вчера" count. Without it
            they mean nothing. Hours, weeks and months ago are too vague for a day.
    """
    if len(text) > _LONGEST_EXPRESSION:
        return None
    compact = _COMPACT.fullmatch(text.strip())
    if compact is not None:
        return calendar_day(int(compact[1]), int(compact[2]), int(compact[3]))
    found = find_dates(text)
    days = {day for each in found if (day := each.as_date()) is not None}
    if len(days) == 1:
        return days.pop()
    if found or relative_to is None:
        return None
    return _relative(fold(text).text, relative_to)


def find_dates(text: str, *, yearless: bool = False) -> list[FoundDate]:
    """Every date of a text that names at least its year, in order, not overlapping.

    "in April 2024", "2024-cü ilin aprelində", "в сентябре 2022", "Nisan 2024'te" have no day;
    "in 2024", "2024-cü ildə" neither day nor month; "22-24 September 2022" and "22 and 23
    September 2022" are their month, and "30 February 2022" is nothing.

    Args:
        text: any text.
        yearless: also give "September 22" and "25 сен", with `year` None.
    """
    folded = fold(text)
    tokens = list(read_tokens(folded.text))
    found: list[FoundDate] = []
    position = 0
    while position < len(tokens):
        match = match_at(tokens, position)
        if match is None:
            position += 1
            continue
        if match.year is not None or (yearless and match.month is not None):
            start = folded.offsets[tokens[position].start]
            end = folded.offsets[tokens[match.stop - 1].end]
            found.append(FoundDate(start, end, match.year, match.month, match.day))
        position = match.stop
    return found


# --- relative days ---------------------------------------------------------------------------

_NUMBERS = {
    **{"one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7},
    **{"один": 1, "два": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7},
    **{"bir": 1, "iki": 2, "üç": 3, "dört": 4, "dörd": 4, "beş": 5, "alti": 6, "yeddi": 7},
    **{"yedi": 7, "uc": 3, "dort": 4, "dord": 4, "bes": 5},
}
_DAYS_AGO = re.compile(
    r"(?<!\w)(\d{1,3}|[^\W\d_]{1,6}) (?:days? ago|(?:дн(?:я|ей)|день|сут(?:ок|ки)) назад"
    r"|g[uü]n (?:bundan )?(?:əvvəl|evvel|önce|once|qabaq))(?!\w)"
)
# Longer names first: "позавчера" holds "вчера".
_NAMED_DAYS = tuple(
    (re.compile(rf"(?<!\w)(?:{names})(?!\w)"), days)
    for names, days in (
        ("day before yesterday|позавчера|srağagün|sragagun|evvelsi gün|önceki gün", 2),
        ("yesterday|вчера|dünən|dunen|dün", 1),
        ("today|сегодня|bu gün|bugün|bu gun|bugun", 0),
    )
)


def _relative(folded: str, known: date) -> date | None:
    """The day that "3 gün əvvəl" or "yesterday" is, counted from a known day."""
    days: set[int] = set()
    rest = " ".join(folded.split())
    for match in _DAYS_AGO.finditer(rest):
        number = int(match[1]) if match[1].isdecimal() else _NUMBERS.get(match[1])
        if number is not None:
            days.add(number)
    for names, ago in _NAMED_DAYS:
        rest, times = names.subn(" ", rest)
        if times:
            days.add(ago)
    if len(days) != 1:
        return None
    try:
        return known - timedelta(days=days.pop())
    except OverflowError:
        return None
