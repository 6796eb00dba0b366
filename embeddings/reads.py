"""Every question that can be put to the store.

`ArticleReads` is the reading half of the store, written against one function that runs a
statement, so that the same questions can be put to the store as it stands now (`store.Store`)
and to one fixed moment of it (`store.Snapshot`).

This module must not know which engine runs the statements, nor how connections, locks and
transactions are handled. It holds no write.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from embeddings.articles import Article
from embeddings.records import (
    ARTICLE_COLUMNS,
    ArticleSummary,
    ChunkFacts,
    Filters,
    Floats,
    LexicalHit,
    Row,
    Rowids,
    StoredChunk,
    article_from_row,
    chunk_checksum,
    chunk_from_row,
    damaged_chunk,
    encode_term,
    parse_day,
)
from embeddings.text import is_shared

__all__ = ["ArticleReads", "Memory"]

_PAGE = 4096
_MOST_REMEMBERED = 200_000  # entries of some 100 bytes
_MOST_FILTERS = 16  # remembered at once, each with at most `_MOST_REMEMBERED` rows of 8 bytes
_LONGEST_FILTER = 1000  # characters; a filter may name any number of sources
_BM25_CEILING = 2.2  # FTS5's k1 + 1: what a term's weight is multiplied by at most
_LEAST_IDF = 1e-6  # what FTS5 gives a term that half of the rows hold


@dataclass(frozen=True, slots=True)
class Memory:
    """What was looked up in one version of the store. A cache; threads may share it.

    Attributes:
        version: of the store; "" for none.
        held: how many chunks hold a term, by the encoded term.
        counts: of the rows of tables, by name.
        facts: by the chunk's row.
        allowed: rows that pass filters, by their condition and what it is bound to.
    """

    version: str
    held: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    facts: dict[int, ChunkFacts] = field(default_factory=dict)
    allowed: dict[tuple[str, ...], Rowids] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether it is time to forget."""
        return len(self.held) + len(self.facts) > _MOST_REMEMBERED

    def keep_allowed(self, key: tuple[str, ...], rowids: Rowids) -> None:
        """Remember a filter's rows, unless it is a big one; when there are many, the rest goes."""
        if len(rowids) > _MOST_REMEMBERED or sum(map(len, key)) > _LONGEST_FILTER:
            return
        if len(self.allowed) >= _MOST_FILTERS:
            self.allowed.clear()
        self.allowed[key] = rowids


class ArticleReads(ABC):
    """Questions to the tables; a subclass says how a statement is run.

    Every method raises `StoreError` when a row's checksum does not fit: what is damaged is named
    and never served.
    """

    @property
    def memory(self) -> Memory:
        """What may be remembered: nothing, unless every question is put to one moment."""
        return Memory("")

    @abstractmethod
    def _query(self, sql: str, bindings: Sequence[Any] = ()) -> list[Row]:
        """The rows of one statement."""

    @property
    def sequence(self) -> int:
        """How many writes were committed; grows with each."""
        return int(self._query("SELECT sequence FROM state")[0][0])

    @property
    def version(self) -> str:
        """Names the content: the sequence and a random mark of the last write.

        The mark tells apart two histories that a restored backup gives the same sequence.
        """
        sequence, mark = self._query("SELECT sequence, mark FROM state")[0]
        return f"{sequence}-{mark}"

    @property
    def article_count(self) -> int:
        """Articles in the store."""
        return int(self._query("SELECT count(*) FROM article")[0][0])

    @property
    def chunk_count(self) -> int:
        """Chunks in the store."""
        known = self.memory.counts
        if "chunk" not in known:
            known["chunk"] = int(self._query("SELECT count(*) FROM chunk")[0][0])
        return known["chunk"]

    def article_ids(self, *, pending: bool = False) -> list[str]:
        """Ids in order; `pending`: only of articles that wait to be indexed anew."""
        where = "WHERE fingerprint = ''" if pending else ""
        return [row[0] for row in self._query(f"SELECT id FROM article {where} ORDER BY id")]  # noqa: S608 - constant text

    def sha256_of(self, article_id: str) -> str | None:
        """Hex digest of the article's text, or None when there is no such article."""
        rows = self._query("SELECT sha256 FROM article WHERE id = ?", (article_id,))
        return str(rows[0][0]) if rows else None

    def fingerprint_of(self, article_id: str) -> str | None:
        """What `put_article` was told the article was made from; "" when it must be made anew."""
        rows = self._query("SELECT fingerprint FROM article WHERE id = ?", (article_id,))
        return str(rows[0][0]) if rows else None

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None.

        Raises:
            StoreError: the text does not fit its sha256.
        """
        return self.articles([article_id]).get(article_id)

    def articles(self, article_ids: Iterable[str]) -> dict[str, Article]:
        """Several articles by id; an id that is not there is left out.

        Raises:
            StoreError: a text does not fit its sha256.
        """
        rows = self._query(
            f"SELECT {ARTICLE_COLUMNS} FROM article"  # noqa: S608 - constant column names
            " WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(article_ids)),),
        )
        return {row[0]: article_from_row(row) for row in rows}

    def article_by_sha256(self, sha256: str) -> Article | None:
        """The article with this text, the first by id when several have it, or None."""
        rows = self._query("SELECT min(id) FROM article WHERE sha256 = ?", (sha256,))
        return None if rows[0][0] is None else self.article(rows[0][0])

    def find_articles(
        self, *, filters: Filters | None = None, offset: int = 0, limit: int = 50
    ) -> list[ArticleSummary]:
        """Articles that pass, ordered by id, without their texts."""
        where, bindings = _condition(filters)
        rows = self._query(
            "SELECT a.id, a.sha256, a.title, a.source, a.author, a.published_at, a.language,"  # noqa: S608 - values are bound
            " a.url, a.origin, a.length, (SELECT count(*) FROM chunk WHERE article = a.rowid)"
            f" FROM article a WHERE {where} ORDER BY a.id LIMIT ? OFFSET ?",
            (*bindings, limit, offset),
        )
        return [ArticleSummary(*(*row[:5], parse_day(row[5]), *row[6:])) for row in rows]

    def count_articles(self, filters: Filters | None = None) -> int:
        """How many articles pass."""
        where, bindings = _condition(filters)
        sql = f"SELECT count(*) FROM article a WHERE {where}"  # noqa: S608 - values are bound
        return int(self._query(sql, bindings)[0][0])

    def chunks_by_rowid(self, rowids: Iterable[int]) -> dict[int, StoredChunk]:
        """Chunks by row; a row that is gone (its article was deleted or replaced) is left out.

        Raises:
            StoreError: a chunk does not fit its checksum.
        """
        rows = self._query(
            "SELECT c.rowid, c.id, a.id, c.ordinal, c.start, c.end, c.tokens, c.sentences,"
            " c.context, c.checksum, v.vector FROM chunk c"
            " JOIN article a ON a.rowid = c.article JOIN vector v ON v.rowid = c.rowid"
            " WHERE c.rowid IN (SELECT value FROM json_each(?))",
            (json.dumps([int(rowid) for rowid in rowids]),),
        )
        return {row[0]: StoredChunk(row[0], chunk_from_row(row[1:])) for row in rows}

    def chunk_facts(self, rowids: Iterable[int]) -> dict[int, ChunkFacts]:
        """What ranking needs of chunks' articles, without any text; a lost row is left out."""
        wanted = [int(rowid) for rowid in rowids]
        known = self.memory.facts
        fresh = [rowid for rowid in wanted if rowid not in known]
        if fresh:
            rows = self._query(
                "SELECT c.rowid, a.language, a.published_at FROM chunk c"
                " JOIN article a ON a.rowid = c.article"
                " WHERE c.rowid IN (SELECT value FROM json_each(?))",
                (json.dumps(fresh),),
            )
            known.update((row[0], ChunkFacts(row[1], parse_day(row[2]))) for row in rows)
        return {rowid: known[rowid] for rowid in wanted if rowid in known}

    def chunk_rows(self, article_ids: Iterable[str]) -> dict[str, Rowids]:
        """Rows of articles' chunks by article, ascending, int64 of shape (chunks,).

        An article that is not there is left out.
        """
        rows = self._query(
            "SELECT a.id, c.rowid FROM article a JOIN chunk c ON c.article = a.rowid"
            " WHERE a.id IN (SELECT value FROM json_each(?)) ORDER BY c.rowid",
            (json.dumps(list(article_ids)),),
        )
        found: dict[str, list[int]] = {}
        for article_id, rowid in rows:
            found.setdefault(article_id, []).append(rowid)
        return {article_id: _rowids(held) for article_id, held in found.items()}

    def allowed_rowids(self, filters: Filters | None) -> Rowids | None:
        """Rows of the chunks whose articles pass, ascending; None when every article passes."""
        if filters is None or filters.is_empty:
            return None
        where, bindings = filters.condition()
        memory, key = self.memory, (where, *bindings)
        known = memory.allowed.get(key)
        if known is not None:
            return known
        rows = self._query(
            "SELECT c.rowid FROM article a JOIN chunk c ON c.article = a.rowid"  # noqa: S608 - values are bound
            f" WHERE {where} ORDER BY c.rowid",
            bindings,
        )
        allowed = _rowids(row[0] for row in rows)
        allowed.setflags(write=False)
        memory.keep_allowed(key, allowed)
        return allowed

    def lexical_search(
        self, terms: Sequence[str], k: int, filters: Filters | None = None
    ) -> list[LexicalHit]:
        """The `k` chunks that fit the terms best, best first; ties by row, oldest first.

        Terms that half of the chunks or more hold are passed over while there are others: BM25
        gives them no weight, and counting them takes most of the time.

        Args:
            terms: as `text.terms` makes them; each is taken literally, nothing is parsed.
            k: at most so many.
            filters: applied before ranking.
        """
        wanted = {encode_term(term): is_shared(term) for term in terms if term}
        if not wanted or k < 1:
            return []
        chunks = self.chunk_count
        held = self._chunks_holding(list(wanted))
        telling = [term for term in held if 2 * held[term] < chunks]
        if not held:
            return []
        match = " OR ".join(f'"{term}"' for term in (telling if telling else held))
        where, bindings = _condition(filters)
        join = (
            ""
            if where == "1"
            else (" JOIN chunk c ON c.rowid = lexicon.rowid JOIN article a ON a.rowid = c.article")
        )
        rows = self._query(
            f"SELECT lexicon.rowid, bm25(lexicon) AS cost FROM lexicon{join}"  # noqa: S608 - values are bound
            f" WHERE lexicon MATCH ? AND {where} ORDER BY cost, lexicon.rowid LIMIT ?",
            (match, *bindings, k),
        )
        weights = {term: _weight(held.get(term, 0), chunks) for term in wanted}
        most = _BM25_CEILING * sum(weights.values())
        most_shared = _BM25_CEILING * sum(weights[term] for term in wanted if wanted[term])
        return [
            LexicalHit(rowid, -cost, _share(-cost, most), _share(-cost, most_shared))
            for rowid, cost in rows
        ]

    def chunks_holding_in_a_row(self, phrases: Iterable[Sequence[str]]) -> Rowids:
        """Rows of the chunks that hold the terms of any of the phrases one behind the other.

        Args:
            phrases: the terms of each, as `terms.phrase_terms` makes them.
        """
        sought = [" + ".join(f'"{encode_term(term)}"' for term in each) for each in phrases if each]
        if not sought:
            return _rowids(())
        rows = self._query(
            "SELECT rowid FROM lexicon WHERE lexicon MATCH ? ORDER BY rowid",
            (" OR ".join(sought),),
        )
        return _rowids(row[0] for row in rows)

    def chunk_texts(self, rowids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Text and context of chunks by row, not held against any checksum: never to be quoted."""
        rows = self._query(
            "SELECT c.rowid, substr(a.text, c.start + 1, c.end - c.start), c.context FROM chunk c"
            " JOIN article a ON a.rowid = c.article"
            " WHERE c.rowid IN (SELECT value FROM json_each(?))",
            (json.dumps([int(rowid) for rowid in rowids]),),
        )
        return {rowid: (text, context) for rowid, text, context in rows}

    def held_terms(self, terms: Iterable[str]) -> frozenset[str]:
        """Which of the terms (`text.terms`) any chunk holds."""
        encoded = {encode_term(term): term for term in terms if term}
        rows = self._query(
            "SELECT term FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))",
            (json.dumps(list(encoded)),),
        )
        return frozenset(encoded[term] for (term,) in rows)

    def _chunks_holding(self, encoded: list[str]) -> dict[str, int]:
        """How many chunks hold each term, in the order of terms; without those that none holds."""
        known = self.memory.held
        fresh = [term for term in encoded if term not in known]
        if fresh:
            rows = self._query(
                "SELECT term, doc FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))",
                (json.dumps(fresh),),
            )
            known.update({**dict.fromkeys(fresh, 0), **dict(rows)})
        return {term: known[term] for term in sorted(encoded) if known[term]}

    def chunk_marks(self) -> tuple[Rowids, Rowids]:
        """Rows ascending and their checksums, both int64 of shape (chunks,).

        A pair of both never comes to mean another chunk, not even after a backup was restored.
        """
        rows = self._query("SELECT rowid, checksum FROM chunk ORDER BY rowid")
        pairs = np.array(rows, dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0].copy(), pairs[:, 1].copy()

    def vectors(self, rowids: Rowids | None = None) -> tuple[Rowids, Floats]:
        """Rows ascending (int64, (n,)) and their vectors (float32, (n, dimension)).

        Args:
            rowids: only these; None for all.

        Raises:
            StoreError: a chunk or its vector does not fit its checksum.
        """
        dimension = int(self._query("SELECT dimension FROM state")[0][0])
        wanted = self.chunk_marks()[0] if rowids is None else np.unique(rowids)
        matrix = np.empty((len(wanted), dimension), dtype=np.float32)
        found: list[int] = []
        for first in range(0, len(wanted), _PAGE):  # a page at a time: rows weigh 2 KB each
            rows = self._query(
                "SELECT c.rowid, v.vector, c.id, c.checksum, c.start, c.end, c.sentences,"
                " c.context FROM chunk c JOIN vector v ON v.rowid = c.rowid"
                " WHERE c.rowid IN (SELECT value FROM json_each(?)) ORDER BY c.rowid",
                (json.dumps(wanted[first : first + _PAGE].tolist()),),
            )
            for rowid, vector, chunk_id, checksum, start, end, sentences, context in rows:
                made = chunk_checksum(chunk_id, start, end, sentences, context, vector)
                if made != checksum:
                    raise damaged_chunk(chunk_id)
                matrix[len(found)] = np.frombuffer(vector, dtype="<f4")
                found.append(rowid)
        return _rowids(found), matrix[: len(found)]

    def articles_with_damaged_chunks(self) -> list[str]:
        """Ids of articles with a chunk that does not fit its checksum, or lacks vector or terms."""
        damaged: set[str] = set()
        rowids = self.chunk_marks()[0]
        for first in range(0, len(rowids), _PAGE):
            rows = self._query(
                "SELECT a.id, c.id, c.start, c.end, c.sentences, c.context, c.checksum, v.vector,"
                " EXISTS (SELECT 1 FROM lexicon_docsize d WHERE d.id = c.rowid)"
                " FROM chunk c JOIN article a ON a.rowid = c.article"
                " LEFT JOIN vector v ON v.rowid = c.rowid"
                " WHERE c.rowid IN (SELECT value FROM json_each(?))",
                (json.dumps(rowids[first : first + _PAGE].tolist()),),
            )
            for article_id, chunk_id, start, end, sentences, context, mark, vector, has in rows:
                whole = vector is not None and has
                if not whole or mark != chunk_checksum(
                    chunk_id, start, end, sentences, context, vector
                ):
                    damaged.add(article_id)
        return sorted(damaged)


def _weight(held: int, chunks: int) -> float:
    """A term's weight in BM25, which is Robertson's, as FTS5 has it; above 0.

    What a term adds comes near `_BM25_CEILING` times that where a chunk repeats it without end.
    A term that no chunk holds counts in a ceiling: it is what the store does not speak of.
    """
    return max(math.log((chunks - held + 0.5) / (held + 0.5)), _LEAST_IDF)


def _share(score: float, most: float) -> float:
    return min(max(score / most, 0.0), 1.0) if most > 0 else 0.0


def _condition(filters: Filters | None) -> tuple[str, list[str]]:
    return ("1", []) if filters is None else filters.condition()


def _rowids(values: Iterable[int]) -> Rowids:
    return np.fromiter(values, dtype=np.int64)
