"""What the store's tables hold: filters, the rows as dataclasses, and how each is written down.

This module must not know which engine keeps the rows, nor what is asked of them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.chunks import Chunk
from embeddings.errors import StoreError, UsageError
from embeddings.text import Range, fold_text

__all__ = [
    "ARTICLE_COLUMNS",
    "ArticleSummary",
    "ChunkFacts",
    "Filters",
    "Floats",
    "LexicalHit",
    "Row",
    "Rowids",
    "StoredChunk",
    "article_from_row",
    "chunk_checksum",
    "chunk_from_row",
    "damaged_chunk",
    "encode_term",
    "fold_source",
    "parse_day",
]

Rowids = NDArray[np.int64]
Floats = NDArray[np.float32]
Row = tuple[Any, ...]

ARTICLE_COLUMNS = (
    "id, sha256, title, source, author, published_at, language, url, excluded, origin, text"
)
_DAMAGED = "Run `qa doctor --repair`, then index the article again."

# FTS5's `ascii` tokenizer splits at ASCII characters that are neither letters nor digits and
# folds A-Z. Every such character is moved into the private use area, which it leaves alone, so
# that any term is exactly one token; private use characters that could then be confused with
# moved ones get a prefix.
_ESCAPE = "\ue080"
_TERM_TABLE = {
    code: chr(0xE000 + code)
    for code in range(128)
    if not chr(code).isdigit() and not chr(code).islower()
} | {code: _ESCAPE + chr(code) for code in range(0xE000, 0xE081)}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer. Applied before ranking, so that they never starve a result.

    Attributes:
        date_from: published on or after this day.
        date_to: published on or before this day.
        as_of: published on or before this day; the corpus as it stood then.
        sources: any of these, compared without regard to case.
        languages: any of these ISO 639-1 codes (or "und").
        undated: whether articles without a date pass the filters on dates.
    """

    date_from: date | None = None
    date_to: date | None = None
    as_of: date | None = None
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    undated: bool = True

    def __post_init__(self) -> None:
        """Refuse a range of days that no day is in.

        Raises:
            UsageError: `date_from` is later than `date_to` or than `as_of`.
        """
        for name, last in (("--to", self.date_to), ("--as-of", self.as_of)):
            if self.date_from is not None and last is not None and self.date_from > last:
                raise UsageError(
                    f"--from {self.date_from} is later than {name} {last}",
                    "Give a first day that is not after the last.",
                )

    @property
    def is_empty(self) -> bool:
        """Whether every article passes."""
        return not self.sources and not self.languages and not self._has_dates

    @property
    def _has_dates(self) -> bool:
        return any(day is not None for day in (self.date_from, self.date_to, self.as_of))

    def each_alone(self) -> dict[str, Filters]:
        """Each filter that is set by itself, by its option's name: to say what each removes.

        An article without a date is removed by "dated-only", not by the days before and after.
        """
        dated_only = self._has_dates and not self.undated
        alone = {
            "from": Filters(date_from=self.date_from),
            "to": Filters(date_to=self.date_to),
            "as-of": Filters(as_of=self.as_of),
            "dated-only": Filters(date_from=date.min, undated=False) if dated_only else Filters(),
            "source": Filters(sources=self.sources),
            "language": Filters(languages=self.languages),
        }
        return {name: each for name, each in alone.items() if not each.is_empty}

    def condition(self) -> tuple[str, list[str]]:
        """An SQL condition on the table alias `a`, with its bindings. "1" when empty."""
        parts: list[str] = []
        bindings: list[str] = []
        dates: list[str] = []
        if self.date_from is not None:
            dates.append("a.published_at >= ?")
            bindings.append(self.date_from.isoformat())
        last = min((day for day in (self.date_to, self.as_of) if day is not None), default=None)
        if last is not None:
            dates.append("a.published_at <= ?")
            bindings.append(last.isoformat())
        if dates:
            inside = " AND ".join(dates)
            parts.append(f"({inside} OR a.published_at IS NULL)" if self.undated else inside)
        if self.sources:
            parts.append("a.source_folded IN (SELECT value FROM json_each(?))")
            bindings.append(json.dumps([fold_source(source) for source in self.sources]))
        if self.languages:
            parts.append("a.language IN (SELECT value FROM json_each(?))")
            bindings.append(json.dumps([language.strip().lower() for language in self.languages]))
        return " AND ".join(parts) if parts else "1", bindings


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk and its row, the number under which vectors and terms know it. Never reused."""

    rowid: int
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """What a chunk's article says about it without its text."""

    language: str
    published_at: date | None


class LexicalHit(NamedTuple):
    """A chunk that holds at least one of the terms asked for.

    Attributes:
        score: BM25, higher is better.
        share: of the BM25 that a chunk could have at most for these terms, 0 to 1.
        shared: of what a chunk in another language could have at most: of the terms that are the
            same in every language (`text.is_shared`), 0 to 1; 0 where there is none.
    """

    rowid: int
    score: float
    share: float
    shared: float


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """An article without its text. `length` in code points."""

    id: str
    sha256: str
    title: str | None
    source: str | None
    author: str | None
    published_at: date | None
    language: str
    url: str | None
    origin: str
    length: int
    chunks: int


def encode_term(term: str) -> str:
    """One term as one token of FTS5's `ascii` tokenizer. Different terms stay different.

    A lone surrogate, which cannot be written as UTF-8, becomes a question mark.
    """
    return term.encode("utf-8", "replace").decode("utf-8").translate(_TERM_TABLE)


def fold_source(source: str) -> str:
    """A source's name as filters compare it."""
    return fold_text(" ".join(source.split()))


def chunk_checksum(
    chunk_id: str, start: int, end: int, sentences: str, context: str, vector: bytes
) -> int:
    """CRC-32 over all of a chunk that decides what is found and quoted."""
    head = f"{chunk_id}\0{start}\0{end}\0{sentences}\0{context}\0".encode()
    return zlib.crc32(vector, zlib.crc32(head))


def article_from_row(row: Row) -> Article:
    """An article from its columns, held against its sha256.

    Raises:
        StoreError: the text does not fit.
    """
    identifier, sha256, title, source, author, day, language, url, excluded, origin, text = row
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        raise StoreError(f"article {identifier!r} is damaged in the store", _DAMAGED)
    return Article(
        id=identifier,
        text=text,
        sha256=sha256,
        title=title,
        source=source,
        author=author,
        published_at=parse_day(day),
        language=language,
        url=url,
        excluded=_ranges(excluded),
        origin=origin,
    )


def chunk_from_row(row: Row) -> Chunk:
    """A chunk from its columns, held against its checksum.

    Raises:
        StoreError: the chunk or its vector does not fit.
    """
    identifier, article_id, ordinal, start, end, tokens, sentences, context, checksum, vector = row
    if chunk_checksum(identifier, start, end, sentences, context, vector) != checksum:
        raise damaged_chunk(identifier)
    return Chunk(
        id=identifier,
        article_id=article_id,
        ordinal=ordinal,
        start=start,
        end=end,
        tokens=tokens,
        sentences=_ranges(sentences),
        context=context,
    )


def damaged_chunk(chunk_id: str) -> StoreError:
    """The error for a chunk that does not fit its checksum."""
    return StoreError(f"chunk {chunk_id!r} is damaged in the store", _DAMAGED)


def _ranges(text: str) -> tuple[Range, ...]:
    return tuple((start, end) for start, end in json.loads(text))


def parse_day(text: str | None) -> date | None:
    """A day as the tables hold it."""
    return None if text is None else date.fromisoformat(text)
