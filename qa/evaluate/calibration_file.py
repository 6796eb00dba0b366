"""Fits confidences and thresholds to a finished run, and keeps them in a file.

A threshold is never judged on the questions that it was fitted to: the record says what five-fold
cross-validation gives, each fold holding whole questions (all languages of one together).

This module must not know how a run was made, nor who uses the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.evaluate.calibrate import MIN_QUESTIONS, LanguageFit, Platt, calibrate, logit
from qa.evaluate.judge import RIGHT_F1, CaseResult
from qa.evaluate.run import Run

__all__ = ["FORMAT", "calibration_record", "load_calibration"]

FORMAT = "menbe-calibration-1"
_FOLDS = 5
_REMEDY = "Make one with: qa eval FILE --calibrate OUT.json."


@dataclass(frozen=True, slots=True)
class _Row:
    unit: str
    language: str
    confidence: float
    score: float
    answerable: bool


def calibration_record(run: Run, *, min_questions: int = MIN_QUESTIONS) -> dict[str, Any]:
    """What `qa eval --calibrate` writes.

    Returns:
        `languages`: "*" and each language with enough questions, with slope and offset on the
        logit of the measured confidence, and the threshold on the probability after them;
        `cross_validated`: what such thresholds do on questions they were not fitted to.

    Raises:
        UsageError: too few of the run's questions were answered to fit anything.
    """
    rows = [_row(result) for result in run.results if _can_fit(result)]
    if len(rows) < _FOLDS * 2:
        raise UsageError(
            f"{len(rows)} questions are too few to calibrate on",
            f"Use a test set with {min_questions} questions a language or more.",
        )
    return {
        "format": FORMAT,
        "versions": dict(run.versions),
        "mode": run.mode,
        "right_at_f1": RIGHT_F1,
        "languages": {
            each.language: {
                "slope": each.platt.slope,
                "offset": each.platt.offset,
                "threshold": each.threshold,
                "n": each.n,
                "unanswerable": each.unanswerable,
            }
            for each in _fit(rows, min_questions)
        },
        "cross_validated": _cross_validated(rows, min_questions),
    }


def load_calibration(path: Path) -> dict[str, LanguageFit]:
    """Read such a file; "*" holds for every language without its own entry.

    Raises:
        UsageError: the file cannot be read or is not a calibration.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", _REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", _REMEDY) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UsageError(f"{path} is not a calibration of this version", _REMEDY)
    languages = record.get("languages")
    if not isinstance(languages, dict) or "*" not in languages:
        raise UsageError(f"{path} has no entry for all languages", _REMEDY)
    return {name: _entry(path, name, each) for name, each in languages.items()}


def _entry(path: Path, language: str, given: Any) -> LanguageFit:
    names = ("slope", "offset", "threshold", "n", "unanswerable")
    values = [given.get(name) if isinstance(given, dict) else None for name in names]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < len(names) or not all(math.isfinite(value) for value in numbers):
        raise UsageError(f"{path} has an entry for {language!r} that is not whole", _REMEDY)
    slope, offset, threshold, n, unanswerable = numbers
    if slope < 0 or not 0.0 <= threshold <= 1.0:
        raise UsageError(f"{path} has an impossible entry for {language!r}", _REMEDY)
    return LanguageFit(language, int(n), int(unanswerable), Platt(slope, offset), threshold)


def _can_fit(result: CaseResult) -> bool:
    return result.outcome.confidence is not None and result.case.answerable is not None


def _row(result: CaseResult) -> _Row:
    confidence = result.outcome.confidence
    return _Row(
        unit=result.unit,
        language=result.case.language,
        confidence=0.0 if confidence is None else confidence,
        score=result.values.get("F1_unicode_forced", 0.0) / 100.0,
        answerable=bool(result.case.answerable),
    )


def _fit(rows: Sequence[_Row], min_questions: int) -> list[LanguageFit]:
    return calibrate(
        [row.language for row in rows],
        [row.confidence for row in rows],
        [row.score for row in rows],
        [row.answerable for row in rows],
        right_at=RIGHT_F1,
        min_questions=min_questions,
    )


def _cross_validated(rows: Sequence[_Row], min_questions: int) -> dict[str, Any]:
    """Of the unanswerable, how many are refused; of the answerable, how many; each out of fold."""
    units = sorted({row.unit for row in rows})
    fold_of = {unit: place % _FOLDS for place, unit in enumerate(units)}
    refused: list[tuple[_Row, bool]] = []
    for fold in range(_FOLDS):
        held = [row for row in rows if fold_of[row.unit] == fold]
        rest = [row for row in rows if fold_of[row.unit] != fold]
        if not held or not rest:
            continue
        fitted = {each.language: each for each in _fit(rest, min_questions)}
        refused += [(row, _refuses(fitted, row)) for row in held]
    out: dict[str, Any] = {"folds": _FOLDS}
    for language in ("*", *sorted({row.language for row in rows})):
        of_language = [item for item in refused if language in ("*", item[0].language)]
        out[language] = asdict(_Share.of(of_language))
    return out


def _refuses(fitted: Mapping[str, LanguageFit], row: _Row) -> bool:
    one = fitted.get(row.language, fitted["*"])
    return one.platt.probability(logit(row.confidence)) < one.threshold


@dataclass(frozen=True, slots=True)
class _Share:
    n: int
    no_answer_recall: float | None
    refused_answerable: float | None

    @classmethod
    def of(cls, refused: Sequence[tuple[_Row, bool]]) -> _Share:
        def share(answerable: bool) -> float | None:
            said = [no for row, no in refused if row.answerable is answerable]
            return sum(said) / len(said) if said else None

        return cls(len(refused), share(False), share(True))
