"""The shapes of a date: what stands as one in the folded tokens of a text.

Each shape looks at a few tokens from where it stands, so that a text is read in linear time.

This module must not know what a caller does with a date, nor today's date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from embeddings.months import month_number

__all__ = ["Match", "Token", "calendar_day", "match_at", "read_tokens"]

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")
_MAX_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a word or a mark; `[start, end)` counts the folded text's code points."""

    text: str
    start: int
    end: int
    spaced: bool  # whitespace or the text's beginning stands before it
    number: int | None
    month: int | None


def read_tokens(folded: str) -> Iterator[Token]:
    """The tokens of a folded text, in order."""
    last = -1
    for match in _TOKEN.finditer(folded):
        word = match[0]
        number = int(word) if word.isdecimal() and len(word) <= _MAX_DIGITS else None
        month = month_number(word) if word[0].isalpha() else None
        yield Token(word, match.start(), match.end(), match.start() > last, number, month)
        last = match.end()


@dataclass(frozen=True, slots=True)
class Match:
    """What stands at a token; without year and month, no date at all ("30 February 2022")."""

    stop: int  # index of the token behind it
    year: int | None
    month: int | None = None
    day: int | None = None


# What may hang on a day ("12-ci", "22nd", "12-го") and on a year ("2026-cı", "2026'da", "1990-х").
_DAY_SUFFIX = re.compile(
    "st|nd|rd|th|го|е|й|ое|ого|(?:[iuü]?n)?c[iuü]|[dt][aeə]n?|s[iuü](?:n[dt]?[aeə]n?)?|[iuü]|[iuü]n"
)
_YEAR_SUFFIX = re.compile("(?:[iuü]?n)?c[iuü]|[dt][aeə]n?(?:ki)?|n?[iuü]n|[yn]?[iuüaeə]|м|й|го|ый")
_YEAR_WORD = re.compile(
    r"г|гг|год(?:а|у|ом|ы)?|il(?:i|in|[eə]|ind[aeə]n?|d[aeə]n?)?|yil(?:i\w{0,6})?"
)
_BETWEEN = frozenset({"of", "ayinin", "ayin", "ay", "ayi"})
_BEFORE_YEAR = frozenset(
    {"in", "since", "by", "of", "between", "from", "until", "till"}
    | {"during", "after", "before", "and", "to"}
    | {"year", "в", "во", "с", "до", "после", "за", "по", "к", "и", "год", "il", "yil", "və", "ve"}
)
_RANGE = frozenset({"-", "/"})
_AND = frozenset({"and", "&", "и", "və", "ve"})
_OPENING = frozenset("([{\"'«")


def match_at(tokens: list[Token], at: int) -> Match | None:
    """The date that begins at a token by the first shape that fits, or None."""
    token = tokens[at]
    if token.number is not None:
        return (
            _digits_only(tokens, at)
            or _named_between(tokens, at)
            or _day_month(tokens, at)
            or _year_month(tokens, at)
            or _year_alone(tokens, at)
        )
    if token.month is not None:
        return _month_day(tokens, at)
    return None


def _text(tokens: list[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def _joined(tokens: list[Token], at: int) -> bool:
    """Whether a token stands at `at` with no space before it."""
    return 0 <= at < len(tokens) and not tokens[at].spaced


def _suffix(tokens: list[Token], at: int, pattern: re.Pattern[str]) -> int:
    """The index behind an ending that hangs on the token before `at`, or `at`."""
    word = at
    if _joined(tokens, at) and tokens[at].text in {"-", "'"}:
        word = at + 1
    if _joined(tokens, word) and pattern.fullmatch(tokens[word].text):
        return word + 1
    return at


def _day_at(tokens: list[Token], at: int, *, listed: bool = False) -> tuple[int | None, int] | None:
    """The day at `at` (None for several: 22-24, 22/23) and the index behind it.

    Args:
        listed: also take "22 and 23" for several.
    """
    if at >= len(tokens) or not _is_day(tokens[at]):
        return None
    behind = _suffix(tokens, at + 1, _DAY_SUFFIX)
    several = _RANGE | _AND if listed else _RANGE
    while _text(tokens, behind) in several and behind + 1 < len(tokens):
        if not _is_day(tokens[behind + 1]):
            break
        behind = _suffix(tokens, behind + 2, _DAY_SUFFIX)
        at = -1
    return tokens[at].number if at >= 0 else None, behind


def _is_day(token: Token) -> bool:
    return token.number is not None and len(token.text) <= 2 and 1 <= token.number <= 31


def _year_at(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """The year at `at`, and the index behind it with its endings and the word for year."""
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.number is None or len(token.text) != 4 or not 1000 <= token.number <= 2999:
        return None
    behind = _suffix(tokens, at + 1, _YEAR_SUFFIX)
    if behind < len(tokens) and _YEAR_WORD.fullmatch(tokens[behind].text):
        behind += 1
        if tokens[behind - 1].text in {"г", "гг"} and _text(tokens, behind) == ".":
            behind += 1
    return token.number, behind


def _digits_only(tokens: list[Token], at: int) -> Match | None:
    """2024-10-23, 23.10.2024; 10/23/2024 where only one order is in the calendar."""
    if at + 4 >= len(tokens) or not all(_joined(tokens, i) for i in range(at + 1, at + 5)):
        return None
    mark = tokens[at + 1].text
    if mark not in {"-", ".", "/"} or tokens[at + 3].text != mark:
        return None
    first, second, third = tokens[at], tokens[at + 2], tokens[at + 4]
    if first.number is None or second.number is None or third.number is None:
        return None
    if len(first.text) == 4 and len(second.text) <= 2 and len(third.text) <= 2:
        return _full(at + 5, first.number, second.number, third.number)
    if len(third.text) != 4 or len(first.text) > 2 or len(second.text) > 2:
        return None
    stop = _suffix(tokens, at + 5, _YEAR_SUFFIX)
    day_first = _full(stop, third.number, second.number, first.number)
    month_first = _full(stop, third.number, first.number, second.number)
    if mark == "." or month_first is None or day_first == month_first:
        return day_first
    if day_first is None:
        return month_first
    return Match(stop, third.number)


def _named_between(tokens: list[Token], at: int) -> Match | None:
    """12-Apr-2026, 12/Apr/2026, 2026-Apr-12."""
    if at + 4 >= len(tokens) or not all(_joined(tokens, i) for i in range(at + 1, at + 5)):
        return None
    mark, month, third = tokens[at + 1].text, tokens[at + 2].month, tokens[at + 4]
    if mark not in {"-", "/"} or tokens[at + 3].text != mark or month is None:
        return None
    day, year = (tokens[at], third) if _is_day(tokens[at]) else (third, tokens[at])
    if not _is_day(day) or year.number is None or len(year.text) != 4:
        return None
    return _full(at + 5, year.number, month, day.number or 0)


def _full(stop: int, year: int, month: int, day: int) -> Match | None:
    if not 1000 <= year <= 2999 or calendar_day(year, month, day) is None:
        return None
    return Match(stop, year, month, day)


def _day_month(tokens: list[Token], at: int) -> Match | None:
    """12 aprel 2026-cı il; 24 сентября 2021 года; 22nd of September, 2022; 22-24 Nisan 2024."""
    found = _day_at(tokens, at, listed=True)
    if found is None:
        return None
    day, behind = found
    if _text(tokens, behind) == "." and _joined(tokens, behind):
        behind += 1
    if _text(tokens, behind) in _BETWEEN:
        behind += 1
    if behind >= len(tokens) or tokens[behind].month is None:
        return None
    month = tokens[behind].month
    behind = _after_month(tokens, behind + 1)
    year = _year_behind(tokens, behind)
    if year is None:
        return _dated(behind, None, month, day)
    return _dated(year[1], year[0], month, day) or Match(year[1], None)


def _after_month(tokens: list[Token], at: int) -> int:
    behind = at
    if _text(tokens, behind) == "." and _joined(tokens, behind):
        behind += 1
    behind = _suffix(tokens, behind, _YEAR_SUFFIX)
    if _text(tokens, behind) in {"ayi", "ayinin", "ayinda", "of", "ay"}:
        behind += 1
    return behind


def _dated(stop: int, year: int | None, month: int | None, day: int | None) -> Match | None:
    """The match, if there is such a day; any 29 February without a year is one."""
    if month is not None and day is not None:
        leap = 2000 if year is None else year
        if calendar_day(leap, month, day) is None:
            return None
    if year is None and day is None:
        return None
    return Match(stop, year, month, day)


def _month_day(tokens: list[Token], at: int) -> Match | None:
    """September 22, 2022; Sept. 22 2022; April 2024; Nisan 2024'te; сентябре 2022 года."""
    month = tokens[at].month
    behind = _after_month(tokens, at + 1)
    year = _year_behind(tokens, behind)
    if year is not None:
        return Match(year[1], year[0], month)
    found = _day_at(tokens, behind, listed=True)
    if found is not None and _year_behind(tokens, found[1]) is None:
        found = _day_at(tokens, behind)  # "on September 22 and 5 people"
    if found is None:
        return None
    day, behind = found
    year = _year_behind(tokens, behind)
    if year is None:
        return _dated(behind, None, month, day)
    return _dated(year[1], year[0], month, day) or Match(year[1], None)


def _year_behind(tokens: list[Token], at: int) -> tuple[int, int] | None:
    return _year_at(tokens, at + 1 if _text(tokens, at) == "," else at)


def _year_month(tokens: list[Token], at: int) -> Match | None:
    """2024-cü ilin aprelində; 2024 yılının Nisan ayında; 2026-cı il 12 aprel, aprelin 12-də."""
    found = _year_at(tokens, at)
    if found is None:
        return None
    year, behind = found
    day = _day_at(tokens, behind, listed=True)
    if day is not None:
        after = day[1]
        if after < len(tokens) and tokens[after].month is not None:
            stop = _after_month(tokens, after + 1)
            if _year_at(tokens, stop) is None:  # otherwise day and month belong to that year
                return _dated(stop, year, tokens[after].month, day[0]) or Match(stop, None)
        return None
    if behind >= len(tokens) or tokens[behind].month is None:
        return None
    month = tokens[behind].month
    stop = _after_month(tokens, behind + 1)
    day = _day_at(tokens, stop)
    if _year_at(tokens, stop) is not None:
        return None
    if day is not None:
        dated = _dated(day[1], year, month, day[0])
        if dated is not None:
            return dated
    return Match(stop, year, month)


def _year_alone(tokens: list[Token], at: int) -> Match | None:
    """2024 where a word, an ending or punctuation tells it from a count of 2024 things."""
    found = _year_at(tokens, at)
    if found is None or not 1900 <= found[0] <= 2099:
        return None
    year, behind = found
    if not tokens[at].spaced and _text(tokens, at - 1) not in _OPENING:
        through = _text(tokens, at - 1) == "-" and len(_text(tokens, at - 2)) == 4
        if not (through and _text(tokens, at - 2).isdecimal()):
            return None
    if behind > at + 1:
        return Match(behind, year)
    following = _text(tokens, behind)
    if _joined(tokens, behind):
        if following not in {".", ",", ";", ":", "?", "!", ")", "]", "-", '"', "'"}:
            return None  # "2024%", "1990s"
        digits = _joined(tokens, behind + 1) and _text(tokens, behind + 1).isdecimal()
        if digits and not (following == "-" and len(_text(tokens, behind + 1)) in {2, 4}):
            return None
        return Match(behind, year)
    if behind >= len(tokens) or _text(tokens, at - 1) in _BEFORE_YEAR | _OPENING:
        return Match(behind, year)
    return None


def calendar_day(year: int, month: int, day: int) -> date | None:
    """The day, or None where the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
