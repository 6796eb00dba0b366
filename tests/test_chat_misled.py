"""Follow-ups after an answer that cannot take its place in the next question."""

from __future__ import annotations

import pytest
from support import FakeEncoder

from qa.chat import Turn, understand

SENTENCE = "Foreign Minister Elvin Mammadov spoke at the session of the Assembly UN on 3 May 2023."


def after(language: str, *turns: tuple[str, str | None], text: str) -> str | None:
    told = [
        Turn(question, question, language, answer, None if answer is None else SENTENCE)
        for question, answer in turns
    ]
    return understand(text, language, told, FakeEncoder)


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("Which country did she visit?", "Which country did she (Who heads the ACME) visit?"),
        ("Where was it founded?", "Where was ACME founded?"),
    ],
)
def test_a_country_is_no_she(text, understood):
    assert after("en", ("Who heads the ACME?", "Azerbaijan"), text=text) == understood


@pytest.mark.parametrize(
    ("question", "answer", "text", "understood"),
    [
        (
            "Which Kyrgyz minister did Mammadov meet?",
            "Elvin Mammadov",
            "On what date?",
            "On what date did Mammadov meet the Kyrgyz minister?",
        ),
        (
            "Which Kyrgyz minister did Mammadov meet?",
            "Anna Berg",
            "On what date?",
            "On what date did Mammadov meet Anna Berg?",
        ),
        (
            "In which cities was the agreement discussed?",
            "Oslo and Bergen",
            "Between which countries?",
            "Between which countries was the agreement discussed in Oslo and Bergen?",
        ),
    ],
)
def test_what_was_asked_for_keeps_its_place_in_english(question, answer, text, understood):
    assert after("en", (question, answer), text=text) == understood


def test_they_are_not_one_person_of_the_cited_sentence():
    asked = ("Где закреплены притязания к Норвегии?", "Norway")
    understood = after("ru", asked, text="И чему они угрожают?")
    assert understood is not None
    assert "притязания" in understood
    assert "Mammadov" not in understood


def test_nobody_takes_part_in_a_document():
    asked = ("In which document do the claims remain?", "Constitution")
    understood = after("en", asked, text="And what do they threaten?")
    assert understood is not None
    assert "claims" in understood
    assert "participants" not in understood


def test_it_is_what_the_last_question_named_and_no_older_event():
    older, last = "When was the ACME summit?", "Which country presides over COP29?"
    turns = ((older, "3 May"), (last, "Norway"))
    understood = after("en", *turns, text="And in which city is it held?")
    assert understood == "In which city is COP29 held?"


@pytest.mark.parametrize(
    ("language", "first", "second", "text", "understood"),
    [
        (
            "en",
            "Which country chaired the ACME summit in May 2022?",
            "When was the ACME summit held?",
            "And in April 2024?",
            "Which country chaired the ACME summit in April 2024?",
        ),
        (
            "tr",
            "Mayıs 2022'de ACME zirvesine hangi ülke başkanlık etti?",
            "ACME zirvesi ne zaman yapıldı?",
            "Peki ya Nisan 2024'te?",
            "Nisan 2024'te ACME zirvesine hangi ülke başkanlık etti?",
        ),
    ],
)
def test_a_time_is_not_asked_when(language, first, second, text, understood):
    turns = ((first, "Norway"), (second, "3 May"))
    assert after(language, *turns, text=text) == understood


@pytest.mark.parametrize(
    ("language", "question", "text", "named"),
    [
        (
            "ru",
            "О чём договорились Норвегия и Дания?",
            "Как зовут президента этой страны?",
            "Дания",
        ),
        ("tr", "Norveç'in Danimarka ile neyi var?", "Bu ülkede ne oldu?", "Danimarka"),
    ],
)
def test_this_country_is_the_one_named_last(language, question, text, named):
    understood = after(language, (question, None), text=text)
    assert understood is not None
    assert f"({named}" in understood


def test_what_stands_in_the_dative_is_not_its_noun_in_turkish():
    asked = ("Yeni köprü neye katkı sağlayacak?", "barış")
    assert after("tr", asked, text="peki nasıl?") == "Yeni köprü barışa nasıl katkı sağlayacak?"


def test_a_body_that_is_pointed_at_leaves_the_subject_to_be_carried():
    asked = ("Məmmədov ACME-də nəyə sadiq olduğunu bildirib?", "sülh")
    understood = after("az", asked, text="Bəs təşkilata nəyə görə təşəkkür edib?")
    assert understood is not None
    assert understood.startswith("Məmmədov təşkilata (")


def test_whose_is_a_word_that_asks_in_russian():
    asked = ("На каком принципе решают спор?", "two states")
    understood = after("ru", asked, text="А на чьих резолюциях?")
    assert understood is not None
    assert understood.startswith("На чьих резолюциях решают спор")


def test_this_body_is_no_body_of_an_answer_to_who():
    asked = ("Memmedov Kızılhaç'tan kiminle görüştü?", "the Assembly UN")
    understood = after("tr", asked, text="Norveç bu kuruluşun çalışmalarını nasıl değerlendirdi?")
    assert understood == "Norveç bu kuruluşun (Kızılhaç) çalışmalarını nasıl değerlendirdi?"


def test_a_secretary_general_belongs_to_a_body():
    asked = ("2024-cü ildə ACME nazirlərinin görüşünə hansı ölkə sədrlik edib?", "Azerbaijan")
    understood = after("az", asked, text="Bəs baş katibi kimdir?")
    assert understood is not None
    assert "ACME" in understood
