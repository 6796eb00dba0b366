"""What a conversation has spoken of, the latest first: the material that a completion is made from.

This module must not know how a question leans, nor which of these it will be given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from embeddings.text import detect_language, name_forms, transliterate
from qa.chat.cases import from_case
from qa.chat.events import Event, find_events
from qa.chat.lexicon import Lexicon, lexicon, split
from qa.chat.mentions import (
    Mention,
    attested_names,
    common_words,
    find_names,
)
from qa.chat.times import find_times, find_when

__all__ = ["Context", "Spoken", "Turn"]

_REMEMBERED = 4
_LONGEST_SPAN = 16  # words; a longer answer is a sentence shown for want of a span
_LONGEST_ANSWER = 6  # words of an answer that can stand inside a question as it is


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what was said to it.

    Attributes:
        question: as it was typed.
        understood: as it was asked; the same as `question` when nothing was carried over.
        language: of the question.
        answer: the best answer's text; None when there was none.
        sentence: the cited sentence that it stands in.
        nearby: texts that show how names are written, such as the passages that were read.
    """

    question: str
    understood: str
    language: str
    answer: str | None = None
    sentence: str | None = None
    nearby: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """One turn with what its texts name."""

    turn: Turn
    question_type: str
    names: tuple[Mention, ...]
    events: tuple[Event, ...]
    roles: tuple[Event, ...]
    dates: tuple[Mention, ...]
    answer_names: tuple[Mention, ...]
    sentence_names: tuple[Mention, ...]

    @property
    def short_answer(self) -> str | None:
        """The answer as a word of a question: itself when short, else the one name in it."""
        answer = self.turn.answer
        if answer is None:
            return None
        bare = answer.strip(" .,;:!?\"'“”«»")
        if len(split(bare)) > _LONGEST_SPAN or self._repeats_question():
            return None
        if self.answer_names and len(split(bare)) > len(split(self.answer_names[0].text)) + 3:
            return self.answer_names[0].base
        if bare and len(split(bare)) <= _LONGEST_ANSWER and "\n" not in bare:
            return bare
        return self.answer_names[0].base if self.answer_names else None

    def _repeats_question(self) -> bool:
        """Whether the answer is a name that the question gave: it cannot stand in it twice."""
        asked = {form for name in self.names for form in name_forms(name.base.split()[-1])}
        return any(asked.intersection(name_forms(name.base.split()[-1]))
                   for name in self.answer_names[:1])  # fmt: skip


class Context:
    """The last turns of a conversation, read for a question in `words.language`."""

    def __init__(self, turns: Sequence[Turn], words: Lexicon) -> None:
        self._turns = turns[-_REMEMBERED:]
        self.words = words

    @cached_property
    def attested(self) -> frozenset[str]:
        """Keys of words that stand as names inside the sentences of the conversation."""
        return attested_names(self._texts())

    @cached_property
    def common(self) -> frozenset[str]:
        """Keys of words that stand in lower case in the conversation."""
        return common_words(self._texts())

    def _texts(self) -> set[str]:
        return {
            text
            for turn in self._turns
            for text in (turn.understood, turn.sentence, *turn.nearby)
            if text is not None
        }

    def names_in(self, text: str) -> tuple[Mention, ...]:
        """The names of a question in this language."""
        return find_names(text, self.words, self.attested, self.common)

    @cached_property
    def spoken(self) -> tuple[Spoken, ...]:
        """The turns, the latest first."""
        return tuple(self._read(turn) for turn in reversed(self._turns))

    @property
    def last(self) -> Spoken:
        """The latest turn."""
        return self.spoken[0]

    def _read(self, turn: Turn) -> Spoken:
        own = lexicon(turn.language)
        words = self.words if own is None else own
        names = find_names(turn.understood, words, self.attested, self.common)
        answer = "" if turn.answer is None else turn.answer
        sentence = "" if turn.sentence is None else turn.sentence
        # A whole sentence for an answer says who was spoken of, not who was asked for.
        spanned = len(split(answer)) <= _LONGEST_SPAN
        answer_names = self._names_anywhere(answer) if spanned else ()
        sentence_names = self._names_anywhere(sentence)
        names = _with_known_people(names, (*answer_names, *sentence_names), words.language)
        return Spoken(
            turn=turn,
            question_type=_question_type(turn.understood, words),
            names=names,
            events=find_events(turn.understood, words, names),
            roles=find_events(turn.understood, words, names, kind="person"),
            dates=(*find_times(turn.understood, words), *find_when(answer), *find_when(sentence)),
            answer_names=answer_names,
            sentence_names=sentence_names,
        )

    def _names_anywhere(self, text: str) -> tuple[Mention, ...]:
        """Names of an article's text, whose language may be another than the question's."""
        if not text:
            return ()
        words = lexicon(detect_language(text, default="en"))
        own = self.words if words is None else words
        return find_names(text, own, self.attested, self.common)

    def people(self) -> list[list[str]]:
        """People in tiers, the likeliest antecedents first, each once.

        Who was asked for and found; who was asked about; who stands in the cited sentence; then
        the same of the turns before.
        """
        tiers: list[list[str]] = []
        for spoken in self.spoken:
            answered = _people(spoken.answer_names)
            sought = spoken.question_type == "who"
            tiers.append(answered if sought else [])
            tiers.append([*_people(spoken.names), *([] if sought else answered)])
            tiers.append(_people(spoken.sentence_names))
        seen: set[str] = set()
        return [tier for tier in ([*_unseen(names, seen)] for names in tiers) if tier]

    def answered_person(self) -> str | None:
        """The person that the last question asked for and got."""
        if self.last.question_type != "who":
            return None
        return next((name.base for name in self.last.answer_names if name.kind == "person"), None)

    def others(self) -> Iterator[Mention]:
        """Organisations, places and other names, the likeliest antecedent first."""
        for spoken in self.spoken:
            groups = (
                (spoken.answer_names, spoken.names)
                if spoken.question_type in {"which", "what", "where"}
                else (spoken.names, spoken.answer_names)
            )
            for names in (*groups, spoken.sentence_names):
                yield from (name for name in names if name.kind != "person")

    def events(self) -> Iterator[Event]:
        """Events that questions in this language spoke of, the latest turn's first."""
        for spoken in self.spoken:
            if spoken.turn.language == self.words.language:
                yield from spoken.events

    def dates(self) -> Iterator[str]:
        """Dates as they were written, the latest turn's first."""
        for spoken in self.spoken:
            yield from (day.text for day in spoken.dates)


def _question_type(text: str, words: Lexicon) -> str:
    spoken = split(text)
    for index in range(len(spoken)):
        found = words.question_at(spoken, index)
        if found is not None:
            return found[1]
    return ""


def _with_known_people(
    names: tuple[Mention, ...], known: Sequence[Mention], language: str
) -> tuple[Mention, ...]:
    """A name alone is a person's where the article gives the same one in full."""
    forms = {
        form
        for name in known
        if name.kind == "person"
        for form in name_forms(name.base.split()[-1])
    }

    def known_as(name: Mention) -> Mention:
        if name.kind != "name":
            return name
        # "Сарыбая" is no spelling of Sarybay before its ending is undone.
        uncased = (
            [from_case(name.base, case) for case in ("gen", "ins")] if language == "ru" else []
        )
        for base in (name.base, *uncased):
            if forms.intersection(name_forms(base.split()[-1])):
                return replace(name, kind="person", base=base)
        return name

    return tuple(map(known_as, names))


def _people(names: Iterable[Mention]) -> list[str]:
    return [name.base for name in names if name.kind == "person"]


def _unseen(names: Iterable[str], seen: set[str]) -> Iterator[str]:
    """Without the names that came before: "Bayramov" after "Jeyhun Bayramov"."""
    for name in names:
        key = transliterate(name.split()[-1])
        if key not in seen:
            seen.add(key)
            yield name
