"""The composition root: one store, one encoder, one reader, and all that can be asked of them.

The API, the command line, the chat, MCP and the evaluation talk only to `Service`. Models load on
first use, so opening a service costs milliseconds and a chat can take input while they load.

This module must not know how anything is shown: no colours, no status codes, no JSON beyond the
contract's `to_dict`.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings.build import BuildReport, Generation, index_articles, open_generation
from embeddings.encoder import Encoder, load_encoder
from embeddings.store import Filters, Store
from embeddings.text import detect_language

from embeddings.articles import Article, load_articles
from embeddings.errors import ArticleError, MenbeError
from prompts import reply
from qa.answer import Calibration, compose_answers
from qa.errors import ArticleNotFoundError, NoStoreError, QuestionError
from qa.models import (
    Answer,
    AskResult,
    NoAnswerReason,
    Passage,
    SearchResult,
    Timings,
    VerifyReport,
)
from qa.read import load_reader
from qa.read.protocol import Reader
from qa.retrieve import Retrieved, retrieve
from qa.settings import Settings
from qa.verify import verify_answer

__all__ = ["Service"]

Progress = Callable[[str, int, int | None], None]
"""Called with the stage's name, the number done and the number in all (None: not known)."""


class Service:
    """Answers questions from the articles of one store. Safe to use from several threads.

    Args:
        store: an open store; closed by `close`.
        settings: see `qa.settings`.
        encoder: None loads the one that `settings` names, on first use.
        reader: None loads the shipped reader, on first use.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        encoder: Encoder | None = None,
        reader: tuple[Reader, Calibration] | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self._encoder = encoder
        self._reader = reader
        self._generation: Generation | None = None
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        create: bool = False,
        encoder: Encoder | None = None,
        reader: tuple[Reader, Calibration] | None = None,
    ) -> Self:
        """Open the store that `settings` names.

        Raises:
            NoStoreError: there is none there and `create` is not set.
            StoreError: it cannot be opened; the subclass says why.
        """
        if not create and not settings.store.exists():
            raise NoStoreError(
                f"there is no store at {settings.store}",
                "Make one with: qa index PATH, or name another with --store DIR.",
            )
        return cls(
            Store.open(settings.store, create=create), settings, encoder=encoder, reader=reader
        )

    def __enter__(self) -> Self:
        """The service itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the store. Closing twice does nothing."""
        self.store.close()

    # -- asking -------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        language: str | None = None,
        top_k: int | None = None,
        max_answers: int | None = None,
        always_answer: bool = False,
        today: date | None = None,
    ) -> AskResult:
        """Answer `question` from the articles, or say that they do not.

        Args:
            question: 1 to `settings.max_question_chars` characters.
            filters: which articles count at all.
            language: of the question; None detects it.
            top_k: passages to read; None takes the setting.
            max_answers: different answers to return; None takes the setting.
            always_answer: never abstain while there is a span at all.
            today: the day that sources' ages are counted from; None is today in UTC.

        Raises:
            QuestionError: the question is empty, too long or not text.
            MenbeError: the store or a model fails; the subclass says why.
        """
        started = time.perf_counter()
        question, language = self._checked(question, language)
        generation = self.generation()
        if self.store.chunk_count == 0:
            return self._silence(question, language, "no_articles", generation, started)
        found = self._retrieve(question, language, filters, top_k, generation)
        if not found.passages:
            reason: NoAnswerReason = "filtered_out" if filters is not None else "no_articles"
            return self._silence(
                question, language, reason, generation, started, found=found, filters=filters
            )
        reading_started = time.perf_counter()
        reader, calibration = self.reader()
        readings = reader.read(question, [passage.text for passage in found.passages])
        candidates = compose_answers(
            found.passages,
            readings,
            found.articles,
            calibration=calibration,
            max_answers=self.settings.max_answers if max_answers is None else max_answers,
            today=datetime.now(UTC).date() if today is None else today,
        )
        read_ms = (time.perf_counter() - reading_started) * 1000
        return self._result(
            question, language, generation, started, found, candidates, read_ms,
            threshold=0.0 if always_answer else self._threshold(calibration),
        )  # fmt: skip

    def search(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        language: str | None = None,
        top_k: int | None = None,
    ) -> SearchResult:
        """The passages nearest to `question`, without reading them. Arguments as for `ask`."""
        started = time.perf_counter()
        question, language = self._checked(question, language)
        generation = self.generation()
        found = self._retrieve(question, language, filters, top_k, generation)
        return SearchResult(
            query_id=uuid.uuid4().hex,
            question=question,
            language=language,
            passages=found.passages,
            index_version=generation.version,
            timings_ms=_timings(found, 0.0, started),
            removed_by_filters=self._removed(filters),
        )

    def verify(self, saved: object) -> VerifyReport:
        """Check every citation of a saved answer (the contract's JSON) against the store.

        Raises:
            SavedAnswerError: it is not a saved answer.
        """
        return verify_answer(saved, self.store)

    # -- articles -----------------------------------------------------------------------------

    def index(self, paths: Sequence[Path], *, progress: Progress | None = None) -> BuildReport:
        """Read and index files and folders; articles that fail are in the report.

        Raises:
            UsageError: a path does not exist, or there is nothing to index below it.
            StoreError: the store cannot be written; what was committed before stays.
        """
        return self.add(load_articles(paths), progress=progress)

    def add(
        self, articles: Iterable[Article | ArticleError], *, progress: Progress | None = None
    ) -> BuildReport:
        """Index articles; each is one transaction. Unchanged ones cost no work."""
        report = index_articles(
            self.store,
            self.encoder(),
            articles,
            chunk_tokens=self.settings.chunk_tokens,
            overlap_sentences=self.settings.chunk_overlap_sentences,
            progress=progress,
        )
        self.generation()
        return report

    def article(self, article_id: str) -> Article:
        """One article.

        Raises:
            ArticleNotFoundError: there is none of that id.
        """
        article = self.store.article(article_id)
        if article is None:
            raise _not_found(article_id)
        return article

    def delete(self, article_id: str) -> None:
        """Remove an article everywhere; it is never served again.

        Raises:
            ArticleNotFoundError: there is none of that id.
        """
        if not self.store.delete_article(article_id):
            raise _not_found(article_id)
        self.generation()

    # -- parts --------------------------------------------------------------------------------

    def encoder(self) -> Encoder:
        """The encoder, loaded on first use and checked against the store's."""
        with self._lock:
            if self._encoder is None:
                self._encoder = load_encoder(self.settings.encoder, cache_dir=self.settings.cache)
            self.store.check_encoder(self._encoder.identity, self._encoder.dimension)
            return self._encoder

    def reader(self) -> tuple[Reader, Calibration]:
        """The reader and its calibration, loaded on first use."""
        with self._lock:
            if self._reader is None:
                self._reader = load_reader(self.encoder(), cache_dir=self.settings.cache)
            return self._reader

    def generation(self) -> Generation:
        """The index that fits the store as it is now; rebuilt from the store when it does not."""
        with self._lock:
            current = self._generation
            if current is None or current.sequence != self.store.sequence:
                self._generation = current = open_generation(self.store)
            return current

    def _retrieve(
        self,
        question: str,
        language: str,
        filters: Filters | None,
        top_k: int | None,
        generation: Generation,
    ) -> Retrieved:
        return retrieve(
            question,
            store=self.store,
            generation=generation,
            encoder=self.encoder(),
            language=language,
            filters=filters,
            top_k=self.settings.top_k if top_k is None else top_k,
        )

    def _threshold(self, calibration: Calibration) -> float:
        given = self.settings.answer_threshold
        return calibration.threshold if given is None else given

    def _checked(self, question: str, language: str | None) -> tuple[str, str]:
        cleaned = question.strip()
        limit = self.settings.max_question_chars
        if not cleaned:
            raise QuestionError("the question is empty", "Type a question.")
        if len(cleaned) > limit:
            raise QuestionError(
                f"the question has {len(cleaned)} characters, more than {limit}",
                "Ask a shorter one, or raise MENBE_MAX_QUESTION_CHARS.",
            )
        try:
            cleaned.encode("utf-8")
        except UnicodeEncodeError as error:
            raise QuestionError(
                "the question holds half of a surrogate pair, which is not text",
                "Send the question as UTF-8.",
            ) from error
        return cleaned, detect_language(cleaned, default="en") if language is None else language

    def _removed(self, filters: Filters | None) -> dict[str, int]:
        if filters is None:
            return {}
        everything = self.store.article_count
        return {
            name: everything - self.store.count_articles(alone)
            for name, alone in filters.each_alone().items()
        }

    # -- results ------------------------------------------------------------------------------

    def _result(
        self,
        question: str,
        language: str,
        generation: Generation,
        started: float,
        found: Retrieved,
        candidates: tuple[Answer, ...],
        read_ms: float,
        *,
        threshold: float,
    ) -> AskResult:
        answers = tuple(answer for answer in candidates if answer.confidence >= threshold)
        if answers:
            best = answers[0].citation
            named = best.source if best.source is not None else best.title
            message = reply(
                "answered", language, source=best.article_id if named is None else named
            )
        else:
            message = reply("not_in_articles", language)
        return AskResult(
            query_id=uuid.uuid4().hex,
            question=question,
            language=language,
            rewritten_question=None,
            state="answered" if answers else "no_answer",
            no_answer_reason=None if answers else "not_in_articles",
            message=message,
            answers=answers,
            passages=found.passages,
            index_version=generation.version,
            timings_ms=_timings(found, read_ms, started),
            best_confidence=candidates[0].confidence if candidates else 0.0,
        )

    def _silence(
        self,
        question: str,
        language: str,
        reason: NoAnswerReason,
        generation: Generation,
        started: float,
        *,
        found: Retrieved | None = None,
        filters: Filters | None = None,
    ) -> AskResult:
        removed = self._removed(filters)
        passages: tuple[Passage, ...] = () if found is None else found.passages
        return AskResult(
            query_id=uuid.uuid4().hex,
            question=question,
            language=language,
            rewritten_question=None,
            state="no_answer",
            no_answer_reason=reason,
            message=reply(reason, language, filters=", ".join(sorted(removed))),
            answers=(),
            passages=passages,
            index_version=generation.version,
            timings_ms=_timings(found, 0.0, started),
            removed_by_filters=removed,
        )


def _not_found(article_id: str) -> MenbeError:
    return ArticleNotFoundError(
        f"the store has no article {article_id!r}", "List what it has with: qa articles list."
    )


def _timings(found: Retrieved | None, read_ms: float, started: float) -> Timings:
    return Timings(
        encode=0.0 if found is None else found.encode_ms,
        retrieve=0.0 if found is None else found.retrieve_ms,
        read=read_ms,
        total=(time.perf_counter() - started) * 1000,
    )
