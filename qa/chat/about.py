"""Completes "what about Kyrgyzstan?", "а в 2024?", "peki ya X?": the last question of another.

What was named takes the place of what it is most like in the last question: a date of the date,
a number of the number, a name of a name.

This module must not know the other ways in which a question leans.
"""

from __future__ import annotations

import re

from qa.chat.cases import with_case
from qa.chat.context import Context, Spoken
from qa.chat.lexicon import Lexicon, key_of, split
from qa.chat.mentions import Mention, find_when
from qa.chat.phrasing import bare_question, beside, lowered

__all__ = ["SUFFIX_CASES", "complete_about"]

_NUMBER = re.compile(r"\d+(?:[-‑][^\W\d_]{1,3}|st|nd|rd|th)?\b|\b[A-ZА-ЯƏÇÖÜŞĞİ]{2,}[-‑]?\d+\b")
_YEAR_WORDS = re.compile(
    r"(?:['’‘-]?[^\W\d_]{1,3}(?![^\W\d_]))?(?:\s+(?:году|года|год|il|ildə|ilində|ilin|yılı|yılında))?"
)
SUFFIX_CASES = (
    (re.compile("^n?[iu]n$"), "gen"),
    (re.compile("^y?l[ae]$"), "ins"),
    (re.compile("^n?[dt][ae]n$"), "abl"),
    (re.compile("^n?[dt][ae]$"), "loc"),
    (re.compile("^[yn]?[ae]$"), "dat"),
    (re.compile("^[yn]?[iu]$"), "acc"),
)
"""Azerbaijani and Turkish case endings by key."""

_RUSSIAN_CASES = {
    **{"а": "gen", "у": "dat", "ым": "ins", "ом": "ins", "е": "loc", "и": "gen"},
    **{"ии": "gen", "ы": "gen", "ем": "ins"},
}


def complete_about(body: str, context: Context) -> list[str]:
    """The last question with what `body` names in the place of its like, the likest first."""
    words = context.words
    thing = bare_question(body)
    last = _turn_with_place(thing, context)
    before = bare_question(last.turn.understood)
    if last.turn.language != words.language:
        return [beside(thing, before, words)]
    dates = find_when(thing)
    if dates:
        return [_with_date(thing, before, words)]
    if re.search(r"\d", thing) and (swapped := _with_number(thing, before)) is not None:
        return [swapped]
    # The dots keep the name from being the first word of a sentence.
    new = [
        Mention(name.text, name.base, name.kind, name.start - 2, name.end - 2)
        for name in context.names_in(f"a {thing}")
    ]
    fitting = [
        old
        for old in last.names
        if not (new and key_of(new[0].base) == key_of(old.base)) and _alike(new, old)
    ]
    found = [_swapped(thing, new, old, before, words) for old in fitting]
    return found if found else [beside(thing, before, words)]


def _turn_with_place(thing: str, context: Context) -> Spoken:
    """The latest turn in which what is asked about has its place.

    "А с Красным Крестом?" is about the last question that had a "с" before a name.
    """
    lead = split(thing)[0].key if split(thing) else ""
    if lead in context.words.prepositions and not find_when(thing):
        for spoken in context.spoken:
            for name in spoken.names:
                before = split(spoken.turn.understood[: name.start])
                if before and before[-1].key == lead:
                    return spoken
    return context.last


def _alike(new: list[Mention], old: Mention) -> bool:
    """Whether one can stand where the other does: a person for a person, a body for a body."""
    if not new:
        return True
    kinds = {new[0].kind, old.kind}
    if len(kinds) == 1:
        return True
    if "person" in kinds and "name" in kinds:
        other = new[0] if new[0].kind == "person" else old
        return len(other.base.split()) == 1  # "Bayramov" for "Schmid"
    return kinds <= {"place", "name"} or (
        kinds <= {"org", "name", "place"} and not (new[0].text.isupper() or old.text.isupper())
    )


def _with_date(thing: str, before: str, words: Lexicon) -> str:
    old = find_when(before)
    if not old:
        if words.language in {"az", "tr"}:
            return f"{thing} {lowered(before, words)}?"
        return f"{before} {thing}?"
    start, end = old[0].start, old[0].end
    tail = _YEAR_WORDS.match(before[end:])
    end += 0 if tail is None else tail.end()
    lead = split(before[:start])
    small = words.prepositions | words.articles
    if lead and lead[-1].key in small and split(thing)[0].key in words.prepositions:
        start = lead[-1].start
    return f"{before[:start]}{thing}{before[end:]}?"


def _with_number(thing: str, before: str) -> str | None:
    new, old = _NUMBER.search(thing), _NUMBER.search(before)
    if new is None or old is None:
        return None
    return f"{before[: old.start()]}{new[0]}{before[old.end() :]}?"


def _swapped(thing: str, new: list[Mention], old: Mention, before: str, words: Lexicon) -> str:
    """`before` with `old` replaced, in `old`'s case where the rules know it."""
    start, end = old.start, old.end
    lead = split(before[:start])
    if words.language in {"en", "ru"} and split(thing)[0].key in words.prepositions:
        if lead and lead[-1].key in words.prepositions:
            start = lead[-1].start
        return f"{before[:start]}{thing}{before[end:]}?"
    suffix = re.match(r"['’‘‑-][^\W\d_]+", before[end:])
    replaced = thing
    alone = re.sub(r"^(?:the|a)\s", "", thing, flags=re.IGNORECASE)
    if new and new[0].text == alone:
        replaced = _in_case_of(new[0], old, suffix, words)
    if suffix is not None and (words.language != "en" or replaced.endswith(("'s", "’s"))):
        end += suffix.end()
    return f"{before[:start]}{replaced}{before[end:]}?"


def _in_case_of(new: Mention, old: Mention, suffix: re.Match[str] | None, words: Lexicon) -> str:
    ending = old.text[len(old.base) :] if old.text.startswith(old.base) else ""
    if words.language == "ru":
        case = _RUSSIAN_CASES.get(ending, "nom")
        return with_case(new.base, case, "ru", kind=new.kind) if case != "nom" else new.text
    if words.language in {"az", "tr"}:
        given = key_of(suffix[0][1:]) if suffix is not None else key_of(ending)
        case = next((name for pattern, name in SUFFIX_CASES if pattern.match(given)), "nom")
        return with_case(new.base, case, words.language, kind=new.kind) if given else new.text
    return new.text
