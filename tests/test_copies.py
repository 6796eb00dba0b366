from __future__ import annotations

from datetime import date
from typing import cast

import numpy as np
import pytest

from embeddings.articles import Article, make_article
from embeddings.chunks import Chunk
from embeddings.copies import (
    containment,
    is_republished,
    is_translated,
    kept_text,
    shared_terms,
    shingles,
)
from embeddings.reads import ArticleReads
from qa.clusters import Candidate, group_copies
from qa.service import Service

AGENCY = (
    "The foreign ministers of six Caspian states met in Aktau on Tuesday to discuss the shrinking "
    "of the sea. Kazakhstan's deputy minister Roman Vassilenko said the water had fallen by two "
    "metres since 2006 and that ports would need dredging. The ministers agreed to meet again in "
    "Baku in May and to share data from 24 measuring stations."
)
OWN = (
    "Six Caspian governments want common measurements of their sea. At talks in Aktau their "
    "diplomats agreed on 24 stations whose figures all of them will see, and on a second round "
    "next May in Baku. Shipping companies at the port complained that ferries already load less."
)


def story_set() -> list[Article]:
    """Six articles, two independent reports: the agency's four times, one's own twice."""
    texts = {
        "agency": AGENCY,
        "daily": "AKTAU. " + AGENCY,
        "portal": AGENCY + "\n\nSubscribe to our channel for the latest news of the region.",
        "radio": AGENCY.replace("on Tuesday", "this week"),
        "weekly": OWN,
        "mirror": OWN + " The weekly was the first to report this.",
        "elsewhere": "The opera in Tashkent opened its season with a new staging of Tosca, sung by "
        "a cast from four countries, and the hall was full on the first three evenings.",
    }
    return [
        make_article(text=text, id=name, source=name, language="en") for name, text in texts.items()
    ]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (AGENCY, True),
        ("AKTAU, Tuesday. By our correspondent.\n\n" + AGENCY + "\n\nFollow us for more.", True),
        (AGENCY.replace("Tuesday", "12 March").replace("two metres", "2 m"), True),
        (AGENCY.upper(), True),
        (AGENCY[: len(AGENCY) * 2 // 3], True),
        (OWN, False),
        ("", False),
        ("The foreign ministers of six Caspian states met.", False),
    ],
    ids=["equal", "framed", "edited", "capitals", "cut", "own report", "empty", "one sentence"],
)
def test_republished(other: str, same: bool) -> None:
    assert is_republished(shingles(AGENCY), shingles(other)) is same


def test_containment_is_of_the_smaller() -> None:
    whole = shingles(AGENCY)
    assert containment(whole, shingles(AGENCY + " " + OWN)) == 1.0
    assert containment(whole, frozenset()) == 0.0


def test_what_sites_add_does_not_count() -> None:
    text = "Read also: ministers\n" + AGENCY
    assert kept_text(text, ((0, 21),)).strip() == AGENCY
    assert kept_text(AGENCY, ()) == AGENCY


def test_translated_needs_closeness_and_shared_names() -> None:
    russian = (
        "Министры шести прикаспийских государств встретились в Актау. Заместитель министра "
        "Казахстана Роман Василенко сказал, что с 2006 года вода упала на два метра. Следующая "
        "встреча пройдёт в Баку в мае, данные дадут 24 станции наблюдения."
    )
    one, other = shared_terms(AGENCY, "en"), shared_terms(russian, "ru")
    assert {"24", "2006"} <= one & other
    assert is_translated(0.91, one, other)
    assert not is_translated(0.80, one, other)
    assert not is_translated(0.91, one, shared_terms(OWN[:40], "en"))
    assert not is_translated(0.90, one, frozenset(f"x{n}" for n in range(40)))


class Shelf:
    """The vectors of a store in which every article is one chunk, all of them alike."""

    def __init__(self, articles: list[Article]) -> None:
        self.articles = articles

    def vectors(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return rows, np.full((len(rows), 4), 0.5, dtype=np.float32)

    def chunk_rows(self, article_id: str) -> np.ndarray:
        return np.array([[each.id for each in self.articles].index(article_id)])


@pytest.mark.parametrize(
    ("language", "shown"), [("en", ["en"]), ("ru", ["ru"]), ("tr", ["en"]), (None, ["en"])]
)
def test_of_translations_the_askers_language_has_the_place(
    language: str | None, shown: list[str]
) -> None:
    names = "CICA, OSCE, 2022, 24, COP29, UN, NATO, 1994, 17, 38, 2008, 77, 29, 5, 9, 11, 13, 402"
    articles = [
        make_article(text=f"The ministers met in Baku. {names}.", id="en", language="en"),
        make_article(text=f"Министры встретились в Баку. {names}.", id="ru", language="ru"),
    ]
    candidates = [
        Candidate(
            row,
            Chunk(f"{each.id}:0", each.id, 0, 0, len(each.text), 9, ((0, len(each.text)),), ""),
            each,
        )
        for row, each in enumerate(articles)
    ]
    shelf = cast(ArticleReads, Shelf(articles))
    grouped = group_copies(candidates, shelf, language=language)
    assert [place.article.id for place in grouped.places] == shown
    (behind,) = grouped.stood_for.values()
    assert len(behind) == 1
    assert list(grouped.stood_for) == [grouped.places[0].rowid]
    assert grouped.copies_of("en") == ("ru",)


def test_six_articles_two_independent_reports(service: Service) -> None:
    service.add(story_set())
    found = service.search("How many measuring stations did the Caspian ministers agree on?")
    first, second, *_ = [each for each in found.passages if each.article_id != "elsewhere"]
    stories = [{first.article_id, *first.duplicates}, {second.article_id, *second.duplicates}]
    assert sorted(map(len, stories)) == [2, 4]
    assert not stories[0] & stories[1]
    shown = [passage.article_id for passage in found.passages]
    assert len(shown) == len(set(shown)) == 3


def test_an_answers_citation_names_the_copies(service: Service) -> None:
    service.add(story_set())
    result = service.ask("How many stations?", always_answer=True, today=date(2026, 1, 1))
    named = {
        each
        for answer in result.answers
        for citation in (answer.citation, *answer.also)
        for each in citation.duplicates
    }
    assert named
    assert "elsewhere" not in named


def test_two_stories_on_one_minister_are_no_translations() -> None:
    """As close as translations are, with a fifth of the names in common: the seeds' case."""
    one = frozenset(f"~name{n}" for n in range(100))
    other = frozenset(f"~name{n}" for n in range(77, 177))
    assert not is_translated(0.925, one, other)
    assert is_translated(0.925, one, frozenset(f"~name{n}" for n in range(50, 150)))
