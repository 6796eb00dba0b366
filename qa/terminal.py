"""Lines as a person types them: edited, completed, and remembered between runs.

This module must not know what a line means.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

__all__ = ["CommandCompleter", "history_path", "open_history", "terminal_lines"]


def history_path() -> Path:
    """Where typed lines are kept: `$XDG_STATE_HOME/menbe/history`, else under `~/.local/state`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "state") / "menbe" / "history"


def open_history(path: Path) -> History:
    """The history in `path`, readable by its owner only; in memory where that cannot be."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


class CommandCompleter(Completer):
    """Completes commands, and behind some of them the values that there are.

    Args:
        commands: every command.
        values: command to what gives the values it takes; called at each completion.
    """

    def __init__(
        self, commands: Iterable[str], values: Mapping[str, Callable[[], Iterable[str]]]
    ) -> None:
        self._commands = tuple(commands)
        self._values = values

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """What may follow what stands before the cursor."""
        typed = document.text_before_cursor
        if not typed.startswith("/"):
            return
        command, space, argument = typed.partition(" ")
        if not space:
            for name in self._commands:
                if name.startswith(command):
                    yield Completion(name, start_position=-len(command))
            return
        values = self._values.get(command)
        for value in () if values is None else values():
            if value.casefold().startswith(argument.casefold()):
                yield Completion(value, start_position=-len(argument))


def terminal_lines(
    prompt: Callable[[], str],
    *,
    history: History,
    completer: Completer,
    when_shown: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """Lines until Ctrl-D; Ctrl-C gives up the line being typed.

    Args:
        prompt: what stands before the cursor, asked anew for each line.
        when_shown: called each time the line was drawn.
    """
    session: PromptSession[str] = PromptSession(
        prompt, history=history, completer=completer, complete_while_typing=False
    )
    session.app.after_render += lambda _: when_shown()
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
