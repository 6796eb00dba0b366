from __future__ import annotations

from datetime import date

import pytest

from embeddings.articles import make_article
from qa.disagree import side_by_side, with_support
from qa.models import Answer, Citation, Scores, Sentence
from qa.service import Service


def answer(
    text: str,
    sentence: str,
    *,
    article: str,
    day: date | None = None,
    confidence: float = 0.9,
    duplicates: tuple[str, ...] = (),
    also: tuple[Citation, ...] = (),
    language: str = "en",
) -> Answer:
    start = sentence.index(text)
    return Answer(
        text=text,
        confidence=confidence,
        confidence_bucket="high",
        citation=Citation(
            article_id=article,
            title=None,
            source=None,
            author=None,
            published_at=day,
            language=language,
            url=None,
            sha256="0" * 64,
            start=start,
            end=start + len(text),
            quote=text,
            sentence=Sentence(0, len(sentence), sentence),
            duplicates=duplicates,
        ),
        scores=Scores(),
        also=also,
    )


SIX = answer("6", "The quake in Agdam killed 6 people.", article="a", day=date(2024, 4, 1))
NINE = answer("9", "The quake in Agdam killed 9 people.", article="b", day=date(2024, 4, 3))


def test_two_values_stand_side_by_side_newest_first() -> None:
    answers, disagreement = side_by_side([SIX, NINE])
    assert disagreement
    assert [each.text for each in answers] == ["9", "6"]


def test_undated_sources_follow_and_other_answers_come_last() -> None:
    undated = answer("7", "The quake in Agdam killed 7 people.", article="c")
    aside = answer("people", "The quake in Agdam killed 6 people.", article="d")
    answers, _ = side_by_side([undated, aside, SIX, NINE])
    assert [each.text for each in answers] == ["9", "6", "7", "people"]


@pytest.mark.parametrize(
    "other",
    [
        answer("9", "The quake in Agdam killed 9 people.", article="a"),
        answer("9", "The quake in Agdam killed 9 people.", article="b", duplicates=("a",)),
        answer("9", "The quake in Agdam killed 9 people.", article="b", confidence=0.3),
        answer("9", "A match in Paris drew 9 thousand.", article="b"),
        answer("6 people", "The quake in Agdam killed 6 people.", article="b"),
        answer("Agdam", "The quake in Agdam killed 9 people.", article="b"),
        answer("the quake", "In Agdam the quake killed many people.", article="b"),
    ],
    ids=["same article", "a copy", "unsure", "another thing", "same value", "kind", "no value"],
)
def test_no_disagreement(other: Answer) -> None:
    answers, disagreement = side_by_side([SIX, other])
    assert not disagreement
    assert answers == (SIX, other)


def test_names_and_dates_across_scripts() -> None:
    one = answer("Ceyhun Bayramov", "Ceyhun Bayramov led the talks in Baku.", article="a")
    same = answer(
        "Джейхун Байрамов", "Джейхун Байрамов вёл talks в Baku.", article="b", language="ru"
    )
    other = answer("Hakan Fidan", "Hakan Fidan led the talks in Baku.", article="c")
    assert not side_by_side([one, same])[1]
    assert side_by_side([one, other])[1]
    april = answer("17 April 2024", "The talks in Baku were on 17 April 2024.", article="a")
    also = answer("April 17, 2024", "April 17, 2024 saw the talks in Baku.", article="b")
    may = answer("2 May 2024", "The talks in Baku were on 2 May 2024.", article="c")
    assert not side_by_side([april, also])[1]
    assert side_by_side([april, may])[1]


def test_support_counts_copies_once() -> None:
    cited = [
        answer("6", "6 died.", article=name, duplicates=copies).citation
        for name, copies in (("b", ("a", "c")), ("d", ("e",)), ("f", ()))
    ]
    told = with_support(answer("6", "6 died.", article="a", duplicates=("b",), also=tuple(cited)))
    assert (told.articles, told.independent_reports) == (6, 3)
    alone = with_support(SIX)
    assert (alone.articles, alone.independent_reports) == (1, 1)


def test_explain_shows_each_part(service: Service) -> None:
    service.add([make_article(text="The council met in Baku in 2024.", id="a", language="en")])
    result = service.ask("Where did the council meet in 2024?", explain=True, always_answer=True)
    told = result.to_dict()["explain"]
    assert told["period"] == {"from": "2024-01-01", "to": "2024-12-31"}
    (passage,) = told["passages"]
    assert {"dense", "lexical", "lexical_share", "time", "fused", "reader"} <= passage.keys()
    assert passage["reader"] is not None
    assert "explain" not in service.ask("Where did the council meet?").to_dict()
    assert service.search("council", explain=True).to_dict()["explain"]["candidates"] == 1
