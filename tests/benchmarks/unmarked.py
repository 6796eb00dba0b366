"""A test set's Azerbaijani and Turkish questions as many type them: without marks and capitals.

    python tests/benchmarks/unmarked.py tests/testset/seeds.jsonl --out U.jsonl
    qa eval U.jsonl --store STORE

Questions in other languages are left out, and so are the groups of one question in four languages.
`--marked` keeps the questions as they are, to compare with.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

_MARKED = "əğıöüşçâîûƏĞİÖÜŞÇÂÎÛ"
_TO_ASCII = str.maketrans(_MARKED, "egiouscaiuEGIOUSCAIU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test_set", type=Path, help="JSON Lines of the test set")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--marked", action="store_true", help="leave the questions as they are")
    given = parser.parse_args()
    lines = given.test_set.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    kept = [record for record in records if record.get("language") in ("az", "tr")]
    for record in kept:
        record.pop("group", None)
        if not given.marked:
            record["question"] = record["question"].translate(_TO_ASCII).lower()
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
    given.out.write_text(text, encoding="utf-8")
    print(f"{len(kept)} questions in {given.out}")


if __name__ == "__main__":
    main()
