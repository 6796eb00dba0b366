"""The time that a question names, and how well an article's day of publication fits it.

A soft preference: "in April 2024" lifts what was published then and lowers what was published long
before, since no article reports what has not happened, but some announce it; it removes nothing. An
article without a date is neither lifted nor lowered. What an article says of another year than the
one that is asked for is another matter: see `may_speak_of`.

This module must not know how passages are found or ranked.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from embeddings.dates import FoundDate, find_dates
from embeddings.fold import fold

__all__ = ["Period", "may_speak_of", "named_period", "time_score"]

# How long after a day, a month or a year its news still comes, and over which its weight fades.
_DAY_GRACE, _MONTH_GRACE, _YEAR_GRACE = 7, 21, 60
_MONTH_DAYS = 31
_MONTHS = 12
# What comes is announced in the weeks before; half a year before, an article is on something else.
_ANNOUNCED_DAYS = 31
_BEFORE_DAYS = 183
_YEARS_AGO = 1  # of a year further back an article speaks by its number, not as "last year"

# A year beside a noun, "the 2024 summit", is one in a question. It is not where things are counted.
_BARE_YEAR = re.compile(r"(?<![\w.,:/$€£№#%-])(?:19|20)(?!00)\d\d(?![\w%°$€])(?![.,:/-]\d)")
_COUNT_BEFORE = re.compile(
    r"(?<!\w)(?:over|about|nearly|almost|than|some|around|least|most|exactly|no|number|article|room"
    r"|resolution|law|около|более|менее|свыше|почти|примерно|номер|стать[яие]|təxminən|texminen|azi"
    r"|yaklaşik|[eə]n (?:az|çox|fazla))\.?\s*$"
)
_COUNTED = re.compile(
    r"\s+(?:people|persons?|soldiers|troops|civilians|citizens|refugees|tons?|tonnes|km|kilomet|met(?:er|re)s"
    r"|miles|dollars|euros|manats?|million|billion|percent|jobs|houses|famil|years|days|hours"
    r"|человек|людей|солдат|военн|гражда|бежен|тонн|км|километ|метр|доллар|евро|манат|руб|млн|млрд"
    r"|милли|процент|сем[ье]|дом|лет|дней|час|nəf|nef|adam|əsgər|kişi|kisi|asker|vatandaş|vətəndaş"
    r"|dolar|dollar|avro|milyon|milyar|faiz|lira|metr|ailə|aile|gün|saat|ədəd|tane)"
)
# What leaves a period open: "after 2022", "с 2022 года", "2022'den beri", "2020-ci ilə qədər".
_FROM = re.compile(r"(?<!\w)(?:since|from|с|со|начиная с)\s+$")
_AFTER = re.compile(r"(?<!\w)(?:after|после)\s+$")
_TILL = re.compile(r"(?<!\w)(?:until|till|by|up to|к|по)\s+$")
_BEFORE = re.compile(r"(?<!\w)(?:before|prior to|до)\s+$")
_SINCE_BEHIND = re.compile(r"\W*(?:b[eə]ri|etibarən|itibaren|başlayaraq)(?!\w)")
_AFTER_BEHIND = re.compile(r"\W*(?:sonra)(?!\w)")
_TILL_BEHIND = re.compile(r"\W*(?:q[eə]d[eə]r|kadar|dək)(?!\w)")
_BEFORE_BEHIND = re.compile(r"\W*(?:əvv[eə]l|evvel|önce|qabaq)(?!\w)")


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

    Only dates with a year count: "in April" may be any. After, since, before or until one date,
    it has no end or no beginning.
    """
    if not any(char.isdigit() for char in question):
        return None  # a year is written in figures; most questions name none
    found = find_dates(question) or _bare_years(question)
    if not found:
        return None
    periods = [_period(one) for one in found]
    if len(periods) == 1:
        return _opened(question, found[0], periods[0])
    return Period(min(one.first for one in periods), max(one.last for one in periods))


def _bare_years(question: str) -> list[FoundDate]:
    folded = fold(question)
    return [
        FoundDate(
            folded.offsets[match.start()], folded.offsets[match.end()], int(match[0]), None, None
        )
        for match in _BARE_YEAR.finditer(folded.text)
        if not _COUNTED.match(folded.text, match.end())
        and not _COUNT_BEFORE.search(folded.text[: match.start()])
    ]


def _opened(question: str, found: FoundDate, period: Period) -> Period:
    """The period as the words beside its date leave it open at an end, or as it is."""
    before, behind = fold(question[: found.start]).text, fold(question[found.end :]).text
    if _AFTER.search(before) or _AFTER_BEHIND.match(behind):
        return Period(period.last + timedelta(days=1), date.max)
    if _FROM.search(before) or _SINCE_BEHIND.match(behind):
        return Period(period.first, date.max)
    if _BEFORE.search(before) or _BEFORE_BEHIND.match(behind):
        return Period(date.min, period.first - timedelta(days=1))
    if _TILL.search(before) or _TILL_BEHIND.match(behind):
        return Period(date.min, period.last)
    return period


def time_score(published: date | None, period: Period) -> float:
    """-1 to 1: how well a day of publication fits.

    1 within the period and its grace; then falling to 0 over one grace more. 0 in the month before
    the period, then falling to -1 at half a year before. 0 without a date.
    """
    if published is None:
        return 0.0
    early = (period.first - published).days
    if early > 0:
        unannounced = (early - _ANNOUNCED_DAYS) / (_BEFORE_DAYS - _ANNOUNCED_DAYS)
        return -min(max(unannounced, 0.0), 1.0)
    late = (published - period.last).days - period.grace_days
    return 1.0 if late <= 0 else max(1.0 - late / period.grace_days, 0.0)


def may_speak_of(period: Period, published: date | None, text: str) -> bool:
    """Whether an article may be on what happened in a period: the right event, the right year?

    Not where it is from half a year before or from the year after next, and names no year of the
    period. An article without a date may, unless the days that it names are all of other months.
    It always may where the period is open.
    """
    if date.min == period.first or period.last == date.max:
        return True
    years = range(period.first.year, period.last.year + 1)
    if any(str(year) in text for year in years):
        return True
    if published is None:
        return not _is_of_other_months(period, text)
    known = (period.first - published).days <= _BEFORE_DAYS
    return known and published.year - period.last.year <= _YEARS_AGO


def _is_of_other_months(period: Period, text: str) -> bool:
    """Whether a text names days or months without a year, and none near the period's."""
    if (period.last - period.first).days >= _MONTH_DAYS:
        return False
    named = {one.month for one in find_dates(text, yearless=True) if one.year is None}
    near = {(period.first.month + shift - 1) % _MONTHS + 1 for shift in (-1, 0, 1)}
    return bool(named - {None}) and not named & near


def _period(found: FoundDate) -> Period:
    year = found.year if found.year is not None else date.min.year
    if found.month is None:
        return Period(date(year, 1, 1), date(year, 12, 31))
    if found.day is None:
        last = calendar.monthrange(year, found.month)[1]
        return Period(date(year, found.month, 1), date(year, found.month, last))
    day = date(year, found.month, found.day)
    return Period(day, day)
