"""Metadata: what an article's own text says about itself: headline, outlet, author, day.

Only what is written is taken: a headline above the first sentence, a byline, a date line, the
dateline that agencies open with ("BAKU, 23 oktyabr, AZƏRTAC", "МОСКВА, 3 мая. /ТАСС/."), an
outlet that names itself in the lead ("News.Az reports") or in the last line. A date inside a
sentence is news and not the day of publication; a day without a year is no date.

Each value comes with the range it was read from, so that a question after it can be answered
with a quote. This module must not know of files, fields, articles or questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from embeddings.boilerplate import Line, Range, is_headline, is_prose, split_lines
from embeddings.datelines import (
    DOMAIN,
    NAME,
    PERSON,
    Found,
    agency_pattern,
    has_plain_dateline,
    is_outlet,
    read_dateline,
)
from embeddings.dates import find_dates
from embeddings.text import fold_text

__all__ = ["Found", "Metadata", "find_footer", "find_metadata"]

# English bylines do without a colon; the words of the other languages are also verbs and nouns.
_BYLINE = re.compile(
    r"^(?:(?:by|written by|story by|report by|reporting by)\b:?"
    r"|(?:authors?|reporter|автор|авторы|автор текста|автор статьи|автор материала|текст"
    r"|корреспондент|müəllif|müəlliflər|yazı|yazdı|müxbir|yazar|yazan|muhabir|haber|hazırladı"
    r"|hazırlayan)\s*:)\s+(?P<name>\S.*)$",
    re.IGNORECASE,
)
_REPORTING = re.compile(
    rf"\(?\b(?:Reporting|Writing) by (?P<author>{PERSON}(?:(?:, | and ){PERSON})*)"
)
_PEOPLE = re.compile(rf"{PERSON}(?:(?:, | and | & | и | və | ve ){PERSON})*")
_CREDIT = re.compile(
    rf"^(?:[Ss]ource|[Ии]сточник|[Mm]ənbə|[Kk]aynak)\s*:\s*(?P<source>{DOMAIN}|{NAME})\.?$"
)
_ORGANISATION = re.compile(
    r"\b(?:press|news|agency|times|post|report|staff|desk|media|daily|herald|tribune|service|tv"
    r"|radio|today|journal|gazette|sabah|haber|ajans\w*|agentlik\w*|агентств\w*|редакци\w*"
    r"|redaksiya|editor\w*|bureau|correspondents?|newsroom|online|team)\b",
    re.IGNORECASE,
)
# Outlets of the region name themselves in the lead ("News.Az reports"). A foreign agency named
# in this way is rather quoted, so a name that is not a domain must be a local agency's.
_LOCAL = "AZƏRTAC|AzərTAc|AZERTAC|APA|Report|Trend|Turan|SalamNews|Azernews|AzerNews|Qafqazinfo|ONA"
_SELF_REPORT = (
    rf"(?P<source>{DOMAIN})\s+(?:reports?|informs?|сообщает|передает)\b",
    rf"(?:сообщает|передает)\s+(?P<source>{DOMAIN})(?=\s+со ссылкой)",
    rf"(?P<source>{DOMAIN})(?:\s[^.,;]{{1,60}}\bistinadən)?\s+(?:xəbər verir|bildirir)\b",
    rf"(?P<source>{_LOCAL})(?:\s[^.,;]{{1,60}}\bistinadən)?\s+xəbər verir\b",
    rf"(?P<source>{_LOCAL})\s+(?:informs\b|reports,? (?:citing|with reference|referring)\b)",
)
# Under an agency's own "CITY, day" any agency that reports is the one that writes.
_SELF_REPORT_DATED = (
    r"(?P<source>AGENCY)\s+reports?\b",
    r"(?:сообщает|передает)\s+(?P<source>AGENCY)\b",
)
_UPDATED = re.compile(
    r"(?:updated|modified|обновлен\w*|изменен\w*|yenilən\w*|güncelle\w*)[^\d]*$", re.IGNORECASE
)
_DATE_WORDS = re.compile(
    r"\b(?:date|published|posted|publication|on|at|created|first|дата|опубликован\w*|публикаци\w*"
    r"|размещен\w*|создан\w*|в|от|tarix\w*|tarih\w*|dərc|olunub|olundu|nəşr|yayın\w*|oluştur\w*"
    r"|giriş|eklenme|saat|г|года|год|il|ildə|yıl|gmt|utc|msk|мск|am|pm|est|edt|bst|trt"
    r"|updated|modified|last|обновлен\w*|изменен\w*|yenilən\w*|son|güncelle\w*"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
    r"|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс"
    r"|bazar|bazar ertəsi|çərşənbə|çərşənbə axşamı|cümə|cümə axşamı|şənbə|ertəsi|axşamı"
    r"|pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\b|[+-]\d{1,2}(?::?\d{2})?\b")
# One word or capitals: "Bakı, 12 aprel 2024"; "Kim Yo-jong, 9 February 2018" is a caption
_LEAD_CITY = re.compile(r"^(?:[^\W\d_][\w’'-]*|[^\W\d_a-zа-яёəğışçöü]+(?: [^\W\d_a-zа-яё]+)*),\s*$")
_CAPTION = re.compile(r"\b(?:года|г)\b|\.$")
_DATE_LABEL = re.compile(r"[:(]\s*$|^\s*(?:date|дата|tarix|tarih)\b", re.IGNORECASE)

_HEAD_LINES = 8
_TAIL_LINES = 4
_LEAD_LINES = 3
_LEAD_CHARS = 2_000
_MAX_DATE_LINE = 120
_MIN_TITLE_WORDS = 2


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a text says about itself; None where it says nothing."""

    title: Found[str] | None
    source: Found[str] | None
    author: Found[str] | None
    published_at: Found[date] | None


@cache
def _self_reports(*, dated: bool) -> tuple[re.Pattern[str], ...]:
    agencies = agency_pattern()
    patterns = _SELF_REPORT + (_SELF_REPORT_DATED if dated else ())
    return tuple(re.compile(rf"(?<![\w.@/-]){p.replace('AGENCY', agencies)}") for p in patterns)


def _kept_lines(text: str, excluded: Sequence[Range]) -> list[Line]:
    """Return the lines with what is excluded cut away; of a line in pieces, its first words."""
    lines: list[Line] = []
    at = 0
    for line in split_lines(text):
        start = line.start
        while at < len(excluded) and excluded[at][1] <= start:
            at += 1
        following = at
        while start < line.end:
            begin, end = excluded[following] if following < len(excluded) else (line.end, line.end)
            piece = text[start : min(begin, line.end)]
            if any(char.isalnum() for char in piece):
                begin = start + len(piece) - len(piece.lstrip())
                lines.append(Line(begin, begin + len(piece.strip()), piece.strip()))
                break
            start, following = max(start, end), following + 1
    return lines


def _read_date_line(line: Line) -> tuple[bool, Found[date] | None]:
    """Say whether a line states a date and nothing else, and which full date it publishes."""
    if len(line.text) > _MAX_DATE_LINE:
        return False, None
    dates = find_dates(line.text)
    if not dates:
        return False, None
    rest, at = "", 0
    for found in dates:
        rest += line.text[at : found.start] + " "
        at = found.end
    rest += line.text[at:]
    clock = _CLOCK.search(rest)
    lead = line.text[: dates[0].start]
    if _LEAD_CITY.match(lead):
        rest = rest[len(lead) :]
    rest = _DATE_WORDS.sub(" ", _CLOCK.sub(" ", rest))
    if any(char.isalnum() for char in rest):
        return False, None
    # "15 апреля 2013 года" or "17 November 1875." alone is the caption of a picture rather
    if clock is None and _CAPTION.search(line.text) and not _DATE_LABEL.search(lead):
        return True, None
    for found in dates:
        if found.month is None or found.day is None or found.year is None:
            continue
        if not _UPDATED.search(line.text[: found.start]):
            day = date(found.year, found.month, found.day)
            return True, Found(day, line.start + found.start, line.start + found.end)
    return True, None


def _read_byline(line: Line) -> tuple[Found[str] | None, Found[str] | None] | None:
    """Return (author, source) of a byline, or None where the line is none."""
    match = _BYLINE.match(line.text)
    if match is None or len(line.text) > _MAX_DATE_LINE:
        return None
    author: Found[str] | None = None
    source: Found[str] | None = None
    offset = line.start + match.start("name")
    for part in re.finditer(r"[^|·•/]+", match.group("name")):
        for value in _people_or_outlets(part.group()):
            at = offset + part.start() + part.group().index(value)
            found = Found(value, at, at + len(value))
            if _names_people(value):
                author = found if author is None else author
            elif (re.fullmatch(NAME, value) and value[0].isupper()) or is_outlet(value):
                source = found if source is None else source
    return (author, source) if author or source else None


def _people_or_outlets(text: str) -> list[str]:
    whole = text.strip(" .,;—–-")
    if _names_people(whole):
        return [whole]
    return [part for part in (piece.strip(" .;—–-") for piece in whole.split(",")) if part]


def _names_people(text: str) -> bool:
    return (
        _PEOPLE.fullmatch(text) is not None
        and not _ORGANISATION.search(text)
        and not is_outlet(text)
    )


def _title_of(line: Line) -> Found[str]:
    value = line.text.lstrip("#").strip() if line.text.startswith("#") else line.text
    start = line.start + line.text.index(value)
    return Found(value, start, start + len(value))


def find_metadata(text: str, excluded: Sequence[Range] = ()) -> Metadata:
    """Find what a text states about itself.

    Args:
        text: the article's text, lines ended by line feeds.
        excluded: sorted, disjoint ranges that are not the article's own.
    """
    lines = _kept_lines(text, excluded)
    title: Found[str] | None = None
    source: Found[str] | None = None
    author: Found[str] | None = None
    day: Found[date] | None = None
    body = len(lines)
    for i, line in enumerate(lines[:_HEAD_LINES]):
        if read_dateline(line) is not None:
            body = i
            break
        stands_alone, found = _read_date_line(line)
        byline = _read_byline(line)
        if stands_alone:
            day = day if day is not None else found
        elif byline is not None:
            author = author if author is not None else byline[0]
            source = source if source is not None else byline[1]
        elif is_prose(line.text):
            body = i
            break
        elif title is None and i + 1 < len(lines) and _can_be_title(line):
            title = _title_of(line)
    # a standfirst of a sentence or two may stand between the headline and the dateline
    for line in lines[body : body + _LEAD_LINES]:
        if dateline := read_dateline(line):
            source = dateline.source
            author = author if author is not None else dateline.author
            day = day if day is not None else _date_in(text, dateline.start, dateline.end)
            break
    if title is not None and body == len(lines):
        title = title if any(is_prose(line.text) for line in lines) else None
    tail = _read_tail(lines[max(body, len(lines) - _TAIL_LINES) :])
    if source is None:
        source = tail.source if tail.source is not None else _self_reported(lines[body:])
    return Metadata(
        title=title,
        source=source,
        author=author if author is not None else tail.author,
        published_at=day if day is not None else tail.published_at,
    )


def _can_be_title(line: Line) -> bool:
    # a line that leads on to the next, or a wiki's section heading, heads no article
    if line.text.endswith((":", ",", ";")) or line.text.startswith("=="):
        return False
    return is_headline(line.text) and len(line.text.split()) >= _MIN_TITLE_WORDS


def _date_in(text: str, start: int, end: int) -> Found[date] | None:
    for found in find_dates(text[start:end]):
        if found.year is not None and found.month is not None and found.day is not None:
            value = date(found.year, found.month, found.day)
            return Found(value, start + found.start, start + found.end)
    return None


def _read_tail(lines: Sequence[Line]) -> Metadata:
    """Read bylines, credits, date lines and the outlet's name among the last lines."""
    source: Found[str] | None = None
    author: Found[str] | None = None
    day: Found[date] | None = None
    for line in reversed(lines):
        stands_alone, found = _read_date_line(line)
        byline = _read_byline(line)
        if reporting := _REPORTING.search(line.text):
            start, end = reporting.span("author")
            author = Found(reporting["author"], line.start + start, line.start + end)
        elif stands_alone:
            day = found if day is None else day
        elif byline is not None:
            author = byline[0] if author is None else author
            source = byline[1] if source is None else source
        elif footer := _read_footer(line, None):
            source = footer if source is None else source
        elif is_prose(line.text):
            break
    return Metadata(None, source, author, day)


def _read_footer(line: Line, source: str | None) -> Found[str] | None:
    """Return the outlet that a line names, where the line does nothing else."""
    if credit := _CREDIT.match(line.text):
        start, end = credit.span("source")
        return Found(credit["source"], line.start + start, line.start + end)
    name = line.text.strip(' .,-–—()[]/«»"“”©*_')
    if not name or not (is_outlet(name) or (source and fold_text(name) == fold_text(source))):
        return None
    start = line.start + line.text.index(name)
    return Found(name, start, start + len(name))


def _self_reported(lines: Sequence[Line]) -> Found[str] | None:
    lead = lines[:_LEAD_LINES]
    dated = bool(lead) and has_plain_dateline(lead[0])
    for line in lead:
        for pattern in _self_reports(dated=dated):
            if match := pattern.search(line.text, 0, _LEAD_CHARS):
                start, end = match.span("source")
                return Found(match["source"], line.start + start, line.start + end)
    return None


def find_footer(
    text: str, excluded: Sequence[Range] = (), *, source: str | None = None
) -> Range | None:
    """Return the range of a last line that is only the outlet's name ("News.Az"), if there is one.

    Args:
        text: the article's text.
        excluded: sorted, disjoint ranges that are not the article's own.
        source: the article's source, where it is known.
    """
    lines = _kept_lines(text, excluded)
    if len(lines) < 2 or _read_footer(lines[-1], source) is None:
        return None
    return lines[-1].start, lines[-1].end
