"""Datelines: the way agencies open a text, with a city, a day and their own name.

    МОСКВА, 3 мая. /ТАСС/.                 Bakı, 23 oktyabr, AZƏRTAC
    БАКУ, 25 сен — Sputnik.                ANKARA (AA) -
    Москва. 3 мая. INTERFAX.RU -           Mehmet YILMAZ/ANKARA, (DHA)-
    MOSCOW, May 3 (Reuters) -              date 2024-10-23 (MENAFN- AzerNews)

A shape that holds a day tells a dateline whoever the agency is; without a day it must be a known
agency, since "ANKARA (AA) -" is a dateline and "Avrupa Birliği (AB) -" is not. This module must
not know of titles, bylines, files or articles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from embeddings.boilerplate import Line
from embeddings.months import month_number
from embeddings.text import fold_text

__all__ = [
    "CITY",
    "DOMAIN",
    "NAME",
    "PERSON",
    "Dateline",
    "Found",
    "agency_pattern",
    "has_plain_dateline",
    "is_outlet",
    "read_dateline",
]

T = TypeVar("T")

# Agencies whose name opens or signs their texts, needed where the shape alone does not tell.
_AGENCIES = """
    Reuters|AP|The Associated Press|Associated Press|AFP|Agence France-Presse|UPI|dpa|Bloomberg
    Xinhua|CNN|BBC|DW|VOA|RFE/RL|ТАСС|TASS|ИТАР-ТАСС|РИА Новости|RIA Novosti|Интерфакс|Interfax
    Interfax.ru|Sputnik|Sputnik Азербайджан|Sputnik Azərbaycan|Спутник|РБК|Известия|Росбалт
    REGNUM|ИА REGNUM|УНИАН|Укринформ|БЕЛТА|БелТА|Казинформ|Kazinform|KazTAG|Арменпресс|Armenpress
    AZƏRTAC|AzərTAc|AZERTAC|АЗЕРТАДЖ|Азертадж|APA|АПА|Report|Report.az|Репорт|Trend|Тренд|Turan
    Туран|SalamNews|ONA|Fineko|İnterfaks-Azərbaycan|Интерфакс-Азербайджан|Azernews|AzerNews
    AA|Anadolu|Anadolu Ajansı|Anadolu Agency|DHA|İHA|ANKA|UHA|ANSA|EFE|IRNA|MENAFN
"""

DOMAIN = (
    r"[^\W_][\w-]*(?:\.[\w-]+)?"
    r"\.(?i:az|ru|com|tr|org|net|info|news|tv|ge|kz|ua|am|ir|eu|by|uz|media|io|biz|uk|de)"
)
NAME = r"[^\W\d_][\w’'.&-]*(?: [^\W\d_][\w’'.&-]*){0,3}"
_CAP = r"(?:(?![a-zа-яёəğışöçü])[^\W\d_])"  # a letter that is not a small one
_PERSON_WORD = rf"{_CAP}[\w’'-]*\.?"
PERSON = rf"{_PERSON_WORD}(?: (?:de |van |von |bin |al-)?{_PERSON_WORD}){{1,3}}"
CITY = (
    rf"{_CAP}[\w’'-]*+(?: {_CAP}[\w’'-]*+){{0,3}}"
    rf"(?:, {_CAP}[\w’'-]*+(?: {_CAP}[\w’'-]*+){{0,2}})?"
)
_DAY = (
    r"(?:\d{1,2}\.? ?[^\W\d_]{3,10}\.?(?:,? ?\d{4})?(?: ?г\.| года| il| yıl)?"
    r"|[^\W\d_]{3,9}\.? \d{1,2}(?:, ?\d{4})?|\d{1,2}[/-][^\W\d_]{3,9}[/-]\d{4}"
    r"|\d{1,4}[./-]\d{1,2}[./-]\d{2,4})"
)
_LABEL_WORD = r"(?:date|дата|tarix|tarih)"
_END = r"(?=\s*(?:[-–—:./]|$))"

# "MOSCOW, May 3, 2024 (Reuters) -", " date 2024-10-23 (MENAFN- AzerNews)", "ANKARA (AA) -"
_PARENTHESES = re.compile(
    rf"^(?:{_LABEL_WORD}:?\s+)?(?:(?P<city>{CITY})[,.]?\s*)?(?P<day>{_DAY})?[,.]?\s*[-–—]?\s*"
    rf"\(\s*(?:(?P<carrier>[^\W\d_]\w*)\s?[-–—/]\s?)?(?P<source>{NAME})\s*\)"
)
# "МОСКВА, 3 мая. /ТАСС/.", "БАКУ /Trend/ -", "МОСКВА, 3 мая. /Корр. ТАСС Иван Петров/."
_SLASHES = re.compile(
    rf"^(?P<city>{CITY})[,.]?\s*(?P<day>{_DAY})?[,.]?\s*/\s?(?:Корр\.\s*)?"
    rf"(?P<source>{NAME}?)(?:,? (?P<author>{PERSON}))?\s?/"
)
# "БАКУ, 25 сен — Sputnik.", "МОСКВА, 3 мая — РИА Новости, Мария Иванова."
_DASHED = re.compile(
    rf"^(?P<city>{CITY})[,.]\s*(?P<day>{_DAY})\s*[-–—]\s*"
    rf"(?P<source>{_CAP}[\w’'&-]*(?: {_CAP}[\w’'&-]*){{0,2}})(?:, (?P<author>{PERSON}))?\.(?:\s|$)"
)
# "Москва. 3 мая. INTERFAX.RU -", "Bakı, 23 oktyabr, AZƏRTAC", "Bakı. 5 may. REPORT.AZ/"
_STOPPED = re.compile(
    rf"^(?P<city>{CITY})[,.]\s*(?P<day>{_DAY})[,.]\s*(?P<source>{DOMAIN}|{_CAP}[\w’'-]+){_END}"
)
# "Bakı. Trend:", "Mehmet YILMAZ/ANKARA, (DHA)-"
_UNDATED = re.compile(rf"^(?P<city>{CITY})[.,]\s*(?P<source>{NAME}?)\s*[:/-]")
_REPORTER = re.compile(
    rf"^(?P<author>{PERSON})(?:\s?-\s?{PERSON}){{0,2}}\s?/\s?(?P<city>{CITY}),?\s?"
    rf"\((?P<source>{NAME})\)"
)

# "BAKU, Azerbaijan, October 23." without an agency
_PLAIN = re.compile(rf"^{CITY},\s*(?P<day>{_DAY})[.,]\s")
_NUMBERS = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
_DATELINE_CHARS = 160


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value and the range `[start, end)` of the text that states it."""

    value: T
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dateline:
    """An agency's opening: who it names, and the range that it fills."""

    source: Found[str]
    author: Found[str] | None
    start: int
    end: int


@cache
def _agencies() -> tuple[str, ...]:
    names = (name.strip() for row in _AGENCIES.split("\n") for name in row.split("|"))
    return tuple(sorted((name for name in names if name), key=len, reverse=True))


@cache
def _folded_agencies() -> frozenset[str]:
    return frozenset(fold_text(name) for name in _agencies())


def agency_pattern() -> str:
    """Return a regular expression that matches the name of a known agency, longest first."""
    return "|".join(re.escape(name) for name in _agencies())


def is_outlet(name: str) -> bool:
    """Say whether a name is a known agency or is written as a site's domain ("News.Az")."""
    known = fold_text(name) in _folded_agencies()
    return known or re.fullmatch(DOMAIN, name) is not None


def _is_day(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return bool(_NUMBERS.search(text)) or any(month_number(word) is not None for word in words)


def _found(match: re.Match[str], group: str, offset: int) -> Found[str] | None:
    value = match.groupdict().get(group)
    if not value:
        return None
    return Found(value, offset + match.start(group), offset + match.end(group))


def read_dateline(line: Line) -> Dateline | None:
    """Read the dateline that opens a line, or return None where none does."""
    head = line.text[:_DATELINE_CHARS]
    for pattern in (_REPORTER, _PARENTHESES, _SLASHES, _DASHED, _STOPPED, _UNDATED):
        match = pattern.match(head)
        source = _found(match, "source", line.start) if match else None
        if match is None or source is None:
            continue
        groups = match.groupdict()
        day = groups.get("day")
        if day is None and (groups.get("city") is None or not is_outlet(source.value)):
            continue
        if day is not None and not _is_day(day):
            continue
        author = _found(match, "author", line.start)
        return Dateline(source, author, line.start, line.start + match.end())
    return None


def has_plain_dateline(line: Line) -> bool:
    """Say whether a line opens with a place and a day but names no agency there."""
    match = _PLAIN.match(line.text[:_DATELINE_CHARS])
    return match is not None and _is_day(match.group("day"))
