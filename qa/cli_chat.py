"""`qa chat`: question after question, on a terminal or from a pipe.

This module must not know how questions are answered: it reads options, opens the service, and
runs the loop.
"""

from __future__ import annotations

import itertools
import locale
import os
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from embeddings.database import stored_articles
from embeddings.errors import MenbeError
from prompts import LANGUAGES, reply
from qa.commands import COMMANDS, PROMPT
from qa.errors import NoStoreError
from qa.options import ChosenFilters, StoreOption, with_filters
from qa.settings import Settings, load_settings
from qa.wording import counted

if TYPE_CHECKING:
    from embeddings.store import Filters
    from qa.service import Service
    from qa.session import Session

__all__ = ["register"]

DONE, FAILED = 0, 1
_SEEDS = Path(__file__).parent.parent / "seeds"
_MAX_SOURCES = 10_000


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(with_filters(chat))


def chat(
    store: StoreOption = None,
    filters: ChosenFilters = None,
) -> int:
    """Ask question after question; on a pipe, one a line."""
    settings = load_settings(store=store)
    console = Console(highlight=False, markup=False, emoji=False)
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _talk(settings, filters, console)
    from qa.loop import run_loop
    from qa.service import Service
    from qa.session import Session

    with Service.open(settings) as service:
        failed = run_loop(sys.stdin, Session(service, filters=filters), console)
    return FAILED if failed else DONE


def _talk(settings: Settings, filters: Filters | None, console: Console) -> int:
    from qa.terminal import CommandCompleter, history_path, open_history, terminal_lines

    spoken = _own_language()
    count = stored_articles(settings.store)
    if count == 0 and _wants_seeds(settings, console, spoken):
        count = _index_seeds(settings, console, spoken)
    elif not settings.store.exists():
        raise NoStoreError.at(settings.store)
    articles = counted("article", count, spoken)
    welcome = reply("chat.welcome", spoken, articles=articles, store=settings.store)
    console.print(Text(welcome, style="dim"))

    opening = _Opening(settings, filters, spoken)
    if filters is not None:  # the first prompt is to show them
        opening.sitting()
    completer = CommandCompleter(COMMANDS, {"/source": opening.sources, "/lang": lambda: LANGUAGES})
    lines = terminal_lines(
        opening.prompt,
        history=open_history(history_path()),
        completer=completer,
        when_shown=opening.begin,
    )
    try:
        for first in lines:
            session = opening.sitting().session
            from qa.loop import run_terminal_loop

            every = itertools.chain((first,), lines)
            run_terminal_loop(every, session, console, is_loading=opening.is_loading)
    finally:
        opening.close()
    return DONE


@dataclass(frozen=True, slots=True)
class _Sitting:
    service: Service
    session: Session


class _Opening:
    """Service and session, made in a thread of their own behind the first prompt.

    Importing them takes longer than everything that the prompt needs; the models load after.
    """

    def __init__(self, settings: Settings, filters: Filters | None, language: str) -> None:
        self._settings, self._filters, self._language = settings, filters, language
        self._made: Future[_Sitting] = Future()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def begin(self) -> None:
        """Begin, if that was not done yet."""
        if self._thread.ident is None:
            self._thread.start()

    def is_loading(self) -> bool:
        """Whether models are still being loaded."""
        return self._thread.is_alive()

    def sitting(self) -> _Sitting:
        """What was made, as soon as it is there. Ctrl-C does not end the wait of a moment.

        Raises:
            MenbeError: the store cannot be opened.
        """
        self.begin()
        while True:
            with suppress(KeyboardInterrupt):
                return self._made.result()

    def prompt(self) -> str:
        """What stands before the cursor: the filters that hold, and a question mark."""
        described = self._made.result().session.described_filters() if self._is_made() else ""
        return f"[{described}] {PROMPT}" if described else PROMPT

    def sources(self) -> Iterable[str]:
        """The sources of the store's articles; none where it cannot be opened."""
        with suppress(MenbeError):
            found = self.sitting().service.store.find_articles(limit=_MAX_SOURCES)
            return sorted({item.source for item in found if item.source is not None})
        return ()

    def close(self) -> None:
        """Close what was opened."""
        if self._is_made():
            self._made.result().service.close()

    def _is_made(self) -> bool:
        return self._made.done() and self._made.exception() is None

    def _run(self) -> None:
        try:
            from qa.service import Service
            from qa.session import Session

            service = Service.open(self._settings)
            session = Session(service, filters=self._filters, language=self._language)
        except BaseException as error:  # it belongs to whoever waits
            self._made.set_exception(error)
            return
        self._made.set_result(_Sitting(service, session))
        # What fails here fails again, with its message, where the first question needs it.
        with suppress(MenbeError):
            service.warm_up()


def _wants_seeds(settings: Settings, console: Console, language: str) -> bool:
    if not _SEEDS.is_dir():
        return False
    try:
        typed = console.input(Text(reply("chat.offer_seeds", language, store=settings.store)))
    except EOFError:
        return False
    return typed.strip().casefold() in reply("chat.yes", language).split()


def _index_seeds(settings: Settings, console: Console, language: str) -> int:
    """Index the sample articles; returns how many the store has then."""
    from qa.progress import terminal_progress
    from qa.service import Service

    with Service.open(settings, create=True) as service, terminal_progress() as progress:
        report = service.index([_SEEDS], progress=progress)
        count = service.store.article_count
    added = counted("article", report.added, language)
    console.print(Text(reply("chat.indexed", language, articles=added)))
    return count


def _own_language() -> str:
    """The language that the person's environment asks for, where replies exist in it."""
    with suppress(ValueError):
        named = os.environ.get("LC_ALL", "") or os.environ.get("LC_MESSAGES", "") or (
            os.environ.get("LANG", "") or (locale.getlocale()[0] or "")
        )  # fmt: skip
        code = named[:2].lower()
        return code if code in LANGUAGES else LANGUAGES[0]
    return LANGUAGES[0]
