from __future__ import annotations

import io
import json
import threading
import time
from urllib.parse import quote

import pytest
from api_support import (
    ARTICLES,
    MEETING,
    QUESTION,
    NameReader,
    events_in,
    make_service,
    serving,
)
from starlette.testclient import TestClient
from support import CALIBRATION

from qa.api import create_app
from qa.keys import Keyring


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("api")) as client:
        yield client


@pytest.fixture
def fresh(tmp_path):
    with serving(tmp_path) as client:
        yield client


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


# -- asking ---------------------------------------------------------------------------------------


def test_ask_replies_with_the_services_own_result(client):
    reply = client.post("/v1/ask", json={"question": QUESTION}).json()
    own = client.service.ask(QUESTION).to_dict()
    for varying in ("query_id", "timings_ms"):
        reply.pop(varying), own.pop(varying)
    assert reply == json.loads(json.dumps(own))
    assert reply["answers"][0]["text"] == "Kazakhstan"


def test_every_quote_is_the_articles_text_at_its_offsets(client):
    reply = client.post("/v1/ask", json={"question": QUESTION}).json()
    for answer in reply["answers"]:
        cited = answer["citation"]
        text = client.get(f"/v1/articles/{cited['article_id']}").json()["text"]
        assert text[cited["start"] : cited["end"]] == cited["quote"]


def test_a_streamed_ask_says_in_three_events_what_the_plain_reply_says(client):
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_in(response.text)
    assert [name for name, _ in events] == ["passages", "answers", "done"]
    together = {key: value for _, data in events for key, value in data.items()}
    plain = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert together.keys() == plain.keys()
    assert together["answers"] == plain["answers"]


def test_passages_are_sent_before_reading_ends(tmp_path):
    order = []

    class Recorded(NameReader):
        def read(self, question, passages):
            order.append("read")
            return super().read(question, passages)

    with serving(tmp_path) as client:
        client.service._reader = (Recorded(), CALIBRATION)
        client.service.ask(QUESTION, on_passages=lambda found: order.append("passages"))
    assert order == ["passages", "read"]


def test_a_streamed_ask_without_any_article_still_has_its_three_events(tmp_path):
    with serving(tmp_path) as client:
        for article in ARTICLES:
            assert client.delete(f"/v1/articles/{article['id']}").status_code == 204
        events = events_in(client.post("/v1/ask", json={"question": QUESTION, "stream": True}).text)
        assert [name for name, _ in events] == ["passages", "answers", "done"]
        assert events[1][1]["no_answer_reason"] == "no_articles"


def test_a_bad_question_in_a_stream_is_an_event_with_the_problem(client):
    response = client.post("/v1/ask", json={"question": " " * 3, "stream": True})
    ((name, data),) = events_in(response.text)
    assert name == "error"
    assert data["status"] == 422


def test_search_by_query_is_search(client):
    by_post = client.post("/v1/search", json={"question": QUESTION, "top_k": 2}).json()
    by_get = client.get("/v1/search", params={"question": QUESTION, "top_k": 2}).json()
    assert by_get["passages"] == by_post["passages"]
    assert len(by_get["passages"]) == 2


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        pytest.param({"languages": ["ru"]}, {"vstrecha"}, id="language"),
        pytest.param({"sources": ["example agency"]}, {"meeting"}, id="source"),
        pytest.param({"date_from": "2023-01-01", "undated": False}, {"vstrecha"}, id="from"),
        pytest.param({"date_to": "2022-12-31", "undated": False}, {"meeting"}, id="to"),
        pytest.param({"as_of": "2022-12-31", "undated": False}, {"meeting"}, id="as of"),
    ],
)
def test_filters_choose_the_articles(client, filters, ids):
    reply = client.post("/v1/search", json={"question": QUESTION, "filters": filters}).json()
    assert {passage["article_id"] for passage in reply["passages"]} == ids


def test_verify_holds_for_an_answer_and_fails_for_a_changed_quote(client):
    saved = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert client.post("/v1/verify", json=saved).json()["ok"] is True
    saved["answers"][0]["citation"]["quote"] = "Pakistan"
    report = client.post("/v1/verify", json=saved).json()
    assert report["ok"] is False
    assert "Kazakhstan" in report["checks"][0]["problem"]


def test_context_keeps_within_its_budget_and_numbers_what_it_holds(client):
    asked = {"question": QUESTION, "max_tokens": 260}
    reply = client.post("/v1/context", json=asked).json()
    assert reply["tokens"] <= 260
    assert [passage["number"] for passage in reply["passages"]] == list(
        range(1, len(reply["passages"]) + 1)
    )
    for passage in reply["passages"]:
        assert passage["text"] in reply["prompt"]
    assert QUESTION in reply["prompt"]


def test_a_budget_without_room_for_the_question_is_refused(client):
    body = problem(client.post("/v1/context", json={"question": QUESTION, "max_tokens": 9}), 422)
    assert "9 is too few" in body["detail"]


# -- bad input ------------------------------------------------------------------------------------

ASK = {"question": QUESTION}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="not json"),
        pytest.param(b'{"question": "\xff"}', 400, id="not utf-8"),
        pytest.param(b'{"question": "\\ud800"}', 400, id="half a surrogate pair"),
        pytest.param(b'{"question": "x", "top_k": NaN}', 400, id="nan"),
        pytest.param(b'{"question": "x", "top_k": -Infinity}', 400, id="infinity"),
        pytest.param(b"[" * 5000 + b"]" * 5000, 400, id="deep"),
        pytest.param(b'{"top_k": ' + b"9" * 5000 + b"}", 400, id="a huge number"),
        pytest.param(b'{"question": "x", "top_k": 1e999}', 422, id="overflow"),
        pytest.param(b'{"question": "x", "top_k": 1.5}', 422, id="fraction"),
        pytest.param(b'{"question": "x", "top_k": 0}', 422, id="zero"),
        pytest.param(b'{"question": "x", "topk": 3}', 422, id="misspelt"),
        pytest.param(b'{"question": 7}', 422, id="number"),
        pytest.param(b'{"question": null}', 422, id="null"),
        pytest.param(b'{"question": ""}', 422, id="empty"),
        pytest.param(b'{"question": " \\t "}', 422, id="blank"),
        pytest.param(b"{}", 422, id="no question"),
        pytest.param(b"[]", 422, id="a list"),
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b'{"question": "' + b"x" * 3000 + b'"}', 422, id="too long a question"),
        pytest.param(b'{"question": "x", "language": "klingon"}', 422, id="language"),
        pytest.param(b'{"question": "x", "filters": {"date_from": "2024-02-31"}}', 422, id="day"),
        pytest.param(b'{"question": "x", "filters": {"date_from": 1700000000}}', 422, id="time"),
        pytest.param(b'{"question": "x", "filters": {"sources": [" "]}}', 422, id="blank source"),
        pytest.param(
            b'{"question": "x", "filters": {"date_from": "2024-02-02", "date_to": "2024-01-01"}}',
            422,
            id="dates the wrong way round",
        ),
    ],
)
def test_bad_bodies_are_refused_as_the_clients_fault(client, body, status):
    headers = {"content-type": "application/json"}
    for path in ("/v1/ask", "/v1/search", "/v1/context"):
        problem(client.post(path, content=body, headers=headers), status)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(client, kind):
    headers = {"content-type": kind}
    content = json.dumps(ASK).encode()
    problem(client.post("/v1/ask", content=content, headers=headers), 415)


@pytest.mark.parametrize(
    "question", ["\x00", "\u202e", "İıŞş", "🙂" * 500, "a\u0301" * 50, '" OR 1=1 --', "NEAR(a b)"]
)
def test_strange_questions_are_answered(client, question):
    assert client.post("/v1/ask", json={"question": question}).status_code == 200


@pytest.mark.parametrize(
    "saved", [{}, {"answers": 3}, {"answers": [{}]}, {"answers": [{"citation": {"start": 1e999}}]}]
)
def test_what_is_no_saved_answer_is_refused(client, saved):
    content = json.dumps(saved).replace("Infinity", "1e999").encode()
    headers = {"content-type": "application/json"}
    problem(client.post("/v1/verify", content=content, headers=headers), 422, "saved_answer_error")


def test_a_long_body_is_refused_before_it_is_read(tmp_path):
    with serving(tmp_path, max_body_bytes=2048) as client:
        content = json.dumps({"question": "x" * 5000}).encode()
        headers = {"content-type": "application/json"}
        problem(client.post("/v1/ask", content=content, headers=headers), 413)

        def pieces():
            for _ in range(100):
                yield b"x" * 1000

        problem(client.post("/v1/ask", content=pieces(), headers=headers), 413)


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 30])
def test_a_false_content_length_is_refused(client, length):
    headers = {"content-type": "application/json", "content-length": length}
    response = client.post("/v1/ask", content=b"{}", headers=headers)
    assert response.status_code in (400, 413)


def test_what_is_not_there_is_a_problem_too(client):
    problem(client.get("/nothing"), 404, "not_found")
    problem(client.get("/v1/articles/nothing"), 404, "article_not_found_error")
    problem(client.get("/v1/jobs/nothing"), 404, "no_such_job")
    problem(client.delete("/v1/articles/nothing"), 404)


def test_a_wrong_method_names_the_right_ones(client):
    response = client.put("/v1/articles/meeting")
    problem(response, 405)
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
    options = client.options("/v1/search")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_head_is_get_without_a_body(client):
    response = client.head("/v1/articles/meeting")
    assert response.status_code == 200
    assert response.content == b""
    assert client.head("/nothing").status_code == 404


# -- what every reply carries ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/articles", "/nothing", "/v1/ask"])
def test_every_reply_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123", True), ("", False), ("x" * 200, False), ("a b", False)]
)
def test_a_good_request_id_is_kept_and_any_other_replaced(client, given, kept):
    got = client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
    assert (got == given) is kept
    assert got


def test_a_foreign_host_name_is_refused_on_loopback(client):
    problem(client.get("/v1/articles", headers={"host": "evil.example"}), 421)
    assert client.get("/v1/articles", headers={"host": "localhost:8080"}).status_code == 200


# -- articles -------------------------------------------------------------------------------------

NEW = {"id": "new", "text": "The bridge was opened by Aliyeva in Ganja.", "title": "Bridge"}


def test_an_article_is_answerable_as_soon_as_it_is_acknowledged(fresh):
    response = fresh.post("/v1/articles", json=NEW)
    assert response.status_code == 201
    assert response.json()["ids"] == ["new"]
    reply = fresh.post("/v1/ask", json={"question": "Who opened the bridge?"}).json()
    assert "new" in {answer["citation"]["article_id"] for answer in reply["answers"]}


def test_posting_again_changes_nothing_and_other_text_replaces(fresh):
    fresh.post("/v1/articles", json=NEW)
    again = fresh.post("/v1/articles", json=NEW)
    assert (again.status_code, again.json()["unchanged"]) == (200, 1)
    other = fresh.post("/v1/articles", json={**NEW, "text": "It was closed again."})
    assert (other.status_code, other.json()["changed"]) == (200, 1)
    assert fresh.get("/v1/articles/new").json()["text"] == "It was closed again."


def test_an_article_without_an_id_gets_one_from_its_text(fresh):
    first = fresh.post("/v1/articles", json={"text": "Only a text."}).json()
    second = fresh.post("/v1/articles", json={"text": "Only a text."}).json()
    assert first["ids"] == second["ids"]
    assert second["unchanged"] == 1


def test_a_deleted_article_is_never_served_again(fresh):
    assert fresh.delete("/v1/articles/meeting").status_code == 204
    problem(fresh.get("/v1/articles/meeting"), 404)
    problem(fresh.delete("/v1/articles/meeting"), 404)
    reply = fresh.post("/v1/ask", json={"question": QUESTION}).json()
    assert "meeting" not in {passage["article_id"] for passage in reply["passages"]}


def test_ids_with_slashes_and_letters_of_any_script_have_their_own_addresses(fresh):
    for article_id in ("2022/09/x", "статья-1", "a?b#c"):
        assert fresh.post("/v1/articles", json={**NEW, "id": article_id}).status_code == 201
        got = fresh.get("/v1/articles/" + quote(article_id, safe=""))
        assert got.json()["id"] == article_id


@pytest.mark.parametrize(
    "article",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"text": ""}, id="empty"),
        pytest.param({"text": " \n "}, id="blank"),
        pytest.param({"text": "x", "id": ".."}, id="dots"),
        pytest.param({"text": "x", "id": "a b"}, id="space"),
        pytest.param({"text": "x", "id": "a" * 201}, id="long id"),
        pytest.param({"text": "x", "url": "javascript:alert(1)"}, id="javascript"),
        pytest.param({"text": "x", "published_at": "yesterday"}, id="day"),
        pytest.param({"text": "x", "language": "xx"}, id="language"),
        pytest.param({"text": "x", "colour": "red"}, id="unknown field"),
        pytest.param({"fetch_url": "http://127.0.0.1/"}, id="fetching is off"),
        pytest.param({"articles": []}, id="no articles"),
        pytest.param({"articles": [{"text": "x", "id": "1"}] * 2}, id="the same id twice"),
    ],
)
def test_bad_articles_are_refused(client, article):
    body = problem(client.post("/v1/articles", json=article), 422)
    assert body["errors"]


def test_good_articles_of_a_mixed_upload_are_kept_and_the_bad_named(fresh):
    upload = {"articles": [NEW, {"id": "bad", "text": "  "}]}
    reply = fresh.post("/v1/articles", json=upload)
    assert reply.status_code == 201
    assert reply.json()["ids"] == ["new"]
    assert [one["article"] for one in reply.json()["failed"]] == ["bad"]


def test_listing_pages_through_everything_once(client):
    seen, offset = [], 0
    while offset is not None:
        page = client.get("/v1/articles", params={"offset": offset, "limit": 2}).json()
        seen += [article["id"] for article in page["articles"]]
        offset = page["next_offset"]
    assert seen == sorted(article["id"] for article in ARTICLES)
    assert page["total"] == len(ARTICLES)
    assert client.get("/v1/articles", params={"language": "ru"}).json()["total"] == 1
    problem(client.get("/v1/articles", params={"limit": 0}), 422)
    problem(client.get("/v1/articles", params={"offset": -1}), 422)


def test_the_text_is_kept_as_it_came(client):
    assert client.get("/v1/articles/meeting").json()["text"] == MEETING


# -- jobs -----------------------------------------------------------------------------------------


def wait_for(client, job_id, *, state="done"):
    for _ in range(400):
        job = client.get(f"/v1/jobs/{job_id}").json()
        if job["state"] in (state, "failed"):
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def many(count):
    return {"articles": [{"id": f"n{n}", "text": f"Number {n} was chosen."} for n in range(count)]}


def test_a_long_upload_is_a_job_with_progress(fresh):
    response = fresh.post("/v1/articles", json=many(30))
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    done = wait_for(fresh, job["id"])
    assert (done["done"], done["articles"], done["result"]["added"]) == (30, 30, 30)
    assert fresh.get("/v1/articles").json()["total"] == 33


def test_any_upload_can_be_asked_to_be_a_job(fresh):
    response = fresh.post("/v1/articles", json=NEW, headers={"prefer": "respond-async"})
    assert response.status_code == 202
    assert wait_for(fresh, response.json()["id"])["result"]["added"] == 1


def test_an_acknowledged_upload_survives_the_servers_end(tmp_path):
    service = make_service(tmp_path)
    started = threading.Event()
    release = threading.Event()
    add = service.add

    def slow(articles):
        started.set()
        release.wait(10)
        return add(articles)

    service.add = slow
    with TestClient(
        create_app(service, service.settings, warm=False), base_url="http://127.0.0.1"
    ) as client:
        job = client.post("/v1/articles", json=many(40)).json()
        assert started.wait(10)
        threading.Timer(0.3, release.set).start()
    # The server has stopped after the batch at hand; the rest is still on disk.
    assert service.store.article_count < 43
    service.add = add
    with TestClient(
        create_app(service, service.settings, warm=False), base_url="http://127.0.0.1"
    ) as client:
        assert wait_for(client, job["id"])["state"] == "done"
    assert service.store.article_count == 43
    assert not list((service.store.path / "jobs").iterdir())
    service.close()


def test_a_short_upload_does_not_wait_for_a_long_one(fresh):
    order = []
    add = fresh.service.add

    def recorded(articles):
        order.append([article.id for article in articles])
        time.sleep(0.05)
        return add(articles)

    fresh.app.state.shared.jobs._add = recorded
    job = fresh.post("/v1/articles", json=many(80)).json()
    assert fresh.post("/v1/articles", json=NEW).status_code == 201
    assert fresh.get(f"/v1/jobs/{job['id']}").json()["state"] == "running"
    assert wait_for(fresh, job["id"])["result"]["added"] == 80
    assert ["new"] in order[:4]


def test_articles_of_a_job_that_fail_are_named_by_their_place(fresh):
    upload = many(20)
    del upload["articles"][13]["id"]
    upload["articles"][13]["text"] = "  "
    job = fresh.post("/v1/articles", json=upload).json()
    (failed,) = wait_for(fresh, job["id"])["result"]["failed"]
    assert failed["article"] == "articles[13]"


def test_too_many_uploads_are_refused_with_a_time_to_wait(tmp_path):
    with serving(tmp_path, upload_queue_limit=1) as client:
        release = threading.Event()
        add = client.service.add

        def slow(articles):
            release.wait(10)
            return add(articles)

        client.app.state.shared.jobs._add = slow
        first = client.post("/v1/articles", json=many(20)).json()
        response = client.post("/v1/articles", json=many(20))
        problem(response, 503)
        assert int(response.headers["retry-after"]) >= 1
        release.set()
        wait_for(client, first["id"])


# -- keys, rates, queue ---------------------------------------------------------------------------


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


def test_a_question_that_takes_too_long_is_given_up(tmp_path):
    with serving(tmp_path, workers=1, request_timeout_s=0.2) as client:
        client.service.ask = lambda *_, **__: time.sleep(0.6)
        problem(client.post("/v1/ask", json=ASK), 503)


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
