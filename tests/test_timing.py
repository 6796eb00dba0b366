from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.timing import Period, may_speak_of, named_period, time_score

APRIL = Period(date(2024, 4, 1), date(2024, 4, 30))


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("Who chaired CICA in April 2024?", date(2024, 4, 1), date(2024, 4, 30)),
        ("Кто был председателем в сентябре 2022 года?", date(2022, 9, 1), date(2022, 9, 30)),
        ("2024-cü ilin aprelində nə oldu?", date(2024, 4, 1), date(2024, 4, 30)),
        ("Nisan 2024'te ne oldu?", date(2024, 4, 1), date(2024, 4, 30)),
        ("What was signed on 22 September 2022?", date(2022, 9, 22), date(2022, 9, 22)),
        ("What changed in 2023?", date(2023, 1, 1), date(2023, 12, 31)),
        ("Was it in March 2022 or in May 2023?", date(2022, 3, 1), date(2023, 5, 31)),
        ("What happened in February 2024?", date(2024, 2, 1), date(2024, 2, 29)),
        ("Who hosted the 2024 summit?", date(2024, 1, 1), date(2024, 12, 31)),
        ("What was said during the 2022 session?", date(2022, 1, 1), date(2022, 12, 31)),
        ("Who won at the Olympics 2024?", date(2024, 1, 1), date(2024, 12, 31)),
        ("2022 zirvesi kimde oldu?", date(2022, 1, 1), date(2022, 12, 31)),
        ("Кто выиграл Олимпиаду 2024?", date(2024, 1, 1), date(2024, 12, 31)),
        ("What changed after 2022?", date(2023, 1, 1), date.max),
        ("Что изменилось после сентября 2022 года?", date(2022, 10, 1), date.max),
        ("2022'den sonra ne oldu?", date(2023, 1, 1), date.max),
        ("Who has led it since 2022?", date(2022, 1, 1), date.max),
        ("Кто возглавляет с 2022 года?", date(2022, 1, 1), date.max),
        ("2022-ci ildən bəri kim sədrdir?", date(2022, 1, 1), date.max),
        ("Кто был послом до 2020 года?", date.min, date(2019, 12, 31)),
        ("Who was the envoy before May 2020?", date.min, date(2020, 4, 30)),
        ("What will be built by 2030?", date.min, date(2030, 12, 31)),
        ("2020-ci ilə qədər kim səfir idi?", date.min, date(2020, 12, 31)),
        ("Что было с 2020 по 2022 год?", date(2020, 1, 1), date(2022, 12, 31)),
    ],
    ids=[
        *("en", "ru", "az", "tr", "day", "year", "two", "leap", "before a noun", "session"),
        *("behind a noun", "tr noun", "ru noun", "after", "ru after", "tr after", "since"),
        *("ru since", "az since", "ru before", "before a month", "by", "az until", "from to"),
    ],
)
def test_the_named_period(question: str, first: date, last: date) -> None:
    assert named_period(question) == Period(first, last)


@pytest.mark.parametrize(
    "question",
    [
        *("Who spoke in April?", "Who is he?", "Where did 2024 people protest?"),
        *("Why did 2000 leave?", "Кто нашёл 1950 тонн нефти?", "1985 nəfər harada yaralanıb?"),
        *(
            "What does resolution 1973 say?",
            "Who paid $2024?",
            "Who won 3-2024?",
            "Who flew A2024?",
        ),
    ],
)
def test_no_year_no_period(question: str) -> None:
    assert named_period(question) is None


@pytest.mark.parametrize(
    ("published", "score"),
    [
        (None, 0.0),
        (date(2024, 4, 17), 1.0),
        (date(2024, 5, 21), 1.0),
        (date(2024, 6, 11), 0.0),
        (date(2025, 4, 17), 0.0),
        (date(2024, 3, 25), 0.0),
        (date(2024, 3, 1), 0.0),
        (date(2024, 1, 15), -46 / 152),
        (date(2022, 9, 22), -1.0),
    ],
    ids=[
        *("undated", "within", "grace", "later", "next year", "a week early", "a month early"),
        *("months early", "years early"),
    ],
)
def test_the_score_of_a_day(published: date | None, score: float) -> None:
    assert time_score(published, APRIL) == pytest.approx(score)


@given(day=st.dates(), one=st.dates(), other=st.dates())
def test_the_score_is_bounded(day: date, one: date, other: date) -> None:
    period = Period(min(one, other), max(one, other))
    assert -1.0 <= time_score(day, period) <= 1.0
    assert (time_score(day, period) == 1.0) or not period.first <= day <= period.last


@pytest.mark.parametrize(
    ("published", "text", "may"),
    [
        pytest.param(None, "It met.", True, id="undated"),
        pytest.param(date(2018, 4, 20), "It met.", True, id="from then"),
        pytest.param(date(2019, 11, 1), "It met last year.", True, id="the year after"),
        pytest.param(date(2017, 12, 1), "It will meet.", True, id="announced"),
        pytest.param(date(2024, 4, 17), "It met.", False, id="years later"),
        pytest.param(date(2024, 4, 17), "In 2018 it met.", True, id="years later, by its number"),
        pytest.param(date(2016, 4, 17), "It met.", False, id="years before"),
    ],
)
def test_an_article_speaks_of_another_year_only_by_its_number(
    published: date | None, text: str, may: bool
) -> None:
    period = named_period("Who chaired CICA in April 2018?")
    assert period is not None
    assert may_speak_of(period, published, text) is may


def test_a_period_without_an_end_may_be_spoken_of_at_any_time() -> None:
    for question in ("What has changed since 2001?", "What was built before 2050?"):
        period = named_period(question)
        assert period is not None
        assert may_speak_of(period, date(2024, 4, 17), "It met.")


@given(day=st.dates(), one=st.dates(), other=st.dates())
def test_an_article_from_the_period_may_speak_of_it(day: date, one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    held = min(max(day, first), last)
    assert may_speak_of(Period(first, last), held, "")
    may_speak_of(Period(first, last), day, "")


@pytest.mark.parametrize(
    ("question", "text", "may"),
    [
        ("Who chaired CICA in April 2018?", "It met on September 22.", False),
        ("Who chaired CICA in April 2018?", "It met on September 22, and on 5 May.", True),
        ("Who chaired CICA in April 2018?", "It met on September 22, as in 2018.", True),
        ("Who chaired CICA in April 2018?", "It met.", True),
        ("Who chaired CICA in January 2018?", "It met on December 30.", True),
        ("Кто был председателем в апреле 2018 года?", "Встреча прошла 22 сентября.", False),
        ("Who chaired CICA in 2018?", "It met on September 22.", True),
        ("Who has chaired CICA since April 2018?", "It met on September 22.", True),
    ],
)
def test_an_article_without_a_date_that_names_other_months_is_of_another_time(
    question: str, text: str, may: bool
) -> None:
    period = named_period(question)
    assert period is not None
    assert may_speak_of(period, None, text) is may
