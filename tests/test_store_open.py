"""What a store is opened from, and several who use it at the same time."""

from __future__ import annotations

import threading

import apsw
import pytest
from store_support import DIMENSION, article_of, open_store, put

from embeddings.errors import (
    EncoderMismatchError,
    NotAStoreError,
    StoreBusyError,
    StoreError,
    StoreVersionError,
)
from embeddings.store import Store, is_store


def test_a_folder_without_a_store(tmp_path):
    assert not is_store(tmp_path)
    with pytest.raises(NotAStoreError, match=r"there is no store at .* `qa index"):
        Store.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("kind", ["file", "folder", "text", "sqlite", "truncated"])
def test_something_else_is_refused_and_left_alone(tmp_path, kind, create):
    path = tmp_path / "thing"
    database = path / "store.db"
    if kind == "file":
        path.write_text("hello")
    else:
        path.mkdir()
    if kind == "folder":
        (path / "thesis.doc").write_text("hello")
    if kind == "text":
        database.write_text("this is no database, it is a long text " * 50)
    if kind == "sqlite":
        connection = apsw.Connection(str(database))
        connection.execute("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
        connection.close()
    if kind == "truncated":
        database.write_bytes(b"SQLite format 3\0")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(NotAStoreError):
        open_store(path, create=create)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("leftover", ["empty database", "index", "blank database"])
def test_what_a_crash_or_a_deletion_left_is_made_into_a_store(tmp_path, leftover):
    path = tmp_path / "s"
    path.mkdir()
    if leftover == "empty database":
        (path / "store.db").touch()
    if leftover == "index":
        (path / "index").mkdir()
        (path / "store.lock").touch()
    if leftover == "blank database":
        connection = apsw.Connection(str(path / "store.db"))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
    with pytest.raises(NotAStoreError, match="there is no store"):
        Store.open(path)
    with open_store(path) as store:
        put(store, article_of("a"))
        assert store.article_count == 1


@pytest.mark.parametrize(
    ("version", "remedy"), [(2, "Install a newer Menbe"), (0, "another --store")]
)
def test_another_format_is_refused(tmp_path, version, remedy):
    open_store(tmp_path / "s").close()
    connection = apsw.Connection(str(tmp_path / "s" / "store.db"))
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(StoreVersionError, match=remedy):
        Store.open(tmp_path / "s")


@pytest.mark.parametrize(
    "other", [{"encoder_identity": "other"}, {"dimension": 8}], ids=["identity", "dimension"]
)
@pytest.mark.parametrize("create", [True, False])
def test_another_encoder_is_refused_by_name(tmp_path, other, create):
    open_store(tmp_path / "s").close()
    with pytest.raises(EncoderMismatchError, match=r"made with the encoder 'fake'.*--rebuild"):
        open_store(tmp_path / "s", create=create, **other)


def test_the_encoder_may_be_named_later(tmp_path):
    with Store.open(tmp_path / "s", create=True) as store:
        assert store.encoder_identity == ""
        store.check_encoder("one", 3)
        assert store.encoder_identity == ""
        store.check_encoder("fake", DIMENSION, record=True)
        put(store, article_of("a"))
    with Store.open(tmp_path / "s") as store, pytest.raises(EncoderMismatchError):
        store.check_encoder("one", 3)


def test_a_closed_store_says_so(store):
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        _ = store.sequence
    with pytest.raises(StoreError, match="is closed"):
        put(store, article_of("a"))


def test_a_snapshot_sees_one_moment(store):
    put(store, article_of("a"))
    with store.snapshot() as snapshot:
        version = snapshot.version
        put(store, article_of("b"))
        store.delete_article("a")
        assert snapshot.version == version
        assert snapshot.article("a") is not None
        assert snapshot.article("b") is None
        assert [hit.rowid for hit in snapshot.lexical_search(["baku"], 5)] == [1]
        assert store.article("a") is None


def test_what_a_snapshot_looked_up_is_remembered_until_the_next_write(store):
    put(store, article_of("a"), ("baku", "summit"))
    put(store, article_of("b", language="ru"), ("baku",))
    for _ in range(2):  # the second time from memory
        with store.snapshot() as snapshot:
            first = snapshot.lexical_search(["summit", "cica"], 5)
            assert {
                row: each.language for row, each in snapshot.chunk_facts([1, 2, 9]).items()
            } == {
                1: "en",
                2: "ru",
            }
            memory = snapshot.memory
    assert memory.held == {"summit": 1, "cica": 0}
    assert set(memory.facts) == {1, 2}
    with store.snapshot() as old:
        assert old.memory is memory
        put(store, article_of("c"), ("cica",))
        store.delete_article("b")
        assert old.lexical_search(["summit", "cica"], 5) == first
        with store.snapshot() as new:
            assert new.memory is not memory
            assert [hit.rowid for hit in new.lexical_search(["cica"], 5)] == [3]
            assert set(new.chunk_facts([1, 2, 3])) == {1, 3}
    assert store.memory.held == {}


def test_a_second_writer_is_told_who_writes_and_readers_go_on(store):
    put(store, article_of("a"))
    with store.writing(), open_store(store.path, busy_timeout_s=0.05) as other:
        with pytest.raises(StoreBusyError, match=r"process \d+ is writing"):
            put(other, article_of("b"))
        assert other.article_count == 1
    with open_store(store.path) as other:
        put(other, article_of("b"))
    assert store.article_count == 2


def test_another_thread_waits_its_turn(tmp_path):
    with open_store(tmp_path / "s", busy_timeout_s=0.05) as store:
        errors: list[Exception] = []

        def write() -> None:
            try:
                put(store, article_of("b"))
            except StoreError as error:
                errors.append(error)

        with store.writing():
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()
        assert isinstance(errors[0], StoreBusyError)
        write()
        assert store.article_count == 1


def test_writing_may_be_nested(store):
    with store.writing(), store.writing():
        put(store, article_of("a"))
    with open_store(store.path) as other:
        put(other, article_of("b"))
