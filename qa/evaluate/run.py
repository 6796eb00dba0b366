"""Runs a test set: puts every question, keeps what came back, judges it and sums it up.

Every question is put once, with abstaining switched off; silence is then the threshold's doing.
So one run gives the reply as a user gets it, the answer that was withheld, and the whole
risk-coverage curve. What is measured is a `Bench`: `qa.evaluate.bench` makes one of a service,
tests a fake.

Three modes: "reading" (each question against its own paragraph alone), "open" (all paragraphs are
articles of a temporary store) and "store" (against the store given).

This module must not know file formats, models, or how a report looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from embeddings.articles import Article, make_article
from embeddings.errors import UsageError
from qa.errors import QuestionError
from qa.evaluate.cases import Case, Paragraph, TestSet, resolve
from qa.evaluate.judge import CaseResult, Cited, Outcome, Ranked, judge
from qa.evaluate.ranking import require_ir_measures
from qa.evaluate.summary import Summary, summarize
from qa.models import Answer, AskResult, Passage, SearchResult, Timings

__all__ = ["Asker", "Bench", "Mode", "Progress", "Run", "default_mode", "evaluate"]

Mode = Literal["reading", "open", "store"]
Progress = Callable[[int, int | None, str], None]
"""Called with the number done, the number in all (None: not known) and the stage's name."""

_RANKING_DEPTH = 50
_BATCH = 64


class Asker(Protocol):
    """Answers from one store: as much of `qa.service.Service` as an evaluation uses."""

    def ask(
        self, question: str, *, always_answer: bool = False, language: str | None = None
    ) -> AskResult:
        """Answer one question.

        Raises:
            QuestionError: it cannot be asked.
        """
        ...

    def search(
        self, question: str, *, top_k: int | None = None, language: str | None = None
    ) -> SearchResult:
        """The passages nearest to a question, without reading them."""
        ...


class Bench(Protocol):
    """What is measured."""

    def articles(self) -> Iterable[Article]:
        """The articles of the store given."""
        ...

    def store(self) -> Asker:
        """Answers from the store given."""
        ...

    def over(
        self, articles: Sequence[Article], *, progress: Progress | None = None
    ) -> AbstractContextManager[Asker]:
        """Answers from a temporary store of these articles, which is deleted on exit."""
        ...

    def read_many(self, items: Sequence[tuple[str, str, Article]]) -> list[tuple[Answer, ...]]:
        """Each (question, its language, article) answered from the whole article.

        One tuple an item, best answer first; the threshold is not applied.
        """
        ...

    def threshold(self, language: str) -> float:
        """Confidence below which the reply to a question in `language` is "no answer"."""
        ...

    def versions(self) -> Mapping[str, str]:
        """What is measured, such as the identities of encoder and reader."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """A finished evaluation.

    Attributes:
        test_set: resolved against the articles it lies over.
        versions: of the models and the index, and the test set's sha256.
        seconds: wall time of putting the questions.
    """

    test_set: TestSet
    mode: Mode
    always_answer: bool
    seed: int
    results: tuple[CaseResult, ...]
    summary: Summary
    versions: Mapping[str, str]
    seconds: float

    def predictions(self) -> dict[str, str]:
        """Question id to the reply's text, "" for no answer: what SQuAD's own script reads."""
        return {r.case.id: r.outcome.prediction for r in self.results if r.outcome.read}

    def to_dict(self) -> dict[str, Any]:
        """The run's measures flat at the top, and what each case scored (for later comparing)."""
        return {
            **self.summary.to_dict(),
            "mode": self.mode,
            "always_answer": self.always_answer,
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
            "test_set": self.test_set.name,
            "versions": dict(self.versions),
            "notes": list(self.test_set.notes),
            "cases": {result.case.id: _case_dict(result) for result in self.results},
        }


def default_mode(test_set: TestSet) -> Mode:
    """The mode when none is named: the store for a set over its articles, else by what it has."""
    if test_set.over_store:
        return "store"
    return "open" if test_set.kind == "beir" else "reading"


def evaluate(
    test_set: TestSet,
    bench: Bench,
    *,
    mode: Mode | None = None,
    always_answer: bool = False,
    read: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Run:
    """Run a test set.

    Args:
        test_set: as read; one that lies over a store is resolved against its articles here.
        bench: what is measured.
        mode: None takes `default_mode`.
        always_answer: never abstain; implied where every question has an answer.
        read: False measures retrieval alone.
        seed: of the bootstrap.
        progress: called as questions are done.

    Raises:
        TestSetError: the gold is not in the articles.
        UsageError: the mode does not fit the test set, or ir-measures is not installed.
    """
    chosen = default_mode(test_set) if mode is None else mode
    _check(test_set, chosen, read)
    given: list[Article] = []
    if test_set.over_store:
        given = list(bench.articles())
        test_set = resolve(test_set, given)
    forced = always_answer or not test_set.has_unanswerable
    # BEIR's queries have documents and no answers: there is nothing to read for.
    runner = _Runner(bench, forced, read and test_set.kind != "beir", progress)
    started = time.perf_counter()
    if chosen == "reading":
        articles = {article.id: article for article in given}
        if not articles:
            articles = {key: _plain(each) for key, each in test_set.paragraphs.items()}
        outcomes = runner.reading(test_set.cases, articles)
    elif chosen == "store":
        outcomes = runner.asking(test_set.cases, bench.store())
    else:
        over = given if given else [_article(each) for each in test_set.paragraphs.values()]
        with bench.over(over, progress=progress) as asker:
            started = time.perf_counter()
            outcomes = runner.asking(test_set.cases, asker)
    seconds = time.perf_counter() - started
    results = tuple(judge(outcomes, test_set, retrieves=chosen != "reading"))
    versions = {
        **bench.versions(),
        **({"index": runner.index_version} if runner.index_version else {}),
        "test_set_sha256": test_set.sha256,
    }
    return Run(
        test_set=test_set,
        mode=chosen,
        always_answer=forced,
        seed=seed,
        results=results,
        summary=summarize(results, seed=seed),
        versions=versions,
        seconds=seconds,
    )


class _Runner:
    """Puts questions and keeps what came back."""

    def __init__(
        self, bench: Bench, always_answer: bool, read: bool, progress: Progress | None
    ) -> None:
        self.bench = bench
        self.always_answer = always_answer
        self.read = read
        self.index_version = ""
        self._progress = progress

    def reading(self, cases: Sequence[Case], articles: Mapping[str, Article]) -> list[Outcome]:
        """Each question over its own paragraph; long paragraphs first, so that batches are even."""
        found: dict[str, Outcome] = {}
        todo = []
        for case in cases:
            if case.own is None:
                found[case.id] = _unread(case, "it has no paragraph to read")
            else:
                todo.append((case, articles[case.own]))
        todo.sort(key=lambda item: (-len(item[1].text), item[0].id))
        for first in range(0, len(todo), _BATCH):
            batch = todo[first : first + _BATCH]
            started = time.perf_counter()
            read = self.bench.read_many(
                [(case.question, case.language, article) for case, article in batch]
            )
            each_ms = (time.perf_counter() - started) * 1000 / len(batch)
            timings = Timings(encode=0.0, retrieve=0.0, read=each_ms, total=each_ms)
            for (case, _), answers in zip(batch, read, strict=True):
                found[case.id] = replace(self._outcome(case, answers), timings=timings)
            self._tell("reading", min(first + _BATCH, len(todo)), len(todo))
        return [found[case.id] for case in cases]

    def asking(self, cases: Sequence[Case], asker: Asker) -> list[Outcome]:
        """Each question over all articles of a store."""
        outcomes = []
        for done, case in enumerate(cases, start=1):
            outcomes.append(self._ask(case, asker))
            self._tell("asking", done, len(cases))
        return outcomes

    def _ask(self, case: Case, asker: Asker) -> Outcome:
        try:
            outcome = _unread(case, "")
            if self.read:
                result = asker.ask(case.question, always_answer=True, language=case.language)
                self.index_version = result.index_version
                outcome = replace(
                    self._outcome(case, result.answers),
                    passages=_ranked(result.passages),
                    timings=result.timings_ms,
                )
            if case.relevant:
                # Deeper than what is read: several passages of one article take one place.
                search = asker.search(case.question, top_k=_RANKING_DEPTH, language=case.language)
                self.index_version = search.index_version
                outcome = replace(outcome, ranking=_ranked(search.passages))
                if outcome.timings is None:
                    outcome = replace(outcome, timings=search.timings_ms)
        except QuestionError as error:
            return _unread(case, f"the question cannot be asked: {error.problem}")
        return outcome

    def _outcome(self, case: Case, answers: Sequence[Answer]) -> Outcome:
        if not answers:
            return Outcome(case, text="", confidence=None, refused=True, cited=None)
        best = answers[0]
        low = best.confidence < self.bench.threshold(case.language)
        citation = best.citation
        return Outcome(
            case,
            text=best.text,
            confidence=best.confidence,
            refused=low and not self.always_answer,
            cited=Cited(
                article=citation.article_id,
                sha256=citation.sha256,
                start=citation.start,
                end=citation.end,
                sentence=(citation.sentence.start, citation.sentence.end),
                sentence_text=citation.sentence.text,
            ),
        )

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total, stage)


def _check(test_set: TestSet, mode: Mode, read: bool) -> None:
    if not test_set.cases:
        raise UsageError(
            f"{test_set.name} holds conversations, not single questions",
            "Run it with: qa eval FILE (conversations have their own measures).",
        )
    if mode == "store" and not test_set.over_store:
        raise UsageError(
            f"{test_set.name} has paragraphs of its own, which are not in the store",
            "Use --mode reading or --mode open.",
        )
    if mode == "reading" and not any(case.own is not None for case in test_set.cases):
        raise UsageError(
            f"{test_set.name} names no paragraph for any question, so there is nothing to read",
            "Use --mode open.",
        )
    if mode == "reading" and not read:
        raise UsageError("reading mode without reading measures nothing", "Use --mode open.")
    if mode != "reading" and any(case.relevant for case in test_set.cases):
        # Said before the minutes of work, not after.
        require_ir_measures()


def _unread(case: Case, problem: str) -> Outcome:
    return Outcome(
        case, text="", confidence=None, refused=True, cited=None, read=False, problem=problem
    )


def _ranked(passages: Iterable[Passage]) -> tuple[Ranked, ...]:
    return tuple(Ranked(each.article_id, each.start, each.end, each.text) for each in passages)


def _article(paragraph: Paragraph) -> Article:
    """The paragraph as an article like any other, with what its text says of itself."""
    return make_article(
        text=paragraph.text,
        id=paragraph.key,
        title=paragraph.title,
        language=paragraph.language if paragraph.language != "und" else None,
    )


def _plain(paragraph: Paragraph) -> Article:
    """The paragraph as it is, nothing left out of it: reading mode reads all of it."""
    return Article(
        id=paragraph.key,
        text=paragraph.text,
        sha256=paragraph.sha256,
        title=paragraph.title,
        source=None,
        author=None,
        published_at=None,
        language=paragraph.language,
        url=None,
        excluded=(),
        origin="api",
    )


def _case_dict(result: CaseResult) -> dict[str, Any]:
    outcome, case = result.outcome, result.case
    return {
        "language": case.language,
        "unit": result.unit,
        "answerable": case.answerable,
        "read": outcome.read,
        "prediction": outcome.prediction,
        "confidence": None if outcome.confidence is None else round(outcome.confidence, 6),
        "right": result.right,
        "lost_at": result.lost_at,
        "values": {name: round(value, 6) for name, value in result.values.items()},
    }
