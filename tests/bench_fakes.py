"""A bench whose answers a test writes down, so that every measure has a value known beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from embeddings.articles import Article
from qa.errors import QuestionError
from qa.evaluate.cases import Case, Gold, TestSet, make_paragraph
from qa.evaluate.run import Run, evaluate
from qa.models import (
    Answer,
    AskResult,
    Citation,
    Passage,
    Scores,
    SearchResult,
    Sentence,
    Timings,
)

EVIL = "<script>alert(1)</script> \"x\" onerror='y' & <img src=http://evil.example/a.png>"
TEXTS = [f"Sentence {n} names Baku{n}. It also names Ganja{n}. {EVIL}" for n in range(40)]
TIMINGS = Timings(encode=1.0, retrieve=2.0, read=3.0, total=6.0)


@dataclass(frozen=True)
class Says:
    """What the fake says to a question: a text that stands in an article, and how sure it is.

    `found` are the articles in the order that retrieval returns them.
    """

    text: str = ""
    confidence: float = 0.9
    article: str = ""
    found: Sequence[str] = ()


@dataclass
class FakeBench:
    """Answers by the book; articles that hold none of the words are not found."""

    says: Mapping[str, Says]
    kept: Sequence[Article] = ()
    least: float = 0.5
    asked: list[str] = field(default_factory=list)

    def articles(self) -> Iterable[Article]:
        return self.kept

    def store(self) -> FakeAsker:
        return FakeAsker(self, {article.id: article for article in self.kept})

    @contextmanager
    def over(self, articles: Sequence[Article], *, progress: object = None) -> Iterator[FakeAsker]:
        yield FakeAsker(self, {article.id: article for article in articles})

    def read_many(self, items: Sequence[tuple[str, str, Article]]) -> list[tuple[Answer, ...]]:
        self.asked += [question for question, _, _ in items]
        return [
            _answers(self.says.get(question, Says()), article) for question, _, article in items
        ]

    def threshold(self, language: str) -> float:
        return self.least

    def versions(self) -> Mapping[str, str]:
        return {"encoder": "fake", "reader": "fake", "calibration": "fake"}


@dataclass
class FakeAsker:
    bench: FakeBench
    held: Mapping[str, Article]

    def ask(
        self, question: str, *, always_answer: bool = False, language: str | None = None
    ) -> AskResult:
        assert always_answer, "the threshold is the evaluation's to apply"
        if len(question) > 2000:
            raise QuestionError("the question is too long", "Ask a shorter one.")
        self.bench.asked.append(question)
        says = self.bench.says.get(question, Says())
        article = self.held.get(says.article)
        answers = () if article is None else _answers(says, article)
        return AskResult(
            query_id="1",
            question=question,
            language=language if language is not None else "en",
            rewritten_question=None,
            state="answered" if answers else "no_answer",
            no_answer_reason=None if answers else "not_in_articles",
            message="",
            answers=answers,
            passages=self._passages(says)[:2],
            index_version="index-1",
            timings_ms=TIMINGS,
        )

    def search(
        self, question: str, *, top_k: int | None = None, language: str | None = None
    ) -> SearchResult:
        says = self.bench.says.get(question, Says())
        return SearchResult("1", question, "en", self._passages(says), "index-1", TIMINGS)

    def _passages(self, says: Says) -> tuple[Passage, ...]:
        return tuple(_whole(self.held[name]) for name in says.found)


def _whole(article: Article) -> Passage:
    return Passage(
        article_id=article.id,
        chunk_id=f"{article.id}:0",
        start=0,
        end=len(article.text),
        text=article.text,
        scores=Scores(),
        title=None,
        source=None,
        published_at=None,
        language=article.language,
        sentences=(),
    )


def _answers(says: Says, article: Article) -> tuple[Answer, ...]:
    start = article.text.find(says.text)
    if not says.text or start < 0:
        return ()
    end = start + len(says.text)
    before = [match.end() for match in re.finditer(r"[.!?]\s", article.text[:start])]
    first = before[-1] if before else 0
    after = article.text.find(".", end)
    last = len(article.text) if after < 0 else after + 1
    citation = Citation(
        article_id=article.id,
        title=None,
        source=None,
        author=None,
        published_at=None,
        language=article.language,
        url=None,
        sha256=article.sha256,
        start=start,
        end=end,
        quote=says.text,
        sentence=Sentence(first, last, article.text[first:last]),
    )
    return (Answer(says.text, says.confidence, "high", citation, Scores()),)


def make_run(*, wrong: int, seed: int = 0, silent: int = 0) -> Run:
    """40 questions, 10 of them unanswerable; the first `wrong` are answered wrongly."""
    paragraphs, cases, says = {}, [], {}
    for n, text in enumerate(TEXTS):
        key = f"p{n}"
        paragraphs[key] = make_paragraph(key, text, language="en")
        question = f"Which town, number {n}? {EVIL}"
        start = text.index(f"Baku{n}")
        gold = (Gold(f"Baku{n}", start, start + len(f"Baku{n}"), key),)
        can = n % 4 != 0
        language = "ru" if n % 2 else "en"
        cases.append(
            Case(f"q{n} {EVIL}", language, question, gold if can else (), can,
                 ((key, 1),) if can else (), own=key)
        )  # fmt: skip
        told = f"Ganja{n}" if n < wrong else f"Baku{n}"
        confidence = 0.1 if n < silent or (not can and n >= wrong) else 0.6 + n / 200
        says[question] = Says(told, confidence, key, [key])
    test_set = TestSet(f"set {EVIL}", "squad", "1" * 64, tuple(cases), paragraphs, notes=(EVIL,))
    return evaluate(test_set, FakeBench(says), mode="open", seed=seed)
