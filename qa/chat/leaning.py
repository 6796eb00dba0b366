"""How a question leans on what came before it, if it does.

The rules look at the question alone. They are made to err on the side of leaving it: a full
question that is rewritten does more harm than a short one that is not.

    ellipsis   only a question word, "and when?", "с кем?", "bəs niyə?"
    about      another thing to ask the same of: "what about Kyrgyzstan?", "а в 2024?", "peki ya X?"
    refers     a pronoun or a phrase that points back: "he", "that meeting", "orada", "министр"
    bare       a verb without what it needs: "Who attended?", "Где выступил?", "Nerede konuştu?"
    unnamed    a question that names nobody and nothing: "How many documents are expected?"
    more       "tell me more", "подробнее"

This module must not know the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from embeddings.dates import find_dates
from qa.chat.lexicon import Lexicon, Noun, Word, split
from qa.chat.mentions import Mention, is_verb

__all__ = ["Kind", "Leaning", "Reference", "read_leaning"]

Kind = Literal["alone", "ellipsis", "about", "refers", "bare", "unnamed", "more"]
_MAX_FRAGMENT = 6  # words of a question without a verb: "and the president of the Red Cross?"
_MAX_BARE = 4
_MAX_UNNAMED = 4  # words with content that may stand without a name, and yet lean


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
class Leaning:
    """What leans and where.

    Attributes:
        start: where the question itself begins, after "and", "а", "bəs", "what about".
        references: in order; only where `kind` is "refers".
        question: type of the question word, "" without one.
    """

    kind: Kind
    start: int = 0
    references: tuple[Reference, ...] = ()
    question: str = ""


@dataclass(frozen=True, slots=True)
class _Body:
    """A question without what opens it."""

    text: str
    spoken: Sequence[Word]
    asked: dict[int, str]  # index of a word inside a question phrase -> the phrase's type
    names: Sequence[Mention]
    words: Lexicon
    opened: bool  # something opened it: a connector, "what about"

    def named(self, word: Word) -> bool:
        return any(name.start <= word.start < name.end for name in self.names)

    def is_number(self, word: Word) -> bool:
        return word.text[0].isdigit()

    def content(self) -> list[Word]:
        """Words that are neither small nor part of a question phrase."""
        return [
            word
            for index, word in enumerate(self.spoken)
            if index not in self.asked and not self.words.is_small(word)
        ]


def read_leaning(text: str, words: Lexicon, names: Sequence[Mention]) -> Leaning:
    """How `text` leans; `names` are the names in it."""
    spoken = split(text)
    if not spoken:
        return Leaning("alone")
    opened, about = _opening(spoken, words)
    if _is_more(spoken, words):
        return Leaning("more")
    if opened == len(spoken):
        return Leaning("alone")
    body = _body(text, spoken[opened:], words, names, opened=opened > 0)
    start = body.spoken[0].start
    question = next(iter(body.asked.values()), "")
    if _is_fragment(body, about=about):
        return Leaning("about", start)
    references = _references(body)
    if references:
        return Leaning("refers", start, references, question)
    if _is_ellipsis(body):
        return Leaning("ellipsis", start, question=question)
    phrases = _noun_references(body)
    if phrases:
        return Leaning("refers", start, phrases, question)
    if _is_bare(body):
        return Leaning("bare", start, question=question)
    if _lacks_subject(body):
        return Leaning("bare", start, question=question)
    if _is_unnamed(body):
        return Leaning("unnamed", start, question=question)
    return Leaning("alone")


def _opening(spoken: Sequence[Word], words: Lexicon) -> tuple[int, bool]:
    """How many words open the question, and whether they ask "what about"."""
    index, about = 0, False
    while index < len(spoken):
        length = words.about_at(spoken, index)
        if length:
            about = True
            index += length
        elif spoken[index].key in words.connectors and not (
            # "Or" and "да" open a question; "еще кто" begins one.
            index == 0 and spoken[index].capital and len(spoken[index].text) > 1
            and spoken[index].text.isupper()
        ):  # fmt: skip
            index += 1
        else:
            break
    return index, about


def _body(
    text: str, spoken: Sequence[Word], words: Lexicon, names: Sequence[Mention], *, opened: bool
) -> _Body:
    asked: dict[int, str] = {}
    index = 0
    while index < len(spoken):
        found = words.question_at(spoken, index)
        if found is None:
            index += 1
            continue
        asked.update(dict.fromkeys(range(index, index + found[0]), found[1]))
        index += found[0]
    return _Body(text, spoken, asked, names, words, opened)


def _is_more(spoken: Sequence[Word], words: Lexicon) -> bool:
    keys = tuple(word.key for word in spoken)
    while keys:
        if keys in words.more:
            return True
        if keys[0] not in words.connectors:
            return False
        keys = keys[1:]
    return False


def _is_ellipsis(body: _Body) -> bool:
    if not body.asked:
        return False
    content = body.content()
    if not content:
        return not _defines(body)
    # "in which city?", "сколько документов?", "hansı ölkədə?": a noun and nothing else.
    determined = next(iter(body.asked.values())) in {"which", "count", "what"}
    return (
        determined
        and len(content) <= 2
        and not any(body.named(word) or body.is_number(word) for word in content)
        and not any(is_verb(word, body.words) for word in content)
        and not any(word.key in body.words.auxiliaries for word in body.spoken)
        and (body.opened or len(body.spoken) <= 3)
    )


def _defines(body: _Body) -> bool:
    """ "What is it?" has no content either, but a pronoun; "what is" alone asks nothing."""
    return any(word.key in body.words.auxiliaries for word in body.spoken) and len(body.spoken) < 2


def _is_fragment(body: _Body, *, about: bool) -> bool:
    if body.asked or len(body.spoken) > _MAX_FRAGMENT:
        return False
    content = body.content()
    if not content or any(word.key in body.words.auxiliaries for word in body.spoken):
        return False
    if any(
        is_verb(word, body.words) and not body.named(word) and word.key not in body.words.time_nouns
        for word in content[-1:] if body.words.noun(word) is None and not body.is_number(word)
    ):  # fmt: skip
        return False
    if about or body.opened:
        return True
    dates = find_dates(body.text, yearless=True)
    begins = body.spoken[0].key in body.words.prepositions
    asks = body.text.rstrip().endswith("?")
    return (bool(dates) and asks and len(body.spoken) <= 4) or (
        asks and len(body.spoken) <= 3 and (begins or all(map(body.named, content)))
    )


# --- pronouns ----------------------------------------------------------------------------------


def _references(body: _Body) -> tuple[Reference, ...]:
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


def _pronoun(body: _Body, index: int) -> Reference | None:
    word = body.spoken[index]
    kind, case = body.words.pronouns[word.key]
    if not _BY_LANGUAGE[body.words.language](body, index, kind, case):
        return None
    if kind not in {"place", "time"} and _has_own_antecedent(body, index, case):
        return None
    return Reference(word.start, word.end, kind, case)


def _english_points(body: _Body, index: int, kind: str, case: str) -> bool:
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


def _russian_points(body: _Body, index: int, kind: str, case: str) -> bool:
    word = body.spoken[index]
    if word.key == "это":  # "что это за", "правда ли это", but not "кто это такой Байрамов"
        return not body.names and index > 0
    return True


def _turkic_points(body: _Body, index: int, kind: str, case: str) -> bool:
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


def _has_own_antecedent(body: _Body, index: int, case: str) -> bool:
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


def _final_demonstrative(body: _Body, index: int) -> Reference | None:
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


def _determined(body: _Body, index: int) -> Reference | None:
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


def _determined_time(body: _Body, index: int, ahead: int) -> Reference | None:
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


def _named_beside(body: _Body, index: int, ahead: int) -> bool:
    """Whether the phrase says itself which one it means: "the meeting with Schmid in Vienna"."""
    head = body.spoken[ahead]
    tail = body.text[head.end :]
    if body.words.language in {"en", "ru"}:
        after = [name for name in body.names if name.start >= head.end]
        return bool(after) and re.match(r"\s+(?:of|with|between|с|со|между)\b", tail) is not None
    return False


def _noun_references(body: _Body) -> tuple[Reference, ...]:
    """ "the minister", "встреча", "tərəflər" in a question that names nobody and no day."""
    content = body.content()
    if body.names or any(word.text.isupper() and len(word.text) > 1 for word in body.spoken):
        return ()
    found = []
    for index, word in enumerate(body.spoken):
        noun = None if index in body.asked else body.words.noun(word)
        if noun is None or noun.kind in {"place", "org"} and _asked_about(body, index):
            continue
        if body.words.language == "en" and not _definite(body, index):
            continue
        if _asked_about(body, index) or _without_owner(body, word, noun):
            continue
        if noun.kind == "person" and "who" in body.asked.values():
            continue  # "Who was the chair?": the role is what is asked for
        found.append(
            Reference(word.start, word.end, "noun", "nom", noun, (word.start, word.end), False)
        )
    # A long question without names speaks of things in general.
    return tuple(found) if len(content) <= _MAX_FRAGMENT else ()


def _asked_about(body: _Body, index: int) -> bool:
    """Whether the noun is what is asked for: "which country", "сколько стран"."""
    return any(
        body.asked.get(at) in {"which", "count"} for at in range(max(0, index - 2), index)
    ) or (body.asked.get(index - 1) == "what" and body.words.language != "ru")


def _without_owner(body: _Body, word: Word, noun: Noun) -> bool:
    """ "Baş katibi kimdir?": whose, is missing; the noun itself is what is asked about."""
    if body.words.language not in {"az", "tr"}:
        return False
    return noun.kind == "person" and re.match("s?[iu]", word.key[len(noun.stem) :]) is not None


def _is_unnamed(body: _Body) -> bool:
    """Whether nothing in a question of a few words says what it is about."""
    content = body.content()
    if body.names or not body.asked or not content:
        return False
    if any(word.text.isupper() and len(word.text) > 1 for word in body.spoken):
        return False
    if len(content) == 1 and not body.opened and _is_definition(body, content[0]):
        return False
    content = [word for word in content if word.key not in body.words.time_nouns]
    return len(content) <= (_MAX_FRAGMENT if body.opened else _MAX_UNNAMED)


_OBLIQUE = re.compile("(?:d[ae]n?|t[ae]n?|l[ae]|n[ae]|y[ae])$")


def _lacks_subject(body: _Body) -> bool:
    """ "Bəs Qızıl Xaçdan kiminlə görüşüb?": a name, but none that could be the subject."""
    if body.words.language not in {"az", "tr"} or not body.opened or not body.names:
        return False
    asked = [word.key for index, word in enumerate(body.spoken) if index in body.asked]
    rest = [word for word in body.content() if not body.named(word)]
    oblique = all(
        _OBLIQUE.search(split(body.text[name.start : name.end + 5].strip("?"))[-1].key)
        or _OBLIQUE.search(split(name.text)[-1].key)
        for name in body.names
    )
    return (
        oblique
        and all(key.startswith("kim") and key not in {"kim", "kimler", "kimdir"} for key in asked)
        and bool(rest)
        and all(is_verb(word, body.words) for word in rest)
    )


def _is_definition(body: _Body, word: Word) -> bool:
    """ "What is inflation?" asks about the word itself."""
    kinds = set(body.asked.values())
    return kinds <= {"what", "who"} and body.words.noun(word) is None and (
        not is_verb(word, body.words) or word.key.endswith(("dir", "tir"))
    )  # fmt: skip


def _definite(body: _Body, index: int) -> bool:
    for at in range(index - 1, max(-1, index - 4), -1):
        if body.spoken[at].key in body.words.articles:
            return True
        if body.words.is_small(body.spoken[at]):
            return False
    return False


def _is_bare(body: _Body) -> bool:
    if body.names or not body.asked:
        return False
    content = body.content()
    if not content or len(content) > 2 or len(body.spoken) > _MAX_BARE:
        return False
    if any(body.is_number(word) for word in content):
        return False
    return all(is_verb(word, body.words) for word in content)
