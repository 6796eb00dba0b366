"""Completes "and when?", "с кем?", "bəs niyə?": the last question, asked with another word.

This module must not know the other ways in which a question leans.
"""

from __future__ import annotations

import re

from qa.chat.cases import TURKIC_SUFFIXES, base_form, with_case
from qa.chat.context import Context, Spoken
from qa.chat.leaning import read_leaning
from qa.chat.lexicon import Lexicon, key_of, split
from qa.chat.phrasing import Asked, bare_question, beside, lowered, question_phrase

__all__ = ["complete_ellipsis"]

_CORE = frozenset({"who", "what", "which"})
_TURKIC_CASES = (
    (re.compile("in$"), "gen"),
    (re.compile("(?:inle|imle|mle|nle)$"), "ins"),
    (re.compile("d[ae]n$"), "abl"),
    (re.compile("d[ae]$"), "loc"),
    (re.compile("[ae]$"), "dat"),
    (re.compile("i$"), "acc"),
)


def complete_ellipsis(body: str, kind: str, context: Context) -> list[str]:
    """The last question with `body` for its question phrase.

    Where the last one asked for a person or thing, its answer takes that place: "Who chaired
    it?", "Kazakhstan", "And when?" asks when Kazakhstan did. "Who else?" after that asks for what
    the first question did, so it is made from the first, in which the answer does not stand.

    Args:
        body: what was typed, without "and".
        kind: type of its question word.
    """
    words, last = context.words, context.last
    new = lowered(bare_question(body), words)
    if kind in {*_CORE, "count"}:
        last = _source(context)
    before = bare_question(last.turn.understood)
    old = question_phrase(before, words)
    if last.turn.language != words.language or old is None:
        return [beside(new, before, words)]
    new = _in_place(new, old, words)
    adverbial = _is_adverbial(new, kind, old, words)
    other_slot = words.language != "en" and _slot(new, words) != _slot(_text(old), words)
    answer = last.short_answer if old.kind in _CORE and (adverbial or other_slot) else None
    if words.language == "en":
        return [_english(new, before, old, answer, words, adverbial=adverbial)]
    if words.language == "ru":
        return [_russian(new, before, old, answer)]
    return [_turkic(new, before, old, answer, words)]


def _source(context: Context) -> Spoken:
    """The question that the last one was made from, if that was but a question word."""
    words = context.words
    for spoken in context.spoken:
        turn = spoken.turn
        if turn.language != words.language or turn.understood == turn.question:
            return spoken
        if read_leaning(turn.question, words, context.names_in(turn.question)).kind != "ellipsis":
            return spoken
    return context.last


def _text(asked: Asked) -> str:
    return " ".join(word.text for word in asked.words)


def _is_adverbial(new: str, kind: str, old: Asked, words: Lexicon) -> bool:
    """Whether the new phrase asks for time, place or reason rather than for who or what."""
    prepositional = split(new)[0].key in words.prepositions
    beside_old = old.start == old.words[0].start and old.words[0].key not in words.prepositions
    return kind in {"when", "where", "why", "how"} or (
        prepositional and (kind == "which" or beside_old)
    )


def _in_place(new: str, old: Asked, words: Lexicon) -> str:
    """ "Which city?" of who did it is "in which city": a city does nothing."""
    spoken = split(new)
    noun = spoken[-1].key
    if len(spoken) != 2 or noun not in words.where_nouns or any(
        (found := words.noun(word)) is not None and found.kind == "place" for word in old.words
    ):  # fmt: skip
        return new
    first = spoken[0]
    if words.language == "en":
        return f"in {new}"
    if words.language == "ru":
        which = {"какой": "каком", "какое": "каком", "какая": "какой"}.get(first.key)
        placed = with_case(spoken[1].text, "loc", "ru", kind="place")
        return new if which is None else f"в {which} {placed}"
    return f"{first.text} {with_case(spoken[1].text, 'loc', words.language, kind='noun')}"


_RUSSIAN_SLOTS = {
    **dict.fromkeys(("кого", "чего", "какого", "каких", "чьего"), "gen"),
    **dict.fromkeys(("кому", "чему", "какому"), "dat"),
    **dict.fromkeys(("кем", "чем", "каким", "какими"), "ins"),
    "какую": "acc",
}


def _slot(phrase: str, words: Lexicon) -> str:
    """Where in a sentence a question phrase belongs, by its preposition or its case."""
    spoken = [word for word in split(phrase) if word.key not in words.other]
    if not spoken:
        return ""
    if words.language == "ru":
        first = spoken[0].key
        return first if first in words.prepositions else _RUSSIAN_SLOTS.get(first, "nom")
    last = spoken[-1]
    noun = words.noun(last)
    if noun is not None:
        ending = last.key[len(noun.stem) :]
        return next((case for pattern, case in TURKIC_SUFFIXES if pattern.match(ending)), "nom")
    if last.key in {"kim", "kimdir", "kimler", "ne", "nedir", "hansi", "hangi", "hangisi"}:
        return "nom"
    return next((case for pattern, case in _TURKIC_CASES if pattern.search(last.key)), "nom")


def _english(
    new: str, before: str, old: Asked, answer: str | None, words: Lexicon, *, adverbial: bool
) -> str:
    head, rest = before[: old.start].strip(), before[old.end :].strip()
    rest, answer = _after_object(rest, old, answer)
    following = split(rest)
    fronted = f"{new} {rest}" if not head else f"{head} {new} {rest}"
    if not adverbial and old.kind in {*_CORE, "count"}:
        return f"{fronted}?"
    if not following or following[0].key not in words.auxiliaries:
        # "Who chaired it?" has no auxiliary to move: "When was it that Kazakhstan chaired it?"
        if old.kind in _CORE:
            return f"{new} was it that {'they' if answer is None else answer} {rest}?"
        return f"{fronted}?"
    if answer is None:
        return f"{fronted}?"
    verb = following[0]
    lead = split(before[old.start : old.end])[0]
    if lead.key in words.prepositions:
        # "In which cities was it discussed?" has no place for its answer but behind.
        return f"{fronted} {lead.text.lower()} {answer}?"
    if verb.key in _DO:
        at = _before_adverbial(rest, words)
        return f"{new} {rest[:at].strip()} {answer} {rest[at:].strip()}?"
    return f"{new} {rest[: verb.end]} {answer}{rest[verb.end :]}?"


def _after_object(rest: str, old: Asked, answer: str | None) -> tuple[str, str | None]:
    """What stands after "Which Kyrgyz minister" in "Which Kyrgyz minister did Bayramov meet?".

    Without an answer that can take its place, the minister is what he was called.
    """
    if old.kind not in {"which", "what"}:
        return rest, answer
    moved = next((word for word in split(rest)[1:_LONGEST_OBJECT] if word.key in _DO), None)
    if moved is None:
        return rest, answer
    called = " ".join(word.text for word in (*old.words[1:], *split(rest[: moved.start])))
    return rest[moved.start :], f"the {called}" if answer is None else answer


_DO = frozenset({"did", "do", "does"})
_LONGEST_OBJECT = 5  # words


def _before_adverbial(rest: str, words: Lexicon) -> int:
    """Where an object stands in "did Bayramov meet in Baku": before the place and the time."""
    spoken = split(rest)
    for index in range(2, len(spoken) - 1):
        before = spoken[index - 1]
        if spoken[index].key in _WHEN_AND_WHERE and not before.capital and (
            words.noun(before) is None and not words.is_small(before)
        ):  # fmt: skip
            return spoken[index].start
    return len(rest)


_WHEN_AND_WHERE = frozenset({"in", "at", "on", "during", "after", "before", "since", "until"})


def _russian(new: str, before: str, old: Asked, answer: str | None) -> str:
    tail = f"{before[: old.start].strip()} {before[old.end :].strip()}".strip()
    if answer is None:
        return f"{new} {tail}?"
    if old.words[0].key in {"кто", "что", "какая", "какой", "какие", "какое", "который"}:
        return f"{new} {answer} {tail}?"
    preposition = f"{old.words[0].text.lower()} " if len(old.words) > 1 else ""
    return f"{new} {tail} {preposition}{answer}?"


_NOMINATIVE = frozenset({"kim", "kimdir", "kimler", "ne", "nedir", "neler", "nelerdir"})


def _turkic(new: str, before: str, old: Asked, answer: str | None, words: Lexicon) -> str:
    head, rest = before[: old.start].strip(), before[old.end :].strip()
    if answer is None:
        return f"{head} {new} {rest}?"
    case = "nom"
    if old.kind in {"who", "what"} and key_of(old.words[0].text) not in _NOMINATIVE:
        found = (case for pattern, case in _TURKIC_CASES if pattern.search(old.words[0].key))
        case = next(found, "nom")
    kind = "noun" if answer.islower() and " " not in answer else "name"
    named = with_case(base_form(answer, words.language), case, words.language, kind=kind)
    return f"{head} {named} {new} {rest}?"
