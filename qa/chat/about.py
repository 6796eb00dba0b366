"""Completes "what about Kyrgyzstan?", "а в 2024?", "peki ya X?": the last question of another.

What was named takes the place of what it is most like in the last question: a time of the time,
a number of the number, a meeting of the meeting, a name of a name.

This module must not know the other ways in which a question leans.
"""

from __future__ import annotations

import re

from qa.chat.cases import TURKIC_SUFFIXES, case_of, from_case, with_case
from qa.chat.context import Context, Spoken
from qa.chat.lexicon import Lexicon, key_of, split
from qa.chat.mentions import Mention
from qa.chat.phrasing import bare_question, beside, lowered, question_phrase, without_other
from qa.chat.replaced_event import with_event
from qa.chat.times import find_times

__all__ = ["complete_about"]

_NUMBER = re.compile(r"\d+(?:[-‑][^\W\d_]{1,3}|st|nd|rd|th)?\b|\b[A-ZА-ЯƏÇÖÜŞĞİ]{2,}[-‑]?\d+\b")
_YEAR_WORDS = re.compile(
    r"(?:['’‘-]?[^\W\d_]{1,3}(?![^\W\d_]))?(?:\s+(?:году|года|год|il|ildə|ilində|ilin|yılı|yılında))?"
)
_WHOLE_MONTH = re.compile(r"(?:[^\W\d_]+ )?(?:[0-9]{4}|[^\W\d_]+)")
# The case that the last word of "а что насчёт", "что касается" puts what follows in.
_OPENED = {**dict.fromkeys(("насчёт", "насчет", "касается"), "gen"), "с": "ins", "поводу": "gen"}


def complete_about(body: str, opener: str, context: Context) -> list[str]:
    """The last question with what `body` names in the place of its like, the likest first.

    Args:
        body: what was typed, without "and", "what about".
        opener: what was left out.
    """
    words = context.words
    thing = _named(bare_question(body), opener, context)
    last = _turn_with_place(thing, context)
    if last.question_type == "when" and _is_time(thing, words):
        # "When was it held?", "And in April?": a time is no answer that can be asked about.
        last = next((each for each in context.spoken if each.question_type != "when"), last)
    before = bare_question(last.turn.understood)
    if last.turn.language != words.language:
        return [beside(thing, before, words)]
    found = _replaced(thing, last, before, context)
    # "Who else chaired it?" is done with its "else" when another is asked about.
    return [without_other(each, words) for each in found]


def _replaced(thing: str, last: Spoken, before: str, context: Context) -> list[str]:
    words = context.words
    if _is_time(thing, words):
        return [_with_time(thing, before, words)]
    # The dots keep the name from being the first word of a sentence.
    new = [
        Mention(name.text, name.base, name.kind, name.start - 2, name.end - 2)
        for name in context.names_in(f"a {thing}")
    ]
    evented = with_event(thing, new, last, words)
    if evented is not None:
        return [evented]
    if re.search(r"\d", thing) and (swapped := _with_number(thing, before)) is not None:
        return [swapped]
    lead = _lead(thing, words)
    fitting = [
        old
        for old in last.names
        if not (new and key_of(new[0].base) == key_of(old.base))
        and _alike(new, old)
        and (not lead or _lead_before(before, old, words))
    ]
    found = [_swapped(thing, new, old, before, words) for old in fitting]
    if found:
        return found
    return [_said_of(thing, before, words) if lead else beside(thing, before, words)]


def _named(thing: str, opener: str, context: Context) -> str:
    """`thing` in the nominative, where the opener has put it in another case."""
    opened = split(opener)
    case = _OPENED.get(opened[-1].key) if opened else None
    if context.words.language != "ru" or case is None:
        return thing
    for name in reversed(context.names_in(f"a {thing}")):
        base = name.base if name.base != name.text else from_case(name.text, case)
        thing = thing[: name.start - 2] + base + thing[name.end - 2 :]
    return thing


def _is_time(thing: str, words: Lexicon) -> bool:
    """Whether it names a time and nothing else: "in April", not "the April meeting"."""
    times = find_times(thing, words)
    beyond = (
        word
        for word in split(thing)
        if not any(each.start <= word.start < each.end for each in times)
    )
    return bool(times) and not any(
        (word.capital and word.key not in words.prepositions)
        or (words.noun(word) is not None and word.key not in words.time_nouns)
        for word in beyond
    )


def _turn_with_place(thing: str, context: Context) -> Spoken:
    """The latest turn in which what is asked about has its place.

    "А с Красным Крестом?" is about the last question that had a "с" before a name.
    """
    lead = _lead(thing, context.words)
    if lead and not find_times(thing, context.words):
        for spoken in context.spoken:
            for name in spoken.names:
                before = split(spoken.turn.understood[: name.start])
                if before and before[-1].key == lead:
                    return spoken
    return context.last


def _lead(thing: str, words: Lexicon) -> str:
    """The preposition that it begins with, or ""."""
    first = split(thing)[0].key if split(thing) else ""
    return first if words.language in {"en", "ru"} and first in words.prepositions else ""


def _lead_before(before: str, name: Mention, words: Lexicon) -> bool:
    lead = [word for word in split(before[: name.start]) if word.key not in words.articles]
    return bool(lead) and lead[-1].key in words.prepositions


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


def _with_time(thing: str, before: str, words: Lexicon) -> str:
    old = find_times(before, words)
    if not old:
        if words.language in {"az", "tr"}:
            return f"{thing} {lowered(before, words)}?"
        return f"{before} {_at_time(thing, words)}?"
    start, end = old[0].start, old[0].end
    tail = _YEAR_WORDS.match(before[end:])
    end += 0 if tail is None else tail.end()
    lead = split(before[:start])
    small = words.prepositions | words.articles
    if lead and lead[-1].key in small and split(thing)[0].key in words.prepositions:
        start = lead[-1].start
    return f"{before[:start]}{thing}{before[end:]}?"


def _at_time(thing: str, words: Lexicon) -> str:
    """ "2024", "April" with the preposition that a sentence needs before it."""
    first = split(thing)[0]
    bare = first.key not in words.prepositions and not words.relative_time_at(split(thing), 0)
    if re.fullmatch(r"\d{4}", thing) and words.language == "ru":
        return f"в {thing} году"
    if not bare or words.language != "en" or first.key in words.articles:
        return thing
    return f"{'in' if _WHOLE_MONTH.fullmatch(thing) else 'on'} {thing}"


def _with_number(thing: str, before: str) -> str | None:
    new, old = _NUMBER.search(thing), _NUMBER.search(before)
    if new is None or old is None:
        return None
    return f"{before[: old.start()]}{new[0]}{before[old.end() :]}?"


def _said_of(thing: str, before: str, words: Lexicon) -> str:
    """ "С кем встретился X?", "А с Y?": whether X met Y, as `thing` fills what was asked for."""
    asked = question_phrase(before, words)
    if asked is None or words.language != "ru" or asked.start > 0 or asked.kind != "who":
        return beside(thing, before, words)
    first = asked.words[0].key
    if first != _lead(thing, words) or len(asked.words) < 2:
        return beside(thing, before, words)
    return f"{before[asked.end :].strip()} {thing}?"


def _swapped(thing: str, new: list[Mention], old: Mention, before: str, words: Lexicon) -> str:
    """`before` with `old` replaced, in `old`'s case where the rules know it."""
    start, end = old.start, old.end
    lead = split(before[:start])
    if _lead(thing, words):
        if lead and lead[-1].key in words.prepositions:
            start = lead[-1].start
        return f"{before[:start]}{thing}{before[end:]}?"
    suffix = re.match(r"['’‘‑-][^\W\d_]+", before[end:])
    replaced = thing
    alone = re.sub(r"^(?:the|a)\s", "", thing, flags=re.IGNORECASE)
    if new and new[0].text == alone:
        before_it = lead[-1].key if lead else ""
        replaced = _in_case_of(new[0], old, suffix, before_it, words)
    if suffix is not None and (words.language != "en" or replaced.endswith(("'s", "’s"))):
        end += suffix.end()
    return f"{before[:start]}{replaced}{before[end:]}?"


def _in_case_of(
    new: Mention, old: Mention, suffix: re.Match[str] | None, lead: str, words: Lexicon
) -> str:
    ending = old.text[len(old.base) :] if old.text.startswith(old.base) else ""
    if words.language == "ru":
        case = case_of(old.text, old.base, lead, kind=old.kind)
        return with_case(new.base, case, "ru", kind=new.kind) if case != "nom" else new.text
    if words.language in {"az", "tr"}:
        given = key_of(suffix[0][1:]) if suffix is not None else key_of(ending)
        case = next((name for pattern, name in TURKIC_SUFFIXES if pattern.match(given)), "nom")
        return with_case(new.base, case, words.language, kind=new.kind) if given else new.text
    return new.text
