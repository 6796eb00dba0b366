"""Dates in four languages: what is stated, and what only looks so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.articles import make_article
from embeddings.dates import find_dates, parse_date

CERTAIN = {
    "az": ("12 aprel 2026-cı ildə", date(2026, 4, 12)),
    "az, year first": ("2026-cı il aprelin 12-də", date(2026, 4, 12)),
    "az, year, day, month": ("2026-cı il 12 aprel", date(2026, 4, 12)),
    "az, ascii": ("23 oktyabr 2024-cu il", date(2024, 10, 23)),
    "az, capitals": ("12 İYUN 2024", date(2024, 6, 12)),
    "tr": ("12 Nisan 2026'da", date(2026, 4, 12)),
    "tr, typographic apostrophe": ("1 Ocak 2024’te", date(2024, 1, 1)),
    "tr, weekday": ("12 Aralık 2023 Salı", date(2023, 12, 12)),
    "tr, year first": ("2024 yılının 12 Nisan günü", date(2024, 4, 12)),
    "tr, old": ("30 Ağustos 1922'de", date(1922, 8, 30)),
    "en, month first": ("Sept. 22, 2022", date(2022, 9, 22)),
    "en, day first": ("22nd of September, 2022", date(2022, 9, 22)),
    "en, inside words": ("Published: 22 Sept 2022 14:30", date(2022, 9, 22)),
    "mail header": ("Wed, 17 Apr 2024 10:00:00 GMT", date(2024, 4, 17)),
    "ru": ("24 сентября 2021 года", date(2021, 9, 24)),
    "ru, abbreviated year": ("1 сентября 2021 г., 10:00", date(2021, 9, 1)),
    "ru, ordinal": ("12-го апреля 2026", date(2026, 4, 12)),
    "iso": ("2024-10-23", date(2024, 10, 23)),
    "iso time": ("2024-04-17T10:00:00+04:00", date(2024, 4, 17)),
    "iso basic": ("20240417", date(2024, 4, 17)),
    "date line": (" date 2024-10-23 (MENAFN- AzerNews)", date(2024, 10, 23)),
    "day first with dots": ("22.09.2022", date(2022, 9, 22)),
    "dots with a year's ending": ("12.04.2024-cü il", date(2024, 4, 12)),
    "only one order possible": ("10/23/2024", date(2024, 10, 23)),
    "same in both orders": ("04/04/2024", date(2024, 4, 4)),
    "leap day": ("29 February 2024", date(2024, 2, 29)),
    "named between dashes": ("12-Apr-2026 10:00", date(2026, 4, 12)),
    "named between slashes": ("12/Apr/2026:10:00:00", date(2026, 4, 12)),
    "year first and named": ("2026-Apr-12", date(2026, 4, 12)),
    "ru, between dashes": ("12-апр-2026", date(2026, 4, 12)),
    "en, a count behind a day": ("On 22 September 2022 and 5 more", date(2022, 9, 22)),
    "said twice": ("22 сентября 2022 (22.09.2022)", date(2022, 9, 22)),
}

UNCERTAIN = {
    "no year": "25 сен",
    "dateline without a year": "БАКУ, 25 сен — Sputnik.",
    "two orders possible": "03/04/2024",
    "two-digit year": "22.09.22",
    "a range of days": "22-24 September 2022",
    "a range after the month": "September 22-24, 2022",
    "two days with a slash": "22/23 September 2022",
    "two days, en": "22 and 23 September 2022",
    "two days, ordinals": "22nd and 23rd of September, 2022",
    "two days, month first": "September 22 and 23, 2022",
    "two days, ru": "22 и 23 сентября 2022 года",
    "two days, az": "22 və 23 sentyabr 2022-ci il",
    "two days, tr": "22 ve 23 Eylül 2022",
    "two days, year first": "2022-ci il 22 və 23 sentyabr",
    "between dashes, two-digit year": "12-Apr-26",
    "between dashes, no such day": "31-Apr-2026",
    "no such day, ru": "30 февраля 2022",
    "month only": "April 2024",
    "year only": "2024",
    "not in the calendar": "31.02.2022",
    "no such day": "April 31, 2024",
    "no leap year": "29 February 2023",
    "two dates": "22 сентября 2022 — 23 сентября 2022",
    "relative without a day": "3 gün əvvəl",
    "empty": "",
    "words": "a meeting was held",
    "no such month": "20241301",
    "far too long": "12 aprel 2026 " * 500,
}


@pytest.mark.parametrize(("text", "expected"), CERTAIN.values(), ids=CERTAIN.keys())
def test_a_stated_day(text: str, expected: date) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("text", UNCERTAIN.values(), ids=UNCERTAIN.keys())
def test_an_uncertain_day_is_none(text: str) -> None:
    assert parse_date(text) is None


KNOWN = date(2024, 3, 1)
RELATIVE = {
    "3 gün əvvəl": date(2024, 2, 27),
    "3 gün önce": date(2024, 2, 27),
    "üç gün əvvəl": date(2024, 2, 27),
    "3 days ago": date(2024, 2, 27),
    "one day ago": date(2024, 2, 29),
    "3 дня назад": date(2024, 2, 27),
    "yesterday": date(2024, 2, 29),
    "the day before yesterday": date(2024, 2, 28),
    "вчера": date(2024, 2, 29),
    "позавчера": date(2024, 2, 28),
    "Dünən": date(2024, 2, 29),
    "dün akşam": date(2024, 2, 29),
    "bu gün": KNOWN,
    "bugün": KNOWN,
    "сегодня": KNOWN,
}


@pytest.mark.parametrize(("text", "expected"), RELATIVE.items(), ids=RELATIVE.keys())
def test_a_relative_day_counts_from_a_known_one(text: str, expected: date) -> None:
    assert parse_date(text, relative_to=KNOWN) == expected
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text", ["2 hours ago", "2 ay əvvəl", "вчера и сегодня", "a week ago", "25 сен", "durdün"]
)
def test_a_vague_day_stays_none(text: str) -> None:
    assert parse_date(text, relative_to=KNOWN) is None


def test_before_the_calendar_is_none() -> None:
    assert parse_date("3 days ago", relative_to=date(1, 1, 2)) is None


QUESTIONS = {
    "What happened in April 2024?": ("April 2024", 2024, 4, None),
    "Что было в сентябре 2022 года?": ("сентябре 2022 года", 2022, 9, None),
    "2024-cü ilin aprelində nə baş verdi?": ("2024-cü ilin aprelində", 2024, 4, None),
    "Nisan 2024'te ne oldu?": ("Nisan 2024'te", 2024, 4, None),
    "2024 yılının Nisan ayında ne oldu?": ("2024 yılının Nisan ayında", 2024, 4, None),
    "Who won in 2024?": ("2024", 2024, None, None),
    "2024-cü ildə kim gəldi?": ("2024-cü ildə", 2024, None, None),
    "Что случилось в 2021 году?": ("2021 году", 2021, None, None),
    "2023'te ne oldu?": ("2023'te", 2023, None, None),
    "What did he say on September 22-24, 2022?": ("September 22-24, 2022", 2022, 9, None),
    "Что он сказал 24 сентября 2021 года?": ("24 сентября 2021 года", 2021, 9, 24),
}


@pytest.mark.parametrize(("text", "expected"), QUESTIONS.items(), ids=QUESTIONS.keys())
def test_the_time_a_question_names(text: str, expected: tuple[object, ...]) -> None:
    (found,) = find_dates(text)
    assert (text[found.start : found.end], found.year, found.month, found.day) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2000 people",
        "$2024",
        "2,024",
        "March 2,000 people",
        "the 1990s",
        "in 1066",
        "2024%",
        "a-2024",
    ],
)
def test_a_number_is_no_year(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize(
    "text", ["30 февраля 2022", "February 30, 2022", "2022-ci il 30 fevral", "31 Nisan 2022'de"]
)
def test_a_day_that_no_calendar_has_is_no_date(text: str) -> None:
    assert find_dates(text) == []
    assert find_dates(text, yearless=True) == []


def test_a_dateline_names_its_day_between_dashes() -> None:
    text = "Talks in Baku\n\nBAKU, 12-Apr-2026 (Reuters) - The talks went on for long."
    article = make_article(text=text)
    assert (article.published_at, article.source) == (date(2026, 4, 12), "Reuters")


def test_a_count_behind_a_day_is_no_second_day() -> None:
    (found,) = find_dates("On September 22 and 5 people", yearless=True)
    assert (found.month, found.day) == (9, 22)


def test_years_of_a_span() -> None:
    assert [found.year for found in find_dates("2020-2024")] == [2020, 2024]
    assert [found.year for found in find_dates("between 2020 and 2024")] == [2020, 2024]


def test_dates_without_a_year_are_given_only_when_asked_for() -> None:
    text = "БАКУ, 25 сен — Sputnik. On September 22 too."
    assert find_dates(text) == []
    found = find_dates(text, yearless=True)
    assert [(f.year, f.month, f.day) for f in found] == [(None, 9, 25), (None, 9, 22)]
    assert [text[f.start : f.end] for f in found] == ["25 сен", "September 22"]


FORMATS = (
    lambda d: d.isoformat(),
    lambda d: f"{d.day:02d}.{d.month:02d}.{d.year}",
    lambda d: f"{d.day} {EN[d.month - 1]} {d.year}",
    lambda d: f"{EN[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{d.day} {RU[d.month - 1]} {d.year} года",
    lambda d: f"{d.day} {AZ[d.month - 1]} {d.year}-ci il",
    lambda d: f"{d.day} {TR[d.month - 1]} {d.year}",
)
EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
RU = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
AZ = [
    "yanvar",
    "fevral",
    "mart",
    "aprel",
    "may",
    "iyun",
    "iyul",
    "avqust",
    "sentyabr",
    "oktyabr",
    "noyabr",
    "dekabr",
]
TR = [
    "Ocak",
    "Şubat",
    "Mart",
    "Nisan",
    "Mayıs",
    "Haziran",
    "Temmuz",
    "Ağustos",
    "Eylül",
    "Ekim",
    "Kasım",
    "Aralık",
]


@given(
    day=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    form=st.sampled_from(FORMATS),
    before=st.sampled_from(["", "Bakı, ", "👨‍👩‍👧 ", "за́ ", "(", "İ "]),
)
@settings(deadline=None, max_examples=200)
def test_every_day_in_every_form_comes_back(day: date, form: object, before: str) -> None:
    written = form(day)  # type: ignore[operator]
    text = f"{before}{written}."
    (found,) = find_dates(text)
    assert found.as_date() == day
    assert text[found.start : found.end] == written
    assert parse_date(written, relative_to=day + timedelta(days=9)) == day


@given(
    text=st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                ["12", "2024", "-", "'", ".", "/", " ", "aprel", "May", "сен", "cı", "il", "99999"]
            ),
            max_size=25,
        ).map("".join),
    )
)
@settings(deadline=None, max_examples=300)
def test_ranges_are_ordered_and_in_the_text(text: str) -> None:
    position = 0
    for found in find_dates(text, yearless=True):
        assert position <= found.start < found.end <= len(text)
        position = found.end
        found.as_date()
    parse_date(text, relative_to=KNOWN)
