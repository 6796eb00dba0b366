"""The times that a text names: dates, months without a year, "yesterday", "keçən il".

Dates are enough where an article is read. In a question a month alone is a time as well, and so
is what counts from today.

This module must not know conversations, or what a time will be used for.
"""

from __future__ import annotations

import re

from embeddings.dates import find_dates
from embeddings.months import month_number
from qa.chat.lexicon import Lexicon, Word, split
from qa.chat.mentions import Mention

__all__ = ["find_times", "find_when"]

_SHORTEST_MONTH = 4  # letters; "ara", "mar" and "sen" are months only beside a day
_MAY = frozenset({"may", "май", "мая", "мае", "mayda"})
_MONTH_WORD = re.compile("(?:ay|месяц)(?:i|inda|in|е|а)?|month")


def find_when(text: str) -> tuple[Mention, ...]:
    """The dates of `text`, with or without a year, as it writes them."""
    return tuple(_mention(text, day.start, day.end) for day in find_dates(text, yearless=True))


def find_times(text: str, words: Lexicon) -> tuple[Mention, ...]:
    """The dates, months and relative times of a question, in order."""
    dates = find_when(text)
    spoken = split(text)
    found = list(dates)
    index = 0
    while index < len(spoken):
        length = _time_at(spoken, index, words)
        if length:
            start, end = spoken[index].start, spoken[index + length - 1].end
            if not any(each.start < end and start < each.end for each in dates):
                found.append(_mention(text, start, end))
        index += max(length, 1)
    return tuple(sorted(found, key=lambda each: each.start))


def _mention(text: str, start: int, end: int) -> Mention:
    return Mention(text[start:end], text[start:end], "date", start, end)


def _time_at(spoken: list[Word], index: int, words: Lexicon) -> int:
    """Words of the month or the relative time that begins at `index`; 0 for none."""
    relative = words.relative_time_at(spoken, index)
    if relative:
        return relative
    word = spoken[index]
    before = spoken[index - 1].key if index > 0 else ""
    # English "may" and "march" are verbs without a capital.
    written = word.capital or words.language != "en" or before in {"in", "last", "next", "of"}
    named = len(word.key) >= _SHORTEST_MONTH or word.key in _MAY
    if month_number(word.text) is None or not (written and named):
        return 0
    follows = index + 1 < len(spoken) and _MONTH_WORD.fullmatch(spoken[index + 1].key) is not None
    return 2 if follows else 1
