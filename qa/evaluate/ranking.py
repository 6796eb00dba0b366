"""Ranking measures, computed by ir-measures, and the TREC files that anyone can check them with.

The only importer of ir-measures, which is imported when it is first needed: it belongs to the
`test` extra, and nothing but evaluation uses it.

This module must not know what a question, an article or a test set is: only ids and grades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError

__all__ = ["RANKING_MEASURES", "RankedQuery", "ranking_values", "require_ir_measures", "write_trec"]

RANKING_MEASURES = ("recall@1", "recall@3", "recall@5", "recall@10", "MRR", "nDCG@10")
_IN_IR_MEASURES = ("R@1", "R@3", "R@5", "R@10", "RR", "nDCG@10")


@dataclass(frozen=True, slots=True)
class RankedQuery:
    """One query: what should be found and what was.

    Attributes:
        grades: grade of each relevant document, over 0; never empty.
        ranking: documents found, best first, each once.
    """

    id: str
    grades: Mapping[str, int]
    ranking: Sequence[str]


def ranking_values(queries: Sequence[RankedQuery]) -> dict[str, dict[str, float]]:
    """Per query id, each of `RANKING_MEASURES`, 0 to 1.

    Recall@k is the share of a query's relevant documents among the first k.

    Raises:
        UsageError: ir-measures is not installed.
    """
    if not queries:
        return {}
    ir = require_ir_measures()
    measures = {ir.parse_measure(name): name for name in _IN_IR_MEASURES}
    names = dict(zip(_IN_IR_MEASURES, RANKING_MEASURES, strict=True))
    # TREC ids may hold no white space: queries and documents go in by number.
    numbers = _numbers(queries)
    qrels = [
        ir.Qrel(f"q{place}", numbers[document], grade)
        for place, query in enumerate(queries)
        for document, grade in query.grades.items()
    ]
    run = [
        # Falling scores keep the order: ties would be broken by document id.
        ir.ScoredDoc(f"q{place}", numbers[document], float(-rank))
        for place, query in enumerate(queries)
        for rank, document in enumerate(query.ranking)
    ]
    found: dict[str, dict[str, float]] = {query.id: {} for query in queries}
    for metric in ir.iter_calc(list(measures), qrels, run):
        query = queries[int(metric.query_id[1:])]
        found[query.id][names[measures[metric.measure]]] = float(metric.value)
    for values in found.values():
        # A query with an empty ranking is in no run line and may be passed over.
        for name in RANKING_MEASURES:
            values.setdefault(name, 0.0)
    return found


def write_trec(queries: Sequence[RankedQuery], folder: Path, *, tag: str) -> tuple[Path, Path]:
    """Write `run.txt` and `qrels.txt` in TREC's forms; returns their paths.

    White space in ids becomes "_". Scores fall by one a rank, so that any program keeps the order.

    Raises:
        UsageError: the folder cannot be written.
    """
    run, qrels = folder / "run.txt", folder / "qrels.txt"
    run_lines = [
        f"{_word(query.id)} Q0 {_word(document)} {rank} {len(query.ranking) - rank + 1} {tag}\n"
        for query in queries
        for rank, document in enumerate(query.ranking, start=1)
    ]
    qrels_lines = [
        f"{_word(query.id)} 0 {_word(document)} {grade}\n"
        for query in queries
        for document, grade in query.grades.items()
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        run.write_text("".join(run_lines), encoding="utf-8")
        qrels.write_text("".join(qrels_lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}", "Name a folder you can write to."
        ) from error
    return run, qrels


def _numbers(queries: Sequence[RankedQuery]) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for query in queries:
        for document in (*query.grades, *query.ranking):
            numbers.setdefault(document, f"d{len(numbers)}")
    return numbers


def _word(text: str) -> str:
    return "_".join(text.split())


def require_ir_measures() -> Any:
    """The package ir-measures.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise UsageError(
            "ranking measures need the package ir-measures, which is not installed",
            "Install it with: pip install 'menbe[test]'.",
        ) from error
    return ir_measures
