"""Gives copies of one passage one place in the results, and names the copies.

Articles are compared only where two of their passages, found for the same question, look alike;
so a store without copies pays for the comparison of a few short texts. Articles that give other
figures in the same words are versions of a story, each with a place of its own.

This module must not know how passages were ranked, nor what is read in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from embeddings.articles import Article
from embeddings.chunks import Chunk
from embeddings.copies import (
    CLOSE_COSINE,
    Figures,
    Shingles,
    containment,
    figures,
    have_other_figures,
    is_republished,
    is_translated,
    kept_text,
    shared_terms,
    shingles,
    speak_of_other_figures,
)
from embeddings.index import VectorIndex
from embeddings.reads import ArticleReads
from embeddings.records import Floats, Rowids

__all__ = ["Candidate", "Grouped", "group_copies"]

_LOOKS_ALIKE = 0.3  # share of a passage's shingles; copies are cut at other sentences
_REPEATED = 0.6  # share of a passage that better ones must hold before it gives up its place
_SAME_PASSAGE = 0.88  # cosine; on XQuAD other paragraphs of one topic stay below
_SAYS_THE_SAME = 0.86  # cosine; only the order depends on it
_MOST_DAYS_APART = 5  # a translation comes within days
_LEAD = 1000  # characters in which a report has named whom and what it is about


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked chunk with its article."""

    rowid: int
    chunk: Chunk
    article: Article

    @property
    def text(self) -> str:
        """The chunk's own text."""
        return self.article.text[self.chunk.start : self.chunk.end]


@dataclass(slots=True)
class Grouped:
    """The result of `group_copies`, and what was compared for it.

    Attributes:
        places: the candidates that keep a place, in their order.
        stood_for: rowids of candidates that a place stands for, by the place's rowid.
        stories: per article id, the ids of the articles with the same story, itself included;
            an article that has no copy is not in it.
    """

    places: list[Candidate] = field(default_factory=list)
    stood_for: dict[int, list[int]] = field(default_factory=dict)
    stories: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def copies_of(self, article_id: str) -> tuple[str, ...]:
        """Ids of the other articles with the same story, in order."""
        story = self.stories.get(article_id, ())
        return tuple(sorted(one for one in story if one != article_id))


def group_copies(
    candidates: Sequence[Candidate],
    store: ArticleReads,
    vectors: VectorIndex,
    *,
    language: str | None = None,
) -> Grouped:
    """Let every passage that repeats better ones stand behind the first of them.

    Args:
        candidates: best first.
        store: what they come from.
        vectors: their vectors, and those of all chunks of their articles.
        language: the asker's. Of translations of one passage, the one in this language has the
            place, wherever the best of them stands.
    """
    found = _Found(candidates, store, vectors)
    places: list[list[int]] = []  # of each place: what is shown, then what it stands for
    pairs: set[tuple[str, ...]] = set()
    for index, candidate in enumerate(candidates):
        repeats: list[tuple[list[int], Shingles]] = []
        for place in places:
            runs = [found.repeated(each, index) for each in place]
            copies = [each for each, held in zip(place, runs, strict=True) if held is not None]
            pairs.update(found.ids(each, index) for each in copies)
            if runs[0] is not None and not any(found.are_versions(each, index) for each in place):
                repeats.append((place, runs[0]))
        repeated = Shingles().union(*(held for _, held in repeats))
        if not repeats or len(repeated) < _REPEATED * len(found.runs[index]):
            places.append([index])
            continue
        first = repeats[0][0]
        shown = candidates[first[0]].article.language
        first.insert(0 if candidate.article.language == language != shown else len(first), index)
    kept = [place[0] for place in places]
    ordered = kept if language is None else _own_first(kept, candidates, found, language)
    return Grouped(
        places=[candidates[index] for index in ordered],
        stood_for={
            candidates[place[0]].rowid: [candidates[index].rowid for index in place[1:]]
            for place in places
            if len(place) > 1
        },
        stories=found.stories(pairs),
    )


def _own_first(
    kept: Sequence[int], candidates: Sequence[Candidate], found: _Found, language: str
) -> list[int]:
    """The places, each passage in the asker's language before one that says the same in another.

    What says the same need not be a translated copy of the whole article: both keep their places.
    Another language is preferred a little in ranking, so that an answer in it is not buried under
    whatever is in the asker's; where the asker's language says the same, that is not wanted.
    """
    ordered = list(kept)
    for index in kept:
        if candidates[index].article.language == language:
            continue
        place = ordered.index(index)
        same = (
            own
            for own in ordered[place + 1 :]
            if candidates[own].article.language == language
            and found.cosine(index, own) >= _SAYS_THE_SAME
        )
        own = next(same, None)
        if own is not None:
            ordered.remove(own)
            ordered.insert(place, own)
    return ordered


class _Found:
    """The candidates of one question, compared by their places among them."""

    def __init__(
        self, candidates: Sequence[Candidate], store: ArticleReads, index: VectorIndex
    ) -> None:
        self._candidates = candidates
        self.runs = [shingles(candidate.text) for candidate in candidates]
        self._vectors = _vectors(index, candidates)
        self._articles = _Articles([each.article.id for each in candidates], store, index)

    def repeated(self, place: int, index: int) -> Shingles | None:
        """The shingles of the passage at `index` that the one at `place` holds; None where their
        articles do not carry the same story."""
        one, other = self._candidates[place].article, self._candidates[index].article
        if one.id == other.id:
            return None
        if containment(self.runs[place], self.runs[index]) >= _LOOKS_ALIKE:
            same = self._articles.republished(one, other)
            return self.runs[place] & self.runs[index] if same else None
        if one.language == other.language:
            return None
        cosine = self.cosine(place, index)
        if cosine < CLOSE_COSINE or not self._articles.translated(one, other):
            return None
        return self.runs[index] if cosine >= _SAME_PASSAGE else frozenset()

    def ids(self, place: int, index: int) -> tuple[str, ...]:
        """Of both articles, in order."""
        return tuple(sorted(self._candidates[each].article.id for each in (place, index)))

    def are_versions(self, place: int, index: int) -> bool:
        """Whether the articles of two candidates give other figures in the same words."""
        one, other = self._candidates[place].article, self._candidates[index].article
        return self._articles.are_versions(one, other)

    def cosine(self, place: int, index: int) -> float:
        """Of two candidates in different languages."""
        return float(self._vectors[place] @ self._vectors[index])

    def stories(self, pairs: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """See `Grouped.stories`; made of pairs of copies, whatever order these were found in.

        What is a copy of two versions, one cut before the figures differ, is counted to one.
        """
        articles = {each.article.id: each.article for each in self._candidates}
        stories: dict[str, tuple[str, ...]] = {}
        for one, other in sorted(pairs):
            here, there = stories.get(one, (one,)), stories.get(other, (other,))
            if here is there or any(
                self._articles.are_versions(articles[first], articles[second])
                for first in here
                for second in there
            ):
                continue
            joined = tuple(sorted({*here, *there}))
            stories.update(dict.fromkeys(joined, joined))
        return stories


class _Articles:
    """Compares articles, each prepared once."""

    def __init__(self, ids: Sequence[str], store: ArticleReads, index: VectorIndex) -> None:
        self._ids = ids
        self._store = store
        self._index = index
        self._rows: Mapping[str, Rowids] | None = None
        self._shingles: dict[str, Shingles] = {}
        self._shared: dict[str, frozenset[str]] = {}
        self._means: dict[str, Floats] = {}
        self._texts: dict[str, str] = {}
        self._figures: dict[str, Figures] = {}
        self._known: dict[tuple[str, str], bool] = {}
        self._versions: dict[tuple[str, str], bool] = {}

    def republished(self, one: Article, other: Article) -> bool:
        pair = (min(one.id, other.id), max(one.id, other.id))
        if pair not in self._known:
            self._known[pair] = one.sha256 == other.sha256 or (
                is_republished(self._shingles_of(one), self._shingles_of(other))
                and not self.are_versions(one, other)
            )
        return self._known[pair]

    def translated(self, one: Article, other: Article) -> bool:
        pair = (min(one.id, other.id), max(one.id, other.id))
        if pair not in self._known:
            cosine = float(self._mean_of(one) @ self._mean_of(other))
            self._known[pair] = (
                _days_apart(one, other) <= _MOST_DAYS_APART
                and is_translated(cosine, self._shared_of(one), self._shared_of(other))
                and not self.are_versions(one, other)
            )
        return self._known[pair]

    def are_versions(self, one: Article, other: Article) -> bool:
        """Whether two articles that are one story otherwise differ in their figures."""
        pair = (min(one.id, other.id), max(one.id, other.id))
        if pair not in self._versions:
            self._versions[pair] = (
                have_other_figures(self._figures_of(one), self._figures_of(other))
                if one.language == other.language
                else speak_of_other_figures(self._text_of(one), self._text_of(other), lead=_LEAD)
            )
        return self._versions[pair]

    def _text_of(self, article: Article) -> str:
        if article.id not in self._texts:
            self._texts[article.id] = kept_text(article.text, article.excluded)
        return self._texts[article.id]

    def _figures_of(self, article: Article) -> Figures:
        if article.id not in self._figures:
            self._figures[article.id] = figures(self._text_of(article))
        return self._figures[article.id]

    def _shingles_of(self, article: Article) -> Shingles:
        if article.id not in self._shingles:
            self._shingles[article.id] = shingles(self._text_of(article))
        return self._shingles[article.id]

    def _shared_of(self, article: Article) -> frozenset[str]:
        if article.id not in self._shared:
            lead = self._text_of(article)[:_LEAD]
            self._shared[article.id] = _lead_terms(lead, article.language)
        return self._shared[article.id]

    def _mean_of(self, article: Article) -> Floats:
        if self._rows is None:
            self._rows = self._store.chunk_rows(dict.fromkeys(self._ids))
        if article.id not in self._means:
            _, vectors = self._index.vectors_of(self._rows[article.id])
            mean: Floats = vectors.mean(axis=0)
            self._means[article.id] = mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))
        return self._means[article.id]


@lru_cache(maxsize=1024)
def _lead_terms(lead: str, language: str) -> frozenset[str]:
    """The terms of an article that one question after another finds. A cache."""
    return shared_terms(lead, language)


def _vectors(index: VectorIndex, candidates: Sequence[Candidate]) -> Mapping[int, Floats]:
    """By place; empty where all are in one language, since only translations need them."""
    if len({candidate.article.language for candidate in candidates}) < 2:
        return {}
    rows = np.array([candidate.rowid for candidate in candidates], dtype=np.int64)
    found, matrix = index.vectors_of(rows)
    at = {int(rowid): place for place, rowid in enumerate(found)}
    return {index: matrix[at[candidate.rowid]] for index, candidate in enumerate(candidates)}


def _days_apart(one: Article, other: Article) -> int:
    if one.published_at is None or other.published_at is None:
        return 0
    return abs((one.published_at - other.published_at).days)
