from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.articles import make_article
from embeddings.records import ChunkFacts, LexicalHit
from embeddings.store import Filters
from qa.retrieve import Evidence, Fusion, _evidence, fuse
from qa.service import Service

NUMBERS = st.floats(0, 1, width=32)


@given(
    found=st.dictionaries(
        st.integers(1, 50),
        st.builds(Evidence, dense=NUMBERS, share=NUMBERS, same_language=st.booleans()),
    )
)
def test_fuse_ranks_all_of_them_in_one_stated_order(found: dict[int, Evidence]) -> None:
    ranked = fuse(found, Fusion())
    assert sorted(rowid for rowid, _ in ranked) == sorted(found)
    assert ranked == sorted(ranked, key=lambda item: (-item[1], item[0]))
    assert ranked == fuse(dict(reversed(found.items())), Fusion())


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Evidence(0.8), Evidence(0.79)),
        (Evidence(0.8, share=0.4), Evidence(0.8, share=0.1)),
        (Evidence(0.8, same_language=False), Evidence(0.8)),
        (Evidence(0.8, time=1.0), Evidence(0.8, time=0.0)),
        (Evidence(0.8), Evidence(0.8, time=-1.0)),
    ],
    ids=["dense", "lexical", "other language", "in time", "before its time"],
)
def test_what_lifts_a_chunk(better: Evidence, worse: Evidence) -> None:
    assert [rowid for rowid, _ in fuse({1: worse, 2: better}, Fusion())] == [2, 1]


def test_across_languages_only_shared_terms_count_in_the_ceiling() -> None:
    hit = LexicalHit(rowid=1, score=3.0, share=0.1, shared=0.6)
    own, other = ChunkFacts("ru", None), ChunkFacts("en", None)
    assert _evidence(0.8, hit, own, "ru", None).share == 0.1
    assert _evidence(0.8, hit, other, "ru", None).share == 0.6
    assert _evidence(0.8, None, other, "ru", None).share == 0.0


def test_equal_scores_go_by_row() -> None:
    assert [rowid for rowid, _ in fuse({7: Evidence(0.5), 3: Evidence(0.5)}, Fusion())] == [3, 7]


# --- through the service ---------------------------------------------------------------------

DAYS = [None, date(2022, 9, 22), date(2024, 4, 17)]
LANGUAGES = ["en", "ru", "tr"]


@pytest.fixture
def shelf(service: Service) -> Service:
    service.add(
        make_article(
            text=f"The minister number {n} spoke about harbour plan {n % 7} in Baku.",
            id=f"a{n}",
            source=f"Paper {n % 4}",
            published_at=DAYS[n % 3],
            language=LANGUAGES[n % 5 % 3],
        )
        for n in range(60)
    )
    return service


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_never_starves_the_result(shelf: Service, data: st.DataObject) -> None:
    filters = Filters(
        date_from=data.draw(st.sampled_from([None, date(2023, 1, 1)])),
        as_of=data.draw(st.sampled_from([None, date(2023, 1, 1)])),
        sources=tuple(data.draw(st.sets(st.sampled_from(["Paper 0", "Paper 3"])))),
        languages=tuple(data.draw(st.sets(st.sampled_from(["en", "ru"])))),
        undated=data.draw(st.booleans()),
    )
    top_k = data.draw(st.integers(1, 20))
    passing = {item.id for item in shelf.store.find_articles(filters=filters, limit=100)}
    found = shelf.search("harbour plan 3", filters=filters, top_k=top_k).passages
    assert {passage.article_id for passage in found} <= passing
    assert len(found) == min(top_k, len(passing))


def test_a_named_time_prefers_what_was_published_then(service: Service) -> None:
    service.add(
        make_article(
            text=f"The council met in Baku and {who} took the chair of the council.",
            id=who,
            published_at=day,
            language="en",
        )
        for who, day in (("Kazakhstan", date(2022, 9, 23)), ("Azerbaijan", date(2024, 4, 17)))
    )
    for asked, wanted in (("September 2022", "Kazakhstan"), ("April 2024", "Azerbaijan")):
        first, *_ = service.search(f"Who took the chair of the council in {asked}?").passages
        assert first.article_id == wanted
        assert first.scores.time == 1.0
    first, *_ = service.search("Who took the chair of the council?").passages
    assert first.scores.time is None
