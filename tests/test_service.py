from __future__ import annotations

import threading
from datetime import date

import pytest
from conftest import SEEDS
from support import FakeEncoder

import qa.service
from embeddings.articles import make_article
from embeddings.errors import EncoderMismatchError, NotAStoreError
from qa.errors import ArticleNotFoundError, NoStoreError, QuestionError
from qa.filters import make_filters
from qa.service import Service
from qa.settings import load_settings


def test_an_answer_is_a_quote_of_its_article(seeded):
    result = seeded.ask("Who chaired the CICA meeting?")
    assert result.state == "answered"
    assert result.answers
    for answer in result.answers:
        for citation in (answer.citation, *answer.also):
            article = seeded.article(citation.article_id)
            assert article.text[citation.start : citation.end] == citation.quote == citation.quote
            assert citation.sha256 == article.sha256
            sentence = citation.sentence
            assert article.text[sentence.start : sentence.end] == sentence.text


def test_passages_come_best_first_and_are_their_articles_text(seeded):
    result = seeded.search("OSCE Secretary General Helga Schmid", top_k=4)
    scores = [passage.scores.fused for passage in result.passages]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    for passage in result.passages:
        article = seeded.article(passage.article_id)
        assert article.text[passage.start : passage.end] == passage.text


def test_the_result_is_plain_json_in_the_contracts_keys(seeded):
    import json

    record = json.loads(json.dumps(seeded.ask("Who chaired the CICA meeting?").to_dict()))
    assert {
        "query_id", "question", "language", "rewritten_question", "state", "no_answer_reason",
        "message", "answers", "passages", "index_version", "timings_ms",
    } <= set(record)  # fmt: skip
    citation = record["answers"][0]["citation"]
    assert {
        "article_id", "title", "source", "author", "published_at", "language", "url", "sha256",
        "start", "end", "quote", "sentence", "duplicates",
    } <= set(citation)  # fmt: skip
    assert set(record["timings_ms"]) == {"encode", "retrieve", "read", "total"}


def test_asking_twice_gives_the_same_but_for_the_id_and_the_clock(seeded):
    first = seeded.ask("Who met Kazakbayev?").to_dict()
    second = seeded.ask("Who met Kazakbayev?").to_dict()
    for record in (first, second):
        del record["query_id"], record["timings_ms"]
    assert first == second


def test_an_empty_store_says_so(service):
    result = service.ask("Кто председательствовал?")
    assert (result.state, result.no_answer_reason) == ("no_answer", "no_articles")
    assert result.answers == ()
    assert result.language == "ru"
    assert "нет ни одной статьи" in result.message


def test_an_empty_store_with_a_filter_is_still_empty(service):
    result = service.ask("Who?", filters=make_filters(languages=["en"]))
    assert result.no_answer_reason == "no_articles"


def test_a_filter_that_removes_everything_is_named(seeded):
    filters = make_filters(languages=["az"], sources=["Sputnik"])
    result = seeded.ask("Who chaired the CICA meeting?", filters=filters)
    assert (result.state, result.no_answer_reason) == ("no_answer", "filtered_out")
    assert result.removed_by_filters == {"language": 5, "source": 4}
    assert "language" in result.message
    assert "source" in result.message


def test_a_filter_that_leaves_one_article_answers_from_it(seeded):
    filters = make_filters(date_from=date(2024, 4, 17), date_to=date(2024, 4, 17), undated=False)
    result = seeded.search("Who chaired the CICA meeting?", filters=filters, top_k=20)
    assert {passage.published_at for passage in result.passages} == {date(2024, 4, 17)}


def test_below_the_threshold_there_is_silence_with_the_nearest_passages(store_path, seeded):
    strict = Service(
        seeded.store,
        load_settings(store=store_path, answer_threshold=1.0),
        encoder=FakeEncoder(),
        reader=seeded.reader(),
    )
    result = strict.ask("Who chaired the CICA meeting?")
    assert (result.state, result.no_answer_reason) == ("no_answer", "not_in_articles")
    assert result.passages
    assert result.best_confidence is not None
    assert strict.ask("Who chaired the CICA meeting?", always_answer=True).state == "answered"


@pytest.mark.parametrize(
    ("question", "says"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param(" \n\t ", "empty", id="white space"),
        pytest.param("x" * 10_000, "10000 characters, more than 2000", id="too long"),
        pytest.param("who \ud800?", "surrogate", id="half a surrogate pair"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(seeded, question, says):
    with pytest.raises(QuestionError, match=says):
        seeded.ask(question)
    with pytest.raises(QuestionError, match=says):
        seeded.search(question)


@pytest.mark.parametrize("question", ["?", "\u200d", "🇦🇿", "a\x00b", "DROP TABLE article; --", '"'])
def test_an_odd_question_gets_an_answer_or_silence(seeded, question):
    assert seeded.ask(question).state in {"answered", "no_answer"}


def test_a_deleted_article_is_never_served_again(seeded):
    found = seeded.search("CICA Kairat Sarybay", top_k=1).passages[0].article_id
    seeded.delete(found)
    assert all(
        passage.article_id != found
        for passage in seeded.search("CICA Kairat Sarybay", top_k=100).passages
    )
    with pytest.raises(ArticleNotFoundError, match=found):
        seeded.article(found)
    with pytest.raises(ArticleNotFoundError, match=found):
        seeded.delete(found)


def test_indexing_again_is_no_work(seeded):
    before = seeded.store.sequence
    report = seeded.index([SEEDS])
    assert (report.added, report.changed, report.unchanged) == (0, 0, 5)
    assert seeded.store.sequence == before


def test_a_changed_article_replaces_its_chunks(service):
    service.add([make_article(text="The chair was Kazakhstan.", id="a", language="en")])
    service.add([make_article(text="The chair was Pakistan.", id="a", language="en")])
    texts = [passage.text for passage in service.search("chair", top_k=10).passages]
    assert texts == ["The chair was Pakistan."]


def test_no_store_is_named_with_the_remedy(tmp_path):
    with pytest.raises(NoStoreError, match=r"no store at .*missing.*qa index"):
        Service.open(load_settings(store=tmp_path / "missing"))


def test_a_file_is_not_a_store(tmp_path):
    path = tmp_path / "file"
    path.write_text("hello")
    with pytest.raises(NotAStoreError):
        Service.open(load_settings(store=path))
    with pytest.raises(NotAStoreError):
        Service.open(load_settings(store=path), create=True, encoder=FakeEncoder())


def test_another_encoder_is_refused(seeded, store_path):
    other = FakeEncoder()
    other.identity = "another"
    again = Service(seeded.store, load_settings(store=store_path), encoder=other)
    with pytest.raises(EncoderMismatchError, match=r"fake-encoder-64.*another"):
        again.ask("Who?")


def test_a_path_that_does_not_exist_is_in_the_report(service, tmp_path):
    report = service.index([tmp_path / "nowhere"])
    assert [error.origin for error in report.failed] == [str(tmp_path / "nowhere")]


def test_questions_do_not_wait_while_the_index_is_written(seeded, monkeypatch):
    seeded.ask("Who was the chair?")
    open_generation = qa.service.open_generation
    writing, release = threading.Event(), threading.Event()

    def slow(store):
        writing.set()
        assert release.wait(30)
        return open_generation(store)

    monkeypatch.setattr(qa.service, "open_generation", slow)
    new = make_article(text="The chair was Kazakhstan.", id="new", language="en")
    writer = threading.Thread(target=seeded.add, args=([new],))
    writer.start()
    try:
        assert writing.wait(30)
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(seeded.search("Who was the chair?", top_k=20))
        )
        asking.start()
        asking.join(20)
        assert not asking.is_alive()
    finally:
        release.set()
        writer.join()
    # What is committed is found, whatever the file of the index says.
    assert "new" in {passage.article_id for passage in answers[0].passages}
    seeded.add([make_article(text="Another chair.", id="other", language="en")])
    found = seeded.search("chair", top_k=20).passages
    assert {"new", "other"} <= {passage.article_id for passage in found}


def test_answers_while_articles_come_and_go_are_of_one_moment(seeded):
    errors: list[BaseException] = []
    stop = threading.Event()

    def write() -> None:
        try:
            for number in range(20):
                text = f"The chair number {number} was Kazakhstan."
                seeded.add([make_article(text=text, id="moving", language="en")])
                if number % 5 == 4:
                    seeded.delete("moving")
        except BaseException as error:  # a thread's error must reach the test
            errors.append(error)
        finally:
            stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    asked = 0
    while not stop.is_set() or asked < 5:
        result = seeded.ask("Who was the chair?")
        asked += 1
        for answer in result.answers:
            citation = answer.citation
            offset = citation.start - citation.sentence.start
            assert citation.sentence.text[offset:].startswith(citation.quote)
    writer.join()
    assert not errors
