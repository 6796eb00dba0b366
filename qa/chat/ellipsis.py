"""Completes "and when?", "с кем?", "bəs niyə?": the last question, asked with another word.

This module must not know the other ways in which a question leans.
"""

from __future__ import annotations

import re

from qa.chat.cases import base_form, with_case
from qa.chat.context import Context
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
    it?", "Kazakhstan", "And when?" asks when Kazakhstan did.

    Args:
        body: what was typed, without "and".
        kind: type of its question word.
    """
    words, last = context.words, context.last
    before = bare_question(last.turn.understood)
    new = lowered(bare_question(body), words)
    old = question_phrase(before, words)
    if last.turn.language != words.language or old is None:
        return [beside(new, before, words)]
    adverbial = _is_adverbial(new, kind, words)
    answer = last.short_answer if old.kind in _CORE and (adverbial or kind != old.kind) else None
    if words.language == "en":
        return [_english(new, before, old, answer, words, adverbial=adverbial)]
    if words.language == "ru":
        return [_russian(new, before, old, answer)]
    return [_turkic(new, before, old, answer, words)]


def _is_adverbial(new: str, kind: str, words: Lexicon) -> bool:
    """Whether the new phrase asks for time, place or reason rather than for who or what."""
    first = split(new)[0]
    return kind in {"when", "where", "why", "how"} or (
        kind == "which" and first.key in words.prepositions
    )


def _english(
    new: str, before: str, old: Asked, answer: str | None, words: Lexicon, *, adverbial: bool
) -> str:
    head, rest = before[: old.start].strip(), before[old.end :].strip()
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
    if verb.key in {"did", "do", "does"}:
        return f"{new} {rest} {answer}?"
    return f"{new} {rest[: verb.end]} {answer}{rest[verb.end :]}?"


def _russian(new: str, before: str, old: Asked, answer: str | None) -> str:
    tail = f"{before[: old.start].strip()} {before[old.end :].strip()}".strip()
    if answer is None:
        return f"{new} {tail}?"
    if old.words[0].key in {"кто", "что", "какая", "какой", "какие", "какое", "который"}:
        return f"{new} {answer} {tail}?"
    preposition = f"{old.words[0].text.lower()} " if len(old.words) > 1 else ""
    return f"{new} {tail} {preposition}{answer}?"


def _turkic(new: str, before: str, old: Asked, answer: str | None, words: Lexicon) -> str:
    head, rest = before[: old.start].strip(), before[old.end :].strip()
    if answer is None:
        return f"{head} {new} {rest}?"
    case = "nom"
    if old.kind == "who" and key_of(old.words[0].text) not in {"kim", "kimdir", "kimler"}:
        found = (case for pattern, case in _TURKIC_CASES if pattern.search(old.words[0].key))
        case = next(found, "nom")
    named = with_case(base_form(answer, words.language), case, words.language)
    return f"{head} {named} {new} {rest}?"
