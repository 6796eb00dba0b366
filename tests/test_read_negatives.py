"""Unanswerable questions made from answerable ones."""

import random
from dataclasses import replace

from read_support import example

from qa.read.data import Example
from qa.read.data_negatives import NameExchange, Neighbours, WordExchange


def test_neighbours_hold_no_answer_and_are_near():
    passages = [
        "Ada lived in London for years.",
        "Ada studied mathematics with a tutor.",
        "London was where Ada was born.",
        "Oil prices rose again on Monday.",
    ]
    asked = example(question="Where did Ada live?", passage=passages[0], answers=((13, 19),))
    pool = [asked, *(example(passage=p) for p in passages[1:])]
    (found,) = Neighbours(pool).find([asked], top=3)
    assert found[0] == passages[1]
    assert passages[0] not in found
    assert passages[2] not in found


def test_neighbours_cross_languages_through_english():
    def pair(key: str, language: str, text: str) -> Example:
        return example(
            set="mlqa",
            key=key,
            passage_language=language,
            question_language=language,
            question=f"Where is the {key} tower?",
            passage=text,
            answers=(),
        )

    pool = [
        pair("red", "en", "The red tower."),
        pair("blue", "en", "The blue tower."),
        pair("red", "de", "Der rote Turm."),
        pair("blue", "de", "Der blaue Turm."),
    ]
    crossing = example(
        set="mlqa-cross",
        key="red",
        question_language="ru",
        passage_language="de",
        passage="Der rote Turm.",
        answers=((4, 8),),
    )
    assert Neighbours([*pool, crossing]).find([crossing]) == [["Der blaue Turm."]]


def test_exchange_changes_a_name_or_number_of_the_passage():
    pool = [example(), example(question="When did Charles Babbage die?")]
    exchange = NameExchange(pool)
    made = {exchange.exchange(pool[0], random.Random(seed)) for seed in range(20)}
    made.discard(None)
    assert made
    for question in made:
        assert question != pool[0].question
        assert "Charles Babbage" in question or "1833" not in question


def test_exchange_gives_up_where_nothing_can_be_exchanged():
    nothing = example(question="why was it cold?")
    assert NameExchange([nothing]).exchange(nothing, random.Random(1)) is None


def reworded_pool() -> list[Example]:
    asked = ["approved", "improved", "removed", "reserved"] * 30
    fillers = [f"{number}th" for number in range(120)]
    return [
        example(
            passage=f"The council approved the {filler} in 1833.",
            question=f"When was the {filler} {word}?",
            answers=((8, 12),),
        )
        for filler, word in zip(fillers, asked, strict=True)
    ]


def test_rewording_exchanges_a_word_that_the_passage_tells_for_one_that_it_does_not():
    pool = [*reworded_pool(), *(example(question=f"why {n}") for n in range(2000))]
    exchange = WordExchange(pool)
    made = {exchange.exchange(pool[0], random.Random(seed)) for seed in range(20)}
    others = ("improved", "removed", "reserved")
    assert made == {f"When was the 0th {word}?" for word in others}


def test_rewording_leaves_the_words_of_asking_alone():
    # Each of the four words stands in a quarter of these questions: none is of the matter.
    pool = reworded_pool()
    assert WordExchange(pool).exchange(pool[0], random.Random(1)) is None


def test_rewording_needs_question_and_passage_in_one_language():
    pool = [*reworded_pool(), *(example(question=f"why {n}") for n in range(2000))]
    crossing = replace(pool[0], passage_language="de")
    assert WordExchange(pool).exchange(crossing, random.Random(1)) is None
