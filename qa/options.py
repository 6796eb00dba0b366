"""The options that several commands of `qa` share, and what turns them into values.

This module must not know what any command does with them.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from embeddings.errors import UsageError

if TYPE_CHECKING:
    from embeddings.store import Filters

__all__ = [
    "ChosenFilters",
    "ExplainOption",
    "JsonOption",
    "QuestionArgument",
    "StoreOption",
    "TopOption",
    "print_json",
    "question_in",
    "read_json",
    "with_filters",
]

ChosenFilters: TypeAlias = "Filters | None"
"""What a command that is made `with_filters` takes as `filters`; None: every article counts."""

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Folder of the store (MENBE_STORE)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TopOption = Annotated[int | None, typer.Option("--top-k", min=1, max=100, help="Passages to use.")]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show the scores behind the order of the passages.")
]
QuestionArgument = Annotated[str, typer.Argument(help="The question; - reads it from stdin.")]


def with_filters(command: Callable[..., int]) -> Callable[..., int]:
    """Give `command` the filter options where it takes `filters`.

    Args:
        command: takes `filters: ChosenFilters`; the options stand in its place, also in the help.

    Raises:
        UsageError: from the command made of it, where a date or a language cannot be one.
    """
    own = inspect.signature(command, eval_str=True)
    options = inspect.signature(_filters_from, eval_str=True).parameters
    parameters = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in own.parameters.items()
        for each in (options.values() if name == "filters" else (parameter,))
    ]

    @wraps(command)
    def filtered(**given: Any) -> int:
        chosen = {name: given.pop(name) for name in options}
        return command(**given, filters=_filters_from(**chosen))

    # Typer reads a command's options from these two.
    filtered.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    filtered.__annotations__ = {each.name: each.annotation for each in parameters}
    return filtered


def _filters_from(
    *,
    date_from: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="Published on or after, YYYY-MM-DD."),
    ] = None,
    date_to: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Published on or before, YYYY-MM-DD."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Answer as the articles stood on that day."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME", help="Only this source; repeatable."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            "--language", metavar="CODE", help="Only articles in this language; repeatable."
        ),
    ] = None,
    dated_only: Annotated[
        bool, typer.Option("--dated-only", help="With a date filter, leave undated articles out.")
    ] = False,
) -> ChosenFilters:
    """The store's filters that the options ask for; None when they ask for nothing."""
    from qa.filters import make_filters, parse_day

    return make_filters(
        date_from=parse_day("--from", date_from),
        date_to=parse_day("--to", date_to),
        as_of=parse_day("--as-of", as_of),
        sources=source,
        languages=language,
        undated=not dated_only,
    )


def question_in(given: str) -> str:
    """The question that was given, or the one on stdin where it is "-"."""
    return sys.stdin.read() if given == "-" else given


def print_json(value: object) -> None:
    """Print `value` for a program, or for a person who looks into what a program gets."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


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
