"""Keys, rates, the queue, readiness, metrics and the log of the server."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time

import pytest
from api_support import ASK, NEW, QUESTION, NameReader, events_in, problem, serving
from support import CALIBRATION

from qa.api.body import ClientGoneError
from qa.api.streams import event_response, events_of
from qa.api.work import Work
from qa.keys import Keyring


@pytest.fixture
def fresh(tmp_path):
    with serving(tmp_path) as client:
        yield client


@pytest.fixture
def keyed(tmp_path):
    keyring = Keyring(tmp_path / "keys.json")
    read, record = keyring.add("reader", ("read",))
    write, _ = keyring.add("writer", ("read", "write"))
    with serving(tmp_path, keys=tmp_path / "keys.json") as client:
        client.keyring, client.read, client.write, client.record = keyring, read, write, record
        yield client


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def test_once_there_are_keys_one_is_needed(keyed):
    for path in ("/v1/articles", "/metrics"):
        response = keyed.get(path)
        problem(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"
        assert keyed.get(path, headers=bearer(keyed.read)).status_code == 200
    for path in ("/", "/healthz", "/openapi.json"):
        assert keyed.get(path).status_code == 200


@pytest.mark.parametrize("key", ["", "nonsense", "menbe_00000000_" + "A" * 43, "ключ"])
def test_a_wrong_key_is_refused(keyed, key):
    headers = [("authorization", f"Bearer {key}".encode())]
    problem(keyed.get("/v1/articles", headers=headers), 401)


def test_a_reading_key_cannot_write(keyed):
    problem(keyed.post("/v1/articles", json=NEW, headers=bearer(keyed.read)), 403)
    problem(keyed.delete("/v1/articles/meeting", headers=bearer(keyed.read)), 403)
    assert keyed.post("/v1/articles", json=NEW, headers=bearer(keyed.write)).status_code == 201
    assert keyed.post("/v1/ask", json=ASK, headers=bearer(keyed.read)).status_code == 200


def test_a_revoked_key_is_worthless_at_once_and_revoking_all_opens_nothing(keyed):
    for record in keyed.keyring.records:
        keyed.keyring.revoke(record.id)
    problem(keyed.get("/v1/articles", headers=bearer(keyed.read)), 401)
    problem(keyed.get("/v1/articles"), 401)


def test_too_many_requests_are_told_when_to_come_back(tmp_path):
    with serving(tmp_path, rate_limit="3/minute") as client:
        statuses = [client.get("/healthz").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        response = client.get("/healthz")
        problem(response, 429)
        assert 1 <= int(response.headers["retry-after"]) <= 61


def test_a_full_queue_refuses_at_once_and_answers_the_rest(tmp_path):
    with serving(tmp_path, workers=1, queue_limit=1) as client:
        release = threading.Event()
        work = client.app.state.shared.work
        held = [work.submit(lambda: release.wait(10)) for _ in range(2)]
        response = client.post("/v1/ask", json=ASK)
        problem(response, 503, "overloaded")
        assert int(response.headers["retry-after"]) >= 1
        problem(client.post("/v1/ask", json={**ASK, "stream": True}), 503)
        release.set()
        assert [future.result(10) for future in held] == [True, True]
        assert client.post("/v1/ask", json=ASK).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_whose_turn_comes_too_late_is_refused_and_never_begun(tmp_path, stream):
    with serving(tmp_path, workers=1, queue_wait_s=0.2) as client:
        release, begun = threading.Event(), []
        client.service.ask = lambda *_, **__: begun.append("asked")
        client.service.retrieve = lambda *_, **__: begun.append("retrieved")
        work = client.app.state.shared.work
        held = work.submit(lambda: release.wait(10))
        threading.Timer(0.5, release.set).start()
        response = client.post("/v1/ask", json={**ASK, "stream": stream})
        problem(response, 503, "overloaded")
        assert "0.2 s" in response.json()["detail"]
        assert int(response.headers["retry-after"]) >= 1
        assert held.result(10)
        assert begun == []
    with serving(tmp_path, workers=1, queue_wait_s=0.2) as client:
        assert client.post("/v1/ask", json={**ASK, "stream": stream}).status_code == 200


def test_an_article_opens_and_a_search_runs_while_questions_wait(tmp_path):
    with serving(tmp_path, workers=1, queue_limit=0) as client:
        release = threading.Event()
        held = client.app.state.shared.work.submit(lambda: release.wait(10))
        problem(client.post("/v1/ask", json=ASK), 503, "overloaded")
        assert client.post("/v1/search", json=ASK).status_code == 200
        assert client.get("/v1/articles").status_code == 200
        release.set()
        assert held.result(10)


def test_a_question_that_takes_too_long_is_given_up(tmp_path):
    with serving(tmp_path, workers=1, request_timeout_s=0.2) as client:
        client.service.ask = lambda *_, **__: time.sleep(0.6)
        problem(client.post("/v1/ask", json=ASK), 503)


def test_what_nobody_waits_for_any_more_is_not_read(tmp_path):
    with serving(tmp_path, workers=1, request_timeout_s=0.2) as client:
        retrieve, begun = client.service._retrieve, []

        def slow(*given):
            time.sleep(0.5)
            return retrieve(*given)

        client.service._retrieve = slow
        client.service.reader = lambda: begun.append("read")
        problem(client.post("/v1/ask", json=ASK), 503)
        client.app.state.shared.work.close()
        assert begun == []


def test_a_stream_that_takes_too_long_is_given_up_like_any_reply(tmp_path):
    class Slow(NameReader):
        def read(self, question, passages):
            time.sleep(2)
            return super().read(question, passages)

    streamed = {**ASK, "stream": True}
    with serving(tmp_path, workers=1, request_timeout_s=0.5) as client:
        client.service._reader = (Slow(), CALIBRATION)
        client.service.ask(QUESTION)
        began = time.monotonic()
        events = events_in(client.post("/v1/ask", json=streamed).text)
        assert [name for name, _ in events] == ["passages", "error"]
        assert events[1][1]["status"] == 503
        # The one thread still reads for it, so that this one cannot even begin.
        problem(client.post("/v1/ask", json=streamed), 503, "overloaded")
        assert time.monotonic() - began < 1.95


def respond_until_gone(work, call, gone):
    """Run a streamed reply whose client goes away when `gone` is set; the reply's messages."""
    sent = []

    async def main():
        away = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Thread(
            target=lambda: (gone.wait(10), loop.call_soon_threadsafe(away.set)), daemon=True
        ).start()

        async def receive():
            await away.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        response = event_response(events_of(work, call, str))
        with pytest.raises(ClientGoneError):
            await response({"type": "http"}, receive, send)

    asyncio.run(main())
    return sent


def test_a_stream_whose_client_went_away_stops_before_it_reads(tmp_path):
    work = Work(workers=1, queue_limit=5, timeout_s=20)
    gone, ended, steps = threading.Event(), threading.Event(), []

    def call(emit):
        try:
            emit("passages")
            gone.set()
            time.sleep(0.3)
            emit("more")
            steps.append("read")
        finally:
            ended.set()

    sent = respond_until_gone(work, call, gone)
    assert sent[0]["type"] == "http.response.start"
    assert ended.wait(10)
    assert steps == []
    work.close()


def test_a_stream_whose_client_went_away_before_its_turn_never_begins(tmp_path):
    work = Work(workers=1, queue_limit=5, timeout_s=20)
    release, gone = threading.Event(), threading.Event()
    steps = []
    work.submit(lambda: release.wait(10))
    gone.set()
    assert respond_until_gone(work, lambda emit: steps.append("begun"), gone) == []
    assert work.pending == 1
    release.set()
    work.close()
    assert steps == []


def test_an_unexpected_error_says_nothing_and_is_logged(tmp_path):
    log = io.StringIO()
    with serving(tmp_path, log=log) as client:

        def broken(*_, **__):
            raise RuntimeError("secret detail")

        client.service.ask = broken
        response = client.post("/v1/ask", json=ASK)
        body = problem(response, 500)
        assert "secret" not in response.text
        assert "secret detail" in log.getvalue()
        assert body["request_id"] in log.getvalue()


# -- running it -----------------------------------------------------------------------------------


def test_health_and_readiness(tmp_path):
    with serving(tmp_path) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        client.app.state.shared.ready = False
        problem(client.get("/readyz"), 503, "not_ready")


def test_metrics_count_requests_outcomes_and_sizes(fresh):
    fresh.post("/v1/ask", json=ASK)
    fresh.post("/v1/ask", json={"question": "zzz", "filters": {"sources": ["nobody"]}})
    text = fresh.get("/metrics").text
    assert 'menbe_questions_total{outcome="answered"} 1.0' in text
    assert 'menbe_questions_total{outcome="filtered_out"} 1.0' in text
    assert 'menbe_http_requests_total{method="POST",route="/v1/ask",status="200"} 2.0' in text
    assert "menbe_articles 3.0" in text
    assert "menbe_queue_waiting 0.0" in text
    assert "menbe_index_age_seconds" in text
    assert 'menbe_stage_seconds_count{stage="read"}' in text


def test_the_log_has_outcome_and_stages_and_the_question_only_when_asked_to(tmp_path):
    for wanted in (False, True):
        log = io.StringIO()
        with serving(tmp_path / str(wanted), log=log, log_questions=wanted) as client:
            client.post("/v1/ask", json=ASK, headers={"x-request-id": "mine"})
        (line,) = [json.loads(one) for one in log.getvalue().splitlines() if "mine" in one]
        assert line["outcome"] == "answered"
        assert line["stages_ms"].keys() == {"encode", "retrieve", "read", "total"}
        assert ("question" in line) is wanted
        assert (QUESTION in log.getvalue()) is wanted
