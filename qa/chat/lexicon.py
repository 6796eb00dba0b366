"""The word lists of follow-up questions, in the form that the rules look things up in.

The lists are data (`prompts/followups.json`); here they become sets and tables by key. A key is a
word folded and, in Latin script, without its special letters, so that "kiminlə", "Kiminle" and
"KİMİNLE" are one.

This module must not know conversations: it knows words, one question at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from embeddings.text import fold_text, words
from prompts import LANGUAGES, load_json

__all__ = ["Lexicon", "Noun", "Phrase", "Word", "has_ending", "key_of", "lexicon", "split"]

Phrase = tuple[str, ...]
_TO_ASCII = str.maketrans("əğöüşçâîû", "egouscaiu")
_NAMED_SUFFIX = {
    "en": re.compile(r"s?"),
    "ru": re.compile(
        "(?:а|я|у|ю|ы|и|е|о|ом|ем|ой|ей|ам|ям|ами|ями|ах|ях|ов|ев|й|ий|ья|ии|ию|ием|ией|иям|иях|ия|ие|ь|ью|ю)?"
    ),
    "az": re.compile(
        "(?:l[ae]r)?(?:s?[iu]|[iu]m[iu]z)?(?:n?[iu]n|n[iu]|n?[ae]|y[ae]|n?d[ae]n?|n?da?ki|n?deki|l[ae])?(?:d[iu]r)?"
    ),
    "tr": re.compile(
        "(?:l[ae]r)?(?:s?[iu]|[iu]m[iu]z)?(?:n?[iu]n|n[iu]|n?[ae]|y[aeiu]|n?[dt][ae]n?|n?[dt][ae]ki|y?l[ae])?(?:d[iu]r)?"
    ),
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, its key, and its range in code points."""

    text: str
    key: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it is written as names are; digits count beside a capital ("COP29")."""
        return self.text[0].isupper() or (
            any(char.isdigit() for char in self.text) and any(char.isupper() for char in self.text)
        )


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun that stands for something named before: "the meeting", "the minister".

    Attributes:
        stem: the key that its forms begin with.
        base: its dictionary form.
        kind: event, person, group, place or org.
        gender: m, f, n, p (plural only), or "" where the language has none.
    """

    stem: str
    base: str
    kind: str
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists of one language, by key. `questions` has the longest phrases first.

    Attributes:
        where_nouns: nouns of places that do nothing themselves: "city", not "country".
        defining: what asks what a word means: "такое", "nedir".
        light_verbs: forms of "do" and "be done", which are small and verbs nevertheless.
        attributes: stems of what a person or an event has, "job" and "outcome", and which of them.
        unattended: of the events' nouns those that have no participants: "document", "attack".
        follow_ups: questions that say nothing without what came before.
        world: questions that need nothing before them.
        rephrased: fragments that ask, and how they do with a question word; "*" is one noun.
    """

    language: str
    connectors: frozenset[str]
    about: tuple[Phrase, ...]
    questions: tuple[tuple[Phrase, str], ...]
    other: frozenset[str]
    alone_other: frozenset[str]
    auxiliaries: frozenset[str]
    prepositions: frozenset[str]
    function: frozenset[str]
    pronouns: Mapping[str, tuple[str, str]]
    determiners: frozenset[str]
    articles: frozenset[str]
    time_nouns: frozenset[str]
    relative_times: tuple[Phrase, ...]
    nouns: tuple[Noun, ...]
    where_nouns: frozenset[str]
    defining: frozenset[str]
    light_verbs: frozenset[str]
    attributes: Mapping[str, str]
    rephrased: tuple[tuple[Phrase, str], ...]
    next: frozenset[Phrase]
    next_after: str
    next_plain: str
    titles: frozenset[str]
    org_words: frozenset[str]
    place_words: frozenset[str]
    place_starts: frozenset[str]
    verbs: frozenset[str]
    transitive: frozenset[str]
    topic_preposition: str
    name_words: frozenset[str]
    unattended: frozenset[str]
    participants: str
    meeting_verbs: frozenset[str]
    meeting_of: str
    meeting_with: str
    follow_ups: tuple[str, ...]
    world: tuple[str, ...]
    more_about: str
    more: frozenset[Phrase]

    def question_at(self, spoken: Sequence[Word], index: int) -> tuple[int, str] | None:
        """The longest question phrase that begins at `index`: its length in words, its type."""
        for phrase, kind in self.questions:
            if _stands_at(phrase, spoken, index):
                return len(phrase), kind
        return None

    def about_at(self, spoken: Sequence[Word], index: int) -> int:
        """Words of the longest "what about" that begins at `index`; 0 for none."""
        return next((len(phrase) for phrase in self.about if _stands_at(phrase, spoken, index)), 0)

    def relative_time_at(self, spoken: Sequence[Word], index: int) -> int:
        """Words of the longest "last year" that begins at `index`; 0 for none."""
        found = (each for each in self.relative_times if _stands_at(each, spoken, index))
        return next((len(phrase) for phrase in found), 0)

    def noun(self, word: Word) -> Noun | None:
        """The standing-for noun that `word` is a form of."""
        if word.capital and len(word.text) > 1 and word.text.isupper():
            return None
        suffix = _NAMED_SUFFIX[self.language]
        for noun in self.nouns:
            if word.key.startswith(noun.stem) and suffix.fullmatch(word.key, len(noun.stem)):
                return noun
        return None

    def is_small(self, word: Word) -> bool:
        """Whether the word carries no content of its own."""
        return (
            word.key in self.function
            or word.key in self.prepositions
            or word.key in self.auxiliaries
            or word.key in self.connectors
            or word.key in self.other
            or word.key in self.pronouns
            or word.key in self.determiners
        )


def key_of(word: str) -> str:
    """The form that words are compared in."""
    return fold_text(word).translate(_TO_ASCII)


def has_ending(ending: str, language: str) -> bool:
    """Whether the key `ending` may stand behind a noun's stem."""
    return _NAMED_SUFFIX[language].fullmatch(ending) is not None


def split(text: str) -> list[Word]:
    """The words of a text, in order. An apostrophe or hyphen ends a word."""
    return [
        Word(text[start:end], key_of(text[start:end]), start, end) for start, end in words(text)
    ]


@cache
def lexicon(language: str) -> Lexicon | None:
    """The lists of `language`; None for a language that there are none for."""
    if language not in LANGUAGES:
        return None
    listed = load_json("followups.json")[language]
    questions = [
        (_phrase(text), kind) for kind, texts in listed["questions"].items() for text in texts
    ]
    return Lexicon(
        language=language,
        connectors=_keys(listed["connectors"]),
        about=_phrases(listed["about"]),
        questions=tuple(sorted(questions, key=lambda item: len(item[0]), reverse=True)),
        other=_keys(listed["else"]),
        alone_other=_keys(listed["else_alone"]),
        auxiliaries=_keys(listed["auxiliaries"]),
        prepositions=_keys(listed["prepositions"]),
        function=_keys(listed["function"]),
        pronouns={
            key_of(form): _kind_and_case(value) for form, value in listed["pronouns"].items()
        },
        determiners=_keys(listed["determiners"]),
        articles=_keys(listed["articles"]),
        time_nouns=_keys(listed["time_nouns"]),
        relative_times=_phrases(listed["relative_times"]),
        nouns=_nouns(listed["nouns"]),
        where_nouns=_keys(listed["where_nouns"]),
        defining=_keys(listed["defining"]),
        light_verbs=_keys(listed["light_verbs"]),
        attributes={
            key_of(stem): kind
            for kind, stems in listed["attributes"].items()
            for stem in stems.split()
        },
        rephrased=tuple((_phrase(old), new) for old, new in listed["rephrased"].items()),
        next=frozenset(_phrase(text) for text in listed["next"]),
        next_after=listed["next_after"],
        next_plain=listed["next_plain"],
        titles=_keys(listed["titles"]),
        org_words=_keys(listed["org_words"]),
        place_words=_keys(listed["place_words"]),
        place_starts=_keys(listed["place_starts"]),
        verbs=_keys(listed["verbs"]),
        transitive=_keys(listed["transitive"]),
        topic_preposition=listed["topic_preposition"],
        name_words=_keys(listed["name_words"]),
        unattended=_keys(listed["unattended"]),
        participants=listed["participants"],
        meeting_verbs=_keys(listed["meeting_verbs"]),
        meeting_of=listed["meeting_of"],
        meeting_with=listed["meeting_with"],
        follow_ups=tuple(listed["follow_ups"]),
        world=tuple(listed["world"]),
        more_about=listed["more_about"],
        more=frozenset(_phrase(text) for text in listed["more"]),
    )


def _stands_at(phrase: Phrase, spoken: Sequence[Word], index: int) -> bool:
    return tuple(word.key for word in spoken[index : index + len(phrase)]) == phrase


def _phrase(text: str) -> Phrase:
    return tuple(word.key for word in split(text))


def _phrases(listed: Sequence[str]) -> tuple[Phrase, ...]:
    """The longest first."""
    return tuple(sorted((_phrase(text) for text in listed), key=len, reverse=True))


def _keys(listed: str) -> frozenset[str]:
    return frozenset(word.key for word in split(listed))


def _kind_and_case(value: str) -> tuple[str, str]:
    kind, case = value.split()
    return kind, case


def _nouns(listed: Mapping[str, str]) -> tuple[Noun, ...]:
    found = []
    for kind, entries in listed.items():
        for entry in entries.split():
            stem, _, rest = entry.partition(":")
            base, _, gender = rest.partition(":")
            found.append(Noun(key_of(stem), base if base else stem, kind, gender))
    # The longest stem first: "bakanlık" is no form of "bakan".
    return tuple(sorted(found, key=lambda noun: -len(noun.stem)))
