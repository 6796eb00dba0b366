from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import CALIBRATION, FakeEncoder, FakeReader

from embeddings.articles import make_article
from embeddings.encoder import FloatMatrix
from embeddings.records import ChunkFacts, LexicalHit
from embeddings.store import Filters
from qa.retrieve import Evidence, Fusion, _evidence, fuse, quoted_phrases
from qa.service import Service
from qa.settings import load_settings

NUMBERS = st.floats(0, 1, width=32)


@given(
    found=st.dictionaries(
        st.integers(1, 50),
        st.builds(
            Evidence,
            dense=NUMBERS,
            lexical=NUMBERS,
            share=NUMBERS,
            same_language=st.booleans(),
            time=NUMBERS,
            phrase=NUMBERS,
        ),
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
        (Evidence(0.8, phrase=1.0), Evidence(0.85, share=1.0)),
        (Evidence(0.8, phrase=1.0), Evidence(0.8, phrase=0.5)),
    ],
    ids=[
        *("dense", "lexical", "other language", "in time", "before its time"),
        *("phrase", "phrase in the context"),
    ],
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


class _Flat(FakeEncoder):
    """Every text is as near to every question: the lexical side and the quotes decide alone."""

    def _encode(self, texts: Sequence[str]) -> FloatMatrix:
        return np.eye(1, self.dimension, dtype=np.float32).repeat(len(texts), axis=0)


@pytest.fixture
def flat(store_path: Path) -> Iterator[Service]:
    settings = load_settings(store=store_path)
    reader = (FakeReader(), CALIBRATION)
    with Service.open(settings, create=True, encoder=_Flat(), reader=reader) as opened:
        yield opened


QUOTED = {
    "ascii": ('Who wrote the "Final  Peace treaty"?', ("final peace treaty",)),
    "curly": ("Who wrote the “final peace”?", ("final peace",)),
    "guillemets": ("Кто написал «Итоговый проект, договора»?", ("итоговый проект договора",)),
    "low": ("Кто написал „Итоговый проект“?", ("итоговый проект",)),
    "Turkish": ("”Nihai taslak” kimin?", ("nihai taslak",)),
    "two": ('Is "one thing" or "another thing" meant?', ("one thing", "another thing")),
    "said twice": ('Is "one thing" «One thing»?', ("one thing",)),
    "number": ('Who signed "Law 2024"?', ("law 2024",)),
    "a word": ('Who played in "Titanic"?', ()),
    "not closed": ('Who wrote the "final peace treaty?', ()),
    "nothing inside": ('Who said ""?', ()),
    "apostrophes": ("Bayramov'un ve Mirzoyan'ın", ()),
}


@pytest.mark.parametrize(("question", "phrases"), QUOTED.values(), ids=QUOTED.keys())
def test_phrases_in_quotes(question: str, phrases: tuple[str, ...]) -> None:
    assert quoted_phrases(question) == phrases


PHRASES = {
    "en": (
        'Who has the "final peace treaty draft"?',
        "Baku held the final peace\ntreaty draft at noon.",
        "Who has the draft? The final peace is no treaty.",
    ),
    "ru": (
        "Кто держит «итоговый проект мирного договора»?",
        "Баку держит итоговый проект мирного договора у себя.",
        "Кто держит проект? Итоговый текст мирного соглашения без договора.",
    ),
    "az": (
        "“yekun sülh müqaviləsi layihəsi” kimdədir?",
        "Bakıda yekun sülh müqaviləsi layihəsi saxlanılır.",
        "Layihəsi kimdədir? Yekun sülh olmayan müqaviləsi kimdədir?",
    ),
    "tr": (
        "„nihai barış anlaşması taslağı“ kimde?",
        "Bakü nihai barış anlaşması taslağı üzerinde durdu.",
        "Taslağı kimde? Nihai olmayan barış anlaşması kimde?",
    ),
    "in another language": (
        "Кто передал «final peace treaty draft»?",
        "Baku передал the final peace treaty draft.",
        "Кто передал the draft? The final peace is no treaty, передал Баку.",
    ),
}


@pytest.mark.parametrize(("question", "holds", "scattered"), PHRASES.values(), ids=PHRASES.keys())
def test_an_article_that_holds_the_phrase_stands_first(
    flat: Service, question: str, holds: str, scattered: str
) -> None:
    texts = {"holds": holds, **{f"scattered{n}": f"{scattered} {n}." for n in range(3)}}
    flat.add(make_article(text=text, id=name) for name, text in texts.items())
    first, *others = flat.search(question).passages
    assert first.article_id == "holds"
    assert others  # a lift, no filter
    unquoted = question.translate(dict.fromkeys(map(ord, '"«»“”„')))
    assert flat.search(unquoted).passages[0].article_id != "holds"


def test_a_phrase_is_proposed_where_no_side_proposes_it(flat: Service) -> None:
    asked = "Who signed the “big plan of the old harbour” when the mayor signed his own?"
    many = (f"The mayor signed his own harbour plan {n}, big and old." for n in range(200))
    flat.add(make_article(text=text, id=f"a{n}", language="en") for n, text in enumerate(many))
    flat.add([make_article(text=f"A big plan of the old harbour {'burnt ' * 60}", id="it")])
    first, *others = flat.search(asked).passages
    assert first.article_id == "it"
    assert len(others) == 7
    assert "it" not in {one.article_id for one in flat.search(asked.replace("“", "")).passages}
    english = flat.search(asked, filters=Filters(languages=("en",), sources=("None",)))
    assert english.passages == ()


def test_a_phrase_in_the_headline_lifts_half_as_much(flat: Service) -> None:
    for name, title, text in (
        ("a", None, "The mayor spoke of the harbour, of the plan and of the big old ships."),
        ("b", "Big plan of the harbour", "Two fishermen, a smith and some teachers came there."),
    ):
        flat.add([make_article(text=text, id=name, title=title, language="en")])
    flat.add([make_article(text="A big plan of the harbour, said the mayor.", id="c")])
    found = flat.search("What is the «big plan of the harbour»?")
    assert [one.article_id for one in found.passages] == ["c", "b", "a"]


@pytest.mark.parametrize(
    "quoted",
    ["the of", "漢字 大臣", "AND OR", "NOT x", "- -", 'a" OR "b', "plan " * 300, "{ ( * ^"],
)
def test_whatever_is_quoted_is_taken_literally(flat: Service, quoted: str) -> None:
    flat.add([make_article(text="A big plan of the harbour was drawn by the mayor.", id="a")])
    assert len(flat.search(f'Who has the "{quoted}" now?').passages) == 1
