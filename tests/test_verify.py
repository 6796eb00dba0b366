from __future__ import annotations

import copy
import json

import pytest

from embeddings.articles import make_article
from qa.errors import SavedAnswerError


@pytest.fixture
def saved(seeded):
    return json.loads(json.dumps(seeded.ask("Who chaired the CICA meeting?").to_dict()))


def test_a_fresh_answer_holds(seeded, saved):
    report = seeded.verify(saved)
    assert report.ok
    assert len(report.checks) >= len(saved["answers"])


def test_a_saved_silence_holds(seeded):
    assert seeded.verify({"answers": []}).ok


def spoil(saved, **changes):
    spoilt = copy.deepcopy(saved)
    spoilt["answers"][0]["citation"].update(changes)
    return spoilt


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"quote": "Atlantis"}, "the article has", id="another quote"),
        pytest.param({"start": 0}, "the article has", id="another range"),
        pytest.param({"start": -5}, "is not a range", id="before the text"),
        pytest.param({"end": 10**9}, "is not a range", id="past the text"),
        pytest.param({"sha256": "0" * 64}, "sha256 differs", id="another text"),
        pytest.param(
            {"sha256": "0" * 64, "article_id": "gone"}, "neither an article", id="no such article"
        ),
    ],
)
def test_a_spoilt_citation_is_found_out(seeded, saved, changes, problem):
    report = seeded.verify(spoil(saved, **changes))
    assert not report.ok
    assert problem in report.checks[0].problem


def test_a_sentence_that_is_not_the_articles_is_found_out(seeded, saved):
    sentence = dict(saved["answers"][0]["citation"]["sentence"], text="Nobody said this.")
    assert not seeded.verify(spoil(saved, sentence=sentence)).ok


def test_a_changed_article_is_found_out(service):
    service.add([make_article(text="The chair was Kazakhstan.", id="a", language="en")])
    saved = service.ask("Who was the chair?").to_dict()
    assert service.verify(saved).ok
    service.add([make_article(text="The chair was Pakistan.", id="a", language="en")])
    report = service.verify(saved)
    assert [check.problem for check in report.checks if not check.ok]


def test_the_same_text_under_another_id_still_holds(service):
    service.add([make_article(text="The chair was Kazakhstan.", id="a", language="en")])
    saved = service.ask("Who was the chair?").to_dict()
    service.delete("a")
    service.add([make_article(text="The chair was Kazakhstan.", id="b", language="en")])
    assert service.verify(saved).ok


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [],
        "text",
        {},
        {"answers": None},
        {"answers": [1]},
        {"answers": [{}]},
        {"answers": [{"citation": {}}]},
        {"answers": [{"citation": {"article_id": 5}}]},
        {"answers": [{"citation": {"article_id": "a", "start": True}}]},
        {"answers": [{"citation": {"article_id": "a", "start": 1.5}}]},
    ],
    ids=str,
)
def test_what_is_no_saved_answer_is_refused_with_the_remedy(service, saved):
    with pytest.raises(SavedAnswerError, match="qa ask --json"):
        service.verify(saved)


def test_a_report_shows_only_the_beginning_of_what_the_article_has(service):
    text = "The chair was Kazakhstan. " * 400
    service.add([make_article(text=text, id="a", language="en")])
    saved = service.ask("Who was the chair?").to_dict()
    end = len(service.article("a").text)
    (check, *_) = service.verify(spoil(saved, start=0, end=end)).checks
    assert check.problem.startswith("the article has 'The chair was Kazakhstan.")
    assert check.problem.endswith("…' there")
    assert len(check.problem) < 250


@pytest.mark.parametrize("place", ["answers", "also"])
def test_more_citations_than_any_reply_holds_are_refused(seeded, saved, place):
    (answer, *_) = saved["answers"]
    if place == "answers":
        many = {"answers": [{**answer, "also": []}] * 501}
    else:
        many = {"answers": [{**answer, "also": [answer["citation"]] * 500}]}
    with pytest.raises(SavedAnswerError, match="501 citations, more than 500"):
        seeded.verify(many)
    del (many["answers"] if place == "answers" else many["answers"][0]["also"])[0]
    assert seeded.verify(many).ok
