"""Whether two articles carry the same story: republished, or translated.

Republished: most of the shorter article's runs of four words stand in the other too (containment
of shingles, Broder 1997, "On the resemblance and containment of documents"). The sets are compared
whole: only the few articles that one question finds are ever compared, so that MinHash, which
estimates the same number in order to search millions, would cost more and be less exact.

Translated: the mean vectors of both are close, and names, numbers and dates, in their script-free
form, are shared.

Neither, where the figures differ while the rest agrees: an updated toll or the next day's rate is
another report, however little of its text is new.

This module must not know questions, passages or the store.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from embeddings.dates import find_dates
from embeddings.text import Range, is_shared, terms

__all__ = [
    "CLOSE_COSINE",
    "Figures",
    "Shingles",
    "containment",
    "figures",
    "have_other_figures",
    "is_republished",
    "is_translated",
    "kept_text",
    "numbers_of",
    "shared_terms",
    "shingles",
    "speak_of_other_figures",
]

Shingles = frozenset[tuple[str, ...]]
_WORD = re.compile(r"[^\W_]+")
_MIN_SHINGLES = 12
"""Fewer are a sentence or two, which two reports may well have in common."""
_REPUBLISHED = 0.5
CLOSE_COSINE = 0.84
"""Translations of XQuAD's paragraphs among en, ru and tr are never farther apart than this."""
_MIN_SHARED = 20
"""Terms of the shorter article; fewer are a sentence or two."""
_SHARED_WEIGHT = 0.3
_TRANSLATED = 0.96
_LEAST_SHARE = 0.3
"""Means of news articles on one minister's meetings are as close (0.90 to 0.96) as translations;
what tells them apart is the share: 0.09 to 0.23 between the seeds' different stories."""
_FIGURE_OR_WORD = re.compile(
    r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,:\u00a0\u202f\u2009]\d+)*|[^\W_]+"
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_OPENING_WORDS = 12
"""A dateline is within them; who republishes a text may put his own day there."""
_STAMP_WORDS = 8
"""A line of no more that holds a date or a time of day says when a page was made."""
_SPELT_OUT = 12
"""Numbers up to it are written as words in one language and as figures in another."""


def kept_text(text: str, excluded: Sequence[Range]) -> str:
    """A text without its excluded ranges (sorted, disjoint): what sites add is no story."""
    kept, at = [], 0
    for start, end in excluded:
        kept.append(text[at:start])
        at = end
    return " ".join([*kept, text[at:]])


def shingles(text: str) -> Shingles:
    """The runs of four words of a text, without case."""
    words = _WORD.findall(text.casefold())
    return frozenset(zip(words, words[1:], words[2:], words[3:], strict=False))


def containment(one: Shingles, other: Shingles) -> float:
    """The share of the smaller set that the other holds, 0 to 1; 0 where it is too small."""
    smaller = min(len(one), len(other))
    if smaller < _MIN_SHINGLES or one.isdisjoint(other):  # of most pairs, and sooner known
        return 0.0
    return len(one & other) / smaller


def is_republished(one: Shingles, other: Shingles) -> bool:
    """Whether two articles' shingles are those of one text, added to, cut or edited a little."""
    return containment(one, other) >= _REPUBLISHED


def shared_terms(text: str, language: str) -> frozenset[str]:
    """The terms that do not depend on language: script-free forms, concepts, numbers, dates."""
    return frozenset(term for term in terms(text, language) if is_shared(term))


def is_translated(cosine: float, one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two articles of different languages are translations of one text.

    `cosine + 0.3 * share >= 0.96` and `share >= 0.3`, the share being that of the smaller set of
    `shared_terms` which both have; `tests/benchmarks/README.md` counts what the first of the two
    finds among XQuAD's paragraphs.

    Args:
        cosine: of the means of both articles' chunk vectors.
        one, other: their `shared_terms`.
    """
    smaller = min(len(one), len(other))
    if smaller < _MIN_SHARED:
        return False
    share = len(one & other) / smaller
    if cosine < CLOSE_COSINE or share < _LEAST_SHARE:
        return False
    return cosine + _SHARED_WEIGHT * share >= _TRANSLATED


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a text by what stands around them.

    Attributes:
        places: the numbers, in one notation, by the words around: two on each side, or four on
            one. Words are without case, numbers among them a mark that stands for any.
    """

    places: Mapping[tuple[str, ...], frozenset[str]]


def figures(text: str) -> Figures:
    """The numbers that a text reports, not those of its dateline and of the page's own stamps."""
    places: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    found = list(_reported(text))
    masked = ["#" if value else word for word, value in found]
    for at, (_, value) in enumerate(found):
        if value:
            before, after = tuple(masked[max(at - 4, 0) : at]), tuple(masked[at + 1 : at + 5])
            for key in (
                (*before[-2:], "", *after[:2]) if len(before) >= 2 <= len(after) else (),
                (*before, "") if len(before) == 4 else (),
                ("", *after) if len(after) == 4 else (),
            ):
                if key:
                    places[key].add(value)
    return Figures({key: frozenset(values) for key, values in places.items()})


def have_other_figures(one: Figures, other: Figures) -> bool:
    """Whether two texts give different numbers in the same words: versions, not copies."""
    return any(
        values.isdisjoint(other.places[key])
        for key, values in one.places.items()
        if key in other.places
    )


def speak_of_other_figures(one: str, other: str, *, lead: int) -> bool:
    """Whether two texts in different languages each give a number that the other lacks.

    Where all of these are small whole numbers it says nothing: a translator may write them as
    words, or as figures.

    Args:
        lead: characters in which the numbers that count stand; who republishes adds at the end.
    """
    here = numbers_of(one[:lead]) - numbers_of(other)
    there = numbers_of(other[:lead]) - numbers_of(one)
    return bool(here and there) and any(map(_telling, here | there))


@lru_cache(maxsize=256)
def numbers_of(text: str) -> frozenset[str]:
    """Every number of a text in one notation: 1,234 and "1 234" are 1234, 1.70 is 1.7. A cache."""
    numbers = (match[0] for match in _FIGURE_OR_WORD.finditer(text) if match[0][0].isdigit())
    return frozenset(_plain(number) for number in numbers)


def _telling(number: str) -> bool:
    return not number.isdecimal() or int(number) > _SPELT_OUT


def _reported(text: str) -> Iterator[tuple[str, str]]:
    """Each word of a text with the number that it is, "" for any other word.

    The lines that are stamps are left out, and the day of a dateline is no number.
    """
    dates = [(each.start, each.end) for each in find_dates(text, yearless=True)]
    dates += [match.span() for match in _CLOCK.finditer(text)]
    dates.sort()
    seen, at, next_date = 0, 0, 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        words = list(_FIGURE_OR_WORD.finditer(line))
        while next_date < len(dates) and dates[next_date][1] <= start:
            next_date += 1
        dated = next_date < len(dates) and dates[next_date][0] < at
        if dated and len(words) <= _STAMP_WORDS:
            continue
        for match in words:
            seen += 1
            begin = start + match.start()
            in_opening = seen <= _OPENING_WORDS
            day = in_opening and any(first <= begin < last for first, last in dates[:4])
            number = match[0][0].isdigit() and not day
            yield match[0].casefold(), _plain(match[0]) if number else ""


@lru_cache(maxsize=1 << 14)
def _plain(number: str) -> str:
    """A number as terms have it, without the zeros behind its decimals."""
    plain = terms(number.replace(" ", ""), "en")[0]
    if plain.count(".") == 1 and plain.replace(".", "").isdecimal():
        return plain.rstrip("0").rstrip(".")
    return plain
