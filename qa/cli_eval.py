"""`qa eval`: its options, handed to `qa.evaluate.command`.

This module must not know how anything is measured. It imports nothing heavy: `qa --help` reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from qa.options import StoreOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `eval` to the command `qa`."""
    app.command("eval")(_eval)


def _eval(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="SQuAD JSON, the project's own JSONL, a BEIR folder, or CSV.", metavar="FILE…"
        ),
    ] = None,
    store: StoreOption = None,
    mode: Annotated[
        Literal["reading", "open", "store"] | None,
        typer.Option(
            help="reading: each question against its own paragraph; open: over all of them."
        ),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="Take the questions' texts from this parallel file, by id."),
    ] = None,
    pooled: Annotated[bool, typer.Option("--pool", help="All files as one pool.")] = False,
    language: Annotated[
        str | None, typer.Option(help="Of the paragraphs; otherwise detected.")
    ] = None,
    question_language: Annotated[
        str | None, typer.Option(help="Of the questions; otherwise detected.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    always_answer: Annotated[bool, typer.Option(help="Never reply “no answer”.")] = False,
    read: Annotated[bool, typer.Option(help="--no-read measures retrieval alone.")] = True,
    predictions: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write {question id: text}.")
    ] = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every measure.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page to read in a browser.")
    ] = None,
    trec: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write TREC run and qrels files.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="Show what changed since.")
    ] = None,
    fail_under: Annotated[
        list[str] | None, typer.Option(metavar="MEASURE=N", help="Fail below; repeatable.")
    ] = None,
    no_worse_than: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="Fail on a regression beyond chance.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option(metavar="OUT.csv", help="Write an empty test set to fill in.")
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(metavar="OUT.json", help="Fit confidence and threshold to this test set."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> int:
    """Measure answers with a test set; without a file, with the seeds' own."""
    from qa.evaluate.command import EvalOptions, run_eval

    return run_eval(
        EvalOptions(
            files=None if files is None else tuple(files),
            store=store,
            mode=mode,
            questions=questions,
            pooled=pooled,
            language=language,
            question_language=question_language,
            limit=limit,
            always_answer=always_answer,
            read=read,
            predictions=predictions,
            json_out=json_out,
            report=report,
            trec=trec,
            compare=compare,
            fail_under=() if fail_under is None else tuple(fail_under),
            no_worse_than=no_worse_than,
            template=template,
            calibrate=calibrate,
            seed=seed,
        )
    )
