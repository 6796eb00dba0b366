"""Finds the passages nearest to a question: dense and lexical candidates, fused.

Dense: cosine of the question's vector with each chunk's. Lexical: BM25 over folded, stemmed terms
in the store. Each side proposes its best candidates, every candidate gets both scores, and
`fuse` ranks them. Filters apply before either side looks, so a filter never starves a result.

This module must not know how an answer is found in a passage, or that there are answers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from embeddings.articles import Article
from embeddings.build import Generation
from embeddings.chunks import Chunk
from embeddings.encoder import Encoder
from embeddings.reads import ArticleReads
from embeddings.store import Filters
from embeddings.text import terms
from qa.models import Passage, Scores

__all__ = ["Fusion", "Retrieved", "fuse", "retrieve"]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How two scores become one: `dense + weight * lexical / (lexical + half)`.

    BM25 has no upper end and cosine has; the saturating form gives the lexical side at most
    `weight`, half of it at a BM25 of `half`. `tests/benchmarks/fusion.py` prints the table that
    the values were chosen from.

    Attributes:
        weight: the most that a lexical match can add, in units of cosine.
        half: the BM25 score that gives half of it.
        candidates: how many each side proposes.
    """

    weight: float = 0.15
    half: float = 12.0
    candidates: int = 100


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Passages, best first, and what it took.

    Attributes:
        articles: the articles that the passages are from, by id.
        allowed: number of chunks that passed the filters; None without filters.
    """

    passages: tuple[Passage, ...]
    articles: Mapping[str, Article]
    allowed: int | None
    encode_ms: float
    retrieve_ms: float


def fuse(
    dense: Mapping[int, float], lexical: Mapping[int, float], fusion: Fusion
) -> list[tuple[int, float]]:
    """Rank the chunks that have a dense score, best first; ties go to the smaller rowid.

    A chunk that the lexical side did not return counts as a BM25 of 0.
    """
    scored = []
    for rowid, cosine in dense.items():
        bm25 = max(lexical.get(rowid, 0.0), 0.0)
        scored.append((rowid, cosine + fusion.weight * bm25 / (bm25 + fusion.half)))
    return sorted(scored, key=lambda item: (-item[1], item[0]))


def retrieve(
    question: str,
    *,
    store: ArticleReads,
    generation: Generation,
    encoder: Encoder,
    language: str,
    filters: Filters | None,
    top_k: int,
    fusion: Fusion | None = None,
) -> Retrieved:
    """The `top_k` passages nearest to `question`, best first.

    Args:
        store: a snapshot of the store, at the generation's moment, so that terms, vectors, chunks
            and articles agree.
        generation: the vectors.
        language: the question's, which its terms are stemmed by.

    Raises:
        EncoderError: the question cannot be encoded.
        StoreError: the store cannot be read.
    """
    settings = Fusion() if fusion is None else fusion
    started = time.perf_counter()
    vector = encoder.encode_questions([question])
    encoded = time.perf_counter()

    allowed = store.allowed_rowids(filters) if filters is not None else None
    found = _candidates(
        question, vector, store, generation, language, filters, allowed, settings.candidates
    )
    ranked = fuse(found.dense, found.lexical, settings)
    passages, articles = _passages(store, ranked, found, top_k)
    done = time.perf_counter()
    return Retrieved(
        passages=passages,
        articles=articles,
        allowed=None if allowed is None else len(allowed),
        encode_ms=(encoded - started) * 1000,
        retrieve_ms=(done - encoded) * 1000,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    dense: dict[int, float]
    lexical: dict[int, float]


def _candidates(
    question: str,
    vector: np.ndarray,
    store: ArticleReads,
    generation: Generation,
    language: str,
    filters: Filters | None,
    allowed: np.ndarray | None,
    count: int,
) -> _Found:
    hits = store.lexical_search(terms(question, language), count, filters)
    lexical = {hit.rowid: hit.score for hit in hits}
    dense = dict(generation.index.search(vector, count, allowed=allowed)[0])
    missing = np.array(sorted(set(lexical) - set(dense)), dtype=np.int64)
    if len(missing):
        dense |= dict(generation.index.search(vector, len(missing), allowed=missing)[0])
    return _Found(dense=dense, lexical=lexical)


def _passages(
    store: ArticleReads, ranked: list[tuple[int, float]], found: _Found, top_k: int
) -> tuple[tuple[Passage, ...], dict[str, Article]]:
    wanted = ranked[:top_k]
    stored = store.chunks_by_rowid([rowid for rowid, _ in wanted])
    articles = store.articles({item.chunk.article_id for item in stored.values()})
    passages: list[Passage] = []
    for rowid, score in wanted:
        chunk = stored[rowid].chunk
        article = articles[chunk.article_id]
        scores = Scores(dense=found.dense.get(rowid), lexical=found.lexical.get(rowid), fused=score)
        passages.append(_passage(article, chunk, scores))
    return tuple(passages), articles


def _passage(article: Article, chunk: Chunk, scores: Scores) -> Passage:
    return Passage(
        article_id=article.id,
        chunk_id=chunk.id,
        start=chunk.start,
        end=chunk.end,
        text=article.text[chunk.start : chunk.end],
        scores=scores,
        title=article.title,
        source=article.source,
        published_at=article.published_at,
        language=article.language,
        sentences=chunk.sentences,
        context=chunk.context,
    )
