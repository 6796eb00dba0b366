"""The composition root: one store, one encoder, one reader, and all that can be asked of them.

The API, the command line, the chat, MCP and the evaluation talk only to `Service`. Models load on
first use, so opening a service costs milliseconds and a chat can take input while they load.

This module must not know how anything is shown: no colours, no status codes, no JSON beyond the
contract's `to_dict`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings.articles import Article, Skipped, load_articles
from embeddings.build import (
    BuildReport,
    Generation,
    index_articles,
    open_generation,
    refresh,
    reindex,
)
from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import ArticleError
from embeddings.store import Filters, Snapshot, Store
from embeddings.text import detect_language
from qa.answer import compose_answers
from qa.errors import ArticleNotFoundError, NoStoreError
from qa.models import AskResult, Passage, SearchResult, VerifyReport
from qa.question import checked_question
from qa.read.calibration import Calibration
from qa.read.load import load_reader
from qa.read.protocol import Reader
from qa.read.refit import Fits, read_fits
from qa.reading import read_passages
from qa.results import Asked, answered_or_silent, searched, silent, with_reader_scores
from qa.retrieve import removed_by_each, retrieve
from qa.settings import Settings
from qa.slips import without_slips
from qa.spelling import as_meant, vocabulary_of
from qa.verify import verify_answer

__all__ = ["Progress", "Service"]

Progress = Callable[[str, int, int | None], None]
"""Told of long work: the stage, how much of it is done, and of how much (None: not known)."""


class Service:
    """Answers questions from the articles of one store. Safe to use from several threads.

    Args:
        store: an open store; closed by `close`.
        settings: see `qa.settings`.
        encoder: None loads the one that `settings` names, on first use.
        reader: None loads the shipped reader, on first use.

    Raises:
        UsageError: the calibration that `settings` names is none.
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
        named = settings.calibration
        self._fits: Fits | None = None if named is None else read_fits(named)
        self._generation: Generation | None = None
        self._lock = threading.RLock()
        self._saving = threading.Lock()

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
            raise NoStoreError.at(settings.store)
        store = Store.open(settings.store, create=create)
        return cls(store, settings, encoder=encoder, reader=reader)

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
        explain: bool = False,
        today: date | None = None,
        on_passages: Callable[[tuple[Passage, ...]], None] | None = None,
    ) -> AskResult:
        """Answer `question` from the articles, or say that they do not.

        Azerbaijani and Turkish without their letters are read with them (`qa.spelling`), and a
        slip of the keyboard as what is meant (`qa.slips`): `rewritten_question` says so.

        Args:
            question: 1 to `settings.max_question_chars` characters.
            filters: which articles count at all.
            language: of the question; None detects it.
            top_k: passages to read; None takes the setting.
            max_answers: different answers to return; None takes the setting.
            always_answer: never abstain while there is a span at all.
            explain: say why the passages stand in their order.
            today: the day that sources' ages are counted from; None is today in UTC.
            on_passages: told of the passages before they are read.

        Raises:
            QuestionError: the question is empty, too long or not text.
            MenbeError: the store or a model fails; the subclass says why.
        """
        asked = self._retrieve(question, filters, language, top_k, explain)
        passages = asked.found.passages
        if not passages:
            return silent(asked, "filtered_out" if any(asked.removed.values()) else "no_articles")
        if on_passages is not None:
            on_passages(passages)
        started = time.perf_counter()
        calibration = self.calibration(asked.meant.language)
        readings = read_passages(self.reader()[0], asked.meant.text, passages, asked.found.articles)
        asked = replace(asked, found=with_reader_scores(asked.found, readings))
        candidates = compose_answers(
            asked.meant.text,
            passages,
            readings,
            asked.found.articles,
            calibration=calibration,
            max_answers=self.settings.max_answers if max_answers is None else max_answers,
            today=datetime.now(UTC).date() if today is None else today,
        )
        return answered_or_silent(
            asked,
            candidates,
            threshold=0.0 if always_answer else self.threshold(asked.meant.language),
            read_ms=(time.perf_counter() - started) * 1000,
        )

    def search(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        language: str | None = None,
        top_k: int | None = None,
        explain: bool = False,
    ) -> SearchResult:
        """The passages nearest to `question`, without reading them. As `ask` otherwise."""
        return searched(self._retrieve(question, filters, language, top_k, explain))

    def verify(self, saved: object) -> VerifyReport:
        """Check every citation of a saved answer (the contract's JSON) against the store.

        Raises:
            SavedAnswerError: it is not a saved answer.
        """
        return verify_answer(saved, self.store)

    # -- articles -----------------------------------------------------------------------------

    def index(
        self,
        paths: Sequence[Path],
        *,
        progress: Progress | None = None,
        skipped: Callable[[Skipped], None] | None = None,
    ) -> BuildReport:
        """Read and index files and folders; what fails is in the report.

        Args:
            paths: files, and folders that are searched.
            progress: told after each file.
            skipped: told once of the files that were passed over.

        Raises:
            StoreError: the store cannot be written; what was committed before stays.
        """
        told = None if progress is None else lambda done, total, _: progress("files", done, total)
        return self.add(load_articles(paths, progress=told, skipped=skipped))

    def add(
        self, articles: Iterable[Article | ArticleError], *, progress: Progress | None = None
    ) -> BuildReport:
        """Index articles; each is one transaction. Unchanged ones cost no work."""
        report = index_articles(
            self.store,
            self.encoder(progress=progress),
            articles,
            chunk_tokens=self.settings.chunk_tokens,
            overlap_sentences=self.settings.chunk_overlap_sentences,
            progress=progress,
        )
        self._save_generation()
        return report

    def rebuild(self, *, progress: Progress | None = None) -> BuildReport:
        """Make every chunk, term and vector anew from the stored articles, with this encoder."""
        report = reindex(
            self.store,
            self._loaded_encoder(progress),
            chunk_tokens=self.settings.chunk_tokens,
            overlap_sentences=self.settings.chunk_overlap_sentences,
            progress=progress,
        )
        self._save_generation()
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
        self._save_generation()

    # -- parts --------------------------------------------------------------------------------

    def encoder(self, *, progress: Progress | None = None) -> Encoder:
        """The encoder, loaded on first use.

        Raises:
            EncoderMismatchError: the store's vectors come from another one.
        """
        encoder = self._loaded_encoder(progress)
        self.store.check_encoder(encoder.identity, encoder.dimension)
        return encoder

    def warm_up(self) -> None:
        """Load the encoder, the reader and the vectors now, so that no question waits for them.

        Safe to call from a thread of its own: a question that comes meanwhile waits for what is
        left. Raises as `ask` does.
        """
        vocabulary_of(self.encoder())
        self.reader()
        with self.store.snapshot() as moment:
            self._generation_at(moment)

    def reader(self) -> tuple[Reader, Calibration]:
        """The reader and its calibration, loaded on first use."""
        with self._lock:
            if self._reader is None:
                self._reader = load_reader(self._loaded_encoder(), cache_dir=self.settings.cache)
            return self._reader

    def calibration(self, language: str) -> Calibration:
        """What confidences of questions in `language` are made by.

        Raises:
            ReaderError: the setting's calibration belongs to another encoder or reader.
        """
        reader, shipped = self.reader()
        if self._fits is None:
            return shipped
        encoder = self._loaded_encoder().identity
        return self._fits.over(shipped, language, encoder=encoder, reader=reader.identity)

    def threshold(self, language: str) -> float:
        """Confidence below which a question in `language` gets no answer: the setting, else the
        calibration's."""
        given = self.settings.answer_threshold
        return self.calibration(language).threshold if given is None else given

    def versions(self) -> dict[str, str]:
        """The identities of what answers depend on beside the store."""
        reader, shipped = self.reader()
        return {
            "encoder": self._loaded_encoder().identity,
            "reader": reader.identity,
            "calibration": shipped.identity,
            **({} if self._fits is None else {"fit": self._fits.identity}),
        }

    def _loaded_encoder(self, progress: Progress | None = None) -> Encoder:
        with self._lock:
            if self._encoder is None:
                told = (
                    None
                    if progress is None
                    else lambda stage, share: progress(stage, round(share * 100), 100)
                )
                self._encoder = load_encoder(
                    self.settings.encoder, cache_dir=self.settings.cache, progress=told
                )
            return self._encoder

    def _generation_at(self, moment: Snapshot) -> Generation:
        """The vectors of exactly that moment of the store."""
        with self._lock:
            if self._generation is None:
                self._generation = open_generation(self.store)
            found = refresh(self._generation, moment)
            self._put_generation(found)
            return found

    def _save_generation(self) -> None:
        """Write the index of what was just stored. Questions go on meanwhile, each bringing the
        vectors that it finds to its own moment."""
        with self._saving:
            made = open_generation(self.store)
            with self._lock:
                self._put_generation(made)

    def _put_generation(self, made: Generation) -> None:
        """Keep it, unless a later one was made meanwhile, which the next question would redo."""
        if self._generation is None or made.sequence >= self._generation.sequence:
            self._generation = made

    def _retrieve(
        self,
        question: str,
        filters: Filters | None,
        language: str | None,
        top_k: int | None,
        explain: bool,
    ) -> Asked:
        started = time.perf_counter()
        question = checked_question(question, max_chars=self.settings.max_question_chars)
        code = detect_language(question, default="en") if language is None else language
        meant = as_meant(question, code, self.encoder, sure=language is not None)
        encoder = self.encoder()
        with self.store.snapshot() as moment:
            generation = self._generation_at(moment)
            meant = without_slips(meant, partial(vocabulary_of, encoder), moment.held_terms)
            found = retrieve(
                meant.text,
                store=moment,
                generation=generation,
                encoder=encoder,
                language=meant.language,
                filters=filters,
                top_k=self.settings.top_k if top_k is None else top_k,
            )
            removed = {} if filters is None else removed_by_each(moment, filters)
        return Asked(question, meant, found, generation.version, removed, started, explain)


def _not_found(article_id: str) -> ArticleNotFoundError:
    return ArticleNotFoundError(
        f"the store has no article {article_id!r}", "List what it has with: qa articles list."
    )
