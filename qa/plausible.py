"""Whether a span can be what the question asks for.

A small reader sometimes answers "when" with a name, or a question with its own words. Some things
are seen without any model: the kind of answer that the question word wants (a date, a number, a
country, a name), whether every word of the span already stands in the question, and whether the
person named is the one the question speaks of. The word lists are `prompts/answer_kinds.json`.

This module must not know readers, scores or articles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

from embeddings.concepts import word_concepts
from embeddings.fold import fold_text
from embeddings.months import month_number
from embeddings.terms import name_forms, words
from embeddings.text import Range
from prompts import LANGUAGES, load_json
from qa.agents import Deed
from qa.countries import countries_among
from qa.offices import Office, Verdict
from qa.wordlists import Wordlist

__all__ = ["Expectation", "Kind", "Misfit"]

Kind = Literal["date", "number", "many", "country", "local", "who"]
Misfit = Literal["date", "number", "many", "country", "local", "who", "repeats", "named"]

_DIGIT = re.compile(r"\d|\b[IVXLC]{2,}\b")
_BARE_DAY = re.compile(
    r"\W*\d{1,2}(?:st|nd|rd|th|[-‑]?(?:го|е|й|я|ая|ое|ого|ым|ом)|[-‑]?(?:[iıuü]?n)?c[iıuü])?\W*"
)
"""A number alone, "76" or "29th": of XQuAD's 198 answers to "when" and the like none is such."""
_NTH_OF_MANY = re.compile(
    r"\b\d{1,3}(?:st|nd|rd|th|[-‑]?(?:го|е|й|я|ая|ое|ого|ый|ым|ом)|[-‑]?(?:[iıuü]?n)?c[iıuü])\s+[^\W\d]+"
)
"""Something counted, "29th session": no date, unless a month or a word of time says so."""
_KINDS: tuple[Kind, ...] = ("date", "number", "many", "country", "local", "who")
_PENALTIES: dict[Misfit, float] = {
    "date": 3.0,
    "number": 3.0,
    "many": 6.0,
    "country": 2.0,
    "local": 6.0,
    "who": 1.0,
    "repeats": 3.0,
    "named": 2.0,
}
"""In the reader's margin. Of XQuAD's and M2QA's right answers 1 in 60 is a misfit, and half of
those are "who": "each state", "charter schools". Of 1,700 answers to "how many" 2 in 100 have
neither figure nor number word; of 324 to "which city", "which company" and the like 3 are
countries."""
_ANOTHERS_DEED = 5.0
"""More than a misfit: of 45 questions of XQuAD and new-wiki whose passage names a doer of
the deed, 4 have another answer, and small readers are sure of whoever is spoken of."""
_ANOTHERS_OFFICE = 9.0
_ANOTHER_COUNTRYS = 6.0
"""Of whom the office is told without its country, in an article that is mostly of another."""
_NO_PERSON = 6.0
"""Of what is no person's name, where an office that only a person holds is asked for."""
_UNTOLD_OFFICE = 3.0
"""Of whom the article tells no office at all: news that names the holder says so at least once."""
_DESCRIBED = 6.0
"""In NEREL's Russian news, 1,705 mentions of who works as something against 17,000 of others in the
same articles: "holds" is said of 44 and 6 in 100, "holds another" of 6 and 24. Of M2QA's 21
questions for the holder of an office, it is said of no right answer that it holds another."""
_NEAR = 10_000  # characters of an article on either side of a passage
_UNREAD = -20.0  # the margin of what no reader found; the doer's is lifted to the others'
_HOLDER = 0.0  # of who is told to hold the office asked for: even, as far as any reader knows
_NEARLY = 1e-3  # of two who are told to hold an office, the one that the reader prefers
_JOINING = frozenset({"when", "когда"})
_ASKING_BEFORE = frozenset(
    {"and", "or", "but", "since", "by", "until", "till", "from", "и", "а", "или", "но", "с", "до"}
)
_CENTURY = ("centur", "век", "столети", "əsr", "yuzyil")
_NAME_WORDS = 3
_CONTINENTS = frozenset({"africa", "asia", "europ"})  # concepts


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a question leads one to expect of its answer.

    Attributes:
        kinds: what the question word asks for; empty where any answer may be right.
        words: the question's own, folded.
        forms: these in the spelling that is the same in every script.
        choice: the question names its answers itself ("Baku or Astana?").
        deed: what it asks for the doer of.
        office: what it asks for the holder of.
        described: offices by which it speaks of somebody else than it asks for.
    """

    kinds: frozenset[Kind]
    words: frozenset[str]
    forms: frozenset[str]
    choice: bool
    deed: Deed
    office: Office | None
    described: tuple[Office, ...]

    @classmethod
    def of(cls, question: str) -> Self:
        """Read the question's words. A question for a year's number asks for a date."""
        said = _folded_words(question)
        asked = _without_conjunctions(said)
        kinds = {kind for kind in _KINDS if _asked()[kind].is_in(asked)}
        if "date" in kinds:
            kinds -= {"number", "many"}
            if _asks_century(said):
                kinds.clear()  # "the 19th"
        office = Office.asked(question)
        return cls(
            # "Who won, and when?": any of them.
            kinds=frozenset(kinds) if len(kinds) == 1 else frozenset(),
            words=frozenset(said),
            forms=frozenset(form for word in said for form in name_forms(word)),
            choice=bool(_choices().intersection(said)),
            deed=Deed.of(asked, _behind_who(asked)),
            office=office,
            described=() if office or "who" not in kinds else Office.described(question),
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

    def with_told(
        self, text: str, spans: Sequence[tuple[Range, float]], language: str
    ) -> list[tuple[Range, float]]:
        """The spans, and who the passage says did what is asked or holds the office asked for,
        where no span is that.

        Args:
            text: the passage.
            spans: `[start, end)` code points of it, and the reader's margin.
            language: the passage's.
        """
        told = [(name, _UNREAD) for name in self.deed.names(text, language)]
        if self.office is not None and self.office.owners:
            told += [(name, _HOLDER) for name in self.office.holders(text, language)]
        missing = [
            (name, margin)
            for name, margin in told
            if not any(start < name[1] and name[0] < end for (start, end), _ in spans)
        ]
        return [*spans, *missing]

    def margins(
        self,
        text: str,
        spans: Sequence[tuple[Range, float]],
        language: str,
        *,
        within: tuple[str, int] | None = None,
    ) -> list[float]:
        """What a reader's margins of spans of one passage are worth.

        The penalties are taken off. Where the article names the doer of what is asked, that the
        passage answers is as sure as the best span says, and that the doer is the answer surer;
        so with the holder of an office. Doer and holder may be named anywhere in the article.

        Args:
            text: the passage.
            spans: `[start, end)` code points of it, and the reader's margin.
            language: the passage's.
            within: the article's text and the passage's first code point in it.
        """
        whole, offset = (text, 0) if within is None else _near(text, *within)
        places = [(span[0] + offset, span[1] + offset) for span, _ in spans]
        doers = self.deed.doers(whole, language)
        others = [bool(doers) and self.deed.is_anothers(whole, place, language) for place in places]
        most = max((m for (_, m), other in zip(spans, others, strict=True) if other), default=None)
        found = []
        for (span, margin), place, other in zip(spans, places, others, strict=True):
            if other:
                margin -= _ANOTHERS_DEED
            elif most is not None and any(a <= place[0] and place[1] <= b for a, b in doers):
                margin = max(margin, most)
            found.append(margin - self.penalty(text[slice(*span)], language))
        if self.office is None and not self.described:
            return found
        return self._by_office(whole, places, found, language)

    def _by_office(
        self, text: str, spans: Sequence[Range], margins: Sequence[float], language: str
    ) -> list[float]:
        """The margins where a holder of an office is asked for, or one is spoken of."""
        if self.office is None:
            return [
                margin
                - _DESCRIBED
                * any(o.verdict(text, span, language) == "holds" for o in self.described)
                for span, margin in zip(spans, margins, strict=True)
            ]
        told = [self.office.verdict(text, span, language) for span in spans]
        most = max(margins, default=-math.inf)
        return [
            most + _NEARLY * margin
            if verdict == "holds"
            else margin - _no_holder(self.office, verdict, text, span, language)
            for span, verdict, margin in zip(spans, told, margins, strict=True)
        ]

    def _repeats(self, word: str) -> bool:
        return word in self.words or any(form in self.forms for form in name_forms(word))


def _no_holder(
    office: Office, verdict: Verdict | None, text: str, span: Range, language: str
) -> float:
    """What speaks against the holder of an office; more if it is a country's or the like."""
    if not office.is_vague and not office.may_be_held_by(text, span, language):
        return _NO_PERSON
    if verdict == "holds another":
        return _ANOTHERS_OFFICE
    if verdict == "may hold":
        return 0.0 if office.may_be_in(text) else _ANOTHER_COUNTRYS
    return _UNTOLD_OFFICE if office.owners else 0.0


def _fits(kind: Kind, span: str, said: Sequence[str], listed: bool) -> bool:
    if kind == "date" and _BARE_DAY.fullmatch(span):
        return False
    if kind in ("number", "many"):
        return bool(_DIGIT.search(span)) or _said()["number"].is_in(said)
    if kind == "date":
        return (
            bool(_DIGIT.search(_NTH_OF_MANY.sub("", span)))
            or _said()["date"].is_in(said)
            or any(month_number(word) is not None for word in said)
        )
    if kind == "local":
        return not (listed and len(said) <= _NAME_WORDS and _begins_with_land(said))
    if kind == "country" and (listed or _DIGIT.search(span)):
        return not _DIGIT.search(span) and any(countries_among(said))
    # A name has a capital, in scripts that have capitals.
    return any(c.isupper() for c in span) or not any(c.lower() != c.upper() for c in span)


def _begins_with_land(said: Sequence[str]) -> bool:
    """Whether folded words begin with a country or a continent."""
    if any(place == 0 for place, _, _ in countries_among(said)):
        return True
    return any(
        _CONTINENTS.intersection(word_concepts(word, language))
        for word in said[:1]
        for language in LANGUAGES
    )


def _near(text: str, whole: str, start: int) -> tuple[str, int]:
    """What stands around a passage of a long article, and where the passage begins in it."""
    begin = max(0, start - _NEAR)
    return whole[begin : start + len(text) + _NEAR], start - begin


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


def _folded_words(text: str) -> list[str]:
    return [fold_text(text[start:end]) for start, end in words(text)]


def _behind_who(said: Sequence[str]) -> int | None:
    """The place behind the first "who" or "which country"; None without."""
    places = (at for kind in ("who", "country") for at in _asked()[kind].behind(said))
    return min(places, default=None)


@cache
def _asked() -> dict[str, Wordlist]:
    asked = load_json("answer_kinds.json")["asked"]
    return {
        kind: Wordlist.of(each for forms in by_language.values() for each in forms)
        for kind, by_language in asked.items()
    }


@cache
def _said() -> dict[str, Wordlist]:
    said = load_json("answer_kinds.json")["said"]
    return {kind: Wordlist.of(forms) for kind, forms in said.items()}


@cache
def _choices() -> frozenset[str]:
    return frozenset(fold_text(word) for word in load_json("answer_kinds.json")["choice"])
