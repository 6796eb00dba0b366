"""How many follow-ups of the test set are completed, and how many full questions left alone.

    python tests/benchmarks/followups.py [--show]

The turns before each question carry the test set's own answers, so this measures the completing
alone: no retrieval, no reader. `qa eval tests/testset/conversations.jsonl` measures both together.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from embeddings.encoder import load_encoder
from embeddings.text import sentences
from qa.chat import Turn, understand
from qa.evaluate.conversations import holds_terms

ROOT = Path(__file__).parent.parent.parent


def main(*, show: bool) -> None:
    encoder = load_encoder(None)
    articles = {path.stem: path.read_text("utf-8") for path in (ROOT / "seeds").glob("*.txt")}
    lines = (ROOT / "tests/testset/conversations.jsonl").read_text("utf-8").splitlines()
    judged: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for conversation in map(json.loads, lines):
        language, turns = conversation["language"], []
        for place, turn in enumerate(conversation["turns"]):
            asked = turn["question"]
            understood = understand(asked, language, turns, lambda: encoder)
            full = asked if understood is None else understood
            if place:
                kind = "left alone" if turn["stand_alone"] else "completed"
                good = (
                    understood is None
                    if turn["stand_alone"]
                    else holds_terms(full, turn["key_terms"])
                )
                for group in ("all", language):
                    judged[kind, group].append(good)
                if show and not good:
                    print(f"{turns[-1].understood} | {asked} -> {full} | {turn['full_question']}")
            turns.append(told(turn, full, language, articles))
    for (kind, group), values in sorted(judged.items()):
        rate = sum(values) / len(values)
        print(f"{kind:<10} {group:<3} {sum(values):>3} of {len(values):>3}  {rate:.1%}")


def told(turn: dict, understood: str, language: str, articles: dict[str, str]) -> Turn:
    """The turn as if it had been answered with the test set's first answer."""
    answer = turn["answers"][0] if turn["answers"] else None
    sentence = None
    if answer is not None:
        named = answer.get("article", turn["article"])
        text = next(text for stem, text in articles.items() if stem.startswith(named))
        at = answer["start"]
        sentence = next((text[a:b] for a, b in sentences(text, "en") if a <= at < b), None)
    quote = None if answer is None else answer["text"]
    nearby = tuple(articles.values())
    return Turn(turn["question"], understood, language, quote, sentence, nearby)


if __name__ == "__main__":
    main(show="--show" in sys.argv[1:])
