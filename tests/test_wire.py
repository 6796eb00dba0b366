"""Raw bytes on a socket of `qa serve`: headers that never end, and what is no HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
LIMIT_S = 1.0
GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Served:
    """A server as a process of its own."""

    def __init__(self, folder):
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    str(HERE / "serve_fake.py"),
                    str(folder / "store"),
                    json.dumps({"request_timeout_s": LIMIT_S}),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
            )
        self.port = urlsplit(self.process.stdout.readline().strip()).port
        assert self.port, self.log.read_text()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    made = Served(tmp_path_factory.mktemp("wire"))
    yield made
    made.stop()


def read_all(sock):
    received = b""
    while piece := sock.recv(65_536):
        received += piece
    return received


def read_reply(sock):
    """One reply on a connection that stays open."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += sock.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    _, headers = parse(head)
    while len(body) < int(headers["content-length"]):
        body += sock.recv(65_536)
    return head


def parse(head):
    status, *lines = head.decode("latin-1").split("\r\n")
    fields = [line.split(": ", 1) for line in lines]
    return int(status.split()[1]), {name.lower(): value for name, value in fields}


def refused(served, received, status, code):
    head, _, body = received.partition(b"\r\n\r\n")
    got, headers = parse(head)
    assert got == status, received
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["connection"] == "close"
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == headers["x-request-id"]
    lines = [json.loads(one) for one in served.log.read_text().splitlines() if "{" in one]
    (line,) = [one for one in lines if one.get("request_id") == problem["request_id"]]
    assert (line["status"], line["code"]) == (status, code)
    return problem


def alive(served):
    with served.connect() as sock:
        sock.sendall(GOOD)
        assert parse(read_reply(sock))[0] == 200
        return True


@pytest.mark.parametrize("before", [b"", GOOD], ids=["at once", "after another request"])
def test_a_header_that_does_not_end_is_refused_in_time(served, before):
    with served.connect() as sock:
        if before:
            sock.sendall(before)
            read_reply(sock)
        began = time.monotonic()
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
        received = read_all(sock)
        assert LIMIT_S * 0.8 < time.monotonic() - began < LIMIT_S + 4
    refused(served, received, 408, "header_timeout")
    assert alive(served)


def test_a_header_that_drips_is_refused_as_soon(served):
    with served.connect() as sock:
        began = time.monotonic()
        sock.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        sock.settimeout(0.1)
        received = b""
        while b'"request_id"' not in received and time.monotonic() - began < 8:
            try:
                sock.sendall(b"x")
                received += sock.recv(65_536)
            except TimeoutError:
                continue
        assert time.monotonic() - began < LIMIT_S + 4
    refused(served, received, 408, "header_timeout")


def test_a_connection_without_a_byte_is_closed_in_time(served):
    with served.connect() as sock:
        began = time.monotonic()
        assert read_all(sock) == b""
        assert time.monotonic() - began < LIMIT_S + 4


def test_a_body_that_was_replied_to_unread_does_not_hold_the_connection(served):
    with served.connect() as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx")
        assert parse(read_reply(sock))[0] == 200
        began = time.monotonic()
        sock.settimeout(0.1)
        while time.monotonic() - began < 8:
            try:
                sock.sendall(b"x")
                if not sock.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < LIMIT_S + 4


def test_a_quiet_connection_between_two_requests_is_kept(served):
    with served.connect() as sock:
        for _ in range(2):
            sock.sendall(GOOD)
            assert parse(read_reply(sock))[0] == 200
            time.sleep(LIMIT_S * 1.5)
        sock.sendall(GOOD + GOOD)
        assert parse(read_reply(sock))[0] == 200


def test_a_slow_body_has_the_guards_own_refusal(served):
    with served.connect() as sock:
        sock.sendall(
            b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"q'
        )
        refused(served, read_all(sock), 408, "body_timeout")


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        pytest.param(b"nonsense\r\n\r\n", 400, "", id="no request line"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, "Host", id="no host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "Host", id="two hosts"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400, "", id="header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: \xff\x00\r\n\r\n", 400, "", id="bytes"),
        pytest.param(
            b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            400,
            "Content-Length",
            id="length",
        ),
        pytest.param(
            b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
            501,
            "Transfer-Encoding",
            id="encoding",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 30_000, 431, "", id="too long"
        ),
        pytest.param(
            b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "",
            id="chunk",
        ),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "", id="tls"),
    ],
)
def test_what_is_no_http_is_refused_like_everything_else(served, sent, status, words):
    with served.connect() as sock:
        sock.sendall(sent)
        problem = refused(served, read_all(sock), status, "bad_http")
    assert words in problem["detail"]
    assert len(problem["detail"]) < 400
    assert alive(served)


def test_nothing_of_this_is_an_error_in_the_log(served):
    lines = [json.loads(one) for one in served.log.read_text().splitlines()]
    assert not [line for line in lines if line["level"] == "error"]
