"""How much of the passages is worth reading: answers against tokens.

    python tests/benchmarks/budget.py [--store DIR]

The seeds' test set, all languages together, every question answered; AUROC of its evidence where
an answer exists. Tokens are those that the network takes, question and padding included. With
`--store` the same questions are read over another store as well, where only tokens and
milliseconds can be measured: the cost where passages are shorter or longer than the seeds'.

This script must not know how stretches are chosen.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from chunks import ROOT
from numpy.typing import NDArray

from embeddings.encoder import load_encoder
from qa.answer import compose_answers
from qa.metrics import auroc, normalize_unicode, score_text
from qa.read.load import load_reader
from qa.read.protocol import Reading
from qa.read.span import ReadBudget, SpanReader
from qa.reading import read_passages
from qa.service import Service
from qa.settings import load_settings

BUDGETS = (
    ReadBudget(passages=4, doubtful=2.0),
    ReadBudget(passages=4),
    ReadBudget(),
    ReadBudget(further_tokens=160),
    ReadBudget(last_tokens=224),
    ReadBudget(passages=5, further_tokens=112),
)


class Counter:
    """The reader's network, counting the tokens that go through it."""

    def __init__(self, reader: SpanReader) -> None:
        self.tokens = 0
        run = reader._network.run

        def counted(embedded: NDArray[np.float32], mask: NDArray[Any]) -> Any:
            self.tokens += mask.size
            return run(embedded, mask)

        reader._network.run = counted  # type: ignore[method-assign]


def retrieved(service: Service, rows: Sequence[dict[str, Any]]) -> list[Any]:
    """What is found for each question, so that every budget reads the same passages."""
    return [
        service._retrieve(row["question"], None, row["language"], 8, False).found for row in rows
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    encoder = load_encoder(None)
    reader, calibration = load_reader(encoder)
    assert isinstance(reader, SpanReader)
    counter = Counter(reader)
    lines = (ROOT / "tests/testset/seeds.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(store=Path(folder) / "store")
        with Service.open(settings, create=True, encoder=encoder) as service:
            service.index([ROOT / "seeds"])
            found = retrieved(service, rows)
        other = []
        if given.store is not None:
            with Service.open(load_settings(store=given.store), encoder=encoder) as service:
                other = retrieved(service, rows[::2])
        for budget in BUDGETS:
            reader._budget = budget
            tokens, _, readings = cost(reader, counter, rows, found)
            line = f"| {budget.first_tokens}, {budget.further_tokens} below {budget.clear:g}, "
            line += f"{budget.last_tokens} below {budget.doubtful:g}, of {budget.passages} | "
            line += f"{quality(readings, calibration, rows, found)} | "
            line += f"{np.mean(tokens):.0f} / {np.median(tokens):.0f} |"
            if other:
                tokens, times, _ = cost(reader, counter, rows[::2], other)
                line += f" {np.mean(tokens):.0f} / {np.median(tokens):.0f} |"
                line += f" {1000 * np.median(times):.0f} ms |"
            print(line, flush=True)


def cost(
    reader: SpanReader, counter: Counter, rows: Sequence[dict[str, Any]], found: Sequence[Any]
) -> tuple[list[int], list[float], list[Sequence[Reading]]]:
    """Tokens and seconds of each question, and what was read."""
    tokens, times, readings = [], [], []
    for row, one in zip(rows, found, strict=True):
        before, started = counter.tokens, time.perf_counter()
        readings.append(read_passages(reader, row["question"], one.passages, one.articles))
        times.append(time.perf_counter() - started)
        tokens.append(counter.tokens - before)
    return tokens, times, readings


def quality(
    readings: Sequence[Sequence[Reading]],
    calibration: Any,
    rows: Sequence[dict[str, Any]],
    found: Sequence[Any],
) -> str:
    """F1 of the answerable questions, Unicode variant, and AUROC of all."""
    scores, evidence, answerable = [], [], []
    for row, one, read in zip(rows, found, readings, strict=True):
        answers = compose_answers(
            row["question"], one.passages, read, one.articles,
            calibration=calibration, max_answers=1,
        )  # fmt: skip
        said = answers[0] if answers else None
        answerable.append(bool(row["answers"]))
        evidence.append(said.confidence if said is not None else 0.0)
        if row["answers"]:
            golds = [gold["text"] for gold in row["answers"]]
            text = "" if said is None else said.text
            scores.append(score_text(golds, text, normalize=normalize_unicode)[1])
    area = auroc(answerable, evidence)
    return f"{100 * np.mean(scores):.1f} | {area:.3f}"


if __name__ == "__main__":
    main()
