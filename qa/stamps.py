"""The day that a page is stamped with, which is not a day that its story tells.

"BAKU, 23 October." or "date 2024-10-23 (MENAFN- AzerNews)" says when an article came out. What it
tells of may have been that day or not, so that such a date is a weak answer to "when", and no other
report can contradict it.

This module must not know questions, readers or answers.
"""

from __future__ import annotations

from datetime import date

from embeddings.dates import find_dates

__all__ = ["is_stamp"]

_OPENING = 120
"""Characters of an article in which its dateline stands (12 words, as in `embeddings.copies`)."""


def is_stamp(quote: str, start: int, published_at: date | None) -> bool:
    """Whether a quote is nothing but the day of publication, in the article's opening.

    Args:
        quote: verbatim from the article.
        start: its first code point there.
        published_at: the article's day, None where it has none.
    """
    if published_at is None or start >= _OPENING:
        return False
    found = find_dates(quote, yearless=True)
    if len(found) != 1 or (found[0].month, found[0].day) != (published_at.month, published_at.day):
        return False
    rest = quote[: found[0].start] + quote[found[0].end :]
    return found[0].year in (None, published_at.year) and not any(c.isalnum() for c in rest)
