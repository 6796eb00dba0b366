"""The chat loop: a question a line, an answer after each, until the input ends.

On a terminal it has a prompt and line editing; on a pipe (`printf 'q1\\nq2\\n' | qa chat`) it
echoes each question and prints plain answers. An error in one question does not end the loop.

This module must not know how questions are answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rich.console import Console
from rich.text import Text

from embeddings.errors import MenbeError
from qa.models import AskResult
from qa.render import render_result

__all__ = ["run_loop", "terminal_lines"]

PROMPT = "? "


def run_loop(
    lines: Iterable[str],
    ask: Callable[[str], AskResult],
    console: Console,
    *,
    echo: bool,
) -> int:
    """Ask every line that is not blank; returns how many questions failed.

    Args:
        lines: questions, with or without their line ends.
        ask: answers one question.
        console: where answers go.
        echo: print each question before its answer, for input that is not seen as it is typed.
    """
    failed = 0
    for line in lines:
        question = line.strip()
        if not question:
            continue
        if echo:
            console.print(Text(f"{PROMPT}{question}", style="cyan"), soft_wrap=True)
        try:
            console.print(render_result(ask(question)), soft_wrap=True)
        except MenbeError as error:
            failed += 1
            console.print(Text(str(error), style="red"), soft_wrap=True)
        console.print()
    return failed


def terminal_lines() -> Iterator[str]:
    """Lines as a person types them, edited and remembered within the loop, until Ctrl-D."""
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(PROMPT)
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue  # Ctrl-C gives up the line, not the loop
        except EOFError:
            return
