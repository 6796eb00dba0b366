"""How a question leans on what came before it, if it does.

The rules look at the question alone. They are made to err on the side of leaving it: a full
question that is rewritten does more harm than a short one that is not.

    ellipsis   only a question word, "and when?", "с кем?", "bəs niyə?"
    about      another thing to ask the same of: "what about Kyrgyzstan?", "а в 2024?", "peki ya X?"
    refers     a pronoun or a phrase that points back: "he", "that meeting", "orada", "министр"
    bare       a verb without what it needs: "Who attended?", "Где выступил?", "Nerede konuştu?"
    unnamed    a question that names nobody and nothing: "How many documents are expected?"
    owned      what somebody or something has, and not whose: "görevi ne?", "neçə yaşı var?"
    next       "and then?", "а потом?"
    more       "tell me more", "подробнее"

This module must not know the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qa.chat.lexicon import Lexicon, Word, split
from qa.chat.mentions import Mention, is_verb
from qa.chat.pointing import Body, Reference, noun_references, references
from qa.chat.times import find_times

__all__ = ["Kind", "Leaning", "read_leaning"]

Kind = Literal["alone", "ellipsis", "about", "refers", "bare", "unnamed", "owned", "next", "more"]
_MAX_FRAGMENT = 6  # words of a question without a verb: "and the president of the Red Cross?"
_MAX_BARE = 4
_MAX_UNNAMED = 4  # words with content that may stand without a name, and yet lean


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


def read_leaning(text: str, words: Lexicon, names: Sequence[Mention]) -> Leaning:
    """How `text` leans; `names` are the names in it."""
    spoken = split(text)
    if not spoken:
        return Leaning("alone")
    opened, about = _opening(spoken, words)
    if tuple(word.key for word in spoken) in words.next:
        return Leaning("next")
    if _is_more(spoken, words):
        return Leaning("more")
    if opened == len(spoken):
        return Leaning("alone")
    body = _body(text, spoken[opened:], words, names, opened=opened > 0)
    start = body.spoken[0].start
    question = next(iter(body.asked.values()), "")
    if _is_fragment(body, about=about):
        return Leaning("about", start)
    pointing = references(body)
    if pointing:
        return Leaning("refers", start, pointing, question)
    if _lacks_owner(body):
        return Leaning("owned", start, question=question)
    if _asks_meaning(body):
        return Leaning("alone")
    if _is_ellipsis(body):
        return Leaning("ellipsis", start, question=question)
    phrases = noun_references(body)
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
) -> Body:
    asked: dict[int, str] = {}
    index = 0
    while index < len(spoken):
        found = words.question_at(spoken, index)
        if found is None:
            index += 1
            continue
        asked.update(dict.fromkeys(range(index, index + found[0]), found[1]))
        index += found[0]
    return Body(text, spoken, asked, names, words, opened)


def _is_more(spoken: Sequence[Word], words: Lexicon) -> bool:
    keys = tuple(word.key for word in spoken)
    while keys:
        if keys in words.more:
            return True
        if keys[0] not in words.connectors:
            return False
        keys = keys[1:]
    return False


def _is_ellipsis(body: Body) -> bool:
    if not body.asked or _has_light_verb(body):
        return False
    content = body.content()
    if not content:
        return not _defines(body)
    # "in which city?", "сколько документов?", "hansı ölkədə?": a noun and nothing else.
    determined = next(iter(body.asked.values())) in {"which", "count", "what"}
    return (
        determined
        and len(content) <= 2
        and content[0].start > body.spoken[max(body.asked)].start
        and _may_be_asked(body, content)
        and not any(body.named(word) or body.is_number(word) for word in content)
        and not any(is_verb(word, body.words) and body.words.noun(word) is None for word in content)
        and not any(word.key in body.words.auxiliaries for word in body.spoken)
        and (body.opened or len(body.spoken) <= 3)
    )


def _may_be_asked(body: Body, content: Sequence[Word]) -> bool:
    """Whether the noun asks for a part of the last question.

    A place, a person, a body, a day may be its part, and so may what stands in a case: "in which
    document?". "Какой курс доллара?" asks for something else.
    """
    words = body.words
    noun = content[-1]
    times = find_times(body.text, words)
    if any(time.start <= word.start < time.end for word in content for time in times):
        return False
    if body.opened or body.spoken[0].key in words.prepositions:
        return True
    cased = words.language in {"az", "tr"} and _OBLIQUE.search(noun.key) is not None
    return words.noun(noun) is not None or noun.key in words.time_nouns or cased


def _has_light_verb(body: Body) -> bool:
    return any(
        word.key in body.words.light_verbs
        for index, word in enumerate(body.spoken)
        if index not in body.asked
    )


def _asks_meaning(body: Body) -> bool:
    """ "Что такое инфляция?", "inflyasiya nədir?": a word that stands for itself."""
    content = body.content()
    if not content or not any(word.key in body.words.defining for word in body.spoken):
        return False
    noun = content[-1]
    if body.words.language in {"az", "tr"}:
        # "Sədrliyin məqsədi nədir?" asks what something has.
        has = _attribute(noun, body.words) is not None or body.words.noun(noun) is not None
        return not has and set(body.asked.values()) <= {"what"}
    return body.words.noun(noun) is None


def _attribute(word: Word, words: Lexicon) -> str | None:
    """Whose the word is in the possessive, "person" or "event"; None for another word."""
    for stem, kind in words.attributes.items():
        if word.key.startswith(stem) and _POSSESSED.fullmatch(word.key[len(stem) :]):
            return kind
    return None


_POSSESSED = re.compile("s?[iu](?:n?d[ae]|n[iu])?")


def _lacks_owner(body: Body) -> bool:
    """ "Görevi ne?", "neçə yaşı var?": a possession alone."""
    content = body.content()
    return (
        bool(body.asked)
        and not body.names
        and len(content) == 1
        and _attribute(content[0], body.words) is not None
    )


def _defines(body: Body) -> bool:
    """ "What is it?" has no content either, but a pronoun; "what is" alone asks nothing."""
    return any(word.key in body.words.auxiliaries for word in body.spoken) and len(body.spoken) < 2


def _is_fragment(body: Body, *, about: bool) -> bool:
    if body.asked or len(body.spoken) > _MAX_FRAGMENT:
        return False
    times = find_times(body.text, body.words)
    # "May" is an auxiliary, and in "in May?" a month.
    timed = {word for word in body.spoken for time in times if time.start <= word.start < time.end}
    content = [word for word in body.spoken if word in timed or not body.words.is_small(word)]
    if not content or any(
        word.key in body.words.auxiliaries for word in body.spoken if word not in timed
    ):
        return False
    if any(
        is_verb(word, body.words) and not body.named(word) and word.key not in body.words.time_nouns
        for word in content[-1:]
        if body.words.noun(word) is None and not body.is_number(word) and word not in timed
    ):
        return False
    if about or body.opened:
        return True
    begins = body.spoken[0].key in body.words.prepositions
    asks = body.text.rstrip().endswith("?")
    alone = len(body.spoken) == 1 and body.spoken[0].capital
    return (bool(times) and asks and len(body.spoken) <= 4) or (
        asks and len(body.spoken) <= 3 and (begins or alone or all(map(body.named, content)))
    )


def _is_unnamed(body: Body) -> bool:
    """Whether nothing in a question of a few words says what it is about."""
    content = body.content()
    if body.names or not body.asked or not content:
        return False
    if any(word.text.isupper() and len(word.text) > 1 for word in body.spoken):
        return False
    if len(content) == 1 and not body.opened and _is_definition(body, content[0]):
        return False
    times = find_times(body.text, body.words)
    if not body.opened and all(
        word.key in body.words.time_nouns or any(t.start <= word.start < t.end for t in times)
        for word in content
    ):
        return False  # "Какой сейчас год?"
    content = [word for word in content if word.key not in body.words.time_nouns]
    return len(content) <= (_MAX_FRAGMENT if body.opened else _MAX_UNNAMED)


_OBLIQUE = re.compile("(?:d[ae]n?|t[ae]n?|l[ae]|n[ae]|y[ae])$")


def _lacks_subject(body: Body) -> bool:
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


def _is_definition(body: Body, word: Word) -> bool:
    """ "What is inflation?" asks about the word itself."""
    kinds = set(body.asked.values())
    return kinds <= {"what", "who"} and body.words.noun(word) is None and (
        not is_verb(word, body.words) or word.key.endswith(("dir", "tir"))
    )  # fmt: skip


def _is_bare(body: Body) -> bool:
    if body.names or not body.asked:
        return False
    content = body.content()
    if not (content or _has_light_verb(body)):
        return False
    if len(content) > 2 or len(body.spoken) > _MAX_BARE:
        return False
    if any(body.is_number(word) for word in content):
        return False
    turkic = body.words.language in {"az", "tr"}
    if turkic and content and content[0].start < body.spoken[min(body.asked)].start:
        return False  # "dollar neçə manatdır": what stands before the question word is a subject
    return all(body.is_verbal(at) for at, word in enumerate(body.spoken) if word in content)
