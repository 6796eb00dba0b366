"""Articles, chunks and stores for the tests of the store."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from embeddings.articles import Article
from embeddings.chunks import Chunk
from embeddings.store import Store

DIMENSION = 4


def article_of(identifier: str, text: str = "Baku hosted the summit.", **fields) -> Article:
    return Article(
        **{
            "id": identifier,
            "text": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "title": None,
            "source": None,
            "author": None,
            "published_at": None,
            "language": "en",
            "url": None,
            "excluded": (),
            "origin": "api",
            **fields,
        }
    )


def chunk_of(article: Article, start: int = 0, end: int | None = None, ordinal: int = 0) -> Chunk:
    end = len(article.text) if end is None else end
    return Chunk(
        id=f"{article.id}:{start}-{end}",
        article_id=article.id,
        ordinal=ordinal,
        start=start,
        end=end,
        tokens=5,
        sentences=((start, end),),
        context="",
    )


def put(store: Store, article: Article, terms: tuple[str, ...] = ("baku",), **options) -> None:
    vectors = np.eye(1, DIMENSION, dtype=np.float32)
    store.put_article(article, [chunk_of(article)], vectors, [list(terms)], **options)


def open_store(path: Path, **options) -> Store:
    return Store.open(
        path, **{"encoder_identity": "fake", "dimension": DIMENSION, "create": True, **options}
    )
