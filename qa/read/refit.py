"""A fit of confidence and threshold to a user's own test set, laid over the shipped calibration.

`qa eval FILE --calibrate OUT.json` writes the file, the setting `calibration` names it, and the
service applies it to each question by its language. A fit is Platt's two parameters on the
log-odds of the confidence that was measured; log-odds being linear in the evidence, the two make
one: `slope' = a * slope`, `intercept' = a * intercept + b`.

This module must not know how a fit is made, nor how a question's language is known.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.errors import ReaderError
from qa.read.calibration import Calibration, sigmoid

__all__ = ["ALL", "FORMAT", "MADE_WITH", "Fits", "LanguageFit", "Platt", "read_fits"]

ALL = "*"
"""The entry for every language that has none of its own."""
FORMAT = "menbe-calibration-1"
MADE_WITH = ("encoder", "reader", "calibration")
"""The versions in the record that must be those in use, or the fit is of other confidences."""
_REMEDY = "Make one with: qa eval FILE --calibrate OUT.json."


@dataclass(frozen=True, slots=True)
class Platt:
    """probability = sigmoid(slope * margin + offset)."""

    slope: float
    offset: float

    def probability(self, margin: float) -> float:
        """The probability, 0 to 1, that an answer of this margin is right."""
        return sigmoid(self.slope * margin + self.offset)


@dataclass(frozen=True, slots=True)
class LanguageFit:
    """What was fitted for one language, or for all together (`language` "*").

    `platt` applies to the logit of the confidence that was measured; the threshold is a
    probability after `platt`, below which the reply is no answer.
    """

    language: str
    n: int
    unanswerable: int
    platt: Platt
    threshold: float

    def over(self, base: Calibration) -> Calibration:
        """`base` refined by this fit; the buckets keep their bounds."""
        return replace(
            base,
            slope=self.platt.slope * base.slope,
            intercept=self.platt.slope * base.intercept + self.platt.offset,
            threshold=self.threshold,
        )


@dataclass(frozen=True, slots=True)
class Fits:
    """One file of fits.

    Attributes:
        by_language: "*" and each language that had enough questions.
        made_with: the versions of `MADE_WITH` that the questions were measured with.
        identity: of the file's content.
    """

    path: Path
    by_language: Mapping[str, LanguageFit]
    made_with: Mapping[str, str]
    identity: str

    def over(self, base: Calibration, language: str, *, encoder: str, reader: str) -> Calibration:
        """`base` as it is fitted for questions in `language`.

        Args:
            base: the calibration that ships with the reader.
            encoder, reader: the identities of those in use.

        Raises:
            ReaderError: the fit was made with another encoder, reader or calibration.
        """
        in_use = {"encoder": encoder, "reader": reader, "calibration": base.identity}
        for name in MADE_WITH:
            if self.made_with[name] != in_use[name]:
                raise ReaderError(
                    f"{self.path} was fitted with the {name} {self.made_with[name]}, and "
                    f"{in_use[name]} is in use",
                    f"Fit it again with: qa eval FILE --calibrate {self.path}, "
                    "or unset MENBE_CALIBRATION.",
                )
        fit = self.by_language.get(language)
        return (self.by_language[ALL] if fit is None else fit).over(base)


def read_fits(path: Path) -> Fits:
    """Read a file that `qa eval --calibrate` wrote.

    Raises:
        UsageError: it cannot be read, is not such a file or is not whole.
    """
    try:
        content = path.read_bytes()
        record = json.loads(content)
    except OSError as error:
        raise UsageError(
            f"the calibration {path} cannot be read: {error.strerror}", _REMEDY
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the calibration {path} is not JSON: {error}", _REMEDY) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UsageError(f"{path} is not a calibration of this version", _REMEDY)
    languages = record.get("languages")
    if not isinstance(languages, dict) or ALL not in languages:
        raise UsageError(f"{path} has no entry for all languages", _REMEDY)
    return Fits(
        path=path,
        by_language={name: _entry(path, name, each) for name, each in languages.items()},
        made_with=_made_with(path, record.get("versions")),
        identity=sha256(content).hexdigest()[:16],
    )


def _made_with(path: Path, versions: Any) -> dict[str, str]:
    named = versions if isinstance(versions, dict) else {}
    found = {name: named.get(name) for name in MADE_WITH}
    missing = [name for name, value in found.items() if not isinstance(value, str)]
    if missing:
        raise UsageError(f"{path} does not say which {missing[0]} it was made with", _REMEDY)
    return {name: str(value) for name, value in found.items()}


def _entry(path: Path, language: str, given: Any) -> LanguageFit:
    names = ("slope", "offset", "threshold", "n", "unanswerable")
    values: list[Any] = [given.get(name) if isinstance(given, dict) else None for name in names]
    numbers = [float(value) for value in values if _is_number(value)]
    if len(numbers) < len(names):
        raise UsageError(f"{path} has an entry for {language!r} that is not whole", _REMEDY)
    slope, offset, threshold, n, unanswerable = numbers
    if slope < 0 or not 0.0 <= threshold <= 1.0:
        raise UsageError(f"{path} has an impossible entry for {language!r}", _REMEDY)
    return LanguageFit(language, int(n), int(unanswerable), Platt(slope, offset), threshold)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False
