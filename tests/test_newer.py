"""Newer articles on the same thing: which are named, and which are not."""

from __future__ import annotations

from datetime import date

import pytest

from embeddings.articles import make_article
from qa.filters import make_filters
from qa.models import Answer, Citation, Passage, Scores, Sentence
from qa.newer import with_newer
from qa.service import Service

QUESTION = "Who chaired the informal CICA meeting in New York?"
CITED = "On Thursday Kazakhstan chaired the informal CICA meeting in New York."
SAME = "The informal CICA meeting in New York, Kazakhstan said a week later, was a success."
MARCH, APRIL, MAY, JUNE, JULY = (date(2024, month, 1) for month in range(3, 8))


def passage(name: str, text: str, day: date | None, **more: object) -> Passage:
    given = {"fused": 0.9, "title": None, "duplicates": (), "language": "en"} | more
    return Passage(
        article_id=name,
        chunk_id=f"{name}:0",
        start=0,
        end=len(text),
        text=text,
        scores=Scores(dense=0.9, fused=given["fused"]),
        title=given["title"],
        source=f"Source of {name}",
        published_at=day,
        language=given["language"],
        sentences=((0, len(text)),),
        duplicates=given["duplicates"],
    )


def citation(name: str, text: str, day: date | None, duplicates: tuple[str, ...] = ()) -> Citation:
    return Citation(
        article_id=name,
        title=None,
        source=None,
        author=None,
        published_at=day,
        language="en",
        url=None,
        sha256="0" * 64,
        start=0,
        end=4,
        quote=text[:4],
        sentence=Sentence(0, len(text), text),
        duplicates=duplicates,
    )


def answer(*, day: date | None = MARCH, text: str = CITED, **more: object) -> Answer:
    given = {"fused": 0.9, "duplicates": (), "also": ()} | more
    return Answer(
        text=text[:4],
        confidence=0.9,
        confidence_bucket="high",
        citation=citation("cited", text, day, given["duplicates"]),
        scores=Scores(dense=0.9, fused=given["fused"]),
        also=given["also"],
    )


def named(one: Answer, *passages: Passage, question: str = QUESTION) -> list[str]:
    cited = passage("cited", one.citation.sentence.text, one.citation.published_at)
    (made,) = with_newer([one], [cited, *passages], question=question)
    assert all(each.published_at > one.citation.published_at for each in made.newer)
    return [each.article_id for each in made.newer]


def test_a_later_article_on_the_same_meeting_is_named_with_its_day_and_source() -> None:
    later = passage("later", SAME, APRIL, title="A success in New York")
    (made,) = with_newer([answer()], [later], question=QUESTION)
    (one,) = made.newer
    assert one.to_dict() == {
        "article_id": "later",
        "title": "A success in New York",
        "source": "Source of later",
        "published_at": "2024-04-01",
    }
    assert made.to_dict()["newer"] == [one.to_dict()]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(passage("x", SAME, date(2024, 2, 29)), id="older"),
        pytest.param(passage("x", SAME, MARCH), id="of the same day"),
        pytest.param(passage("x", SAME, None), id="without a date"),
        pytest.param(passage("x", SAME, APRIL, fused=0.79), id="it fits the question far worse"),
        pytest.param(passage("x", SAME, APRIL, fused=None), id="without a score"),
        pytest.param(passage("cited", SAME, APRIL), id="the cited article itself"),
        pytest.param(passage("copy", SAME, APRIL), id="a copy that the citation names"),
        pytest.param(passage("x", SAME, APRIL, duplicates=("cited",)), id="a copy by its own word"),
        pytest.param(passage("also", SAME, APRIL), id="cited beside it"),
        pytest.param(
            passage("x", "Then the opera in Tashkent opened with Tosca.", APRIL), id="unrelated"
        ),
        pytest.param(
            passage("x", "Kazakhstan won a match on Friday, as was hoped.", APRIL), id="one name"
        ),
        pytest.param(passage("x", "the meeting went on in the afternoon.", APRIL), id="no name"),
    ],
)
def test_what_is_not_named(other: Passage) -> None:
    one = answer(duplicates=("copy",), also=(citation("also", SAME, APRIL),))
    assert named(one, other) == []


def test_without_a_date_nothing_is_newer() -> None:
    later = passage("later", SAME, APRIL)
    (made,) = with_newer([answer(day=None)], [later], question=QUESTION)
    assert made.newer == ()


def test_at_most_three_the_newest_first_each_once() -> None:
    days = {"a": APRIL, "b": JULY, "c": MAY, "d": JUNE}
    later = [passage(name, SAME, day) for name, day in days.items()]
    assert named(answer(), *later, passage("b", SAME, JULY)) == ["b", "d", "c"]


def test_copies_of_one_newer_story_are_named_once() -> None:
    first = passage("first", SAME, MAY, duplicates=("second",))
    second = passage("second", SAME, APRIL, duplicates=("first",))
    assert named(answer(), second, first) == ["first"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Неделю спустя Байрамов и Казакбаев снова говорили о той встрече.", "ru"),
        ("Bir həftə sonra Bayramov və Kazakbayev yenə həmin görüşdən danışıblar.", "az"),
        ("Bir hafta sonra Bayramov ile Kazakbayev'in görüşmesi yine konuşuldu.", "tr"),
    ],
)
def test_names_meet_across_languages(text: str, language: str) -> None:
    cited = "On Thursday the ministers Bayramov and Kazakbayev met."
    later = passage("later", text, APRIL, language=language)
    assert named(answer(text=cited), later, question="Who met Kazakbayev?") == ["later"]


@pytest.mark.parametrize("text", ["", "…", "12 34", "İ. Ə. Ö.", "🇦🇿 🇰🇿"])
def test_odd_texts_name_nothing_and_break_nothing(text: str) -> None:
    assert named(answer(text=text if text else "?"), passage("x", text, APRIL), question="") == []


# -- through the service --------------------------------------------------------------------------

STORY = {
    "cited": (MARCH, CITED + " The ministers spoke of trade."),
    "later": (MAY, "Kazakhstan recalled on Monday how it chaired the informal CICA meeting in "
              "New York. The talks about that meeting go on."),
    "copy": (JUNE, CITED + " The ministers spoke of trade. Subscribe to our channel."),
    "opera": (JULY, "The opera in Tashkent opened its season with a new staging of Tosca."),
}  # fmt: skip


def add_story(service: Service, *names: str) -> None:
    service.add(
        make_article(id=name, text=STORY[name][1], published_at=STORY[name][0], source=name,
                     language="en")
        for name in names
    )  # fmt: skip


def newer_of(service: Service, **filters: object) -> dict[str, list[str]]:
    made = make_filters(**filters) if filters else None
    result = service.ask(QUESTION, language="en", always_answer=True, filters=made)
    found: dict[str, list[str]] = {}
    for one in result.answers:
        listed = found.setdefault(one.citation.article_id, [])
        listed.extend(each.article_id for each in one.newer)
    return found


def test_the_service_names_it_and_neither_the_copy_nor_the_opera(service: Service) -> None:
    add_story(service, *STORY)
    found = newer_of(service)
    assert "later" in found["cited"]
    assert set(found["cited"]) == {"later"}


def test_as_of_hides_what_was_not_yet_published(service: Service) -> None:
    add_story(service, "cited", "later")
    assert newer_of(service, as_of=APRIL) == {"cited": []}


def test_filters_hide_it_too(service: Service) -> None:
    add_story(service, "cited", "later")
    assert newer_of(service, sources=["cited"]) == {"cited": []}


def test_a_deleted_article_is_not_named(service: Service) -> None:
    add_story(service, "cited", "later")
    service.delete("later")
    assert newer_of(service) == {"cited": []}
