from __future__ import annotations

from datetime import date

import pytest

from embeddings.errors import UsageError
from qa.filters import check_language, make_filters, parse_day


def test_nothing_asked_for_is_no_filter():
    assert make_filters() is None
    assert make_filters(sources=[], languages=[]) is None


def test_everything_asked_for_is_kept():
    filters = make_filters(
        date_from=date(2024, 1, 1),
        date_to=date(2024, 12, 31),
        as_of=date(2024, 6, 1),
        sources=[" Azernews "],
        languages=["EN"],
        undated=False,
    )
    assert filters is not None
    assert filters.sources == ("Azernews",)
    assert filters.languages == ("en",)
    assert not filters.undated


def test_dates_the_wrong_way_round_are_refused_with_the_remedy():
    with pytest.raises(UsageError, match=r"2024-02-01 is later than --to 2024-01-01"):
        make_filters(date_from=date(2024, 2, 1), date_to=date(2024, 1, 1))


def test_an_empty_source_is_refused():
    with pytest.raises(UsageError, match="empty source"):
        make_filters(sources=["  "])


@pytest.mark.parametrize("code", ["en", "RU", " az ", "tr", "kk", "und"])
def test_language_codes_are_taken_in_any_case(code):
    assert check_language(code) == code.strip().lower()


@pytest.mark.parametrize("code", ["", "xx", "english", "e", "aaab", "э1", "en-US"])
def test_what_is_no_language_code_is_refused(code):
    with pytest.raises(UsageError, match="not a language code"):
        check_language(code)


@pytest.mark.parametrize(
    "value", ["", "yesterday", "2024-13-01", "2024-02-30", "20240101", "2024-1-1", "٢٠٢٤-٠١-٠١"]
)
def test_what_is_no_day_is_refused_by_the_name_of_its_option(value):
    with pytest.raises(UsageError, match=r"--as-of .* is not a date.*YYYY-MM-DD"):
        parse_day("--as-of", value)


def test_a_day_is_a_day():
    assert parse_day("--from", "2024-02-29") == date(2024, 2, 29)
    assert parse_day("--from", None) is None
