"""The chat in a real terminal: tmux types, the screen is read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import FakeEncoder

from qa.service import Service
from qa.settings import load_settings

TESTS = Path(__file__).parent
ROOT = TESTS.parent
WAIT_S = 60.0  # a loaded machine may take long to start an interpreter

# In CI, which installs tmux, its absence is a failure and no reason to skip.
pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None and os.environ.get("CI") != "true",
    reason="tmux is not installed: apt-get install tmux",
)

# The command itself, with models that load slowly and answer at once.
DRIVER = """
import sys, time
import qa.service
from support import CALIBRATION, FakeEncoder, FakeReader
from qa.cli import main

def slowly(*_, **__):
    time.sleep({loading_s})
    return FakeEncoder()

class Reader(FakeReader):
    def read(self, question, passages):
        if "slow" in question:
            time.sleep(30)
        return super().read(question, passages)

qa.service.load_encoder = slowly
qa.service.load_reader = lambda *_, **__: (Reader(), CALIBRATION)
main()
"""


class Terminal:
    """A tmux session of its own, 60 columns wide."""

    def __init__(
        self, home: Path, *, env: dict[str, str], loading_s: float, options: list[str]
    ) -> None:
        self._socket = f"menbe-{uuid.uuid4().hex}"
        driver = home / "driver.py"
        driver.write_text(DRIVER.format(loading_s=loading_s))
        settings = {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{TESTS}",
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_DATA_HOME": str(home / "data"),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            **env,
        }
        words = [
            "env",
            "-u",
            "COLUMNS",
            "-u",
            "LINES",
            *(f"{name}={value}" for name, value in settings.items()),
            sys.executable,
        ]
        command = shlex.join([*words, str(driver), "chat", *options])
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "60", "-y", "50",
            f"{command}; echo left with $?; sleep 60",
        )  # fmt: skip

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-L", self._socket, *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    def screen(self, *, escapes: bool = False) -> str:
        return self._tmux("capture-pane", "-p", *(["-e"] if escapes else []))

    def enter(self, line: str) -> None:
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    def wait_for(self, text: str) -> str:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            # Lines are wrapped anywhere between words.
            shown = " ".join(self.screen().split())
            if text in shown:
                return shown
            time.sleep(0.1)
        raise AssertionError(f"{text!r} never came; the screen holds:\n{self.screen()}")

    def wait_for_prompt(self) -> None:
        """Until the last line is an empty prompt: what is typed earlier is not edited."""
        deadline = time.monotonic() + WAIT_S
        while not self.screen().rstrip().endswith("\n?"):
            assert time.monotonic() < deadline, f"no prompt; the screen holds:\n{self.screen()}"
            time.sleep(0.1)

    def close(self) -> None:
        subprocess.run(
            ["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False
        )


@pytest.fixture(scope="module")
def seeds_store(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("seeds") / "store"
    with Service.open(load_settings(store=path), create=True, encoder=FakeEncoder()) as service:
        service.index([ROOT / "seeds"])
    return path


@pytest.fixture
def open_terminal(tmp_path) -> Iterator:
    opened = []

    def start(*, env=None, loading_s=0.0, options=()):
        opened.append(
            Terminal(
                tmp_path,
                env={} if env is None else env,
                loading_s=loading_s,
                options=list(options),
            )
        )
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def ready(open_terminal, seeds_store, tmp_path):
    """A chat over the seeds, waiting for a question."""
    shutil.copytree(seeds_store, tmp_path / "data" / "menbe")
    terminal = open_terminal()
    terminal.wait_for_prompt()
    return terminal


def test_a_conversation_typed_and_read(ready):
    ready.enter("Who chaired the CICA meeting?")
    ready.wait_for("confidence:")
    ready.enter("And when?")
    shown = ready.wait_for("understood as: When")
    assert "[1] " in shown
    ready.enter("а где?")
    ready.wait_for("вопрос понят так:")
    ready.enter("/open 1")
    ready.wait_for("conflict in various Muslim countries was")  # where the text shown ends
    ready.wait_for_prompt()
    ready.press("C-d")
    ready.wait_for("left with 0")


def test_commands_are_completed_and_filters_stand_in_the_prompt(ready):
    ready._tmux("send-keys", "-l", "/sou")
    ready.press("Tab")
    ready.wait_for("? /source")  # typing on would cancel the completion
    ready._tmux("send-keys", "-l", " Spu")
    ready.press("Tab")
    ready.wait_for("/source Sputnik")
    ready.press("Enter")
    ready.wait_for("[source Sputnik] ?")


def test_ctrl_c_stops_the_answer_and_then_the_line_and_never_the_chat(ready):
    ready.enter("A slow question about CICA?")
    ready.wait_for("answer")
    time.sleep(0.5)
    ready.press("C-c")
    ready.wait_for("Stopped.")
    ready._tmux("send-keys", "-l", "half a line")
    ready.wait_for("half a line")
    ready.press("C-c")
    ready.wait_for_prompt()
    ready.enter("Who chaired the CICA meeting?")
    ready.wait_for("confidence:")
    ready.wait_for_prompt()
    ready.press("C-d")
    ready.wait_for("left with 0")


def test_history_is_there_in_the_next_run(ready, open_terminal):
    ready.enter("Who chaired the CICA meeting?")
    ready.wait_for("confidence:")
    ready.wait_for_prompt()
    ready.press("C-d")
    ready.wait_for("left with 0")
    again = open_terminal()
    again.wait_for_prompt()
    again.press("Up")
    again.wait_for("? Who chaired the CICA meeting?")


def test_one_can_type_while_the_models_load(ready, open_terminal):
    ready.press("C-d")
    ready.wait_for("left with 0")
    started = time.monotonic()
    slow = open_terminal(loading_s=8)
    slow.wait_for_prompt()
    assert time.monotonic() - started < 8  # the prompt does not wait for the models
    slow.enter("Who chaired the CICA meeting?")
    slow.wait_for("loading the models")
    slow.wait_for("confidence:")


def test_no_colour_where_none_is_wanted(ready, open_terminal):
    ready.press("C-d")
    ready.wait_for("left with 0")
    grey = open_terminal(env={"NO_COLOR": "1"})
    grey.wait_for_prompt()
    grey.enter("Who chaired the CICA meeting?")
    grey.wait_for("confidence:")
    assert "\x1b[3" not in grey.screen(escapes=True).replace("\x1b[39m", "").replace("\x1b[3m", "")


def test_an_empty_store_offers_the_seeds_and_takes_a_yes(open_terminal):
    terminal = open_terminal()
    terminal.wait_for("Index the sample articles? [y/n]")
    terminal.enter("y")
    terminal.wait_for("Added: 5 articles.")
    terminal.wait_for("/help lists the")


def test_declining_the_seeds_is_one_line_with_the_remedy(open_terminal):
    terminal = open_terminal()
    terminal.wait_for("[y/n]")
    terminal.enter("n")
    shown = terminal.wait_for("left with 1")
    assert "there is no store" in shown
    assert "Traceback" not in shown


def test_a_store_that_is_none_is_one_line_with_the_remedy(open_terminal, tmp_path):
    (tmp_path / "data" / "menbe").mkdir(parents=True)
    (tmp_path / "data" / "menbe" / "store.db").write_bytes(b"no database at all" * 500)
    shown = open_terminal().wait_for("left with 1")
    assert "store.db" in shown
    assert "Traceback" not in shown


def test_filters_of_the_command_stand_in_the_first_prompt(seeds_store, open_terminal, tmp_path):
    shutil.copytree(seeds_store, tmp_path / "data" / "menbe")
    open_terminal(options=["--source", "Sputnik"]).wait_for("[source Sputnik] ?")


def test_the_offer_is_made_in_the_persons_language(open_terminal):
    terminal = open_terminal(env={"LANG": "tr_TR.UTF-8"})
    terminal.wait_for("Örnek makaleler eklensin mi?")
