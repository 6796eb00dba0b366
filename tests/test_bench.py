"""The bench over a real service with fake models: reading, a temporary store, the store itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from embeddings.articles import make_article
from qa.evaluate.bench import PairReader, ServiceBench
from qa.evaluate.cases import Case, Gold, TestSet, make_paragraph
from qa.evaluate.run import evaluate
from qa.evaluate.testsets import load_test_set
from qa.read.protocol import Reading, ScoredSpan
from qa.service import Service

TESTSET = Path(__file__).parent / "testset"
TEXTS = {
    "one": "Kazakhstan chairs the conference. It was held in Astana.",
    "two": "The delegation left by train. Ankara was informed.",
}


def small_set() -> TestSet:
    paragraphs = {key: make_paragraph(key, text, language="en") for key, text in TEXTS.items()}
    cases = []
    for key, question, answer in (
        ("one", "who chairs the conference", "Kazakhstan"),
        ("two", "the delegation left by train and who was informed", "Ankara"),
    ):
        start = TEXTS[key].index(answer)
        gold = Gold(answer, start, start + len(answer), key)
        cases.append(Case(key, "en", question, (gold,), True, ((key, 1),), own=key))
    return TestSet("small", "squad", "0" * 64, tuple(cases), paragraphs)


def test_reading_reads_the_whole_paragraph_and_cites_it(service: Service) -> None:
    bench = ServiceBench(service)
    article = make_article(text=TEXTS["one"], id="one", language="en")
    nameless = make_article(text="no name", id="x", language="en")
    ((best, *_), nothing) = bench.read_many(
        [("who chairs", "en", article), ("astana", "en", nameless)]
    )
    assert best.text == "Kazakhstan"
    citation = best.citation
    assert article.text[citation.start : citation.end] == citation.quote
    assert citation.sentence.text == "Kazakhstan chairs the conference."
    assert nothing == ()


def test_a_reader_that_takes_pairs_is_asked_once(service: Service) -> None:
    class Pairs:
        identity = "pairs"
        calls = 0

        def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
            raise AssertionError("one at a time is slower")

        def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
            self.calls += 1
            return [Reading((ScoredSpan(0, 3, 1.0),), 0.0) for _ in pairs]

    reader = Pairs()
    assert isinstance(reader, PairReader)
    _, calibration = service.reader()
    other = Service(
        service.store, service.settings, encoder=service.encoder(), reader=(reader, calibration)
    )
    articles = [make_article(text=text, id=key, language="en") for key, text in TEXTS.items()]
    found = ServiceBench(other).read_many([("q", "en", article) for article in articles])
    assert [answers[0].text for answers in found] == ["Kaz", "The"]
    assert reader.calls == 1


@pytest.mark.parametrize("mode", ["reading", "open"])
def test_a_set_with_its_own_paragraphs(service: Service, mode: str) -> None:
    told: list[tuple[int, int | None, str]] = []
    run = evaluate(
        small_set(),
        ServiceBench(service),
        mode=mode,  # type: ignore[arg-type]
        progress=lambda *step: told.append(step),
    )
    assert {stage for _, _, stage in told} >= {"reading" if mode == "reading" else "asking"}
    assert all(isinstance(done, int) for done, _, _ in told)
    assert run.predictions()["one"] == "Kazakhstan"
    assert run.versions["encoder"] == "fake-encoder-64"
    assert service.store.article_count == 0
    if mode == "open":
        assert run.summary.overall.values["recall@1"] == 1.0
        assert run.versions["index"]


def test_the_seeds_set_over_the_seeds(seeded: Service) -> None:
    bench = ServiceBench(seeded)
    assert len(list(bench.articles())) == 5
    run = evaluate(load_test_set(TESTSET / "seeds.jsonl"), bench)
    assert run.mode == "store"
    assert run.summary.overall.judged["F1"] == run.summary.overall.n
    assert set(run.summary.by_question_language) == {"en", "ru", "az", "tr"}
    assert run.summary.overall.judged["same_answer_rate"] > 0
    assert all(result.lost_at or result.case.answerable is not None for result in run.results)


def test_the_threshold_is_the_setting_or_the_readers(service: Service) -> None:
    assert ServiceBench(service).threshold("en") == 0.5
    strict = service.settings.model_copy(update={"answer_threshold": 0.75})
    other = Service(service.store, strict, encoder=service.encoder(), reader=service.reader())
    assert ServiceBench(other).threshold("en") == 0.75
