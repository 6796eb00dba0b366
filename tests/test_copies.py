from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.articles import Article, make_article
from embeddings.chunks import Chunk
from embeddings.copies import (
    containment,
    figures,
    have_other_figures,
    is_republished,
    is_translated,
    kept_text,
    numbers_of,
    shared_terms,
    shingles,
    speak_of_other_figures,
)
from embeddings.index import VectorIndex
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
    """A store and its index in which every article is one chunk, all of them alike."""

    def __init__(self, articles: list[Article]) -> None:
        self.articles = articles

    def vectors_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return rows, np.full((len(rows), 4), 0.5, dtype=np.float32)

    def chunk_rows(self, article_ids: Iterable[str]) -> dict[str, np.ndarray]:
        rows = {each.id: np.array([row]) for row, each in enumerate(self.articles)}
        return {article_id: rows[article_id] for article_id in article_ids}


def _candidate(row: int, article: Article) -> Candidate:
    """An article that is one chunk."""
    end = len(article.text)
    return Candidate(
        row, Chunk(f"{article.id}:0", article.id, 0, 0, end, 9, ((0, end),), ""), article
    )


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
    candidates = [_candidate(row, each) for row, each in enumerate(articles)]
    shelf = Shelf(articles)
    grouped = group_copies(
        candidates, cast(ArticleReads, shelf), cast(VectorIndex, shelf), language=language
    )
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


def test_a_copy_without_the_answer_is_no_support(service: Service) -> None:
    """It is still named as a copy: it carries the story."""
    edited = AGENCY.replace("in Aktau ", "") + " Subscribe to our channel for the latest news."
    texts = {"agency": AGENCY, "daily": AGENCY + " More follows.", "edited": edited}
    service.add(make_article(text=text, id=name, language="en") for name, text in texts.items())
    result = service.ask("Which Caspian states met?", always_answer=True)
    for one in result.answers:
        named = {one.citation.article_id, *one.citation.duplicates}
        assert named == set(texts)
        held = sum(one.text.casefold() in text.casefold() for text in texts.values())
        assert (one.articles, one.independent_reports) == (held, 1)
    assert {one.articles for one in result.answers} == {2, 3}


def test_two_stories_on_one_minister_are_no_translations() -> None:
    """As close as translations are, with a fifth of the names in common: the seeds' case."""
    one = frozenset(f"~name{n}" for n in range(100))
    other = frozenset(f"~name{n}" for n in range(77, 177))
    assert not is_translated(0.925, one, other)
    assert is_translated(0.925, one, frozenset(f"~name{n}" for n in range(50, 150)))


# -- versions: other figures in the same words ----------------------------------------------------

RATES = {date(2024, 5, 7): "1.7000", date(2024, 5, 8): "1.7025",
         date(2024, 5, 9): "1.7100", date(2024, 5, 10): "1.6990"}  # fmt: skip
RATE = {
    "en": "The Central Bank of Azerbaijan set the official rate of the euro for {day} May at "
    "{rate} manats. The rate of the dollar did not change. Dealers said that demand for foreign "
    "currency was steady and that banks had bought less at the last auction than before.",
    "ru": "Центральный банк Азербайджана установил официальный курс евро на {day} мая в размере "
    "{rate} маната. Курс доллара не изменился. Дилеры сообщили, что спрос на валюту оставался "
    "ровным, а банки на последнем аукционе купили меньше, чем раньше.",
    "az": "Azərbaycan Mərkəzi Bankı {day} may üçün avronun rəsmi məzənnəsini {rate} manat "
    "müəyyən edib. Dolların məzənnəsi dəyişməyib. Dilerlərin sözlərinə görə, valyutaya tələbat "
    "sabit qalıb, banklar isə son hərracda əvvəlkindən az alıblar.",
    "tr": "Azerbaycan Merkez Bankası {day} Mayıs için euronun resmi kurunu {rate} manat olarak "
    "belirledi. Doların kuru değişmedi. Satıcılar dövize talebin sabit kaldığını, bankaların son "
    "ihalede öncekinden daha az aldığını söyledi.",
}


def rate_reports(language: str = "en") -> list[Article]:
    """The same template on four days, with four values."""
    return [
        make_article(
            text=RATE[language].format(day=day.day, rate=rate),
            id=f"{language}-{day.day}",
            published_at=day,
            language=language,
        )
        for day, rate in RATES.items()
    ]


TOLL = (
    "A strong earthquake shook Lankaran on Tuesday night. The emergency ministry said that {} "
    "people were killed and 140 were injured. Schools stay closed until Monday, and the army has "
    "put up 300 tents for those whose houses are unsafe."
)


@pytest.mark.parametrize(
    ("one", "other", "versions"),
    [
        (TOLL.format(12), TOLL.format(19), True),
        (TOLL.format("1,200"), TOLL.format("1200"), False),
        (TOLL.format(12), "BAKU, 8 May. " + TOLL.format(12) + " Read 350 more stories.", False),
        (TOLL.format(12), TOLL.format(12)[:120], False),
        (TOLL.format(12), TOLL.format("at least 12"), False),
        (TOLL.format(12), "Updated: 8 May 2024, 12:30\n" + TOLL.format(12), False),
        (
            "Updated: 7 May 2024, 09:10, by our desk\n" + TOLL.format(12),
            "Updated: 8 May 2024, 12:30, by our desk\n" + TOLL.format(12),
            False,
        ),
        (
            "BAKU, 7 May, Agency - " + TOLL.format(12),
            "BAKU, 8 May, Agency - " + TOLL.format(12),
            False,
        ),
        (TOLL.format(12), TOLL.format(12).replace("until Monday", "until 13 May"), False),
        (
            TOLL.format(12).replace("until Monday", "until 13 May"),
            TOLL.format(12).replace("until Monday", "until 17 May"),
            True,
        ),
        *((RATE[each].format(day=7, rate="1.7000"), RATE[each].format(day=7, rate="1.7"), False)
          for each in RATE),
        *((RATE[each].format(day=7, rate="1,70"), RATE[each].format(day=8, rate="1,72"), True)
          for each in RATE),
        ("", TOLL.format(12), False),
    ],
    ids=["toll", "notation", "framed", "cut", "one word more", "a stamp in one", "another stamp",
         "dateline", "a date in one", "another date", *(f"zeros {each}" for each in RATE),
         *(f"next day {each}" for each in RATE), "empty"],
)  # fmt: skip
def test_versions(one: str, other: str, versions: bool) -> None:
    assert have_other_figures(figures(one), figures(other)) is versions
    assert have_other_figures(figures(other), figures(one)) is versions


@pytest.mark.parametrize(
    ("russian", "others"),
    [
        ("Погибли 12 человек, 140 ранены, установлено 300 палаток.", False),
        ("Погибли двенадцать человек, 140 ранены, установлено 300 палаток.", False),
        ("Погибли 12 человек, 140 ранены.", False),
        ("Погибли 19 человек, 140 ранены, установлено 300 палаток.", True),
        ("Погибли 19 человек.", True),
        ("", False),
    ],
    ids=["same", "as a word", "cut", "more", "more, and cut", "empty"],
)
def test_a_translation_with_another_toll_is_a_version(russian: str, others: bool) -> None:
    english = TOLL.format(12)
    assert speak_of_other_figures(english, russian, lead=1000) is others
    assert speak_of_other_figures(russian, english, lead=1000) is others


def test_figures_far_down_do_not_tell_a_translation_apart() -> None:
    here, there = "x" * 50 + " 450", "x" * 50 + " 650"
    assert speak_of_other_figures(here, there, lead=1000)
    assert not speak_of_other_figures(here, there, lead=40)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,234 and 1 234 and 1.234", {"1234"}),
        ("1.70, 1,7 and 1.7000", {"1.7"}),
        ("734 000 люди", {"734000"}),
        ("in 2020 300 of them", {"2020", "300"}),
        ("none", set()),
    ],
    ids=["groups", "zeros", "Russian groups", "a year before", "none"],
)
def test_numbers_in_one_notation(text: str, numbers: set[str]) -> None:
    assert numbers_of(text) == numbers


@pytest.mark.parametrize("language", RATE)
def test_daily_reports_keep_their_places(service: Service, language: str) -> None:
    reports = rate_reports(language)
    service.add([*reports, make_article(text=reports[0].text + " Follow us.", id="mirror",
                                        language=language)])  # fmt: skip
    found = service.search({"en": "euro rate", "ru": "курс евро", "az": "avronun məzənnəsi",
                            "tr": "euronun kuru"}[language])  # fmt: skip
    groups = {frozenset({each.article_id, *each.duplicates}) for each in found.passages}
    first = {reports[0].id, "mirror"}
    assert groups == {frozenset(first), *(frozenset({each.id}) for each in reports[1:])}


@given(order=st.permutations(range(6)))
def test_stories_do_not_depend_on_the_order_they_are_found_in(order: list[int]) -> None:
    """A copy that is cut before the toll is one of either version's, and never joins them."""
    texts = {
        "a": TOLL.format(12),
        "b": "BAKU. " + TOLL.format(12),
        "c": TOLL.format(19),
        "d": TOLL.format(19) + " Follow us.",
        "cut": TOLL.split("said that")[0] + TOLL.split("injured.")[1],
        "other": OWN,
    }
    articles = [make_article(text=text, id=name, language="en") for name, text in texts.items()]
    candidates = [_candidate(row, articles[row]) for row in order]
    shelf = Shelf(articles)
    grouped = group_copies(candidates, cast(ArticleReads, shelf), cast(VectorIndex, shelf))
    assert set(grouped.copies_of("a")) - {"cut"} == {"b"}
    assert set(grouped.copies_of("c")) - {"cut"} == {"d"}
    assert grouped.copies_of("other") == ()
    for name in texts:
        assert all(name in grouped.copies_of(copy) for copy in grouped.copies_of(name))
