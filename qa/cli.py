"""The command `qa`: every way to use Menbe from a terminal.

Exit codes: 0 done (also when there is no answer), 1 failed, 2 wrong use. Every error is one line
on stderr: what was wrong with the value, and what to do. `--json` prints the contract's JSON.

This module must not know how anything is done: it reads options, calls `Service`, and prints.
Imports that take long stand inside the commands that need them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from embeddings.errors import MenbeError, UsageError
from qa import cli_chat, cli_doctor, cli_eval, cli_serve
from qa.errors import QuestionError, SavedAnswerError
from qa.options import (
    ChosenFilters,
    ExplainOption,
    JsonOption,
    QuestionArgument,
    StoreOption,
    TopOption,
    print_json,
    question_in,
    read_json,
    with_filters,
)
from qa.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.text import Text

    from embeddings.articles import Skipped

__all__ = ["app", "main"]

DONE, FAILED, WRONG_USE = 0, 1, 2

app = typer.Typer(
    name="qa",
    help="Menbe: answers from your news articles, with a quote that anyone can check.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
articles_app = typer.Typer(
    help="List, show or delete the articles of the store.", no_args_is_help=True
)
app.add_typer(articles_app, name="articles")


@app.command()
def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders of articles.")
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Make all vectors anew, as after changing the encoder."),
    ] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Index articles: .txt .md .html .json .jsonl, files or folders."""
    if not paths and not rebuild:
        raise UsageError("nothing was named to index", "Name files or folders: qa index PATH…")
    from qa.progress import terminal_progress

    settings = load_settings(store=store)
    named = paths or []
    there = any(path.exists() for path in named)
    if named and not there and not settings.store.exists():
        # A misspelt path must not leave an empty store behind.
        raise UsageError(
            f"not indexed: {named[0]}: there is no such file or folder",
            "Check the spelling of the path",
        )
    with (
        _service(settings, create=there and not rebuild) as service,
        terminal_progress() as progress,
    ):
        if rebuild:
            report = service.rebuild(progress=progress)
        if paths:
            report = service.index(paths, progress=progress, skipped=_mention)
        articles, chunks = service.store.article_count, service.store.chunk_count
    if as_json:
        print_json(report.to_dict())
    else:
        print(
            f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
            f"{len(report.failed)} failed; {articles} articles, {chunks} chunks "
            f"in {settings.store} ({report.seconds:.1f} s)"
        )
    for error in report.failed:
        _complain(f"not indexed: {error}")
    return FAILED if report.failed else DONE


@app.command()
@with_filters
def ask(
    question: QuestionArgument,
    store: StoreOption = None,
    filters: ChosenFilters = None,
    top_k: TopOption = None,
    answers: Annotated[int, typer.Option(min=1, max=20, help="Answers to print.")] = 1,
    always_answer: Annotated[bool, typer.Option(help="Never reply “no answer”.")] = False,
    explain: ExplainOption = False,
    as_json: JsonOption = False,
) -> int:
    """Answer a question from the articles, with a quote."""
    from qa.render import copies_named_in, render_result

    with _service(load_settings(store=store)) as service:
        result = service.ask(
            question_in(question),
            filters=filters,
            top_k=top_k,
            always_answer=always_answer,
            explain=explain,
        )
        copies = service.store.articles(copies_named_in(result))
    if as_json:
        print_json(result.to_dict())
    else:
        _show(render_result(result, answers=answers, copies=copies))
        _show_explanation(result.explanation)
    return DONE


@app.command()
@with_filters
def search(
    question: QuestionArgument,
    store: StoreOption = None,
    filters: ChosenFilters = None,
    top_k: TopOption = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="Name every article that carries the same story.")
    ] = False,
    explain: ExplainOption = False,
    as_json: JsonOption = False,
) -> int:
    """Show the passages nearest to a question, without reading them."""
    from qa.render import copies_named_in, render_search

    with _service(load_settings(store=store)) as service:
        result = service.search(
            question_in(question), filters=filters, top_k=top_k, explain=explain
        )
        known = service.store.articles(copies_named_in(result))
    if as_json:
        print_json(result.to_dict())
    else:
        _show(render_search(result, copies=known, every_copy=copies))
        _show_explanation(result.explanation)
    return DONE


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A saved answer (qa ask --json); - reads stdin.")],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check that every citation of a saved answer still holds."""
    saved = read_json(file, remedy="Save an answer with: qa ask --json QUESTION > FILE.")
    with _service(load_settings(store=store)) as service:
        report = service.verify(saved)
    if as_json:
        print_json(report.to_dict())
    else:
        for check in report.checks:
            verdict = "holds" if check.ok else f"does NOT hold: {check.problem}"
            print(f"{check.article_id} [{check.start}, {check.end}) {verdict}")
        print(f"{sum(check.ok for check in report.checks)} of {len(report.checks)} citations hold")
    return DONE if report.ok else FAILED


@articles_app.command("list")
def articles_list(
    store: StoreOption = None,
    offset: Annotated[int, typer.Option(min=0, help="Skip that many.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most that many.")] = 50,
    as_json: JsonOption = False,
) -> int:
    """List the articles of the store."""
    from qa.render import printable
    from qa.schemas import summary_dict

    with _service(load_settings(store=store)) as service:
        found = service.store.find_articles(offset=offset, limit=limit)
        total = service.store.article_count
    if as_json:
        print_json({"total": total, "articles": [summary_dict(item) for item in found]})
        return DONE
    for item in found:
        day = "no date" if item.published_at is None else item.published_at.isoformat()
        fields = (item.id, item.language, day, item.source, item.title)
        print("  ".join("-" if field is None else printable(field) for field in fields))
    if offset + len(found) < total:
        print(f"… {total - offset - len(found)} more; go on with --offset {offset + len(found)}")
    return DONE


@articles_app.command("show")
def articles_show(
    article_id: Annotated[str, typer.Argument(help="Its id.")],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show one article: its metadata and its text."""
    from qa.render import printable
    from qa.schemas import article_dict

    with _service(load_settings(store=store)) as service:
        article = service.article(article_id)
    record = article_dict(article)
    if as_json:
        print_json(record)
        return DONE
    for name, value in record.items():
        if name != "text":
            print(f"{name}: {'-' if value is None else printable(str(value))}")
    print("\n" + "\n".join(printable(line) for line in article.text.splitlines()))
    return DONE


@articles_app.command("delete")
def articles_delete(
    article_ids: Annotated[list[str], typer.Argument(help="Their ids.")],
    store: StoreOption = None,
) -> int:
    """Delete articles everywhere: store, terms, vectors."""
    with _service(load_settings(store=store)) as service:
        for article_id in article_ids:
            service.article(article_id)  # all or none: an unknown id stops before any deletion
        for article_id in article_ids:
            service.delete(article_id)
            print(f"deleted {article_id}")
    return DONE


for _module in (cli_chat, cli_eval, cli_doctor, cli_serve):
    _module.register(app)


def main() -> None:
    """Entry point of the command `qa`; turns every expected error into one line and a code."""
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        _complain(f"{' '.join(error.format_message().split())} See: qa --help")
        return WRONG_USE
    except (UsageError, QuestionError, SavedAnswerError) as error:
        _complain(str(error))
        return WRONG_USE
    except MenbeError as error:
        _complain(str(error))
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        _complain("stopped")
        return FAILED
    except BrokenPipeError:
        # The reader of our pipe has gone (qa … | head); the interpreter must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return code if isinstance(code, int) else DONE


def _service(settings: Settings, *, create: bool = False) -> Any:
    from qa.service import Service

    return Service.open(settings, create=create)


def _mention(skipped: Skipped) -> None:
    if skipped:
        _complain(str(skipped))


def _show(text: Text) -> None:
    from rich.console import Console

    from qa.render import lay_out

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(lay_out(text, console) if console.is_terminal else text, soft_wrap=True)


def _show_explanation(explanation: dict[str, Any] | None) -> None:
    if explanation is not None:
        from qa.render import render_explanation

        _show(render_explanation(explanation))


def _complain(line: str) -> None:
    print(f"qa: {line}", file=sys.stderr)


if __name__ == "__main__":
    main()
