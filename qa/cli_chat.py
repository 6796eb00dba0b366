"""`qa chat`: question after question, on a terminal or from a pipe.

This module must not know how questions are answered: it reads options, opens the service, and
runs the loop.
"""

from __future__ import annotations

import locale
import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from embeddings.errors import MenbeError
from prompts import LANGUAGES, reply
from qa.options import ChosenFilters, StoreOption, with_filters
from qa.settings import Settings, load_settings
from qa.wording import counted

if TYPE_CHECKING:
    from embeddings.store import Filters
    from qa.service import Service

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
    from qa.service import Service

    settings = load_settings(store=store)
    console = Console(highlight=False, markup=False, emoji=False)
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _talk(settings, filters, console)
    with Service.open(settings) as service:
        from qa.loop import run_loop
        from qa.session import Session

        failed = run_loop(sys.stdin, Session(service, filters=filters), console)
    return FAILED if failed else DONE


def _talk(settings: Settings, filters: Filters | None, console: Console) -> int:
    from qa.loop import PROMPT, run_terminal_loop
    from qa.service import Service
    from qa.session import COMMANDS, Session
    from qa.terminal import CommandCompleter, history_path, open_history, terminal_lines

    spoken = _own_language()
    fill = not settings.store.exists() and _wants_seeds(settings, console, spoken)
    with Service.open(settings, create=fill) as service:
        if fill or (service.store.article_count == 0 and _wants_seeds(settings, console, spoken)):
            _index_seeds(service, console, spoken)
        loading = threading.Thread(target=_load, args=(service,), name="load", daemon=True)
        loading.start()
        session = Session(service, filters=filters, language=spoken)
        console.print(
            Text(
                reply(
                    "chat.welcome",
                    spoken,
                    articles=counted("article", service.store.article_count, spoken),
                    store=settings.store,
                ),
                style="dim",
            )
        )

        def prompt() -> str:
            described = session.described_filters()
            return f"[{described}] {PROMPT}" if described else PROMPT

        completer = CommandCompleter(
            COMMANDS, {"/source": lambda: _sources(service), "/lang": lambda: LANGUAGES}
        )
        run_terminal_loop(
            terminal_lines(prompt, history=open_history(history_path()), completer=completer),
            session,
            console,
            is_loading=loading.is_alive,
        )
    return DONE


def _load(service: Service) -> None:
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


def _index_seeds(service: Service, console: Console, language: str) -> None:
    from qa.progress import terminal_progress

    with terminal_progress() as progress:
        report = service.index([_SEEDS], progress=progress)
    added = counted("article", report.added, language)
    console.print(Text(reply("chat.indexed", language, articles=added)))


def _sources(service: Service) -> Iterable[str]:
    found = service.store.find_articles(limit=_MAX_SOURCES)
    return sorted({item.source for item in found if item.source is not None})


def _own_language() -> str:
    """The language that the person's environment asks for, where replies exist in it."""
    with suppress(ValueError):
        named = os.environ.get("LC_ALL", "") or os.environ.get("LC_MESSAGES", "") or (
            os.environ.get("LANG", "") or (locale.getlocale()[0] or "")
        )  # fmt: skip
        code = named[:2].lower()
        return code if code in LANGUAGES else LANGUAGES[0]
    return LANGUAGES[0]
