"""In which order found passages are read: a reader with a budget reads the first ones only.

First those whose articles name what the question names (`qa.named`), each group in the order in
which retrieval found it.

This module must not know where passages come from, nor what becomes of what is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from embeddings.articles import Article
from qa.models import Passage
from qa.named import lacking
from qa.read.protocol import Reader, Reading

__all__ = ["read_passages"]


def read_passages(
    reader: Reader,
    question: str,
    passages: Sequence[Passage],
    articles: Mapping[str, Article],
) -> tuple[Reading, ...]:
    """One reading a passage, in the order of `passages`, whatever was read first.

    Args:
        reader: reads the first ones, and as many more as it thinks fit.
        question: as it was read.
        passages: as retrieved, best first.
        articles: the passages' articles by id.

    Raises:
        ReaderError: the reader failed.
    """
    lacks = lacking(question, [articles[passage.article_id] for passage in passages])
    order = sorted(range(len(passages)), key=lambda place: lacks[passages[place].article_id].told)
    read = reader.read(question, [passages[place].text for place in order])
    by_place = dict(zip(order, read, strict=True))
    return tuple(by_place[place] for place in range(len(passages)))
