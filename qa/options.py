"""The options that several commands of `qa` share, and what turns them into values.

This module must not know what any command does with them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from embeddings.errors import UsageError

__all__ = [
    "AsOfOption",
    "DatedOption",
    "ExplainOption",
    "FromOption",
    "JsonOption",
    "LanguageOption",
    "QuestionArgument",
    "SourceOption",
    "StoreOption",
    "ToOption",
    "TopOption",
    "filters_from",
    "read_json",
]

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Folder of the store (MENBE_STORE)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="Published on or after, YYYY-MM-DD.")
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Published on or before, YYYY-MM-DD.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Answer as the articles stood on that day."),
]
SourceOption = Annotated[
    list[str] | None, typer.Option("--source", metavar="NAME", help="Only this source; repeatable.")
]
LanguageOption = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="CODE", help="Only articles in this language; repeatable."),
]
DatedOption = Annotated[
    bool, typer.Option("--dated-only", help="With a date filter, leave undated articles out.")
]
TopOption = Annotated[int | None, typer.Option("--top-k", min=1, max=100, help="Passages to use.")]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show the scores behind the order of the passages.")
]
QuestionArgument = Annotated[str, typer.Argument(help="The question; - reads it from stdin.")]


def filters_from(
    *,
    date_from: str | None,
    date_to: str | None,
    as_of: str | None,
    source: list[str] | None,
    language: list[str] | None,
    dated_only: bool,
) -> Any:
    """The store's filters that the options ask for; None when they ask for nothing.

    Raises:
        UsageError: a date or a language cannot be one.
    """
    from qa.filters import make_filters, parse_day

    return make_filters(
        date_from=parse_day("--from", date_from),
        date_to=parse_day("--to", date_to),
        as_of=parse_day("--as-of", as_of),
        sources=source,
        languages=language,
        undated=not dated_only,
    )


def read_json(file: Path, *, remedy: str) -> Any:
    """The JSON in `file`, or on stdin when it is named "-".

    Raises:
        UsageError: it cannot be read, or is not JSON; `remedy` says how to make one.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text", remedy) from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not JSON: {error}", remedy) from error
