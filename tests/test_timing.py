from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.timing import Period, named_period, time_score

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
    ],
    ids=["en", "ru", "az", "tr", "day", "year", "two", "leap"],
)
def test_the_named_period(question: str, first: date, last: date) -> None:
    assert named_period(question) == Period(first, last)


@pytest.mark.parametrize("question", ["Who spoke in April?", "Who is he?"])
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
        (date(2024, 3, 25), -0.5),
        (date(2022, 9, 22), -1.0),
    ],
    ids=["undated", "within", "grace", "later", "next year", "a week early", "years early"],
)
def test_the_score_of_a_day(published: date | None, score: float) -> None:
    assert time_score(published, APRIL) == pytest.approx(score)


@given(day=st.dates(), one=st.dates(), other=st.dates())
def test_the_score_is_bounded(day: date, one: date, other: date) -> None:
    period = Period(min(one, other), max(one, other))
    assert -1.0 <= time_score(day, period) <= 1.0
    assert (time_score(day, period) == 1.0) or not period.first <= day <= period.last
