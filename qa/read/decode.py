"""From the reader's states to spans: the head, the best spans, their trimming to words.

The head is small, so it runs here in numpy and the light runtime gives only the last layer's
states. A span's score is its log-odds against "not here", which compares across passages.

This module must not know how states come about, nor of windows, articles or answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import WeightsError

__all__ = ["MAX_SPAN_TOKENS", "SpanHead", "TokenSpan", "drop_overlaps", "trim_span"]

Floats = NDArray[np.float32]
Range = tuple[int, int]

MAX_SPAN_TOKENS = 40
"""As in training (`qa.read.model`)."""

_CANDIDATES = 24
_SHAPES = ("edges", "pair", "null_hidden", "null")
_OUTER = frozenset(".,;:!?…·•*_|'`´‹›‘’‚‛–—-")
_PAIRS = {"(": ")", "[": "]", "{": "}", "«": "»", "“": "”", "„": "“", '"': '"'}
_BEFORE_FIGURE = re.compile(r"(?:во?|in|on)\s+(?=\d)", re.IGNORECASE)
_YEAR_ALONE = re.compile(r"(\d{3,4})\s+(?:год(?:у|а|ом)?|г|yıl\w*|sene\w*)\.?", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:\b\w{1,2}\.){2,}$")


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Tokens `first` to `last`, both included, and their log-odds against null."""

    first: int
    last: int
    score: float


@dataclass(frozen=True, slots=True)
class SpanHead:
    """The head of `qa.read.model.Head`, with its weights as arrays.

    Attributes:
        weights: by the names of the torch module's state.
    """

    weights: Mapping[str, Floats]

    @classmethod
    def of(cls, weights: Mapping[str, Floats], width: int) -> SpanHead:
        """Check the shapes for an encoder of `width`.

        Raises:
            WeightsError: a tensor is missing or has another shape.
        """
        rows = {"edges": (2, width), "null_hidden": (width, 2 * width), "null": (1, width)}
        for name in _SHAPES:
            weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
            if weight is None or bias is None or weight.shape != (len(bias), weight.shape[-1]):
                raise WeightsError(f"the reader's head has no sound {name!r}")
            if name in rows and weight.shape != rows[name]:
                raise WeightsError(f"the reader's head {name!r} has the shape {weight.shape}")
        if weights["pair.weight"].shape[1] != width or len(weights["pair.bias"]) % 2:
            raise WeightsError("the reader's head 'pair' does not fit its encoder")
        return cls(dict(weights))

    def _dense(self, name: str, values: Floats) -> Floats:
        made: Any = values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return np.asarray(made, np.float32)

    def best(self, states: Floats, passage: Range) -> tuple[list[TokenSpan], float]:
        """The best spans within tokens `[passage[0], passage[1])`, best first.

        Args:
            states: last hidden states (tokens, width) of one sequence, padding left off.
            passage: where a span may lie.

        Returns:
            the spans, token indices counted from the sequence's start, and the log-odds that
            any span of the passage answers.
        """
        begin, end = passage
        inside = states[begin:end]
        if len(inside) == 0:
            return [], -np.inf
        edges = self._dense("edges", inside)  # (tokens, 2)
        first, second = np.split(self._dense("pair", inside), 2, axis=1)
        scores = edges[:, :1] + edges[:, 1] + (first / np.sqrt(first.shape[1])) @ second.T
        width = np.arange(len(inside)) - np.arange(len(inside))[:, None]  # [s, e] = e - s
        scores = np.where((width >= 0) & (width < MAX_SPAN_TOKENS), scores, -np.inf)
        null = self._null(states[0], inside, edges[:, 0])
        flat = scores.ravel()
        count = min(_CANDIDATES, int(np.isfinite(flat).sum()))
        chosen = np.argpartition(-flat, count - 1)[:count]
        chosen = chosen[np.argsort(-flat[chosen], kind="stable")]
        spans = [
            TokenSpan(begin + int(at // len(inside)), begin + int(at % len(inside)),
                      float(flat[at]) - null)
            for at in chosen
        ]  # fmt: skip
        top = float(flat[chosen[0]])
        every = top + float(np.log(np.exp(flat - top).sum()))
        return spans, every - null

    def _null(self, opening: Floats, inside: Floats, start: Floats) -> float:
        weights = np.exp(start - start.max())
        expected = (weights / weights.sum()) @ inside  # (width,)
        hidden = _gelu(self._dense("null_hidden", np.concatenate((opening, expected))))
        return float(self._dense("null", hidden)[0])


def _gelu(values: Floats) -> Floats:
    """The exact GELU, x Φ(x); the error function by Abramowitz and Stegun 7.1.26 (1.5e-7)."""
    x = np.abs(values) / np.sqrt(2.0)
    t = 1.0 / (1.0 + 0.3275911 * x)
    series = t * (
        0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))
    )
    error = np.sign(values) * (1.0 - series * np.exp(-x * x))
    return np.asarray(0.5 * values * (1.0 + error), np.float32)


def trim_span(text: str, start: int, end: int) -> Range | None:
    """The span without outer punctuation and with no word cut; None when nothing is left.

    A word is a run of letters, digits and their combining marks; what hangs on it by an
    apostrophe ("Ankara'da") is a word of its own. A closing bracket stays with its opening one,
    and the last dot of an abbreviation ("U.S.") stays. A date is named without the preposition
    before its figure ("в 1999 году", "on 22 September") and a year alone without the word for it
    ("1999"), as in most annotated answers: of XQuAD's 48 bare years in Russian 30 are without, of
    27 in Turkish 26.
    """
    while start > 0 and start < len(text) and _joined(text, start):
        start -= 1
    while 0 < end < len(text) and _joined(text, end):
        end += 1
    while start < end:
        first, last = text[start], text[end - 1]
        inner = text[start + 1 : end - 1]
        if _is_outer(first) or _unpaired(first, text[start:end], opening=True):
            start += 1
        elif last == "." and _ABBREVIATION.search(text[start:end]):
            break
        elif _is_outer(last) or _unpaired(last, text[start:end], opening=False):
            end -= 1
        elif _PAIRS.get(first) == last and first not in inner and last not in inner:
            start, end = start + 1, end - 1
        else:
            break
    preposition = _BEFORE_FIGURE.match(text, start, end)
    if preposition is not None:
        start = preposition.end()
    year = _YEAR_ALONE.fullmatch(text, start, end)
    if year is not None:
        end = year.end(1)
    if start >= end or not any(c.isalnum() for c in text[start:end]):
        return None
    return start, end


def _is_outer(character: str) -> bool:
    spacing = character.isspace() or unicodedata.category(character) in {"Cc", "Zs", "Zl", "Zp"}
    return spacing or character in _OUTER


def _joined(text: str, place: int) -> bool:
    """Whether the characters on both sides of `place` belong to one word."""
    return _in_word(text[place - 1]) and _in_word(text[place])


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in {"Mn", "Mc", "Cf"}


def _unpaired(mark: str, span: str, *, opening: bool) -> bool:
    """Whether a bracket or quote at the edge of `span` has no partner inside it."""
    if mark == '"':
        return span.count(mark) % 2 == 1
    closings = {c for o, c in _PAIRS.items() if o == mark}
    openings = {o for o, c in _PAIRS.items() if c == mark}
    if opening:
        return not closings.intersection(span[1:]) if closings else bool(openings)
    return not openings.intersection(span[:-1]) if openings else bool(closings)


def drop_overlaps(
    spans: Sequence[tuple[int, int, float]], most: int
) -> list[tuple[int, int, float]]:
    """Up to `most` ranges, best score first, none overlapping a better one."""
    kept: list[tuple[int, int, float]] = []
    for start, end, score in sorted(spans, key=lambda s: (-s[2], s[0], s[1])):
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end, score))
            if len(kept) == most:
                break
    return kept
