"""One sitting of the chat: the conversation, the filters, and the commands that begin with "/".

A line comes in, a text to show goes out. Nothing here reads from or writes to a terminal.

This module must not know where lines come from or how texts are printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rich.text import Text

from embeddings.articles import Article
from embeddings.errors import UsageError
from embeddings.store import Filters
from prompts import reply
from qa.chat import Asker, Conversation, Exchange
from qa.commands import COMMANDS
from qa.errors import ArticleNotFoundError
from qa.filters import check_language, make_filters, parse_day
from qa.models import AskResult
from qa.render import Copies, copies_named_in, printable
from qa.screen import numbered, show_article, show_more, show_why
from qa.transcript import save_transcript

__all__ = ["Answerer", "Session"]

_DAYS = {"from": "date_from", "to": "date_to", "as-of": "as_of"}


class Answerer(Asker, Protocol):
    """What a session needs of `qa.service.Service`."""

    def article(self, article_id: str) -> Article:
        """One article, for `/open` and to say what a copy is."""
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
        days = {name: getattr(chosen, key) for name, key in _DAYS.items()}
        shown = [f"{name} {day}" for name, day in days.items() if day is not None]
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

    def copies_in(self, results: Iterable[AskResult]) -> Copies:
        """The articles that the results name as copies, as far as they are still there."""
        copies: dict[str, Article] = {}
        for name in (name for result in results for name in copies_named_in(result)):
            if name not in copies:
                with suppress(ArticleNotFoundError):
                    copies[name] = self._service.article(name)
        return copies

    def question_in(self, line: str) -> tuple[str, bool] | None:
        """(question, raw) if the line asks one; None if it is another command."""
        if not line.startswith("/"):
            return line, False
        command, _, rest = line.partition(" ")
        if command != "/raw":
            return None
        if not rest.strip():
            raise self._error("chat.no_question")
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
            "/more": lambda _: self._of_last(self._more),
            "/why": lambda _: self._of_last(show_why),
            "/from": lambda day: self._filter_by_day("/from", "date_from", day),
            "/to": lambda day: self._filter_by_day("/to", "date_to", day),
            "/as-of": lambda day: self._filter_by_day("/as-of", "as_of", day),
            "/source": self._source,
            "/lang": self._lang,
            "/clear": lambda _: self._clear(),
            "/save": self._save,
            "/help": lambda _: self._help(),
        }
        action = actions.get(command)
        if action is None:
            raise self._error("chat.bad_command", command=printable(command))
        return action(argument.strip())

    def _say(self, key: str, **values: object) -> Text:
        return Text(reply(key, self.language, **values))

    def _error(self, key: str, **values: object) -> UsageError:
        return UsageError(reply(key, self.language, **values))

    def _more(self, result: AskResult) -> Text:
        return show_more(result, self.copies_in([result]))

    def _of_last(self, show: Callable[[AskResult], Text]) -> Text:
        return show(self._results[-1]) if self._results else self._say("chat.nothing_yet")

    def _open(self, argument: str) -> Text:
        if not self._results:
            return self._say("chat.nothing_yet")
        if not argument:
            raise self._error("chat.no_number")
        if not re.fullmatch(r"[0-9]{1,4}", argument):
            raise self._error("chat.bad_number", given=printable(argument))
        found = [item for item in numbered(self._results[-1]) if item.number == int(argument)]
        if not found:
            return self._say("chat.no_citation", number=int(argument))
        citation = found[0].citation
        article = self._service.article(citation.article_id)
        if article.sha256 != citation.sha256:
            raise self._error("chat.changed")
        return show_article(article, citation, self.language)

    def _filter_by_day(self, command: str, name: str, argument: str) -> Text:
        try:
            day = parse_day(command, argument) if argument else None
        except UsageError as error:
            raise self._error(
                "chat.bad_date", command=command, given=printable(argument)
            ) from error
        return self._refilter({name: day})

    def _source(self, argument: str) -> Text:
        return self._refilter({"sources": (argument,) if argument else ()})

    def _lang(self, argument: str) -> Text:
        try:
            codes = (check_language(argument),) if argument else ()
        except UsageError as error:
            raise self._error("chat.bad_language", given=printable(argument)) from error
        return self._refilter({"languages": codes})

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
        try:
            made = make_filters(**wanted, undated=self._undated)  # type: ignore[arg-type]
        except UsageError as error:
            days = [f"{name} {wanted[key]}" for name, key in _DAYS.items() if wanted[key]]
            raise self._error("chat.bad_period", filters=", ".join(days)) from error
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
            raise self._error("chat.no_file")
        if not self._results:
            return self._say("chat.nothing_yet")
        path = Path(argument).expanduser()
        copies = self.copies_in(self._results)
        save_transcript(self._results, path, language=self.language, copies=copies)
        return self._say("chat.saved", file=path)

    def _help(self) -> Text:
        typed = {
            command: f"{command} {reply(f'takes.{takes}', self.language)}" if takes else command
            for command, takes in COMMANDS.items()
        }
        width = max(map(len, typed.values()))
        lines = [
            f"{shown:<{width}}  {reply(f'help.{command[1:]}', self.language)}"
            for command, shown in typed.items()
        ]
        return Text("\n".join([*lines, reply("help.keys", self.language)]))
