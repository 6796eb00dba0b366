"""The store's filters and its pages of articles."""

from __future__ import annotations

from datetime import date

import pytest
from store_support import article_of, open_store, put

from embeddings.errors import (
    UsageError,
)
from embeddings.store import Filters

FILTERED = {
    "old": {"published_at": date(2022, 9, 23), "source": "Azernews", "language": "en"},
    "new": {"published_at": date(2024, 4, 17), "source": "NEWS.Az", "language": "az"},
    "undated": {"source": "Paralel.Az", "language": "en"},
    "bare": {"language": "ru"},
}
CASES = {
    "none": (Filters(), {"old", "new", "undated", "bare"}),
    "from": (Filters(date_from=date(2023, 1, 1)), {"new", "undated", "bare"}),
    "from, dated": (Filters(date_from=date(2023, 1, 1), undated=False), {"new"}),
    "from is within": (Filters(date_from=date(2024, 4, 17), undated=False), {"new"}),
    "to is within": (Filters(date_to=date(2022, 9, 23), undated=False), {"old"}),
    "as of": (Filters(as_of=date(2024, 4, 16), undated=False), {"old"}),
    "as of and to": (
        Filters(as_of=date(2023, 1, 1), date_to=date(2025, 1, 1), undated=False),
        {"old"},
    ),
    "undated without a date": (Filters(undated=False), {"old", "new", "undated", "bare"}),
    "source in another case": (Filters(sources=("azerNEWS",)), {"old"}),
    "two sources": (Filters(sources=("news.az", " Paralel.AZ ")), {"new", "undated"}),
    "language": (Filters(languages=("en",)), {"old", "undated"}),
    "language in capitals": (Filters(languages=("AZ", "RU")), {"new", "bare"}),
    "all at once": (
        Filters(date_to=date(2023, 1, 1), sources=("Azernews",), languages=("en",)),
        {"old"},
    ),
    "nothing passes": (Filters(sources=("'; DROP TABLE article; --",)), set()),
}


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("filtered") / "s") as opened:
        for name, fields in FILTERED.items():
            put(opened, article_of(name, **fields))
        yield opened


@pytest.mark.parametrize(("filters", "expected"), CASES.values(), ids=CASES.keys())
def test_filters(filtered, filters, expected):
    rowids = {row for row, name in enumerate(FILTERED, start=1) if name in expected}
    allowed = filtered.allowed_rowids(filters)
    assert (set(range(1, 5)) if allowed is None else set(allowed.tolist())) == rowids
    assert {hit.rowid for hit in filtered.lexical_search(["baku"], 9, filters)} == rowids
    assert {each.id for each in filtered.find_articles(filters=filters)} == expected
    assert filtered.count_articles(filters) == len(expected)


def test_a_filter_never_starves_the_lexical_side(store):
    for number in range(50):
        put(store, article_of(f"en{number}"), ("baku", "baku", "baku"))
    put(store, article_of("ru", language="ru"), ("baku", *(f"other{i}" for i in range(50))))
    (hit,) = store.lexical_search(["baku"], 1, Filters(languages=("ru",)))
    assert hit.rowid == 51


@pytest.mark.parametrize(
    "dates",
    [
        {"date_from": date(2024, 1, 2), "date_to": date(2024, 1, 1)},
        {"date_from": date(2024, 1, 2), "as_of": date(2024, 1, 1)},
    ],
    ids=["to", "as of"],
)
def test_a_range_without_a_day_is_refused(dates):
    with pytest.raises(UsageError, match="2024-01-02 is later than"):
        Filters(**dates)


def test_each_filter_alone():
    filters = Filters(as_of=date(2024, 1, 1), sources=("a",), undated=False)
    assert filters.each_alone() == {
        "as-of": Filters(as_of=date(2024, 1, 1)),
        "dated-only": Filters(date_from=date.min, undated=False),
        "source": Filters(sources=("a",)),
    }
    assert Filters().each_alone() == {}


def test_listing_is_paged_in_a_stable_order(filtered):
    pages = [filtered.find_articles(offset=offset, limit=2) for offset in (0, 2, 4)]
    assert [[each.id for each in page] for page in pages] == [
        ["bare", "new"],
        ["old", "undated"],
        [],
    ]
    summary = filtered.find_articles(limit=2)[1]
    assert summary.published_at == date(2024, 4, 17)
    assert (summary.length, summary.chunks) == (23, 1)


def test_what_passes_a_filter_is_remembered_for_one_moment(tmp_path):
    english, turkish = Filters(languages=("en",)), Filters(languages=("tr",))
    with open_store(tmp_path / "s") as store:
        put(store, article_of("a"))
        with store.snapshot() as moment:
            first = moment.allowed_rowids(english)
            assert first is not None
            assert first.tolist() == [1]
            assert moment.allowed_rowids(english) is first
            assert moment.allowed_rowids(turkish).tolist() == []
            with pytest.raises(ValueError, match="read-only"):
                first[0] = 7
        put(store, article_of("b"))
        with store.snapshot() as later:
            assert later.allowed_rowids(english).tolist() == [1, 2]


def test_few_filters_are_remembered_and_no_long_ones(tmp_path):
    with open_store(tmp_path / "s") as store:
        put(store, article_of("a", source="Trend"))
        with store.snapshot() as moment:
            for number in range(100):
                rowids = moment.allowed_rowids(Filters(sources=("Trend", f"Paper {number}")))
                assert rowids.tolist() == [1]
            assert 0 < len(moment.memory.allowed) <= 16
            before = set(moment.memory.allowed)
            long = Filters(sources=("Trend", "x" * 2000))
            assert moment.allowed_rowids(long).tolist() == [1]
            assert set(moment.memory.allowed) == before
