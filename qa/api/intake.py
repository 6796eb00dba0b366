"""From an upload's records to what became of each: a record that nobody can use fails alone.

This module must not know when anything is indexed, nor what is kept of it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from embeddings.articles import Article
from embeddings.build import BuildReport
from embeddings.errors import ArticleError, MenbeError

__all__ = ["UNEXPECTED", "Item", "Outcome", "index_each", "noted", "read_each"]

Item = Article | ArticleError
UNEXPECTED = "an unexpected error; see the server's log"
_REMEDY = "Send it again."


@dataclass(slots=True)
class Outcome:
    """What became of an upload's articles, added up over its batches."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ids: list[str] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def add(self, items: Sequence[Item], report: BuildReport) -> None:
        """Add what was reported of `items`."""
        failed = [
            {
                "article": error.origin.removeprefix("api:"),
                "problem": error.problem.removeprefix(f"{error.origin}: "),
                "remedy": error.remedy,
            }
            for error in report.failed
        ]
        bad = {error.origin for error in report.failed}
        ids = [item.id for item in items if isinstance(item, Article) and item.origin not in bad]
        self.merge(Outcome(report.added, report.changed, report.unchanged, ids, failed))

    def merge(self, other: Outcome) -> None:
        """Add one batch."""
        self.added += other.added
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.ids += other.ids
        self.failed += other.failed


_COUNTS = tuple(one.name for one in fields(Outcome))


def read_each(
    read: Callable[[Sequence[Any], int], list[Item]],
    records: Sequence[Any],
    first: int,
    surprises: list[Exception],
) -> list[Item]:
    """The records' articles, with an error in the place of one that cannot be made.

    Args:
        read: makes articles of records; also told the number of the first one.
        records: as `read` takes them, or each as its JSON.
        first: number of the first one in its upload.
        surprises: gets what nobody expected.
    """
    items: list[Item] = []
    for number, given in enumerate(records, start=first):
        record = given
        try:
            record = json.loads(given) if isinstance(given, str) else given
            items += read([record], number)
        except Exception as error:
            surprises.append(error)
            named = record.get("id") if isinstance(record, dict) else None
            name = f"articles[{number}]" if named is None else str(named)
            items.append(ArticleError(name, UNEXPECTED, _REMEDY))
    return items


def index_each(
    add: Callable[[Iterable[Item]], BuildReport],
    items: Sequence[Item],
    outcome: Outcome,
    surprises: list[Exception],
) -> None:
    """Index the articles and add what became of them to `outcome`.

    Args:
        add: indexes articles.
        items: articles, and errors that stand in the place of some.
        outcome: added to.
        surprises: gets what nobody expected.

    Raises:
        MenbeError: the store or the encoder cannot be used at all.
    """
    for different in _rounds(items):
        try:
            outcome.add(different, add(different))
        except MenbeError:
            raise
        except Exception as error:
            if len(different) > 1:
                for item in different:
                    index_each(add, [item], outcome, surprises)
                continue
            surprises.append(error)
            failed = ArticleError(different[0].origin, UNEXPECTED, _REMEDY)
            outcome.add(different, BuildReport(0, 0, 0, (failed,), 0, 0.0))


def noted(notes: Iterable[dict[str, Any]], outcome: Outcome) -> int:
    """How many records are done by an upload's progress, whose outcomes go into `outcome`."""
    done = 0
    for note in notes:
        with contextlib.suppress(TypeError):  # of a line that a crash tore
            outcome.merge(Outcome(**{key: note[key] for key in _COUNTS if key in note}))
            done = max(done, note.get("done", 0))
    return done


def _rounds(items: Sequence[Item]) -> list[list[Item]]:
    """The items so that no round has an article twice, which one indexing would write twice."""
    rounds: list[list[Item]] = []
    seen: dict[str, int] = {}
    for item in items:
        place = 0
        if isinstance(item, Article):
            place = seen.get(item.id, 0)
            seen[item.id] = place + 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(item)
    return rounds
