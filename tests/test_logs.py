"""The server's log: what a traceback in it shows, and what it must not."""

from __future__ import annotations

import io
import json
import logging

import pytest
from api_support import NEW, serving

from qa.keys import Keyring
from qa.logs import adopt_standard_logging, make_logger

SECRET = "who-is-it-about-only-I-may-know"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def fail(secret):
    held = {"value": secret}
    raise RuntimeError(f"{len(held)} things went wrong")


FORMS = pytest.mark.parametrize(
    ("kind", "stream"),
    [
        pytest.param("json", io.StringIO, id="json"),
        pytest.param("text", io.StringIO, id="text in a file"),
        pytest.param("text", Terminal, id="text on a terminal"),
    ],
)


@FORMS
def test_a_traceback_says_where_and_what_but_no_values(kind, stream):
    out = stream()
    log = make_logger(kind, stream=out)
    try:
        fail(SECRET)
    except RuntimeError as error:
        log.error("failed", exc_info=error)
    assert "1 things went wrong" in out.getvalue()
    assert "test_logs.py" in out.getvalue()
    assert SECRET not in out.getvalue()


@FORMS
def test_so_does_one_of_the_standard_librarys_loggers(kind, stream):
    out = stream()
    adopt_standard_logging(make_logger(kind, stream=out), "some.server")
    try:
        fail(SECRET)
    except RuntimeError:
        logging.getLogger("some.server").exception("failed")
    assert "1 things went wrong" in out.getvalue()
    assert SECRET not in out.getvalue()


@FORMS
def test_a_500_writes_neither_the_key_nor_the_question_nor_the_article(tmp_path, kind, stream):
    out = stream()
    key, _ = Keyring(tmp_path / "keys.json").add("me", ("read", "write"))
    with serving(
        tmp_path, logger=make_logger(kind, stream=out), keys=tmp_path / "keys.json"
    ) as client:

        def broken(*_, **__):
            raise RuntimeError("it broke")

        client.service.ask = broken
        client.app.state.shared.jobs._add = broken
        headers = {"authorization": f"Bearer {key}"}
        for path, body in (
            ("/v1/ask", {"question": SECRET}),
            ("/v1/ask", {"question": SECRET, "stream": True}),
            ("/v1/articles", {**NEW, "text": SECRET}),
        ):
            client.post(path, json=body, headers=headers)
    assert "it broke" in out.getvalue()
    assert key not in out.getvalue()
    assert SECRET not in out.getvalue()


def test_a_json_line_is_one_line():
    out = io.StringIO()
    try:
        fail(SECRET)
    except RuntimeError as error:
        make_logger("json", stream=out).error("failed", exc_info=error)
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["exception"][0]["exc_type"] == "RuntimeError"
