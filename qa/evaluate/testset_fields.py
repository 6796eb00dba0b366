"""The fields that test sets of every form share: text, answers, offsets, languages, checksums.

Each refuses what it cannot use in one line that names the file, the place and the remedy.

This module must not know the forms themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from embeddings.text import detect_language
from qa.errors import TestSetError
from qa.evaluate.cases import Gold

__all__ = [
    "FORMS",
    "check_text",
    "digest_of",
    "flag",
    "gold_answers",
    "json_lines",
    "json_or_none",
    "language_of",
    "optional_text",
    "read_text",
]

FORMS = (
    "A test set is SQuAD JSON, JSON lines with a question each, a BEIR folder or a CSV file; "
    "see qa eval --help."
)
_LANGUAGE_SAMPLE = 40


def read_text(path: Path) -> tuple[str, str]:
    """A file's text and the sha256 of its bytes.

    Raises:
        TestSetError: it cannot be read, is not UTF-8 or is empty.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TestSetError(f"{path} cannot be read: {error.strerror}", "Check the path.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TestSetError(
            f"{path} is not UTF-8 text (byte {error.start})", "Save it as UTF-8."
        ) from error
    if not text.strip():
        raise TestSetError(f"{path} is empty", FORMS)
    return text, hashlib.sha256(data).hexdigest()


def json_or_none(text: str) -> Any:
    """The value, or None where the text is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def json_lines(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line\'s place ("line 7") and object; blank lines are passed over.

    Raises:
        TestSetError: a line is not JSON, or not an object.
    """
    # Not splitlines(): JSON strings may hold U+2028 and its kin unescaped.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TestSetError(
                f"{path} line {number} is not JSON: {error}", "Correct the line or delete it."
            ) from error
        if not isinstance(record, dict):
            raise TestSetError(
                f"{path} line {number} is not a JSON object", "Write one question a line."
            )
        yield f"line {number}", record


def gold_answers(path: Path, given: Any, where: str) -> list[Gold]:
    """Answers as a list of strings or objects, or as parallel lists (`text`, `answer_start`)."""
    if given is None:
        return []
    if isinstance(given, dict):
        texts = given.get("text", [])
        starts = given.get("answer_start", given.get("start", []))
        if not isinstance(texts, list) or not isinstance(starts, list):
            raise TestSetError(f"{path}: {where} has answers that are not lists", FORMS)
        filled = [*starts, *([None] * (len(texts) - len(starts)))]
        given = [{"text": text, "start": start} for text, start in zip(texts, filled, strict=False)]
    if not isinstance(given, list):
        raise TestSetError(f"{path}: {where} has answers that are not a list", FORMS)
    return [_gold(path, each, where) for each in given]


def _gold(path: Path, given: Any, where: str) -> Gold:
    record = {"text": given} if isinstance(given, str) else given
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise TestSetError(f"{path}: {where} has an answer without a text", FORMS)
    check_text(path, where, text)
    start = _offset(path, record.get("start", record.get("answer_start")), where)
    end = _offset(path, record.get("end"), where)
    if start is not None and end is None:
        end = start + len(text)
    article = record.get("article")
    return Gold(text, start, end, article if isinstance(article, str) else "")


def _offset(path: Path, value: Any, where: str) -> int | None:
    """A whole number, also one written as a string; -1 means that it is not known."""
    if value is None:
        return None
    try:
        number = int(value) if isinstance(value, int | str) else None
    except ValueError:
        number = None
    if number is None:
        raise TestSetError(
            f"{path}: {where} has the offset {value!r}, which is not a whole number",
            "Give offsets in code points from the article's first character, which is 0.",
        )
    return None if number < 0 else number


def check_text(path: Path, where: str, text: str) -> None:
    """Check that a text can be encoded.

    Raises:
        TestSetError: it holds a lone surrogate.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TestSetError(
            f"{path}: {where} holds half of a surrogate pair, which is not text", "Correct it."
        ) from error


def optional_text(record: Mapping[str, Any], name: str) -> str | None:
    """The field where it is a text with something in it, else None."""
    value = record.get(name)
    return value if isinstance(value, str) and value else None


def flag(record: Any, name: str) -> bool:
    """Whether the field is there and true."""
    return isinstance(record, dict) and record.get(name) is True


def language_of(texts: Iterable[str]) -> str:
    """The language most of the first texts are in; "und" for none."""
    sample = [text for text, _ in zip(texts, range(_LANGUAGE_SAMPLE), strict=False)]
    found = Counter(detect_language(text) for text in sample)
    return found.most_common(1)[0][0] if found else "und"


def digest_of(*digests: str) -> str:
    """One sha256 of several, in their order."""
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()
