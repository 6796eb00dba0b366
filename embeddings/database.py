"""The database file: making, recognising and connecting to it, its lock, its errors.

SQLite is apsw's own build: the standard library's may be one of the versions with the WAL-reset
bug. This is the only importer of apsw, and apsw's errors leave it as `StoreError`s.

This module must not know what is written or asked: that is `store.py` and `reads.py`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import apsw

from embeddings.errors import (
    NotAStoreError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreVersionError,
)

__all__ = [
    "DATABASE",
    "INDEX",
    "VOCABULARY",
    "Connection",
    "check_database",
    "connect",
    "copy_database",
    "create_database",
    "find_database",
    "fsync",
    "os_error",
    "stored_articles",
    "take_lock",
    "transaction",
    "translated",
]

Connection = apsw.Connection
VOCABULARY = """
PRAGMA temp_store = MEMORY;
CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, lexicon, row);
"""
"""Gives a reading connection the view `vocabulary (term, doc, cnt)` of the lexicon."""
DATABASE = "store.db"
INDEX = "index"
_LOCK = "store.lock"
_OWN_NAMES = frozenset(
    {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", _LOCK, INDEX}
)
_APPLICATION_ID = 0x4D454E42  # "MENB"
_SCHEMA_VERSION = 1
_BUSY_TIMEOUT_MS = 5000
_LOCK_POLL_S = 0.02
_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_SPACE = "Free some space, or give another --store, and run the command again."

_SCHEMA = """
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    store_id TEXT NOT NULL,
    encoder TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    mark TEXT NOT NULL
) STRICT;
CREATE TABLE article (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    title TEXT, source TEXT, source_folded TEXT, author TEXT,
    published_at TEXT,
    language TEXT NOT NULL,
    url TEXT,
    origin TEXT NOT NULL,
    excluded TEXT NOT NULL,
    length INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX article_sha256 ON article (sha256);
CREATE INDEX article_language ON article (language, source_folded, published_at);
CREATE INDEX article_source ON article (source_folded, published_at);
CREATE INDEX article_date ON article (published_at);
CREATE TABLE chunk (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES article (rowid),
    id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    sentences TEXT NOT NULL,
    context TEXT NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX chunk_article ON chunk (article);
CREATE TABLE vector (rowid INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE lexicon USING fts5 (
    terms, content='', contentless_delete=1, tokenize='ascii'
);
"""


def find_database(folder: Path, *, create: bool) -> bool:
    """Whether a store is still to be created in the folder, which exists afterwards.

    Raises:
        NotAStoreError: there is no store and `create` is False, or there is something else.
        StoreVersionError: the store has a format that this version does not know.
        StoreError: the folder or the database cannot be read.
    """
    database = folder / DATABASE
    try:
        if folder.exists() and not folder.is_dir():
            raise NotAStoreError(f"{folder} is a file", "Give the folder of a store.")
        if database.is_file() and database.stat().st_size > 0 and not _is_blank(folder):
            return False
        names = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
        if names - _OWN_NAMES:
            raise NotAStoreError(
                f"{folder} holds other things and no store",
                "Give the folder of a store, or a new one.",
            )
        if not create:
            raise NotAStoreError(f"there is no store at {folder}", "Make one with `qa index PATH`.")
        folder.mkdir(parents=True, exist_ok=True)
        return True
    except OSError as error:
        raise os_error(folder, error) from error


def stored_articles(folder: Path) -> int:
    """How many articles the store in `folder` holds; 0 where there is no such folder.

    For who wants to know just that: importing and opening a `Store` takes ten times as long.

    Raises:
        StoreError: there is something else, or it cannot be read; the subclass says why.
    """
    if not folder.exists() or find_database(folder, create=False):
        return 0
    connection = connect(folder, read_only=True)
    try:
        with translated(folder, connection):
            return int(connection.execute("SELECT count(*) FROM article").get)
    finally:
        connection.close()


def _is_blank(folder: Path) -> bool:
    """Whether creation was cut short before its one transaction, so that there is no table."""
    connection = connect(folder, read_only=True)
    try:
        with translated(folder, connection):
            application = connection.pragma("application_id")
            version = connection.pragma("user_version")
            tables = list(connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1"))
    finally:
        connection.close()
    if application == 0 and not tables:
        return True
    if application != _APPLICATION_ID:
        raise NotAStoreError(
            f"{folder / DATABASE} is a database of another program", "Give another --store."
        )
    if version != _SCHEMA_VERSION:
        newer = isinstance(version, int) and version > _SCHEMA_VERSION
        raise StoreVersionError(
            f"the store at {folder} has format {version}, this Menbe knows {_SCHEMA_VERSION}",
            "Install a newer Menbe." if newer else "Index the articles into another --store.",
        )
    return False


def create_database(folder: Path) -> None:
    """Make the tables, in one transaction; does nothing when another process just did."""
    connection = connect(folder, read_only=False)
    try:
        with transaction(folder, connection):
            if list(connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1")):
                return
            connection.execute(_SCHEMA)
            connection.execute(
                "INSERT INTO state VALUES (1, ?, '', 0, 0, '0')", (secrets.token_hex(16),)
            )
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        fsync(folder)
    finally:
        connection.close()


@contextmanager
def transaction(folder: Path, connection: Connection) -> Iterator[None]:
    """All of the block or nothing of it; on disk when the block has ended.

    Raises:
        StoreFullError: no space is left; nothing was changed.
        StoreError: SQLite cannot write; nothing was changed.
    """
    with translated(folder, connection):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # after some errors SQLite has rolled back by itself
                connection.execute("ROLLBACK")
            raise


def take_lock(folder: Path, *, timeout_s: float) -> IO[str]:
    """The right to write, until the file that is returned is closed or the process ends.

    Raises:
        StoreBusyError: another holds it for longer than `timeout_s`.
        StoreError: the lock file cannot be made.
    """
    deadline = time.monotonic() + timeout_s
    try:
        file = (folder / _LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise os_error(folder / _LOCK, error) from error
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.seek(0)
                holder = re.sub(r"[^0-9]", "", file.read(20))
                file.close()
                raise StoreBusyError(
                    f"process {holder} is writing to the store at {folder}",
                    "Wait until it has finished, then run the command again.",
                ) from None
            time.sleep(_LOCK_POLL_S)
            continue
        mine = f"{os.getpid()}\n"
        with suppress(OSError):  # the number only makes a message better; the lock holds
            file.seek(0)
            if file.read() != mine:  # truncating costs milliseconds, and comes with each write
                file.truncate(0)
                file.write(mine)
                file.flush()
        return file


def connect(folder: Path, *, read_only: bool) -> Connection:
    """A connection to the folder's database.

    Raises:
        NotAStoreError: the file is not a database.
        StoreError: it cannot be opened or is damaged.
    """
    uri = (folder / DATABASE).as_uri()
    if not read_only:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
        return _configured(folder, uri, flags, writable=True)
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    try:
        return _configured(folder, uri, flags, writable=False)
    except StoreError:
        # Without a -shm file, which cannot be made here, SQLite reads a WAL database only when
        # told that nobody changes it. With a -wal file present that could serve an old state.
        wal = folder / f"{DATABASE}-wal"
        if wal.exists() and wal.stat().st_size > 0:
            raise
        return _configured(folder, f"{uri}?immutable=1", flags, writable=False)


def copy_database(folder: Path, target: Path, *, read_only: bool) -> None:
    """Write the database, as it stands now, into another folder.

    Raises:
        StoreFullError: no space is left; what was begun is removed.
        StoreError: it cannot be read or written.
    """
    connection = connect(folder, read_only=read_only)
    try:
        with translated(target, connection):
            connection.execute("VACUUM INTO ?", (str(target / DATABASE),))
        fsync(target / DATABASE)
        fsync(target)
    except BaseException:
        (target / DATABASE).unlink(missing_ok=True)
        raise
    finally:
        connection.close()


def check_database(folder: Path, *, read_only: bool) -> list[str]:
    """What SQLite's own check of the structure finds, one line each."""
    # A new connection: FTS5's part of the check trusts what the connection has in its cache, and
    # takes what others have written since for damage.
    connection = connect(folder, read_only=read_only)
    try:
        with translated(folder, connection):
            found = list(connection.execute("PRAGMA quick_check(20)"))
            found += connection.execute("PRAGMA foreign_key_check")
    finally:
        connection.close()
    return [" ".join(map(str, row)) for row in found if row != ("ok",)]


def _configured(folder: Path, uri: str, flags: int, *, writable: bool) -> Connection:
    try:
        connection = apsw.Connection(uri, flags=flags)
    except apsw.Error as error:
        raise _store_error(folder, error, 0) from error
    try:
        with translated(folder, connection):
            connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
            connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
            connection.execute("PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON")
            if writable:
                connection.execute(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                    f" PRAGMA journal_size_limit = {64 << 20}"
                )
            connection.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018 - reads page 1
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def translated(path: Path, connection: Connection) -> Iterator[None]:
    """Turn apsw's errors into this project's."""
    try:
        yield
    except apsw.Error as error:
        raise _store_error(path, error, connection.system_errno) from error


def _store_error(path: Path, error: apsw.Error, number: int) -> StoreError:
    if isinstance(error, apsw.FullError) or (
        isinstance(error, apsw.IOError | apsw.CantOpenError) and number in _FULL_ERRNOS
    ):
        return StoreFullError(f"no space is left for the store at {path}", _NO_SPACE)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StoreBusyError(
            f"another process is writing to the store at {path}",
            "Wait until it has finished, then run the command again.",
        )
    if isinstance(error, apsw.NotADBError):
        return NotAStoreError(f"{path / DATABASE} is not a database", "Give another --store.")
    if isinstance(error, apsw.CorruptError):
        return StoreError(
            f"the store at {path} is damaged ({error})",
            "Restore a backup, or index the articles into another --store.",
        )
    if isinstance(error, apsw.ReadOnlyError):
        return StoreError(f"the store at {path} is read-only", "Give another --store.")
    detail = f"{error}" + (f", {os.strerror(number)}" if number else "")
    return StoreError(
        f"the store at {path} cannot be used ({detail})",
        "Check the folder's permissions and the disk.",
    )


def os_error(path: Path, error: OSError) -> StoreError:
    """The operating system's error as this project's."""
    if error.errno in _FULL_ERRNOS:
        return StoreFullError(f"no space is left at {path}", _NO_SPACE)
    return StoreError(
        f"{path} cannot be used as a store ({error.strerror})", "Check its permissions."
    )


def fsync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk.

    Raises:
        StoreFullError: no space is left.
        StoreError: the disk reports an error.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise os_error(path, error) from error
