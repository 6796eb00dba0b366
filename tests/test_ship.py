"""The calibration that ships: fitted over a store, on passages that training held out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from support import FakeEncoder, FakeReader

from embeddings.articles import make_article
from embeddings.errors import UsageError
from qa.evaluate.calibrate import logit
from qa.evaluate.ship import (
    NEWS,
    THRESHOLD,
    WEIGHTS,
    Asked,
    HeldQuestion,
    ask,
    fit,
    for_news,
    held_store,
)
from qa.models import Passage, Scores
from qa.read.calibration import sigmoid
from qa.read.data import Example, held_out
from qa.read.load import read_calibration
from qa.read.protocol import Reading, ScoredSpan


def example(number: int, **fields) -> Example:
    town = f"Town{number}"
    passage = f"In 19{number % 90 + 10} the mayor of {town} was Ada{number} Berg."
    start = passage.index(f"Ada{number}")
    given = {
        "id": str(number),
        "set": "s",
        "question_language": "en",
        "passage_language": "en",
        "question": f"Who was the mayor of {town} back then?",
        "passage": passage,
        "answers": ((start, start + len(f"Ada{number} Berg")),),
    }
    return Example(**(given | fields))


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(number) for number in range(4000)]


def test_only_held_out_passages_and_no_absent_one_are_articles(examples):
    articles, questions = held_store(examples, limit=100, seed=1)
    texts = {article.text for article in articles}
    assert texts < {e.passage for e in examples if held_out(e)}
    by_question = {e.question: e.passage for e in examples}
    for question in questions:
        if question.kind == "absent":
            assert by_question[question.text] not in texts
        elif question.kind == "answerable":
            passage = by_question[question.text]
            assert passage in texts
            assert all(gold in passage for gold in question.golds)
        assert bool(question.golds) == (question.kind == "answerable")


def test_the_same_seed_asks_the_same(examples):
    assert held_store(examples, limit=50, seed=3) == held_store(examples, limit=50, seed=3)
    assert held_store(examples, limit=50, seed=3) != held_store(examples, limit=50, seed=4)


def test_other_languages_and_questions_without_an_answer_are_left_out():
    odd = [
        example(number, passage_language="ja") if number % 2 else example(number, answers=())
        for number in range(2000)
    ]
    assert held_store(odd, limit=50, seed=1) == ([], [])


def test_some_turkish_questions_become_azerbaijani():
    turkish = [
        example(n, question_language="tr", question=f"Town{n} belediye başkanı kim ve nedir?")
        for n in range(4000)
    ]
    _, questions = held_store(turkish, limit=60, seed=1)
    assert {question.language for question in questions} == {"tr", "az"}


def test_every_question_goes_through_the_store(examples):
    articles, questions = held_store(examples, limit=20, seed=1)
    found = ask(articles, questions, FakeEncoder(), FakeReader())
    assert [one.question for one in found] == questions
    assert all(len(one.passages) == len(one.readings) > 0 for one in found)


def asked(number: int, *, fused: float, margin: float, right: bool, answerable: bool) -> Asked:
    text = "Ada Berg chaired it. Nobody else did."
    article = make_article(text=text, id=f"a{number}", published_at=date(2024, 1, 1))
    passage = Passage(
        article_id=article.id,
        chunk_id=f"a{number}:0",
        start=0,
        end=len(text),
        text=text,
        scores=Scores(fused=fused),
        title=None,
        source=None,
        published_at=None,
        language="en",
        sentences=((0, 20), (21, len(text))),
    )
    span = ScoredSpan(0, 8, margin) if right else ScoredSpan(21, 27, margin)
    golds = ("Ada Berg",) if answerable else ()
    question = HeldQuestion("By whom?", "en", golds, "answerable" if answerable else "absent")
    return Asked(question, (passage,), (Reading((span,), 0.0),), {article.id: article})


def drawn(rng: np.random.Generator, *, by_retrieval: bool) -> list[Asked]:
    """Answerable ones are told apart by the retrieval score, or by the reader's margin."""
    rows = []
    for number in range(300):
        answerable = bool(rng.random() < 0.6)
        told = rng.normal(1.5 if answerable else -1.5, 1.0)
        fused = 0.85 + (0.05 * told if by_retrieval else 0.0)
        margin = 0.0 if by_retrieval else 2.0 * told
        right = answerable and bool(rng.random() < 0.8)
        rows.append(asked(number, fused=fused, margin=margin, right=right, answerable=answerable))
    return rows


def test_a_retrieval_score_that_misleads_gets_little_weight():
    rows = [
        replace(one, passages=(replace(one.passages[0], scores=Scores(fused=fused)),))
        for one, fused in zip(
            drawn(np.random.default_rng(1), by_retrieval=False),
            np.random.default_rng(2).normal(0.85, 0.05, 300),
            strict=True,
        )
    ]
    assert fit(rows)["retrieval_weight"] <= 40


def test_what_tells_right_from_wrong_gets_the_weight():
    assert fit(drawn(np.random.default_rng(1), by_retrieval=True))["retrieval_weight"] > 0
    by_margin = fit(drawn(np.random.default_rng(1), by_retrieval=False))
    # Here every passage was found equally well: of equals, the one that trusts retrieval most.
    assert by_margin["retrieval_weight"] == max(WEIGHTS)
    assert by_margin["slope"] > 0.2
    assert by_margin["fitted_on"]["auroc"] > 0.9


def test_news_is_surer_of_the_same_evidence_and_in_the_same_order():
    found = fit(drawn(np.random.default_rng(1), by_retrieval=True))
    made = for_news(found)
    before, after = (
        [sigmoid(one["slope"] * evidence + one["intercept"]) for evidence in (-4.0, 0.0, 4.0)]
        for one in (found, made)
    )
    assert after == sorted(after)
    expected = [sigmoid(NEWS.slope * logit(p) + NEWS.offset) for p in before]
    assert after == pytest.approx(expected, abs=1e-3)
    assert made["threshold"] == THRESHOLD


@pytest.mark.parametrize("answerable", [True, False])
def test_both_kinds_of_questions_are_needed(answerable):
    rows = [asked(n, fused=0.9, margin=1.0, right=True, answerable=answerable) for n in range(5)]
    with pytest.raises(UsageError, match="answerable and unanswerable"):
        fit(rows)


def test_what_is_written_is_what_the_service_reads(tmp_path):
    found = fit(drawn(np.random.default_rng(2), by_retrieval=True))
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({**found, "reader": "span-x"}))
    calibration = read_calibration(path, reader="span-x")
    assert calibration.retrieval_weight == found["retrieval_weight"]
    assert 0.0 < calibration.threshold < 1.0
