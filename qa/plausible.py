"""Whether a span can be what the question asks for.

A small reader sometimes answers "when" with a name, or a question with its own words. Some things
are seen without any model: the kind of answer that the question word wants (a date, a number, a
country, a name), whether every word of the span already stands in the question, and whether the
person named is the one the question speaks of. The word lists are `prompts/answer_kinds.json` and
`prompts/countries.txt`.

This module must not know readers, scores or articles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

from embeddings.fold import fold_text
from embeddings.months import month_number
from embeddings.terms import name_forms, words
from embeddings.text import Range
from prompts import LANGUAGES, load_json, load_text
from qa.agents import Deed

__all__ = ["Expectation", "Kind", "Misfit"]

Kind = Literal["date", "number", "country", "who"]
Misfit = Literal["date", "number", "country", "who", "repeats", "named"]

_DIGIT = re.compile(r"\d|\b[IVXLC]{2,}\b")
_BARE_DAY = re.compile(
    r"\W*\d{1,2}(?:st|nd|rd|th|[-‑]?(?:го|е|й|я|ая|ое|ого|ым|ом)|[-‑]?(?:[iıuü]?n)?c[iıuü])?\W*"
)
"""A number alone, "76" or "29th": of XQuAD's 198 answers to "when" and the like none is such."""
_KINDS: tuple[Kind, ...] = ("date", "number", "country", "who")
_PENALTIES: dict[Misfit, float] = {
    "date": 3.0,
    "number": 3.0,
    "country": 2.0,
    "who": 1.0,
    "repeats": 3.0,
    "named": 2.0,
}
"""Log-odds. Of XQuAD's and M2QA's right answers 1 in 60 is a misfit, and half of those are "who":
"each state", "charter schools"."""
_ANOTHERS_DEED = 5.0
"""Log-odds, more than a misfit: of 45 questions of XQuAD and new-wiki whose passage names a doer of
the deed, 4 have another answer, and small readers are sure of whoever is spoken of."""
_JOINING = frozenset({"when", "когда"})
_ASKING_BEFORE = frozenset(
    {"and", "or", "but", "since", "by", "until", "till", "from", "и", "а", "или", "но", "с", "до"}
)
_CENTURY = ("centur", "век", "столети", "əsr", "yuzyil")
_NAME_WORDS = 3
_COUNTRY_KEY = 3


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a question leads one to expect of its answer.

    Attributes:
        kinds: what the question word asks for; empty where any answer may be right.
        words: the question's own, folded.
        forms: these in the spelling that is the same in every script.
        choice: the question names its answers itself ("Baku or Astana?").
        deed: what it asks for the doer of.
    """

    kinds: frozenset[Kind]
    words: frozenset[str]
    forms: frozenset[str]
    choice: bool
    deed: Deed

    @classmethod
    def of(cls, question: str) -> Self:
        """Read the question's words. A question for a year's number asks for a date."""
        said = _folded_words(question)
        asked = _without_conjunctions(said)
        kinds = {kind for kind in _KINDS if any(_stands_in(p, asked) for p in _asked()[kind])}
        if "date" in kinds:
            kinds.discard("number")
            if _asks_century(said):
                kinds.clear()  # "the 19th"
        return cls(
            # "Who won, and when?": any of them.
            kinds=frozenset(kinds) if len(kinds) == 1 else frozenset(),
            words=frozenset(said),
            forms=frozenset(form for word in said for form in name_forms(word)),
            choice=bool(_choices().intersection(said)),
            deed=Deed.of(asked, _behind_who(asked)),
        )

    def misfits(self, span: str, language: str | None = None) -> frozenset[Misfit]:
        """Why the span can hardly be the answer; empty where nothing speaks against it.

        Args:
            span: a text of an article.
            language: the article's. Countries are known by name only in the languages that
                replies exist in; None: any of these.
        """
        said = _folded_words(span)
        listed = language is None or language in LANGUAGES
        found: set[Misfit] = {kind for kind in self.kinds if not _fits(kind, span, said, listed)}
        if said and not self.choice and all(map(self._repeats, said)):
            found.add("repeats")
        elif "who" in self.kinds and _is_name(span, said) and self._repeats(said[-1]):
            # Whom did Bayramov meet? Not "Jeyhun Bayramov".
            found.add("named")
        return frozenset(found)

    def penalty(self, span: str, language: str | None = None) -> float:
        """What to take from the span's evidence, in log-odds; 0 where nothing speaks against it."""
        return sum(_PENALTIES[misfit] for misfit in self.misfits(span, language))

    def margins(
        self, text: str, spans: Sequence[tuple[Range, float]], language: str
    ) -> list[float]:
        """What a reader's margins of spans of one passage are worth, in log-odds.

        The penalties are taken off. Where the passage names the doer of what is asked, that the
        passage answers is as sure as the best span says, and that the doer is the answer surer.

        Args:
            text: the passage.
            spans: `[start, end)` code points of it, and the reader's margin.
            language: the passage's.
        """
        doers = self.deed.doers(text, language)
        others = {
            span for span, _ in spans if doers and self.deed.is_anothers(text, span, language)
        }
        most = max((margin for span, margin in spans if span in others), default=-math.inf)
        found = []
        for span, margin in spans:
            if span in others:
                margin -= _ANOTHERS_DEED
            elif any(start <= span[0] and span[1] <= end for start, end in doers):
                margin = max(margin, most)
            found.append(margin - self.penalty(text[slice(*span)], language))
        return found

    def _repeats(self, word: str) -> bool:
        return word in self.words or any(form in self.forms for form in name_forms(word))


def _fits(kind: Kind, span: str, said: Sequence[str], listed: bool) -> bool:
    if kind == "date" and _BARE_DAY.fullmatch(span):
        return False
    if kind in ("date", "number"):
        if _DIGIT.search(span) or any(_stands_in(p, said) for p in _said()[kind]):
            return True
        return kind == "date" and any(month_number(word) is not None for word in said)
    if kind == "country" and (listed or _DIGIT.search(span)):
        return not _DIGIT.search(span) and _names_country(said)
    # A name has a capital, in scripts that have capitals.
    return any(c.isupper() for c in span) or not any(c.lower() != c.upper() for c in span)


def _asks_century(said: Sequence[str]) -> bool:
    return any(word.startswith(_CENTURY) for word in said)


def _is_name(span: str, said: Sequence[str]) -> bool:
    """Whether the span is two or three words with a capital each, as persons are called."""
    return 1 < len(said) <= _NAME_WORDS and all(span[start].isupper() for start, _ in words(span))


def _without_conjunctions(said: Sequence[str]) -> list[str]:
    """The words without a "when" or "когда" that joins: "which country chaired when they met"."""
    return [
        word
        for place, word in enumerate(said)
        if word not in _JOINING or place == 0 or said[place - 1] in _ASKING_BEFORE
    ]


def _names_country(said: Sequence[str]) -> bool:
    return any(
        _stands_in(name, said)
        for word in said
        for name in _countries().get(word[:_COUNTRY_KEY], ())
    )


def _folded_words(text: str) -> list[str]:
    return [fold_text(text[start:end]) for start, end in words(text)]


_Pattern = tuple[str, ...]


def _stands_in(pattern: _Pattern, said: Sequence[str]) -> bool:
    last = len(said) - len(pattern)
    return any(
        all(_is(part, said[at + offset]) for offset, part in enumerate(pattern))
        for at in range(last + 1)
    )


def _behind_who(said: Sequence[str]) -> int | None:
    """The place behind the first "who" or "which country"; None without."""
    return min(
        (
            at + len(pattern)
            for kind in ("who", "country")
            for pattern in _asked()[kind]
            for at in range(len(said) - len(pattern) + 1)
            if _stands_in(pattern, said[at : at + len(pattern)])
        ),
        default=None,
    )


def _is(part: str, word: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


def _pattern(listed: str) -> _Pattern:
    return tuple(fold_text(part) for part in listed.split())


@cache
def _asked() -> dict[str, tuple[_Pattern, ...]]:
    asked = load_json("answer_kinds.json")["asked"]
    return {
        kind: tuple(_pattern(each) for forms in by_language.values() for each in forms)
        for kind, by_language in asked.items()
    }


@cache
def _said() -> dict[str, tuple[_Pattern, ...]]:
    said = load_json("answer_kinds.json")["said"]
    return {kind: tuple(map(_pattern, forms)) for kind, forms in said.items()}


@cache
def _countries() -> dict[str, tuple[_Pattern, ...]]:
    """Countries' names in all languages with any ending, by their first letters."""
    found: dict[str, list[_Pattern]] = {}
    for line in load_text("countries.txt").splitlines():
        if line.startswith("#"):
            continue
        for language, column in enumerate(line.split("|")):
            for name in column.split(","):
                parts = _folded_words(name)
                pattern = tuple(_with_any_ending(part, russian=language == 1) for part in parts)
                found.setdefault(parts[0][:_COUNTRY_KEY], []).append(pattern)
    return {key: tuple(names) for key, names in found.items()}


def _with_any_ending(word: str, *, russian: bool) -> str:
    if len(word) <= _COUNTRY_KEY:
        return word
    return word.rstrip("аеийоуыьэюя") + "*" if russian else word + "*"


@cache
def _choices() -> frozenset[str]:
    return frozenset(fold_text(word) for word in load_json("answer_kinds.json")["choice"])
