from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from support import FakeEncoder
from test_index import NumpyIndex

from embeddings.articles import make_article
from embeddings.build import index_articles, open_generation, refresh, reindex
from embeddings.chunks import chunk_article
from embeddings.doctor import check_store, repair
from embeddings.errors import (
    ArticleError,
    EncoderError,
    EncoderMismatchError,
    IndexFileError,
)
from embeddings.store import Filters, Store

TEXTS = {
    "summit": "Baku hosted the summit. The minister opened it. Twenty states took part.",
    "talks": "Переговоры прошли в Астане. Министр выступил с речью.",
    "ship": "Gemi limana yanaştı. Kaptan konuştu.",
}


def articles(texts=None, **fields):
    chosen = TEXTS if texts is None else texts
    return [make_article(text=text, id=name, **fields) for name, text in chosen.items()]


class OtherEncoder(FakeEncoder):
    identity = "other-encoder-32"
    dimension = 32


class CountingEncoder(FakeEncoder):
    def __init__(self):
        self.batches: list[list[str]] = []

    def encode_passages(self, texts):
        self.batches.append(list(texts))
        return super().encode_passages(texts)


class FailingEncoder(FakeEncoder):
    """Cannot encode what holds the word."""

    def __init__(self, word):
        self.word = word

    def encode_passages(self, texts):
        if any(self.word in text for text in texts):
            raise EncoderError("the runtime failed")
        return super().encode_passages(texts)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store", create=True) as opened:
        yield opened


def test_what_goes_in_is_found_again(store):
    encoder = FakeEncoder()
    report = index_articles(store, encoder, articles())
    assert (report.added, report.changed, report.unchanged, report.failed) == (3, 0, 0, ())
    assert report.chunks == store.chunk_count >= 3
    generation = open_generation(store)
    assert generation.index.count == report.chunks
    assert (generation.version, generation.sequence) == (store.version, store.sequence)
    for name, text in TEXTS.items():
        (hits,) = generation.index.search(encoder.encode_questions([text]), 1)
        chunk = store.chunks_by_rowid([hits[0][0]])[hits[0][0]].chunk
        assert chunk.article_id == name


def test_an_unchanged_article_costs_nothing(store):
    encoder = CountingEncoder()
    index_articles(store, encoder, articles())
    version, batches = store.version, len(encoder.batches)
    report = index_articles(store, encoder, articles())
    assert (report.added, report.changed, report.unchanged, report.chunks) == (0, 0, 3, 0)
    assert (store.version, len(encoder.batches)) == (version, batches)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "New title"},
        {"source": "Azernews"},
        {"author": "V. Khalilov"},
        {"published_at": date(2024, 4, 17)},
        {"language": "de"},
        {"url": "https://example.org"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_metadata_is_a_change(store, change):
    index_articles(store, FakeEncoder(), articles())
    report = index_articles(store, FakeEncoder(), articles(**change))
    assert (report.changed, report.unchanged) == (3, 0)
    for name, value in change.items():
        assert getattr(store.article("summit"), name) == value


@pytest.mark.parametrize(
    "options",
    [{"chunk_tokens": 20}, {"overlap_sentences": 0}, {"force": True}],
    ids=lambda options: next(iter(options)),
)
def test_other_settings_make_articles_anew(store, options):
    index_articles(store, FakeEncoder(), articles())
    assert index_articles(store, FakeEncoder(), articles(), **options).changed == 3


def test_a_changed_article_replaces_its_chunks(store):
    index_articles(store, FakeEncoder(), articles())
    changed = TEXTS | {"summit": "Tbilisi hosted nothing."}
    report = index_articles(store, FakeEncoder(), articles(changed))
    assert (report.added, report.changed, report.unchanged) == (0, 1, 2)
    assert store.lexical_search(["~baku", "baku"], 5) == []
    assert store.article_count == 3


def test_chunks_of_several_articles_are_encoded_together_by_length(store):
    encoder = CountingEncoder()
    many = {f"a{i}": "Word. " * (1 + (i * 7) % 20) for i in range(30)}
    report = index_articles(store, encoder, articles(many), batch_chunks=16)
    assert sum(map(len, encoder.batches)) == report.chunks
    assert all(len(batch) <= 16 for batch in encoder.batches)
    assert len(encoder.batches) <= report.chunks / 8
    assert all(batch == sorted(batch, key=len) for batch in encoder.batches)
    rowids, vectors = store.vectors()
    chunks = store.chunks_by_rowid(rowids.tolist())
    assert [chunks[row].chunk.article_id for row in rowids.tolist()] == [
        f"a{i}" for i in range(30) for _ in chunk_article(store.article(f"a{i}"))
    ]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_an_article_of_many_batches(store):
    encoder = CountingEncoder()
    text = " ".join(f"Sentence number {i} of a very long report." for i in range(600))
    report = index_articles(
        store, encoder, articles({"long": text}), batch_chunks=8, chunk_tokens=40
    )
    assert report.added == 1
    assert len(encoder.batches) > 8
    assert all(len(batch) <= 8 for batch in encoder.batches)
    assert store.articles_with_damaged_chunks() == []


def test_articles_are_taken_as_they_are_needed(store):
    taken = 0

    def stream():
        nonlocal taken
        for article in articles({f"a{i}": "One sentence." for i in range(40)}):
            taken += 1
            assert taken - store.article_count <= 8
            yield article

    index_articles(store, FakeEncoder(), stream(), batch_chunks=8)
    assert taken == store.article_count == 40


def test_failed_articles_are_listed_and_the_others_indexed(store):
    summit, talks, ship = articles()
    problem = ArticleError("/articles/x.jsonl:7", "is not JSON", "Mend line 7.")
    report = index_articles(store, FakeEncoder(), [problem, summit, problem, talks, ship])
    assert (report.added, report.failed) == (3, (problem, problem))
    assert report.to_dict()["failed"][0] == {
        "origin": "/articles/x.jsonl:7",
        "problem": "/articles/x.jsonl:7: is not JSON",
        "remedy": "Mend line 7.",
    }


def test_one_article_that_cannot_be_encoded_fails_alone(store):
    report = index_articles(store, FailingEncoder("Gemi"), articles())
    assert (report.added, len(report.failed)) == (2, 1)
    assert "the runtime failed" in str(report.failed[0])


def test_an_encoder_that_does_not_work_at_all_ends_the_run(store):
    with pytest.raises(EncoderError, match="the runtime failed"):
        index_articles(store, FailingEncoder(""), articles())
    assert store.article_count == 0


def test_vectors_that_are_no_numbers_are_refused(store):
    class NaN(FakeEncoder):
        def encode_passages(self, texts):
            return super().encode_passages(texts) * np.nan

    with pytest.raises(EncoderError, match="cannot be used"):
        index_articles(store, NaN(), articles())
    assert store.article_count == 0


def test_another_encoder_is_refused_before_any_work(store):
    index_articles(store, FakeEncoder(), articles())
    with pytest.raises(EncoderMismatchError, match="fake-encoder-64"):
        index_articles(store, OtherEncoder(), articles({"new": "Text."}))
    assert store.article_count == 3


def test_progress_is_told_with_the_total_where_it_is_known(store):
    told = []
    index_articles(store, FakeEncoder(), articles(), progress=lambda *all_: told.append(all_))
    assert told == [("articles", done, 3) for done in (1, 2, 3)]
    told.clear()
    index_articles(store, FakeEncoder(), iter(articles()), progress=lambda *a: told.append(a))
    assert told[-1] == ("articles", 3, None)


def test_nothing_in_gives_nothing(store):
    report = index_articles(store, FakeEncoder(), [])
    assert (report.added, report.chunks) == (0, 0)
    generation = open_generation(store)
    assert generation.index.count == 0
    assert generation.index.search(FakeEncoder().encode_questions(["x"]), 3) == [[]]


# Generations


def test_a_generation_is_read_again_while_it_fits(store):
    index_articles(store, FakeEncoder(), articles())
    open_generation(store)
    folders = sorted(entry.name for entry in (store.path / "index").iterdir())
    warnings = []
    again = open_generation(store, rebuild=False, warn=warnings.append)
    assert again.version == store.version
    assert sorted(entry.name for entry in (store.path / "index").iterdir()) == folders
    assert warnings == []


def test_a_generation_follows_the_store_row_by_row(store, monkeypatch):
    index_articles(store, FakeEncoder(), articles())
    first = open_generation(store)
    store.delete_article("talks")
    index_articles(
        store,
        FakeEncoder(),
        articles({"new": "Rain fell in Quba.", "ship": "The ship left. It never came back."}),
    )
    asked = []
    with store.snapshot() as snapshot:
        original = snapshot.vectors
        monkeypatch.setattr(snapshot, "vectors", lambda rows: asked.append(rows) or original(rows))
        followed = refresh(first, snapshot)
        assert refresh(followed, snapshot) is followed
    rowids, vectors = store.vectors()
    assert np.array_equal(followed.index.rowids, rowids)
    assert np.array_equal(followed.index.vectors, vectors)
    assert followed.version == store.version
    assert len(asked) == 1
    assert not set(asked[0].tolist()) & set(first.index.rowids.tolist())
    assert first.index.count == 3, "an older generation is never changed"


def test_only_one_older_generation_is_kept(store):
    for number in range(5):
        index_articles(store, FakeEncoder(), articles({f"a{number}": f"Text {number}."}))
        open_generation(store)
    (store.path / "index" / "gen-9-abcd").mkdir()
    index_articles(store, FakeEncoder(), articles({"last": "Text."}))
    open_generation(store)
    folders = [entry.name for entry in (store.path / "index").iterdir() if entry.is_dir()]
    assert len(folders) == 2
    assert "gen-9-abcd" not in folders


def test_a_stale_index_is_refused_when_asked_to(store):
    index_articles(store, FakeEncoder(), articles())
    with pytest.raises(IndexFileError, match="pointer"):
        open_generation(store, rebuild=False)
    open_generation(store)
    store.delete_article("ship")
    with pytest.raises(IndexFileError, match="stale"):
        open_generation(store, rebuild=False)


def test_without_saving_nothing_is_written(store):
    index_articles(store, FakeEncoder(), articles())
    assert open_generation(store, save=False).index.count == store.chunk_count
    assert not (store.path / "index").exists()


def test_another_engine_over_the_same_store_answers_the_same(store):
    many = {
        f"a{i}": f"Report {i % 9} from Baku. The minister met {i % 5} envoys." for i in range(60)
    }
    encoder = FakeEncoder()
    index_articles(store, encoder, articles(many, language="en"))
    generation = open_generation(store)
    other = NumpyIndex(*store.vectors())
    questions = encoder.encode_questions(["minister envoys", "Report 3", "Baku"])
    allowed = store.allowed_rowids(Filters(languages=("en",)))
    assert generation.index.search(questions, 20) == other.search(questions, 20)
    assert generation.index.search(questions, 7, allowed=allowed) == other.search(
        questions, 7, allowed=allowed
    )


# Making anew


def test_reindexing_for_another_encoder(store):
    index_articles(store, FakeEncoder(), articles())
    open_generation(store)
    report = reindex(store, OtherEncoder())
    assert report.changed == 3
    assert (store.encoder_identity, store.dimension) == ("other-encoder-32", 32)
    generation = open_generation(store)
    assert (generation.index.dimension, generation.index.count) == (32, report.chunks)
    assert reindex(store, OtherEncoder()).unchanged == 3


def test_reindexing_that_was_cut_short_is_taken_up(store):
    index_articles(store, FakeEncoder(), articles())
    store.forget_chunks(encoder_identity="other-encoder-32", dimension=32)
    index_articles(store, OtherEncoder(), articles({"ship": TEXTS["ship"]}))
    assert store.article_ids(pending=True) == ["summit", "talks"]
    report = reindex(store, OtherEncoder())
    assert (report.changed, report.unchanged) == (2, 1)
    assert store.article_ids(pending=True) == []


# The doctor


def tamper(store, sql):
    with store._transaction() as connection:
        connection.execute(sql)


def levels(findings):
    return [finding.level for finding in findings]


def test_a_sound_store(store):
    index_articles(store, FakeEncoder(), articles())
    open_generation(store)
    findings = check_store(store.path)
    assert levels(findings) == ["ok", "ok"]
    assert "3 articles" in findings[0].what
    assert levels(repair(store.path)) == ["ok"]


def test_a_store_without_an_encoder_is_sound(store):
    assert levels(check_store(store.path)) == ["ok"]
    assert levels(repair(store.path)) == ["ok"]


def test_no_store_is_an_error_with_a_remedy(tmp_path):
    (finding,) = check_store(tmp_path / "none")
    assert finding.level == "error"
    assert "qa index" in finding.remedy


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE article SET text = text || '!' WHERE id = 'ship'", "text of article 'ship'"),
        ("UPDATE chunk SET start = 1 WHERE id LIKE 'ship%'", "chunk of article 'ship'"),
        (
            "DELETE FROM vector WHERE rowid IN (SELECT rowid FROM chunk WHERE id LIKE 'ship%')",
            "chunk of article 'ship'",
        ),
        (
            "DELETE FROM lexicon WHERE rowid IN (SELECT rowid FROM chunk WHERE id LIKE 'ship%')",
            "chunk of article 'ship'",
        ),
    ],
    ids=["text", "offsets", "vector", "terms"],
)
def test_damage_is_named_and_mended(store, sql, what):
    index_articles(store, FakeEncoder(), articles())
    tamper(store, sql)
    errors = [finding for finding in check_store(store.path) if finding.level == "error"]
    assert [what in finding.what for finding in errors] == [True]
    assert "--repair" in errors[0].remedy
    assert levels(repair(store.path))[-1] == "ok"
    assert store.chunk_count == 2
    assert open_generation(store).index.count == 2
    index_articles(store, FakeEncoder(), articles())
    assert store.chunk_count == 3
    assert "error" not in levels(check_store(store.path))


def test_a_lost_index_is_named_and_mended(store):
    index_articles(store, FakeEncoder(), articles())
    assert levels(check_store(store.path)) == ["ok", "warning"]
    assert "made anew: 3 chunks" in repair(store.path)[-1].what
    assert levels(check_store(store.path)) == ["ok", "ok"]
