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
import math
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np
from retrieval_pool import (
    CachingEncoder,
    Paragraphs,
    Part,
    Pool,
    Question,
    read_squad,
)

from embeddings.articles import make_article
from embeddings.chunks import chunk_article, passage_input
from embeddings.copies import is_translated, shared_terms
from embeddings.encoder import FloatMatrix, load_encoder
from qa.retrieve import Evidence, Fusion

MAIN = ("en", "ru", "tr")
EIGHT = (*MAIN, "de", "es", "ro", "el", "ar")
TABLES = ("within", "mixed", "tydi", "eight", "copies")
RRF_K = 60

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


if __name__ == "__main__":
    main()
