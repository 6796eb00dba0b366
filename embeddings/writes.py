"""How an article and what was made from it are written into the tables, and removed.

Each function is a part of a transaction that `store.Store` has begun.

This module must not know when a transaction begins or ends, nor who may write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from embeddings.articles import Article
from embeddings.chunks import Chunk
from embeddings.database import Connection
from embeddings.errors import EncoderError
from embeddings.records import Floats, chunk_checksum, encode_term, fold_source

__all__ = [
    "checked_vectors",
    "insert_article",
    "insert_chunk",
    "remove_article",
    "remove_chunks",
]


def checked_vectors(
    article: Article,
    chunks: Sequence[Chunk],
    vectors: Floats,
    terms: Sequence[Sequence[str]],
    *,
    dimension: int,
) -> list[bytes]:
    """The vectors as little-endian bytes, one a chunk, once all fits together.

    Raises:
        ValueError: the arguments do not fit together.
        EncoderError: a vector is not finite.
    """
    if vectors.shape != (len(chunks), dimension) or len(terms) != len(chunks):
        raise ValueError(
            f"{len(chunks)} chunks of {dimension} dimensions do not fit vectors of shape"
            f" {vectors.shape} and {len(terms)} lists of terms"
        )
    if hashlib.sha256(article.text.encode()).hexdigest() != article.sha256:
        raise ValueError(f"the sha256 of article {article.id!r} does not fit its text")
    for chunk in chunks:
        inside = 0 <= chunk.start < chunk.end <= len(article.text)
        if chunk.article_id != article.id or not inside:
            raise ValueError(f"chunk {chunk.id!r} is not within article {article.id!r}")
    if not np.isfinite(vectors).all():
        raise EncoderError(
            f"the encoder made a vector with NaN or infinity for article {article.id!r}",
            "Use another encoder, or report this with the article.",
        )
    return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype="<f4")]


def insert_article(connection: Connection, article: Article, fingerprint: str) -> int:
    """Write the article itself; its new row."""
    day = article.published_at
    return _rowid(
        connection,
        "INSERT INTO article (id, sha256, fingerprint, title, source, source_folded, author,"
        " published_at, language, url, origin, excluded, length, text)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING rowid",
        (
            article.id,
            article.sha256,
            fingerprint,
            article.title,
            article.source,
            None if article.source is None else fold_source(article.source),
            article.author,
            None if day is None else day.isoformat(),
            article.language,
            article.url,
            article.origin,
            json.dumps(article.excluded),
            len(article.text),
            article.text,
        ),
    )


def insert_chunk(
    connection: Connection, article: int, chunk: Chunk, vector: bytes, terms: Sequence[str]
) -> None:
    """Write a chunk, its vector and its terms under one new row."""
    sentences = json.dumps(chunk.sentences)
    rowid = _rowid(
        connection,
        "INSERT INTO chunk (article, id, ordinal, start, end, tokens, sentences, context,"
        " checksum) VALUES (?,?,?,?,?,?,?,?,?) RETURNING rowid",
        (
            article,
            chunk.id,
            chunk.ordinal,
            chunk.start,
            chunk.end,
            chunk.tokens,
            sentences,
            chunk.context,
            chunk_checksum(chunk.id, chunk.start, chunk.end, sentences, chunk.context, vector),
        ),
    )
    connection.execute("INSERT INTO vector (rowid, vector) VALUES (?, ?)", (rowid, vector))
    connection.execute(
        "INSERT INTO lexicon (rowid, terms) VALUES (?, ?)",
        (rowid, " ".join(encode_term(term) for term in terms if term)),
    )


def remove_article(connection: Connection, article_id: str) -> None:
    """Remove an article, if there is one, and all that was made from it."""
    remove_chunks(connection, article_id)
    connection.execute("DELETE FROM article WHERE id = ?", (article_id,))


def remove_chunks(connection: Connection, article_id: str) -> None:
    """Remove what was made from an article and keep the article."""
    rows = "SELECT c.rowid FROM chunk c JOIN article a ON a.rowid = c.article WHERE a.id = ?"
    for table in ("lexicon", "vector", "chunk"):
        connection.execute(
            f"DELETE FROM {table} WHERE rowid IN ({rows})",  # noqa: S608 - constant text
            (article_id,),
        )


def _rowid(connection: Connection, sql: str, bindings: tuple[Any, ...]) -> int:
    rows = list(connection.execute(sql, bindings))
    return int(rows[0][0])
