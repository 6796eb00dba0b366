"""How well the right passage is found: dense, lexical, fused, and each part by itself.

    python tests/benchmarks/retrieval.py FOLDER [--tydi FILE] [--cache FILE] [--every N]

FOLDER holds parallel SQuAD files, one a language, named like `xquad.en.json`; FILE is TyDi QA's
Russian part in the same format. Every paragraph is an article of a temporary store, and the
questions go through the same code as `qa search`. The README beside this file has the tables.
`--every N` asks only each N-th question where fusions are compared and in pools of several
languages, which take most of the time.

This script must not know how passages are found: it switches parts of the search on and off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from unittest.mock import patch

import numpy as np

import qa.retrieve
from embeddings.articles import make_article
from embeddings.build import Generation, index_articles, open_generation
from embeddings.chunks import chunk_article, passage_input
from embeddings.copies import is_translated, shared_terms
from embeddings.encoder import Encoder, FloatMatrix, load_encoder
from embeddings.records import LexicalHit
from embeddings.store import Snapshot, Store
from embeddings.text import terms
from qa.retrieve import Evidence, Fusion, retrieve

DEPTH = 24  # passages asked for, so that ten different articles are among them
MAIN = ("en", "ru", "tr")
EIGHT = (*MAIN, "de", "es", "ro", "el", "ar")
TABLES = ("within", "mixed", "tydi", "eight", "copies")
RRF_K = 60

Paragraphs = list[tuple[str, str | None]]
Ranking = Callable[[Mapping[int, Evidence], Fusion], list[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the n-th paragraph."""

    text: str
    language: str
    paragraph: int


@dataclass(frozen=True)
class Part:
    """One line of a table: a state of the search.

    Attributes:
        fusion: None for the lexical side alone.
        concepts: whether terms have concepts.
        shared_ceiling: whether a chunk in another language is held against shared terms only.
        own_place: whether, of translations, the one in the question's language has the place.
        ranking: instead of `qa.retrieve.fuse`.
    """

    fusion: Fusion | None = field(default_factory=Fusion)
    concepts: bool = True
    shared_ceiling: bool = True
    own_place: bool = True
    ranking: Ranking | None = None


PLAIN = Fusion(other_language=0.0, time=0.0)
DENSE = Part(replace(PLAIN, lexical=0.0), concepts=False, shared_ceiling=False, own_place=False)
LEXICAL = replace(DENSE, fusion=None)
FUSED = replace(DENSE, fusion=PLAIN)
CONCEPTS = replace(FUSED, concepts=True)
CEILING = replace(CONCEPTS, shared_ceiling=True)
OTHER = replace(CEILING, fusion=Fusion())
PARTS = {
    "dense": DENSE,
    "lexical": LEXICAL,
    "dense + lexical": FUSED,
    "+ concepts": CONCEPTS,
    "+ ceiling of shared terms": CEILING,
    "+ other language": OTHER,
    "+ own language of translations": Part(),
}


def reciprocal_ranks(evidence: Mapping[int, Evidence], _: Fusion) -> list[tuple[int, float]]:
    """The sum of 1 / (60 + rank) on both sides (Cormack 2009)."""
    sums = dict.fromkeys(evidence, 0.0)
    for value in (lambda one: one.dense, lambda one: one.lexical):
        best = sorted(evidence, key=lambda row: (-value(evidence[row]), row))
        for rank, row in enumerate(best, start=1):
            if value(evidence[row]) > 0:
                sums[row] += 1 / (RRF_K + rank)
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))


def z_scores(evidence: Mapping[int, Evidence], _: Fusion) -> list[tuple[int, float]]:
    """The sum of both scores, each less its mean and over its deviation among the candidates."""
    rows = list(evidence)
    sums = np.zeros(len(rows))
    for values in (
        np.array([evidence[row].dense for row in rows]),
        np.array([evidence[row].lexical for row in rows]),
    ):
        sums += (values - values.mean()) / max(float(values.std()), 1e-9)
    return sorted(zip(rows, sums.tolist(), strict=True), key=lambda item: (-item[1], item[0]))


def raw_sum(evidence: Mapping[int, Evidence], _: Fusion) -> list[tuple[int, float]]:
    """The cosine and BM25 itself, which adds up to 0.15."""
    scored = {
        row: one.dense + 0.15 * one.lexical / (one.lexical + 12) for row, one in evidence.items()
    }
    return sorted(scored.items(), key=lambda item: (-item[1], item[0]))


# A pool of one language is not changed by what tells languages apart, nor is TyDi's.
ALONE = {name: PARTS[name] for name in ("dense", "lexical", "dense + lexical", "+ concepts")}
ACROSS = ALONE | {"+ ceiling of shared terms": CEILING}
EIGHT_PARTS = {
    name: PARTS[name]
    for name in (
        "dense", "dense + lexical", "+ other language", "+ own language of translations"
    )
}  # fmt: skip

FUSIONS = {
    "reciprocal ranks, k = 60": replace(CEILING, ranking=reciprocal_ranks),
    "z-scores, equal weight": replace(CEILING, ranking=z_scores),
    "cosine + 0.15 BM25 / (BM25 + 12)": replace(CEILING, ranking=raw_sum),
    "cosine + share of BM25 (chosen)": CEILING,
}


class CachingEncoder:
    """An encoder that keeps its vectors, in a file where one is named."""

    def __init__(self, encoder: Encoder, file: Path | None) -> None:
        self._encoder = encoder
        self._file = file
        self._fresh = False
        self.identity, self.dimension = encoder.identity, encoder.dimension
        self.max_tokens = encoder.max_tokens
        self._known: dict[str, FloatMatrix] = {}
        if file is not None and file.exists():
            with np.load(file, allow_pickle=False) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encode("q", texts, self._encoder.encode_questions)

    def encode_passages(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encode("p", texts, self._encoder.encode_passages)

    def _encode(
        self, kind: str, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatMatrix]
    ) -> FloatMatrix:
        keys = [hashlib.sha256((kind + text).encode()).hexdigest() for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if fresh:
            self._fresh = True
            self._known |= dict(zip(fresh, encode(list(fresh.values())), strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        """Keep what was encoded for the next run."""
        if self._file is not None and self._fresh:
            np.savez(self._file, keys=list(self._known), vectors=np.stack([*self._known.values()]))
            self._fresh = False


class Pool:
    """Paragraphs of some languages in a temporary store; `pick` chooses among them."""

    def __init__(
        self,
        texts: Mapping[str, Paragraphs],
        encoder: CachingEncoder,
        folder: Path,
        pick: Callable[[str, int], bool] = lambda language, number: True,
    ) -> None:
        self._articles = [
            make_article(text=text, title=title, language=language, id=f"{language}:{number}")
            for language, paragraphs in texts.items()
            for number, (text, title) in enumerate(paragraphs)
            if pick(language, number)
        ]
        self._folder = folder
        self.ids = {article.id for article in self._articles}
        self.encoder = encoder
        self._stores: dict[bool, tuple[Store, Generation]] = {}
        self._kept: dict[tuple[Question, str], list[str]] = {}

    def ranks(
        self, questions: Sequence[Question], name: str, part: Part, *, own_only: bool = False
    ) -> list[int]:
        """Per question, the rank of the first right article; 0 where none is found.

        Args:
            name: of the part; results are kept under it.
            own_only: only the paragraph in the question's language is right.
        """
        with searching(part):
            store, generation = self._made(part.concepts)
            with store.snapshot() as moment:
                return [
                    self._rank(moment, generation, question, name, part, own_only)
                    for question in questions
                ]

    def _made(self, concepts: bool) -> tuple[Store, Generation]:
        if concepts not in self._stores:
            store = Store.open(
                f"{self._folder}-{concepts}",
                encoder_identity=self.encoder.identity,
                dimension=self.encoder.dimension,
                create=True,
            )
            index_articles(store, self.encoder, self._articles)
            self.encoder.save()
            self._stores[concepts] = store, open_generation(store)
        return self._stores[concepts]

    def _rank(
        self, moment: Snapshot, generation: Generation, question: Question, name: str, part: Part,
        own_only: bool,
    ) -> int:  # fmt: skip
        suffix = f":{question.paragraph}"
        right = {one for one in self.ids if one.endswith(suffix)}
        if own_only:
            right = {question.language + suffix}
        if (question, name) not in self._kept:
            articles = self._found(moment, generation, question, part.fusion)
            self._kept[question, name] = list(dict.fromkeys(articles))
        found = self._kept[question, name]
        return next((rank for rank, one in enumerate(found, start=1) if one in right), 0)

    def _found(
        self, moment: Snapshot, generation: Generation, question: Question, fusion: Fusion | None
    ) -> list[str]:
        if fusion is None:
            hits = moment.lexical_search(terms(question.text, question.language), DEPTH)
            stored = moment.chunks_by_rowid(hit.rowid for hit in hits)
            return [stored[hit.rowid].chunk.article_id for hit in hits]
        found = retrieve(
            question.text,
            store=moment,
            generation=generation,
            encoder=self.encoder,
            language=question.language,
            filters=None,
            top_k=DEPTH,
            fusion=fusion,
        )
        return [passage.article_id for passage in found.passages]


@contextmanager
def searching(part: Part) -> Iterator[None]:
    """The search in the state of `part`."""
    with ExitStack() as stack:
        if not part.concepts:
            stack.enter_context(patch("embeddings.terms.word_concepts", lambda *_: ()))
            stack.enter_context(patch("embeddings.terms.phrase_concepts", lambda *_: []))
        if not part.shared_ceiling:
            search = Snapshot.lexical_search

            def one_ceiling(*given: object) -> list[LexicalHit]:
                return [replace(hit, shared=hit.share) for hit in search(*given)]  # type: ignore[arg-type]

            stack.enter_context(patch.object(Snapshot, "lexical_search", one_ceiling))
        if not part.own_place:
            group = qa.retrieve.group_copies
            stack.enter_context(
                patch("qa.retrieve.group_copies", lambda found, store, **_: group(found, store))
            )
        if part.ranking is not None:
            stack.enter_context(patch("qa.retrieve.fuse", part.ranking))
        yield


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tydi", type=Path, help="TyDi QA's Russian questions, as SQuAD.")
    parser.add_argument("--cache", type=Path, help="An .npz file to keep vectors in.")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    given = parser.parse_args()
    texts, questions = {}, {}
    for language in EIGHT:
        file = next(iter(sorted(given.folder.glob(f"*.{language}.json"))))
        texts[language], questions[language] = read_squad(file, language)
    encoder = CachingEncoder(load_encoder(None), given.cache)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}:"
        f" {Path(sys.argv[0]).name} {' '.join(sys.argv[1:])}"
    )
    with tempfile.TemporaryDirectory() as folder:
        fewer = {language: asked[:: given.every] for language, asked in questions.items()}
        if "within" in given.tables:
            print_within(texts, questions, fewer, encoder, Path(folder))
        if "mixed" in given.tables:
            print_mixed(texts, fewer, encoder, Path(folder))
        if "tydi" in given.tables and given.tydi is not None:
            passages, asked = read_squad(given.tydi, "ru")
            pool = Pool({"ru": passages}, encoder, Path(folder) / "tydi")
            print_table(f"TyDi ru, {len(passages)} passages", {"ru": (pool, asked)}, ALONE)
        if "eight" in given.tables:
            print_eight(texts, fewer, encoder, Path(folder))
    if "copies" in given.tables:
        print_copies({language: texts[language] for language in MAIN}, encoder)


def print_within(
    texts: Mapping[str, Paragraphs],
    questions: Mapping[str, list[Question]],
    fewer: Mapping[str, list[Question]],
    encoder: CachingEncoder,
    folder: Path,
) -> None:
    """Within a language, across languages, and fusions compared."""
    pools = {
        language: Pool({language: texts[language]}, encoder, folder / language) for language in MAIN
    }

    def within(asked: Mapping[str, list[Question]]) -> dict[str, tuple[Pool, list[Question]]]:
        return {language: (pools[language], asked[language]) for language in MAIN}

    def across(asked: Mapping[str, list[Question]]) -> dict[str, tuple[Pool, list[Question]]]:
        return {f"{language} to en": (pools["en"], asked[language]) for language in ("ru", "tr")}

    print_table("questions and passages in one language", within(questions), ALONE)
    print_table("questions ru and tr, passages en", across(questions), ACROSS)
    print_table("fusions compared", within(fewer) | across(fewer), FUSIONS)


def print_mixed(
    texts: Mapping[str, Paragraphs],
    fewer: Mapping[str, list[Question]],
    encoder: CachingEncoder,
    folder: Path,
) -> None:
    """A pool in which each paragraph stands in one language only, as in an archive."""
    mixed = Pool(
        {language: texts[language] for language in MAIN},
        encoder,
        folder / "mixed",
        lambda language, number: MAIN[number % len(MAIN)] == language,
    )
    spread = {language: (mixed, fewer[language]) for language in MAIN}
    print_table("each paragraph in one of three languages", spread, PARTS)


def print_eight(
    texts: Mapping[str, Paragraphs],
    questions: Mapping[str, list[Question]],
    encoder: CachingEncoder,
    folder: Path,
) -> None:
    """All paragraphs in all languages: own language first, any language among three."""
    pool = Pool(texts, encoder, folder / "eight")
    print(f"\n#### eight languages in one pool of {len(pool.ids)}: own first / any in 3\n")
    print(f"| | {' | '.join(EIGHT)} | all |\n|---|{'---|' * (len(EIGHT) + 1)}")
    for name, part in EIGHT_PARTS.items():
        shares = []
        for language in EIGHT:
            own = pool.ranks(questions[language], name, part, own_only=True)
            anywhere = pool.ranks(questions[language], name, part)
            shares.append(
                (np.mean([rank == 1 for rank in own]), np.mean([0 < rank < 4 for rank in anywhere]))
            )
        shares.append(tuple(np.mean(shares, axis=0)))
        cells = [f"{100 * own:.1f} / {100 * anywhere:.1f}" for own, anywhere in shares]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def print_table(
    title: str, asked: Mapping[str, tuple[Pool, list[Question]]], parts: Mapping[str, Part]
) -> None:
    """One line a part: R@1 / R@5 / nDCG@10 of each set of questions."""
    print(f"\n#### {title}\n\n| | {' | '.join(asked)} |\n|---|{'---|' * len(asked)}")
    for name, part in parts.items():
        cells = []
        for pool, questions in asked.values():
            ranks = np.array(pool.ranks(questions, name, part))
            recall = [100 * float(np.mean((ranks > 0) & (ranks <= k))) for k in (1, 5)]
            gains = [1 / math.log2(rank + 1) if 0 < rank <= 10 else 0.0 for rank in ranks]
            cells.append(" / ".join(f"{each:.1f}" for each in (*recall, 100 * np.mean(gains))))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def print_copies(texts: Mapping[str, Paragraphs], encoder: CachingEncoder) -> None:
    """How many translations `is_translated` joins, and how many other paragraphs."""
    print("\n#### translated copies\n\n| | joined | wrongly joined |\n|---|---|---|")
    kept = {
        language: _means(paragraphs, language, encoder) for language, paragraphs in texts.items()
    }
    for one, other in combinations(texts, 2):
        (means, shared), (others, shared_others) = kept[one], kept[other]
        joined = [
            (left, right)
            for left, row in enumerate(means @ others.T)
            for right, cosine in enumerate(row)
            if is_translated(float(cosine), shared[left], shared_others[right])
        ]
        right = sum(left == right for left, right in joined)
        count = len(means)
        print(
            f"| {one}, {other} | {right} of {count} |"
            f" {len(joined) - right} of {count * (count - 1)} |"
        )


def _means(
    paragraphs: Paragraphs, language: str, encoder: CachingEncoder
) -> tuple[FloatMatrix, list[frozenset[str]]]:
    rows = []
    for text, title in paragraphs:
        article = make_article(text=text, title=title, language=language)
        vectors = encoder.encode_passages(
            [passage_input(article, chunk) for chunk in chunk_article(article)]
        )
        mean = vectors.mean(axis=0)
        rows.append(mean / np.linalg.norm(mean))
    return np.stack(rows), [shared_terms(text, language) for text, _ in paragraphs]


def read_squad(file: Path, language: str) -> tuple[Paragraphs, list[Question]]:
    """Paragraphs with their titles, and questions with the numbers of their paragraphs."""
    texts: Paragraphs = []
    questions = []
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            questions += [
                Question(each["question"], language, len(texts)) for each in paragraph["qas"]
            ]
            title = article.get("title")
            texts.append((paragraph["context"], title.replace("_", " ") if title else None))
    return texts, questions


if __name__ == "__main__":
    main()
