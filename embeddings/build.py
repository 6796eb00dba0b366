"""Articles in, a searchable generation out.

Each article goes through chunks, vectors and terms into the store. Chunks of several articles
are encoded together, which is what makes short articles fast; each article is still written in
a transaction of its own, so that whatever was counted as done survives a crash. An article that
comes again unchanged costs one look-up.

This module must not know of files, questions or how anything is shown.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.articles import Article
from embeddings.chunks import Chunk, chunk_article, passage_input, passage_terms_input
from embeddings.errors import ArticleError, EncoderError, StoreError, StoreFullError
from embeddings.generations import Generation, open_generation, refresh
from embeddings.records import Floats
from embeddings.store import Store
from embeddings.text import terms

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

__all__ = [
    "BuildReport",
    "Generation",
    "Progress",
    "index_articles",
    "open_generation",
    "refresh",
    "reindex",
]

# Raise it when chunks or terms are made differently, so that unchanged articles are made anew.
_PIPELINE = 5
_BATCH_CHUNKS = 128

Progress = Callable[[str, int, int | None], None]
"""Told after each article: "articles", how many are done, and of how many where that is known."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What one run did.

    Attributes:
        added: articles that were not in the store.
        changed: articles that replaced an older state of themselves.
        unchanged: articles that needed no work.
        failed: one error an article that could not be indexed.
        chunks: written in this run.
        seconds: wall time.
    """

    added: int
    changed: int
    unchanged: int
    failed: tuple[ArticleError, ...]
    chunks: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON; a failed article as its origin, the problem and the remedy."""
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "failed": [
                {"origin": error.origin, "problem": error.problem, "remedy": error.remedy}
                for error in self.failed
            ],
            "chunks": self.chunks,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An article on its way: its chunks and what the encoder is to see of each."""

    article: Article
    chunks: tuple[Chunk, ...]
    inputs: tuple[str, ...]
    fingerprint: str


def index_articles(
    store: Store,
    encoder: Encoder,
    articles: Iterable[Article | ArticleError],
    *,
    chunk_tokens: int = 150,
    overlap_sentences: int = 1,
    force: bool = False,
    batch_chunks: int = _BATCH_CHUNKS,
    progress: Progress | None = None,
) -> BuildReport:
    """Put articles into the store; the index follows when a generation is next opened.

    Args:
        store: made with this encoder.
        encoder: makes the vectors.
        articles: read as they are needed; an error among them is listed, and the run goes on.
        chunk_tokens: budget of a chunk, in cl100k_base tokens.
        overlap_sentences: sentences that a chunk shares with the one before it.
        force: make unchanged articles anew as well.
        batch_chunks: how many chunks are encoded together; bounds the memory.
        progress: told after each article.

    Raises:
        EncoderMismatchError: another encoder made the store.
        StoreError: the store is read-only.
        StoreFullError: no space is left; what the message counts stays indexed.
        StoreBusyError: another process is writing.
        EncoderError: the encoder works for no article of a batch.
    """
    store.check_writable()
    store.check_encoder(encoder.identity, encoder.dimension, record=True)
    run = _Run(store, encoder, progress, len(articles) if isinstance(articles, Sized) else None)
    pending: list[_Prepared] = []
    try:
        for item in articles:
            if isinstance(item, ArticleError):
                run.fail(item)
                continue
            fingerprint = _fingerprint(item, encoder.identity, chunk_tokens, overlap_sentences)
            if not force and store.fingerprint_of(item.id) == fingerprint:
                run.skip()
                continue
            try:
                prepared = _prepare(item, encoder, fingerprint, chunk_tokens, overlap_sentences)
            except ArticleError as error:
                run.fail(error)
                continue
            pending.append(prepared)
            if sum(len(each.chunks) for each in pending) >= batch_chunks:
                run.write(pending, batch_chunks)
                pending = []
        run.write(pending, batch_chunks)
    except StoreFullError as error:
        raise StoreFullError(
            f"{error.problem}; {run.added + run.changed} articles of this run were indexed before",
            error.remedy,
        ) from error
    return run.report()


def reindex(
    store: Store,
    encoder: Encoder,
    *,
    chunk_tokens: int = 150,
    overlap_sentences: int = 1,
    progress: Progress | None = None,
) -> BuildReport:
    """Make everything anew from the articles in the store, for this encoder and these budgets.

    Open the store without naming an encoder. With the encoder that made it, each article is
    replaced whole, and the others go on answering. With another, all vectors are dropped first;
    a run that is cut short is taken up by the next.

    Raises:
        StoreFullError: no space is left.
        StoreBusyError: another process is writing.
        EncoderError: the encoder cannot be run.
    """
    if (store.encoder_identity, store.dimension) != (encoder.identity, encoder.dimension):
        store.forget_chunks(encoder_identity=encoder.identity, dimension=encoder.dimension)
    return index_articles(
        store,
        encoder,
        _stored_articles(store),
        chunk_tokens=chunk_tokens,
        overlap_sentences=overlap_sentences,
        progress=progress,
    )


class _Run:
    """The counts of one run, and the writing of one batch."""

    def __init__(
        self, store: Store, encoder: Encoder, progress: Progress | None, total: int | None
    ) -> None:
        self.added = self.changed = self.unchanged = self.chunks = 0
        self._failed: list[ArticleError] = []
        self._store = store
        self._encoder = encoder
        self._progress = progress
        self._total = total
        self._started = time.monotonic()

    def fail(self, error: ArticleError) -> None:
        self._failed.append(error)
        self._tell()

    def skip(self) -> None:
        self.unchanged += 1
        self._tell()

    def write(self, batch: list[_Prepared], batch_chunks: int) -> None:
        """Encode a batch and write its articles; one that cannot be encoded fails alone."""
        if not batch:
            return
        try:
            vectors = _encode(self._encoder, batch, batch_chunks)
        except EncoderError:
            if len(batch) == 1:
                raise
            self._write_singly(batch, batch_chunks)
            return
        first = 0
        for prepared in batch:
            last = first + len(prepared.chunks)
            self._put(prepared, vectors[first:last])
            first = last

    def _write_singly(self, batch: list[_Prepared], batch_chunks: int) -> None:
        errors: list[EncoderError] = []
        for prepared in batch:
            try:
                vectors = _encode(self._encoder, [prepared], batch_chunks)
            except EncoderError as error:
                errors.append(error)
                if len(errors) == len(batch):
                    raise
                self.fail(ArticleError(prepared.article.origin, error.problem, error.remedy))
            else:
                self._put(prepared, vectors)

    def _put(self, prepared: _Prepared, vectors: Floats) -> None:
        article = prepared.article
        known = self._store.sha256_of(article.id) is not None
        self._store.put_article(
            article,
            prepared.chunks,
            vectors,
            [
                terms(passage_terms_input(article, chunk), article.language)
                for chunk in prepared.chunks
            ],
            fingerprint=prepared.fingerprint,
        )
        if known:
            self.changed += 1
        else:
            self.added += 1
        self.chunks += len(prepared.chunks)
        self._tell()

    def report(self) -> BuildReport:
        return BuildReport(
            added=self.added,
            changed=self.changed,
            unchanged=self.unchanged,
            failed=tuple(self._failed),
            chunks=self.chunks,
            seconds=time.monotonic() - self._started,
        )

    def _tell(self) -> None:
        if self._progress is not None:
            done = self.added + self.changed + self.unchanged + len(self._failed)
            self._progress("articles", done, self._total)


def _prepare(
    article: Article,
    encoder: Encoder,
    fingerprint: str,
    chunk_tokens: int,
    overlap_sentences: int,
) -> _Prepared:
    chunks = chunk_article(
        article,
        max_tokens=chunk_tokens,
        overlap_sentences=overlap_sentences,
        limit=encoder.count_tokens,
        max_limit=encoder.max_tokens,
    )
    inputs = tuple(passage_input(article, chunk) for chunk in chunks)
    return _Prepared(article, tuple(chunks), inputs, fingerprint)


def _encode(encoder: Encoder, batch: list[_Prepared], batch_chunks: int) -> Floats:
    """Vectors of a batch's chunks in their order, shape (chunks, dimension).

    Inputs are encoded by length, since a batch costs as much as its longest member each.
    """
    inputs = [text for prepared in batch for text in prepared.inputs]
    vectors = np.empty((len(inputs), encoder.dimension), dtype=np.float32)
    order = sorted(range(len(inputs)), key=lambda i: len(inputs[i]))
    for first in range(0, len(order), batch_chunks):
        places = order[first : first + batch_chunks]
        made = encoder.encode_passages([inputs[place] for place in places])
        if made.shape != (len(places), encoder.dimension) or not np.isfinite(made).all():
            raise EncoderError(
                f"the encoder {encoder.identity!r} made vectors that cannot be used",
                "Use another encoder.",
            )
        vectors[places] = made
    return vectors


def _fingerprint(
    article: Article, encoder_identity: str, chunk_tokens: int, overlap_sentences: int
) -> str:
    """Of everything that chunks, vectors, terms and citations are made from."""
    day = article.published_at
    parts = [
        _PIPELINE,
        encoder_identity,
        chunk_tokens,
        overlap_sentences,
        article.sha256,
        article.title,
        article.source,
        article.author,
        None if day is None else day.isoformat(),
        article.language,
        article.url,
        article.excluded,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _stored_articles(store: Store) -> Iterator[Article | ArticleError]:
    for article_id in store.article_ids():
        try:
            article = store.article(article_id)
        except StoreError as error:
            yield ArticleError(article_id, error.problem, error.remedy)
        else:
            if article is not None:  # deleted since the ids were listed
                yield article
