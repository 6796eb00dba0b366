"""A server with real storage and retrieval and small stand-ins for the two models."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from contextlib import contextmanager
from datetime import date

import uvicorn
from starlette.testclient import TestClient
from support import CALIBRATION, FakeEncoder

from embeddings.articles import make_article
from qa.api import create_app
from qa.logs import make_logger
from qa.read.protocol import Reading, ScoredSpan
from qa.service import Service
from qa.settings import Settings

MEETING = (
    "The informal meeting was chaired by Kazakhstan in September.\n\n"
    "Bayramov spoke about transport. The next meeting was planned for October."
)
ARTICLES = (
    {
        "id": "meeting",
        "title": "Informal meeting held",
        "text": MEETING,
        "source": "Example Agency",
        "published_at": date(2022, 9, 23),
        "language": "en",
    },
    {
        "id": "vstrecha",
        "title": "Встреча министров",
        "text": "Неформальная встреча прошла под председательством Казахстана. Гости уехали домой.",
        "source": "Пример",
        "published_at": date(2023, 1, 15),
        "language": "ru",
    },
    {
        "id": "script",
        "title": "<script>document.title='owned'</script> headline",
        "text": (
            "The <img src=x onerror=\"document.title='owned'\"> banner was painted by Malory. "
            "<script>document.title='owned'</script> The banner fell."
        ),
        "source": "<b>Bold</b>",
        "language": "en",
    },
)


class NameReader:
    """Finds capitalised words that start no passage, first where words of the question stand."""

    identity = "names"

    def read(self, question, passages):
        asked = {word[:6] for word in re.findall(r"\w{4,}", question.lower())}
        readings = []
        for text in passages:
            shared = len(asked & {word[:6] for word in re.findall(r"\w{4,}", text.lower())})
            spans = [
                ScoredSpan(match.start(), match.end(), 0.5 + shared - match.start() / 1000)
                for match in re.finditer(r"\b\w{2,}", text)
                if match.start() and match.group()[0].isupper()
            ]
            readings.append(Reading(tuple(spans[:5]), 0.0))
        return readings


QUESTION = "Who chaired the informal meeting?"
ASK = {"question": QUESTION}
NEW = {"id": "new", "text": "The bridge was opened by Aliyeva in Ganja.", "title": "Bridge"}


def make_service(folder, **settings):
    """A service over a new store in `folder` that holds `ARTICLES`.

    A slow machine must not make a question wait too long for its turn, unless a test says so.
    """
    service = Service.open(
        Settings(store=folder / "store", **{"queue_wait_s": 60, **settings}),
        create=True,
        encoder=FakeEncoder(),
        reader=(NameReader(), CALIBRATION),
    )
    service.add([make_article(**fields) for fields in ARTICLES])
    return service


@contextmanager
def serving(folder, *, log=None, logger=None, **settings):
    """A test client of a server over a new store; `client.service` is its service."""
    service = make_service(folder, **settings)
    if logger is None:
        logger = make_logger("json", stream=io.StringIO() if log is None else log)
    app = create_app(
        service,
        service.settings,
        log=logger,
        warm=False,
    )
    with (
        service,
        TestClient(
            app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), raise_server_exceptions=True
        ) as client,
    ):
        client.service = service
        yield client


@contextmanager
def running(folder, **settings):
    """The address of a server that listens on a socket, over a new store."""
    service = make_service(folder, **settings)
    log = make_logger("json", stream=io.StringIO())
    app = create_app(service, service.settings, log=log, warm=False)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with service:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def problem(response, status, code=None):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["detail"]
    if code is not None:
        assert body["code"] == code
    return body


def events_in(text):
    """(name, data) of each server-sent event; the data as JSON where it is JSON."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        data = fields["data"]
        found.append((fields.get("event"), data if data == "[DONE]" else json.loads(data)))
    return found
