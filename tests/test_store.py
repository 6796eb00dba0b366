from __future__ import annotations

import hashlib
import json
import threading
from datetime import date
from pathlib import Path

import apsw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.articles import Article
from embeddings.chunks import Chunk
from embeddings.database import stored_articles
from embeddings.errors import (
    EncoderError,
    EncoderMismatchError,
    NotAStoreError,
    StoreBusyError,
    StoreError,
    StoreVersionError,
    UsageError,
)
from embeddings.records import encode_term
from embeddings.store import Filters, Store, is_store

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


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        yield opened


# What is written is read back


def test_an_article_comes_back_as_it_was_put(store):
    article = article_of(
        "a1",
        "İlk cümlə.\r\n😀 e\u0301 \x00 второе",
        title="Başlıq",
        source="Azernews",
        author="V. Khalilov",
        published_at=date(2024, 4, 17),
        language="az",
        url="https://example.org/a",
        excluded=((0, 3), (5, 9)),
        origin="/articles/a.txt",
    )
    put(store, article)
    assert store.article("a1") == article
    assert store.article_by_sha256(article.sha256) == article
    assert store.sha256_of("a1") == article.sha256
    assert store.fingerprint_of("a1") == article.sha256
    (stored,) = store.chunks_by_rowid([1]).values()
    assert stored.chunk == chunk_of(article)


@settings(deadline=None, max_examples=40)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_keeps_its_offsets(tmp_path_factory, text):
    with open_store(tmp_path_factory.mktemp("unicode") / "s") as store:
        article = article_of("a", text)
        put(store, article)
        found = store.article("a")
        assert found is not None
        assert found.text == text
        chunk = store.chunks_by_rowid([1])[1].chunk
        assert found.text[chunk.start : chunk.end] == text


def test_what_is_not_there_is_none(store):
    assert store.article("missing") is None
    assert store.article_by_sha256("0" * 64) is None
    assert store.sha256_of("missing") is None
    assert store.fingerprint_of("missing") is None
    assert store.chunks_by_rowid([7]) == {}
    assert store.articles(["missing"]) == {}
    assert store.delete_article("missing") is False
    assert store.sequence == 1  # recording the encoder


def test_putting_an_id_again_replaces_everything(store):
    put(store, article_of("a", "old text"), ("old",))
    put(store, article_of("a", "new text"), ("new",))
    assert store.article_count == store.chunk_count == 1
    assert store.lexical_search(["old"], 5) == []
    assert [hit.rowid for hit in store.lexical_search(["new"], 5)] == [2]
    assert store.vectors()[0].tolist() == [2]


def test_rows_are_never_used_again(store):
    put(store, article_of("a"))
    store.delete_article("a")
    put(store, article_of("b"))
    assert store.vectors()[0].tolist() == [2]


def test_deleting_removes_it_everywhere(store):
    put(store, article_of("a"), ("baku",))
    put(store, article_of("b"), ("astana",))
    assert store.delete_article("a") is True
    assert store.article("a") is None
    assert store.lexical_search(["baku"], 5) == []
    assert store.vectors()[0].tolist() == [2]
    assert [each.id for each in store.find_articles()] == ["b"]


def test_each_write_grows_the_sequence_and_changes_the_version(store):
    seen = {store.version}
    for step in (
        lambda: put(store, article_of("a")),
        lambda: put(store, article_of("a", "other")),
        lambda: store.delete_article("a"),
    ):
        before = store.sequence
        step()
        assert store.sequence == before + 1
        assert store.version not in seen
        seen.add(store.version)


def test_a_store_keeps_its_identity(tmp_path):
    with open_store(tmp_path / "s") as store:
        put(store, article_of("a"))
        identity, version = store.store_id, store.version
    with Store.open(tmp_path / "s") as again:
        assert (again.store_id, again.version) == (identity, version)
        assert (again.encoder_identity, again.dimension) == ("fake", DIMENSION)
        assert not again.read_only


# What does not fit is refused, and nothing is changed


@pytest.mark.parametrize(
    ("vectors", "terms", "error"),
    [
        (np.ones((1, 3), np.float32), [["a"]], ValueError),
        (np.ones((2, DIMENSION), np.float32), [["a"]], ValueError),
        (np.ones((1, DIMENSION), np.float32), [], ValueError),
        (np.full((1, DIMENSION), np.nan, np.float32), [["a"]], EncoderError),
        (np.full((1, DIMENSION), np.inf, np.float32), [["a"]], EncoderError),
    ],
    ids=["dimension", "too many vectors", "no terms", "nan", "infinity"],
)
def test_what_does_not_fit_is_not_written(store, vectors, terms, error):
    put(store, article_of("a"))
    version = store.version
    article = article_of("a", "changed")
    with pytest.raises(error):
        store.put_article(article, [chunk_of(article)], vectors, terms)
    assert store.version == version
    assert store.article("a") == article_of("a")


@pytest.mark.parametrize(
    "change",
    [{"sha256": "0" * 64}, {"text": "Bak"}],
    ids=["another sha256", "shorter than its chunk"],
)
def test_an_article_that_contradicts_itself_is_not_written(store, change):
    article = article_of("a")
    fields = {name: getattr(article, name) for name in Article.__slots__} | change
    with pytest.raises(ValueError):
        store.put_article(
            Article(**fields), [chunk_of(article)], np.ones((1, DIMENSION), np.float32), [[]]
        )
    assert store.article_count == 0


def test_an_error_in_the_middle_of_a_write_rolls_back(store):
    put(store, article_of("a"))
    article = article_of("a", "changed entirely")
    chunks = [chunk_of(article), chunk_of(article)]
    terms = [["fine"], [object()]]
    with pytest.raises(AttributeError):
        store.put_article(article, chunks, np.ones((2, DIMENSION), np.float32), terms)
    assert store.article("a") == article_of("a")
    assert len(store.lexical_search(["baku"], 5)) == 1
    put(store, article_of("b"))
    assert store.article_count == 2


# Terms


TERMS = {
    "name form": "~bayramov",
    "dotted capital": "İstanbul",
    "capital": "AB",
    "small": "ab",
    "space": "a b",
    "tab": "a\tb",
    "nul": "\x00",
    "quote": 'say "hi"',
    "operator": "OR",
    "prefix query": "x*",
    "column query": "terms:x",
    "caret": "^a",
    "private use": "\ue041",
    "escape": "\ue080",
    "escaped escape": "\ue080\ue041",
    "emoji": "😀",
    "combining": "e\u0301",
    "composed": "é",
    "dash": "-",
    "underscore": "a_b",
    "lone surrogate": "\ud800",
    "long": "x" * 5000,
}


def test_every_term_finds_itself_and_nothing_else(store):
    for name, term in TERMS.items():
        put(store, article_of(name), (term,))
    rowids = {name: row for row, name in enumerate(TERMS, start=1)}
    for name, term in TERMS.items():
        assert [hit.rowid for hit in store.lexical_search([term], 99)] == [rowids[name]], name


@settings(deadline=None, max_examples=200)
@given(st.text(), st.text())
def test_different_terms_stay_different(one, other):
    def written(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    assert (encode_term(one) == encode_term(other)) == (written(one) == written(other))
    assert not any(char.isascii() and not char.isalnum() for char in encode_term(one))


@pytest.mark.parametrize("terms", [[], [""], ["", ""]], ids=["none", "empty", "two empty"])
def test_no_terms_find_nothing(store, terms):
    put(store, article_of("a"), ("", "baku"))
    assert store.lexical_search(terms, 5) == []
    assert store.lexical_search(["baku"], 0) == []
    assert len(store.lexical_search(["baku", ""], 5)) == 1


def test_a_question_of_thousands_of_terms_is_answered(store):
    put(store, article_of("a"), ("t77",))
    assert len(store.lexical_search([f"t{i}" for i in range(3000)], 5)) == 1


def test_lexical_ranking_prefers_the_rarer_and_breaks_ties_by_row(store):
    for number in range(6):
        put(store, article_of(f"common{number}"), ("summit",) if number < 3 else ("other",))
    put(store, article_of("rare"), ("summit", "cica"))
    for number in range(4):
        put(store, article_of(f"more{number}"), ("other",))
    hits = store.lexical_search(["summit", "cica"], 5)
    assert hits[0].rowid == 7
    assert hits[0].score > hits[1].score > 0
    assert [hit.rowid for hit in hits[1:]] == [1, 2, 3]


def test_terms_that_half_of_the_chunks_hold_are_passed_over_unless_there_is_no_other(store):
    with Store.open(store.path) as writer:
        for number in range(4):
            put(writer, article_of(f"a{number}"), ("the", "cica") if number == 2 else ("the",))
            store.lexical_search(["the"], 9)
    assert [hit.rowid for hit in store.lexical_search(["the", "cica"], 9)] == [3]
    assert [hit.rowid for hit in store.lexical_search(["the"], 9)] == [1, 2, 4, 3]
    for number in range(5):
        put(store, article_of(f"b{number}"), ("other",))
    assert [hit.rowid for hit in store.lexical_search(["the", "cica"], 9)] == [3, 1, 2, 4]


# Filters


FILTERED = {
    "old": {"published_at": date(2022, 9, 23), "source": "Azernews", "language": "en"},
    "new": {"published_at": date(2024, 4, 17), "source": "NEWS.Az", "language": "az"},
    "undated": {"source": "Paralel.Az", "language": "en"},
    "bare": {"language": "ru"},
}
CASES = {
    "none": (Filters(), {"old", "new", "undated", "bare"}),
    "from": (Filters(date_from=date(2023, 1, 1)), {"new", "undated", "bare"}),
    "from, dated": (Filters(date_from=date(2023, 1, 1), undated=False), {"new"}),
    "from is within": (Filters(date_from=date(2024, 4, 17), undated=False), {"new"}),
    "to is within": (Filters(date_to=date(2022, 9, 23), undated=False), {"old"}),
    "as of": (Filters(as_of=date(2024, 4, 16), undated=False), {"old"}),
    "as of and to": (
        Filters(as_of=date(2023, 1, 1), date_to=date(2025, 1, 1), undated=False),
        {"old"},
    ),
    "undated without a date": (Filters(undated=False), {"old", "new", "undated", "bare"}),
    "source in another case": (Filters(sources=("azerNEWS",)), {"old"}),
    "two sources": (Filters(sources=("news.az", " Paralel.AZ ")), {"new", "undated"}),
    "language": (Filters(languages=("en",)), {"old", "undated"}),
    "language in capitals": (Filters(languages=("AZ", "RU")), {"new", "bare"}),
    "all at once": (
        Filters(date_to=date(2023, 1, 1), sources=("Azernews",), languages=("en",)),
        {"old"},
    ),
    "nothing passes": (Filters(sources=("'; DROP TABLE article; --",)), set()),
}


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("filtered") / "s") as opened:
        for name, fields in FILTERED.items():
            put(opened, article_of(name, **fields))
        yield opened


@pytest.mark.parametrize(("filters", "expected"), CASES.values(), ids=CASES.keys())
def test_filters(filtered, filters, expected):
    rowids = {row for row, name in enumerate(FILTERED, start=1) if name in expected}
    allowed = filtered.allowed_rowids(filters)
    assert (set(range(1, 5)) if allowed is None else set(allowed.tolist())) == rowids
    assert {hit.rowid for hit in filtered.lexical_search(["baku"], 9, filters)} == rowids
    assert {each.id for each in filtered.find_articles(filters=filters)} == expected
    assert filtered.count_articles(filters) == len(expected)


def test_a_filter_never_starves_the_lexical_side(store):
    for number in range(50):
        put(store, article_of(f"en{number}"), ("baku", "baku", "baku"))
    put(store, article_of("ru", language="ru"), ("baku", *(f"other{i}" for i in range(50))))
    (hit,) = store.lexical_search(["baku"], 1, Filters(languages=("ru",)))
    assert hit.rowid == 51


@pytest.mark.parametrize(
    "dates",
    [
        {"date_from": date(2024, 1, 2), "date_to": date(2024, 1, 1)},
        {"date_from": date(2024, 1, 2), "as_of": date(2024, 1, 1)},
    ],
    ids=["to", "as of"],
)
def test_a_range_without_a_day_is_refused(dates):
    with pytest.raises(UsageError, match="2024-01-02 is later than"):
        Filters(**dates)


def test_each_filter_alone():
    filters = Filters(as_of=date(2024, 1, 1), sources=("a",), undated=False)
    assert filters.each_alone() == {
        "as-of": Filters(as_of=date(2024, 1, 1)),
        "dated-only": Filters(date_from=date.min, undated=False),
        "source": Filters(sources=("a",)),
    }
    assert Filters().each_alone() == {}


def test_listing_is_paged_in_a_stable_order(filtered):
    pages = [filtered.find_articles(offset=offset, limit=2) for offset in (0, 2, 4)]
    assert [[each.id for each in page] for page in pages] == [
        ["bare", "new"],
        ["old", "undated"],
        [],
    ]
    summary = filtered.find_articles(limit=2)[1]
    assert summary.published_at == date(2024, 4, 17)
    assert (summary.length, summary.chunks) == (23, 1)


# Opening


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


# At the same time


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


# Damage


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
