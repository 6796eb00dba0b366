"""One sitting of the chat: the conversation, the filters, and the commands that begin with "/".

A line comes in, a text to show goes out. Nothing here reads from or writes to a terminal.

This module must not know where lines come from or how texts are printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rich.text import Text

from embeddings.articles import Article
from embeddings.errors import UsageError
from embeddings.store import Filters
from prompts import reply
from qa.chat import Asker, Conversation, Exchange
from qa.filters import make_filters, parse_day
from qa.models import AskResult
from qa.screen import numbered, show_article, show_more, show_why
from qa.transcript import save_transcript

__all__ = ["COMMANDS", "Answerer", "Session"]

COMMANDS: Mapping[str, str] = {
    "/open": "N",
    "/more": "",
    "/why": "",
    "/from": "DATE",
    "/to": "DATE",
    "/as-of": "DATE",
    "/source": "NAME",
    "/lang": "CODE",
    "/clear": "",
    "/raw": "QUESTION",
    "/save": "FILE",
    "/help": "",
}
"""Every command and what it takes. What each does is in `prompts/replies.json`."""


class Answerer(Asker, Protocol):
    """What a session needs of `qa.service.Service`."""

    def article(self, article_id: str) -> Article:
        """One article, for `/open`."""
        ...


class Session:
    """Keeps what was said and what was chosen. One at a time may use it.

    Args:
        service: answers questions.
        filters: which articles count, to begin with.
        language: of messages until a question was asked.
    """

    def __init__(
        self, service: Answerer, *, filters: Filters | None = None, language: str = "en"
    ) -> None:
        self._service = service
        self._conversation = Conversation(service)
        self._filters = Filters() if filters is None else filters
        self._undated = self._filters.undated
        self._results: list[AskResult] = []
        self.language = language

    @property
    def filters(self) -> Filters | None:
        """The filters that hold; None without any."""
        return None if self._filters.is_empty else self._filters

    def described_filters(self) -> str:
        """The filters as they were typed: "from 2024-01-01 source Sputnik"; "" without any."""
        chosen = self._filters
        parts = [("from", chosen.date_from), ("to", chosen.date_to), ("as-of", chosen.as_of)]
        shown = [f"{name} {day.isoformat()}" for name, day in parts if day is not None]
        shown += [f"source {name}" for name in chosen.sources]
        shown += [f"lang {code}" for code in chosen.languages]
        return " ".join(shown)

    def answer(self, question: str, *, raw: bool = False) -> Exchange:
        """Answer without keeping it, so that an answer nobody waited for leaves no trace."""
        return self._conversation.answer(question, raw=raw, filters=self.filters)

    def keep(self, exchange: Exchange) -> AskResult:
        """Make an answer part of the conversation."""
        self._conversation.keep(exchange)
        self._results.append(exchange.result)
        self.language = exchange.result.language
        return exchange.result

    def question_in(self, line: str) -> tuple[str, bool] | None:
        """(question, raw) if the line asks one; None if it is another command."""
        if not line.startswith("/"):
            return line, False
        command, _, rest = line.partition(" ")
        if command != "/raw":
            return None
        if not rest.strip():
            raise UsageError("/raw needs a question", "Type it behind: /raw And when?")
        return rest.strip(), True

    def run(self, line: str) -> Text:
        """Do what a command says and return what there is to show.

        Raises:
            UsageError: there is no such command, or it cannot take what was given.
            MenbeError: an article cannot be read.
        """
        command, _, argument = line.partition(" ")
        actions: dict[str, Callable[[str], Text]] = {
            "/open": self._open,
            "/more": lambda _: self._of_last(show_more),
            "/why": lambda _: self._of_last(show_why),
            "/from": lambda day: self._filter_by_day("from", "date_from", day),
            "/to": lambda day: self._filter_by_day("to", "date_to", day),
            "/as-of": lambda day: self._filter_by_day("as-of", "as_of", day),
            "/source": self._source,
            "/lang": self._lang,
            "/clear": lambda _: self._clear(),
            "/save": self._save,
            "/help": lambda _: self._help(),
        }
        action = actions.get(command)
        if action is None:
            raise UsageError(f"{command} is not a command", "List them with: /help")
        return action(argument.strip())

    def _say(self, key: str, **values: object) -> Text:
        return Text(reply(key, self.language, **values))

    def _of_last(self, show: Callable[[AskResult], Text]) -> Text:
        return show(self._results[-1]) if self._results else self._say("chat.nothing_yet")

    def _open(self, argument: str) -> Text:
        if not self._results:
            return self._say("chat.nothing_yet")
        if not re.fullmatch(r"[0-9]{1,4}", argument):
            raise UsageError(
                f"/open takes a citation's number, not {argument!r}", "Type it as in: /open 1"
            )
        found = [item for item in numbered(self._results[-1]) if item.number == int(argument)]
        if not found:
            return self._say("chat.no_citation", number=int(argument))
        citation = found[0].citation
        article = self._service.article(citation.article_id)
        if article.sha256 != citation.sha256:
            raise UsageError(
                f"article {citation.article_id} has changed since the answer", "Ask again."
            )
        return show_article(article, citation, self.language)

    def _filter_by_day(self, shown: str, name: str, argument: str) -> Text:
        day = parse_day(f"/{shown}", argument) if argument else None
        return self._refilter({name: day})

    def _source(self, argument: str) -> Text:
        return self._refilter({"sources": (argument,) if argument else ()})

    def _lang(self, argument: str) -> Text:
        return self._refilter({"languages": (argument,) if argument else ()})

    def _refilter(self, change: Mapping[str, object]) -> Text:
        now = self._filters
        wanted: dict[str, object] = {
            "date_from": now.date_from,
            "date_to": now.date_to,
            "as_of": now.as_of,
            "sources": now.sources,
            "languages": now.languages,
            **change,
        }
        made = make_filters(**wanted, undated=self._undated)  # type: ignore[arg-type]
        self._filters = replace(Filters(), undated=self._undated) if made is None else made
        described = self.described_filters()
        if not described:
            return self._say("chat.no_filters")
        return self._say("chat.filters", filters=described)

    def _clear(self) -> Text:
        self._conversation.clear()
        self._results.clear()
        self._filters = replace(Filters(), undated=self._undated)
        return self._say("chat.cleared")

    def _save(self, argument: str) -> Text:
        if not argument:
            raise UsageError("/save needs a file", "Name one, as in: /save talk.md")
        if not self._results:
            return self._say("chat.nothing_yet")
        path = Path(argument).expanduser()
        save_transcript(self._results, path, language=self.language)
        return self._say("chat.saved", file=path)

    def _help(self) -> Text:
        width = max(len(f"{command} {takes}") for command, takes in COMMANDS.items())
        lines = [
            f"{f'{command} {takes}'.strip():<{width}}  "
            f"{reply(f'help.{command[1:]}', self.language)}"
            for command, takes in COMMANDS.items()
        ]
        return Text("\n".join([*lines, reply("help.keys", self.language)]))
