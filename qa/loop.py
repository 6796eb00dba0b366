"""The chat loop: a line in, an answer out, until the input ends.

On a terminal an answer is worked out beside the loop, so that Ctrl-C stops that answer and
nothing else. On a pipe (`printf 'q1\\nq2\\n' | qa chat`) each question is echoed and its answer
printed plainly. An error in one line does not end the loop.

This module must not know how questions are answered, nor where lines come from.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.text import Text

from embeddings.errors import MenbeError
from prompts import reply
from qa.chat import Exchange
from qa.commands import PROMPT
from qa.render import lay_out, render_result
from qa.screen import show_result
from qa.session import Session

__all__ = ["run_loop", "run_terminal_loop"]

_POLL_S = 0.05  # how often a waiting loop looks whether Ctrl-C was pressed


def run_loop(lines: Iterable[str], session: Session, console: Console) -> int:
    """Ask every line that is not blank, plainly; returns how many lines failed.

    Args:
        lines: questions and commands, with or without their line ends.
        session: answers them.
        console: where answers go; lines are not wrapped.
    """
    failed = 0
    for line in lines:
        typed = line.strip()
        if not typed:
            continue
        console.print(Text(f"{PROMPT}{typed}", style="cyan"), soft_wrap=True)
        try:
            asked = session.question_in(typed)
            if asked is None:
                console.print(session.run(typed), soft_wrap=True)
            else:
                result = session.keep(session.answer(asked[0], raw=asked[1]))
                shown = render_result(result, copies=session.copies_in([result]))
                console.print(shown, soft_wrap=True)
        except MenbeError as error:
            failed += 1
            console.print(Text(str(error), style="red"), soft_wrap=True)
        console.print()
    return failed


def run_terminal_loop(
    lines: Iterable[str],
    session: Session,
    console: Console,
    *,
    is_loading: Callable[[], bool],
) -> None:
    """The same for a person: lines are wrapped, citations numbered, Ctrl-C stops one answer.

    Args:
        is_loading: whether models are still being loaded, which is worth saying.
    """
    for line in lines:
        typed = line.strip()
        if not typed:
            continue
        try:
            asked = session.question_in(typed)
            if asked is None:
                shown = session.run(typed)
            else:
                waiting = "chat.loading" if is_loading() else "chat.working"
                question, raw = asked
                with console.status(reply(waiting, session.language)):
                    exchange = _beside(partial(session.answer, question, raw=raw))
                result = session.keep(exchange)
                shown = show_result(result, session.copies_in([result]))
            console.print(lay_out(shown, console))
        except KeyboardInterrupt:
            console.print(Text(reply("chat.stopped", session.language), style="yellow"))
        except MenbeError as error:
            console.print(Text(str(error), style="red"))
        console.print()


@dataclass(slots=True)
class _Outcome:
    exchange: Exchange | None = None
    error: BaseException | None = None


def _beside(work: Callable[[], Exchange]) -> Exchange:
    """Run `work` in a thread of its own and wait; KeyboardInterrupt leaves it to end by itself.

    A thread and not the main one, because a model's own code cannot be interrupted half-way.
    """
    outcome = _Outcome()

    def run() -> None:
        try:
            outcome.exchange = work()
        except BaseException as error:  # every error belongs to whoever waits
            outcome.error = error

    thread = threading.Thread(target=run, name="answer", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_POLL_S)
    if outcome.error is not None:
        raise outcome.error
    if outcome.exchange is None:
        raise RuntimeError("the answering thread ended without an answer")
    return outcome.exchange
