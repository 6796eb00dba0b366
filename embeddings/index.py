"""Vectors in memory: build, search, save, load. The only importer of faiss.

An index holds the vectors of chunks under their rows in the store and finds those nearest to a
question's. Search is exact: a flat scan takes under 5 ms for 10,000 chunks of 384 dimensions and
grows in proportion, and it is what approximate graphs would have to be measured against.

Every engine behind `VectorIndex` gives the same answers: candidates come from the engine, but
their scores are computed here, once, in double precision, and ties go to the older row.

This module must not know what a chunk is, nor where vectors come from.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexFileError
from embeddings.records import Floats, Rowids

__all__ = ["FaissIndex", "Hits", "VectorIndex", "rank"]

Hits = list[tuple[int, float]]
_VECTORS = "vectors.faiss"
_ROWIDS = "rowids.npy"
_CHECKSUMS = "checksums.npy"
# float32 sums of 384 products of unit vectors differ by less than this between engines.
_ENGINE_NOISE = 1e-5
_MARGIN = 8


class VectorIndex(Protocol):
    """Finds the nearest of the vectors it was built with. Safe for searches at the same time."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def count(self) -> int:
        """How many vectors there are."""

    def search(self, vectors: Floats, k: int, *, allowed: Rowids | None = None) -> list[Hits]:
        """The `k` nearest rows of each vector with their cosines, best first, ties by row.

        Args:
            vectors: unit rows, shape (n, dimension).
            k: at most so many; fewer come back only when fewer are there.
            allowed: rows that may be found; None for all. Rows not in the index are ignored.
        """

    def cosines(self, vector: Floats, rowids: Rowids) -> Hits:
        """These rows with their cosines, as `search` would give them, in the order given.

        Args:
            vector: a unit vector, shape (dimension,).
            rowids: rows; those not in the index are left out.
        """

    def vectors_of(self, rowids: Rowids) -> tuple[Rowids, Floats]:
        """The rows of these that are in the index, as given, and their vectors (n, dimension)."""


class FaissIndex:
    """FAISS's flat inner-product index with its own array of rows.

    FAISS's IDMap2 takes duplicate ids silently, and its `remove_ids` is not there for every kind
    of index; so the rows stay outside, and a change builds a new index.

    Attributes:
        rowids: int64 (count,), ascending.
        checksums: int64 (count,), the store's checksums of the rows; zeros when not given.
    """

    def __init__(self, rowids: Rowids, vectors: Floats, checksums: Rowids | None = None) -> None:
        faiss = _faiss()
        if vectors.ndim != 2 or rowids.shape != (len(vectors),):
            raise ValueError(f"{rowids.shape} rows do not fit vectors of shape {vectors.shape}")
        if np.any(np.diff(rowids) <= 0):
            raise ValueError("rows must ascend, without one twice")
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(np.ascontiguousarray(vectors, dtype=np.float32))
        self._flat = flat
        self.rowids = rowids
        self.checksums = np.zeros_like(rowids) if checksums is None else checksums

    @classmethod
    def build(cls, rowids: Rowids, vectors: Floats, checksums: Rowids | None = None) -> FaissIndex:
        """An index of these vectors, shape (n, dimension), under these rows, which ascend.

        Raises:
            ValueError: the shapes do not fit, or the rows do not ascend.
        """
        return cls(rowids, vectors, checksums)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._flat.d)

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return int(self._flat.ntotal)

    @property
    def vectors(self) -> Floats:
        """The vectors, float32 (count, dimension), as FAISS holds them; not to be written to."""
        faiss = _faiss()
        if self.count == 0:
            return np.empty((0, self.dimension), dtype=np.float32)
        values: Floats = faiss.rev_swig_ptr(self._flat.get_xb(), self.count * self.dimension)
        return values.reshape(self.count, self.dimension)

    def search(self, vectors: Floats, k: int, *, allowed: Rowids | None = None) -> list[Hits]:
        """As `VectorIndex.search`.

        Raises:
            ValueError: the vectors have another dimension.
        """
        faiss = _faiss()
        parameters = None
        available = self.count
        if allowed is not None:
            mask = np.isin(self.rowids, allowed)
            available = int(mask.sum())
            selector = faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
            parameters = faiss.SearchParameters(sel=selector)

        def nearest(vector: Floats, n: int) -> tuple[NDArray[np.int64], Floats]:
            scores, positions = self._flat.search(vector[None, :], n, params=parameters)
            return positions[0], scores[0]

        matrix = self.vectors
        if self.count and vectors.shape[1] != self.dimension:
            raise ValueError(
                f"vectors of {vectors.shape[1]} dimensions, the index has {self.dimension}"
            )
        return [
            rank(vector, k, nearest, matrix=matrix, rowids=self.rowids, available=available)
            for vector in np.ascontiguousarray(vectors, dtype=np.float32)
        ]

    def cosines(self, vector: Floats, rowids: Rowids) -> Hits:
        """As `VectorIndex.cosines`."""
        if self.count == 0 or len(rowids) == 0:
            return []
        places = self._places(rowids)
        cosines = _exact(self.vectors, places, vector)
        return list(zip(self.rowids[places].tolist(), cosines.tolist(), strict=True))

    def vectors_of(self, rowids: Rowids) -> tuple[Rowids, Floats]:
        """As `VectorIndex.vectors_of`."""
        if self.count == 0:
            return rowids[:0], self.vectors
        places = self._places(rowids)
        return self.rowids[places], self.vectors[places]

    def _places(self, rowids: Rowids) -> NDArray[np.int64]:
        """Where these rows stand among the vectors, without those that are not there."""
        places = np.minimum(np.searchsorted(self.rowids, rowids), self.count - 1)
        found: NDArray[np.int64] = places[self.rowids[places] == rowids]
        return found

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the index into an existing folder; the names of the files.

        Raises:
            OSError: the folder cannot be written to, or no space is left.
        """
        faiss = _faiss()
        (folder / _VECTORS).write_bytes(faiss.serialize_index(self._flat).data)
        np.save(folder / _ROWIDS, self.rowids, allow_pickle=False)
        np.save(folder / _CHECKSUMS, self.checksums, allow_pickle=False)
        return _VECTORS, _ROWIDS, _CHECKSUMS

    @classmethod
    def load(cls, folder: Path, *, verify: Callable[[Path], None] | None = None) -> FaissIndex:
        """Read an index that `save` wrote.

        Args:
            folder: where it is.
            verify: called with each file before anything in it is believed; raises when the
                file is not what was written. FAISS itself loads a flipped byte in silence.

        Raises:
            IndexFileError: a file is missing, damaged, or does not fit the others.
        """
        faiss = _faiss()
        if verify is not None:
            for name in (_VECTORS, _ROWIDS, _CHECKSUMS):
                verify(folder / name)
        try:
            flat: Any = faiss.read_index(str(folder / _VECTORS))
            rowids: Rowids = np.load(folder / _ROWIDS, allow_pickle=False)
            checksums: Rowids = np.load(folder / _CHECKSUMS, allow_pickle=False)
        except (OSError, ValueError, RuntimeError, EOFError) as error:
            raise _unusable(folder, str(error)) from error
        if not isinstance(flat, faiss.IndexFlatIP) or not (
            rowids.shape == checksums.shape == (flat.ntotal,)
        ):
            raise _unusable(folder, "its files do not fit each other")
        index = cls.__new__(cls)
        index._flat = flat
        index.rowids = rowids
        index.checksums = checksums
        return index


def rank(
    vector: Floats,
    k: int,
    nearest: Callable[[Floats, int], tuple[NDArray[np.int64], Floats]],
    *,
    matrix: Floats,
    rowids: Rowids,
    available: int,
) -> Hits:
    """The `k` best rows for one vector, whatever engine proposes them.

    More than `k` candidates are asked for, and again more, until the last is worse than the
    k-th by more than the engine's rounding; so equal vectors at the border are all seen.

    Args:
        vector: shape (dimension,).
        k: at most so many.
        nearest: the engine: a vector and n to n positions in `matrix`, best first, and scores.
        matrix: the vectors, shape (n, dimension).
        rowids: of the matrix's rows.
        available: how many positions the engine may propose.
    """
    k = min(k, available)
    if k < 1:
        return []
    asked = min(k + _MARGIN, available)
    while True:
        positions, scores = nearest(vector, asked)
        if asked == available or scores[-1] < scores[k - 1] - _ENGINE_NOISE:
            break
        asked = min(2 * asked, available)
    exact = _exact(matrix, positions, vector)
    found = rowids[positions]
    order = np.lexsort((found, -exact))[:k]
    return list(zip(found[order].tolist(), exact[order].tolist(), strict=True))


def _exact(matrix: Floats, places: NDArray[np.int64], vector: Floats) -> NDArray[np.float64]:
    """Cosines of some rows, the same whatever engine proposed them."""
    rows = matrix[places].astype(np.float64)
    cosines: NDArray[np.float64] = np.einsum("nd,d->n", rows, vector.astype(np.float64)).round(9)
    return cosines


def _faiss() -> Any:
    """The library, imported when it is first needed; its types lack what its wrappers add."""
    import faiss

    # A question is one short scan. FAISS's threads wait for each other in a loop, which on a busy
    # machine takes forty times as long as the scan itself.
    faiss.omp_set_num_threads(1)
    return faiss


def _unusable(folder: Path, reason: str) -> IndexFileError:
    return IndexFileError(
        f"the index at {folder} cannot be used: {reason}", "It is rebuilt from the store."
    )
