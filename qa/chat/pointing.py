"""The places in a question that point back: pronouns, "that meeting", "the minister".

Rules of each language tell a pronoun that points out of the question from one that means a name
inside it, or nothing at all ("Is there …", "How long does it take to …").

This module must not know what a place points to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.chat.lexicon import Lexicon, Noun, Word
from qa.chat.mentions import LIGHT_VERB, Mention, is_verb

__all__ = ["Body", "Reference", "noun_references", "references"]

_MAX_GENERAL = 6  # words with content; a longer question speaks of things in general


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in the question that points back; `[start, end)` is what a name replaces.

    Attributes:
        kind: m, f and n by gender, many, person, thing, any, place, time; noun for a phrase such
            as "that meeting", whose head is `noun`.
        case: nom, gen, dat, acc, loc, abl or ins.
        head: range of the noun in a phrase.
    """

    start: int
    end: int
    kind: str
    case: str
    noun: Noun | None = None
    head: tuple[int, int] = (0, 0)
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Body:
    """A question without what opens it."""

    text: str
    spoken: Sequence[Word]
    asked: dict[int, str]  # index of a word inside a question phrase -> the phrase's type
    names: Sequence[Mention]
    words: Lexicon
    opened: bool  # something opened it: a connector, "what about"

    def named(self, word: Word) -> bool:
        """Whether the word is part of a name."""
        return any(name.start <= word.start < name.end for name in self.names)

    def is_number(self, word: Word) -> bool:
        """Whether it begins with a digit."""
        return word.text[0].isdigit()

    def content(self) -> list[Word]:
        """Words that are neither small nor part of a question phrase."""
        return [
            word
            for index, word in enumerate(self.spoken)
            if index not in self.asked and not self.words.is_small(word)
        ]

    def is_verbal(self, index: int) -> bool:
        """Whether the word is a verb, or the noun of one: "müzakirə" in "müzakirə olunub"."""
        if is_verb(self.spoken[index], self.words):
            return True
        turkic = self.words.language in {"az", "tr"} and index + 1 < len(self.spoken)
        follower = self.spoken[index + 1] if turkic else None
        return (
            follower is not None
            and LIGHT_VERB.match(follower.key) is not None
            and (is_verb(follower, self.words) or follower.key in self.words.light_verbs)
        )


def references(body: Body) -> tuple[Reference, ...]:
    """The pronouns and marked phrases of a question that point back, in order."""
    found: list[Reference] = []
    for index, word in enumerate(body.spoken):
        if index in body.asked:
            continue
        pointed = _determined(body, index)
        if pointed is None and word.key in body.words.pronouns and not word.capital:
            pointed = _pronoun(body, index)
        if pointed is None and word.key in body.words.pronouns and index == 0:
            pointed = _pronoun(body, index)
        if pointed is None:
            pointed = _final_demonstrative(body, index)
        if pointed is not None and not any(each.end > pointed.start for each in found):
            found.append(pointed)
    return tuple(found)


def _pronoun(body: Body, index: int) -> Reference | None:
    word = body.spoken[index]
    kind, case = body.words.pronouns[word.key]
    if not _BY_LANGUAGE[body.words.language](body, index, kind, case):
        return None
    if kind not in {"place", "time"} and _has_own_antecedent(body, index, case):
        return None
    return Reference(word.start, word.end, kind, case)


def _english_points(body: Body, index: int, kind: str, case: str) -> bool:
    word, last = body.spoken[index], index == len(body.spoken) - 1
    before = body.spoken[index - 1].key if index > 0 else ""
    after = "" if last else body.spoken[index + 1].key
    if kind == "place":  # "Is there a synagogue" points nowhere
        be = {"is", "are", "was", "were", "be", "been", "s", "will", "has", "have"}
        return last or (before not in be and after not in be)
    if kind == "time":
        return last and index > 0
    if word.key == "it":  # "is it true that", "how long does it take to"
        rest = [each.key for each in body.spoken[index + 1 :]]
        return not (
            rest[:1] in (["true"], ["possible"], ["likely"], ["necessary"], ["important"])
            or "that" in rest[:2]
            or (rest[:1] == ["take"] and "to" in rest)
        )
    return True


def _russian_points(body: Body, index: int, kind: str, case: str) -> bool:
    word = body.spoken[index]
    if word.key == "это":  # "что это за", "правда ли это", but not "кто это такой Байрамов"
        return not body.names and index > 0
    return True


def _turkic_points(body: Body, index: int, kind: str, case: str) -> bool:
    word, last = body.spoken[index], index == len(body.spoken) - 1
    if word.key == "onda" and index == 0 and not last and body.words.language == "az":
        return True
    # "o" before a noun is "that": `_determined` has looked at it already.
    return (
        word.key != "o"
        or last
        or body.text[word.end : word.end + 1] == ","
        or is_verb(body.spoken[index + 1], body.words)
        or index + 1 in body.asked
    )


_BY_LANGUAGE = {
    "en": _english_points,
    "ru": _russian_points,
    "az": _turkic_points,
    "tr": _turkic_points,
}
_CLAUSE = re.compile(r"[,;:—–]|\b(?:and|when|while|after|before|because|that|if|и|когда|что|если|"
                     r"после|və|ve|ki|when)\b")  # fmt: skip


def _has_own_antecedent(body: Body, index: int, case: str) -> bool:
    """Whether a name in the question itself, before the pronoun, is what it means."""
    word = body.spoken[index]
    before = [name for name in body.names if name.end <= word.start]
    if not before:
        # "In his address, what did Bayramov say": the name follows behind a comma.
        ahead = [name for name in body.names if name.start >= word.end]
        return bool(ahead) and case == "gen" and "," in body.text[word.end : ahead[0].start]
    possessive = case == "gen" and index + 1 < len(body.spoken)
    between = body.text[before[-1].end : word.start]
    return possessive or _CLAUSE.search(between) is not None


def _final_demonstrative(body: Body, index: int) -> Reference | None:
    """ "after that?", "kim bunu": a demonstrative that stands for a noun."""
    word = body.spoken[index]
    last = index == len(body.spoken) - 1
    if body.words.language == "en":
        alone = word.key in {"that", "this", "these", "those"} and (
            last or body.spoken[index + 1].key in body.words.prepositions | {"s", "happen"}
        )
        beside = index > 0 and body.spoken[index - 1].key in (
            body.words.prepositions | body.words.auxiliaries | body.words.verbs
        )
        if alone and beside:
            return Reference(word.start, word.end, "thing", "nom")
        return None
    if body.words.language in {"az", "tr"} and word.key == "bu" and not body.names:
        follows_verb = not last and (
            is_verb(body.spoken[index + 1], body.words) or index + 1 in body.asked
        )
        if last or follows_verb:
            return Reference(word.start, word.end, "thing", "nom")
    return None


# --- nouns that point back ---------------------------------------------------------------------


def _determined(body: Body, index: int) -> Reference | None:
    """ "that meeting", "этой встрече", "həmin görüş", "the same day" beginning at `index`."""
    word = body.spoken[index]
    if word.key not in body.words.determiners:
        return None
    for ahead in range(index + 1, min(index + 4, len(body.spoken))):
        follower = body.spoken[ahead]
        if ahead in body.asked or body.named(follower) or follower.key in body.words.prepositions:
            return None
        if follower.key in body.words.time_nouns:
            return _determined_time(body, index, ahead)
        noun = body.words.noun(follower)
        if noun is not None:
            if _named_beside(body, index, ahead):
                return None
            head = (follower.start, follower.end)
            return Reference(word.start, follower.end, "noun", "nom", noun, head)
    return None


def _determined_time(body: Body, index: int, ahead: int) -> Reference | None:
    word = body.spoken[index]
    near = {"this", "these", "такой", "этот", "эта", "это", "эту", "эти", "этого", "этой", "этом",
            "bu"}  # fmt: skip
    follower = body.spoken[ahead]
    today = {"gun", "il", "ay", "yil", "hafta", "hefte", "yilda", "ilde", "year", "week", "month",
             "день", "году", "год", "неделе", "месяце", "неделю", "месяц", "gunu"}  # fmt: skip
    if word.key in near and follower.key in today:
        return None  # this year is the asker's own
    if word.key == "такой":
        return None
    return Reference(word.start, follower.end, "time", "loc")


def _named_beside(body: Body, index: int, ahead: int) -> bool:
    """Whether the phrase says itself which one it means: "the meeting with Schmid in Vienna"."""
    head = body.spoken[ahead]
    tail = body.text[head.end :]
    if body.words.language in {"en", "ru"}:
        after = [name for name in body.names if name.start >= head.end]
        return bool(after) and re.match(r"\s+(?:of|with|between|с|со|между)\b", tail) is not None
    return False


def noun_references(body: Body) -> tuple[Reference, ...]:
    """ "the minister", "встреча", "tərəflər" in a question that names nobody and no day."""
    content = body.content()
    if body.names or any(word.text.isupper() and len(word.text) > 1 for word in body.spoken):
        return ()
    found = []
    for index, word in enumerate(body.spoken):
        noun = None if index in body.asked else body.words.noun(word)
        if noun is None or (noun.kind in {"place", "org"} and _asked_about(body, index)):
            continue
        if body.words.language == "en" and not _definite(body, index):
            continue
        if _asked_about(body, index) or _without_owner(body, word, noun):
            continue
        if noun.kind == "event" and body.words.language in {"az", "tr"} and body.is_verbal(index):
            continue
        if noun.kind == "person" and "who" in body.asked.values():
            continue  # "Who was the chair?": the role is what is asked for
        found.append(
            Reference(word.start, word.end, "noun", "nom", noun, (word.start, word.end), False)
        )
    # A long question without names speaks of things in general.
    return tuple(found) if len(content) <= _MAX_GENERAL else ()


def _asked_about(body: Body, index: int) -> bool:
    """Whether the noun is what is asked for: "which country", "сколько стран"."""
    return any(
        body.asked.get(at) in {"which", "count"} for at in range(max(0, index - 2), index)
    ) or (body.asked.get(index - 1) == "what" and body.words.language != "ru")


def _without_owner(body: Body, word: Word, noun: Noun) -> bool:
    """ "Baş katibi kimdir?": whose, is missing; the noun itself is what is asked about."""
    if body.words.language not in {"az", "tr"}:
        return False
    return noun.kind == "person" and re.match("s?[iu]", word.key[len(noun.stem) :]) is not None


def _definite(body: Body, index: int) -> bool:
    for at in range(index - 1, max(-1, index - 4), -1):
        if body.spoken[at].key in body.words.articles:
            return True
        if body.words.is_small(body.spoken[at]):
            return False
    return False
