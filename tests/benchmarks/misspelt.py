"""A test set's questions as people type them: without their letters, or with slips.

    python tests/benchmarks/misspelt.py tests/testset/seeds.jsonl --unmarked --out OUT.jsonl
    python tests/benchmarks/misspelt.py tests/testset/seeds.jsonl --turkish-keyboard --out OUT.jsonl
    python tests/benchmarks/misspelt.py tests/testset/seeds.jsonl --slips 2 --out OUT.jsonl
    qa eval OUT.jsonl --store STORE

`--unmarked` keeps the Azerbaijani and Turkish questions and takes their marks and capitals away;
`--turkish-keyboard` keeps the Azerbaijani ones, with "e" for "ə".
`--slips N` makes one slip in each of up to N words of six letters or more: two letters exchanged,
one left out, one doubled, or another one. Without either the questions stay as they are, to compare
with. Groups of one question in four languages are undone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path
from typing import Any

_TO_ASCII = str.maketrans("əğıöüşçâîûƏĞİÖÜŞÇÂÎÛ", "egiouscaiuEGIOUSCAIU")
_TO_E = str.maketrans("əƏ", "eE")
_LONG = re.compile(r"[^\W\d_]{6,}")
_CYRILLIC = re.compile("[а-я]")
_LETTERS = "abcdefghijklmnoprstuvyz"
_CYRILLIC_LETTERS = "абвгдежзиклмнопрстуфхцчшщыьэюя"


def slipped(word: str, rng: random.Random) -> str:
    """The word with one slip inside."""
    place = rng.randrange(1, len(word) - 2)
    before, letter, behind = word[:place], word[place], word[place + 1 :]
    kind = rng.choice(("exchanged", "left out", "another", "doubled"))
    if kind == "exchanged":
        return before + behind[0] + letter + behind[1:]
    if kind == "left out":
        return before + behind
    if kind == "another":
        letters = _CYRILLIC_LETTERS if _CYRILLIC.search(word) else _LETTERS
        return before + rng.choice(letters) + behind
    return before + letter + letter + behind


def with_slips(question: str, count: int, rng: random.Random) -> str:
    places = list(_LONG.finditer(question))
    rng.shuffle(places)
    for match in sorted(places[:count], key=lambda found: -found.start()):
        question = question[: match.start()] + slipped(match[0], rng) + question[match.end() :]
    return question


def read(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    for record in records:
        record.pop("group", None)
    return records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test_set", type=Path, help="JSON Lines of the test set")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--languages", nargs="*", default=["en", "ru", "az", "tr"])
    parser.add_argument("--unmarked", action="store_true", help="no marks, no capitals")
    parser.add_argument("--turkish-keyboard", action="store_true", help="no ə")
    parser.add_argument("--slips", type=int, default=0, help="slips in a question")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    languages = set(given.languages)
    if given.unmarked:
        languages &= {"az", "tr"}
    if given.turkish_keyboard:
        languages &= {"az"}
    kept = [record for record in read(given.test_set) if record["language"] in languages]
    for record in kept:
        if given.unmarked:
            record["question"] = record["question"].translate(_TO_ASCII).lower()
        if given.turkish_keyboard:
            record["question"] = record["question"].translate(_TO_E)
        record["question"] = with_slips(record["question"], given.slips, rng)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
    given.out.write_text(text, encoding="utf-8")
    print(f"{len(kept)} questions in {given.out}")


if __name__ == "__main__":
    main()
