"""Phrases that speak of a meeting, a visit, a session: an event noun with what describes it.

What stands around the noun is taken by where words end and what they end in; there is no grammar
here beyond that. The same finds roles, "foreign minister of Kyrgyzstan", around other nouns.

This module must not know conversations, or what a phrase will be used for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.chat.cases import compound
from qa.chat.lexicon import Lexicon, Noun, Word, split
from qa.chat.mentions import LIGHT_VERB, LOCATIVE, Mention, is_verb

__all__ = ["Event", "find_events"]

_ADJECTIVE = re.compile("(?:ой|ей|ая|ый|ий|ое|ом|ого|ую|ые|ых|ым)$")
_MAX_SIDE = 6  # words that a phrase may reach from its head, either way


@dataclass(frozen=True, slots=True)
class Event:
    """A noun phrase that speaks of a meeting, a visit, a session and the like.

    Attributes:
        text: the phrase as the text has it, without article; `text == source[start:end]`.
        name: the phrase in its dictionary form, as far as the rules can tell.
        left, right: what stands before and after the head inside the phrase.
        lead: the preposition before the phrase, or "".
    """

    text: str
    name: str
    left: str
    right: str
    lead: str
    noun: Noun
    start: int
    end: int


def find_events(
    text: str, words: Lexicon, names: Sequence[Mention], *, kind: str = "event"
) -> tuple[Event, ...]:
    """The phrases of `text` around its event nouns, in order; with `kind` around others."""
    spoken = split(text)
    found = []
    for index, word in enumerate(spoken):
        noun = words.noun(word)
        if noun is None or noun.kind != kind:
            continue
        if index + 1 < len(spoken) and _adjacent(text, word, spoken[index + 1]):
            following = spoken[index + 1]
            # "peace process talks": the last noun is the head. "müzakirə etdi" is a verb.
            if words.language == "en" and words.noun(following) is not None:
                continue
            if words.language in {"az", "tr"} and LIGHT_VERB.match(following.key):
                continue
        found.append(_event(text, spoken, index, noun, words, names))
    return tuple(found)


def _adjacent(text: str, left: Word, right: Word) -> bool:
    gap = text[left.end : right.start]
    return gap in {"-", "‑", "–"} or (gap.isspace() and "\n" not in gap)


def _event(
    text: str,
    spoken: Sequence[Word],
    index: int,
    noun: Noun,
    words: Lexicon,
    names: Sequence[Mention],
) -> Event:
    first = _left_edge(text, spoken, index, words, names)
    last = _right_edge(text, spoken, index, words)
    start, end = spoken[first].start, spoken[last].end
    head = spoken[index]
    left = text[start : head.start]
    right = text[head.end : end]
    lead = spoken[first - 1] if first > 0 else None
    if lead is not None and lead.key in words.articles and first > 1:
        lead = spoken[first - 2]
    return Event(
        text=text[start:end],
        name=_phrase_name(left, head, right, noun, words),
        left=left,
        right=right,
        lead=lead.text if lead is not None and lead.key in words.prepositions else "",
        noun=noun,
        start=start,
        end=end,
    )


def _phrase_name(left: str, head: Word, right: str, noun: Noun, words: Lexicon) -> str:
    if words.language == "en":
        return f"{left}{head.text}{right}"
    if words.language == "ru":
        # Adjectives would have to agree with the nominative; what follows the head need not.
        kept = re.match(r".*?\d+-\w+\s", left)
        ordinal = f"{kept[0].split()[-1]} " if kept is not None else ""
        return f"{ordinal}{noun.base}{right}"
    plural = re.match(f"{noun.stem}(l[ae]r)", head.key)
    base = noun.base
    if plural is not None and not base.endswith(("lar", "lər", "ler")):
        base = head.text[: len(noun.stem) + 3]
    return f"{left}{compound(base) if left.strip() else base}"


def _left_edge(
    text: str, spoken: Sequence[Word], index: int, words: Lexicon, names: Sequence[Mention]
) -> int:
    first = index
    while first > 0 and index - first < _MAX_SIDE:
        word = spoken[first - 1]
        gap = text[word.end : spoken[first].start]
        possessive = gap == " " and word.key == "s" and first > 1
        if possessive and spoken[first - 2].capital:
            first -= 2
            continue
        suffix = word.key in _TURKIC_SUFFIXES and words.language in {"az", "tr"}
        if suffix and first > 1 and text[spoken[first - 2].end : word.start] in _JOINTS:
            if LOCATIVE.search(word.key):
                break
            first -= 2
            continue
        if not _adjacent(text, word, spoken[first]) or _stops_left(spoken, first - 1, words, names):
            break
        first -= 1
    return first


_JOINTS = frozenset("'’‘-‑`´")
_TURKIC_SUFFIXES = frozenset(
    {"in", "un", "nin", "nun", "i", "u", "ni", "nu", "de", "da", "te", "ta", "den", "dan", "ten"}
    | {"tan", "ci", "cu", "inci", "uncu", "nci", "ncu", "e", "a", "ye", "ya"}
)


def _stops_left(
    spoken: Sequence[Word], index: int, words: Lexicon, names: Sequence[Mention]
) -> bool:
    word = spoken[index]
    if word.text[0].isdigit():
        return False
    if words.is_small(word) or any(
        (found := words.question_at(spoken, at)) is not None and at + found[0] > index
        for at in range(max(0, index - 3), index + 1)
    ):
        return True
    if words.language == "ru":
        return word.capital or _ADJECTIVE.search(word.key) is None
    if is_verb(word, words) and not word.capital:
        return True
    if words.language == "en":
        return word.key.endswith("ed") and not word.capital
    person = any(name.kind == "person" and name.start <= word.start < name.end for name in names)
    genitive = re.search("n?[iu]n$", word.key) is not None
    return (LOCATIVE.search(word.key) is not None and len(word.key) > 4) or (
        person and not genitive
    )


def _right_edge(text: str, spoken: Sequence[Word], index: int, words: Lexicon) -> int:
    last = index
    if words.language in {"az", "tr"}:
        return last
    while last + 1 < len(spoken) and last - index < _MAX_SIDE:
        word = spoken[last + 1]
        if not _adjacent(text, spoken[last], word):
            break
        if words.language == "en":
            ahead = _english_right(text, spoken, last + 1, words)
            if ahead is None:
                break
            last = ahead
        elif words.is_small(word) or (is_verb(word, words) and not word.capital):
            break
        else:
            last += 1
    return last


def _english_right(text: str, spoken: Sequence[Word], at: int, words: Lexicon) -> int | None:
    """The end of "of the foreign ministers", "on Palestine", "between X and Y" at `at`."""
    if spoken[at].key not in {"of", "on", "with", "between", "for"}:
        return None
    at += 1
    if at < len(spoken) and spoken[at].key in words.articles:
        at += 1
    stop = at
    while (
        stop < len(spoken)
        and stop - at < 4
        and (stop == at or _adjacent(text, spoken[stop - 1], spoken[stop]))
        and not words.is_small(spoken[stop])
        and (spoken[stop].capital or not is_verb(spoken[stop], words))
    ):
        stop += 1
    return stop - 1 if stop > at else None
