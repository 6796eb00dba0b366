"""A conversation: what was asked and answered, and what the next question means after it.

    conversation = Conversation(service)
    conversation.ask("Who chaired the informal CICA meeting?")
    result = conversation.ask("And when?")
    result.question             "And when?"
    result.rewritten_question   "When was it that Kazakhstan chaired the informal CICA meeting?"

A caller that is sent the whole conversation each time, such as an HTTP API, makes one from it:

    Conversation.from_turns(service, [("Who chaired …?", "Kazakhstan")]).ask("And when?")

No language model takes part. Rules make the candidate completions (`qa.chat.leaning`,
`qa.chat.carry`); the encoder chooses between them when there is more than one.

This module must not know how a question is answered or shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from embeddings.encoder import Encoder
from embeddings.store import Filters
from embeddings.text import detect_language
from prompts import LANGUAGES
from qa.chat.carry import completions
from qa.chat.context import Context, Turn
from qa.chat.events import find_events
from qa.chat.leaning import Leaning, read_leaning
from qa.chat.lexicon import lexicon, split
from qa.chat.mentions import find_names_in_lower_case
from qa.chat.phrasing import topic
from qa.chat.rephrase import rephrased
from qa.chat.subject import changes_subject
from qa.models import AskResult, Passage
from qa.spelling import Spelt, as_meant

__all__ = ["Asker", "Conversation", "Exchange", "understand"]

# What a place in the rules' order is worth, in units of cosine: the bundled encoder's cosines of
# two completions of one question lie about 0.01 to 0.04 apart.
_RULE_STEP = 0.02
_NEARBY = 8
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MOST_TURNS = 20  # what is further back is not what a follow-up leans on
_LONGEST_FOLLOW_UP = 500  # characters; who writes more says what it is about
# Characters. A completion is completed from in its turn: without an end, twenty turns of many
# leaning words each grow a question thirteenfold a turn, until memory is gone.
_LONGEST_COMPLETION = 600


class Asker(Protocol):
    """What answers one question that stands by itself: `qa.service.Service`."""

    def ask(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        language: str | None = None,
        top_k: int | None = None,
        max_answers: int | None = None,
        always_answer: bool = False,
        explain: bool = False,
        on_passages: Callable[[tuple[Passage, ...]], None] | None = None,
    ) -> AskResult:
        """Answer `question`."""
        ...

    def encoder(self) -> Encoder:
        """The encoder that questions are compared with."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, ready to be kept or dropped."""

    turn: Turn
    result: AskResult


class Conversation:
    """Asks question after question, each completed from the ones before.

    Not safe for use from several threads at once; make one a conversation.
    """

    def __init__(self, asker: Asker, *, turns: Sequence[Turn] = ()) -> None:
        self._asker = asker
        self._turns: list[Turn] = list(turns)

    @classmethod
    def from_turns(cls, asker: Asker, turns: Iterable[tuple[str, str | None]]) -> Self:
        """A conversation that was had elsewhere: (question as typed, answer's text or None) each.

        The questions are completed again one after the other, so that "and when?" in the middle
        means what it meant then. An answer may be a quote alone or a quote with its sentence,
        separated by a line break. Blank questions are left out.
        """
        made = cls(asker)
        for question, answer in turns:
            typed = question.strip()
            if not typed:
                continue
            meant = made._as_meant(typed, None)
            understood = made.understand(meant.text, language=meant.language)
            told = None if answer is None or not answer.strip() else answer.strip()
            quote = None if told is None else told.splitlines()[0].strip()
            full = meant.text if understood is None else understood
            made._turns.append(Turn(typed, full, meant.language, quote, told))
        return made

    @classmethod
    def from_messages(
        cls, asker: Asker, messages: Iterable[tuple[str, str]], *, max_chars: int
    ) -> Self:
        """As `from_turns`, from (role, text) pairs, the oldest first.

        What stands before the first "user" and other roles than "user" and "assistant" are passed
        over; of several answers to one question the last counts, and of all questions the last 20.

        Args:
            max_chars: of a question; a longer one could not have been asked and is left out with
                its answer. Of an answer only so much counts.
        """
        turns: list[tuple[str, str | None]] = []
        for role, text in messages:
            if role == "user":
                turns.append((text, None))
            elif role == "assistant" and turns:
                turns[-1] = (turns[-1][0], text[:max_chars])
        asked = [turn for turn in turns if len(turn[0]) <= max_chars]
        return cls.from_turns(asker, asked[-_MOST_TURNS:])

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was asked and answered, the oldest first."""
        return tuple(self._turns)

    def clear(self) -> None:
        """Forget everything."""
        self._turns.clear()

    def language_of(self, text: str) -> str:
        """The language of a question; a word that two languages share is in the last one's.

        Azerbaijani without its letters looks like Turkish, but nobody goes over to it so.
        """
        last = self._turns[-1].language if self._turns else None
        if last is not None and _all_known(text, last):
            return last
        found = detect_language(text, default="en" if last is None else last)
        return "az" if (last, found) == ("az", "tr") and text.isascii() else found

    def _as_meant(self, typed: str, language: str | None) -> Spelt:
        code = self.language_of(typed) if language is None else language
        return as_meant(typed, code, self._asker.encoder, sure=language is not None)

    def understand(self, text: str, *, language: str | None = None) -> str | None:
        """`text` completed from the conversation; None when it stands by itself.

        Raises:
            EncoderError: the encoder that chooses between completions fails.
        """
        code = self.language_of(text) if language is None else language
        return understand(text, code, self._turns, self._asker.encoder)

    def answer(
        self,
        text: str,
        *,
        language: str | None = None,
        raw: bool = False,
        filters: Filters | None = None,
        top_k: int | None = None,
        max_answers: int | None = None,
        always_answer: bool = False,
        explain: bool = False,
        on_passages: Callable[[tuple[Passage, ...]], None] | None = None,
    ) -> Exchange:
        """Answer `text` without keeping it; `keep` does that. Arguments as `ask`."""
        typed = text.strip()
        meant = self._as_meant(typed, language)
        understood = None if raw else self.understand(meant.text, language=meant.language)
        asked = meant.text if understood is None else understood
        result = self._asker.ask(
            asked,
            filters=filters,
            language=meant.language,
            top_k=top_k,
            max_answers=max_answers,
            always_answer=always_answer,
            explain=explain,
            on_passages=on_passages,
        )
        read_as = asked if result.rewritten_question is None else result.rewritten_question
        rewritten = None if read_as == typed else read_as
        result = replace(result, question=typed, rewritten_question=rewritten)
        return Exchange(_turn(typed, rewritten, meant.language, result), result)

    def keep(self, exchange: Exchange) -> None:
        """Make an answered question part of the conversation."""
        self._turns.append(exchange.turn)

    def ask(
        self,
        text: str,
        *,
        language: str | None = None,
        raw: bool = False,
        filters: Filters | None = None,
        top_k: int | None = None,
        max_answers: int | None = None,
        always_answer: bool = False,
        explain: bool = False,
        on_passages: Callable[[tuple[Passage, ...]], None] | None = None,
    ) -> AskResult:
        """Answer the next question of the conversation.

        Args:
            text: as it was typed.
            language: of the question; None detects it.
            raw: ask exactly what was typed, completing nothing.
            filters, top_k, max_answers, always_answer, explain, on_passages: as `Service.ask`.

        Returns:
            The result with `question` as typed and, when something was carried over,
            `rewritten_question` as asked.

        Raises:
            QuestionError: the question is empty, too long or not text.
            MenbeError: the store or a model fails; the subclass says why.
        """
        exchange = self.answer(
            text,
            language=language,
            raw=raw,
            filters=filters,
            top_k=top_k,
            max_answers=max_answers,
            always_answer=always_answer,
            explain=explain,
            on_passages=on_passages,
        )
        self.keep(exchange)
        return exchange.result


def understand(
    text: str, language: str, turns: Sequence[Turn], encoder: Callable[[], Encoder]
) -> str | None:
    """What `text` means after `turns`, as a question that stands by itself.

    Args:
        text: as it was typed.
        language: of the question; in a language without word lists every question is left alone.
        turns: the oldest first.
        encoder: called only when the rules leave a choice.

    Returns:
        The completed question; None when `text` stands by itself or nothing fits.
    """
    words = lexicon(language)
    if words is None or not turns or len(text) > _LONGEST_FOLLOW_UP:
        return None
    context = Context(turns, words)
    text = rephrased(text, words, context.attested)
    lower = find_names_in_lower_case(text, words, context.attested, context.common)
    leaning = read_leaning(text, words, (*context.names_in(text), *lower))
    if leaning.kind == "alone":
        return None
    candidates = [
        each for each in completions(text, leaning, context) if len(each) <= _LONGEST_COMPLETION
    ]
    if not candidates:
        return None
    if _may_change_subject(leaning, context) and (
        not topic(context)
        or _dates_another_event(text, context)
        or changes_subject(text, _told(turns), words, encoder())
    ):
        return None
    if len(candidates) == 1:
        return candidates[0]
    return candidates[_choose(candidates, turns[-1], encoder())]


def _may_change_subject(leaning: Leaning, context: Context) -> bool:
    """Whether grammar alone says that it leans: nothing opens it, nothing in it points back."""
    if leaning.start > 0:
        return False
    if leaning.kind == "refers":
        spoken_of = {event.noun.base for event in context.events()}
        return not any(
            each.marked or each.noun is None or each.noun.base in spoken_of
            for each in leaning.references
        )
    return leaning.kind == "unnamed"


def _dates_another_event(text: str, context: Context) -> bool:
    """ "Who won the 2022 elections?": an event of its own, and its year."""
    spoken_of = {event.noun.base for event in context.events()}
    own = find_events(text, context.words, ())
    dated = _YEAR.search(text) is not None
    return dated and bool(own) and not any(event.noun.base in spoken_of for event in own)


def _told(turns: Sequence[Turn]) -> list[str]:
    """The last question that got an answer, with its quote: what had none says little."""
    last = next((turn for turn in reversed(turns) if turn.sentence is not None), turns[-1])
    return [last.understood, *([] if last.sentence is None else [last.sentence])]


def _choose(candidates: Sequence[str], last: Turn, encoder: Encoder) -> int:
    """The candidate that fits what was just spoken of; the rules' order counts too."""
    told = last.understood if last.sentence is None else last.sentence
    cosines = encoder.encode_questions(list(candidates)) @ encoder.encode_passages([told])[0]
    scores = [float(cosine) - _RULE_STEP * place for place, cosine in enumerate(cosines)]
    return max(range(len(scores)), key=lambda place: (scores[place], -place))


def _turn(typed: str, understood: str | None, language: str, result: AskResult) -> Turn:
    # Answers that disagree stand the newest first, so the first need not be the surest.
    best = max(result.answers, key=lambda answer: answer.confidence, default=None)
    return Turn(
        question=typed,
        understood=typed if understood is None else understood,
        language=language,
        answer=None if best is None else best.text,
        sentence=None if best is None else best.citation.sentence.text,
        nearby=tuple(passage.text for passage in result.passages[:_NEARBY]),
    )


def _all_known(text: str, language: str) -> bool:
    """Whether every word is one of `language`'s small or asking words: "kim?", "ne zaman?"."""
    words = lexicon(language) if language in LANGUAGES else None
    if words is None:
        return False
    spoken = split(text)
    index = 0
    while index < len(spoken):
        found = words.question_at(spoken, index)
        if found is not None:
            index += found[0]
        elif words.is_small(spoken[index]):
            index += 1
        else:
            return False
    return bool(spoken)
