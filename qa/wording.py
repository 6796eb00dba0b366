"""Ages, counts and filters in words, by each language's rules for plurals.

This module must not know what is that old, nor what is counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from prompts import reply

__all__ = ["age_in_words", "counted", "filters_in_words"]

_MONTH_DAYS = 30.44
_YEAR_DAYS = 365.25


def age_in_words(days: int, language: str) -> str:
    """ "3 years ago" for a whole number of days, 0 or more; rounded down to the largest unit."""
    if days == 0:
        return reply("age.today", language)
    if days < 2 * _MONTH_DAYS:
        count, unit = days, "day"
    elif days < 2 * _YEAR_DAYS:
        count, unit = int(days / _MONTH_DAYS), "month"
    else:
        count, unit = int(days / _YEAR_DAYS), "year"
    return reply(f"age.{unit}.{_plural(count, language)}", language, count=count)


def counted(thing: str, count: int, language: str) -> str:
    """ "5 articles": `count`, 0 or more, of the `thing` that `count.{thing}` words."""
    return reply(f"count.{thing}.{_plural(count, language)}", language, count=count)


def filters_in_words(removed: Mapping[str, int], language: str) -> str:
    """ "language – 5 articles, source – 4 articles": each filter that removes any, by name."""
    return ", ".join(
        f"{name} – {counted('article', count, language)}"
        for name, count in sorted(removed.items())
        if count
    )


def _plural(count: int, language: str) -> str:
    """The CLDR category of a whole number (unicode.org/cldr, plural rules for ru and en)."""
    if language == "ru":
        if count % 10 == 1 and count % 100 != 11:
            return "one"
        if count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14}:
            return "few"
        return "many"
    return "one" if count == 1 else "many"
