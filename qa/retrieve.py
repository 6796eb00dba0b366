"""Finds the passages nearest to a question: dense and lexical candidates, fused.

Dense: cosine of the question's vector with each chunk's. Lexical: BM25 over folded, stemmed terms
in the store. Each side proposes its best candidates, every candidate gets both scores, `fuse`
ranks them, and copies of one passage share one place. Filters apply before either side looks, so
a filter never starves a result. A phrase in quotes proposes the chunks that hold it, and lifts
them above the others; it removes none.

This module must not know how an answer is found in a passage, or that there are answers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.build import Generation
from embeddings.encoder import Encoder
from embeddings.index import VectorIndex
from embeddings.reads import ArticleReads
from embeddings.records import ChunkFacts, LexicalHit
from embeddings.store import Filters
from embeddings.terms import phrase_terms
from embeddings.text import fold_text, terms, words
from qa.clusters import Candidate, Grouped, group_copies
from qa.models import Passage, Scores
from qa.question import quoted_places
from qa.timing import Period, named_period, time_score

__all__ = [
    "Evidence",
    "Fusion",
    "Retrieved",
    "fuse",
    "quoted_phrases",
    "removed_by_each",
    "retrieve",
]

_MAX_PHRASES = 8
_PHRASE_LANGUAGES = ("en", "ru", "az")  # Turkish has Azerbaijani's terms
_CONTEXT_HOLDS = 0.5


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the scores of a chunk become one; `fuse` has the formula.

    `python tests/benchmarks/retrieval.py` prints the tables that the values were chosen from.

    Attributes:
        lexical: the most that a lexical match can add, in units of cosine.
        lexical_half: the share of the question's weight (BM25 over its ceiling) that adds half
            of that. BM25 itself has no upper end and grows with the question's length; its share
            of what it could be at most is small where only chance words meet. Across languages
            only the terms that languages share count as what it could be.
        other_language: what a chunk in another language than the question's is given. An encoder
            puts texts of one language nearer to each other whatever they say; without this,
            whatever is in the question's language stands before an answer in another.
        time: what the article's day adds or takes at most, where the question names a time.
        phrase: what a chunk is given that holds the phrases which the question has in quotes:
            more than the full lexical match of one that holds their words scattered, and as much
            as tells a fitting chunk's cosine from any other's. Given to a few at most, it moves
            no others among themselves.
        candidates: how many each side proposes at least; twice the passages asked for, so that
            copies do not use them up.
    """

    lexical: float = 0.2
    lexical_half: float = 0.4
    other_language: float = 0.03
    time: float = 0.03
    phrase: float = 0.2
    candidates: int = 64


class Evidence(NamedTuple):
    """What is known of one candidate before it is ranked; a tuple, since there are a hundred.

    Attributes:
        dense: cosine of question and chunk.
        lexical: BM25, 0 or more; 0 for one that the lexical side did not return.
        share: BM25 over its ceiling for this question in the article's language, 0 to 1.
        same_language: whether question and article are in one language.
        time: see `qa.timing.time_score`.
        phrase: the share of the question's phrases in quotes that the chunk holds, half of it
            for one that only its context holds (its headline, the sentence before it).
    """

    dense: float
    lexical: float = 0.0
    share: float = 0.0
    same_language: bool = True
    time: float = 0.0
    phrase: float = 0.0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Passages, best first, and what it took.

    Attributes:
        articles: by id the articles that were looked at: those of the passages, and their copies.
        allowed: number of chunks that passed the filters; None without filters.
        terms: what the lexical side looked for.
        period: the time that the question names, if it names one.
        candidates: how many chunks were ranked.
        stood_for: how many passages of copies a passage stands for, by its chunk id.
        evidence: of each passage, by its chunk id.
        fusion: what ranked them.
    """

    passages: tuple[Passage, ...]
    articles: Mapping[str, Article]
    allowed: int | None
    encode_ms: float
    retrieve_ms: float
    terms: tuple[str, ...] = ()
    period: Period | None = None
    candidates: int = 0
    stood_for: Mapping[str, int] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    fusion: Fusion = field(default_factory=Fusion)


def removed_by_each(store: ArticleReads, filters: Filters) -> dict[str, int]:
    """How many articles each filter removes by itself, by its name."""
    everything = store.article_count
    return {
        name: everything - store.count_articles(one) for name, one in filters.each_alone().items()
    }


def fuse(evidence: Mapping[int, Evidence], fusion: Fusion) -> list[tuple[int, float]]:
    """Rank chunks, best first; ties go to the smaller rowid.

    `dense + lexical * share / (share + lexical_half) + other_language * [other language]
    + time * time_score + phrase * [share of the phrases in quotes]`.
    """
    scored = [(rowid, _score(one, fusion)) for rowid, one in evidence.items()]
    return sorted(scored, key=lambda item: (-item[1], item[0]))


def _score(one: Evidence, fusion: Fusion) -> float:
    dense, _, share, same_language, day, phrase = one
    lexical = fusion.lexical * share / (share + fusion.lexical_half)
    other = 0.0 if same_language else fusion.other_language
    return dense + lexical + other + fusion.time * day + fusion.phrase * phrase


def quoted_phrases(question: str) -> tuple[str, ...]:
    """What the question has in quotes of any kind: folded, the words with one space between.

    Only runs of two words or more, since a word is searched for anyway; the first eight.
    """
    found: dict[str, None] = {}
    for place in quoted_places(question):
        inside = question[slice(*place)]
        held = [fold_text(inside[start:end]) for start, end in words(inside)]
        if len(held) > 1:
            found[" ".join(held)] = None
    return tuple(found)[:_MAX_PHRASES]


def retrieve(
    question: str,
    *,
    store: ArticleReads,
    generation: Generation,
    encoder: Encoder,
    language: str,
    filters: Filters | None,
    top_k: int,
    fusion: Fusion | None = None,
) -> Retrieved:
    """The `top_k` passages nearest to `question`, best first, copies behind one of them.

    Args:
        store: a snapshot of the store, at the generation's moment, so that terms, vectors, chunks
            and articles agree.
        generation: the vectors.
        language: the question's, which its terms are stemmed by.

    Raises:
        EncoderError: the question cannot be encoded.
        StoreError: the store cannot be read.
    """
    settings = Fusion() if fusion is None else fusion
    started = time.perf_counter()
    vector = encoder.encode_questions([question])
    encoded = time.perf_counter()

    search = _Search(store, generation, filters, max(settings.candidates, 2 * top_k))
    wanted = terms(question, language)
    period = named_period(question)
    evidence = search.evidence(vector, wanted, language, period, quoted_phrases(question))
    ranked = fuse(evidence, settings)
    grouped, articles = _grouped(store, generation.index, ranked, top_k, language)
    scores = dict(ranked)
    passages = tuple(
        _passage(place, evidence[place.rowid], scores[place.rowid], period, grouped)
        for place in grouped.places[:top_k]
    )
    done = time.perf_counter()
    return Retrieved(
        passages=passages,
        articles=articles,
        allowed=None if search.allowed is None else len(search.allowed),
        encode_ms=(encoded - started) * 1000,
        retrieve_ms=(done - encoded) * 1000,
        terms=tuple(dict.fromkeys(wanted)),
        period=period,
        candidates=len(ranked),
        stood_for={
            place.chunk.id: len(grouped.stood_for[place.rowid])
            for place in grouped.places[:top_k]
            if place.rowid in grouped.stood_for
        },
        evidence={place.chunk.id: evidence[place.rowid] for place in grouped.places[:top_k]},
        fusion=settings,
    )


class _Search:
    """Both sides' candidates, under one set of filters."""

    def __init__(
        self, store: ArticleReads, generation: Generation, filters: Filters | None, count: int
    ) -> None:
        self._store = store
        self._generation = generation
        self._filters = filters
        self._count = count
        self.allowed = store.allowed_rowids(filters) if filters is not None else None

    def evidence(
        self,
        vector: np.ndarray,
        wanted: Sequence[str],
        language: str,
        period: Period | None,
        phrases: Sequence[str] = (),
    ) -> dict[int, Evidence]:
        hits = self._store.lexical_search(wanted, self._count, self._filters)
        lexical = {hit.rowid: hit for hit in hits}
        near = self._near(phrases, language)
        dense = self._dense(vector, set(lexical), near)
        facts = self._store.chunk_facts(dense)
        found = {
            rowid: _evidence(cosine, lexical.get(rowid), facts[rowid], language, period)
            for rowid, cosine in dense.items()
        }
        held = self._held(phrases, [rowid for rowid in near.tolist() if rowid in found])
        return found | {rowid: found[rowid]._replace(phrase=share) for rowid, share in held.items()}

    def _dense(
        self, vector: np.ndarray, lexical: set[int], near: NDArray[np.int64]
    ) -> dict[int, float]:
        index = self._generation.index
        dense = dict(index.search(vector, self._count, allowed=self.allowed)[0])
        if len(near):
            dense |= dict(index.search(vector, self._count, allowed=near)[0])
        missing = np.array(sorted(lexical.difference(dense)), dtype=np.int64)
        return dense | dict(index.cosines(vector[0], missing))

    def _near(self, phrases: Sequence[str], language: str) -> NDArray[np.int64]:
        """Rows that pass and whose terms hold a phrase's, in whatever language either is."""
        if not phrases:
            return np.empty(0, dtype=np.int64)
        languages = dict.fromkeys((language, *_PHRASE_LANGUAGES))
        sought = {phrase_terms(phrase, one) for phrase in phrases for one in languages}
        near = self._store.chunks_holding_in_a_row(sorted(sought))
        return near if self.allowed is None else near[np.isin(near, self.allowed)]

    def _held(self, phrases: Sequence[str], rowids: Sequence[int]) -> dict[int, float]:
        """The share of the phrases that each of these chunks holds word for word, where any."""
        if not rowids:
            return {}
        patterns = [_phrase_pattern(phrase) for phrase in phrases]
        held: dict[int, float] = {}
        for rowid, (text, context) in self._store.chunk_texts(rowids).items():
            folded, beside = fold_text(text), fold_text(context)
            shares = (
                1.0 if one.search(folded) else _CONTEXT_HOLDS if one.search(beside) else 0.0
                for one in patterns
            )
            held[rowid] = sum(shares) / len(patterns)
        return held


def _phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Whatever stands between the words of a phrase, line breaks too, is as good as a space."""
    between = r"\W{1,4}"
    return re.compile(rf"(?<!\w){between.join(map(re.escape, phrase.split()))}(?!\w)")


def _evidence(
    cosine: float, hit: LexicalHit | None, facts: ChunkFacts, language: str, period: Period | None
) -> Evidence:
    same_language = facts.language == language
    day = 0.0 if period is None else time_score(facts.published_at, period)
    if hit is None:
        return Evidence(cosine, 0.0, 0.0, same_language, day)
    share = hit.share if same_language else hit.shared
    return Evidence(cosine, max(hit.score, 0.0), share, same_language, day)


def _grouped(
    store: ArticleReads,
    index: VectorIndex,
    ranked: Sequence[tuple[int, float]],
    top_k: int,
    language: str,
) -> tuple[Grouped, dict[str, Article]]:
    """Candidates in places, looking further down while copies leave places free."""
    looked = top_k + top_k // 2
    while True:
        rowids = [rowid for rowid, _ in ranked[:looked]]
        stored = store.chunks_by_rowid(rowids)
        articles = store.articles({item.chunk.article_id for item in stored.values()})
        chunks = [stored[rowid].chunk for rowid in rowids]
        grouped = group_copies(
            [
                Candidate(rowid, chunk, articles[chunk.article_id])
                for rowid, chunk in zip(rowids, chunks, strict=True)
            ],
            store,
            index,
            language=language,
        )
        if len(grouped.places) >= top_k or looked >= len(ranked):
            return grouped, articles
        looked *= 4


def _passage(
    place: Candidate,
    evidence: Evidence,
    fused: float,
    period: Period | None,
    grouped: Grouped,
) -> Passage:
    article, chunk = place.article, place.chunk
    return Passage(
        article_id=article.id,
        chunk_id=chunk.id,
        start=chunk.start,
        end=chunk.end,
        text=place.text,
        scores=Scores(
            dense=evidence.dense,
            lexical=evidence.lexical,
            time=None if period is None else evidence.time,
            fused=fused,
        ),
        title=article.title,
        source=article.source,
        published_at=article.published_at,
        language=article.language,
        sentences=chunk.sentences,
        context=chunk.context,
        duplicates=grouped.copies_of(article.id),
    )
