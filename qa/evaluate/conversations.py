"""Measures conversations: was a follow-up completed, was a full question left alone, was it right.

Each conversation is put turn by turn; each follow-up is also asked in full and alone, so that what
the conversation loses can be told from what was never found.

This module must not know how a follow-up is completed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from qa.evaluate.cases import TestSet, Turn, resolve
from qa.evaluate.run import Bench, Progress
from qa.metrics import Interval, bootstrap_mean, normalize_unicode, score_text
from qa.models import AskResult

__all__ = [
    "RATES",
    "ConversationReport",
    "Talk",
    "TurnResult",
    "evaluate_conversations",
    "holds_terms",
]

RATES = ("completed", "left_alone", "f1_later_turns", "f1_as_follow_up", "f1_in_full")
"""What is measured of conversations: shares from 0 to 1, F1 in percent."""


class Talk(Protocol):
    """One conversation that goes on from question to question."""

    def ask(self, question: str, *, language: str | None = None) -> AskResult:
        """Ask the next question; `rewritten_question` holds what it was understood as."""
        ...


@dataclass(frozen=True, slots=True)
class TurnResult:
    """One turn, judged. None: the measure cannot judge this turn.

    Attributes:
        completed: all key terms are in what the question was understood as.
        left_alone: a question that stands by itself was not rewritten.
        f1: of the reply, percent, Unicode variant.
        f1_in_full: of the reply to the same question asked in full.
    """

    id: str
    conversation: str
    language: str
    question: str
    understood: str
    prediction: str
    completed: bool | None
    left_alone: bool | None
    f1: float | None
    f1_in_full: float | None


@dataclass(frozen=True, slots=True)
class ConversationReport:
    """All turns and their rates, each with a 95 % interval, by language too ("*" for all)."""

    turns: tuple[TurnResult, ...]
    rates: Mapping[str, Mapping[str, float]]
    intervals: Mapping[str, Interval]

    def lines(self) -> list[str]:
        """The rates in plain text, one line each, by language behind them."""
        lines = [f"{len({turn.conversation for turn in self.turns})} conversations"]
        for name, value in self.rates["*"].items():
            span = self.intervals.get(name)
            wide = "" if span is None else f"  {span.low:.3g}–{span.high:.3g}"
            parts = ", ".join(
                f"{language} {each[name]:.3g}"
                for language, each in self.rates.items()
                if language != "*" and name in each
            )
            lines.append(f"{name:<20} {value:>6.3g}{wide}  ({parts})")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "n": len(self.turns),
            "rates": {name: dict(each) for name, each in self.rates.items()},
            "intervals": {name: [i.low, i.high] for name, i in self.intervals.items()},
            "turns": [asdict(turn) for turn in self.turns],
        }


def evaluate_conversations(
    test_set: TestSet,
    bench: Bench,
    new_talk: Callable[[], Talk],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> ConversationReport:
    """Run every conversation over the store.

    Args:
        test_set: of kind "conversations"; resolved here against the store's articles.
        bench: the store, for the questions asked in full.
        new_talk: begins a conversation that knows nothing yet.
        seed: of the bootstrap; whole conversations are drawn.
        progress: called as conversations are done.

    Raises:
        TestSetError: the gold is not in the articles.
    """
    test_set = resolve(test_set, bench.articles())
    turns: list[TurnResult] = []
    for done, conversation in enumerate(test_set.conversations, start=1):
        talk = new_talk()
        for place, turn in enumerate(conversation.turns):
            language = turn.case.language
            reply = talk.ask(turn.case.question, language=language)
            full = None
            if place and turn.full_question is not None and turn.case.answerable is not None:
                full = bench.store().ask(turn.full_question, language=language)
            turns.append(_judge(conversation.id, place, turn, reply, full))
        if progress is not None:
            progress(done, len(test_set.conversations), "conversations")
    languages = ("*", *sorted({turn.language for turn in turns}))
    rates = {
        each: _rates([turn for turn in turns if each in ("*", turn.language)]) for each in languages
    }
    return ConversationReport(tuple(turns), rates, _intervals(turns, seed))


def holds_terms(text: str, key_terms: Sequence[Sequence[str]]) -> bool:
    """Whether a text holds one of each group of alternatives, case and accents aside."""
    held = _bare(text)
    return all(any(_bare(term) in held for term in group) for group in key_terms)


def _bare(text: str) -> str:
    parts = unicodedata.normalize("NFD", normalize_unicode(text))
    return "".join(char for char in parts if not unicodedata.combining(char))


def _judge(
    conversation: str, place: int, turn: Turn, reply: AskResult, full: AskResult | None
) -> TurnResult:
    rewritten = reply.rewritten_question
    understood = turn.case.question if rewritten is None else rewritten
    judged = turn.case.answerable is not None
    return TurnResult(
        id=turn.case.id,
        conversation=conversation,
        language=turn.case.language,
        question=turn.case.question,
        understood=understood,
        prediction=_text(reply),
        completed=holds_terms(understood, turn.key_terms)
        if turn.key_terms and not turn.stand_alone
        else None,
        left_alone=(rewritten is None or rewritten == turn.case.question)
        if turn.stand_alone and place
        else None,
        f1=_f1(turn, reply) if judged and place else None,
        f1_in_full=None if full is None else _f1(turn, full),
    )


def _text(reply: AskResult) -> str:
    return reply.answers[0].text if reply.answers else ""


def _f1(turn: Turn, reply: AskResult) -> float:
    golds = [gold.text for gold in turn.case.answers]
    return 100.0 * score_text(golds, _text(reply), normalize=normalize_unicode)[1]


def _values(turns: Sequence[TurnResult]) -> dict[str, list[tuple[str, float]]]:
    """Measure to (conversation, value) of the turns that it can judge."""
    found: dict[str, list[tuple[str, float]]] = {}
    for turn in turns:
        pairs = turn.f1 is not None and turn.f1_in_full is not None
        values = (
            turn.completed,
            turn.left_alone,
            turn.f1,
            # Only turns that were asked both ways: the two means are of the same questions.
            turn.f1 if pairs else None,
            turn.f1_in_full if pairs else None,
        )
        for name, value in zip(RATES, values, strict=True):
            if value is not None:
                found.setdefault(name, []).append((turn.conversation, float(value)))
    return found


def _rates(turns: Sequence[TurnResult]) -> dict[str, float]:
    return {
        name: sum(value for _, value in held) / len(held) for name, held in _values(turns).items()
    }


def _intervals(turns: Sequence[TurnResult], seed: int) -> dict[str, Interval]:
    found: dict[str, Interval] = {}
    for name, held in _values(turns).items():
        units, numbers = [unit for unit, _ in held], [value for _, value in held]
        interval = bootstrap_mean(numbers, units, seed=seed)
        if interval is not None:
            found[name] = interval
    return found
