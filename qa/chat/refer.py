"""Completes "he", "that meeting", "orada": what a question points back to takes its place.

Antecedents come in tiers: what the rules think likeliest comes first, and a later tier counts only
where the earlier ones are empty. Inside a tier there may be several, such as two people.

This module must not know the other ways in which a question leans, nor who chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from qa.chat.antecedents import antecedents, is_possessed, pair_in_focus, with_article
from qa.chat.cases import RUSSIAN_GOVERNED, TURKIC_SUFFIXES, compound, with_case
from qa.chat.context import Context
from qa.chat.events import Event
from qa.chat.leaning import Leaning
from qa.chat.lexicon import Noun, key_of, split
from qa.chat.mentions import is_verb
from qa.chat.phrasing import question_phrase, topic, with_topic
from qa.chat.pointing import Reference

__all__ = ["complete_references"]

_OPTIONS = 4


@dataclass(frozen=True, slots=True)
class _Edit:
    """`[start, end)` of the question becomes `text`. `name`: what it now names."""

    start: int
    end: int
    text: str
    name: str


def complete_references(text: str, leaning: Leaning, context: Context) -> list[str]:
    """`text` with each reference replaced; one completion for each antecedent of the first."""
    first, *rest = leaning.references
    found = []
    for option in islice(_edits(text, first, context), _OPTIONS):
        edits = [option]
        for reference in rest:
            same = reference.kind == first.kind and reference.noun == first.noun
            others = _edits(text, reference, context, only=option.name if same else None,
                            without="" if same else option.name)  # fmt: skip
            edits.extend(islice(others, 1))
        found.append(_edited(text, edits)[leaning.start :])
    return found if found else [with_topic(text[leaning.start :], context)]


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: -edit.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _edits(
    text: str, reference: Reference, context: Context, *, only: str | None = None, without: str = ""
) -> Iterator[_Edit]:
    """What may stand in the reference's place, the likeliest first.

    Args:
        only: the name that another pronoun of the question got already.
        without: a name that is taken.
    """
    if reference.kind == "time":
        yield from _times(text, reference, context)
    elif reference.kind == "place":
        yield from _places(reference, context)
    elif reference.kind == "noun":
        yield from _nouns(text, reference, context)
    elif only is not None:
        yield _named(text, reference, only, "person", context)
    else:
        named = {key_of(name.base) for name in context.names_in(text)}
        for name, kind in antecedents(text, reference, context):
            if key_of(name) not in named and name != without:
                yield _named(text, reference, name, kind, context)


# --- pronouns ----------------------------------------------------------------------------------


def _named(text: str, reference: Reference, name: str, kind: str, context: Context) -> _Edit:
    start, end, case = reference.start, reference.end, reference.case
    language = context.words.language
    if kind == "topic":
        return _Edit(start, end, f"{text[start:end]} ({name})", name)
    if kind == "pair" and language in {"az", "tr"}:
        return _Edit(start, end, with_case(name, case, language, kind="person"), name)
    if language == "ru":
        return _russian_named(text, reference, name, kind, context)
    if kind == "event" and language in {"az", "tr"} and " " in name:
        kind = "compound"
    return _Edit(start, end, with_case(name, case, language, kind=kind), name)


_ADJECTIVE = re.compile("(?:ой|ая|ый|ий|ое|ом|ого|ую|ые|ых|ым)$")


def _russian_named(
    text: str, reference: Reference, name: str, kind: str, context: Context
) -> _Edit:
    start, end, case = reference.start, reference.end, reference.case
    before, after = split(text[:start]), split(text[end:])
    preposition = before[-1].key if before else ""
    case = RUSSIAN_GOVERNED.get(preposition, case)
    owns = (
        preposition not in RUSSIAN_GOVERNED
        and text[start:end].lower() in {"его", "её", "ее", "их"}
        and bool(after)
        and not is_verb(after[0], context.words)
        and not context.words.is_small(after[0])
    )
    if kind in {"event", "pair", "topic"} and case != "nom":
        return _Edit(start, end, f"{text[start:end]} ({name})", name)
    if owns:
        # "его позиция" is "позиция Байрамова": the owner stands behind.
        owned = after[1 if _ADJECTIVE.search(after[0].key) and len(after) > 1 else 0]
        stop = end + owned.end
        shown = f"{text[end:stop].lstrip()} {with_case(name, 'gen', 'ru', kind=kind)}"
        return _Edit(start, stop, shown, name)
    return _Edit(start, end, with_case(name, case, "ru", kind=kind), name)


# --- "then", "there" ---------------------------------------------------------------------------


def _times(text: str, reference: Reference, context: Context) -> Iterator[_Edit]:
    start, end, english = reference.start, reference.end, context.words.language == "en"
    typed = text[start:end]
    for day in islice(context.dates(), 1):
        lead = "in" if re.fullmatch(r"\d{4}|[^\W\d_]+(?:\s\d{4})?", day) else "on"
        yield _Edit(start, end, f"{lead} {day}" if english else f"{typed} ({day})", day)
        return
    for event in islice(context.events(), 1):
        shown = f"during the {event.name}" if english else f"{typed} ({event.name})"
        yield _Edit(start, end, shown, event.name)


def _places(reference: Reference, context: Context) -> Iterator[_Edit]:
    last, answer = context.last, context.last.short_answer
    event = next(context.events(), None)
    if event is not None and event in last.events:
        yield _at_event(reference, event, context)
        return
    if answer is not None and (last.question_type == "where" or _asked_place(context)):
        yield _placed(reference, answer, "place", context)
        return
    own = [name.base for name in last.names if name.kind == "place"]
    met = "" if own else _meeting(context)
    if met:
        yield _Edit(reference.start, reference.end, met, met)
        return
    if event is not None and not own:
        yield _at_event(reference, event, context)
        return
    for name in _placed_names(own, context):
        yield _placed(reference, name, "place", context)


def _placed_names(own: Sequence[str], context: Context) -> list[str]:
    """Places that "there" may mean: a body is one only where nothing else was named."""
    if own:
        return list(dict.fromkeys(own))
    named = [
        name
        for spoken in context.spoken
        for name in (*spoken.names, *spoken.answer_names, *spoken.sentence_names)
    ]
    for kind in ("place", "name", "org"):
        found = list(dict.fromkeys(name.base for name in named if name.kind == kind))
        if found:
            return found if kind == "place" else found[:2]
    return []


def _meeting(context: Context) -> str:
    """After "Whom did he meet?", "there" is at their meeting; "" after other questions."""
    words, last = context.words, context.last
    if last.turn.language != words.language:
        return ""
    spoken = split(last.turn.understood)
    if not any(word.key.startswith(tuple(words.meeting_verbs)) for word in spoken):
        return ""
    host = next((name for name in last.names if name.kind == "person"), None)
    guest = last.short_answer if last.question_type == "who" else None
    if host is None:
        return ""
    owner = with_case(host.base, "gen", words.language, kind="person")
    shape = words.meeting_of if guest is None else words.meeting_with
    return shape.format(owner=owner, guest=guest)


def _asked_place(context: Context) -> bool:
    """Whether the last question asked for a country or a city."""
    asked = question_phrase(context.last.turn.understood, context.words)
    return (
        asked is not None
        and asked.kind == "which"
        and any(
            noun is not None and noun.kind == "place"
            for noun in map(context.words.noun, asked.words)
        )
    )


def _at_event(reference: Reference, event: Event, context: Context) -> _Edit:
    language = context.words.language
    if language == "en":
        shown = f"at {with_article(event, context)}"
    elif language == "ru":
        inside = event.lead.lower() in {"в", "на"}
        shown = f"{event.lead.lower()} {event.text}" if inside else f"там ({event.name})"
    else:
        kind = "compound" if " " in event.name else "noun"
        shown = with_case(event.name, reference.case, language, kind=kind)
    return _Edit(reference.start, reference.end, shown, event.name)


def _placed(reference: Reference, name: str, kind: str, context: Context) -> _Edit:
    start, end, language = reference.start, reference.end, context.words.language
    if language in {"az", "tr"}:
        return _Edit(start, end, with_case(name, reference.case, language, kind=kind), name)
    if re.match(r"(?:in|at|on|в|во|на)\s", name, re.IGNORECASE):
        return _Edit(start, end, name, name)
    leads = {"en": {"loc": "in", "dat": "to", "abl": "from"},
             "ru": {"loc": "в", "dat": "в", "abl": "из"}}  # fmt: skip
    case = {"loc": "loc", "dat": "acc", "abl": "gen"}[reference.case]
    placed = with_case(name, case, "ru", kind=kind) if language == "ru" else name
    return _Edit(start, end, f"{leads[language][reference.case]} {placed}", name)


# --- "that meeting", "the minister" ------------------------------------------------------------


def _nouns(text: str, reference: Reference, context: Context) -> Iterator[_Edit]:
    noun = reference.noun
    found: list[_Edit] = []
    if noun is not None and noun.kind == "event":
        found = list(islice(_same_event(text, reference, context), 1))
        if not found:
            others = (event.name for event in context.events() if event.noun.base != noun.base)
            found = [_apposed(text, reference, name) for name in islice(others, 1)]
    elif noun is not None and noun.kind == "person":
        people = context.people()
        found = [_role(text, reference, name, context) for name in people[0]] if people else []
    elif noun is not None and noun.kind == "group":
        pair = pair_in_focus(context)
        found = [] if pair is None else [_apposed(text, reference, pair)]
    elif noun is not None:
        for named in _named_alike(noun, context):
            found = [_apposed(text, reference, name) for name in dict.fromkeys(named)]
            if found:
                break
    about = topic(context)
    if not found and about:
        found = [_apposed(text, reference, about)]
    yield from found


def _named_alike(noun: Noun, context: Context) -> Iterator[list[str]]:
    """Names that "this organisation", "bu ülke" may mean, in tiers."""
    last = context.last
    if noun.kind == "org" and last.question_type == "who":
        # After "Whom from the Red Cross did he meet?" it is no body of the answer.
        yield [each.base for each in last.names if each.kind in {"org", "name"}]
    # Of two countries in one question, "this country" is the one named last.
    own = reversed(last.names) if noun.kind == "place" else ()
    known = [*own, *context.others()]
    for kind in (noun.kind, "name"):
        yield [each.base for each in known if each.kind == kind]


def _same_event(text: str, reference: Reference, context: Context) -> Iterator[_Edit]:
    """The event that was spoken of by the same noun: its modifiers go to this one."""
    noun, language = reference.noun, context.words.language
    start, end = reference.start, reference.end
    head = text[reference.head[0] : reference.head[1]]
    for event in context.events():
        if noun is None or event.noun.base != noun.base or not f"{event.left}{event.right}".strip():
            continue
        if language == "en":
            shown = f"{'' if is_possessed(event) else 'the '}{event.left}{head}{event.right}"
            yield _Edit(_article_start(text, reference), end, shown, event.name)
        elif language == "ru" and event.right.strip():
            yield _Edit(start, end, f"{head}{event.right}", event.name)
        elif language == "ru":
            yield _Edit(start, end, f"{text[start:end]} ({event.name})", event.name)
        else:
            bare = head[0].lower() + head[1:]
            yield _Edit(start, end, event.left + _possessive(bare, noun.stem), event.name)


def _article_start(text: str, reference: Reference) -> int:
    lead = re.search(r"\b(?:the|a|an)\s+$", text[: reference.start], re.IGNORECASE)
    return reference.start if lead is None else lead.start()


def _possessive(head: str, stem: str) -> str:
    """What "görüşdə" is after a modifier: "görüşündə"."""
    base, ending = head[: len(stem)], head[len(stem) :]
    if re.match("[dt][aəe]", ending):
        return f"{compound(base)}nd{ending[1:]}"
    return head if ending else compound(base)


def _role(text: str, reference: Reference, name: str, context: Context) -> _Edit:
    language = context.words.language
    head = text[reference.head[0] : reference.head[1]]
    if language == "en":
        return _Edit(_article_start(text, reference), reference.end, name, name)
    if language == "ru" or reference.noun is None:
        return _Edit(reference.start, reference.end, f"{head} {name}", name)
    ending = key_of(head)[len(reference.noun.stem) :]
    case = next((case for pattern, case in TURKIC_SUFFIXES if pattern.match(ending)), "nom")
    shown = f"{reference.noun.base} {with_case(name, case, language, kind='person')}"
    return _Edit(reference.start, reference.end, shown, name)


def _apposed(text: str, reference: Reference, name: str) -> _Edit:
    return _Edit(
        reference.start, reference.end, f"{text[reference.start : reference.end]} ({name})", name
    )
