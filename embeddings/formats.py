"""Formats: the bytes of a .txt, .md, .html, .json or .jsonl file, as records of named fields.

A record is what one article of the file says in fields of its own; what its text says is found
later. A file that is not UTF-8, and not UTF-16 with a byte-order mark, is
refused rather than guessed at: a wrong guess would put wrong quotes into answers.

This module must not know of articles, metadata in running text, or boilerplate in general; only
front matter and mark-up that belong to a format are its own.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from embeddings.errors import ArticleError
from embeddings.fields import Record, normalise_newlines, record_from_fields

__all__ = [
    "MAX_ARTICLE_BYTES",
    "MAX_JSON_BYTES",
    "decode",
    "read_json",
    "read_json_lines",
    "read_markdown",
]

MAX_ARTICLE_BYTES = 10_000_000
_MAX_FRONT_MATTER = 8_000  # characters; the YAML reader takes quadratic time for deep nesting
_MAX_BRACKETS = 100
MAX_JSON_BYTES = 256_000_000  # a .json file is held in memory whole; a .jsonl line by line

_JSON_REMEDY = (
    'Give an object with "text", a list of them, or {"articles": [...]}; .jsonl: one object a line'
)
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "an SQLite database"),
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}encoding=[\"']([\w-]{2,40})|<meta[^>]{0,200}charset=[\"']?\s*([\w-]{2,40})",
    re.IGNORECASE,
)
_CONTROLS = bytes({*range(32)} - {9, 10, 11, 12, 13, 27})
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<fields>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|$)")


def _likely_encoding(data: bytes) -> str:
    """Name the encoding that a person should try, for the remedy only."""
    sample = data[:20_000].decode("cp1251", "replace")
    high = [char for char in sample if ord(char) > 127]
    cyrillic = sum("А" <= char <= "я" or char in "ёЁ" for char in high)
    # Turkish has few letters beyond ASCII, and they stand alone between ASCII letters
    many = len(high) > 0.2 * len(sample)
    return "windows-1251" if many and cyrillic > 0.9 * len(high) else "windows-1254"


def decode(data: bytes, *, origin: str, declared: bool = False) -> str:
    """Decode UTF-8, or UTF-16 and UTF-32 with a byte-order mark, and normalise newlines.

    Args:
        data: the bytes of a file.
        origin: what to name in errors.
        declared: also accept the character set that an HTML or XML head declares.

    Raises:
        ArticleError: it is empty, binary, or text in an encoding that is not stated.
    """
    if not data:
        raise ArticleError(origin, "the file is empty", "Leave it out or give it its text again")
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is None:
        _refuse_binary(data, origin)
        match = _DECLARED.search(data[:2048]) if declared else None
        encoding = (match[1] or match[2]).decode("ascii") if match else "utf-8"
    try:
        return normalise_newlines(data.decode(encoding))
    except LookupError:
        raise ArticleError(
            origin, f"it declares the unknown character set {encoding!r}", "Convert it to UTF-8"
        ) from None
    except UnicodeError as error:
        if encoding not in ("utf-8", "utf-8-sig"):
            raise ArticleError(
                origin, f"it is not valid {encoding}", "Convert it to UTF-8 again from its source"
            ) from None
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        if len(data) - at < 4 and at > 0:
            raise ArticleError(
                origin, f"it ends inside a UTF-8 character at byte {at}", "Copy the file again"
            ) from None
        likely = _likely_encoding(data)
        raise ArticleError(
            origin,
            f"byte 0x{data[at]:02x} at {at} is not UTF-8",
            f"Convert it, for example: iconv -f {likely} -t utf-8 FILE (if it is {likely})",
        ) from None


def _refuse_binary(data: bytes, origin: str) -> None:
    remedy = "Give the text itself as .txt, .md, .html, .json or .jsonl"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise ArticleError(origin, f"it is {kind}, not text", remedy)
    if (at := data.find(b"\0")) >= 0:
        raise ArticleError(
            origin,
            f"byte {at} is NUL, so it is a binary file or UTF-16 without a byte-order mark",
            f"{remedy}, in UTF-8",
        )
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > max(4, len(data) // 100):
        raise ArticleError(origin, f"it is binary ({controls} control characters)", remedy)


def read_markdown(text: str, *, origin: str) -> Record:
    """Read the front matter of a Markdown text, if it opens with one.

    The text stays whole, so that offsets and checksum are those of the file; the front matter
    is excluded instead.

    Raises:
        ArticleError: the front matter is not YAML, or a field has a wrong value.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        return Record(text=text, origin=origin)
    remedy = "Write it as 'key: value' lines between two lines of '---'"
    block = match["fields"]
    if len(block) > _MAX_FRONT_MATTER or block.count("[") + block.count("{") > _MAX_BRACKETS:
        raise ArticleError(origin, "its front matter is too long or nested too deeply", remedy)
    import yaml  # type: ignore[import-untyped,unused-ignore]

    try:
        # BaseLoader makes only text, lists and mappings: no objects, and "no" stays "no"
        fields = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" (line {mark.line + 2})" if mark is not None else ""
        raise ArticleError(origin, f"its front matter is not YAML{at}", remedy) from None
    except RecursionError:
        raise ArticleError(origin, "its front matter is nested too deeply", remedy) from None
    if fields in (None, ""):
        fields = {}
    if not isinstance(fields, dict):
        # a rule above a paragraph is Markdown too, and no front matter
        return Record(text=text, origin=origin)
    record = record_from_fields(fields, origin=origin, text=text)
    return replace(record, excluded=((0, match.end()),))


def _parse(data: str, *, origin: str, first_line: int = 1) -> Any:
    """Parse JSON, with its errors as ArticleError."""
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        line = "" if first_line == 0 else f" line {error.lineno},"
        raise ArticleError(
            origin,
            f"it is not JSON ({error.msg} at{line} column {error.colno})",
            "Repair it, or write it again with a JSON library",
        ) from None
    except RecursionError:
        raise ArticleError(origin, "its JSON is nested too deeply", "Flatten it") from None
    except ValueError:
        raise ArticleError(
            origin, "its JSON holds a number of thousands of digits", "Write such values as text"
        ) from None


def read_json(text: str, *, origin: str) -> Iterator[Record | ArticleError]:
    """Yield the records of a .json text: one object, a list of them, or {"articles": [...]}.

    A record of a list has the origin `path:number`, counted from 1; a wrong one is yielded as an
    error and the others go on.

    Raises:
        ArticleError: it is not JSON, or holds no article.
    """
    value = _parse(text, origin=origin)
    if isinstance(value, dict) and isinstance(value.get("articles"), list):
        value = value["articles"]
    if isinstance(value, dict):
        yield _record(value, origin=origin)
        return
    if not isinstance(value, list):
        raise ArticleError(origin, "it holds neither an object nor a list", _JSON_REMEDY)
    if not value:
        raise ArticleError(origin, "its list of articles is empty", "Leave it out")
    for number, item in enumerate(value, start=1):
        yield _record(item, origin=f"{origin}:{number}")


def _record(value: object, *, origin: str) -> Record | ArticleError:
    try:
        if not isinstance(value, dict):
            raise ArticleError(origin, "it is not an object", _JSON_REMEDY)
        return record_from_fields(value, origin=origin)
    except ArticleError as error:
        return error


def read_json_lines(
    stream: BinaryIO, *, origin: str, max_line_bytes: int
) -> Iterator[Record | ArticleError]:
    """Yield the records of a .jsonl stream, one object a line; a wrong line is an error value.

    Args:
        stream: open for reading bytes, at its beginning.
        origin: the file's path; a record's origin is `path:line`, counted from 1.
        max_line_bytes: a longer line is an error and is not held in memory.
    """
    number = 0
    while line := stream.readline(max_line_bytes + 1):
        number += 1
        at = f"{origin}:{number}"
        if len(line) > max_line_bytes:
            while line and not line.endswith(b"\n"):
                line = stream.readline(max_line_bytes)
            yield ArticleError(
                at,
                f"the line is over {max_line_bytes:,} bytes",
                "Split the article, or raise the largest article size",
            )
            continue
        if not line.strip(b" \t\r\n\xef\xbb\xbf"):
            continue
        try:
            value = _parse(decode(line, origin=at), origin=at, first_line=0)
        except ArticleError as error:
            yield error
            continue
        yield _record(value, origin=at)
