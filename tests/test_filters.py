from __future__ import annotations

from datetime import date

import pytest

from embeddings.articles import make_article
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


DATED = {"old": date(2022, 9, 23), "new": date(2024, 4, 17), "bare": None, "undated": None}


@pytest.mark.parametrize(
    ("given", "removed"),
    [
        ({"date_from": date(2024, 1, 1)}, {"from": 1}),
        ({"date_from": date(2024, 1, 1), "undated": False}, {"from": 1, "dated-only": 2}),
        ({"date_to": date(2024, 1, 1), "undated": False}, {"to": 1, "dated-only": 2}),
        (
            {"date_from": date(2022, 1, 1), "as_of": date(2023, 1, 1), "undated": False},
            {"from": 0, "as-of": 1, "dated-only": 2},
        ),
        ({"sources": ["old"], "undated": False}, {"source": 3}),
    ],
    ids=["undated kept", "from", "to", "both ends", "no date asked for"],
)
def test_undated_articles_are_counted_under_a_name_of_their_own(service, given, removed):
    service.add(
        make_article(text="The council met in Baku.", id=name, source=name, published_at=day)
        for name, day in DATED.items()
    )
    result = service.ask("Where did the council meet?", filters=make_filters(**given))
    assert result.removed_by_filters == removed
    assert result.to_dict()["removed_by_filters"] == removed


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
