"""Conversations over a bench whose answers are written down."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from bench_fakes import FakeAsker, FakeBench, Says

from embeddings.articles import Article, make_article
from embeddings.errors import UsageError
from qa.evaluate import command
from qa.evaluate.cases import Case, Conversation, Gold, TestSet, Turn
from qa.evaluate.conversations import evaluate_conversations, holds_terms
from qa.models import AskResult
from qa.service import Service

ONE = "Baku hosts the summit. Kazakhstan chairs it in 2022."


def case(name: str, question: str, answer: str) -> Case:
    start = ONE.index(answer)
    gold = Gold(answer, start, start + len(answer), "one")
    return Case(name, "en", question, (gold,), True, (("one", 1),), own="one")


class FakeTalk:
    """Completes every follow-up with the names it has heard."""

    def __init__(self, bench: FakeBench) -> None:
        self.bench = bench
        self.turn = 0

    def ask(self, question: str, *, language: str | None = None) -> AskResult:
        self.turn += 1
        asked = question if self.turn == 1 else f"{question} (Kazakhstan)"
        reply = self.bench.store().ask(asked, always_answer=True, language=language)
        return replace(reply, rewritten_question=None if asked == question else asked)


class Lenient(FakeAsker):
    """Takes questions as a service does, with its own threshold on."""

    def ask(
        self, question: str, *, always_answer: bool = False, language: str | None = None
    ) -> AskResult:
        return super().ask(question, always_answer=True, language=language)


def test_conversations_are_measured_turn_by_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Article] = [make_article(text=ONE, id="one", language="en")]
    says = {
        "Who chairs?": Says("Kazakhstan", 0.9, "one", ["one"]),
        "And when? (Kazakhstan)": Says("2022", 0.9, "one", ["one"]),
        "When does Kazakhstan chair?": Says("2022", 0.9, "one", ["one"]),
    }
    turns = (
        Turn(case("c/1", "Who chairs?", "Kazakhstan"), stand_alone=True),
        Turn(
            case("c/2", "And when?", "2022"),
            stand_alone=False,
            key_terms=(("Казахстан", "KAZAKHSTAN"),),
            full_question="When does Kazakhstan chair?",
        ),
        Turn(case("c/3", "Where is the summit?", "Baku"), stand_alone=True),
    )
    bench = FakeBench(says, kept)
    monkeypatch.setattr(FakeBench, "store", lambda self: Lenient(self, {"one": kept[0]}))
    report = evaluate_conversations(
        TestSet("c", "conversations", "0", (), conversations=(Conversation("c", "en", turns),)),
        bench,
        lambda: FakeTalk(bench),
    )
    assert report.rates["*"] == {
        "completed": 1.0,
        "left_alone": 0.0,
        "f1_later_turns": 50.0,
        "f1_as_follow_up": 100.0,
        "f1_in_full": 100.0,
    }
    assert json.loads(json.dumps(report.to_dict()))["n"] == 3
    assert report.lines()[0] == "1 conversations"
    assert any(line.startswith("f1_in_full") and "(en 100)" in line for line in report.lines())


def test_key_terms_are_found_whatever_their_case_and_accents() -> None:
    assert holds_terms("İSTANBUL'da nə vaxt?", [["istanbul"], ["nə vaxt", "when"]])
    assert not holds_terms("when?", [["istanbul"]])
    assert holds_terms("anything", [])


CONVERSATIONS = Path(__file__).parent / "testset" / "conversations.jsonl"


def options(**given: object) -> command.EvalOptions:
    plain: dict[str, object] = dict.fromkeys(command.EvalOptions.__dataclass_fields__)
    plain |= {"files": (CONVERSATIONS,), "pooled": False, "always_answer": False, "read": True}
    return command.EvalOptions(**{**plain, "fail_under": (), "seed": 0, "limit": 4, **given})


def test_a_floor_gates_conversations(
    seeded: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.Service, "open", lambda *_, **__: nullcontext(seeded))
    store = seeded.store.path
    assert command.run_eval(options(store=store, fail_under=("left_alone=0.1",))) == 0
    capsys.readouterr()
    assert command.run_eval(options(store=store, fail_under=("f1_in_full=100",))) == 1
    assert "qa: f1_in_full is " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("--no-worse-than", {"no_worse_than": CONVERSATIONS.with_name("baseline.json")}),
        ("--report", {"report": Path("never")}),
        ("--no-read", {"read": False}),
        ("--mode", {"mode": "open"}),
    ],
)
def test_what_conversations_have_not_is_refused(option: str, given: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"{option}: not for a test set of conversations"):
        command.run_eval(options(**given))
    assert not Path("never").exists()
