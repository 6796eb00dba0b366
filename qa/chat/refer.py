"""Completes "he", "that meeting", "orada": what a question points back to takes its place.

Antecedents come in tiers: what the rules think likeliest comes first, and a later tier counts only
where the earlier ones are empty. Inside a tier there may be several, such as two people.

This module must not know the other ways in which a question leans, nor who chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from embeddings.text import transliterate
from qa.chat.about import SUFFIX_CASES
from qa.chat.cases import compound, with_case
from qa.chat.context import Context
from qa.chat.leaning import Leaning, Reference
from qa.chat.lexicon import key_of, split
from qa.chat.mentions import Event, is_verb
from qa.chat.phrasing import clause, question_phrase, topic, with_topic

__all__ = ["complete_references", "pair_in_focus", "person_in_focus"]

_OPTIONS = 4
_AND = {"en": "and", "ru": "и", "az": "və", "tr": "ve"}


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
    last = context.last
    for one, other in pairwise(last.names):
        if last.turn.understood[one.end : other.start].split() == [conjunction]:
            return f"{one.base} {conjunction} {other.base}"
    return None


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
        for name, kind in _antecedents(text, reference, context):
            if key_of(name) not in named and name != without:
                yield _named(text, reference, name, kind, context)


# --- pronouns ----------------------------------------------------------------------------------


def _antecedents(text: str, reference: Reference, context: Context) -> list[tuple[str, str]]:
    """(name, its kind) that a pronoun may mean: the first tier that holds any."""
    kind, words = reference.kind, context.words
    people = [
        [(name, "person") for name in tier if _gender_suits(name, kind)]
        for tier in context.people()
    ]
    events = [
        (_with_article(event, context), "event")
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
        roles = [(_with_article(role, context), "event") for role in context.last.roles]
        tiers = [roles, *tiers]
    answer = context.last.short_answer
    last = [] if answer is None else [(answer, "name")]
    return next((tier for tier in [*tiers, last] if tier), [])


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
    ]
    asked = asked_noun(context)
    return [
        [(asked, "pair")] if asked else [],
        [] if pair is None else [(pair, "pair")],
        plural,
        _several(context),
        *(people[:1] if person_in_focus(context) else []),
        present[:1],
        *people,
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
        return _with_article(event, context)
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
        # Verbs end a question in Azerbaijani and Turkish; before that, "yəhudi" only looks like one.
        verb = is_verb(word, words) and (words.language in {"en", "ru"} or word is rest[-1])
        if words.is_small(word) or verb or len(found) == 4:
            break
        found.append(word.text)
    plural = words.language != "en" or bool(found) and found[-1].endswith("s")
    return " ".join(found) if len(found) > 1 and plural else ""


def _several(context: Context) -> list[tuple[str, str]]:
    """An answer that lists: "the AJC and the Coalition"."""
    answer, last = context.last.turn.answer, context.last.short_answer
    if answer is None or last is None:
        return []
    listed = re.search(r"\s(?:and|и|və|ve)\s|,", last) is not None
    return [(last, "pair")] if listed else []


def _gender_suits(name: str, kind: str) -> bool:
    if kind not in {"m", "f"}:
        return True
    last = key_of(name.split()[-1])
    if re.search("(?:ova|eva|ова|ева|ина|ая)$", last):
        return kind == "f"
    return kind == "m" or re.search("(?:ov|ev|ов|ев|ин|ий)$", last) is None


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
    found = [*described, *named, *answered]
    return list(dict.fromkeys(found if found else events[:1]))


def _with_article(event: Event, context: Context) -> str:
    if context.words.language != "en" or _possessed(event):
        return event.name
    return f"the {event.name}"


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


_GOVERNED = {
    **dict.fromkeys(("с", "со", "за", "перед", "между", "над", "под"), "ins"),
    **dict.fromkeys(("у", "от", "для", "против", "до", "после", "из", "без", "кроме"), "gen"),
    **dict.fromkeys(("к", "ко", "по"), "dat"),
    **dict.fromkeys(("о", "об", "обо", "в", "во", "на", "при"), "loc"),
}
_ADJECTIVE = re.compile("(?:ой|ая|ый|ий|ое|ом|ого|ую|ые|ых|ым)$")


def _russian_named(
    text: str, reference: Reference, name: str, kind: str, context: Context
) -> _Edit:
    start, end, case = reference.start, reference.end, reference.case
    before, after = split(text[:start]), split(text[end:])
    preposition = before[-1].key if before else ""
    case = _GOVERNED.get(preposition, case)
    owns = (
        preposition not in _GOVERNED
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
    if event is not None:
        yield _at_event(reference, event, context)
        return
    places = [
        name.base
        for spoken in context.spoken
        for name in (*spoken.names, *spoken.answer_names, *spoken.sentence_names)
        if name.kind == "place"
    ]
    if not places:
        places = [name.base for name in islice(context.others(), 2)]
    for name in dict.fromkeys(places):
        yield _placed(reference, name, "place", context)


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
        shown = f"at {_with_article(event, context)}"
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
        for kind in (noun.kind, "name"):
            own = [each for each in context.last.names if noun.kind == "place"]
            named = (each.base for each in (*own, *context.others()) if each.kind == kind)
            found = [_apposed(text, reference, name) for name in dict.fromkeys(named)]
            if found:
                break
    about = topic(context)
    if not found and about:
        found = [_apposed(text, reference, about)]
    yield from found


def _same_event(text: str, reference: Reference, context: Context) -> Iterator[_Edit]:
    """The event that was spoken of by the same noun: its modifiers go to this one."""
    noun, language = reference.noun, context.words.language
    start, end = reference.start, reference.end
    head = text[reference.head[0] : reference.head[1]]
    for event in context.events():
        if noun is None or event.noun.base != noun.base or not f"{event.left}{event.right}".strip():
            continue
        if language == "en":
            shown = f"{'' if _possessed(event) else 'the '}{event.left}{head}{event.right}"
            yield _Edit(_article_start(text, reference), end, shown, event.name)
        elif language == "ru" and event.right.strip():
            yield _Edit(start, end, f"{head}{event.right}", event.name)
        elif language == "ru":
            yield _Edit(start, end, f"{text[start:end]} ({event.name})", event.name)
        else:
            bare = head[0].lower() + head[1:]
            yield _Edit(start, end, event.left + _possessive(bare, noun.stem), event.name)


def _possessed(event: Event) -> bool:
    return re.search(r"['’]s\b", event.left) is not None


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
    case = next((case for pattern, case in SUFFIX_CASES if pattern.match(ending)), "nom")
    shown = f"{reference.noun.base} {with_case(name, case, language, kind='person')}"
    return _Edit(reference.start, reference.end, shown, name)


def _apposed(text: str, reference: Reference, name: str) -> _Edit:
    return _Edit(
        reference.start, reference.end, f"{text[reference.start : reference.end]} ({name})", name
    )
