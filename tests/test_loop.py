from __future__ import annotations

import io
import json
import os
import signal
import stat
import threading

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory
from rich.console import Console

from embeddings.articles import make_article
from embeddings.errors import UsageError
from qa.commands import COMMANDS
from qa.filters import make_filters
from qa.loop import run_loop, run_terminal_loop
from qa.screen import show_result
from qa.session import Session
from qa.terminal import CommandCompleter, history_path, open_history
from qa.verify import verify_answer

QUESTION = "Who chaired the CICA meeting?"


@pytest.fixture
def session(seeded):
    return Session(seeded)


def plain(lines, session, **options):
    out = io.StringIO()
    console = Console(file=out, width=60, highlight=False, markup=False, emoji=False, **options)
    failed = run_loop(lines, session, console)
    return failed, out.getvalue()


def typed(lines, session, **options):
    out = io.StringIO()
    console = Console(file=out, width=60, highlight=False, markup=False, emoji=False, **options)
    run_terminal_loop(lines, session, console, is_loading=lambda: False)
    return out.getvalue()


def test_a_pipe_echoes_each_question_and_shows_what_was_understood(session):
    failed, out = plain([f"{QUESTION}\n", "\n", "And when?\n"], session)
    assert failed == 0
    assert out.count(f"? {QUESTION}\n") == 1
    assert out.count("? And when?\nunderstood as: When ") == 1


def test_raw_asks_what_was_typed(session):
    _, out = plain([QUESTION, "/raw And when?"], session)
    assert "understood as" not in out


def test_an_error_is_counted_and_the_loop_goes_on(session):
    failed, out = plain(["x" * 10_000, "/nothing", "/raw", QUESTION], session)
    assert failed == 3
    assert "10000 characters" in out
    assert "/nothing is not a command" in out
    assert "/raw needs a question" in out
    assert "«" in out


def test_a_person_sees_numbered_citations_within_60_columns(session):
    out = typed([QUESTION], session)
    assert "[1] " in out
    assert "confidence: " in out
    assert all(len(line) <= 60 for line in out.splitlines())


def test_without_colour_no_escape_is_printed(session):
    assert "\x1b" not in typed([QUESTION, "/more", "/why", "/open 1", "/help"], session)


def test_open_marks_the_quote_in_its_article(session):
    result = session.keep(session.answer(QUESTION))
    quote = result.answers[0].citation.quote
    shown = session.run("/open 1").plain
    assert f"«{quote}»" in shown


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/open", "needs a citation's number"),
        ("/open one", "takes a citation's number, not one"),
        ("/open -1", "takes a citation's number"),
        ("/from soon", "YYYY-MM-DD"),
        ("/lang klingon", "not a language code"),
        ("/save", "needs a file"),
        ("/save talk.txt", "neither in .md nor in .json"),
        ("/save /no/such/folder/talk.md", "cannot be written"),
    ],
)
def test_what_a_command_cannot_take_is_said(session, line, says):
    session.keep(session.answer(QUESTION))
    with pytest.raises(UsageError, match=says):
        session.run(line)


def test_commands_before_a_question_say_so(session, tmp_path):
    for line in ("/open 1", "/more", "/why", f"/save {tmp_path / 'talk.md'}"):
        assert "no answer yet" in session.run(line).plain
    assert not (tmp_path / "talk.md").exists()


def test_a_citation_that_is_not_there(session):
    session.keep(session.answer(QUESTION))
    assert "no citation 99" in session.run("/open 99").plain


def test_an_article_that_changed_is_not_opened_at_old_offsets(service):
    service.add([make_article(text="The chair was Kazakhstan.", id="a", language="en")])
    session = Session(service)
    session.keep(session.answer("Who was the chair?"))
    service.add([make_article(text="The chair, they say, was Norway.", id="a", language="en")])
    with pytest.raises(UsageError, match="has changed"):
        session.run("/open 1")


def test_more_shows_the_answers_that_the_first_screen_left_out(session):
    result = session.keep(session.answer("Who chaired the meeting?"))
    first, more = show_result(result).plain, session.run("/more").plain
    assert len(result.answers) > 1
    for answer in result.answers:
        assert (f"«{answer.text}»" in first) is not (f"«{answer.text}»" in more)


def test_why_shows_scores_also_in_silence(session):
    session.keep(session.answer(QUESTION))
    assert "meaning 0." in session.run("/why").plain
    session.run("/lang az")
    session.keep(session.answer("Who?"))
    assert " ms" in session.run("/why").plain


def test_filters_are_set_shown_and_removed(session):
    assert "from 2024-01-01" in session.run("/from 2024-01-01").plain
    assert "to 2024-12-31" in session.run("/to 2024-12-31").plain
    assert "source Sputnik" in session.run("/source Sputnik").plain
    session.run("/lang RU")
    assert session.described_filters() == "from 2024-01-01 to 2024-12-31 source Sputnik lang ru"
    with pytest.raises(UsageError, match="from 2025-01-01, to 2024-12-31"):
        session.run("/from 2025-01-01")
    session.run("/from")
    session.run("/to")
    session.run("/source")
    assert session.run("/lang").plain == "No filters."
    assert session.filters is None


def test_a_filter_from_the_command_line_can_be_lifted(seeded):
    session = Session(seeded, filters=make_filters(languages=["az"]))
    assert session.answer(QUESTION).result.no_answer_reason == "filtered_out"
    session.run("/clear")
    assert session.answer(QUESTION).result.state == "answered"


def test_clear_forgets_the_conversation(session):
    session.keep(session.answer(QUESTION))
    session.run("/clear")
    assert session.answer("And when?").result.rewritten_question is None
    assert "no answer yet" in session.run("/more").plain


def test_messages_are_in_the_language_of_the_last_question(session):
    session.keep(session.answer("Кто встретился с Байрамовым?"))
    assert "показать цитату" in session.run("/help").plain


def test_help_names_every_command(session):
    shown = session.run("/help").plain
    assert all(command in shown for command in COMMANDS)


def test_a_transcript_in_json_keeps_every_citation_checkable(session, seeded, tmp_path):
    session.keep(session.answer(QUESTION))
    session.keep(session.answer("And when?"))
    file = tmp_path / "talk.json"
    assert str(file) in session.run(f"/save {file}").plain
    saved = json.loads(file.read_text(encoding="utf-8"))
    assert [turn["question"] for turn in saved["turns"]] == [QUESTION, "And when?"]
    for turn in saved["turns"]:
        assert verify_answer(turn, seeded.store).ok


def test_a_transcript_in_markdown_cannot_be_broken_by_an_article(service, tmp_path):
    text = "The chair was Kazakhstan <script>*x*</script> `y` [z](http://e)."
    service.add([make_article(text=text, id="a", language="en")])
    session = Session(service)
    result = session.keep(session.answer("Who was the chair?"))
    file = tmp_path / "talk.md"
    session.run(f"/save {file}")
    written = file.read_text(encoding="utf-8")
    assert "<script>" not in written.replace("\\<script\\>", "")
    assert "## Who was the chair?" in written
    assert result.answers[0].citation.sha256 in written


def test_a_file_that_exists_is_never_written_over(session, tmp_path):
    session.keep(session.answer(QUESTION))
    file = tmp_path / "talk.md"
    file.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        session.run(f"/save {file}")
    assert file.read_text() == "mine"
    assert [path.name for path in tmp_path.glob("talk*")] == ["talk.md"]


class Slow:
    """A service whose answers wait until they are let go."""

    def __init__(self, service):
        self._service = service
        self.let_go = threading.Event()

    def __getattr__(self, name):
        return getattr(self._service, name)

    def ask(self, question, **options):
        if "slow" in question:
            self.let_go.wait(5)
        return self._service.ask(question, **options)


@pytest.fixture
def _interruptible():
    """A shell starts its background jobs with the interrupt ignored, and so this test's process."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_stops_the_current_answer_only(seeded):
    slow = Slow(seeded)
    session = Session(slow)

    def lines():
        threading.Timer(0.3, lambda: os.kill(os.getpid(), 2)).start()
        yield "A slow question?"
        yield QUESTION

    out = typed(lines(), session)
    slow.let_go.set()
    assert "Stopped." in out
    assert "[1] " in out
    assert session.answer("And when?").result.rewritten_question is not None


def test_an_error_in_an_answer_reaches_the_screen(session):
    out = typed(["x" * 10_000, QUESTION], session)
    assert "10000 characters" in out.replace("\n", " ")
    assert "[1] " in out


# --- the terminal's own parts ------------------------------------------------------------------


def completions(text, values=None):
    completer = CommandCompleter(COMMANDS, {} if values is None else values)
    found = completer.get_completions(Document(text), CompleteEvent())
    return [completion.text for completion in found]


def test_commands_and_sources_are_completed():
    sources = {"/source": lambda: ["Azernews", "News.Az", "Sputnik"]}
    assert completions("/s") == ["/source", "/save"]
    assert completions("/source a", sources) == ["Azernews"]
    assert completions("/source ", sources) == ["Azernews", "News.Az", "Sputnik"]
    assert completions("/open ") == []
    assert completions("who /s") == []


def test_history_is_kept_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    history = open_history(history_path())
    assert isinstance(history, FileHistory)
    history.append_string(QUESTION)
    assert QUESTION in history_path().read_text(encoding="utf-8")
    assert stat.S_IMODE(history_path().stat().st_mode) == 0o600
    assert list(open_history(history_path()).load_history_strings()) == [QUESTION]


def test_a_place_that_cannot_be_written_costs_only_the_history(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert isinstance(open_history(blocked / "menbe" / "history"), InMemoryHistory)
