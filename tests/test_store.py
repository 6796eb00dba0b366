"""What is written to a store is read back, and what does not fit is refused; terms."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_support import DIMENSION, article_of, chunk_of, open_store, put

from embeddings.articles import Article
from embeddings.errors import (
    EncoderError,
)
from embeddings.records import encode_term
from embeddings.store import Store


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
