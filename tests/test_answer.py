from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CALIBRATION
from test_cite import passage_of

from embeddings.articles import make_article
from qa.answer import compose_answers, same_answer_key
from qa.models import Scores
from qa.read.calibration import Calibration
from qa.read.protocol import Reading, ScoredSpan


def compose(
    texts, readings, *, question="What?", max_answers=5, calibration=CALIBRATION, days=(None,) * 9
):
    articles = {
        f"a{number}": make_article(
            text=text, id=f"a{number}", language="en", published_at=days[number]
        )
        for number, text in enumerate(texts)
    }
    passages = [passage_of(article) for article in articles.values()]
    return compose_answers(
        question, passages, readings, articles, calibration=calibration, max_answers=max_answers
    )


def span(text, part, score):
    start = text.index(part)
    return ScoredSpan(start, start + len(part), score)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Kazakhstan", "Kazakhstan's", id="possessive"),
        pytest.param("Kazakhstan", "kazakhstan", id="case"),
        pytest.param("the OSCE", "OSCE", id="article"),
        pytest.param("Bayramov", "Байрамов", id="script"),
        pytest.param("November 11-22", "November 11–22", id="dash"),
    ],
)
def test_the_same_answer_in_other_spellings_has_one_key(one, other):
    assert same_answer_key(one) == same_answer_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Kazakhstan", "Kyrgyzstan"), ("11", "22"), ("!", "?"), ("2008", "2018")]
)
def test_different_answers_have_different_keys(one, other):
    assert same_answer_key(one) != same_answer_key(other)


def test_the_best_evidence_comes_first_across_passages():
    texts = ["It was chaired by Pakistan.", "It was chaired by Kazakhstan."]
    readings = [
        Reading((span(texts[0], "Pakistan", 2.0),), 0.0),
        Reading((span(texts[1], "Kazakhstan", 5.0),), 0.0),
    ]
    assert [answer.text for answer in compose(texts, readings)] == ["Kazakhstan", "Pakistan"]


def test_the_day_of_publication_stands_behind_a_day_that_is_told():
    text = "BAKU, 23 October. The ministers met on September 22 in New York."
    readings = [Reading((span(text, "23 October", 4.0), span(text, "September 22", 2.0)), 0.0)]
    told = compose(
        [text], readings, question="When did the ministers meet?", days=(date(2024, 10, 23),)
    )
    assert [answer.text for answer in told] == ["September 22", "23 October"]
    undated = compose([text], readings, question="When did the ministers meet?")
    assert undated[0].text == "23 October"


def test_what_names_the_organisation_asked_about_comes_before_what_does_not():
    texts = ["The meeting was chaired by Pakistan.", "CICA was chaired by Kazakhstan."]
    readings = [
        Reading((span(texts[0], "Pakistan", 5.0),), 0.0),
        Reading((span(texts[1], "Kazakhstan", 2.0),), 0.0),
    ]
    told = compose(texts, readings, question="Какая страна председательствовала в СВМДА?")
    assert [answer.text for answer in told] == ["Kazakhstan", "Pakistan"]
    untold = compose(texts, readings, question="Какая страна председательствовала?")
    assert [answer.text for answer in untold] == ["Pakistan", "Kazakhstan"]
    assert told[1].confidence < untold[0].confidence


def test_what_no_article_found_names_makes_every_answer_less_sure():
    texts = ["A plane crashed near Baku.", "A bus crashed near Ganja."]
    readings = [Reading((span(text, text.split()[-1][:-1], 3.0),), 0.0) for text in texts]
    here, nowhere = (
        compose(texts, readings, question=f"Where did it crash in {place}?")
        for place in ("the hills", "Nepal")
    )
    assert [answer.text for answer in here] == [answer.text for answer in nowhere]
    assert all(a.confidence > b.confidence for a, b in zip(here, nowhere, strict=True))


def test_who_is_told_to_hold_an_office_is_an_answer_though_no_reader_saw_it():
    text = "OSCE Secretary General Helga Schmid came to Baku."
    question = "ATƏT-in baş katibi kimdir?"
    (answer,) = compose([text], [Reading((), 0.0)], question=question)
    assert answer.text == "Helga Schmid"
    assert compose([text], [Reading((), 0.0)], question="Who came to Baku?") == ()


def test_of_two_meetings_with_a_chair_the_one_asked_about_counts():
    text = "CICA met, chaired by Kazakhstan. The OIC met, chaired by Pakistan."
    article = make_article(text=text, id="a", language="en")
    cut = text.index("The OIC")
    passages = [passage_of(article, cut), passage_of(article, 0, cut)]
    readings = [
        Reading((span(passages[0].text, "Pakistan", 3.0),), 0.0),
        Reading((span(passages[1].text, "Kazakhstan", 1.0),), 0.0),
    ]
    answers = compose_answers(
        "Какая страна председательствовала на встрече СВМДА?", passages, readings,
        {"a": article}, calibration=CALIBRATION, max_answers=2,
    )  # fmt: skip
    assert [answer.text for answer in answers] == ["Kazakhstan", "Pakistan"]


def test_the_null_score_of_its_own_passage_counts_against_a_span():
    texts = ["It was chaired by Pakistan.", "It was chaired by Kazakhstan."]
    readings = [
        Reading((span(texts[0], "Pakistan", 2.0),), -4.0),
        Reading((span(texts[1], "Kazakhstan", 5.0),), 3.0),
    ]
    answers = compose(texts, readings)
    assert [answer.text for answer in answers] == ["Pakistan", "Kazakhstan"]
    assert [answer.scores.reader for answer in answers] == [6.0, 2.0]


def test_the_same_answer_from_two_articles_is_one_with_two_citations():
    texts = ["Chaired by Kazakhstan.", "Kazakhstan's turn had come."]
    readings = [
        Reading((span(texts[0], "Kazakhstan", 3.0),), 0.0),
        Reading((span(texts[1], "Kazakhstan's", 2.0),), 0.0),
    ]
    (answer,) = compose(texts, readings)
    assert answer.citation.article_id == "a0"
    assert [citation.article_id for citation in answer.also] == ["a1"]


def test_overlapping_spans_are_one_find():
    text = "It was chaired by the Republic of Kazakhstan."
    reading = Reading((span(text, "Republic of Kazakhstan", 3.0), span(text, "Kazakhstan", 2.5)), 0)
    (answer,) = compose([text], [reading])
    assert answer.text == "Republic of Kazakhstan"
    assert answer.also == ()


def test_a_span_in_an_excluded_range_is_refused_and_the_next_taken():
    text = "Chaired by Kazakhstan. Later by Pakistan."
    article = dataclasses.replace(make_article(text=text, id="a0"), excluded=((0, 22),))
    reading = Reading((span(text, "Kazakhstan", 3.0), span(text, "Pakistan", 1.0)), 0.0)
    answers = compose_answers(
        "What?",
        [passage_of(article)],
        [reading],
        {"a0": article},
        calibration=CALIBRATION,
        max_answers=5,
    )
    assert [answer.text for answer in answers] == ["Pakistan"]


def test_no_more_answers_than_asked_for():
    text = "Astana, Baku, Cairo, Delhi"
    reading = Reading(tuple(span(text, city, 1.0) for city in text.split(", ")), 0.0)
    assert len(compose([text], [reading], max_answers=2)) == 2


def test_a_better_retrieved_passage_wins_between_equal_margins():
    texts = ["Chaired by Pakistan.", "Chaired by Kazakhstan."]
    articles = {f"a{n}": make_article(text=text, id=f"a{n}") for n, text in enumerate(texts)}
    passages = [
        dataclasses.replace(passage_of(articles["a0"]), scores=Scores(fused=0.80)),
        dataclasses.replace(passage_of(articles["a1"]), scores=Scores(fused=0.90)),
    ]
    readings = [
        Reading((span(texts[0], "Pakistan", 1.0),), 0.0),
        Reading((span(texts[1], "Kazakhstan", 1.0),), 0.0),
    ]
    weighted = dataclasses.replace(CALIBRATION, retrieval_weight=10.0, retrieval_centre=0.8)
    answers = compose_answers(
        "What?", passages, readings, articles, calibration=weighted, max_answers=5
    )
    assert answers[0].text == "Kazakhstan"


FINITE = st.floats(-1e6, 1e6)


@given(slope=st.floats(0.01, 10), intercept=st.floats(-10, 10), low=FINITE, high=FINITE)
def test_confidence_is_a_probability_that_grows_with_the_evidence(slope, intercept, low, high):
    calibration = Calibration(slope, intercept, 0.0, 0.5, 0.8, 0.6)
    low, high = sorted((low, high))
    first, second = calibration.confidence(low), calibration.confidence(high)
    assert 0.0 <= first <= second <= 1.0


@pytest.mark.parametrize(
    ("confidence", "bucket"), [(0.8, "high"), (0.79, "medium"), (0.6, "medium"), (0.59, "low")]
)
def test_buckets_begin_at_their_lowest_confidence(confidence, bucket):
    assert CALIBRATION.bucket(confidence) == bucket


def test_what_is_said_of_another_year_stands_behind_and_is_less_sure():
    texts = ["Kazakhstan chaired the meeting.", "Pakistan chaired the meeting."]
    readings = [
        Reading((span(text, text.split()[0], score),), 0.0)
        for text, score in zip(texts, (3.0, 2.0), strict=True)
    ]
    days = (date(2024, 4, 17), date(2018, 4, 17))

    def ask(question):
        return compose(texts, readings, question=question, days=days)

    then, whenever = ask("Who chaired it in April 2018?"), ask("Who chaired it?")
    assert [answer.text for answer in then] == ["Pakistan", "Kazakhstan"]
    assert [answer.text for answer in whenever] == ["Kazakhstan", "Pakistan"]
    assert then[1].confidence < whenever[0].confidence


def test_what_cannot_be_the_answer_stands_behind_what_can_and_is_less_sure():
    text = "Bayramov met Kazakbayev on 22 September."
    reading = Reading((span(text, "Bayramov", 2.0), span(text, "22 September", 1.0)), 0.0)
    when = compose([text], [reading], question="When did Bayramov meet Kazakbayev?")
    who = compose([text], [reading], question="Who met Kazakbayev?")
    assert [answer.text for answer in when] == ["22 September", "Bayramov"]
    assert [answer.text for answer in who] == ["Bayramov", "22 September"]
    assert when[1].confidence < who[0].confidence


@pytest.mark.parametrize("question", ["???", "…", "!", "\u200d", '"'])
def test_a_question_without_words_has_no_answer(question):
    text = "Ada Berg spoke."
    readings = [Reading((span(text, "Ada Berg", 9.0),), 0.0)]
    assert compose([text], readings, question=question) == ()
    assert len(compose([text], readings, question="Who 1?")) == 1
