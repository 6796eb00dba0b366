"""Runs what `qa eval` was asked for: load a test set, measure, write, compare, judge.

This module must not know how anything is measured, nor where the options came from.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.errors import UsageError
from embeddings.store import is_store
from qa.chat import Conversation
from qa.evaluate import gate
from qa.evaluate.bench import ServiceBench
from qa.evaluate.calibration_file import calibration_record, refuse_fitted
from qa.evaluate.cases import TestSet
from qa.evaluate.conversations import evaluate_conversations
from qa.evaluate.judge import queries_of
from qa.evaluate.ranking import write_trec
from qa.evaluate.report import summary_lines, write_json, write_report
from qa.evaluate.run import Mode, Run, evaluate
from qa.evaluate.testset_csv import load_csv, write_template
from qa.evaluate.testsets import load_test_set, pool, with_questions
from qa.progress import terminal_progress
from qa.service import Service
from qa.settings import load_settings

__all__ = ["SEEDS", "SEEDS_TEST_SET", "EvalOptions", "run_eval"]

_ROOT = Path(__file__).parent.parent.parent
SEEDS = _ROOT / "seeds"
SEEDS_TEST_SET = _ROOT / "tests" / "testset" / "seeds.jsonl"


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """What was asked for; the names are those of the command's options.

    Attributes:
        files: test sets; None for the seeds' own, over the seeds.
        limit: only the first so many questions.
    """

    files: tuple[Path, ...] | None
    store: Path | None
    mode: Mode | None
    questions: Path | None
    pooled: bool
    language: str | None
    question_language: str | None
    limit: int | None
    always_answer: bool
    read: bool
    predictions: Path | None
    json_out: Path | None
    report: Path | None
    trec: Path | None
    compare: Path | None
    fail_under: tuple[str, ...]
    no_worse_than: Path | None
    template: Path | None
    calibrate: Path | None
    seed: int


def run_eval(options: EvalOptions) -> int:
    """Do it; the exit code: 1 when a floor or an old run was not reached.

    Raises:
        UsageError: the options do not go together.
        TestSetError: a test set cannot be read or its gold is not in the articles.
    """
    if options.template is not None:
        write_template(options.template)
        print(f"wrote {options.template}")
        return 0
    floors = [gate.parse_floor(given) for given in options.fail_under]
    olds = {
        path: gate.load_run(path)
        for path in (options.compare, options.no_worse_than)
        if path is not None
    }
    test_set = _test_set(options)
    if test_set.conversations:
        _refuse_for_conversations(options)
    with _service(options, test_set) as service, terminal_progress() as progress:
        if test_set.conversations:
            return _conversations(options, test_set, service, floors)
        if options.calibrate is not None:
            refuse_fitted(service.versions())  # said before the minutes of work, not after
        run = evaluate(
            test_set,
            ServiceBench(service),
            mode=options.mode,
            always_answer=options.always_answer,
            read=options.read,
            seed=options.seed,
            progress=lambda done, total, stage: progress(stage, done, total),
        )
    record = run.to_dict()
    comparisons = {path: gate.compare(old, record, seed=options.seed) for path, old in olds.items()}
    print("\n".join(summary_lines(run)))
    _write(run, options, next(iter(comparisons.values()), None))
    for path, comparison in comparisons.items():
        _show_changes(path, comparison)
    problems = gate.below_floor(record, floors)
    if options.no_worse_than is not None:
        problems += gate.regressions(comparisons[options.no_worse_than])
    for problem in problems:
        print(f"qa: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _refuse_for_conversations(options: EvalOptions) -> None:
    """Conversations have measures of their own; an option of the others must not pass unseen.

    Raises:
        UsageError: such an option was given.
    """
    given = {
        "--mode": options.mode is not None,
        "--always-answer": options.always_answer,
        "--no-read": not options.read,
        "--predictions": options.predictions is not None,
        "--report": options.report is not None,
        "--trec": options.trec is not None,
        "--compare": options.compare is not None,
        "--no-worse-than": options.no_worse_than is not None,
        "--calibrate": options.calibrate is not None,
    }
    names = [name for name, was in given.items() if was]
    if names:
        raise UsageError(
            f"{', '.join(names)}: not for a test set of conversations",
            "Leave it out; --fail-under completed=0.8 is a gate for conversations.",
        )


def _conversations(
    options: EvalOptions, test_set: TestSet, service: Service, floors: Sequence[gate.Floor]
) -> int:
    report = evaluate_conversations(
        test_set, ServiceBench(service), lambda: Conversation(service), seed=options.seed
    )
    print("\n".join(report.lines()))
    if options.json_out is not None:
        write_json(report.to_dict(), options.json_out)
    problems = gate.below_floor(report.rates["*"], floors)
    for problem in problems:
        print(f"qa: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _test_set(options: EvalOptions) -> TestSet:
    if options.files is None and not SEEDS_TEST_SET.is_file():
        raise UsageError(
            "the seeds' own test set is not part of an installed package",
            "Name a test set, or run this in a checkout of the project.",
        )
    paths = (SEEDS_TEST_SET,) if options.files is None else options.files
    if len(paths) > 1 and not options.pooled:
        raise UsageError(f"{len(paths)} files were given", "Add --pool to measure them as one.")
    sets = [
        load_csv(path)
        if path.suffix.lower() == ".csv"
        else load_test_set(
            path, language=options.language, question_language=options.question_language
        )
        for path in paths
    ]
    test_set = pool(sets) if options.pooled else sets[0]
    if options.questions is not None:
        questions = load_test_set(options.questions, question_language=options.question_language)
        test_set = with_questions(test_set, questions)
    if options.limit is None:
        return test_set
    return replace(
        test_set,
        cases=test_set.cases[: options.limit],
        conversations=test_set.conversations[: options.limit],
    )


@contextmanager
def _service(options: EvalOptions, test_set: TestSet) -> Iterator[Service]:
    """Over the store named; over the seeds when no file is; over an empty one when none is needed.

    Raises:
        NoStoreError: the test set lies over the articles of a store that does not exist.
    """
    settings = load_settings(store=options.store)
    with tempfile.TemporaryDirectory(prefix="menbe-eval-") as folder:
        temporary = options.files is None or (
            not test_set.over_store and not is_store(settings.store)
        )
        if temporary:
            settings = load_settings(store=Path(folder) / "store")
        with Service.open(settings, create=temporary) as service:
            if options.files is None:
                service.index([SEEDS])
            yield service


def _write(run: Run, options: EvalOptions, comparison: gate.Comparison | None) -> None:
    if options.json_out is not None:
        write_json(run.to_dict(), options.json_out)
    if options.predictions is not None:
        write_json(run.predictions(), options.predictions)
    if options.calibrate is not None:
        write_json(calibration_record(run), options.calibrate)
    if options.trec is not None:
        queries = queries_of([each.outcome for each in run.results])
        for path in write_trec(queries, options.trec, tag="qa"):
            print(f"wrote {path}")
    if options.report is not None:
        print(f"wrote {write_report(run, options.report, comparison=comparison)}")


def _show_changes(path: Path, comparison: gate.Comparison) -> None:
    print(f"since {path}, over {comparison.common} questions that both runs hold:")
    for change in comparison.changes:
        mark = " (worse)" if change.regressed else " (better)" if change.improved else ""
        print(f"  {change.measure}: {change.old:.4g} to {change.new:.4g}{mark}")
