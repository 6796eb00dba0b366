"""The options that commands share mean and look the same in each of them."""

from __future__ import annotations

from datetime import date

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from embeddings.errors import UsageError
from embeddings.store import Filters
from qa import cli
from qa.options import ChosenFilters, QuestionArgument, StoreOption, with_filters

FILTERS = ["--from", "--to", "--as-of", "--source", "--language", "--dated-only"]


@pytest.fixture
def run():
    """Runs a command made `with_filters`; returns what it was called with."""
    called = {}

    @with_filters
    def command(
        question: QuestionArgument, store: StoreOption = None, filters: ChosenFilters = None
    ) -> int:
        """Say nothing."""
        called.update(question=question, store=store, filters=filters)
        return 0

    app = typer.Typer()
    app.command()(command)

    def started(*words):
        outcome = CliRunner().invoke(app, list(words))
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        return outcome.exit_code, called

    return started


def test_options_become_filters(run):
    code, called = run(
        "Who?", "--from", "2024-01-01", "--to", "2024-12-31", "--as-of", "2024-06-01",
        "--source", " Azernews ", "--source", "Sputnik", "--language", "RU", "--dated-only",
    )  # fmt: skip
    assert code == 0
    assert called["question"] == "Who?"
    assert called["filters"] == Filters(
        date_from=date(2024, 1, 1),
        date_to=date(2024, 12, 31),
        as_of=date(2024, 6, 1),
        sources=("Azernews", "Sputnik"),
        languages=("ru",),
        undated=False,
    )


def test_without_options_there_are_no_filters(run):
    assert run("Who?")[1] == {"question": "Who?", "store": None, "filters": None}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "soon"], "--from 'soon' is not a date"),
        (["--from", "2024-02-31"], "is not a date"),
        (["--from", "2024-02-02", "--to", "2024-01-01"], "later"),
        (["--language", "klingon"], "not a language code"),
        (["--source", " "], "empty source"),
    ],
)
def test_what_cannot_be_a_filter_is_refused(run, words, says):
    with pytest.raises(UsageError, match=says):
        run("Who?", *words)


@pytest.mark.parametrize("name", ["ask", "search", "chat", "context"])
def test_every_asking_command_has_the_same_filters_in_the_same_order(name):
    options = [each.opts[0] for each in get_command(cli.app).commands[name].params]
    assert [option for option in options if option in FILTERS] == FILTERS
