"""Makes a question that leans complete: the candidate completions, by the rules of each language.

Candidates come in the order the rules prefer; which of them is asked is chosen elsewhere. A
candidate is a whole question in the asker's language.

This module must not know the encoder, the service or the articles.
"""

from __future__ import annotations

import re

from qa.chat.about import complete_about
from qa.chat.antecedents import pair_in_focus, person_in_focus, with_article
from qa.chat.cases import with_case
from qa.chat.context import Context
from qa.chat.ellipsis import complete_ellipsis
from qa.chat.events import Event
from qa.chat.leaning import Leaning
from qa.chat.lexicon import Lexicon, key_of, split
from qa.chat.mentions import Mention, is_verb
from qa.chat.phrasing import bare_question, lowered, question_phrase, tidy, topic, with_topic
from qa.chat.pointing import Reference
from qa.chat.refer import complete_references

__all__ = ["completions"]

_OPTIONS = 4


def completions(text: str, leaning: Leaning, context: Context) -> list[str]:
    """Whole questions that `text` may mean after `context`, the likeliest by rule first.

    Empty when there is nothing to carry over.
    """
    body = text[leaning.start :]
    if leaning.kind == "ellipsis":
        found = complete_ellipsis(body, leaning.question, context)
    elif leaning.kind == "about":
        found = complete_about(body, text[: leaning.start], context)
    elif leaning.kind == "refers":
        found = complete_references(text, leaning, context)
        if _lacks_subject_too(body, leaning, context):
            found = [_with_subject(bare_question(each), context.people()[0][0], context.words)
                     for each in found]  # fmt: skip
    elif leaning.kind == "bare":
        found = _bare(body, leaning, context)
    elif leaning.kind == "unnamed":
        found = _unnamed(body, leaning, context)
    elif leaning.kind == "owned":
        found = _owned(body, context)
    elif leaning.kind == "next":
        found = [_next(context)]
    elif leaning.kind == "more":
        return _more(context)
    else:
        return []
    unique = list(dict.fromkeys(tidy(each, context.words) for each in found))
    return [each for each in unique if key_of(each) != key_of(text)][:_OPTIONS]


def _lacks_subject_too(body: str, leaning: Leaning, context: Context) -> bool:
    """ "Orada kiminle görüştü?": where is carried over, but who is missing as well."""
    words = context.words
    if words.language not in {"az", "tr"} or not person_in_focus(context) or not context.people():
        return False
    pointing = leaning.references
    content = [
        word
        for word in split(body)
        if not words.is_small(word)
        and words.question_at([word], 0) is None
        and not any(each.start <= leaning.start + word.start < each.end for each in pointing)
    ]
    return (
        all(each.kind in {"place", "time"} or _is_body(each) for each in pointing)
        and not _asks_subject(body, words)
        and all(is_verb(word, words) for word in content)
    )


def _is_body(reference: Reference) -> bool:
    return reference.kind == "noun" and reference.noun is not None and reference.noun.kind == "org"


def _more(context: Context) -> list[str]:
    event = next(iter(context.last.events), None)
    if event is not None and context.last.turn.language == context.words.language:
        return [context.words.more_about.format(topic=with_article(event, context))]
    about = topic(context)
    return [context.words.more_about.format(topic=about)] if about else []


def _next(context: Context) -> str:
    words = context.words
    event = next(context.events(), None)
    if event is None:
        return with_topic(words.next_plain, context)
    named = with_article(event, context)
    if words.language in {"az", "tr"}:
        kind = "compound" if " " in event.name else "noun"
        named = with_case(event.name, "abl", words.language, kind=kind)
    return words.next_after.format(event=named)


def _owned(body: str, context: Context) -> list[str]:
    """ "Görevi ne?" of the person spoken of last, "amacı ne?" of the event."""
    words = context.words
    question = bare_question(body)
    attribute = next(
        (word.key, kind)
        for word in split(question)
        for stem, kind in words.attributes.items()
        if word.key.startswith(stem)
    )
    events = list(context.events())
    people = context.people()
    # "Kaç yaşında" has a subject where "yaşı" has an owner.
    case = "nom" if attribute[0].endswith(("da", "de")) else "gen"
    if attribute[1] == "event" and events:
        kind = "compound" if " " in events[0].name else "noun"
        owners = [with_case(events[0].name, case, words.language, kind=kind)]
    elif people:
        owners = [with_case(name, case, words.language, kind="person") for name in people[0]]
    else:
        owners = [
            with_case(name.base, case, words.language, kind=name.kind)
            for name in list(context.others())[:1]
        ]
    found = [f"{owner} {lowered(question, words)}?" for owner in owners]
    return found if found else [with_topic(body, context)]


_PASSIVE = {
    "ru": re.compile("(?:лось|[нт]о|ют?ся|ет?ся|лись)$"),
    "az": re.compile("..[iu][ln](?:[iu]b|d[iu]|[iu]r|m[iu]s|[ae]c)"),
    "tr": re.compile("..[iu][ln](?:d[iu]|[iu]yor|m[iu]s|[iu]r|[ae]c)"),
}


def _is_passive(question: str, words: Lexicon) -> bool:
    """Whether what was done is asked about and not who did it: "Что обсуждалось?"."""
    pattern = _PASSIVE.get(words.language)
    last = split(question)[-1].key
    return pattern is not None and pattern.search(last) is not None


def _bare(body: str, leaning: Leaning, context: Context) -> list[str]:
    """A verb without its subject or its occasion: the people or the event spoken of last."""
    words = context.words
    question = bare_question(body)
    events = list(context.events())
    passive = _is_passive(question, words)
    done = passive and leaning.question in {"what", "which", "count"}
    if words.language == "en" or done or (
        leaning.question == "who" and _asks_subject(question, words)
    ):  # fmt: skip
        found = [_at_event(question, event, words) for event in events[:1]]
        return found if found else [with_topic(body, context)]
    if (passive or not person_in_focus(context)) and events:
        return [_with_subject(question, events[0].name, words)]
    occasion = ""
    if leaning.kind == "unnamed" and (named := [e for e in context.last.events if " " in e.name]):
        occasion = " " + with_case(named[0].name, "loc", words.language, kind="compound")
    pair = pair_in_focus(context)
    if pair is not None and _plural_verb(question, words):
        return [_with_subject(question, pair + occasion, words)]
    people = context.people()
    found = (
        [_with_subject(question, name + occasion, words) for name in people[0]] if people else []
    )
    return found if found else [with_topic(body, context)]


def _unnamed(body: str, leaning: Leaning, context: Context) -> list[str]:
    """A question without a name: its owner, its subject or, failing those, the topic."""
    words = context.words
    question = bare_question(body)
    if words.language in {"az", "tr"}:
        if _lacks_owner(question, words):
            owner = _owner(question, context)
            if owner is not None:
                owned = with_case(owner.base, "gen", words.language, kind=owner.kind)
                return [f"{owned} {lowered(question, words)}?"]
        subject = leaning.question in {"who", "count"} and _asks_subject(question, words)
        if person_in_focus(context) and not subject:
            return _bare(body, leaning, context)
    return [with_topic(body, context)]


def _owner(question: str, context: Context) -> Mention | None:
    """What a role belongs to: a secretary general to a body, where one was named."""
    others = list(context.others())
    words = context.words
    serves = any(
        noun is not None and noun.stem in {"katib", "sekreter"}
        for noun in map(words.noun, split(question))
    )
    bodies = [name for name in others if name.kind == "org"] if serves else []
    return next(iter([*bodies, *others]), None)


def _lacks_owner(question: str, words: Lexicon) -> bool:
    """Whether a person's role stands in the possessive without anything it belongs to."""
    return any(
        noun is not None and noun.kind == "person" and word.key[len(noun.stem) :][:1] in {"i", "u"}
        for word in split(question)
        for noun in [words.noun(word)]
    )


def _asks_subject(question: str, words: Lexicon) -> bool:
    first = question_phrase(question, words)
    return first is not None and first.words[0].key in {"who", "кто", "kim", "kimler"}


def _plural_verb(question: str, words: Lexicon) -> bool:
    endings = {"ru": ("ли", "лись"), "az": ("ler", "lar"), "tr": ("ler", "lar")}
    return any(
        word.key.endswith(endings[words.language]) and is_verb(word, words)
        for word in split(question)
    )


def _at_event(question: str, event: Event, words: Lexicon) -> str:
    last = split(question)[-1].key
    if words.language == "en":
        lead = "after " if last == "next" else f"{words.topic_preposition} "
        return f"{question} {'' if last in words.transitive else lead}the {event.name}?"
    if words.language == "ru":
        if event.lead:
            return f"{question} {event.lead.lower()} {event.text}?"
        return f"{question} ({event.name})?"
    kind = "compound" if " " in event.name else "noun"
    return f"{with_case(event.name, 'loc', words.language, kind=kind)} {lowered(question, words)}?"


def _with_subject(question: str, name: str, words: Lexicon) -> str:
    asked = question_phrase(question, words)
    if words.language == "ru" and asked is not None:
        return f"{question[: asked.end]} {name}{question[asked.end :]}?"
    return f"{name} {lowered(question, words)}?"
