"""Would a second stage put better passages first? Late interaction, and the reader's own score.

    python tests/benchmarks/second_stage.py [--cache FILE]

The seeds' test set, all languages together. The first ten passages of each question are ranked
anew by their fused score plus a weight times the second stage's. Late interaction: the mean, over
the question's tokens, of the highest cosine with any token of the passage, last hidden states of
the encoder (Khattab and Zaharia 2020). Reader: the log-odds of its best span in the passage.
Milliseconds are those of one processor for one question's ten passages; for late interaction
without encoding the passages, whose token vectors an index would have to hold (200 times the
space).

This script must not know how passages are found.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chunks import ROOT
from retrieval_pool import CachingEncoder

from embeddings.articles import load_articles
from embeddings.build import index_articles, open_generation
from embeddings.bundled import BUNDLED_NAME, unpack_bundled
from embeddings.encoder import FloatMatrix, LightEncoder, load_encoder
from embeddings.modelfolder import open_tensors, read_model_folder
from embeddings.runtime import BertShape, Network, write_network
from embeddings.store import Store
from qa.models import Passage
from qa.read.span import load_span_reader
from qa.retrieve import Retrieved, retrieve

TOP = 10
LATE_WEIGHTS = (0.25, 0.5, 1.0, 2.0)
READER_WEIGHTS = (0.001, 0.003, 0.01, 0.03)


class TokenVectors:
    """Last hidden states of the encoder, one unit row a token."""

    def __init__(self, encoder: LightEncoder, folder: Path) -> None:
        model = read_model_folder(unpack_bundled(), name=BUNDLED_NAME)
        with open_tensors(model.path) as tensor:
            write_network(
                folder / "tokens.xml",
                BertShape.from_config(model.config),
                lambda name: tensor(name).astype(np.float32),
                lambda hidden, _kept, _tensor: [hidden],
            )
        self._network = Network(folder / "tokens.xml", threads=1)
        self._encoder = encoder

    def of(self, text: str, prefix: str) -> FloatMatrix:
        """Shape (tokens, hidden), without those of the prefix and the special ones."""
        (ids,) = self._encoder.tokenizer.ids([prefix + text])
        skipped = len(self._encoder.tokenizer.ids([prefix])[0]) - 1
        (states,) = self._network.run(*self._encoder.words.batch([ids]))
        rows: FloatMatrix = states[0][skipped:-1]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Scored:
    """A question's passages: what the first stage gave, what both second stages say."""

    fused: list[float]
    late: list[float]
    read: list[float]
    right: list[bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="An .npz file to keep vectors in.")
    light = load_encoder(None)
    assert isinstance(light, LightEncoder)
    encoder = CachingEncoder(light, parser.parse_args().cache)
    lines = (ROOT / "tests/testset/seeds.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["answers"]]
    spent = {"late": 0.0, "read": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        tokens = TokenVectors(light, Path(folder))
        reader = load_span_reader(light, threads=1, budget=None)
        kept: dict[str, FloatMatrix] = {}
        scored = []
        for case, found in zip(cases, _found(cases, encoder, Path(folder)), strict=True):
            for each in found.passages:
                if each.chunk_id not in kept:
                    kept[each.chunk_id] = tokens.of(each.text, light.prefixes.passage)
            started = time.process_time()
            asked = tokens.of(case["question"], light.prefixes.query)
            late = [
                float((asked @ kept[each.chunk_id].T).max(axis=1).mean()) for each in found.passages
            ]
            spent["late"] += time.process_time() - started
            started = time.process_time()
            readings = reader.read(case["question"], [each.text for each in found.passages])
            spent["read"] += time.process_time() - started
            read = [max((s.score for s in each.spans), default=-20.0) for each in readings]
            fused = [float(each.scores.fused) for each in found.passages]
            right = [_is_right(case, each, found) for each in found.passages]
            scored.append(Scored(fused, late, read, right))
    print("| | R@1 / R@3 / R@5 / nDCG@10 | ms |\n|---|---|---|")
    _print_row("first stage", scored, "late", 0.0, 0.0)
    for kind, name, weights in (
        ("late", "late interaction", LATE_WEIGHTS), ("read", "reader", READER_WEIGHTS)
    ):  # fmt: skip
        for weight in weights:
            _print_row(
                f"+ {weight} x {name}", scored, kind, weight, 1000 * spent[kind] / len(cases)
            )


def _found(cases: list[dict[str, Any]], encoder: CachingEncoder, folder: Path) -> list[Retrieved]:
    with Store.open(
        folder / "store", encoder_identity=encoder.identity, dimension=encoder.dimension,
        create=True,
    ) as store:  # fmt: skip
        index_articles(store, encoder, load_articles([ROOT / "seeds"]))
        generation = open_generation(store)
        with store.snapshot() as moment:
            return [
                retrieve(
                    case["question"], store=moment, generation=generation, encoder=encoder,
                    language=case["language"], filters=None, top_k=TOP,
                )
                for case in cases
            ]  # fmt: skip


def _is_right(case: dict[str, Any], passage: Passage, found: Retrieved) -> bool:
    file = Path(found.articles[passage.article_id].origin).stem
    return any(
        passage.start <= answer["start"]
        and answer["end"] <= passage.end
        and file == (answer.get("article") or case["article"])
        for answer in case["answers"]
    )


def _print_row(name: str, scored: list[Scored], kind: str, weight: float, spent: float) -> None:
    ranks = []
    for each in scored:
        total = np.array(each.fused) + weight * np.array(getattr(each, kind))
        order = np.argsort(-total, kind="stable")
        ranks.append(next((rank for rank, at in enumerate(order, 1) if each.right[at]), 0))
    cells = [100 * float(np.mean([0 < rank <= k for rank in ranks])) for k in (1, 3, 5)]
    cells.append(100 * float(np.mean([1 / math.log2(rank + 1) if rank else 0 for rank in ranks])))
    print(f"| {name} | {' / '.join(f'{cell:.1f}' for cell in cells)} | {spent:.0f} |", flush=True)


if __name__ == "__main__":
    main()
