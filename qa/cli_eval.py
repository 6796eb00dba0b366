"""`qa eval`: every measure on a test set, a report, and a gate for continuous integration.

This module must not know how anything is measured: it reads options, calls the evaluation, and
prints.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from embeddings.errors import UsageError
from embeddings.store import is_store
from qa import gate
from qa.bench import ServiceBench
from qa.cases import TestSet
from qa.evaluate import Run, evaluate
from qa.judge import queries_of
from qa.options import StoreOption
from qa.progress import terminal_progress
from qa.ranking import write_trec
from qa.report import summary_lines, write_json, write_report
from qa.service import Service
from qa.settings import load_settings
from qa.testset_csv import load_csv, write_template
from qa.testsets import load_test_set, pool, with_questions

__all__ = ["SEEDS", "SEEDS_TEST_SET", "run_eval"]

_ROOT = Path(__file__).parent.parent
SEEDS = _ROOT / "seeds"
SEEDS_TEST_SET = _ROOT / "tests" / "testset" / "seeds.jsonl"


def run_eval(
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
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> int:
    """Measure answers with a test set; without a file, with the seeds' own."""
    if template is not None:
        write_template(template)
        print(f"wrote {template}")
        return 0
    floors = [gate.parse_floor(given) for given in ([] if fail_under is None else fail_under)]
    olds = {path: gate.load_run(path) for path in (compare, no_worse_than) if path is not None}
    test_set = _test_set(files, questions, pooled, language, question_language)
    test_set = test_set if limit is None else replace(test_set, cases=test_set.cases[:limit])
    with _service(files, store) as service, terminal_progress() as progress:
        run = evaluate(
            test_set,
            ServiceBench(service),
            mode=mode,
            always_answer=always_answer,
            read=read,
            seed=seed,
            progress=lambda done, total, stage: progress(stage, done, total),
        )
    record = run.to_dict()
    comparisons = {path: gate.compare(old, record, seed=seed) for path, old in olds.items()}
    print("\n".join(summary_lines(run)))
    _write(run, predictions, json_out, trec, report, next(iter(comparisons.values()), None))
    for path, comparison in comparisons.items():
        _show_changes(path, comparison)
    problems = gate.below_floor(record, floors)
    if no_worse_than is not None:
        problems += gate.regressions(comparisons[no_worse_than])
    for problem in problems:
        print(f"qa: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _test_set(
    files: list[Path] | None,
    questions: Path | None,
    pooled: bool,
    language: str | None,
    question_language: str | None,
) -> TestSet:
    paths = [SEEDS_TEST_SET] if files is None else files
    if files is None and not SEEDS_TEST_SET.is_file():
        raise UsageError(
            "the seeds' own test set is not part of an installed package",
            "Name a test set, or run this in a checkout of the project.",
        )
    if len(paths) > 1 and not pooled:
        raise UsageError(f"{len(paths)} files were given", "Add --pool to measure them as one.")
    sets = [
        load_csv(path)
        if path.suffix.lower() == ".csv"
        else load_test_set(path, language=language, question_language=question_language)
        for path in paths
    ]
    test_set = pool(sets) if pooled else sets[0]
    if questions is None:
        return test_set
    return with_questions(test_set, load_test_set(questions, question_language=question_language))


@contextmanager
def _service(files: list[Path] | None, store: Path | None) -> Iterator[Service]:
    """The service to measure: over the store named, or over the seeds when no file is named."""
    settings = load_settings(store=store)
    with tempfile.TemporaryDirectory(prefix="menbe-eval-") as folder:
        if files is None:
            settings = load_settings(store=Path(folder) / "store")
        elif not is_store(settings.store):
            # A test set with paragraphs of its own needs no store; one over a store finds this
            # one empty and says which article is missing.
            settings = load_settings(store=Path(folder) / "store")
        with Service.open(settings, create=True) as service:
            if files is None:
                service.index([SEEDS])
            yield service


def _write(
    run: Run,
    predictions: Path | None,
    json_out: Path | None,
    trec: Path | None,
    report: Path | None,
    comparison: gate.Comparison | None,
) -> None:
    if json_out is not None:
        write_json(run.to_dict(), json_out)
    if predictions is not None:
        write_json(run.predictions(), predictions)
    if trec is not None:
        for path in write_trec(queries_of([each.outcome for each in run.results]), trec, tag="qa"):
            print(f"wrote {path}")
    if report is not None:
        print(f"wrote {write_report(run, report, comparison=comparison)}")


def _show_changes(path: Path, comparison: gate.Comparison) -> None:
    print(f"since {path}, over {comparison.common} questions that both runs hold:")
    for change in comparison.changes:
        mark = " (worse)" if change.regressed else " (better)" if change.improved else ""
        print(f"  {change.measure}: {change.old:.4g} to {change.new:.4g}{mark}")
