"""The day that a page is stamped with."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.stamps import is_stamp

DAY = date(2024, 10, 23)


@pytest.mark.parametrize(
    "quote",
    ["23 October", "2024-10-23", "October 23, 2024", "(23.10.2024)", "23 октября", "23 Ekim"],
)
def test_the_day_of_publication_in_the_opening_is_a_stamp(quote: str) -> None:
    assert is_stamp(quote, 6, DAY)


@pytest.mark.parametrize(
    ("quote", "start", "published_at"),
    [
        pytest.param("23 October", 6, None, id="an article without a day"),
        pytest.param("23 October", 120, DAY, id="below the opening"),
        pytest.param("22 October", 6, DAY, id="another day"),
        pytest.param("23 October 2023", 6, DAY, id="another year"),
        pytest.param("October 2024", 6, DAY, id="no day"),
        pytest.param("until 23 October", 6, DAY, id="more than a day"),
        pytest.param("Baku", 6, DAY, id="no date"),
        pytest.param("", 0, DAY, id="nothing"),
    ],
)
def test_other_quotes_are_no_stamps(quote: str, start: int, published_at: date | None) -> None:
    assert not is_stamp(quote, start, published_at)


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.integers(0, 119), st.text(max_size=12))
def test_whatever_the_day_a_date_alone_is_one_and_with_a_word_none(
    day: date, start: int, more: str
) -> None:
    assert is_stamp(day.isoformat(), start, day)
    assert not is_stamp(f"{day.isoformat()} {more} Baku", start, day)
