"""Fits confidences and thresholds to a finished run, as a record that `qa.read.refit` reads.

A threshold is never judged on the questions that it was fitted to: the record says what five-fold
cross-validation gives, each fold holding whole questions (all languages of one together).

This module must not know how a run was made, nor who uses the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from embeddings.errors import UsageError
from qa.evaluate.calibrate import MIN_QUESTIONS, calibrate, logit
from qa.evaluate.judge import RIGHT_F1, CaseResult
from qa.evaluate.run import Run
from qa.read.refit import ALL, FORMAT, LanguageFit

__all__ = ["calibration_record", "refuse_fitted"]

_FOLDS = 5


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
        UsageError: too few of the run's questions were answered to fit anything, or the run was
            made with a fit applied already.
    """
    refuse_fitted(run.versions)
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


def refuse_fitted(versions: Mapping[str, str]) -> None:
    """Refuse to fit what is fitted: the file would be laid over the shipped calibration again.

    Args:
        versions: of what is measured.

    Raises:
        UsageError: a fit is among them.
    """
    if "fit" in versions:
        raise UsageError(
            "a calibration is applied already, and one fitted over it would count it twice",
            "Unset MENBE_CALIBRATION while you calibrate.",
        )


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
    for language in (ALL, *sorted({row.language for row in rows})):
        of_language = [item for item in refused if language in (ALL, item[0].language)]
        out[language] = asdict(_Share.of(of_language))
    return out


def _refuses(fitted: Mapping[str, LanguageFit], row: _Row) -> bool:
    one = fitted.get(row.language, fitted[ALL])
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
