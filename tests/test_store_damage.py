"""A damaged store is noticed; making anew, backups, counting."""

from __future__ import annotations

import json

import apsw
import pytest
from store_support import article_of, open_store, put

from embeddings.database import stored_articles
from embeddings.errors import (
    NotAStoreError,
    StoreError,
)
from embeddings.store import Store


def tamper(store: Store, sql: str) -> None:
    connection = apsw.Connection(str(store.path / "store.db"))
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE chunk SET start = start + 1",
        "UPDATE chunk SET end = end - 1",
        "UPDATE chunk SET sentences = '[[0, 5]]'",
        "UPDATE chunk SET context = 'other'",
        "UPDATE vector SET vector = zeroblob(16)",
        "UPDATE vector SET vector = zeroblob(3)",
    ],
)
def test_a_changed_chunk_is_never_served(store, sql):
    put(store, article_of("a"))
    tamper(store, sql)
    with pytest.raises(StoreError, match="chunk 'a:0-23' is damaged"):
        store.chunks_by_rowid([1])
    with pytest.raises(StoreError, match="is damaged"):
        store.vectors()


def test_a_changed_text_is_never_served(store):
    put(store, article_of("a"))
    put(store, article_of("b", "Astana."))
    tamper(store, "UPDATE article SET text = replace(text, 'Baku', 'Moon')")
    with pytest.raises(StoreError, match=r"article 'a' is damaged .*qa doctor"):
        store.article("a")
    assert store.article("b") is not None


def test_a_damaged_file_is_named(tmp_path):
    with open_store(tmp_path / "s") as store:
        for number in range(60):
            put(store, article_of(f"a{number}", f"text {number} " * 200))
    database = tmp_path / "s" / "store.db"
    content = bytearray(database.read_bytes())
    content[8192:20480] = b"\xff" * 12288
    database.write_bytes(content)
    with Store.open(tmp_path / "s") as store:
        try:
            problems = store.problems()
        except StoreError as error:
            problems = [str(error)]
        assert problems
        with pytest.raises(StoreError, match="damaged"):
            store.articles(f"a{number}" for number in range(60))


def test_a_sound_store_has_no_problems_also_after_more_was_written(store):
    for number in range(20):
        put(store, article_of(f"a{number}"), tuple(f"t{number}-{i}" for i in range(50)))
        assert store.problems() == []


# Making anew, backup


def test_forgetting_chunks_keeps_the_articles(store):
    put(store, article_of("a"))
    put(store, article_of("b"))
    store.forget_chunks(["a"])
    assert store.article_ids() == ["a", "b"]
    assert store.article_ids(pending=True) == ["a"]
    assert store.chunk_count == 1
    store.forget_chunks(encoder_identity="other", dimension=2)
    assert (store.encoder_identity, store.dimension, store.chunk_count) == ("other", 2, 0)
    with pytest.raises(ValueError):
        store.forget_chunks(["a"], encoder_identity="third", dimension=2)


def test_a_backup_is_a_store_with_the_same_content(store, tmp_path):
    put(store, article_of("a"))
    put(store, article_of("b"))
    store.delete_article("a")
    store.backup(tmp_path / "backup")
    with Store.open(tmp_path / "backup") as copy:
        assert copy.version == store.version
        assert copy.store_id == store.store_id
        assert copy.article("b") == store.article("b")
        assert copy.lexical_search(["baku"], 5) == store.lexical_search(["baku"], 5)
        put(copy, article_of("c"))
        assert copy.vectors()[0].tolist() == [2, 3]
    with pytest.raises(StoreError, match="not empty"):
        store.backup(tmp_path / "backup")
    with pytest.raises(StoreError, match="cannot be used"):
        store.backup(store.path / "store.db" / "inside")


def test_the_excluded_ranges_are_plain_json(store):
    put(store, article_of("a", excluded=((0, 2),)))
    rows = store._query("SELECT excluded FROM article")
    assert json.loads(rows[0][0]) == [[0, 2]]


def test_articles_are_counted_without_opening_the_store(tmp_path):
    folder = tmp_path / "store"
    assert stored_articles(folder) == 0
    with open_store(folder) as store:
        put(store, article_of("a"))
        put(store, article_of("b", "Astana hosted another."))
        assert stored_articles(folder) == 2
    assert stored_articles(folder) == 2


def test_counting_in_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(NotAStoreError, match="holds other things"):
        stored_articles(tmp_path)
