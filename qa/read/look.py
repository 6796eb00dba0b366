"""A second look: the best spans are read once more, each in the middle of a window of its own.

The first windows are cut without regard to where the answer stands, yet what stands around a span
sways its score. The mean of two readings is swayed less: averaging over crops, as for pictures in
Krizhevsky, Sutskever and Hinton (2012, section 4.1).

This module must not know the network, nor any text: it counts in tokens of numbered passages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum

from qa.read.cut import Stretch
from qa.read.decode import TokenSpan

__all__ = ["SecondLook", "WindowSpans", "choose_looks", "look_window", "merge_looks"]

Range = tuple[int, int]

_MISSED = 1.0
"""A reading keeps its best spans only; how far below the last of them one that it left out is
taken to stand."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """How much is read a second time.

    Attributes:
        spans: so many of the best, none overlapping a better one, over all passages; 0 for none.
        tokens: of the passage in the window around each. A longer span is a window alone, and no
            window is longer than those of the first reading can be.
        clear: log-odds of an answer that needs none.
        hopeless: below these log-odds a span is not looked at again, since nothing makes it good.
    """

    spans: int = 2
    tokens: int = 64
    clear: float = 4.0
    hopeless: float = -4.0


@dataclass(frozen=True, slots=True)
class WindowSpans:
    """What one reading of one window kept; spans are counted in tokens of the passage."""

    window: Stretch
    spans: list[TokenSpan]


def look_window(span: TokenSpan, count: int, tokens: int, most_tokens: int) -> Range:
    """The window `[first, last)` of the passage that has the span in its middle.

    At an edge of the passage it moves inwards and keeps its length.

    Args:
        span: of the passage.
        count: tokens of the passage.
        tokens: of the window, unless the span is longer or the passage shorter.
        most_tokens: of any window; of a span longer than that it holds the middle.
    """
    size = span.last - span.first + 1
    length = min(max(tokens, size), most_tokens, count)
    begin = min(max(0, span.first - (length - size) // 2), count - length)
    return begin, begin + length


def choose_looks(
    first: Sequence[WindowSpans],
    counts: Sequence[int],
    look: SecondLook,
    *,
    most_tokens: int,
    stands: Callable[[int, TokenSpan], bool],
) -> list[Stretch]:
    """The windows to read again, each once; none that has been read as it is.

    Args:
        first: the first reading of all passages.
        counts: tokens of each passage, by its number.
        look: how many spans, and how much around each.
        most_tokens: of any window.
        stands: whether a span of a passage can be an answer at all.
    """
    ranked = sorted(
        ((reading.window.passage, span) for reading in first for span in reading.spans),
        key=lambda found: (-found[1].score, found[0], found[1].first, found[1].last),
    )
    best: list[tuple[int, TokenSpan]] = []
    for number, span in ranked:
        clear = not best and span.score >= look.clear
        if clear or span.score < look.hopeless or len(best) >= look.spans:
            break
        apart = all(
            number != other or span.last < better.first or better.last < span.first
            for other, better in best
        )
        if apart and stands(number, span):
            best.append((number, span))
    known = {(one.window.passage, one.window.first, one.window.last) for one in first}
    windows = []
    for number, span in best:
        begin, end = look_window(span, counts[number], look.tokens, most_tokens)
        if (number, begin, end) not in known:
            known.add((number, begin, end))
            windows.append(Stretch(number, begin, end))
    return windows


def merge_looks(
    first: Sequence[WindowSpans], second: Sequence[WindowSpans]
) -> dict[int, list[TokenSpan]]:
    """Spans by passage, each with the mean of its scores in all readings that cover it.

    The first reading is one reading: where its windows overlap, the best score of a span counts,
    as without a second look. Spans that lie in no second window keep their scores.
    """
    merged: dict[int, list[TokenSpan]] = {}
    for reading in first:
        merged.setdefault(reading.window.passage, []).extend(reading.spans)
    for number in {reading.window.passage for reading in second}:
        before = [reading for reading in first if reading.window.passage == number]
        again = [reading for reading in second if reading.window.passage == number]
        places = {
            (span.first, span.last)
            for reading in (*before, *again)
            for span in reading.spans
            if any(_holds(one.window, (span.first, span.last)) for one in again)
        }
        merged[number] = [
            *(span for span in merged.get(number, []) if (span.first, span.last) not in places),
            *(TokenSpan(*place, _mean_score(place, before, again)) for place in sorted(places)),
        ]
    return merged


def _holds(window: Stretch, place: Range) -> bool:
    return window.first <= place[0] and place[1] < window.last


def _mean_score(place: Range, before: Sequence[WindowSpans], again: Sequence[WindowSpans]) -> float:
    """The mean for a span that at least one of the readings kept."""
    readings = [before, *([one] for one in again)]
    scores = [score for one in readings if (score := _score(place, one)) is not None]
    return fsum(scores) / len(scores)


def _score(place: Range, reading: Sequence[WindowSpans]) -> float | None:
    """What the windows of one reading give to tokens `place[0]` to `place[1]`, both included.

    For a span that all of them left out, a little less than what it may have been worth at most;
    None where no window holds it.
    """
    holding = [one.spans for one in reading if one.spans and _holds(one.window, place)]
    kept = [s.score for spans in holding for s in spans if (s.first, s.last) == place]
    if kept or not holding:
        return max(kept, default=None)
    return max(min(span.score for span in spans) for spans in holding) - _MISSED
