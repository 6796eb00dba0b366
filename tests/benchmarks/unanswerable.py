"""Makes a test set with questions that have no answer from one that has none such.

    python tests/benchmarks/unanswerable.py SQUAD.json --language tr --out OUT.json

Four questions in ten become unanswerable, in equal parts: a name or number exchanged, a common
word exchanged, or put to the passage that is most like the question and does not hold the answer
(`qa.read.data_negatives`). What `qa eval OUT.json --mode reading --calibrate FIT.json` fits on it
can then be held against a set with real ones:

    MENBE_CALIBRATION=FIT.json qa eval M2QA.json --language tr --mode reading
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.read.data import Example, LoadReport, load_squad_file
from qa.read.data_negatives import NameExchange, Neighbours, WordExchange

SHARE = 0.4


def without_answers(examples: Sequence[Example], *, seed: int) -> list[Example]:
    """The examples, four in ten without an answer; the others as they are."""
    rng = random.Random(seed)
    names, worded = NameExchange(examples), WordExchange(examples)
    near = dict(zip(examples, Neighbours(examples).find(examples), strict=True))
    made = []
    for example in examples:
        if rng.random() >= SHARE:
            made.append(example)
            continue
        kinds = ["exchanged", "reworded", "near"]
        rng.shuffle(kinds)
        for kind in kinds:
            if kind == "near" and near[example]:
                made.append(replace(example, passage=near[example][0], answers=()))
                break
            exchange = {"exchanged": names, "reworded": worded}.get(kind)
            asked = exchange.exchange(example, rng) if exchange else None
            if asked is not None:
                made.append(replace(example, question=asked, answers=()))
                break
    return made


def as_squad(examples: Sequence[Example]) -> dict[str, Any]:
    """SQuAD v2's format, one paragraph a question."""
    return {
        "version": "2.0",
        "data": [
            {
                "title": example.id,
                "paragraphs": [
                    {
                        "context": example.passage,
                        "qas": [
                            {
                                "id": example.id,
                                "question": example.question,
                                "is_impossible": not example.answers,
                                "answers": [
                                    {"text": example.passage[a:b], "answer_start": a}
                                    for a, b in example.answers
                                ],
                            }
                        ],
                    }
                ],
            }
            for example in examples
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--language", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    language = (given.language, given.language)
    examples = load_squad_file(given.file, given.file.stem, language, LoadReport())
    made = without_answers(examples, seed=given.seed)
    given.out.write_text(json.dumps(as_squad(made), ensure_ascii=False), encoding="utf-8")
    print(f"{len(made)} questions, {sum(not e.answers for e in made)} without an answer")


if __name__ == "__main__":
    main()
