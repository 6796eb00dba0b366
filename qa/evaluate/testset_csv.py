"""Makes a test set from a table that anyone can fill in: template, CSV in, JSON lines out.

The columns are question, answer, article, language, id, group and kind; only `question` must be
there. Several acceptable answers are parted by `|`; a row without an answer is a question that
the articles do not answer.

This module must not know how a question is answered or judged.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from qa.errors import TestSetError
from qa.evaluate.cases import TestSet
from qa.evaluate.testset_fields import read_text
from qa.evaluate.testsets import own_case

__all__ = ["COLUMNS", "load_csv", "own_records", "write_own", "write_template"]

COLUMNS = ("id", "language", "question", "answer", "article", "group", "kind")
_BETWEEN_ANSWERS = "|"
_REMEDY = "Make an empty table with: qa eval --template FILE.csv, and fill it in."


def load_csv(path: Path) -> TestSet:
    """Read a table of questions, with commas, semicolons or tabs between its columns.

    Raises:
        TestSetError: it cannot be read, has no column `question`, or a row cannot be used.
    """
    text, digest = read_text(path)
    cases = []
    ids: set[str] = set()
    try:
        for number, row in _rows(path, text):
            answers = [each.strip() for each in row.get("answer", "").split(_BETWEEN_ANSWERS)]
            record: dict[str, Any] = {
                "id": row["id"] if row.get("id") else f"row-{number}",
                "question": row.get("question"),
                "answers": [each for each in answers if each],
                "article": row["article"] if row.get("article") else None,
                "language": row.get("language"),
                "group": row.get("group"),
                "kind": row.get("kind", ""),
            }
            if record["id"] in ids:
                raise TestSetError(f"{path} has the id {record['id']!r} twice", "Change one.")
            ids.add(record["id"])
            cases.append(own_case(path, f"row {number}", record))
    except csv.Error as error:
        raise TestSetError(f"{path} is not a table: {error}", _REMEDY) from error
    if not cases:
        raise TestSetError(f"{path} has no question in it", _REMEDY)
    return TestSet(path.stem, "csv", digest, tuple(cases))


def _rows(path: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [name.strip().lower() for name in next(reader)]
    if "question" not in names:
        raise TestSetError(f"{path} has no column named question (it has: {head[:80]})", _REMEDY)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) < len(names):
        odd = unknown[0] if unknown else "one name twice"
        raise TestSetError(
            f"{path} has the column {odd!r}", f"Its columns can be {', '.join(COLUMNS)}."
        )
    rows = []
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(names):
            raise TestSetError(
                f"{path} line {reader.line_num} has {len(values)} columns and not {len(names)}",
                "Put double quotes around a text that holds the separator.",
            )
        filled = {n: value.strip() for n, value in zip(names, values, strict=True)}
        rows.append((reader.line_num, filled))
    return rows


def own_records(test_set: TestSet) -> list[dict[str, Any]]:
    """The cases as records of the project's own form, with the offsets that gold has."""
    return [
        {
            "id": case.id,
            "language": case.language,
            "question": case.question,
            "article": case.own,
            "answers": [
                {"text": gold.text}
                | ({} if gold.start is None else {"start": gold.start, "end": gold.end})
                | ({} if gold.article == case.own else {"article": gold.article})
                for gold in case.answers
            ],
            "group": case.group,
            "kind": case.kind,
        }
        for case in test_set.cases
    ]


def write_own(test_set: TestSet, path: Path) -> str:
    """Write a test set in the project's own form; returns the sha256 of what was written.

    Raises:
        TestSetError: the file cannot be written.
    """
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in own_records(test_set))
    return _write(path, "".join(lines))


def write_template(path: Path) -> None:
    """Write an empty test set to fill in: a table for `.csv`, JSON lines for `.jsonl`.

    Raises:
        TestSetError: the name ends in neither, there is such a file, or it cannot be written.
    """
    if path.exists():
        raise TestSetError(f"{path} is there already", "Name a new file.")
    if path.suffix.lower() == ".csv":
        _write(path, ",".join(COLUMNS) + "\r\n")
        return
    if path.suffix.lower() != ".jsonl":
        raise TestSetError(
            f"{path.name} ends in neither .csv nor .jsonl", "Name a table or JSON lines."
        )
    records = [
        {
            "id": f"{language}-1",
            "language": language,
            "question": "",
            "article": None,
            "answers": [{"text": ""}],
            "group": None,
            "kind": "",
        }
        for language in ("en", "ru", "az", "tr")
    ]
    _write(path, "".join(json.dumps(record) + "\n" for record in records))


def _write(path: Path, text: str) -> str:
    data = text.encode("utf-8")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise TestSetError(
            f"{path} cannot be written: {error.strerror}", "Name a file in a folder you can write."
        ) from error
    return hashlib.sha256(data).hexdigest()
