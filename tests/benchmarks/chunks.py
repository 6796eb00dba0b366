"""Which sizes of chunks put an answer before the reader: the seeds' test set, by question language.

    python tests/benchmarks/chunks.py [--cache FILE]

A passage is right when it holds a whole acceptable answer. "600 tokens" is the share of questions
whose answer is among the first passages that together have 600 of the encoder's tokens: what is
read costs time, so sizes are compared at the same cost.

This script must not know how passages are found.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import retrieval
from retrieval_pool import CachingEncoder, Part, searching

from embeddings.articles import load_articles
from embeddings.build import index_articles, open_generation
from embeddings.encoder import load_encoder
from embeddings.store import Store
from qa.retrieve import Fusion, retrieve

ROOT = Path(__file__).parents[2]
SIZES = ((100, 1), (150, 0), (150, 1), (200, 1), (250, 0), (250, 1), (300, 1))
PARTS = {
    **{name: each for name, each in retrieval.PARTS.items() if each.fusion is not None},
    "+ other language": replace(retrieval.OTHER, fusion=Fusion(time=0.0)),
    "+ own language of translations": Part(Fusion(time=0.0)),
    "+ time": Part(),
}
LANGUAGES = ("en", "ru", "az", "tr")
TOP = 20
READ_TOKENS = 600


def main() -> None:
    """Print one table of sizes and one of parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="An .npz file to keep vectors in.")
    encoder = CachingEncoder(load_encoder(None), parser.parse_args().cache)
    lines = (ROOT / "tests/testset/seeds.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["answers"]]
    head = " | ".join(LANGUAGES)
    print(f"| tokens, overlap | chunks | {head} | all | {READ_TOKENS} tokens |\n|{'---|' * 8}")
    for size, overlap in SIZES:
        print_row(f"{size}, {overlap}", cases, encoder, size, overlap, Part())
    encoder.save()
    print(f"\n| part | chunks | {head} | all | {READ_TOKENS} tokens |\n|{'---|' * 8}")
    for name, part in PARTS.items():
        print_row(name, cases, encoder, 150, 1, part)


def print_row(
    name: str,
    cases: list[dict[str, Any]],
    encoder: CachingEncoder,
    size: int,
    overlap: int,
    part: Part,
) -> None:
    """Recall at 1 / 5 / 8 passages by language."""
    with (
        searching(part),
        tempfile.TemporaryDirectory() as folder,
        Store.open(
            folder, encoder_identity=encoder.identity, dimension=encoder.dimension, create=True
        ) as store,
    ):
        seeds = load_articles([ROOT / "seeds"])
        index_articles(store, encoder, seeds, chunk_tokens=size, overlap_sentences=overlap)
        found = [rank_and_tokens(case, store, encoder, part.fusion) for case in cases]
        chunks = store.chunk_count
    cells = []
    for language in (*LANGUAGES, None):
        ranks = np.array(
            [
                rank
                for (rank, _), case in zip(found, cases, strict=True)
                if language in {None, case["language"]}
            ]
        )
        cells.append(" / ".join(f"{100 * np.mean(ranks <= k):.0f}" for k in (1, 5, 8)))
    read = 100 * np.mean([tokens <= READ_TOKENS for _, tokens in found])
    print(f"| {name} | {chunks} | {' | '.join(cells)} | {read:.0f} |", flush=True)


def rank_and_tokens(
    case: dict[str, Any], store: Store, encoder: CachingEncoder, fusion: Fusion | None
) -> tuple[int, int]:
    """Rank of the first passage that holds an answer, and the tokens read up to its end."""
    with store.snapshot() as moment:
        found = retrieve(
            case["question"],
            store=moment,
            generation=open_generation(store),
            encoder=encoder,
            language=case["language"],
            filters=None,
            top_k=TOP,
            fusion=fusion,
        )
    tokens = 0
    for rank, passage in enumerate(found.passages, start=1):
        tokens += encoder.count_tokens(passage.text)
        file = Path(found.articles[passage.article_id].origin).stem
        for answer in case["answers"]:
            wanted = answer.get("article") or case["article"]
            inside = passage.start <= answer["start"] and answer["end"] <= passage.end
            if inside and wanted == file:
                return rank, tokens
    return TOP + 1, 1_000_000


if __name__ == "__main__":
    main()
