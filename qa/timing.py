"""The time that a question names, and how well an article's day of publication fits it.

A soft preference: "in April 2024" lifts what was published then and lowers what was published
before, since no article reports what has not happened; it removes nothing. An article without a
date is neither lifted nor lowered.

This module must not know how passages are found or ranked.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from embeddings.dates import FoundDate, find_dates

__all__ = ["Period", "named_period", "time_score"]

# How long after a day, a month or a year its news still comes, and over which its weight fades.
_DAY_GRACE, _MONTH_GRACE, _YEAR_GRACE = 7, 21, 60
_MONTH_DAYS = 31
_BEFORE_DAYS = 14  # so much too early is wholly too early


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def grace_days(self) -> int:
        """Days after `last` in which articles about the period still come."""
        days = (self.last - self.first).days + 1
        if days <= _DAY_GRACE:
            return _DAY_GRACE
        return _MONTH_GRACE if days <= _MONTH_DAYS else _YEAR_GRACE


def named_period(question: str) -> Period | None:
    """The period from the earliest to the latest date that a question names, or None.

    Only dates with a year count: "in April" may be any.
    """
    periods = [_period(found) for found in find_dates(question)]
    if not periods:
        return None
    return Period(min(one.first for one in periods), max(one.last for one in periods))


def time_score(published: date | None, period: Period) -> float:
    """-1 to 1: how well a day of publication fits.

    1 within the period and its grace; then falling to 0 over one grace more. Before the period,
    falling to -1 over two weeks. 0 without a date.
    """
    if published is None:
        return 0.0
    early = (period.first - published).days
    if early > 0:
        return -min(early / _BEFORE_DAYS, 1.0)
    late = (published - period.last).days - period.grace_days
    return 1.0 if late <= 0 else max(1.0 - late / period.grace_days, 0.0)


def _period(found: FoundDate) -> Period:
    year = found.year if found.year is not None else date.min.year
    if found.month is None:
        return Period(date(year, 1, 1), date(year, 12, 31))
    if found.day is None:
        last = calendar.monthrange(year, found.month)[1]
        return Period(date(year, found.month, 1), date(year, found.month, last))
    day = date(year, found.month, found.day)
    return Period(day, day)
