"""The server as a process: signals, kills, the guard of its address."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from embeddings.errors import UsageError
from qa.keys import Keyring, keys_path
from qa.serve import _listen, serve
from qa.settings import Settings

HERE = Path(__file__).parent


class Process:
    """A running server; `url` is where it listens."""

    def __init__(self, store, **settings):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "serve_fake.py"), str(store), json.dumps(settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
        )
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.process.stderr.read()

    def post(self, path, body, **options):
        return httpx.post(self.url + path, json=body, timeout=30, trust_env=False, **options)

    def get(self, path):
        return httpx.get(self.url + path, timeout=30, trust_env=False)

    def end(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self.log = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def start(tmp_path):
    started = []

    def make(**settings):
        started.append(Process(tmp_path / "store", **settings))
        return started[-1]

    yield make
    for process in started:
        if not process.process.stdout.closed:
            process.end(signal.SIGKILL)


def number(n):
    return {"id": f"n{n}", "text": f"Number {n} was chosen by Aliyeva."}


def test_a_reply_in_progress_is_finished_at_sigterm(start):
    server = start()
    server.post("/v1/articles", number(1))
    replies = []
    asking = threading.Thread(
        target=lambda: replies.append(server.post("/v1/ask", {"question": "Who chose slowly?"}))
    )
    asking.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert server.end(signal.SIGTERM) == 0
    assert time.monotonic() - began > 0.3
    asking.join()
    assert replies[0].status_code == 200
    assert replies[0].json()["answers"][0]["text"] == "Aliyeva"
    assert '"stopped"' in server.log


def test_what_does_not_end_is_cut_off_when_the_grace_is_over(start):
    server = start(shutdown_grace_s=1)
    server.post("/v1/articles", number(1))
    asking = threading.Thread(target=lambda: ask_for_ever(server))
    asking.start()
    time.sleep(1)
    began = time.monotonic()
    assert server.end(signal.SIGTERM) == 1
    # One second of grace, and what the machine needs; the question itself takes a minute.
    assert time.monotonic() - began < 25
    asking.join()
    assert '"cut off"' in server.log
    again = start()
    assert again.get("/v1/articles/n1").status_code == 200


def ask_for_ever(server):
    with contextlib.suppress(httpx.HTTPError):
        server.post("/v1/ask", {"question": "Who chose for ever?"})


def test_a_kill_loses_no_article_and_no_upload_that_was_acknowledged(start):
    server = start()
    acknowledged = []
    jobs = []

    def upload():
        for n in range(200):
            try:
                if n % 10 == 0:
                    many = [number(1000 + n * 100 + k) for k in range(40)]
                    reply = server.post("/v1/articles", {"articles": many})
                    if reply.status_code == 202:
                        jobs.append(reply.json()["id"])
                        acknowledged.extend(one["id"] for one in many)
                else:
                    reply = server.post("/v1/articles", number(n))
                    if reply.is_success:
                        acknowledged.append(f"n{n}")
            except httpx.HTTPError:
                return

    uploading = threading.Thread(target=upload)
    uploading.start()
    until = time.monotonic() + 60
    while len(acknowledged) < 45 and time.monotonic() < until:
        time.sleep(0.02)
    server.end(signal.SIGKILL)
    uploading.join()
    assert len(acknowledged) >= 45
    assert jobs
    again = start()
    for job in jobs:
        while (reply := again.get(f"/v1/jobs/{job}")).status_code == 200:
            assert reply.json()["state"] != "failed"
            if reply.json()["state"] == "done":
                break
            time.sleep(0.05)
    for article_id in acknowledged:
        assert again.get(f"/v1/articles/{article_id}").status_code == 200, article_id
    assert again.end(signal.SIGTERM) == 0


def test_articles_added_while_questions_are_asked_are_answerable_at_once(start):
    server = start()
    server.post("/v1/articles", number(0))
    stop = threading.Event()
    statuses = []

    def ask():
        while not stop.is_set():
            reply = server.post("/v1/ask", {"question": "Who chose number 0?"})
            statuses.append(reply.status_code)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    try:
        for n in range(1, 6):
            assert server.post("/v1/articles", number(n)).status_code == 201
            question = {"question": f"Number {n} was chosen by whom?", "top_k": 20}
            found = server.post("/v1/search", question).json()
            assert f"n{n}" in {passage["article_id"] for passage in found["passages"]}
    finally:
        stop.set()
        for thread in asking:
            thread.join()
    assert set(statuses) == {200}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_another_address_than_loopback_needs_a_key(tmp_path, host):
    settings = Settings(store=tmp_path / "store", host=host, port=0)
    with pytest.raises(UsageError, match="no API key"):
        serve(settings)
    keyring = Keyring(keys_path(settings.store, None))
    _, record = keyring.add("A person", ("read",))
    keyring.revoke(record.id)
    with pytest.raises(UsageError, match="no API key"):
        serve(settings)
    assert not settings.store.exists()


def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on 127.0.0.1 port {port}"):
            serve(Settings(store=tmp_path / "store", port=port))


def test_a_rate_that_is_none_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not a rate"):
        serve(Settings(store=tmp_path / "store", port=0, rate_limit="often"))


def test_a_reply_does_not_wait_for_an_acknowledgement():
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
