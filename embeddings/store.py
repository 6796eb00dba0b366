"""The store: one SQLite database that holds every article, chunk, vector and term. The only truth.

A store is a folder: `store.db`, `store.lock`, and `index/`, which is derived and may be deleted
at any time. Writing is one transaction an article, on disk when the call returns (write-ahead log,
synchronous=FULL). One process writes at a time, which the lock file sees to; readers go on, each
on a connection of its own.

This module must not know how articles are chunked or encoded, nor how vectors are searched.
"""

from __future__ import annotations

import os
import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from embeddings.articles import Article
from embeddings.chunks import Chunk
from embeddings.database import (
    DATABASE,
    VOCABULARY,
    Connection,
    check_database,
    connect,
    copy_database,
    create_database,
    find_database,
    os_error,
    take_lock,
    transaction,
    translated,
)
from embeddings.errors import (
    EncoderMismatchError,
    StoreBusyError,
    StoreError,
)
from embeddings.reads import ArticleReads, Memory
from embeddings.records import ArticleSummary, Filters, Floats, LexicalHit, Row, StoredChunk
from embeddings.writes import (
    checked_vectors,
    insert_article,
    insert_chunk,
    remove_article,
    remove_chunks,
)

__all__ = [
    "ArticleSummary",
    "Filters",
    "LexicalHit",
    "Snapshot",
    "Store",
    "StoredChunk",
    "is_store",
]

_BUSY_TIMEOUT_S = 5.0
_IDLE_READERS = 8


class Snapshot(ArticleReads):
    """One fixed moment of the store: nothing that is committed later is seen through it.

    Made by `Store.snapshot`; belongs to one thread at a time and ends with its `with` block.
    """

    def __init__(self, connection: Connection, path: Path, memory: Memory) -> None:
        self._connection = connection
        self._path = path
        version = self.version
        fits = memory.version == version and not memory.is_full
        self._memory = memory if fits else Memory(version)

    @property
    def memory(self) -> Memory:
        """What earlier snapshots of the same version looked up."""
        return self._memory

    def _query(self, sql: str, bindings: Sequence[Any] = ()) -> list[Row]:
        with translated(self._path, self._connection):
            return list(self._connection.execute(sql, bindings))


class Store(ArticleReads):
    """An open store. Safe to use from several threads; open it again after a fork.

    Attributes:
        path: the folder.
        store_id: 32 hex digits, made when the store was.
        encoder_identity: the encoder its vectors come from; "" until the first is recorded.
        dimension: length of a vector.
        read_only: the folder cannot be written to; only reading works.
    """

    def __init__(self, path: Path, *, read_only: bool, busy_timeout_s: float) -> None:
        self.path = path
        self.read_only = read_only
        self._busy_timeout_s = busy_timeout_s
        self._readers: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._writer: Connection | None = None
        self._thread_lock = threading.RLock()
        self._lock_file: IO[str] | None = None
        self._lock_depth = 0
        self._closed = False
        self._memory_of_last = Memory("")
        self.store_id = ""
        self.encoder_identity = ""
        self.dimension = 0

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        encoder_identity: str | None = None,
        dimension: int | None = None,
        create: bool = False,
        busy_timeout_s: float = _BUSY_TIMEOUT_S,
    ) -> Store:
        """Open the store in the folder `path`.

        Args:
            path: the folder.
            encoder_identity: the encoder in use; None to open whatever encoder made it, as for
                listing and deleting.
            dimension: length of that encoder's vectors; goes with `encoder_identity`.
            create: make the folder and an empty store when there is none.
            busy_timeout_s: how long a write waits for another process's.

        Raises:
            NotAStoreError: there is no store, or the folder or file is something else.
            StoreVersionError: another version of Menbe wrote it.
            EncoderMismatchError: its vectors come from another encoder.
            StoreFullError: no space to create it.
            StoreError: it is damaged or cannot be read.
        """
        folder = Path(path).expanduser().absolute()
        fresh = find_database(folder, create=create)
        read_only = not fresh and not (
            os.access(folder, os.W_OK) and os.access(folder / DATABASE, os.W_OK)
        )
        store = cls(folder, read_only=read_only, busy_timeout_s=busy_timeout_s)
        try:
            if fresh:
                with store.writing():
                    create_database(folder)
            store._read_state()
            if encoder_identity is not None and dimension is not None:
                store.check_encoder(encoder_identity, dimension, record=create)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close every connection and let go of the lock. A second call does nothing."""
        self._closed = True
        while True:
            try:
                self._readers.get_nowait().close()
            except queue.Empty:
                break
        with self._thread_lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def check_encoder(self, identity: str, dimension: int, *, record: bool = False) -> None:
        """Refuse an encoder whose vectors cannot be compared with the store's.

        A store that was made without an encoder takes any; `record` makes this one its own.

        Raises:
            EncoderMismatchError: another encoder made the store.
        """
        if not self.encoder_identity:
            if record:
                with self._transaction() as connection:
                    connection.execute(
                        "UPDATE state SET encoder = ?, dimension = ? WHERE encoder = ''",
                        (identity, dimension),
                    )
                self._read_state()
            else:
                return
        if (identity, dimension) != (self.encoder_identity, self.dimension):
            raise EncoderMismatchError(
                f"the store at {self.path} was made with the encoder {self.encoder_identity!r}"
                f" ({self.dimension} dimensions), not with {identity!r} ({dimension})",
                "Use that encoder, run `qa index --rebuild`, or give another --store.",
            )

    def check_writable(self) -> None:
        """Refuse work whose result could not be written.

        Raises:
            StoreError: the store's folder is read-only.
        """
        if self.read_only:
            raise StoreError(f"the store at {self.path} is read-only", "Give another --store.")

    # Reading

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One moment of the store, for as long as the `with` block; keep it short."""
        connection = self._borrow()
        try:
            with translated(self.path, connection):
                connection.execute("BEGIN")
            # The transaction begins with its first read, which the snapshot makes.
            snapshot = Snapshot(connection, self.path, self._memory_of_last)
            self._memory_of_last = snapshot.memory
            yield snapshot
        finally:
            self._give_back(connection)

    def _query(self, sql: str, bindings: Sequence[Any] = ()) -> list[Row]:
        connection = self._borrow()
        try:
            with translated(self.path, connection):
                return list(connection.execute(sql, bindings))
        finally:
            self._give_back(connection)

    def _borrow(self) -> Connection:
        if self._closed:
            raise _closed(self.path)
        with suppress(queue.Empty):
            return self._readers.get_nowait()
        connection = connect(self.path, read_only=self.read_only)
        with translated(self.path, connection):
            connection.execute(VOCABULARY)
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: Connection) -> None:
        with suppress(StoreError), translated(self.path, connection):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not self._closed and self._readers.qsize() < _IDLE_READERS:
                self._readers.put(connection)
                return
        connection.close()

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write, in this thread, until the block ends. May be nested.

        Raises:
            StoreBusyError: another process, or another `Store` of this one, holds it.
            StoreError: the store's folder is read-only.
        """
        self.check_writable()
        if not self._thread_lock.acquire(timeout=self._busy_timeout_s):
            raise StoreBusyError(f"the store at {self.path} is being written to", "Wait for it.")
        try:
            if self._lock_depth == 0:
                self._lock_file = take_lock(self.path, timeout_s=self._busy_timeout_s)
            self._lock_depth += 1
            try:
                yield
            finally:
                self._lock_depth -= 1
                if self._lock_depth == 0 and self._lock_file is not None:
                    self._lock_file.close()
                    self._lock_file = None
        finally:
            self._thread_lock.release()

    def put_article(
        self,
        article: Article,
        chunks: Sequence[Chunk],
        vectors: Floats,
        terms: Sequence[Sequence[str]],
        *,
        fingerprint: str | None = None,
    ) -> None:
        """Write one article with all that was made from it; replaces the one of the same id.

        One transaction: when the call returns, the article survives a crash; when it raises,
        nothing was changed.

        Args:
            article: its text must fit its sha256.
            chunks: within the text.
            vectors: shape (len(chunks), dimension), finite.
            terms: of each chunk, for lexical search.
            fingerprint: of everything the chunks were made from; None stands for the sha256.

        Raises:
            StoreBusyError: another process writes.
            StoreFullError: no space is left; nothing was changed.
            EncoderError: a vector is not finite.
            ValueError: the arguments do not fit together.
        """
        blobs = checked_vectors(article, chunks, vectors, terms, dimension=self.dimension)
        with self._transaction() as connection:
            remove_article(connection, article.id)
            article_rowid = insert_article(
                connection, article, article.sha256 if fingerprint is None else fingerprint
            )
            for chunk, blob, chunk_terms in zip(chunks, blobs, terms, strict=True):
                insert_chunk(connection, article_rowid, chunk, blob, chunk_terms)

    def delete_article(self, article_id: str) -> bool:
        """Remove an article and all that was made from it; False when there is none.

        Raises:
            StoreBusyError: another process writes.
            StoreFullError: no space is left to write down the removal.
        """
        with self.writing():
            if self.sha256_of(article_id) is None:
                return False
            with self._transaction() as connection:
                remove_article(connection, article_id)
            return True

    def forget_chunks(
        self,
        article_ids: Sequence[str] | None = None,
        *,
        encoder_identity: str | None = None,
        dimension: int | None = None,
    ) -> None:
        """Drop chunks, vectors and terms, keep the articles and mark them to be made anew.

        Args:
            article_ids: of these; None for all.
            encoder_identity: the encoder that will make them anew, when it is another one. Only
                with `article_ids` None: a store holds the vectors of one encoder.
            dimension: of its vectors.
        """
        if (encoder_identity is not None or dimension is not None) and article_ids is not None:
            raise ValueError("a store holds the vectors of one encoder")
        with self.writing():
            ids = article_ids
            if ids is None:
                ids = [row[0] for row in self._query("SELECT id FROM article")]
            with self._transaction() as connection:
                for article_id in ids:
                    remove_chunks(connection, article_id)
                    connection.execute(
                        "UPDATE article SET fingerprint = '' WHERE id = ?", (article_id,)
                    )
                connection.execute(
                    "UPDATE state SET encoder = coalesce(?, encoder),"
                    " dimension = coalesce(?, dimension)",
                    (encoder_identity, dimension),
                )
            self._read_state()

    def backup(self, folder: str | os.PathLike[str]) -> None:
        """Write a consistent copy of the store, as it stands now, into a new folder.

        Raises:
            StoreError: the folder exists and is not empty, or cannot be written.
            StoreFullError: no space is left; what was begun is removed.
        """
        target = Path(folder).expanduser().absolute()
        try:
            target.mkdir(parents=True, exist_ok=True)
            if any(target.iterdir()):
                raise StoreError(f"{target} is not empty", "Give a new folder for the backup.")
        except OSError as error:
            raise os_error(target, error) from error
        copy_database(self.path, target, read_only=self.read_only)

    def problems(self) -> list[str]:
        """What SQLite's own check of the file's structure finds; empty when it is sound."""
        return check_database(self.path, read_only=self.read_only)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.writing():
            if self._closed:
                raise _closed(self.path)
            if self._writer is None:
                self._writer = connect(self.path, read_only=False)
            with transaction(self.path, self._writer):
                yield self._writer
                self._writer.execute(
                    "UPDATE state SET sequence = sequence + 1, mark = ?", (secrets.token_hex(4),)
                )

    def _read_state(self) -> None:
        self.store_id, self.encoder_identity, self.dimension = self._query(
            "SELECT store_id, encoder, dimension FROM state"
        )[0]


def _closed(path: Path) -> StoreError:
    return StoreError(f"the store at {path} is closed", "Open it again.")


def is_store(path: str | os.PathLike[str]) -> bool:
    """Whether the folder holds a database by the name of a store's."""
    return (Path(path).expanduser() / DATABASE).is_file()
