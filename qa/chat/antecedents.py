"""Whom and what a pronoun may mean, in tiers.

The first tier that holds anything counts, a later one only where the earlier are empty. Inside a
tier there may be several, such as the two people of one question.

This module must not know how an antecedent is put into the question, nor who chooses.
"""

from __future__ import annotations

import re
from itertools import pairwise

from embeddings.text import transliterate
from qa.chat.cases import with_case
from qa.chat.context import Context
from qa.chat.events import Event
from qa.chat.gender import gender_of
from qa.chat.lexicon import key_of, split
from qa.chat.mentions import is_verb
from qa.chat.phrasing import bare_question, clause, question_phrase
from qa.chat.pointing import Reference

__all__ = ["antecedents", "is_possessed", "pair_in_focus", "person_in_focus", "with_article"]

_AND = {"en": "and", "ru": "и", "az": "və", "tr": "ve"}


def person_in_focus(context: Context) -> bool:
    """Whether the last turn was about a person: named in it, or its answer to "who"."""
    last = context.last
    return any(name.kind == "person" for name in last.names) or (
        last.question_type == "who" and any(name.kind == "person" for name in last.answer_names)
    )


def pair_in_focus(context: Context) -> str | None:
    """The two people of the last turn, or else what "and" joined: "Bayramov and Schmid".

    The one asked about comes first. A turn that has only one borrows from the one before.
    """
    conjunction = _AND[context.words.language]
    found: dict[str, str] = {}
    for spoken in context.spoken[:2]:
        for name in (*spoken.names, *spoken.answer_names):
            if name.kind == "person":
                found.setdefault(transliterate(name.base.split()[-1]), name.base)
    both = list(found.values())[:2]
    if len(both) == 2:
        return f"{both[0]} {conjunction} {both[1]}"
    # A turn that leans on the one before is still about its pair.
    leans = context.last.turn.understood != context.last.turn.question
    for spoken in context.spoken[: 2 if leans else 1]:
        for one, other in pairwise(spoken.names):
            if spoken.turn.understood[one.end : other.start].split() == [conjunction]:
                return f"{one.base} {conjunction} {other.base}"
    return None


def antecedents(text: str, reference: Reference, context: Context) -> list[tuple[str, str]]:
    """(name, its kind) that a pronoun may mean: the first tier that holds any."""
    kind, words = reference.kind, context.words
    people = [[(name, "person") for name in tier] for tier in _people(kind, context)]
    events = [
        (with_article(event, context), "event")
        for event in context.events()
        if event.noun.gender in {"", kind} or kind not in {"m", "f", "n"}
    ]
    if words.language == "en" and kind in {"m", "f"}:
        events = []
    things = _things(context, events)
    if words.language == "ru" and kind in {"m", "f", "n"}:
        people = [*_answered_thing(context, kind), *people]
    focused = person_in_focus(context)
    if kind == "things":
        tiers = [_several(context), [(clause(context), "topic")]]
    elif kind == "many":
        tiers = _many(context, people, things)
    elif kind in {"m", "f", "person"}:
        names = [(name.base, name.kind) for name in context.others() if name.kind == "name"]
        tiers = [*people, events, names] if focused else [events, *people, names]
    elif kind == "any":
        tiers = [*people, things] if focused else [things, *people]
    else:
        tiers = [things, [(clause(context), "topic")]]
    asks_name = any(word.key in words.name_words for word in split(text))
    if asks_name or not people:
        # "What is his name?" asks about someone who was spoken of by a role only.
        roles = [(with_article(role, context), "event") for role in context.last.roles]
        tiers = [roles, *tiers]
    answer = context.last.short_answer
    last = [] if answer is None else [(answer, "name")]
    if words.language == "en" and kind in {"m", "f"} and _is_thing(context):
        # "Who heads the OSCE?" got a country: whoever heads it, she is none.
        last = [(bare_question(context.last.turn.understood), "topic")]
    return next((tier for tier in [*tiers, last] if tier), [])


def _is_thing(context: Context) -> bool:
    """Whether the last answer is a place or a body."""
    names = context.last.answer_names
    return bool(names) and all(name.kind in {"place", "org"} for name in names)


def _many(
    context: Context, people: list[list[tuple[str, str]]], things: list[tuple[str, str]]
) -> list[list[tuple[str, str]]]:
    """What "they" may mean: two people, what was asked for by its kind, who was at the event."""
    pair = pair_in_focus(context)
    own = context.last.turn.language == context.words.language
    plural = [(event.name, "event") for event in context.last.events
              if own and event.noun.gender == "p"]  # fmt: skip
    present = [
        (context.words.participants.format(event=_participated(event, context)), "pair")
        for event in context.events()
        if key_of(event.noun.base) not in context.words.unattended
    ]
    asked = asked_noun(context)
    return [
        [(asked, "pair")] if asked else [],
        [] if pair is None else [(pair, "pair")],
        plural,
        _several(context),
        *(people[:1] if person_in_focus(context) else []),
        present[:1],
        [(clause(context), "topic")],
    ]


def _answered_thing(context: Context, gender: str) -> list[list[tuple[str, str]]]:
    """The answer to "which corridor": a pronoun of the noun's gender means it."""
    answer = context.last.short_answer
    asked = question_phrase(context.last.turn.understood, context.words)
    if answer is None or asked is None or asked.kind != "which" or len(asked.words) < 2:
        return []
    noun = context.words.noun(asked.words[-1])
    if noun is not None and noun.kind in {"person", "group"}:
        return []
    forms = [word.key for word in asked.words]
    female = "какую" in forms or "какая" in forms or (
        "какой" in forms and re.search("[иыей]$", forms[-1]) is not None
    )  # fmt: skip
    return [[(answer, "name")]] if female == (gender == "f") else []


def _participated(event: Event, context: Context) -> str:
    language = context.words.language
    if language == "ru":
        return event.name
    if language == "en":
        return with_article(event, context)
    kind = "compound" if " " in event.name else "noun"
    return with_case(event.name, "gen", language, kind=kind)


def asked_noun(context: Context) -> str:
    """What the last question asked for by its kind: "Jewish organisations" of "Which …?"."""
    spoken, words = context.last, context.words
    if spoken.question_type != "which" or spoken.turn.language != words.language:
        return ""
    text = spoken.turn.understood
    asked = question_phrase(text, words)
    if asked is None:
        return ""
    if words.language in {"en", "ru"} and asked.words[0].key in words.prepositions:
        return ""
    found: list[str] = []
    rest = [word for word in split(text) if word.start >= asked.words[0].end]
    for word in rest:
        # Azerbaijani and Turkish verbs stand last; before that, "yəhudi" only looks like one.
        verb = is_verb(word, words) and (words.language in {"en", "ru"} or word is rest[-1])
        if words.is_small(word) or verb or len(found) == 4:
            break
        found.append(word.text)
    plural = words.language != "en" or (bool(found) and found[-1].endswith("s"))
    return " ".join(found) if len(found) > 1 and plural else ""


def _several(context: Context) -> list[tuple[str, str]]:
    """An answer that lists: "the AJC and the Coalition"."""
    answer, last = context.last.turn.answer, context.last.short_answer
    if answer is None or last is None:
        return []
    listed = re.search(r"\s(?:and|и|və|ve)\s|,", last) is not None
    return [(last, "pair")] if listed else []


def _people(kind: str, context: Context) -> list[list[str]]:
    """People in tiers, without those of the other gender.

    Whose name tells that "he" may mean him comes before whose name tells nothing, among those
    that the last turn asked about and found.
    """
    tiers = context.people()
    if kind not in {"m", "f"}:
        return tiers
    suiting = [[name for name in tier if gender_of(name) in {kind, ""}] for tier in tiers]
    last = {*context.last.names, *context.last.answer_names}
    spoken = {transliterate(name.base.split()[-1]) for name in last if name.kind == "person"}
    sure = [
        name
        for tier in suiting
        for name in tier
        if gender_of(name) == kind and transliterate(name.split()[-1]) in spoken
    ]
    return [sure, *suiting]


def _things(context: Context, events: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Events and bodies that the last question named, then the answer to "which" and "what"."""
    last = context.last
    named = [(name.base, name.kind) for name in last.names if name.kind == "org"]
    answer = last.short_answer
    answered = (
        [(answer, "name")]
        if answer is not None
        and last.question_type in {"which", "what"}
        and any(name.kind != "person" for name in last.answer_names)
        else []
    )
    # "documents" without more is a poorer antecedent than the COP29 that they belong to.
    described = [event for event in events[:1] if " " in event[0].removeprefix("the ")]
    if named and not last.events:
        described = []  # of an earlier question
    if named and answered and all(name.kind == "place" for name in last.answer_names):
        answered = []  # "Which country presides over COP29?", "Where is it held?"
    found = [*described, *named, *answered]
    return list(dict.fromkeys(found if found else events[:1]))


def with_article(event: Event, context: Context) -> str:
    """The event as a question names it: "the informal CICA meeting"."""
    if context.words.language != "en" or is_possessed(event):
        return event.name
    return f"the {event.name}"


def is_possessed(event: Event) -> bool:
    """Whether the phrase begins with its owner: "Bayramov's visit"."""
    return re.search(r"['’]s\b", event.left) is not None
