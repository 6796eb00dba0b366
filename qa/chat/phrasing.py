"""Pieces of a question: the phrase that asks, its first letter, its end; and what it was about.

Shared by the modules that make completions. This module must not know how a question leans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.chat.context import Context
from qa.chat.lexicon import Lexicon, Word, split
from qa.chat.mentions import is_verb

__all__ = [
    "Asked",
    "bare_question",
    "beside",
    "clause",
    "lowered",
    "question_phrase",
    "tidy",
    "topic",
    "with_topic",
    "without_other",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """The phrase that asks, with its preposition and noun: "in which city", "о чём".

    Attributes:
        start, end: its range in the question.
        words: without the preposition that may stand before it.
        kind: type of the question word.
    """

    start: int
    end: int
    words: tuple[Word, ...]
    kind: str


def question_phrase(text: str, words: Lexicon) -> Asked | None:
    """The first phrase that asks; None in a question without one."""
    spoken = split(text)
    for index in range(len(spoken)):
        found = words.question_at(spoken, index)
        if found is None:
            continue
        length, kind = found
        stop = index + length
        if kind in {"which", "count"} or (kind == "what" and _takes_noun(spoken[index], words)):
            stop = _noun_end(spoken, stop, words, kind)
        if stop < len(spoken) and spoken[stop].key in words.other and words.language != "ru":
            stop += 1
        asked = tuple(spoken[index:stop])
        start = asked[0].start
        if index > 0 and words.language in {"en", "ru"}:
            lead = spoken[index - 1]
            start = lead.start if lead.key in words.prepositions else start
        return Asked(start, asked[-1].end, asked, kind)
    return None


def _takes_noun(word: Word, words: Lexicon) -> bool:
    """Whether a noun may belong to "what": not to "neye", "nəyi", which stand for it."""
    return words.language not in {"az", "tr"} or word.key == "ne"


def bare_question(text: str) -> str:
    """Without the mark at its end."""
    return text.strip().rstrip("?!.… ").strip()


def lowered(question: str, words: Lexicon) -> str:
    """Without the capital that a small word has only from standing first."""
    spoken = split(question)
    if spoken and (
        words.is_small(spoken[0])
        or words.question_at(spoken, 0) is not None
        or words.noun(spoken[0]) is not None
    ):
        return {"I": "ı", "İ": "i"}.get(question[0], question[0].lower()) + question[1:] if (
            words.language in {"az", "tr"}
        ) else question[0].lower() + question[1:]  # fmt: skip
    return question


def without_other(question: str, words: Lexicon) -> str:
    """Without the "else" beside the word that asks: "who else chaired" is "who chaired"."""
    spoken = split(question)
    for index in range(len(spoken)):
        found = words.question_at(spoken, index)
        if found is None:
            continue
        for at in (index + found[0], index - 1):
            if 0 <= at < len(spoken) and spoken[at].key in words.alone_other:
                kept = question[: spoken[at].start] + question[spoken[at].end :].lstrip()
                return tidy(kept, words)
        return question
    return question


def beside(thing: str, before: str, words: Lexicon) -> str:
    """Both, one after the other, where no rule can make one of them."""
    return f"{thing}: {lowered(bare_question(before), words)}?"


def topic(context: Context) -> str:
    """What the last question was about, in a few words; "" where it names nothing."""
    last = context.last
    events = last.events if last.turn.language == context.words.language else ()
    event = events[0].name if events else ""
    if last.names and " " not in event:
        event = ""  # "document" says nothing beside the COP29 that it belongs to
    names = [name.base for name in last.names if name.base not in event]
    person = context.answered_person()
    parts = [event, *names, "" if person is None else person]
    return ", ".join(list(dict.fromkeys(part for part in parts if part))[:3])


def clause(context: Context) -> str:
    """What the last question says, with its answer in the place of what it asked."""
    words, last = context.words, context.last
    text = bare_question(last.turn.understood)
    asked = question_phrase(text, words) if last.turn.language == words.language else None
    if asked is None:
        return text
    whole = asked.start == asked.words[0].start  # no preposition before the question word
    core = whole and asked.kind in {"who", "which", "what"}
    answer = last.short_answer if core else None
    rest = text[asked.end :]
    following = split(rest)
    if following and following[0].key in words.auxiliaries and following[0].key.startswith("d"):
        rest = rest[following[0].end :]
    head = text[: asked.start]
    return " ".join(f"{head} {'' if answer is None else answer} {rest}".split())


def with_topic(body: str, context: Context) -> str:
    """`body` with the topic in brackets, or beside the last question where it has none."""
    about = topic(context)
    question = bare_question(body)
    if about:
        return f"{question} ({about})?"
    return beside(question, context.last.turn.understood, context.words)


def tidy(question: str, words: Lexicon) -> str:
    """One space between words, one question mark, a capital."""
    tidied = re.sub(r"\s+([?,)])", r"\1", " ".join(question.split()))
    tidied = re.sub(r"[?.]*$", "?", tidied, count=1)
    first = tidied[0]
    capital = "İ" if first == "i" and words.language in {"az", "tr"} else first.upper()
    return capital + tidied[1:]


def _noun_end(spoken: Sequence[Word], stop: int, words: Lexicon, kind: str) -> int:
    reach = stop + (1 if kind == "what" or words.language in {"az", "tr"} else 2)
    while stop < min(reach, len(spoken)):
        word = spoken[stop]
        if words.is_small(word) or word.capital or is_verb(word, words):
            break
        if words.language == "en" and kind != "count" and _past_tense(word):
            break
        stop += 1
    return stop


def _past_tense(word: Word) -> bool:
    return word.key.endswith("ed") and len(word.key) > 4
