"""How long retrieval takes without encoding, at 10,000 chunks.

    python tests/benchmarks/speed.py --store STORE
    python tests/benchmarks/speed.py ARTICLES... [--chunks 10000] [--keep DIR]

STORE is one that `qa index` made; the questions of the seeds' test set are put to it, each once,
encoded beforehand.

ARTICLES are files or folders, as for `qa index`; they are repeated under new ids, each round with
its words in another order, until there are enough chunks. Questions are sentences of the articles
with every third word left out, so that they are as long as questions are and their words are as
frequent. Vectors are sums of random ones, one a word: the time does not depend on what they mean.

Prints the median and the 95th percentile of wall and of processor time, in milliseconds: the
second says what an idle machine would show where this one is busy. `--profile` adds where the
time goes; `--keep` names a folder in which the store is kept for the next run.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import random
import re
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from embeddings.articles import Article, load_articles, make_article
from embeddings.build import Generation, index_articles, open_generation
from embeddings.encoder import Encoder, FloatMatrix, load_encoder
from embeddings.language import detect_language
from embeddings.store import Filters, Snapshot, Store
from embeddings.text import sentences, terms
from qa.retrieve import retrieve

QUESTIONS = 300
TOP_K = 8
FILTERS = {"all articles": None, "--language ru": Filters(languages=("ru",))}
QUESTION_FILE = Path(__file__).parents[1] / "testset" / "seeds.jsonl"
_WORD = re.compile(r"[^\W_]+")


class BagEncoder:
    """Vectors of the right shape in no time."""

    identity, dimension, max_tokens = "bag", 384, 512

    def count_tokens(self, text: str) -> int:
        return len(text) // 4

    def encode_passages(self, texts: Sequence[str]) -> FloatMatrix:
        return np.stack([self._vector(text) for text in texts])

    encode_questions = encode_passages

    def _vector(self, text: str) -> FloatMatrix:
        words = _WORD.findall(text.casefold()) or [""]
        made = np.sum([_word_vector(word) for word in words], axis=0) + 8  # as alike as E5's are
        return (made / np.linalg.norm(made)).astype(np.float32)


@lru_cache(maxsize=1 << 16)
def _word_vector(word: str) -> FloatMatrix:
    made = np.random.default_rng(zlib.crc32(word.encode())).normal(size=BagEncoder.dimension)
    return made.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    language: str


class KnownEncoder:
    """The vectors of the questions, made before anything is timed."""

    def __init__(self, encoder: Encoder, asked: Sequence[Asked]) -> None:
        self.identity, self.dimension = encoder.identity, encoder.dimension
        self.max_tokens, self.count_tokens = encoder.max_tokens, encoder.count_tokens
        self.encode_passages = encoder.encode_passages
        self._vectors = {each.text: encoder.encode_questions([each.text]) for each in asked}

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        return self._vectors[texts[0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=Path, nargs="*")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    if (given.store is None) == (not given.articles):
        parser.error("name a --store or articles")
    if given.store is not None:
        encoder = load_encoder()
        store = Store.open(
            given.store, encoder_identity=encoder.identity, dimension=encoder.dimension
        )
        asked = _test_set()
        _report(store, asked, KnownEncoder(encoder, asked), profile=given.profile)
        store.close()
        return
    articles = [each for each in load_articles(given.articles) if isinstance(each, Article)]
    with tempfile.TemporaryDirectory() as folder:
        store = _filled(given.keep or Path(folder), articles, given.chunks)
        _report(store, _questions(articles), BagEncoder(), profile=given.profile)
        store.close()


def _filled(folder: Path, articles: Sequence[Article], chunks: int) -> Store:
    encoder = BagEncoder()
    store = Store.open(
        folder, encoder_identity=encoder.identity, dimension=encoder.dimension, create=True
    )
    endless = _again_and_again(articles)
    while store.chunk_count < chunks:
        index_articles(store, encoder, [next(endless) for _ in range(100)])
    return store


def _again_and_again(articles: Sequence[Article]) -> Iterator[Article]:
    yield from articles
    order = random.Random(1)
    turn = 1
    while True:
        for article in articles:
            words = article.text.split(" ")
            order.shuffle(words)
            yield make_article(
                text=" ".join(words), id=f"{article.id}-{turn}", language=article.language
            )
        turn += 1


def _questions(articles: Sequence[Article]) -> list[Asked]:
    chosen = random.Random(2).choices(articles, k=QUESTIONS)
    asked = []
    for number, article in enumerate(chosen):
        ranges = sentences(article.text, article.language)
        start, end = ranges[number % len(ranges)]
        words = article.text[start:end].split()[:15]
        kept = [word for place, word in enumerate(words) if place % 3 != 2]
        asked.append(Asked(" ".join(kept), article.language))
    return asked


def _test_set() -> list[Asked]:
    lines = QUESTION_FILE.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["question"] for line in lines]
    return [Asked(text, detect_language(text)) for text in texts]


def _report(
    store: Store, asked: Sequence[Asked], encoder: BagEncoder | KnownEncoder, *, profile: bool
) -> None:
    generation = open_generation(store)
    print(
        f"{generation.index.count} chunks, {len(asked)} questions, top {TOP_K};"
        f" load {os.getloadavg()[0]:.1f}, {datetime.now(UTC):%Y-%m-%d}\n"
    )
    print("| | wall p50 | wall p95 | processor p50 | processor p95 |\n|---|---|---|---|---|")
    with store.snapshot() as moment:
        for name, run in _runs(moment, generation, encoder).items():
            if isinstance(encoder, BagEncoder):
                for each in asked[:20]:
                    run(each)
            _print_row(name, [_timed(run, each) for each in asked])
        if profile:
            whole = _runs(moment, generation, encoder)["all articles"]
            profiler = cProfile.Profile()
            profiler.enable()
            for each in asked:
                whole(each)
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def _runs(
    moment: Snapshot, generation: Generation, encoder: BagEncoder | KnownEncoder
) -> dict[str, Callable[[Asked], float]]:
    """What is timed, by name; each gives the milliseconds that are not its own."""

    def whole(filters: Filters | None) -> Callable[[Asked], float]:
        def run(each: Asked) -> float:
            return retrieve(
                each.text, store=moment, generation=generation, encoder=encoder,
                language=each.language, filters=filters, top_k=TOP_K,
            ).encode_ms  # fmt: skip

        return run

    def lexical(each: Asked) -> float:
        moment.lexical_search(terms(each.text, each.language), 128)
        return 0.0

    def dense(each: Asked) -> float:
        started = time.thread_time()
        vector = encoder.encode_questions([each.text])
        encoded = (time.thread_time() - started) * 1000
        generation.index.search(vector, 128)
        return encoded

    runs: dict[str, Callable[[Asked], float]] = {
        name: whole(filters) for name, filters in FILTERS.items()
    }
    return runs | {"its lexical part": lexical, "its dense part": dense}


def _timed(run: Callable[[Asked], float], each: Asked) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.thread_time()
    encoding = run(each)
    return (
        (time.perf_counter() - wall) * 1000 - encoding,
        (time.thread_time() - processor) * 1000 - encoding,
    )


def _print_row(name: str, taken: Sequence[tuple[float, float]]) -> None:
    cells = [f"{np.percentile(each, q):.1f}" for each in zip(*taken, strict=True) for q in (50, 95)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
