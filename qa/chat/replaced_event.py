"""Puts one meeting in the place of another: "What about the OIC meeting?", "а на саммите ОБСЕ?".

The whole phrase is replaced, noun and all: "the informal CICA meeting" by "the OIC meeting".

This module must not know the other things that may be asked about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.chat.cases import TURKIC_SUFFIXES, case_of, with_case
from qa.chat.context import Spoken
from qa.chat.events import Event, find_events
from qa.chat.lexicon import Lexicon, key_of
from qa.chat.mentions import Mention
from qa.chat.phrasing import bare_question

__all__ = ["with_event"]

_ARTICLE = re.compile(r"\b(?:the|an?)\s+$", re.IGNORECASE)
_ONE = re.compile(r"\bones?$", re.IGNORECASE)


def with_event(thing: str, names: Sequence[Mention], last: Spoken, words: Lexicon) -> str | None:
    """The last question with its event replaced; None where `thing` is no event, or no likeness.

    Args:
        thing: what is asked about, "the OIC meeting", "на встрече ОИС", "the OIC one".
        names: those in it.
    """
    if not last.events:
        return None
    text = bare_question(last.turn.understood)
    if words.language == "en" and _ONE.search(thing):
        thing = _ONE.sub(_head(text, last.events[0]), thing)
    found = find_events(thing, words, names)
    new = next((each for each in found if f"{each.left}{each.right}".strip()), None)
    if new is None:
        return None
    same = (old for old in last.events if old.noun.base == new.noun.base)
    old = next(same, last.events[0] if names else None)
    if old is None:
        return None
    replace = {"en": _english, "ru": _russian}.get(words.language, _turkic)
    return replace(thing, new, old, text, words)


def _head(text: str, event: Event) -> str:
    return text[event.start + len(event.left) : event.end - len(event.right)]


def _english(thing: str, new: Event, old: Event, text: str, words: Lexicon) -> str:
    article = _ARTICLE.search(text[: old.start])
    start = old.start if article is None else article.start()
    phrase = new.text
    if _ARTICLE.search(thing[: new.start]) or (article is not None and "'s" not in new.left):
        phrase = f"the {phrase}"
    return f"{text[:start]}{phrase}{text[old.end :]}?"


def _russian(thing: str, new: Event, old: Event, text: str, words: Lexicon) -> str:
    start = old.start
    if new.lead:
        if not old.lead:
            return f"{text} {thing}?"
        start = text.rindex(old.lead, 0, start)
        return f"{text[:start]}{new.lead} {new.text}{text[old.end :]}?"
    head = _head(text, old)
    if new.noun.base != old.noun.base:
        case = case_of(head, old.noun.base, old.lead.lower(), kind="noun")
        head = with_case(new.noun.base, case, "ru", kind="noun")
    return f"{text[:start]}{head}{new.right}{text[old.end :]}?"


def _turkic(thing: str, new: Event, old: Event, text: str, words: Lexicon) -> str:
    case = _case_of_head(key_of(_head(text, old)), old)
    kind = "compound" if new.left.strip() else "noun"
    return f"{text[: old.start]}{with_case(new.name, case, words.language, kind=kind)}" + (
        f"{text[old.end :]}?"
    )


_HEAD = re.compile("(?:l[ae]r)?(?:s?[iu])?((?:n?[iu]n|n[iu]|n?[ae]|y[aeiu]|n?[dt][ae]n?|y?l[ae])?)")


def _case_of_head(head: str, event: Event) -> str:
    """The case of an event's noun: "görüşünə" is in the dative, "görüşü" of a CICA in none."""
    endings = _HEAD.fullmatch(head[len(event.noun.stem) :])
    ending = "" if endings is None else endings[1]
    return next((case for pattern, case in TURKIC_SUFFIXES if pattern.match(ending)), "nom")
