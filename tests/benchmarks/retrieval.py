"""How well the right passage is found: dense, lexical, fused, and each part by itself.

    python tests/benchmarks/retrieval.py FOLDER [--languages en ru tr] [--cache FILE]

FOLDER holds parallel SQuAD files, one a language, named like `xquad.en.json`. Every paragraph is
an article of a temporary store, and the questions go through the same code as `qa search`.
The README beside this file has the tables it printed.

This script must not know how passages are found: it switches `Fusion`'s parts on and off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from embeddings.articles import make_article
from embeddings.build import Generation, index_articles, open_generation
from embeddings.chunks import chunk_article, passage_input
from embeddings.copies import is_translated, shared_terms
from embeddings.encoder import Encoder, FloatMatrix, load_encoder
from embeddings.store import Snapshot, Store
from embeddings.text import terms
from qa.retrieve import Fusion, retrieve

DEPTH = 24  # passages asked for, so that ten different articles are among them
DENSE = Fusion(lexical=0.0, other_language=0.0, time=0.0)
FUSED = Fusion(other_language=0.0, time=0.0)
PARTS = {"dense": DENSE, "lexical": None, "dense + lexical": FUSED, "+ other language": Fusion()}


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the n-th paragraph."""

    text: str
    language: str
    paragraph: int


class CachingEncoder:
    """An encoder that keeps its vectors, in a file where one is named."""

    def __init__(self, encoder: Encoder, file: Path | None) -> None:
        self._encoder = encoder
        self._file = file
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
            self._known |= dict(zip(fresh, encode(list(fresh.values())), strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        """Keep what was encoded for the next run."""
        if self._file is not None:
            np.savez(self._file, keys=list(self._known), vectors=np.stack([*self._known.values()]))


class Pool:
    """Paragraphs of some languages in a temporary store; `pick` chooses among them."""

    def __init__(
        self,
        texts: dict[str, list[tuple[str, str | None]]],
        encoder: CachingEncoder,
        folder: Path,
        pick: Callable[[str, int], bool] = lambda language, number: True,
    ) -> None:
        store = Store.open(
            folder, encoder_identity=encoder.identity, dimension=encoder.dimension, create=True
        )
        articles = [
            make_article(text=text, title=title, language=language, id=f"{language}:{number}")
            for language, paragraphs in texts.items()
            for number, (text, title) in enumerate(paragraphs)
            if pick(language, number)
        ]
        self.ids = {article.id for article in articles}
        index_articles(store, encoder, articles)
        self.store, self.encoder = store, encoder
        self.generation: Generation = open_generation(store)
        self._kept: dict[tuple[Question, Fusion | None], list[str]] = {}

    def ranks(
        self, questions: Sequence[Question], fusion: Fusion | None, own_only: bool
    ) -> list[int]:
        """Per question, the rank of the first right article; 0 where none is found."""
        with self.store.snapshot() as moment:
            return [self._rank(moment, question, fusion, own_only) for question in questions]

    def _rank(
        self, moment: Snapshot, question: Question, fusion: Fusion | None, own_only: bool
    ) -> int:
        suffix = f":{question.paragraph}"
        right = {one for one in self.ids if one.endswith(suffix)}
        if own_only:
            right = {question.language + suffix}
        if (question, fusion) not in self._kept:
            articles = self._found(moment, question, fusion)
            self._kept[question, fusion] = list(dict.fromkeys(articles))
        found = self._kept[question, fusion]
        return next((rank for rank, one in enumerate(found, start=1) if one in right), 0)

    def _found(self, moment: Snapshot, question: Question, fusion: Fusion | None) -> list[str]:
        if fusion is None:
            hits = moment.lexical_search(terms(question.text, question.language), DEPTH)
            stored = moment.chunks_by_rowid(hit.rowid for hit in hits)
            return [stored[hit.rowid].chunk.article_id for hit in hits]
        found = retrieve(
            question.text,
            store=moment,
            generation=self.generation,
            encoder=self.encoder,
            language=question.language,
            filters=None,
            top_k=DEPTH,
            fusion=fusion,
        )
        return [passage.article_id for passage in found.passages]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", nargs="+", default=["en", "ru", "tr"])
    parser.add_argument("--cache", type=Path, help="An .npz file to keep vectors in.")
    given = parser.parse_args()
    languages: list[str] = given.languages
    texts, questions = {}, {}
    for language in languages:
        texts[language], questions[language] = read_squad(given.folder, language)
    encoder = CachingEncoder(load_encoder(None), given.cache)
    with tempfile.TemporaryDirectory() as folder:
        for title, pool, asked, own in cases(texts, questions, encoder, Path(folder)):
            encoder.save()
            print_table(title, pool, asked, own_only=own)
    print_copies(texts, encoder)


def cases(
    texts: dict[str, list[tuple[str, str | None]]],
    questions: dict[str, list[Question]],
    encoder: CachingEncoder,
    folder: Path,
) -> list[tuple[str, Pool, dict[str, list[Question]], bool]]:
    """Title, pool, questions and whether only the question's own language is right."""
    languages = list(texts)
    first = languages[0]
    made: list[tuple[str, Pool, dict[str, list[Question]], bool]] = []
    for language in languages:
        pool = Pool({language: texts[language]}, encoder, folder / language)
        made.append((f"passages {language}", pool, {language: questions[language]}, False))
        if language == first:
            others = {one: questions[one] for one in languages if one != first}
            made.append((f"across languages, passages {first}", pool, others, False))
    every = Pool(texts, encoder, folder / "all")
    made.append(("all languages in one pool, own language", every, questions, True))
    made.append(("all languages in one pool, any language", every, questions, False))

    def in_turn(language: str, number: int) -> bool:
        return languages[number % len(languages)] == language

    mixed = Pool(texts, encoder, folder / "mixed", in_turn)
    made.append(("mixed pool, each paragraph in one language", mixed, questions, False))
    return made


def print_table(
    title: str, pool: Pool, asked: dict[str, list[Question]], *, own_only: bool
) -> None:
    """One line a part: R@1 / R@3 / R@5 / nDCG@10 in each language of questions."""
    print(f"\n### {title}\n\n| | {' | '.join(asked)} | ms |\n|---|{'---|' * (len(asked) + 1)}")
    for name, fusion in PARTS.items():
        cells = []
        started = time.perf_counter()
        for questions in asked.values():
            ranks = np.array(pool.ranks(questions, fusion, own_only))
            recall = [100 * float(np.mean((ranks > 0) & (ranks <= k))) for k in (1, 3, 5)]
            gains = [1 / math.log2(rank + 1) if 0 < rank <= 10 else 0.0 for rank in ranks]
            cells.append(" / ".join(f"{each:.1f}" for each in (*recall, 100 * np.mean(gains))))
        count = sum(len(questions) for questions in asked.values())
        spent = (time.perf_counter() - started) * 1000 / count
        print(f"| {name} | {' | '.join(cells)} | {spent:.1f} |", flush=True)


def print_copies(texts: dict[str, list[tuple[str, str | None]]], encoder: CachingEncoder) -> None:
    """How many translations `is_translated` joins, and how many other paragraphs."""
    print("\n### translated copies\n\n| | joined | wrongly joined |\n|---|---|---|")
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
    paragraphs: Sequence[tuple[str, str | None]], language: str, encoder: CachingEncoder
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


def read_squad(folder: Path, language: str) -> tuple[list[tuple[str, str | None]], list[Question]]:
    """Paragraphs with their titles, and questions with the numbers of their paragraphs."""
    file = next(iter(sorted(folder.glob(f"*.{language}.json"))))
    texts: list[tuple[str, str | None]] = []
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
