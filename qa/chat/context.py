"""What a conversation has spoken of, the latest first: the material that a completion is made from.

This module must not know how a question leans, nor which of these it will be given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from qa.chat.lexicon import Lexicon, key_of, lexicon, split
from qa.chat.mentions import (
    Event,
    Mention,
    attested_names,
    find_events,
    find_names,
    find_when,
)

__all__ = ["Context", "Spoken", "Turn"]

_REMEMBERED = 4
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
        if self.answer_names and len(split(bare)) > len(split(self.answer_names[0].text)) + 3:
            return self.answer_names[0].base
        if bare and len(split(bare)) <= _LONGEST_ANSWER and "\n" not in bare:
            return bare
        return self.answer_names[0].base if self.answer_names else None


class Context:
    """The last turns of a conversation, read for a question in `words.language`."""

    def __init__(self, turns: Sequence[Turn], words: Lexicon) -> None:
        self._turns = turns[-_REMEMBERED:]
        self.words = words

    @cached_property
    def attested(self) -> frozenset[str]:
        """Keys of words that stand as names inside the sentences of the conversation."""
        return attested_names(
            text
            for turn in self._turns
            for text in (turn.understood, turn.sentence, *turn.nearby)
            if text is not None
        )

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
        names = find_names(turn.understood, words, self.attested)
        answer = "" if turn.answer is None else turn.answer
        sentence = "" if turn.sentence is None else turn.sentence
        return Spoken(
            turn=turn,
            question_type=_question_type(turn.understood, words),
            names=names,
            events=find_events(turn.understood, words, names),
            dates=(*find_when(turn.understood), *find_when(answer), *find_when(sentence)),
            answer_names=_names_anywhere(answer, self.attested),
            sentence_names=_names_anywhere(sentence, self.attested),
        )

    def people(self) -> Iterator[str]:
        """People, the likeliest antecedent first, each once."""
        yield from _once(self._people())

    def _people(self) -> Iterator[str]:
        for spoken in self.spoken:
            answered = [name for name in spoken.answer_names if name.kind == "person"]
            asked = [name for name in spoken.names if name.kind == "person"]
            if spoken.question_type == "who":
                yield from self._own(answered)
            yield from self._own(asked)
            yield from self._own(answered)
            yield from self._own(
                [name for name in spoken.sentence_names if name.kind == "person"]
            )

    def others(self) -> Iterator[Mention]:
        """Organisations, places and other names, the likeliest antecedent first."""
        for spoken in self.spoken:
            groups = (
                (spoken.answer_names, spoken.names)
                if spoken.question_type in {"which", "what", "where", "who"}
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

    def _own(self, names: Sequence[Mention]) -> Iterator[str]:
        """Names, each in the spelling and length that the person typed, where they typed it."""
        for name in names:
            yield name.base


def _question_type(text: str, words: Lexicon) -> str:
    spoken = split(text)
    for index in range(len(spoken)):
        found = words.question_at(spoken, index)
        if found is not None:
            return found[1]
    return ""


def _names_anywhere(text: str, attested: frozenset[str]) -> tuple[Mention, ...]:
    """Names of an article's text, whose language may be another than the question's."""
    if not text:
        return ()
    from embeddings.text import detect_language

    words = lexicon(detect_language(text, default="en"))
    if words is None:
        words = lexicon("en")
    return () if words is None else find_names(text, words, attested)


def _once(names: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        key = key_of(name.split()[-1])
        if key not in seen:
            seen.add(key)
            yield name
