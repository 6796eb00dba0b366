from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.errors import IndexFileError
from embeddings.index import FaissIndex, VectorIndex, rank

DIMENSION = 16


class NumpyIndex:
    """The same protocol on another engine: one matrix product in another order and precision."""

    def __init__(self, rowids, vectors):
        self.rowids = rowids
        self.matrix = vectors

    @property
    def dimension(self):
        return self.matrix.shape[1]

    @property
    def count(self):
        return len(self.matrix)

    def search(self, vectors, k, *, allowed=None):
        mask = np.ones(self.count, bool) if allowed is None else np.isin(self.rowids, allowed)
        places = np.flatnonzero(mask)

        def nearest(vector, n):
            scores = self.matrix[places][:, ::-1] @ vector[::-1]
            best = np.argsort(-scores, kind="stable")[:n]
            return places[best], scores[best]

        return [
            rank(
                vector,
                k,
                nearest,
                matrix=self.matrix,
                rowids=self.rowids,
                available=len(places),
            )
            for vector in vectors
        ]

    def cosines(self, vector, rowids):
        places = np.flatnonzero(np.isin(self.rowids, rowids))
        exact = self.matrix[places].astype(np.float64) @ vector.astype(np.float64)
        return list(zip(self.rowids[places].tolist(), exact.round(9).tolist(), strict=True))


def unit_rows(count: int, seed: int = 0, dimension: int = DIMENSION) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def engines(rowids, vectors) -> tuple[VectorIndex, VectorIndex]:
    return FaissIndex.build(rowids, vectors), NumpyIndex(rowids, vectors)


def test_the_nearest_come_first_with_their_cosines():
    vectors = unit_rows(50)
    rowids = np.arange(100, 150)
    (hits,) = FaissIndex.build(rowids, vectors).search(vectors[7:8], 3)
    assert hits[0] == (107, pytest.approx(1.0, abs=1e-6))
    cosines = (vectors @ vectors[7]).tolist()
    assert [row for row, _ in hits] == [
        100 + place for place in sorted(range(50), key=lambda i: -cosines[i])[:3]
    ]


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_another_engine_gives_the_same_answers(data):
    count = data.draw(st.integers(0, 60))
    copies = data.draw(st.integers(1, 5))
    vectors = np.repeat(unit_rows(max(count, 1), count), copies, axis=0)[:count]
    rowids = np.cumsum(np.full(len(vectors), 3)) if count else np.zeros(0, np.int64)
    allowed = data.draw(
        st.none() | st.lists(st.integers(-5, 200), max_size=80).map(lambda v: np.array(v, int))
    )
    k = data.draw(st.integers(0, 70))
    questions = unit_rows(3, 99)
    faiss_index, numpy_index = engines(rowids, vectors)
    found = faiss_index.search(questions, k, allowed=allowed)
    assert found == numpy_index.search(questions, k, allowed=allowed)
    passing = rowids if allowed is None else np.intersect1d(rowids, allowed)
    for hits in found:
        assert len(hits) == min(k, len(passing))
        assert {row for row, _ in hits} <= set(passing.tolist())
        assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def test_ties_at_the_border_go_to_the_older_row():
    vectors = np.repeat(unit_rows(1), 200, axis=0)
    rowids = np.arange(1000, 1200)
    for index in engines(rowids, vectors):
        for k in (1, 3, 150):
            (hits,) = index.search(vectors[:1], k)
            assert [row for row, _ in hits] == list(range(1000, 1000 + k))


def test_a_filter_never_starves_the_result():
    vectors = unit_rows(500)
    index = FaissIndex.build(np.arange(500), vectors)
    far = np.argsort(vectors @ vectors[0])[:4]
    (hits,) = index.search(vectors[:1], 4, allowed=far)
    assert {row for row, _ in hits} == set(far.tolist())


@pytest.mark.parametrize("dimension", [0, DIMENSION])
def test_an_empty_index_finds_nothing(dimension, tmp_path):
    index = FaissIndex.build(np.zeros(0, np.int64), np.zeros((0, dimension), np.float32))
    assert index.search(unit_rows(2), 5) == [[], []]
    assert index.search(unit_rows(2), 5, allowed=np.array([1])) == [[], []]
    index.save(tmp_path)
    assert FaissIndex.load(tmp_path).count == 0


def test_a_vector_of_another_dimension_is_refused():
    index = FaissIndex.build(np.arange(3), unit_rows(3))
    with pytest.raises(ValueError, match="8 dimensions, the index has 16"):
        index.search(unit_rows(1, dimension=8), 1)


@pytest.mark.parametrize(
    "rowids", [[1, 1], [2, 1], [1], [1, 2, 3]], ids=["twice", "descending", "few", "many"]
)
def test_rows_that_do_not_fit_are_refused(rowids):
    with pytest.raises(ValueError):
        FaissIndex.build(np.array(rowids), unit_rows(2))


def test_saving_and_loading_changes_nothing(tmp_path):
    vectors = unit_rows(300)
    index = FaissIndex.build(np.arange(300) * 2, vectors, np.arange(300) + 7)
    names = index.save(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == set(names)
    seen = []
    again = FaissIndex.load(tmp_path, verify=lambda path: seen.append(path.name))
    assert seen == list(names)
    assert np.array_equal(again.vectors, vectors)
    assert np.array_equal(again.checksums, index.checksums)
    assert again.search(vectors[:5], 9) == index.search(vectors[:5], 9)


@pytest.mark.parametrize("name", ["vectors.faiss", "rowids.npy", "checksums.npy"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "text", "another"])
def test_a_file_that_cannot_be_used_is_named(tmp_path, name, damage):
    FaissIndex.build(np.arange(9), unit_rows(9)).save(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "another":
        other = tmp_path / "other"
        other.mkdir()
        FaissIndex.build(np.arange(8), unit_rows(8)).save(other)
        path.write_bytes((other / name).read_bytes())
    else:
        path.write_bytes(
            {"empty": b"", "half": content[: len(content) // 2], "text": b"hi"}[damage]
        )
    with pytest.raises(IndexFileError, match="cannot be used"):
        FaissIndex.load(tmp_path)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_cosines_are_those_of_a_search(data):
    count = data.draw(st.integers(0, 30))
    index, other = engines(np.arange(count) * 2 + 1, unit_rows(count, count))
    asked = np.array(sorted(data.draw(st.sets(st.integers(-3, 70)))), dtype=np.int64)
    vector = unit_rows(1, 99)[0]
    found = index.cosines(vector, asked)
    assert [row for row, _ in found] == [row for row in asked if row in index.rowids]
    assert found == other.cosines(vector, asked)
    if found:
        (hits,) = index.search(vector[None], len(found), allowed=asked)
        assert sorted(hits) == found


def test_vectors_are_those_that_were_put_in():
    vectors = np.eye(4, dtype=np.float32)
    index = FaissIndex.build(np.array([2, 5, 7, 9]), vectors)
    rowids, found = index.vectors_of(np.array([9, 3, 2, 99]))
    assert rowids.tolist() == [9, 2]
    assert np.array_equal(found, vectors[[3, 0]])
    empty = FaissIndex.build(np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.float32))
    rowids, found = empty.vectors_of(np.array([1]))
    assert (rowids.tolist(), found.shape) == ([], (0, 4))


def test_a_pickle_is_never_loaded(tmp_path):
    FaissIndex.build(np.arange(2), unit_rows(2)).save(tmp_path)
    np.save(tmp_path / "rowids.npy", np.array([{"a": 1}, 2], dtype=object), allow_pickle=True)
    with pytest.raises(IndexFileError, match="allow_pickle"):
        FaissIndex.load(tmp_path)


def test_what_verify_refuses_is_not_read(tmp_path):
    FaissIndex.build(np.arange(2), unit_rows(2)).save(tmp_path)

    def refuse(path):
        raise IndexFileError(json.dumps(path.name))

    with pytest.raises(IndexFileError, match="vectors"):
        FaissIndex.load(tmp_path, verify=refuse)


def test_searches_at_the_same_time_agree():
    vectors = unit_rows(2000)
    index = FaissIndex.build(np.arange(2000), vectors)
    allowed = np.arange(0, 2000, 3)
    alone = [index.search(vectors[i : i + 1], 5, allowed=allowed) for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(
            lambda i: index.search(vectors[i : i + 1], 5, allowed=allowed), range(40)
        )
        assert list(together) == alone
